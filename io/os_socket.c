/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Making, naming, connecting and closing sockets and pipes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"

static const int types[] = {[TUTTI_SOCKET_STREAM] = SOCK_STREAM,
                            [TUTTI_SOCKET_DATAGRAM] = SOCK_DGRAM,
                            [TUTTI_SOCKET_SEQPACKET] = SOCK_SEQPACKET};
enum { TYPES_COUNT = sizeof types / sizeof *types, OPEN_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC };

static enum slot_sort sort_of(int64_t type)
{
    return type == TUTTI_SOCKET_STREAM ? SORT_STREAM : SORT_DATAGRAM;
}

/* Takes a new descriptor over, or closes it. */
static int64_t keep(struct real *real, int fd, enum slot_sort sort, uint8_t family,
                    struct tutti_handle *handle)
{
    int rc = slot_make(real, fd, sort, family, handle);
    if (rc < 0) close(fd);
    return rc;
}

int64_t now_socket(struct real *real, struct tutti_op *op)
{
    static const int families[] = {[TUTTI_FAMILY_IPV4] = AF_INET,
                                   [TUTTI_FAMILY_IPV6] = AF_INET6,
                                   [TUTTI_FAMILY_UNIX] = AF_UNIX};
    if (op->offset < 0 || op->offset >= TYPES_COUNT) return TUTTI_EINVALID;
    if (op->length < TUTTI_FAMILY_IPV4 || op->length > TUTTI_FAMILY_UNIX) return TUTTI_EINVALID;
    int fd = socket(families[op->length], types[op->offset] | OPEN_FLAGS, 0);
    if (fd < 0) return -errno;
    return keep(real, fd, sort_of(op->offset), (uint8_t)op->length, &op->other);
}

/* Two new descriptors, both or none. */
static int64_t keep_both(struct real *real, struct tutti_op *op, const int *fds,
                         enum slot_sort sort, uint8_t family)
{
    int64_t error, rc = keep(real, fds[0], sort, family, &op->handle);
    if (rc < 0) {
        close(fds[1]);
        return rc;
    }
    rc = keep(real, fds[1], sort, family, &op->other);
    if (rc < 0) slot_drop(real, slot_find(real, op->handle, &error));
    return rc;
}

int64_t now_pair(struct real *real, struct tutti_op *op)
{
    int fds[2];
    if (op->offset < 0 || op->offset >= TYPES_COUNT) return TUTTI_EINVALID;
    if (socketpair(AF_UNIX, types[op->offset] | OPEN_FLAGS, 0, fds) < 0) return -errno;
    return keep_both(real, op, fds, sort_of(op->offset), TUTTI_FAMILY_UNIX);
}

