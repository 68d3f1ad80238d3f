/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Receiving and sending, plainly or as messages. SIGPIPE is never raised. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"

TUTTI_STATIC_ASSERT(sizeof(struct tutti_piece) == sizeof(struct iovec) &&
                        offsetof(struct tutti_piece, length) == offsetof(struct iovec, iov_len),
                    "a piece of memory is the system's");

/* Room for the control data of as many descriptors as a message may have. */
union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int) * TUTTI_MESSAGE_HANDLES_MAX)];
};

static int flags_of(const struct tutti_op *op)
{
    int flags = MSG_NOSIGNAL | MSG_CMSG_CLOEXEC;
    if (op->flags & TUTTI_IO_PEEK) flags |= MSG_PEEK;
    if (op->flags & TUTTI_IO_URGENT) flags |= MSG_OOB;
    if (op->flags & TUTTI_IO_MORE) flags |= MSG_MORE;
    return flags;
}

/* What a call's result says of the descriptor. A short count of a stream means that there is no
 * more for now, unless something else ended it (slot->rough).                                    */
static int64_t judge(struct slot *slot, enum direction direction, ssize_t n, size_t wanted)
{
    if (n < 0) {
        if (errno != EAGAIN) return -errno;
        slot->ready[direction] = false;
        return -EAGAIN;
    }
    bool stream = slot->sort == SORT_STREAM || slot->sort == SORT_PIPE;
    if (stream && !slot->rough && n > 0 && (size_t)n < wanted) slot->ready[direction] = false;
    return n;
}

static size_t length_of(const struct tutti_message *message)
{
    size_t length = 0;
    for (uint32_t i = 0; i < message->pieces_count; i++)
        length += message->pieces[i].length;
    return length;
}

/* The system's form of a message, in the caller's memory. */
static int64_t head_of(const struct tutti_message *message, struct msghdr *head,
                       struct iovec *pieces)
{
    if (message->pieces_count > TUTTI_MESSAGE_PIECES_MAX ||
        message->handles_room > TUTTI_MESSAGE_HANDLES_MAX) {
        return TUTTI_EINVALID;
    }
    memset(head, 0, sizeof *head);
    if (message->pieces_count) {
        memcpy(pieces, message->pieces, message->pieces_count * sizeof *pieces);
    }
    head->msg_iov = pieces;
    head->msg_iovlen = message->pieces_count;
    return 0;
}

/* Makes handles of the descriptors that came with a message. */
static void take_handles(struct real *real, struct msghdr *head, struct tutti_message *message)
{
    for (struct cmsghdr *at = CMSG_FIRSTHDR(head); at; at = CMSG_NXTHDR(head, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(at) + i * sizeof fd, sizeof fd);
            uint32_t place = message->handles_count;
            if (place < message->handles_room &&
                slot_make_any(real, fd, &message->handles[place]) == 0) {
                message->handles_count++;
            } else {
                close(fd);
                message->flags |= TUTTI_IO_LOST;
            }
        }
    }
}

/* Not inlined, like send_message: its frame is large, and others are to do without it. */
static TUTTI_NOINLINE int64_t recv_message(struct real *real, struct slot *slot,
                                           struct tutti_op *op)
{
    struct tutti_message *message = op->detail;
    union any_address from;
    union control control;
    struct iovec pieces[TUTTI_MESSAGE_PIECES_MAX];
    struct msghdr head;
    int64_t rc = head_of(message, &head, pieces);
    if (rc < 0) return rc;
    head.msg_name = message->address ? &from.any : NULL;
    head.msg_namelen = message->address ? sizeof from : 0;
    head.msg_control = message->handles_room ? &control : NULL;
    head.msg_controllen =
        message->handles_room ? CMSG_SPACE(sizeof(int) * message->handles_room) : 0;
    ssize_t n;
    do {
        n = recvmsg(slot->fd, &head, flags_of(op));
    } while (n < 0 && errno == EINTR);
    /* What came with descriptors ends where they came, however much is behind it. */
    bool extras = n >= 0 && (head.msg_controllen || head.msg_flags & MSG_CTRUNC);
    size_t wanted = extras || op->flags & TUTTI_IO_PEEK ? 0 : length_of(message);
    int64_t result = judge(slot, IN, n, wanted);
    if (result < 0) return result;
    message->handles_count = 0;
    message->flags = head.msg_flags & MSG_TRUNC ? TUTTI_IO_TRUNCATED : 0;
    if (head.msg_flags & MSG_CTRUNC) message->flags |= TUTTI_IO_LOST;
    if (message->handles_room) take_handles(real, &head, message);
    if (message->address) address_in(&from, head.msg_namelen, message->address);
    return result;
}

