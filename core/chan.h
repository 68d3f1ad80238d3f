/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/chan.h - pass values between tasks, first in first out.
 *
 * A channel holds up to `capacity` items of one size; 0 makes it a rendezvous. Several tasks may
 * send and several receive. An item is taken by exactly one receiver or stays with its sender.   */
#ifndef TUTTI_CORE_CHAN_H
#define TUTTI_CORE_CHAN_H

#include "tutti/core/park.h"

TUTTI_BEGIN

struct tutti_chan; /* the run's memory; made by open, gone when both sides are closed */

/* Makes a channel for items of item_size bytes (1 or more), with a name that is kept (or NULL).
 * Both sides are open. Returns 0, TUTTI_EINVALID or TUTTI_ENOMEMORY. Not a checkpoint.          */
#define tutti_chan_open(chan, name, item_size, capacity)                                           \
    tutti_chan_open_at(chan, name, item_size, capacity, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_chan_open_at(struct tutti_chan **chan, const char *name,
                                                size_t item_size, size_t capacity,
                                                const struct tutti_site *site);

/* Sends a copy of *item; waits while there is no room. Returns 0, TUTTI_ECANCELED (not sent),
 * TUTTI_ECLOSED (this side was closed) or TUTTI_EBROKEN (nobody will receive).                  */
#define tutti_chan_send(chan, item) tutti_chan_send_at(chan, item, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_chan_send_at(struct tutti_chan *chan, const void *item,
                                        const struct tutti_site *site);
/* Receives into *item; waits while there is nothing. Returns 0, TUTTI_ECANCELED (nothing taken),
 * TUTTI_ECLOSED (this side was closed) or TUTTI_EEOF (nothing more will come).                  */
#define tutti_chan_receive(chan, item) tutti_chan_receive_at(chan, item, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_chan_receive_at(struct tutti_chan *chan, void *item,
                                           const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK. Never overtakes a waiter. Not checkpoints. */
TUTTI_API TUTTI_MUST_USE int tutti_chan_send_nowait(struct tutti_chan *chan, const void *item);
TUTTI_API TUTTI_MUST_USE int tutti_chan_receive_nowait(struct tutti_chan *chan, void *item);

/* Closes one side. Senders: those waiting get TUTTI_ECLOSED, receivers drain what is buffered and
 * then get TUTTI_EEOF. Receivers: those waiting get TUTTI_ECLOSED, what is buffered is dropped, and
 * senders get TUTTI_EBROKEN. Closing both frees the channel: no task may use it after that. A
 * channel that is not closed when the run ends is a leak. Not checkpoints. */
TUTTI_API void tutti_chan_close_send(struct tutti_chan *chan);
TUTTI_API void tutti_chan_close_receive(struct tutti_chan *chan);

/* How many items it holds now. Not a checkpoint. */
TUTTI_API size_t tutti_chan_count(const struct tutti_chan *chan);

TUTTI_END
#endif