int64_t now_duplicate(struct real *real, struct tutti_op *op)
{
    int64_t error;
    struct slot *slot = slot_find_socket(real, op->handle, &error);
    if (!slot) return error;
    int fd = fcntl(slot->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    error = keep(real, fd, (enum slot_sort)slot->sort, slot->family, &op->other);
    if (error < 0) return error;
    struct slot *copy = slot_find(real, op->other, &error);
    copy->accepts = slot->accepts;
    copy->inode = slot->inode;
    slot->shared = copy->shared = true;
    return 0;
}

int64_t now_pipe(struct real *real, struct tutti_op *op)
{
    int fds[2];
    if (pipe2(fds, O_NONBLOCK | O_CLOEXEC) < 0) return -errno;
    return keep_both(real, op, fds, SORT_PIPE, TUTTI_FAMILY_NONE);
}

int64_t now_bind(struct real *real, struct tutti_op *op)
{
    int64_t error;
    union any_address to;
    struct unix_path *path = NULL;
    const struct tutti_address *address = op->detail;
    struct slot *slot = slot_find_socket(real, op->handle, &error);
    if (!slot) return error;
    socklen_t length = address ? address_out(address, &to) : 0;
    if (!length) return TUTTI_EINVALID;
    bool named = address->family == TUTTI_FAMILY_UNIX && address->path_length && address->path[0];
    if (named && op->flags & TUTTI_BIND_REPLACE) {
        int rc = path_claim(address, slot->fd, op->offset, &path);
        if (rc < 0) return rc;
    }
    if (bind(slot->fd, &to.any, length) < 0) {
        error = -errno;
        if (path) path_release(path);
        return error;
    }
    if (path) path_bound(path, op->offset);
    slot->path = path;
    return 0;
}

int64_t now_listen(struct real *real, struct tutti_op *op)
{
    int64_t error;
    struct slot *slot = slot_find_socket(real, op->handle, &error);
    if (!slot) return error;
    if (listen(slot->fd, op->length < INT32_MAX ? (int)op->length : INT32_MAX) < 0) return -errno;
    if (slot->sort != SORT_LISTENER) slot->accepts = slot->sort;
    slot->sort = SORT_LISTENER;
    return 0;
}

int64_t now_shutdown(struct real *real, struct tutti_op *op)
{
    int64_t error;
    struct slot *slot = slot_find_socket(real, op->handle, &error);
    if (!slot) return error;
    unsigned both = TUTTI_POLL_READ | TUTTI_POLL_WRITE;
    if (!(op->flags & both)) return TUTTI_EINVALID;
    int how = (op->flags & both) == both           ? SHUT_RDWR
              : (op->flags & TUTTI_POLL_READ) != 0 ? SHUT_RD
                                                   : SHUT_WR;
    if (shutdown(slot->fd, how) < 0) return -errno;
    slot->shut |= op->flags & both;
    return 0;
}

int64_t now_close(struct real *real, struct tutti_op *op)
{
    int64_t error;
    struct slot *slot = slot_find(real, op->handle, &error);
    if (!slot) return error;
    if (op->flags & TUTTI_CLOSE_RESET) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        (void)setsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    ready_close(real, slot, TUTTI_ECLOSED);
    slot_drop(real, slot);
    return 0;
}

int64_t now_address(struct real *real, struct tutti_op *op)
{
    int64_t error;
    union any_address from;
    socklen_t length = sizeof from;
    struct slot *slot = slot_find_socket(real, op->handle, &error);
    if (!slot) return error;
    if (!op->detail) return TUTTI_EINVALID;
    int rc = op->offset ? getpeername(slot->fd, &from.any, &length)
                        : getsockname(slot->fd, &from.any, &length);
    if (rc < 0) return -errno;
    address_in(&from, length, op->detail);
    return 0;
}

/* op->world tells the first try from the later ones, which ask how it went. */
int64_t try_connect(struct real *real, struct slot *slot, struct tutti_op *op)
{
    union any_address to;
    int error = 0;
    socklen_t length = sizeof error;
    (void)real;
    if (op->world) {
        if (getsockopt(slot->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
        return -error;
    }
    length = address_out(op->detail, &to);
    if (!length) return TUTTI_EINVALID;
    if (connect(slot->fd, &to.any, length) == 0) return 0;
    /* A Unix listener whose queue is full says EAGAIN, and nothing when it has room again. */
    if (errno == EAGAIN) return TUTTI_EWOULDBLOCK;
    if (errno != EINPROGRESS && errno != EINTR) return -errno;
    op->world = slot;
    slot->ready[OUT] = false;
    return -EAGAIN;
}

int64_t try_accept(struct real *real, struct slot *slot, struct tutti_op *op)
{
    union any_address from;
    socklen_t length = sizeof from;
    struct sockaddr *peer = op->detail ? &from.any : NULL;
    int fd;
    do {
        fd = accept4(slot->fd, peer, peer ? &length : NULL, OPEN_FLAGS);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        if (errno != EAGAIN) return -errno;
        slot->ready[IN] = false;
        return -EAGAIN;
    }
    if (peer) address_in(&from, length, op->detail);
    return keep(real, fd, (enum slot_sort)slot->accepts, slot->family, &op->other);
}
