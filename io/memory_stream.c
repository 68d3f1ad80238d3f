/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/memory_stream.h"

#include <limits.h>
#include <string.h>

#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/task.h"

/* The least room that a buffer takes. */
enum { ROOM_MIN = 256 };

static void buffer_init(struct tutti_memory_buffer *buffer, const char *name,
                        const struct tutti_site *site)
{
    *buffer = (struct tutti_memory_buffer){.when_empty = TUTTI_EWOULDBLOCK};
    tutti_lot_init_at(&buffer->readers, name, site);
}

/* The step looks at the buffer or changes it; to the explorer that is one thing. */
static void buffer_touch(const struct tutti_memory_buffer *buffer)
{
    tutti_access(buffer, 1, true);
}

static void buffer_drop(struct tutti_memory_buffer *buffer)
{
    tutti_free(buffer->bytes);
    buffer->bytes = NULL;
    buffer->first = buffer->count = buffer->room = 0;
}

/* Something happened that readers wait for: they are to look again. */
static void buffer_wake(struct tutti_memory_buffer *buffer)
{
    (void)tutti_lot_unpark(&buffer->readers, UINT32_MAX);
}

static void buffer_end(struct tutti_memory_buffer *buffer, int when_empty)
{
    buffer_touch(buffer);
    buffer->when_empty = when_empty;
    buffer_wake(buffer);
}

/* Makes room behind what is there, for `more` bytes. */
static int buffer_reserve(struct tutti_memory_buffer *buffer, size_t more,
                          const struct tutti_site *site)
{
    size_t least, room = buffer->room ? buffer->room : ROOM_MIN;
    if (buffer->room - buffer->first - buffer->count >= more && buffer->bytes) return 0;
    if (__builtin_add_overflow(buffer->count, more, &least)) least = SIZE_MAX;
    while (room < least && room <= SIZE_MAX / 2)
        room *= 2;
    if (room < least) room = least;
    /* Moving them to the front is worth it only when that makes room for many calls. */
    if (room == buffer->room && buffer->first < buffer->count) room *= 2;
    if (room == buffer->room) {
        memmove(buffer->bytes, buffer->bytes + buffer->first, buffer->count);
    } else {
        char *bytes = tutti_malloc_at(room, site);
        if (!bytes) {
            return tutti_error_at(site, false, TUTTI_ENOMEMORY,
                                  "no memory for %zu bytes on their way", least);
        }
        if (buffer->count) memcpy(bytes, buffer->bytes + buffer->first, buffer->count);
        tutti_free_at(buffer->bytes, site);
        buffer->bytes = bytes;
        buffer->room = room;
    }
    buffer->first = 0;
    return 0;
}

static int buffer_add(struct tutti_memory_buffer *buffer, const void *data, size_t length,
                      const struct tutti_site *site)
{
    if (!length) return 0;
    buffer_touch(buffer);
    int rc = buffer_reserve(buffer, length, site);
    if (rc < 0) return rc;
    memcpy(buffer->bytes + buffer->first + buffer->count, data, length);
    buffer->count += length;
    buffer_wake(buffer);
    return 0;
}

/* Takes what there is, up to `length`, or says what there is instead. */
static int buffer_take(struct tutti_memory_buffer *buffer, void *data, size_t length)
{
    buffer_touch(buffer);
    size_t n = buffer->count < length ? buffer->count : length;
    if (!n) return buffer->when_empty;
    if (n > INT_MAX) n = INT_MAX;
    memcpy(data, buffer->bytes + buffer->first, n);
    buffer->count -= n;
    buffer->first = buffer->count ? buffer->first + n : 0;
    return (int)n;
}

/* Waits until there is something to take, bytes or another answer. Has let others run. */
static int buffer_wait(struct tutti_memory_buffer *buffer, const char *op,
                       const struct tutti_site *site)
{
    buffer_touch(buffer);
    if (buffer->count || buffer->when_empty != TUTTI_EWOULDBLOCK) {
        tutti_yield_shielded_at(site);
        return 0;
    }
    return tutti_lot_park_at(&buffer->readers, op, site);
}

