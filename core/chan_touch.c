/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels, to the explorer.
 *
 * The n-th item that is ever sent is the n-th that is ever received, and in between it has a slot.
 * A call's n is known when it begins, since whoever waits is served in order; so two calls with
 * different slots trade places without anybody noticing. What changes the order of those who wait
 * (one leaves, the channel is closed) concerns all slots.                                        */
#include "tutti/core/chan_priv.h"

/* An unbounded channel has a slot for each item. */
#define SLOTS_MAX (UINT64_C(1) << 27)

static void touch_slot(struct run *run, const struct tutti_chan *chan, uint64_t n)
{
    uint64_t path = chan->senders.object.path;
    uint64_t slots = chan->capacity < SLOTS_MAX ? chan->capacity : SLOTS_MAX;
    touch(run, path, TUTTI_PART_SLOT + (slots ? n % slots : 0), TUTTI_ACCESS_WRITE);
}

void chan_touch_all(struct run *run, const struct tutti_chan *chan)
{
    touch(run, chan->senders.object.path, TUTTI_PART_ALL, TUTTI_ACCESS_WRITE);
}

void chan_touch_send(struct run *run, const struct tutti_chan *chan)
{
    touch(run, chan->senders.object.path, TUTTI_PART_TAIL, TUTTI_ACCESS_WRITE);
    touch_slot(run, chan, chan->sent + chan->senders.count);
    if (chan->drops_oldest) chan_touch_all(run, chan);
}

void chan_touch_receive(struct run *run, const struct tutti_chan *chan)
{
    touch(run, chan->senders.object.path, TUTTI_PART_HEAD, TUTTI_ACCESS_WRITE);
    touch_slot(run, chan, chan->received + chan->receivers.count);
}

/* How many handles there are, only statistics tell. */
void chan_touch_clone(struct run *run, uint64_t path)
{
    touch(run, path, TUTTI_PART_ALL, TUTTI_ACCESS_READ);
    touch(run, path, TUTTI_PART_QUEUE, TUTTI_ACCESS_ADD);
}
