/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/chan.h - pass values between tasks, first in first out.
 *
 * A channel holds up to `capacity` items of one size; 0 makes it a rendezvous. It has two sides,
 * and each side any number of handles: several tasks may send and several receive, each by a handle
 * of its own that it closes when it is done, or all by one. An item is taken by exactly one
 * receiver, or stays with its sender, or is discarded by the channel. Senders and receivers are
 * served first come first served. Sending needs no memory unless the channel is unbounded. */
#ifndef TUTTI_CORE_CHAN_H
#define TUTTI_CORE_CHAN_H

#include "tutti/core/park.h"

TUTTI_BEGIN

/* The capacity of a channel that is never full. */
#define TUTTI_CHAN_UNBOUNDED SIZE_MAX

struct tutti_chan; /* the run's memory; gone when all handles of both sides are closed */

/* Handles. The caller's structs; all zeros is a closed one. They may be copied to another place
 * while no call uses them, if the old copy is then forgotten. They must exist until they are closed
 * and the calls that use them have returned. */
struct tutti_chan_sender {
    struct tutti_chan *chan; /* NULL: closed */
    uint64_t path;           /* of the channel, also when the handle is closed */
    uint32_t waiting;        /* places in queues by this handle */
};
struct tutti_chan_receiver {
    struct tutti_chan *chan; /* NULL: closed */
    uint64_t path;           /* of the channel, also when the handle is closed */
    uint32_t waiting;        /* places in queues by this handle */
};

/* Makes a channel for items of item_size bytes (1 or more) and a handle for each side, with a name
 * that is kept (or NULL). Returns 0, TUTTI_EINVALID or TUTTI_ENOMEMORY, with both handles closed
 * then. A channel whose handles are not all closed when the run ends is a leak. Not a checkpoint.
 */
#define tutti_chan_open(sender, receiver, name, item_size, capacity)                               \
    tutti_chan_open_at(sender, receiver, name, item_size, capacity, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_open_at(struct tutti_chan_sender *sender,
                                                struct tutti_chan_receiver *receiver,
                                                const char *name, size_t item_size, size_t capacity,
                                                const struct tutti_site *site);
/* Makes `clone` another handle of the same side. Returns 0, or TUTTI_ECLOSED when the handle is
 * closed; the clone is, too, then. Not checkpoints. */
#define tutti_chan_clone_send(clone, sender) tutti_chan_clone_send_at(clone, sender, TUTTI_HERE)
#define tutti_chan_clone_receive(clone, receiver)                                                  \
    tutti_chan_clone_receive_at(clone, receiver, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_clone_send_at(struct tutti_chan_sender *clone,
                                                      const struct tutti_chan_sender *sender,
                                                      const struct tutti_site *site);
TUTTI_API TUTTI_MUST_USE int tutti_chan_clone_receive_at(struct tutti_chan_receiver *clone,
                                                         const struct tutti_chan_receiver *receiver,
                                                         const struct tutti_site *site);

/* Sends a copy of *item; waits while there is no room. Returns 0, TUTTI_ECANCELED (not sent),
 * TUTTI_ECLOSED (this handle is closed), TUTTI_EBROKEN (nobody will receive) or, if the channel is
 * unbounded, TUTTI_ENOMEMORY. *item must stay as it is until the call returns. */
#define tutti_chan_send(sender, item) tutti_chan_send_at(sender, item, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_chan_send_at(struct tutti_chan_sender *sender, const void *item,
                                        const struct tutti_site *site);
/* Receives into *item; waits while there is nothing. Returns 0, TUTTI_ECANCELED (nothing taken),
 * TUTTI_ECLOSED (this handle is closed) or TUTTI_EEOF (nothing more will come). */
#define tutti_chan_receive(receiver, item) tutti_chan_receive_at(receiver, item, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_chan_receive_at(struct tutti_chan_receiver *receiver, void *item,
                                           const struct tutti_site *site);
/* Receives up to `max` items (1 or more, else TUTTI_EINVALID) into an array: waits for the first,
 * and takes the others that are there. Returns how many, or as above. */