/* Takes, waiting; what is there at once is taken before others run, so it cannot get lost. */
static int buffer_read(struct tutti_memory_buffer *buffer, void *data, size_t length,
                       const char *op, const struct tutti_site *site)
{
    int n = buffer_take(buffer, data, length);
    if (n != TUTTI_EWOULDBLOCK) {
        tutti_yield_shielded_at(site);
        return n;
    }
    while (n == TUTTI_EWOULDBLOCK) {
        int rc = tutti_lot_park_at(&buffer->readers, op, site);
        if (rc < 0) return rc;
        n = buffer_take(buffer, data, length);
    }
    return n;
}

static struct tutti_memory_sender *sender_of(struct tutti_stream *stream)
{
    return TUTTI_CONTAINER(stream, struct tutti_memory_sender, stream);
}

static int sender_send_all(struct tutti_stream *stream, const void *data, size_t length,
                           size_t *sent, const struct tutti_site *site)
{
    struct tutti_memory_sender *sender = sender_of(stream);
    int rc = buffer_add(&sender->buffer, data, length, site);
    if (rc < 0) return rc;
    *sent = length;
    rc = sender->send_hook ? sender->send_hook(sender) : 0;
    tutti_yield_shielded_at(site);
    return rc < 0 ? rc : 0;
}

static int sender_wait_send(struct tutti_stream *stream, const struct tutti_site *site)
{
    struct tutti_memory_sender *sender = sender_of(stream);
    int rc = tutti_checkpoint_at(site);
    if (rc == 0 && sender->wait_send_hook) rc = sender->wait_send_hook(sender);
    if (rc < 0) return rc;
    return tutti_stream_is_open(stream) ? 0 : TUTTI_ECLOSED;
}

static void sender_close(struct tutti_stream *stream)
{
    struct tutti_memory_sender *sender = sender_of(stream);
    buffer_end(&sender->buffer, 0);
    if (sender->close_hook) sender->close_hook(sender);
}

static void sender_free(struct tutti_stream *stream)
{
    buffer_drop(&sender_of(stream)->buffer);
}

void tutti_memory_sender_init_at(struct tutti_memory_sender *sender, const struct tutti_site *site)
{
    static const struct tutti_stream_kind kind = {.name = "sending end in memory",
                                                  .send_all = sender_send_all,
                                                  .wait_send = sender_wait_send,
                                                  .close = sender_close,
                                                  .free = sender_free};
    *sender = (struct tutti_memory_sender){.hook_arg = NULL};
    tutti_stream_init(&sender->stream, &kind);
    buffer_init(&sender->buffer, "memory.sent", site);
}

int tutti_memory_get_at(struct tutti_memory_sender *sender, void *data, size_t length,
                        const struct tutti_site *site)
{
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (!length) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a buffer of 0 bytes gets nothing");
    }
    buffer_touch(&sender->buffer);
    if (sender->buffer.readers.first) {
        return tutti_error_at(site, false, TUTTI_EBUSY, "another task waits for what is sent");
    }
    return buffer_read(&sender->buffer, data, length, "memory.get", site);
}

int tutti_memory_get_nowait_at(struct tutti_memory_sender *sender, void *data, size_t length,
                               const struct tutti_site *site)
{
    if (!length) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a buffer of 0 bytes gets nothing");
    }
    return buffer_take(&sender->buffer, data, length);
}

static struct tutti_memory_receiver *receiver_of(struct tutti_stream *stream)
{
    return TUTTI_CONTAINER(stream, struct tutti_memory_receiver, stream);
}

static int receiver_receive(struct tutti_stream *stream, void *data, size_t length,
                            const struct tutti_site *site)
{
    struct tutti_memory_receiver *receiver = receiver_of(stream);
    int rc = receiver->receive_hook ? receiver->receive_hook(receiver) : 0;
    if (rc < 0) return rc;
    return buffer_read(&receiver->buffer, data, length, "memory.receive", site);
}

static int receiver_wait_receive(struct tutti_stream *stream, const struct tutti_site *site)
{
    struct tutti_memory_receiver *receiver = receiver_of(stream);
    int rc = receiver->receive_hook ? receiver->receive_hook(receiver) : 0;
    if (rc < 0) return rc;
    rc = buffer_wait(&receiver->buffer, "memory.wait_receive", site);
    if (rc < 0) return rc;
    return tutti_stream_is_open(stream) ? 0 : TUTTI_ECLOSED;
}

