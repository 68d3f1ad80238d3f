/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/socket_stream.h"

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/task.h"
#include "tutti/io/fail_priv.h"

static struct tutti_socket_stream *of(struct tutti_stream *stream)
{
    return TUTTI_CONTAINER(stream, struct tutti_socket_stream, stream);
}

/* What an operation's code is for the stream's user: whatever the system says, it is broken. */
static int as_stream(int rc, const char *what, const struct tutti_site *site)
{
    if (TUTTI_LIKELY(rc >= 0) || rc == TUTTI_ECANCELED || rc == TUTTI_ECLOSED ||
        rc == TUTTI_EUNSUPPORTED || rc == TUTTI_EBUSY) { /* who waits below the stream: no harm */
        return rc;
    }
    return tutti_error_at(site, false, TUTTI_EBROKEN, "%s: %s", what, io_reason(rc));
}

static int stream_send_all(struct tutti_stream *stream, const void *data, size_t length,
                           size_t *sent, const struct tutti_site *site)
{
    enum { AT_ONCE_MAX = 1 << 30 };
    while (*sent < length) {
        size_t left = length - *sent;
        struct tutti_op op = {.kind = TUTTI_OP_SEND,
                              .handle = of(stream)->socket.handle,
                              .buffer = (char *)(uintptr_t)data + *sent, /* only read */
                              .length = left < AT_ONCE_MAX ? left : AT_ONCE_MAX};
        int rc = tutti_op_perform_at(&op, site);
        if (rc < 0) return as_stream(rc, "send", site);
        *sent += (size_t)rc;
    }
    return 0;
}

static int stream_poll(struct tutti_stream *stream, uint32_t flags, const struct tutti_site *site)
{
    struct tutti_op op = {
        .kind = TUTTI_OP_POLL, .handle = of(stream)->socket.handle, .flags = flags};
    int rc = tutti_op_perform_at(&op, site);
    return rc < 0 ? as_stream(rc, "poll", site) : 0;
}

static int stream_wait_send(struct tutti_stream *stream, const struct tutti_site *site)
{
    return stream_poll(stream, TUTTI_POLL_WRITE, site);
}

static int stream_wait_receive(struct tutti_stream *stream, const struct tutti_site *site)
{
    return stream_poll(stream, TUTTI_POLL_READ, site);
}

static int stream_receive(struct tutti_stream *stream, void *buffer, size_t length,
                          const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_RECV,
                          .handle = of(stream)->socket.handle,
                          .buffer = buffer,
                          .length = length};
    return as_stream(tutti_op_perform_at(&op, site), "receive", site);
}

/* The caller has looked whether it is cancelled. */
static int stream_send_eof(struct tutti_stream *stream, const struct tutti_site *site)
{
    struct tutti_op op = {
        .kind = TUTTI_OP_SHUTDOWN, .handle = of(stream)->socket.handle, .flags = TUTTI_POLL_WRITE};
    int rc = tutti_op_now_at(&op, site);
    tutti_yield_shielded_at(site);
    return as_stream(rc, "send an end", site);
}

static void stream_close(struct tutti_stream *stream)
{
    tutti_socket_close(&of(stream)->socket);
}

static void stream_free(struct tutti_stream *stream)
{
    tutti_free(of(stream));
}

static const struct tutti_stream_kind socket_kind = {
    .name = "socket",
    .send_all = stream_send_all,
    .wait_send = stream_wait_send,
    .receive = stream_receive,
    .wait_receive = stream_wait_receive,
    .send_eof = stream_send_eof,
    .close = stream_close,
};
/* The same in memory of its own. */
static const struct tutti_stream_kind new_kind = {
    .name = "socket",
    .send_all = stream_send_all,
    .wait_send = stream_wait_send,
    .receive = stream_receive,
    .wait_receive = stream_wait_receive,
    .send_eof = stream_send_eof,
    .close = stream_close,
    .free = stream_free,
};
static const struct tutti_stream_kind handle_kind = {
    .name = "handle's stream",
    .send_all = stream_send_all,
    .wait_send = stream_wait_send,
    .receive = stream_receive,
    .wait_receive = stream_wait_receive,
    .close = stream_close,
};
static const struct tutti_stream_kind reader_kind = {
    .name = "pipe",
    .receive = stream_receive,
    .wait_receive = stream_wait_receive,
    .close = stream_close,
};
static const struct tutti_stream_kind writer_kind = {
    .name = "pipe",
    .send_all = stream_send_all,
    .wait_send = stream_wait_send,
    .close = stream_close,
};