#define tutti_chan_receive_batch(receiver, items, max)                                             \
    tutti_chan_receive_batch_at(receiver, items, max, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_chan_receive_batch_at(struct tutti_chan_receiver *receiver, void *items,
                                                 size_t max, const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK. Never overtake a waiter. Not checkpoints. */
#define tutti_chan_send_nowait(sender, item) tutti_chan_send_nowait_at(sender, item, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_send_nowait_at(struct tutti_chan_sender *sender,
                                                       const void *item,
                                                       const struct tutti_site *site);
#define tutti_chan_receive_nowait(receiver, item)                                                  \
    tutti_chan_receive_nowait_at(receiver, item, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_receive_nowait_at(struct tutti_chan_receiver *receiver,
                                                          void *item,
                                                          const struct tutti_site *site);
#define tutti_chan_receive_batch_nowait(receiver, items, max)                                      \
    tutti_chan_receive_batch_nowait_at(receiver, items, max, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int
tutti_chan_receive_batch_nowait_at(struct tutti_chan_receiver *receiver, void *items, size_t max,
                                   const struct tutti_site *site);

/* Close a handle; again: nothing. Tasks that wait by this very handle get TUTTI_ECLOSED. When it
 * was the last sender, receivers drain what is buffered and then get TUTTI_EEOF. When it was the
 * last receiver, senders get TUTTI_EBROKEN and what is buffered is discarded. Not checkpoints. */
#define tutti_chan_close_send(sender) tutti_chan_close_send_at(sender, TUTTI_HERE)
TUTTI_API void tutti_chan_close_send_at(struct tutti_chan_sender *sender,
                                        const struct tutti_site *site);
#define tutti_chan_close_receive(receiver) tutti_chan_close_receive_at(receiver, TUTTI_HERE)
TUTTI_API void tutti_chan_close_receive_at(struct tutti_chan_receiver *receiver,
                                           const struct tutti_site *site);

/* Settings of a channel, by sender.chan or receiver.chan; NULL (that handle is closed) is
 * TUTTI_ECLOSED. Not checkpoints. */

/* From now on discard(item, arg) is called for each item that is discarded; NULL: nothing is. It
 * owns the item, may close handles (those the item holds, too), must not be a checkpoint, and must
 * not send to this channel or change it: that panics. */
#define tutti_chan_set_discard(chan, discard, arg)                                                 \
    tutti_chan_set_discard_at(chan, discard, arg, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_set_discard_at(struct tutti_chan *chan,
                                                       void (*discard)(void *item, void *arg),
                                                       void *arg, const struct tutti_site *site);
/* A full channel makes room by discarding its oldest item, so that sending never waits; or no
 * longer does. TUTTI_EINVALID for a capacity of 0. Senders that wait go on. */
#define tutti_chan_set_drop_oldest(chan, drop) tutti_chan_set_drop_oldest_at(chan, drop, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_set_drop_oldest_at(struct tutti_chan *chan, bool drop,
                                                           const struct tutti_site *site);
/* Changes the capacity. Larger: senders that wait go on as far as there is room. Smaller: no item
 * is lost, and nobody sends until there are fewer; but if it drops the oldest, it drops those.
 * Returns 0, TUTTI_ENOMEMORY (nothing is changed) or TUTTI_EINVALID. */
#define tutti_chan_set_capacity(chan, capacity)                                                    \
    tutti_chan_set_capacity_at(chan, capacity, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_set_capacity_at(struct tutti_chan *chan, size_t capacity,
                                                        const struct tutti_site *site);

struct tutti_chan_stats {
    size_t used, used_max;       /* items that are buffered now; the most there were */
    size_t capacity;             /* how many there may be, or TUTTI_CHAN_UNBOUNDED */
    uint64_t discarded;          /* items */
    uint32_t senders, receivers; /* open handles */
    uint32_t waiting_to_send, waiting_to_receive; /* tasks */
};
/* What the channel (sender.chan or receiver.chan) is like now; all zeros for NULL. Not a
 * checkpoint. */
TUTTI_API struct tutti_chan_stats tutti_chan_statistics(const struct tutti_chan *chan);

TUTTI_END
#endif
