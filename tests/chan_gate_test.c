/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* T64 for three locks that are made of a channel: whose item fills it, who has its only item, and
 * whose turn it is to receive by rendezvous. */
#include "rehearsed.h"

#include "gate_cases.h"
#include "tutti/core/chan.h"

struct chan_gate {
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    bool held; /* by rendezvous: nobody else knows */
};

static struct chan_gate chan_gate; /* one run at a time */

static uint32_t gate_queue(void *it)
{
    const struct chan_gate *gate = it;
    struct tutti_chan_stats stats = tutti_chan_statistics(gate->sender.chan);
    return (uint32_t)(stats.waiting_to_send + stats.waiting_to_receive);
}

static void gate_close(void *it)
{
    struct chan_gate *gate = it;
    tutti_chan_close_send(&gate->sender);
    tutti_chan_close_receive(&gate->receiver);
}

static void gate_open(struct gate *gate, size_t capacity)
{
    chan_gate.held = false;
    int rc = tutti_chan_open(&chan_gate.sender, &chan_gate.receiver, "gate", 1, capacity);
    tutti_check(rc == 0);
    gate->it = &chan_gate;
    gate->waiting = gate_queue;
    gate->close = gate_close;
}

/* To enter is to send the one item that there is room for. */
static int enter_by_sending(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_chan_send(&((struct chan_gate *)it)->sender, "x");
}

static int enter_by_sending_nowait(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_chan_send_nowait(&((struct chan_gate *)it)->sender, "x");
}

static void leave_by_receiving(void *it, struct tutti_borrow *borrow)
{
    char item;
    (void)borrow;
    tutti_check(tutti_chan_receive_nowait(&((struct chan_gate *)it)->receiver, &item) == 0);
}

static void make_full(struct gate *gate)
{
    gate_open(gate, 1);
    gate->enter = enter_by_sending;
    gate->enter_nowait = enter_by_sending_nowait;
    gate->leave = leave_by_receiving;
}

/* To enter is to receive the only item. */
static int enter_by_receiving(void *it, struct tutti_borrow *borrow)
{
    char item;
    (void)borrow;
    return tutti_chan_receive(&((struct chan_gate *)it)->receiver, &item);
}

static int enter_by_receiving_nowait(void *it, struct tutti_borrow *borrow)
{
    char item;
    (void)borrow;
    return tutti_chan_receive_nowait(&((struct chan_gate *)it)->receiver, &item);
}

static void leave_by_sending(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    tutti_check(tutti_chan_send_nowait(&((struct chan_gate *)it)->sender, "x") == 0);
}

static void make_item(struct gate *gate)
{
    gate_open(gate, 10);
    gate->enter = enter_by_receiving;
    gate->enter_nowait = enter_by_receiving_nowait;
    gate->leave = leave_by_sending;
    leave_by_sending(gate->it, NULL);
}

/* To enter is to find it free, or to be received by who leaves. */
static int enter_by_meeting_nowait(void *it, struct tutti_borrow *borrow)
{
    struct chan_gate *gate = it;
    (void)borrow;
    if (gate->held) return TUTTI_EWOULDBLOCK;
    gate->held = true;
    return 0;
}

static int enter_by_meeting(void *it, struct tutti_borrow *borrow)
{
    struct chan_gate *gate = it;
    if (gate->held) return tutti_chan_send(&gate->sender, "x");
    TUTTI_TRY(tutti_checkpoint_if_cancelled());
    TUTTI_TRY(enter_by_meeting_nowait(it, borrow));
    tutti_yield_shielded();
    return 0;
}

static void leave_by_meeting(void *it, struct tutti_borrow *borrow)
{
    struct chan_gate *gate = it;
    char item;
    (void)borrow;
    if (tutti_chan_receive_nowait(&gate->receiver, &item) < 0) gate->held = false;
}

static void make_meeting(struct gate *gate)
{
    gate_open(gate, 0);
    gate->enter = enter_by_meeting;
    gate->enter_nowait = enter_by_meeting_nowait;
    gate->leave = leave_by_meeting;
}

static int each(int (*fn)(struct gate *gate))
{
    static void (*const makes[])(struct gate * gate) = {make_full, make_item, make_meeting};
    for (int i = 0; i < 3; i++) {
        struct gate gate = {.inside = 0};
        makes[i](&gate);
        TUTTI_TRY(gate_end(&gate, fn(&gate)));
    }
    return 0;
}

static int T64_exclusion(void *arg)
{
    (void)arg;
    return each(gate_exclusion);
}

static int T64_fairness(void *arg)
{
    (void)arg;
    return each(gate_fairness);
}

static int T64_cancel(void *arg)
{
    (void)arg;
    return each(gate_cancel);
}

static int T64_checkpoints(void *arg)
{
    (void)arg;
    return each(gate_checkpoints);
}

GATE_SMALL(two_and_full, make_full, 2)
GATE_SMALL(two_and_item, make_item, 2)
GATE_SMALL(two_and_meeting, make_meeting, 2)

REHEARSE_MAIN(GATE_REHEARSED, REHEARSED_ALL(two_and_full, 1, 48),
              REHEARSED_ALL(two_and_item, 1, 48), REHEARSED_ALL(two_and_meeting, 1, 48))