static void receiver_close(struct tutti_stream *stream)
{
    struct tutti_memory_receiver *receiver = receiver_of(stream);
    buffer_touch(&receiver->buffer);
    receiver->buffer.count = receiver->buffer.first = 0;
    buffer_end(&receiver->buffer, TUTTI_ECLOSED);
    if (receiver->close_hook) receiver->close_hook(receiver);
}

static void receiver_free(struct tutti_stream *stream)
{
    buffer_drop(&receiver_of(stream)->buffer);
}

void tutti_memory_receiver_init_at(struct tutti_memory_receiver *receiver,
                                   const struct tutti_site *site)
{
    static const struct tutti_stream_kind kind = {.name = "receiving end in memory",
                                                  .receive = receiver_receive,
                                                  .wait_receive = receiver_wait_receive,
                                                  .close = receiver_close,
                                                  .free = receiver_free};
    *receiver = (struct tutti_memory_receiver){.hook_arg = NULL};
    tutti_stream_init(&receiver->stream, &kind);
    buffer_init(&receiver->buffer, "memory.received", site);
}

int tutti_memory_put_at(struct tutti_memory_receiver *receiver, const void *data, size_t length,
                        const struct tutti_site *site)
{
    if (!tutti_stream_is_open(&receiver->stream)) {
        return tutti_error_at(site, false, TUTTI_ECLOSED, "the receiving end was closed");
    }
    buffer_touch(&receiver->buffer);
    if (receiver->buffer.when_empty != TUTTI_EWOULDBLOCK) {
        return tutti_error_at(site, false, TUTTI_ECLOSED, "its end was put before");
    }
    return buffer_add(&receiver->buffer, data, length, site);
}

void tutti_memory_put_eof(struct tutti_memory_receiver *receiver)
{
    buffer_touch(&receiver->buffer);
    if (receiver->buffer.when_empty == TUTTI_EWOULDBLOCK) buffer_end(&receiver->buffer, 0);
}

int tutti_memory_pump_at(struct tutti_memory_sender *sender, struct tutti_memory_receiver *receiver,
                         size_t max, const struct tutti_site *site)
{
    struct tutti_memory_buffer *from = &sender->buffer;
    buffer_touch(from);
    size_t n = from->count < max ? from->count : max;
    if (!n && (from->count || from->when_empty == TUTTI_EWOULDBLOCK)) return 0;
    if (!tutti_stream_is_open(&receiver->stream)) {
        return tutti_error_at(site, false, TUTTI_EBROKEN, "the receiving end was closed");
    }
    if (!n) {
        bool first = receiver->buffer.when_empty == TUTTI_EWOULDBLOCK;
        tutti_memory_put_eof(receiver);
        return first;
    }
    int rc = tutti_memory_put_at(receiver, from->bytes + from->first, n, site);
    if (rc < 0) return rc;
    from->count -= n;
    from->first = from->count ? from->first + n : 0;
    return 1;
}

static int pipe_send_hook(struct tutti_memory_sender *sender)
{
    return tutti_memory_pump(sender, sender->hook_arg, SIZE_MAX);
}

static void pipe_close_hook(struct tutti_memory_sender *sender)
{
    struct tutti_memory_receiver *receiver = sender->hook_arg;
    if (!tutti_stream_is_open(&receiver->stream)) return;
    /* Bytes that are left for lack of memory are lost: then the end must not look like one. */
    bool lost = sender->buffer.count && pipe_send_hook(sender) < 0;
    buffer_end(&receiver->buffer, lost ? TUTTI_EBROKEN : 0);
}

void tutti_memory_pipe_init_at(struct tutti_memory_pipe *pipe, const struct tutti_site *site)
{
    tutti_memory_sender_init_at(&pipe->sender, site);
    tutti_memory_receiver_init_at(&pipe->receiver, site);
    pipe->sender.hook_arg = &pipe->receiver;
    pipe->sender.send_hook = pipe_send_hook;
    pipe->sender.close_hook = pipe_close_hook;
}

void tutti_memory_pair_init_at(struct tutti_memory_pair *pair, const struct tutti_site *site)
{
    tutti_memory_pipe_init_at(&pair->to_b, site);
    tutti_memory_pipe_init_at(&pair->to_a, site);
    tutti_staple_init(&pair->a, &pair->to_b.sender.stream, &pair->to_a.receiver.stream);
    tutti_staple_init(&pair->b, &pair->to_a.sender.stream, &pair->to_b.receiver.stream);
}
