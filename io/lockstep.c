/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/lockstep.h"

#include <string.h>

#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/task.h"

/* Invariant: while bytes are being sent nobody waits to receive. Each lot has one task at most. A
 * place's data is the buffer to receive into, its `more` the length; NULL: it only wants to know.
 */

/* Every step that asks for the pipe has it in common with the others. */
static struct tutti_lockstep_pipe *touched(struct tutti_lockstep_pipe *pipe)
{
    tutti_access(pipe, 1, true);
    return pipe;
}

static struct tutti_lockstep_pipe *pipe_of_sender(struct tutti_stream *stream)
{
    return touched(TUTTI_CONTAINER(stream, struct tutti_lockstep_pipe, sender));
}

static struct tutti_lockstep_pipe *pipe_of_receiver(struct tutti_stream *stream)
{
    return touched(TUTTI_CONTAINER(stream, struct tutti_lockstep_pipe, receiver));
}

static int park_in(struct tutti_lot *lot, void *data, size_t *length, const char *op,
                   const struct tutti_site *site)
{
    struct tutti_park wait = TUTTI_PARK_INIT(op, &lot->object, site);
    struct tutti_waiter place;
    tutti_lot_join(lot, &wait, &place, data);
    place.more = length;
    return tutti_park(&wait);
}

/* Moves what is being sent, as much as there is room for. */
static size_t move(struct tutti_lockstep_pipe *pipe, void *buffer, size_t length)
{
    size_t n = pipe->count < length ? pipe->count : length;
    memcpy(buffer, pipe->bytes, n);
    pipe->bytes += n;
    pipe->count -= n;
    return n;
}

static int lockstep_send_all(struct tutti_stream *stream, const void *data, size_t length,
                             size_t *sent, const struct tutti_site *site)
{
    struct tutti_lockstep_pipe *pipe = pipe_of_sender(stream);
    if (!tutti_stream_is_open(&pipe->receiver)) {
        return tutti_error_at(site, false, TUTTI_EBROKEN, "the receiving end was closed");
    }
    pipe->bytes = data;
    pipe->count = length;
    struct tutti_waiter *receiver = pipe->to_receive.first;
    if (receiver) {
        size_t *room = receiver->more;
        tutti_waiter_wake(receiver, room ? (int)move(pipe, receiver->data, *room) : 0);
    }
    int rc = 0;
    if (pipe->count) {
        rc = park_in(&pipe->to_send, NULL, NULL, "lockstep.send", site);
    } else {
        tutti_yield_shielded_at(site);
    }
    *sent = length - touched(pipe)->count;
    pipe->count = 0; /* what was not received is taken back */
    return rc;
}

static int lockstep_wait_send(struct tutti_stream *stream, const struct tutti_site *site)
{
    struct tutti_lockstep_pipe *pipe = pipe_of_sender(stream);
    if (pipe->to_receive.count || !tutti_stream_is_open(&pipe->receiver)) {
        tutti_yield_shielded_at(site);
        return 0;
    }
    int rc = park_in(&pipe->to_send, NULL, NULL, "lockstep.wait_send", site);
    return rc == TUTTI_EBROKEN ? 0 : rc; /* sending would not wait: it would fail at once */
}

/* Somebody comes to receive, and nothing is being sent: who waited for that may go on. */
static void invite(struct tutti_lockstep_pipe *pipe)
{
    (void)tutti_lot_unpark(&pipe->to_send, 1);
}

static int lockstep_receive(struct tutti_stream *stream, void *buffer, size_t length,
                            const struct tutti_site *site)
{
    struct tutti_lockstep_pipe *pipe = pipe_of_receiver(stream);
    if (pipe->count) {
        int n = (int)move(pipe, buffer, length);
        if (!pipe->count) (void)tutti_lot_unpark(&pipe->to_send, 1);
        tutti_yield_shielded_at(site);
        return n;
    }
    if (!tutti_stream_is_open(&pipe->sender)) {
        tutti_yield_shielded_at(site);
        return 0;
    }
    invite(pipe);
    return park_in(&pipe->to_receive, buffer, &length, "lockstep.receive", site);
}

static int lockstep_wait_receive(struct tutti_stream *stream, const struct tutti_site *site)
{
    struct tutti_lockstep_pipe *pipe = pipe_of_receiver(stream);
    if (pipe->count || !tutti_stream_is_open(&pipe->sender)) {
        tutti_yield_shielded_at(site);
        return 0;
    }
    invite(pipe);
    return park_in(&pipe->to_receive, NULL, NULL, "lockstep.wait_receive", site);
}

/* The other side receives the end. What was being sent and not received is lost. */
static void sender_close(struct tutti_stream *stream)
{
    struct tutti_lockstep_pipe *pipe = pipe_of_sender(stream);
    if (pipe->to_send.first) tutti_waiter_wake(pipe->to_send.first, TUTTI_ECLOSED);
    if (pipe->to_receive.first) tutti_waiter_wake(pipe->to_receive.first, 0);
}

static void receiver_close(struct tutti_stream *stream)
{
    struct tutti_lockstep_pipe *pipe = pipe_of_receiver(stream);
    if (pipe->to_receive.first) tutti_waiter_wake(pipe->to_receive.first, TUTTI_ECLOSED);
    if (pipe->to_send.first) tutti_waiter_wake(pipe->to_send.first, TUTTI_EBROKEN);
}

void tutti_lockstep_pipe_init_at(struct tutti_lockstep_pipe *pipe, const struct tutti_site *site)
{
    static const struct tutti_stream_kind send_kind = {.name = "lockstep sender",
                                                       .send_all = lockstep_send_all,
                                                       .wait_send = lockstep_wait_send,
                                                       .close = sender_close};
    static const struct tutti_stream_kind receive_kind = {.name = "lockstep receiver",
                                                          .receive = lockstep_receive,
                                                          .wait_receive = lockstep_wait_receive,
                                                          .close = receiver_close};
    *pipe = (struct tutti_lockstep_pipe){.bytes = NULL};
    tutti_stream_init(&pipe->sender, &send_kind);
    tutti_stream_init(&pipe->receiver, &receive_kind);
    tutti_lot_init_at(&pipe->to_send, "lockstep.to_send", site);
    tutti_lot_init_at(&pipe->to_receive, "lockstep.to_receive", site);
}

void tutti_lockstep_pair_init_at(struct tutti_lockstep_pair *pair, const struct tutti_site *site)
{
    tutti_lockstep_pipe_init_at(&pair->to_b, site);
    tutti_lockstep_pipe_init_at(&pair->to_a, site);
    tutti_staple_init(&pair->a, &pair->to_b.sender, &pair->to_a.receiver);
    tutti_staple_init(&pair->b, &pair->to_a.sender, &pair->to_b.receiver);
}
