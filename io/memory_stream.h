/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/memory_stream.h - streams in memory, for tests: no descriptor, no world, any schedule.
 *
 * A sending end takes all that is sent; a test takes it out with tutti_memory_get. A receiving end
 * is filled with tutti_memory_put. Joined together they are a pipe, and two pipes a pair: what goes
 * in at one end comes out at the other. Hooks are called when something happens, to move the bytes
 * in another way, in time or in pieces: the join itself is hooks that call tutti_memory_pump.
 *
 * Without memory a send_all is TUTTI_ENOMEMORY; what it counted as sent was kept all the same.
 *
 * The structs are the caller's. Buffers grow without bound, in the run's memory, until
 * tutti_stream_free: call it for each end, or for the two ends of a pair. */
#ifndef TUTTI_IO_MEMORY_STREAM_H
#define TUTTI_IO_MEMORY_STREAM_H

#include "tutti/core/park.h"
#include "tutti/io/staple.h"
#include "tutti/io/stream.h"

TUTTI_BEGIN

/* Bytes on their way, and who waits for them. */
struct tutti_memory_buffer {
    char *bytes;
    size_t first, count, room; /* the oldest is bytes[first] */
    struct tutti_lot readers;
    int when_empty; /* what a reader gets: TUTTI_EWOULDBLOCK, it waits; 0, the end; an error */
};

struct tutti_memory_sender;
struct tutti_memory_receiver;

/* Hooks. Set them between init and the first use, or whenever no call is inside; NULL: nothing is
 * called. Those that return int may wait; a negative code becomes the call's. */
struct tutti_memory_sender {
    struct tutti_stream stream;
    struct tutti_memory_buffer buffer;                         /* sent and not yet taken out */
    int (*send_hook)(struct tutti_memory_sender *sender);      /* bytes were added */
    int (*wait_send_hook)(struct tutti_memory_sender *sender); /* somebody would like to send */
    void (*close_hook)(struct tutti_memory_sender *sender);    /* it was closed; must not wait */
    void *hook_arg;                                            /* yours */
};
struct tutti_memory_receiver {
    struct tutti_stream stream;
    struct tutti_memory_buffer buffer;                           /* put in and not yet received */
    int (*receive_hook)(struct tutti_memory_receiver *receiver); /* before each receive */
    void (*close_hook)(struct tutti_memory_receiver *receiver);  /* it was closed; must not wait */
    void *hook_arg;                                              /* yours */
};

/* Make an end, open and empty. Inside a run. Not checkpoints. */
#define tutti_memory_sender_init(sender) tutti_memory_sender_init_at(sender, TUTTI_HERE)
TUTTI_API void tutti_memory_sender_init_at(struct tutti_memory_sender *sender,
                                           const struct tutti_site *site);
#define tutti_memory_receiver_init(receiver) tutti_memory_receiver_init_at(receiver, TUTTI_HERE)
TUTTI_API void tutti_memory_receiver_init_at(struct tutti_memory_receiver *receiver,
                                             const struct tutti_site *site);

/* Takes 1 to `length` bytes that were sent; waits while there are none. Returns how many, 0 when
 * the sender was closed and no more will come, TUTTI_ECANCELED, TUTTI_EBUSY (another task waits for
 * them) or TUTTI_EINVALID for a length of 0. */
#define tutti_memory_get(sender, data, length) tutti_memory_get_at(sender, data, length, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_memory_get_at(struct tutti_memory_sender *sender, void *data,
                                         size_t length, const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK. Not a checkpoint. */
#define tutti_memory_get_nowait(sender, data, length)                                              \
    tutti_memory_get_nowait_at(sender, data, length, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_memory_get_nowait_at(struct tutti_memory_sender *sender,
                                                        void *data, size_t length,
                                                        const struct tutti_site *site);
/* Gives the receiver `length` bytes. Returns 0, TUTTI_ECLOSED (it was closed, or its end was put)
 * or TUTTI_ENOMEMORY: nothing was put. Not a checkpoint. */
#define tutti_memory_put(receiver, data, length)                                                   \
    tutti_memory_put_at(receiver, data, length, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_memory_put_at(struct tutti_memory_receiver *receiver,
                                                 const void *data, size_t length,
                                                 const struct tutti_site *site);
/* No more will be put. Again: nothing. Not a checkpoint. */
TUTTI_API void tutti_memory_put_eof(struct tutti_memory_receiver *receiver);

/* Moves up to `max` bytes from what was sent to what can be received, or, when all was moved, the
 * end if the sender was closed. Returns 1 when it moved something, 0 when there was nothing,
 * TUTTI_EBROKEN (the receiver was closed) or TUTTI_ENOMEMORY. Not a checkpoint. */
#define tutti_memory_pump(sender, receiver, max)                                                   \
    tutti_memory_pump_at(sender, receiver, max, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_memory_pump_at(struct tutti_memory_sender *sender,
                                                  struct tutti_memory_receiver *receiver,
                                                  size_t max, const struct tutti_site *site);

/* One way: a sender and a receiver, joined by the sender's hooks. send_all never waits for room. */
struct tutti_memory_pipe {
    struct tutti_memory_sender sender;
    struct tutti_memory_receiver receiver;
};
#define tutti_memory_pipe_init(pipe) tutti_memory_pipe_init_at(pipe, TUTTI_HERE)
TUTTI_API void tutti_memory_pipe_init_at(struct tutti_memory_pipe *pipe,
                                         const struct tutti_site *site);

/* Both ways: use &pair.a.stream and &pair.b.stream. send_eof closes the sender of that way. */
struct tutti_memory_pair {
    struct tutti_memory_pipe to_b, to_a;
    struct tutti_staple a, b;
};
#define tutti_memory_pair_init(pair) tutti_memory_pair_init_at(pair, TUTTI_HERE)
TUTTI_API void tutti_memory_pair_init_at(struct tutti_memory_pair *pair,
                                         const struct tutti_site *site);

TUTTI_END
#endif