/* Also for plain recv on Unix streams: only recvmsg tells of descriptors nobody wanted, which end
 * a count early. */
static int64_t recv_unix(struct real *real, struct slot *slot, struct tutti_op *op)
{
    struct tutti_piece piece = {op->buffer, op->length};
    struct tutti_message message = {.pieces = &piece, .pieces_count = 1};
    struct tutti_op as_message = {.kind = op->kind, .flags = op->flags, .detail = &message};
    return recv_message(real, slot, &as_message);
}

int64_t try_recv(struct real *real, struct slot *slot, struct tutti_op *op)
{
    ssize_t n;
    if (op->detail) {
        bool socket = slot->sort == SORT_STREAM || slot->sort == SORT_DATAGRAM;
        return socket ? recv_message(real, slot, op) : TUTTI_EINVALID;
    }
    if (slot->sort == SORT_STREAM && slot->family == TUTTI_FAMILY_UNIX) {
        return recv_unix(real, slot, op);
    }
    bool file = slot->sort == SORT_PIPE || slot->sort == SORT_FILE;
    do {
        n = file ? read(slot->fd, op->buffer, op->length)
                 : recv(slot->fd, op->buffer, op->length, flags_of(op));
    } while (n < 0 && errno == EINTR);
    return judge(slot, IN, n, op->flags ? 0 : op->length);
}

static TUTTI_NOINLINE int64_t send_message(struct real *real, struct slot *slot,
                                           struct tutti_op *op)
{
    const struct tutti_message *message = op->detail;
    union any_address to;
    union control control;
    struct iovec pieces[TUTTI_MESSAGE_PIECES_MAX];
    struct msghdr head;
    int64_t rc = head_of(message, &head, pieces);
    if (rc < 0) return rc;
    if (message->handles_count > TUTTI_MESSAGE_HANDLES_MAX) return TUTTI_EINVALID;
    if (message->address) {
        head.msg_namelen = address_out(message->address, &to);
        if (!head.msg_namelen) return TUTTI_EINVALID;
        head.msg_name = &to.any;
    }
    if (message->handles_count) {
        memset(&control, 0, sizeof control);
        head.msg_control = &control;
        head.msg_controllen = CMSG_SPACE(sizeof(int) * message->handles_count);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int) * message->handles_count);
    }
    for (uint32_t i = 0; i < message->handles_count; i++) {
        struct slot *passed = slot_find(real, message->handles[i], &rc);
        if (!passed) return rc;
        if (passed->sort == SORT_WATCH) return TUTTI_EINVALID;
        passed->shared = true;
        memcpy(CMSG_DATA(&control.head) + i * sizeof(int), &passed->fd, sizeof(int));
    }
    ssize_t n;
    do {
        n = sendmsg(slot->fd, &head, flags_of(op));
    } while (n < 0 && errno == EINTR);
    return judge(slot, OUT, n, length_of(message));
}

int64_t try_send(struct real *real, struct slot *slot, struct tutti_op *op)
{
    ssize_t n;
    if (op->detail) {
        bool socket = slot->sort == SORT_STREAM || slot->sort == SORT_DATAGRAM;
        return socket ? send_message(real, slot, op) : TUTTI_EINVALID;
    }
    bool file = slot->sort == SORT_PIPE || slot->sort == SORT_FILE;
    do {
        n = file ? quiet_write(slot->fd, op->buffer, op->length)
                 : send(slot->fd, op->buffer, op->length, flags_of(op));
    } while (n < 0 && errno == EINTR);
    return judge(slot, OUT, n, op->length);
}
