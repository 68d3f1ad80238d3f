/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Channels: who gets what in which order, and what closing does to whom. */
#include "rehearsed.h"
#include "chan_pair.h"
#include "tiny_world.h"

/* T72: nowait forms, draining, the end, closed handles. */
static int T72_channel(void *arg)
{
    struct pair pair;
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    int item = 1;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 2));
    tutti_check(tutti_chan_send_nowait(&pair.sender, &item) == 0);
    item = 2;
    TUTTI_TRY(tutti_chan_send(&pair.sender, &item));
    tutti_check(tutti_chan_send_nowait(&pair.sender, &item) == TUTTI_EWOULDBLOCK);
    tutti_check(tutti_chan_receive_nowait(&pair.receiver, &item) == 0 && item == 1);
    TUTTI_TRY(tutti_chan_receive(&pair.receiver, &item));
    tutti_check(item == 2);
    tutti_check(tutti_chan_receive_nowait(&pair.receiver, &item) == TUTTI_EWOULDBLOCK);
    item = 3;
    TUTTI_TRY(tutti_chan_send(&pair.sender, &item));
    tutti_chan_close_send(&pair.sender);
    tutti_chan_close_send(&pair.sender);
    tutti_check(tutti_chan_send(&pair.sender, &item) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_send_nowait(&pair.sender, &item) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_clone_send(&sender, &pair.sender) == TUTTI_ECLOSED && !sender.chan);
    item = 0;
    TUTTI_TRY(tutti_chan_receive(&pair.receiver, &item));
    tutti_check(item == 3 && tutti_chan_receive(&pair.receiver, &item) == TUTTI_EEOF);
    tutti_check(tutti_chan_receive_nowait(&pair.receiver, &item) == TUTTI_EEOF);
    tutti_chan_close_receive(&pair.receiver);
    tutti_chan_close_receive(&pair.receiver);
    tutti_check(tutti_chan_receive(&pair.receiver, &item) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_receive_batch(&pair.receiver, &item, 1) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_clone_receive(&receiver, &pair.receiver) == TUTTI_ECLOSED);
    tutti_check(!receiver.chan);
    tutti_check(tutti_chan_set_capacity(pair.receiver.chan, 3) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_set_drop_oldest(pair.receiver.chan, true) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_set_discard(pair.receiver.chan, NULL, NULL) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_statistics(pair.receiver.chan).senders == 0);
    return 0;
}

/* One channel, two handles a side, a task waiting by each handle of one side. */
struct matrix {
    struct pair pair;
    struct tutti_chan_sender sender2;
    struct tutti_chan_receiver receiver2;
};

static int blocked_senders(struct tutti_nursery *nursery, void *arg)
{
    struct matrix *matrix = arg;
    struct pair *pair = &matrix->pair;
    TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, 0, 10}));
    TUTTI_TRY(start_call(nursery, (struct call){pair, &matrix->sender2, NULL, 1, 11}));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_chan_statistics(pair->receiver.chan).waiting_to_send == 2);
    tutti_chan_close_send(&pair->sender);
    tutti_check(tutti_chan_statistics(pair->receiver.chan).waiting_to_send == 1);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(pair->results[0] == TUTTI_ECLOSED && pair->results[1] == 0);
    TUTTI_TRY(tutti_chan_receive(&pair->receiver, &pair->items[0]));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(pair->items[0] == 11 && pair->results[1] == 1);
    return 0;
}

static int blocked_receivers(struct tutti_nursery *nursery, void *arg)
{
    struct matrix *matrix = arg;
    struct pair *pair = &matrix->pair;
    int item = 12;
    TUTTI_TRY(start_call(nursery, (struct call){pair, NULL, &pair->receiver, 0, 0}));
    TUTTI_TRY(start_call(nursery, (struct call){pair, NULL, &matrix->receiver2, 1, 0}));
    TUTTI_TRY(tutti_sleep(1));
    tutti_chan_close_receive(&pair->receiver);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(pair->results[0] == TUTTI_ECLOSED && pair->results[1] == 0);
    TUTTI_TRY(tutti_chan_send(&matrix->sender2, &item));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(pair->results[1] == 1 && pair->items[1] == 12);
    return 0;
}

