/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* chan_pair.h - what the tests of channels share: a channel of ints, and tasks that make one call.
 */
#ifndef TUTTI_TESTS_CHAN_PAIR_H
#define TUTTI_TESTS_CHAN_PAIR_H

#include "tutti/core/chan.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"

/* A channel of ints, its two first handles, and what tasks found out. */
struct pair {
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    int results[4], items[4], count;
};

static inline int open_pair(struct pair *pair, size_t capacity)
{
    *pair = (struct pair){.count = 0};
    return tutti_chan_open(&pair->sender, &pair->receiver, "pair", sizeof(int), capacity);
}

static inline void close_pair(struct pair *pair)
{
    tutti_chan_close_send(&pair->sender);
    tutti_chan_close_receive(&pair->receiver);
}

/* One call by one handle; its code and item go to a place of the pair. */
struct call {
    struct pair *pair;
    struct tutti_chan_sender *sender; /* or */
    struct tutti_chan_receiver *receiver;
    int at, item;
};

static inline int make_call(void *arg)
{
    struct call *call = arg;
    int *item = &call->pair->items[call->at];
    int rc = call->sender ? tutti_chan_send(call->sender, &call->item)
                          : tutti_chan_receive(call->receiver, item);
    call->pair->results[call->at] = rc == 0 ? 1 : rc;
    return rc == TUTTI_ECANCELED ? rc : 0;
}

static inline int start_call(struct tutti_nursery *nursery, struct call call)
{
    return tutti_nursery_start_copy(nursery, make_call, &call, sizeof call);
}

#endif
