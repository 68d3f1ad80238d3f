/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Buffers of channels: without a bound, of changing size, dropping the oldest; what is discarded.
 */
#include "rehearsed.h"
#include "chan_pair.h"

/* What was discarded, as bits. */
static void note_discard(void *item, void *arg)
{
    int *discarded = arg;
    tutti_check(!(*discarded & *(int *)item));
    *discarded |= *(int *)item;
}

static int send_bits(struct pair *pair, int first, int count)
{
    for (int i = 0; i < count; i++) {
        int item = first << i;
        TUTTI_TRY(tutti_chan_send_nowait(&pair->sender, &item));
    }
    return 0;
}

static int unbounded(void *arg)
{
    struct pair pair;
    int items[100], item;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, TUTTI_CHAN_UNBOUNDED));
    for (item = 0; item < 100; item++) {
        tutti_check(tutti_chan_send_nowait(&pair.sender, &item) == 0);
        if (item % 3) continue; /* so that the ring's beginning is anywhere when it grows */
        tutti_check(tutti_chan_receive_nowait(&pair.receiver, items) == 0 && items[0] == item / 3);
    }
    struct tutti_chan_stats stats = tutti_chan_statistics(pair.receiver.chan);
    tutti_check(stats.used == 66 && stats.used_max == 67);
    tutti_check(stats.capacity == TUTTI_CHAN_UNBOUNDED && stats.discarded == 0);
    tutti_check(stats.senders == 1 && stats.receivers == 1);
    tutti_check(tutti_chan_receive_batch(&pair.receiver, items, 100) == 66);
    for (int i = 0; i < 66; i++)
        tutti_check(items[i] == 34 + i);
    tutti_check(tutti_chan_receive_batch_nowait(&pair.receiver, items, 9) == TUTTI_EWOULDBLOCK);
    close_pair(&pair);
    return 0;
}

static int batch_of_ten(void *arg)
{
    struct pair *pair = arg;
    int items[10];
    int count = tutti_chan_receive_batch(&pair->receiver, items, 10);
    tutti_check(count >= 1 && count <= 3);
    for (int i = 0; i < count; i++)
        tutti_check(items[i] == 1 << (pair->count + i));
    pair->count += count;
    return count;
}

static int batch_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, batch_of_ten, pair));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(send_bits(pair, 1, 3));
    tutti_check(tutti_chan_statistics(pair->sender.chan).used == 2);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(pair->count == 3); /* the one handed over, and what came until the task ran */
    return 0;
}

static int batch(void *arg)
{
    struct pair pair;
    int item;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 5));
    TUTTI_TRY(tutti_nursery_run(batch_body, &pair));
    tutti_check(tutti_chan_receive_batch(&pair.receiver, &item, 0) == TUTTI_EINVALID);
    tutti_check(tutti_chan_receive_batch_nowait(&pair.receiver, &item, 0) == TUTTI_EINVALID);
    tutti_chan_close_send(&pair.sender);
    tutti_check(tutti_chan_receive_batch(&pair.receiver, &item, 1) == TUTTI_EEOF);
    close_pair(&pair);
    return 0;
}

/* The last receiver's closing and dropping the oldest discard; each item once. */
static int discarding(void *arg)
{
    struct pair pair;
    int discarded = 0, item;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 2));
    TUTTI_TRY(tutti_chan_set_discard(pair.receiver.chan, note_discard, &discarded));
    TUTTI_TRY(tutti_chan_set_drop_oldest(pair.receiver.chan, true));
    TUTTI_TRY(send_bits(&pair, 1, 5));
    tutti_check(discarded == 7 && tutti_chan_statistics(pair.sender.chan).discarded == 3);
    tutti_check(tutti_chan_receive_nowait(&pair.receiver, &item) == 0 && item == 8);
    item = 32;
    TUTTI_TRY(tutti_chan_send(&pair.sender, &item));
    tutti_check(discarded == 7);
    tutti_check(tutti_chan_set_capacity(pair.sender.chan, 0) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_chan_set_capacity(pair.sender.chan, 1));
    tutti_check(discarded == 23);
    tutti_chan_close_receive(&pair.receiver);
    tutti_check(discarded == 55);
    tutti_check(tutti_chan_send(&pair.sender, &item) == TUTTI_EBROKEN && discarded == 55);
    tutti_chan_close_send(&pair.sender);
    TUTTI_TRY(open_pair(&pair, 0));
    tutti_check(tutti_chan_set_drop_oldest(pair.sender.chan, true) == TUTTI_EINVALID);
    close_pair(&pair);
    return 0;
}