static int last_receiver(struct tutti_nursery *nursery, void *arg)
{
    struct matrix *matrix = arg;
    struct pair *pair = &matrix->pair;
    int item = 13;
    TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, 0, 10}));
    TUTTI_TRY(start_call(nursery, (struct call){pair, &matrix->sender2, NULL, 1, 11}));
    TUTTI_TRY(tutti_sleep(1));
    tutti_chan_close_receive(&matrix->receiver2);
    tutti_check(tutti_chan_statistics(pair->sender.chan).waiting_to_send == 2);
    tutti_chan_close_receive(&pair->receiver);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(pair->results[0] == TUTTI_EBROKEN && pair->results[1] == TUTTI_EBROKEN);
    tutti_check(tutti_chan_send(&pair->sender, &item) == TUTTI_EBROKEN);
    tutti_check(tutti_chan_send_nowait(&matrix->sender2, &item) == TUTTI_EBROKEN);
    return 0;
}

static int last_sender(struct tutti_nursery *nursery, void *arg)
{
    struct matrix *matrix = arg;
    struct pair *pair = &matrix->pair;
    TUTTI_TRY(start_call(nursery, (struct call){pair, NULL, &pair->receiver, 0, 0}));
    TUTTI_TRY(start_call(nursery, (struct call){pair, NULL, &matrix->receiver2, 1, 0}));
    TUTTI_TRY(tutti_sleep(1));
    tutti_chan_close_send(&matrix->sender2);
    tutti_check(tutti_chan_statistics(pair->sender.chan).waiting_to_receive == 2);
    tutti_chan_close_send(&pair->sender);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(pair->results[0] == TUTTI_EEOF && pair->results[1] == TUTTI_EEOF);
    return 0;
}

static int in_matrix(int (*body)(struct tutti_nursery *nursery, void *arg))
{
    struct matrix matrix;
    TUTTI_TRY(open_pair(&matrix.pair, 0));
    TUTTI_TRY(tutti_chan_clone_send(&matrix.sender2, &matrix.pair.sender));
    TUTTI_TRY(tutti_chan_clone_receive(&matrix.receiver2, &matrix.pair.receiver));
    int rc = tutti_nursery_run(body, &matrix);
    tutti_chan_close_send(&matrix.sender2);
    tutti_chan_close_receive(&matrix.receiver2);
    close_pair(&matrix.pair);
    return rc;
}

/* T73: closing a handle ends the waits by this very handle; closing the last one of a side ends
 * those of the other side. */
static int T73_close_send_handle(void *arg)
{
    (void)arg;
    return in_matrix(blocked_senders);
}

static int T73_close_receive_handle(void *arg)
{
    (void)arg;
    return in_matrix(blocked_receivers);
}

static int T73_close_last_receiver(void *arg)
{
    (void)arg;
    return in_matrix(last_receiver);
}

static int T73_close_last_sender(void *arg)
{
    (void)arg;
    return in_matrix(last_sender);
}

/* Many producers and consumers, each with a handle of its own. */
struct market {
    struct pair pair;
    int producers, each, consumers;
    uint32_t taken, took_some; /* one bit an item; one bit a consumer */
};

struct trader {
    struct market *market;
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    int number;
};

static int produce(void *arg)
{
    struct trader *me = arg;
    int rc = 0;
    for (int i = 0; i < me->market->each && rc == 0; i++) {
        int item = me->number * me->market->each + i;
        rc = tutti_chan_send(&me->sender, &item);
    }
    tutti_chan_close_send(&me->sender);
    return rc;
}

static int consume(void *arg)
{
    struct trader *me = arg;
    int item, rc;
    while ((rc = tutti_chan_receive(&me->receiver, &item)) == 0) {
        tutti_check(!(me->market->taken & 1u << item));
        me->market->taken |= 1u << item;
        me->market->took_some |= 1u << me->number;
    }
    tutti_chan_close_receive(&me->receiver);
    return rc == TUTTI_EEOF ? 0 : rc;
}

static int market_body(struct tutti_nursery *nursery, void *arg)
{
    struct market *market = arg;
    struct trader trader = {.market = market};
    for (trader.number = 0; trader.number < market->consumers; trader.number++) {
        TUTTI_TRY(tutti_chan_clone_receive(&trader.receiver, &market->pair.receiver));
        TUTTI_TRY(tutti_nursery_start_copy(nursery, consume, &trader, sizeof trader));
    }
    for (trader.number = 0; trader.number < market->producers; trader.number++) {
        TUTTI_TRY(tutti_chan_clone_send(&trader.sender, &market->pair.sender));
        TUTTI_TRY(tutti_nursery_start_copy(nursery, produce, &trader, sizeof trader));
    }
    close_pair(&market->pair);
    return 0;
}

