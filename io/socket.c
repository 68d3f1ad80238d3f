/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/socket.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/task.h"
#include "tutti/io/address_text.h"
#include "tutti/io/fail_priv.h"

/* How long connecting to a Unix listener whose queue is full waits before the next try: the system
 * does not tell when there is room. Doubled each time, up to the second. */
#define CROWDED_FIRST_NS TUTTI_MS
#define CROWDED_LAST_NS  (100 * TUTTI_MS)

const char *io_reason(int rc)
{
    enum { CODES = -4096 }; /* the system's are above */
    return rc > CODES ? strerror(-rc) : tutti_error_text(rc);
}

int io_failed(int rc, const char *what, const struct tutti_address *address,
              const struct tutti_site *site)
{
    char where[TUTTI_ADDRESS_TEXT_MAX] = "";
    if (rc == TUTTI_ECANCELED) return rc;
    if (address) tutti_address_print(address, where, sizeof where);
    return tutti_error_at(site, false, rc, "%s%s%.100s: %s", what, address ? " " : "", where,
                          io_reason(rc));
}

/* NULL is a socket that was never opened. */
static struct tutti_handle handle_of(const struct tutti_socket *socket)
{
    return socket ? socket->handle : (struct tutti_handle){.generation = 0};
}

int tutti_socket_open_at(struct tutti_socket *socket, enum tutti_family family,
                         enum tutti_socket_type type, const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_SOCKET, .length = (size_t)family, .offset = type};
    int rc = tutti_op_now_at(&op, site);
    if (rc < 0) return io_fail(rc, "a new socket", NULL, site);
    *socket =
        (struct tutti_socket){.handle = op.other, .family = (uint8_t)family, .type = (uint8_t)type};
    return 0;
}

int tutti_socket_duplicate_at(const struct tutti_socket *socket, struct tutti_socket *copy,
                              const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_DUPLICATE, .handle = handle_of(socket)};
    int rc = tutti_op_now_at(&op, site);
    if (rc < 0) return io_fail(rc, "duplicate", NULL, site);
    *copy = *socket;
    copy->handle = op.other;
    return 0;
}

int tutti_socket_of_handle_at(struct tutti_handle handle, struct tutti_socket *socket,
                              const struct tutti_site *site)
{
    struct tutti_socket made = {.handle = handle};
    int64_t family, type;
    TUTTI_TRY(tutti_socket_get_at(&made, TUTTI_OPTION_FAMILY, &family, site));
    TUTTI_TRY(tutti_socket_get_at(&made, TUTTI_OPTION_TYPE, &type, site));
    made.family = (uint8_t)family;
    made.type = (uint8_t)type;
    *socket = made;
    return 0;
}

int tutti_socket_pair_at(struct tutti_socket *a, struct tutti_socket *b,
                         enum tutti_socket_type type, const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_PAIR, .offset = type};
    int rc = tutti_op_now_at(&op, site);
    if (rc < 0) return io_fail(rc, "a pair of sockets", NULL, site);
    *a = (struct tutti_socket){
        .handle = op.handle, .family = TUTTI_FAMILY_UNIX, .type = (uint8_t)type};
    *b = *a;
    b->handle = op.other;
    return 0;
}

int tutti_pipe_open_at(struct tutti_handle *reader, struct tutti_handle *writer,
                       const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_PIPE};
    int rc = tutti_op_now_at(&op, site);
    if (rc < 0) return io_fail(rc, "a new pipe", NULL, site);
    *reader = op.handle;
    *writer = op.other;
    return 0;
}

int tutti_socket_bind_at(struct tutti_socket *socket, const struct tutti_address *address,
                         const struct tutti_site *site)
{
    struct tutti_address copy = *address;
    struct tutti_op op = {.kind = TUTTI_OP_BIND, .handle = handle_of(socket), .detail = &copy};
    return io_fail(tutti_op_now_at(&op, site), "bind to", address, site);
}

int tutti_socket_listen_at(struct tutti_socket *socket, uint32_t backlog,
                           const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_LISTEN, .handle = handle_of(socket), .length = backlog};
    return io_fail(tutti_op_now_at(&op, site), "listen", NULL, site);
}