/* An item that owns a handle of the channel it is in: discarding may close it. */
static void close_item(void *item, void *arg)
{
    (void)arg;
    tutti_chan_close_send(*(struct tutti_chan_sender **)item);
}

static int discarded_handles(void *arg)
{
    struct tutti_chan_sender sender, clones[2];
    struct tutti_chan_receiver receiver;
    (void)arg;
    TUTTI_TRY(tutti_chan_open(&sender, &receiver, "handles", sizeof &sender, 2));
    TUTTI_TRY(tutti_chan_set_discard(sender.chan, close_item, NULL));
    for (int i = 0; i < 2; i++) {
        struct tutti_chan_sender *clone = &clones[i];
        TUTTI_TRY(tutti_chan_clone_send(clone, &sender));
        TUTTI_TRY(tutti_chan_send(&sender, &clone));
    }
    tutti_chan_close_send(&sender);
    tutti_check(tutti_chan_statistics(receiver.chan).senders == 2);
    tutti_chan_close_receive(&receiver);
    tutti_check(!clones[0].chan && !clones[1].chan);
    return 0;
}

static int resized_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    struct tutti_chan *chan = pair->sender.chan;
    int items[5];
    for (int i = 0; i < 4; i++) {
        TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, i, i}));
        TUTTI_TRY(tutti_sleep(1));
    }
    TUTTI_TRY(tutti_chan_set_capacity(chan, 3));
    tutti_check(tutti_chan_statistics(chan).used == 3);
    tutti_check(tutti_chan_statistics(chan).waiting_to_send == 1);
    TUTTI_TRY(tutti_chan_set_capacity(chan, 1));
    TUTTI_TRY(tutti_chan_receive(&pair->receiver, items));
    tutti_check(items[0] == 0 && tutti_chan_statistics(chan).used == 2);
    tutti_check(tutti_chan_statistics(chan).waiting_to_send == 1);
    TUTTI_TRY(tutti_chan_set_capacity(chan, TUTTI_CHAN_UNBOUNDED));
    tutti_check(tutti_chan_statistics(chan).waiting_to_send == 0);
    TUTTI_TRY(tutti_chan_set_capacity(chan, 0));
    tutti_check(tutti_chan_send_nowait(&pair->sender, items) == TUTTI_EWOULDBLOCK);
    tutti_check(tutti_chan_receive_batch(&pair->receiver, items, 5) == 3);
    tutti_check(items[0] == 1 && items[1] == 2 && items[2] == 3);
    tutti_check(tutti_chan_send_nowait(&pair->sender, items) == TUTTI_EWOULDBLOCK);
    return 0;
}

/* Growing lets senders go on; shrinking loses nothing and keeps the order. */
static int resized(void *arg)
{
    struct pair pair;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 0));
    int rc = tutti_nursery_run(resized_body, &pair);
    close_pair(&pair);
    return rc;
}

static int unbound_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    for (int i = 0; i < 4; i++)
        TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, i, i}));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_chan_set_capacity(pair->sender.chan, TUTTI_CHAN_UNBOUNDED));
    tutti_check(tutti_chan_statistics(pair->sender.chan).used == 4);
    return 0;
}

/* A channel without a bound has no waiting senders, from the moment it is one. */
static int unbound(void *arg)
{
    struct pair pair;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 1));
    int rc = tutti_nursery_run(unbound_body, &pair);
    close_pair(&pair);
    return rc;
}

static int dropping_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    int item;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, i, i}));
        TUTTI_TRY(tutti_sleep(1));
    }
    TUTTI_TRY(tutti_chan_set_drop_oldest(pair->sender.chan, true));
    tutti_check(tutti_chan_statistics(pair->sender.chan).waiting_to_send == 0);
    tutti_check(tutti_chan_statistics(pair->sender.chan).discarded == 2);
    TUTTI_TRY(tutti_chan_receive(&pair->receiver, &item));
    tutti_check(item == 2);
    return 0;
}

/* Whoever waits when the channel begins to drop goes on. */
static int dropping_lets_senders_go(void *arg)
{
    struct pair pair;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 1));
    int rc = tutti_nursery_run(dropping_body, &pair);
    close_pair(&pair);
    return rc;
}

REHEARSE_MAIN(REHEARSED(unbounded), REHEARSED(batch), REHEARSED(discarding),
              REHEARSED(discarded_handles), REHEARSED(resized), REHEARSED(unbound),
              REHEARSED(dropping_lets_senders_go))