static int hold_market(struct market *market, size_t capacity)
{
    TUTTI_TRY(open_pair(&market->pair, capacity));
    TUTTI_TRY(tutti_nursery_run(market_body, market));
    tutti_check(market->taken == (1u << market->producers * market->each) - 1);
    return 0;
}

/* T74: each item reaches exactly one receiver. */
static int T74_multiple_producers(void *arg)
{
    struct market market = {.producers = 10, .each = 3, .consumers = 1};
    (void)arg;
    return hold_market(&market, 0);
}

/* In the order of the passes every consumer has its turn. */
static int T74_multiple_consumers(void *arg)
{
    struct market market = {.producers = 1, .each = 10, .consumers = 5};
    (void)arg;
    TUTTI_TRY(hold_market(&market, 1));
    tutti_check(market.took_some == 31);
    return 0;
}

/* And in any order each item has one taker. */
static int T74_consumers_in_any_order(void *arg)
{
    struct market market = {.producers = 1, .each = 10, .consumers = 5};
    (void)arg;
    return hold_market(&market, 1);
}

static int T74_few_of_each(void *arg)
{
    (void)arg;
    for (size_t capacity = 0; capacity < 3; capacity++) {
        struct market market = {.producers = 2, .each = 2, .consumers = 2};
        TUTTI_TRY(hold_market(&market, capacity));
    }
    return 0;
}

static int queued_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    int item;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, i, i}));
        TUTTI_TRY(tutti_sleep(1));
    }
    tutti_check(tutti_chan_send_nowait(&pair->sender, &item) == TUTTI_EWOULDBLOCK);
    for (int i = 0; i < 3; i++) {
        tutti_check(tutti_chan_statistics(pair->sender.chan).waiting_to_send == 3u - (uint32_t)i);
        TUTTI_TRY(tutti_chan_receive(&pair->receiver, &item));
        tutti_check(item == i);
    }
    TUTTI_TRY(tutti_sleep(1));
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(start_call(nursery, (struct call){pair, NULL, &pair->receiver, i, 0}));
        TUTTI_TRY(tutti_sleep(1));
    }
    tutti_check(tutti_chan_receive_nowait(&pair->receiver, &item) == TUTTI_EWOULDBLOCK);
    for (int i = 0; i < 3; i++)
        tutti_check(tutti_chan_send_nowait(&pair->sender, &i) == 0);
    TUTTI_TRY(tutti_sleep(1));
    for (int i = 0; i < 3; i++)
        tutti_check(pair->items[i] == i);
    return 0;
}

/* Both sides are served in the order in which they came, and nowait forms do not overtake. */
static int order_of_service(void *arg)
{
    struct pair pair;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 0));
    int rc = tutti_nursery_run(queued_body, &pair);
    close_pair(&pair);
    return rc;
}

/* A ring goes round; whoever waits for room has it as soon as there is some. */
static int full_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    int item;
    for (int i = 0; i < 20; i++) {
        TUTTI_TRY(tutti_chan_send(&pair->sender, &i));
        if (i < 2) continue;
        TUTTI_TRY(tutti_chan_receive(&pair->receiver, &item));
        tutti_check(item == i - 2);
    }
    tutti_check(tutti_chan_statistics(pair->sender.chan).used_max == 3);
    TUTTI_TRY(tutti_chan_send(&pair->sender, &(int){20}));
    TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, 0, 21}));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_chan_statistics(pair->sender.chan).waiting_to_send == 1);
    tutti_check(tutti_chan_receive_nowait(&pair->receiver, &item) == 0 && item == 18);
    tutti_check(tutti_chan_statistics(pair->sender.chan).waiting_to_send == 0);
    tutti_check(tutti_chan_statistics(pair->sender.chan).used == 3);
    return 0;
}

static int full_channel(void *arg)
{
    struct pair pair;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 3));
    int rc = tutti_nursery_run(full_body, &pair);
    close_pair(&pair);
    return rc;
}