int tutti_socket_accept_at(struct tutti_socket *listener, struct tutti_socket *socket,
                           struct tutti_address *peer, const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_ACCEPT, .handle = handle_of(listener), .detail = peer};
    int rc = tutti_op_perform_at(&op, site);
    if (rc < 0) return io_fail(rc, "accept", NULL, site);
    *socket = *listener;
    socket->handle = op.other;
    return 0;
}

/* One try; TUTTI_EWOULDBLOCK: a Unix listener's queue is full. */
static int connect_once(struct tutti_socket *socket, const struct tutti_address *address,
                        const struct tutti_site *site)
{
    struct tutti_address copy = *address;
    struct tutti_op op = {.kind = TUTTI_OP_CONNECT, .handle = handle_of(socket), .detail = &copy};
    return tutti_op_perform_at(&op, site);
}

int tutti_socket_connect_at(struct tutti_socket *socket, const struct tutti_address *address,
                            const struct tutti_site *site)
{
    int64_t pause_ns = CROWDED_FIRST_NS;
    int rc = connect_once(socket, address, site);
    while (rc == TUTTI_EWOULDBLOCK) {
        rc = tutti_sleep_at(pause_ns, site);
        if (rc == 0) rc = connect_once(socket, address, site);
        pause_ns = pause_ns * 2 < CROWDED_LAST_NS ? pause_ns * 2 : CROWDED_LAST_NS;
    }
    if (rc == 0) return 0;
    if (rc != TUTTI_EBUSY) tutti_socket_close(socket);
    return io_fail(rc, "connect to", address, site);
}

int tutti_socket_receive_at(struct tutti_socket *socket, void *buffer, size_t length,
                            uint32_t flags, const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_RECV,
                          .handle = handle_of(socket),
                          .flags = flags,
                          .buffer = buffer,
                          .length = length < INT_MAX ? length : INT_MAX};
    if (!length && socket && socket->type == TUTTI_SOCKET_STREAM) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a buffer of 0 bytes receives nothing");
    }
    return io_fail(tutti_op_perform_at(&op, site), "receive", NULL, site);
}

int tutti_socket_receive_when_ready_at(struct tutti_socket *socket, size_t length_max, void **data,
                                       const struct tutti_site *site)
{
    int rc = tutti_poll_at(handle_of(socket), TUTTI_POLL_READ, site);
    if (rc < 0) return rc;
    void *memory = tutti_malloc_at(length_max, site);
    if (!memory) return io_fail(TUTTI_ENOMEMORY, "receive", NULL, site);
    rc = tutti_socket_receive_at(socket, memory, length_max, 0, site);
    if (rc > 0) {
        *data = memory;
    } else {
        tutti_free_at(memory, site);
    }
    return rc;
}

int tutti_socket_send_at(struct tutti_socket *socket, const void *data, size_t length,
                         uint32_t flags, const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_SEND,
                          .handle = handle_of(socket),
                          .flags = flags,
                          .buffer = (void *)(uintptr_t)data, /* it is only read */
                          .length = length < INT_MAX ? length : INT_MAX};
    return io_fail(tutti_op_perform_at(&op, site), "send", NULL, site);
}

int tutti_socket_receive_message_at(struct tutti_socket *socket, struct tutti_message *message,
                                    uint32_t flags, const struct tutti_site *site)
{
    struct tutti_op op = {
        .kind = TUTTI_OP_RECV, .handle = handle_of(socket), .flags = flags, .detail = message};
    return io_fail(tutti_op_perform_at(&op, site), "receive", NULL, site);
}

int tutti_socket_send_message_at(struct tutti_socket *socket, const struct tutti_message *message,
                                 uint32_t flags, const struct tutti_site *site)
{
    struct tutti_message copy = *message;
    struct tutti_op op = {
        .kind = TUTTI_OP_SEND, .handle = handle_of(socket), .flags = flags, .detail = &copy};
    return io_fail(tutti_op_perform_at(&op, site), "send", message->address, site);
}

int tutti_socket_receive_from_at(struct tutti_socket *socket, void *buffer, size_t length,
                                 struct tutti_address *from, const struct tutti_site *site)
{
    struct tutti_piece piece = {buffer, length};
    struct tutti_message message = {.pieces = &piece, .pieces_count = 1, .address = from};
    return tutti_socket_receive_message_at(socket, &message, 0, site);
}