/* An option that helps, and whose refusal is no harm. */
static void prefer(struct tutti_socket *socket, enum tutti_option option, int64_t value)
{
    struct tutti_op op = {.kind = TUTTI_OP_OPTION,
                          .handle = socket->handle,
                          .flags = 1,
                          .offset = option,
                          .detail = &value};
    (void)tutti_op_now(&op);
}

static void init(struct tutti_socket_stream *stream, const struct tutti_socket *socket,
                 const struct tutti_stream_kind *kind)
{
    tutti_stream_init(&stream->stream, kind);
    stream->socket = *socket;
    if (socket->family == TUTTI_FAMILY_IPV4 || socket->family == TUTTI_FAMILY_IPV6) {
        prefer(&stream->socket, TUTTI_OPTION_NODELAY, 1);
        prefer(&stream->socket, TUTTI_OPTION_NOTSENT_LOWAT, TUTTI_NOTSENT_MAX);
    }
}

void tutti_socket_stream_init(struct tutti_socket_stream *stream, const struct tutti_socket *socket)
{
    init(stream, socket, &socket_kind);
}

int tutti_socket_stream_new_at(struct tutti_stream **stream, const struct tutti_socket *socket,
                               const struct tutti_site *site)
{
    struct tutti_socket copy = *socket;
    struct tutti_socket_stream *made = tutti_malloc_at(sizeof *made, site);
    if (!made) {
        tutti_socket_close(&copy);
        return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for a stream");
    }
    init(made, socket, &new_kind);
    *stream = &made->stream;
    return 0;
}

static void init_handle(struct tutti_socket_stream *stream, struct tutti_handle handle,
                        const struct tutti_stream_kind *kind)
{
    const struct tutti_socket socket = {.handle = handle};
    init(stream, &socket, kind);
}

void tutti_reader_stream_init(struct tutti_socket_stream *stream, struct tutti_handle handle)
{
    init_handle(stream, handle, &reader_kind);
}

void tutti_writer_stream_init(struct tutti_socket_stream *stream, struct tutti_handle handle)
{
    init_handle(stream, handle, &writer_kind);
}

void tutti_handle_stream_init(struct tutti_socket_stream *stream, struct tutti_handle handle)
{
    init_handle(stream, handle, &handle_kind);
}

int tutti_socket_stream_pair_at(struct tutti_socket_stream *a, struct tutti_socket_stream *b,
                                const struct tutti_site *site)
{
    struct tutti_socket one, two;
    int rc = tutti_socket_pair_at(&one, &two, TUTTI_SOCKET_STREAM, site);
    if (rc < 0) return rc;
    tutti_socket_stream_init(a, &one);
    tutti_socket_stream_init(b, &two);
    return 0;
}

int tutti_pipe_stream_pair_at(struct tutti_socket_stream *reader,
                              struct tutti_socket_stream *writer, const struct tutti_site *site)
{
    struct tutti_handle out, in;
    int rc = tutti_pipe_open_at(&out, &in, site);
    if (rc < 0) return rc;
    tutti_reader_stream_init(reader, out);
    tutti_writer_stream_init(writer, in);
    return 0;
}

struct tutti_socket *tutti_stream_socket(struct tutti_stream *stream)
{
    const struct tutti_stream_kind *kind = stream ? stream->kind : NULL;
    bool ours = kind && kind->close == stream_close;
    return ours ? &of(stream)->socket : NULL;
}