static int cancelled_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    TUTTI_TRY(start_call(nursery, (struct call){pair, &pair->sender, NULL, 0, 1}));
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    /* before it ran again: nothing is left of it but its code */
    tutti_check(tutti_chan_statistics(pair->sender.chan).waiting_to_send == 0);
    tutti_check(tutti_chan_receive_nowait(&pair->receiver, &pair->items[1]) == TUTTI_EWOULDBLOCK);
    tutti_check(tutti_chan_send(&pair->sender, &pair->items[1]) == TUTTI_ECANCELED);
    tutti_check(tutti_chan_receive(&pair->receiver, &pair->items[1]) == TUTTI_ECANCELED);
    return 0;
}

static int cancelled_waiters_leave(void *arg)
{
    struct pair pair;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 0));
    int rc = tutti_nursery_run(cancelled_body, &pair);
    tutti_check(pair.results[0] == TUTTI_ECANCELED && pair.sender.waiting == 0);
    close_pair(&pair);
    return rc;
}

/* Sending and receiving that need not wait are checkpoints; what says nowait is none. */
static int checkpoints(void *arg)
{
    const struct tutti_task *self = tutti_task_self();
    struct pair pair;
    int item = 0;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 2));
    uint64_t cancels = tutti_task_cancel_points(self), points = tutti_task_schedule_points(self);
    tutti_check(tutti_chan_send_nowait(&pair.sender, &item) == 0);
    tutti_check(tutti_task_cancel_points(self) == cancels);
    tutti_check(tutti_task_schedule_points(self) == points);
    TUTTI_TRY(tutti_chan_send(&pair.sender, &item));
    TUTTI_TRY(tutti_chan_receive(&pair.receiver, &item));
    tutti_check(tutti_chan_receive_batch(&pair.receiver, &item, 1) == 1);
    tutti_check(tutti_task_cancel_points(self) == cancels + 3);
    tutti_check(tutti_task_schedule_points(self) == points + 3);
    close_pair(&pair);
    return 0;
}

/* Where nobody listens or chooses there is a shorter way for small items: it is a checkpoint, too.
 */
static int receives_7(void *arg)
{
    uint64_t item = 0;
    for (uint64_t i = 1; i <= 3; i++) {
        TUTTI_TRY(tutti_chan_receive((struct tutti_chan_receiver *)arg, &item));
        tutti_check(item == 7 * i);
    }
    return 0;
}

struct meeting {
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
};

static int sends_7(struct tutti_nursery *nursery, void *arg)
{
    struct meeting *meeting = arg;
    const struct tutti_task *self = tutti_task_self();
    TUTTI_TRY(tutti_nursery_start(nursery, receives_7, &meeting->receiver));
    TUTTI_TRY(tutti_checkpoint()); /* it waits by now, and will each time */
    uint64_t cancels = tutti_task_cancel_points(self), points = tutti_task_schedule_points(self);
    for (uint64_t i = 1; i <= 3; i++) {
        uint64_t item = 7 * i;
        TUTTI_TRY(tutti_chan_send(&meeting->sender, &item));
        tutti_check(tutti_task_cancel_points(self) == cancels + i);
        tutti_check(tutti_task_schedule_points(self) == points + i);
    }
    return 0;
}

static int short_way(void *arg)
{
    struct meeting meeting;
    (void)arg;
    TUTTI_TRY(tutti_chan_open(&meeting.sender, &meeting.receiver, "pair", sizeof(uint64_t), 0));
    int rc = tutti_nursery_run(sends_7, &meeting);
    tutti_chan_close_send(&meeting.sender);
    tutti_chan_close_receive(&meeting.receiver);
    return rc;
}

static void the_short_way(void **state)
{
    struct tiny_world tiny;
    (void)state;
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, short_way, NULL), 0);
}

REHEARSE_MAIN(cmocka_unit_test(the_short_way), REHEARSED(T72_channel),
              REHEARSED(T73_close_send_handle), REHEARSED(T73_close_receive_handle),
              REHEARSED(T73_close_last_receiver), REHEARSED(T73_close_last_sender),
              REHEARSED(T74_multiple_producers), REHEARSED_BATCH(T74_multiple_consumers),
              REHEARSED(T74_consumers_in_any_order), REHEARSED(T74_few_of_each),
              REHEARSED(order_of_service), REHEARSED(full_channel),
              REHEARSED(cancelled_waiters_leave), REHEARSED(checkpoints))