int tutti_socket_send_to_at(struct tutti_socket *socket, const void *data, size_t length,
                            const struct tutti_address *to, const struct tutti_site *site)
{
    struct tutti_piece piece = {(void *)(uintptr_t)data, length};
    struct tutti_address copy = *to;
    struct tutti_message message = {.pieces = &piece, .pieces_count = 1, .address = &copy};
    return tutti_socket_send_message_at(socket, &message, 0, site);
}

int tutti_socket_send_file_at(struct tutti_socket *socket, struct tutti_handle file, int64_t offset,
                              size_t length, size_t *sent, const struct tutti_site *site)
{
    size_t done = 0;
    int rc;
    if (length > INT_MAX) length = INT_MAX;
    do {
        struct tutti_op op = {.kind = TUTTI_OP_SENDFILE,
                              .handle = handle_of(socket),
                              .other = file,
                              .offset = offset + (int64_t)done,
                              .length = length - done};
        rc = tutti_op_perform_at(&op, site);
        if (rc > 0) done += (size_t)rc;
    } while (rc > 0 && done < length);
    if (sent) *sent = done;
    return rc < 0 ? io_fail(rc, "send a file", NULL, site) : (int)done;
}

int tutti_splice_at(struct tutti_handle from, struct tutti_handle to, size_t length,
                    const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_SPLICE,
                          .handle = from,
                          .other = to,
                          .length = length < INT_MAX ? length : INT_MAX};
    return io_fail(tutti_op_perform_at(&op, site), "splice", NULL, site);
}

int tutti_poll_at(struct tutti_handle handle, uint32_t flags, const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_POLL, .handle = handle, .flags = flags};
    return io_fail(tutti_op_perform_at(&op, site), "poll", NULL, site);
}

int tutti_socket_shutdown_at(struct tutti_socket *socket, uint32_t flags,
                             const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_SHUTDOWN, .handle = handle_of(socket), .flags = flags};
    return io_fail(tutti_op_now_at(&op, site), "shutdown", NULL, site);
}

/* Closing what is closed, or nothing, is fine. */
static void close_handle(struct tutti_handle handle, uint32_t flags)
{
    struct tutti_op op = {.kind = TUTTI_OP_CLOSE, .handle = handle, .flags = flags};
    if (handle.generation) (void)tutti_op_now(&op);
}

void tutti_socket_close(struct tutti_socket *socket)
{
    close_handle(handle_of(socket), 0);
}

void tutti_socket_reset(struct tutti_socket *socket)
{
    close_handle(handle_of(socket), TUTTI_CLOSE_RESET);
}

void tutti_handle_close(struct tutti_handle handle)
{
    close_handle(handle, 0);
}

static int address_of(const struct tutti_socket *socket, bool peer, struct tutti_address *address)
{
    struct tutti_op op = {
        .kind = TUTTI_OP_ADDRESS, .handle = handle_of(socket), .offset = peer, .detail = address};
    return io_fail(tutti_op_now(&op), peer ? "the peer's address" : "the address", NULL,
                   TUTTI_HERE);
}

int tutti_socket_address(const struct tutti_socket *socket, struct tutti_address *address)
{
    return address_of(socket, false, address);
}

int tutti_socket_peer(const struct tutti_socket *socket, struct tutti_address *address)
{
    return address_of(socket, true, address);
}

int tutti_socket_set_at(struct tutti_socket *socket, enum tutti_option option, int64_t value,
                        const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_OPTION,
                          .handle = handle_of(socket),
                          .flags = 1,
                          .offset = option,
                          .detail = &value};
    return io_fail(tutti_op_now_at(&op, site), "set an option", NULL, site);
}

int tutti_socket_get_at(const struct tutti_socket *socket, enum tutti_option option, int64_t *value,
                        const struct tutti_site *site)
{
    struct tutti_op op = {
        .kind = TUTTI_OP_OPTION, .handle = handle_of(socket), .offset = option, .detail = value};
    return io_fail(tutti_op_now_at(&op, site), "get an option", NULL, site);
}
