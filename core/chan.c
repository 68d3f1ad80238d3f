/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/chan.h"

#include <string.h>

#include "tutti/core/mem.h"
#include "tutti/core/run_priv.h"

/* Invariants: receivers wait only while the buffer is empty and no sender waits; senders wait only
 * while the buffer is full. A waiter's data is where its item comes from or goes to.            */
struct tutti_chan {
    struct tutti_lot senders, receivers; /* the object is the senders' */
    size_t item_size, capacity;
    size_t first, count; /* of the ring */
    bool send_closed, receive_closed;
    unsigned char ring[];
};

int tutti_chan_open_at(struct tutti_chan **chan, const char *name, size_t item_size,
                       size_t capacity, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    size_t bytes, all;
    if (item_size == 0 || __builtin_mul_overflow(item_size, capacity, &bytes) ||
        __builtin_add_overflow(bytes, sizeof **chan, &all)) {
        return tutti_error_at(site, false, TUTTI_EINVALID,
                              "a channel of %zu items of %zu bytes is not possible", capacity,
                              item_size);
    }
    struct tutti_chan *made = mem_take(run, all, site);
    if (!made) return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for a channel");
    object_init(run, &made->senders.object, TUTTI_OBJECT_CHAN, name, (int64_t)capacity, site);
    made->receivers.object = made->senders.object;
    made->item_size = item_size;
    made->capacity = capacity;
    *chan = made;
    return 0;
}

static void *slot(struct tutti_chan *chan, size_t index)
{
    return chan->ring + (chan->first + index) % chan->capacity * chan->item_size;
}

int tutti_chan_send_nowait(struct tutti_chan *chan, const void *item)
{
    struct run *run = run_require_task(NULL);
    if (chan->send_closed) return TUTTI_ECLOSED;
    if (chan->receive_closed) return TUTTI_EBROKEN;
    struct tutti_waiter *receiver = chan->receivers.first;
    if (receiver) {
        memcpy(receiver->data, item, chan->item_size);
        tutti_waiter_wake(receiver, 0);
    } else if (chan->count < chan->capacity) {
        memcpy(slot(chan, chan->count++), item, chan->item_size);
    } else {
        return TUTTI_EWOULDBLOCK;
    }
    object_op(run, &chan->senders.object, "send", (uint32_t)chan->count);
    return 0;
}

int tutti_chan_receive_nowait(struct tutti_chan *chan, void *item)
{
    struct run *run = run_require_task(NULL);
    if (chan->receive_closed) return TUTTI_ECLOSED;
    struct tutti_waiter *sender = chan->senders.first;
    if (chan->count > 0) {
        memcpy(item, slot(chan, 0), chan->item_size);
        chan->first = (chan->first + 1) % chan->capacity;
        chan->count--;
        if (sender) memcpy(slot(chan, chan->count++), sender->data, chan->item_size);
    } else if (sender) {
        memcpy(item, sender->data, chan->item_size);
    } else {
        return chan->send_closed ? TUTTI_EEOF : TUTTI_EWOULDBLOCK;
    }
    if (sender) tutti_waiter_wake(sender, 0);
    object_op(run, &chan->senders.object, "recv", (uint32_t)chan->count);
    return 0;
}

static int chan_wait(struct run *run, struct tutti_chan *chan, struct tutti_lot *lot,
                     const char *op, void *item, const struct tutti_site *site)
{
    struct tutti_park wait = TUTTI_PARK_INIT(op, &chan->senders.object, site);
    struct tutti_waiter waiter;
    tutti_lot_join(lot, &wait, &waiter, item);
    return park(run, &wait);
}

int tutti_chan_send_at(struct tutti_chan *chan, const void *item, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_chan_send_nowait(chan, item);
    if (rc == TUTTI_EWOULDBLOCK) {
        /* the receiver only reads it */
        return chan_wait(run, chan, &chan->senders, "chan.send", (void *)(uintptr_t)item, site);
    }
    if (rc == 0) task_yield(run, run->current, "chan.send", NULL, site);
    return rc;
}

int tutti_chan_receive_at(struct tutti_chan *chan, void *item, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_chan_receive_nowait(chan, item);
    if (rc == TUTTI_EWOULDBLOCK) {
        return chan_wait(run, chan, &chan->receivers, "chan.receive", item, site);
    }
    if (rc == 0) task_yield(run, run->current, "chan.receive", NULL, site);
    return rc;
}

static void wake_all(struct tutti_lot *lot, int rc)
{
    while (lot->first)
        tutti_waiter_wake(lot->first, rc);
}

static void free_if_closed(struct run *run, struct tutti_chan *chan)
{
    if (!chan->send_closed || !chan->receive_closed) return;
    EMIT(run, OBJ_FREE, .obj = chan->senders.object.id);
    mem_give(run, chan, NULL);
}

void tutti_chan_close_send(struct tutti_chan *chan)
{
    struct run *run = run_require(NULL);
    if (chan->send_closed) return;
    chan->send_closed = true;
    object_op(run, &chan->senders.object, "close.send", (uint32_t)chan->count);
    wake_all(&chan->senders, TUTTI_ECLOSED);
    wake_all(&chan->receivers, TUTTI_EEOF); /* they wait only when nothing is left */
    free_if_closed(run, chan);
}

void tutti_chan_close_receive(struct tutti_chan *chan)
{
    struct run *run = run_require(NULL);
    if (chan->receive_closed) return;
    chan->receive_closed = true;
    chan->count = 0;
    object_op(run, &chan->senders.object, "close.recv", 0);
    wake_all(&chan->receivers, TUTTI_ECLOSED);
    wake_all(&chan->senders, TUTTI_EBROKEN);
    free_if_closed(run, chan);
}

size_t tutti_chan_count(const struct tutti_chan *chan)
{
    return chan->count;
}
