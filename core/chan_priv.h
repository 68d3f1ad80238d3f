/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/chan_priv.h - a channel, as the files it is made of see it. */
#ifndef TUTTI_CORE_CHAN_PRIV_H
#define TUTTI_CORE_CHAN_PRIV_H

#include "tutti/core/chan.h"
#include "tutti/core/park.h"
#include "tutti/core/run_priv.h"

/* Invariants: receivers wait only while nothing is buffered and no sender waits; senders wait only
 * while count >= limit and receivers are open. (But one task may wait on both sides at once, by
 * tutti_select.) A waiter's data is where its item comes from or goes to, `more` is its handle's
 * counter, which stands for the handle. */
struct tutti_chan {
    struct tutti_lot senders, receivers; /* who waits; the object is the senders' */
    unsigned char *ring;
    size_t item_size, capacity;
    size_t first, count; /* of the ring: the oldest item, and how many */
    size_t room;         /* items that fit into the ring: capacity or more, if that is bounded */
    size_t limit;        /* at less than so many items there is room; else make_room decides */
    size_t count_max;
    uint64_t discarded;
    uint64_t sent, received; /* ever, and those that were passed on directly */
    uint32_t senders_open, receivers_open;
    uint32_t holds; /* why it exists: handles, and calls that run a discard function */
    bool drops_oldest, discarding;
    void (*discard)(void *item, void *arg);
    void *discard_arg;
    _Alignas(max_align_t) unsigned char first_ring[];
};

/* chan_touch.c: what an operation is to the explorer. */
void chan_touch_send(struct run *run, const struct tutti_chan *chan);
void chan_touch_receive(struct run *run, const struct tutti_chan *chan);
/* What concerns all slots: a handle is closed, a setting is changed. */
void chan_touch_all(struct run *run, const struct tutti_chan *chan);
/* A handle is cloned. */
void chan_touch_clone(struct run *run, uint64_t path);

#endif
