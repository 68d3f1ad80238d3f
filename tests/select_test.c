/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Waiting for several things at once: which case is done, that no other leaves a trace, and that
 * cases stand in queues like everybody else. */
#include "rehearsed.h"

#include "tutti/core/broadcast.h"
#include "tutti/core/chan.h"
#include "tutti/core/lot_break.h"
#include "tutti/core/select.h"
#include "tutti/core/sem.h"
#include "tutti/core/sync.h"

/* One of everything that can be a case. */
struct things {
    struct tutti_chan_sender to_full, to_empty;
    struct tutti_chan_receiver from_full, from_empty;
    struct tutti_event event;
    struct tutti_lock lock;
    struct tutti_sem sem;
    struct tutti_lot lot;
    struct tutti_broadcast news;
    int value, seen_value;
    uint64_t seen;
    int sent, received;
    int64_t until_ns;
    int done; /* which case was, or a code */
    int result;
};

enum { SEND, RECEIVE, EVENT, LOCK, SEM, LOT, NEWS, UNTIL, CASES };

/* None of the cases is ready. */
static int open_things(struct things *things)
{
    int item = 1;
    *things = (struct things){.sent = 7, .until_ns = tutti_now() + 10, .done = -1};
    TUTTI_TRY(tutti_chan_open(&things->to_full, &things->from_full, "full", sizeof(int), 1));
    TUTTI_TRY(tutti_chan_open(&things->to_empty, &things->from_empty, "empty", sizeof(int), 1));
    tutti_event_init(&things->event, "event");
    tutti_lock_init(&things->lock, "lock");
    tutti_sem_init(&things->sem, "sem", 0, 1);
    tutti_lot_init(&things->lot, "lot");
    tutti_broadcast_init(&things->news, "news", &things->value, sizeof things->value);
    TUTTI_TRY(tutti_lock_acquire_nowait(&things->lock));
    return tutti_chan_send_nowait(&things->to_full, &item);
}

static void close_things(struct things *things)
{
    tutti_chan_close_send(&things->to_full);
    tutti_chan_close_receive(&things->from_full);
    tutti_chan_close_send(&things->to_empty);
    tutti_chan_close_receive(&things->from_empty);
    tutti_check(things->to_full.waiting == 0 && things->from_empty.waiting == 0);
}

static void make_cases(struct things *things, struct tutti_case *cases)
{
    cases[SEND] = tutti_case_send(&things->to_full, &things->sent);
    cases[RECEIVE] = tutti_case_receive(&things->from_empty, &things->received);
    cases[EVENT] = tutti_case_event(&things->event);
    cases[LOCK] = tutti_case_lock(&things->lock);
    cases[SEM] = tutti_case_sem(&things->sem);
    cases[LOT] = tutti_case_lot(&things->lot);
    cases[NEWS] = tutti_case_broadcast(&things->news, &things->seen, &things->seen_value);
    cases[UNTIL] = tutti_case_until(things->until_ns);
}

/* Whatever was done, nobody stands in any queue. */
static void check_no_trace(struct things *things)
{
    tutti_check(tutti_chan_statistics(things->to_full.chan).waiting_to_send == 0);
    tutti_check(tutti_chan_statistics(things->to_empty.chan).waiting_to_receive == 0);
    tutti_check(things->event.lot.count == 0 && things->lock.lot.count == 0);
    tutti_check(things->sem.lot.count == 0 && things->lot.count == 0);
    tutti_check(things->news.lot.count == 0);
}

/* And of the other cases nothing happened. */
static void check_only(struct things *things, int done)
{
    int item;
    check_no_trace(things);
    tutti_check(things->done == done);
    tutti_check((things->received != 0) == (done == RECEIVE));
    tutti_check((things->seen_value != 0) == (done == NEWS) && things->seen == (done == NEWS));
    tutti_check(things->sem.value == 0);
    tutti_check(tutti_chan_receive_nowait(&things->from_full, &item) == 0);
    tutti_check(item == (done == SEND ? 7 : 1));
}

static int select_all(void *arg)
{
    struct things *things = arg;
    struct tutti_case cases[CASES];
    make_cases(things, cases);
    things->done = tutti_select(cases, CASES);
    if (things->done < 0) return things->done;
    things->result = cases[things->done].result;
    if (things->done != LOCK || things->result < 0) return 0;
    tutti_check(things->lock.owner == tutti_task_self());
    tutti_lock_release(&things->lock);
    return 0;
}

/* Makes one case ready; what it returns is the case's result. */
static int make_ready(struct things *things, int which)
{
    int item = 5;
    switch (which) {
    case SEND:
        tutti_check(tutti_chan_receive_nowait(&things->from_full, &item) == 0 && item == 1);
        return 0;
    case RECEIVE:
        return tutti_chan_send_nowait(&things->to_empty, &item);
    case EVENT:
        tutti_event_set(&things->event);
        return 0;
    case LOCK:
        tutti_lock_release(&things->lock);
        return 0;
    case SEM:
        tutti_sem_release(&things->sem);
        return 0;
    case LOT:
        tutti_check(tutti_lot_unpark(&things->lot, 1) == 1);
        return 0;
    case NEWS:
        tutti_broadcast_announce(&things->news, &item);
        return 0;
    default:
        return tutti_sleep_until(things->until_ns);
    }
}

struct turn {
    struct things things;
    int which;
};

static int waits_body(struct tutti_nursery *nursery, void *arg)
{
    struct turn *turn = arg;
    struct things *things = &turn->things;
    TUTTI_TRY(tutti_nursery_start(nursery, select_all, things));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_chan_statistics(things->to_full.chan).waiting_to_send == 1);
    tutti_check(tutti_chan_statistics(things->to_empty.chan).waiting_to_receive == 1);
    tutti_check(things->event.lot.count == 1 && things->lock.lot.count == 1);
    TUTTI_TRY(make_ready(things, turn->which));
    if (turn->which != UNTIL) check_no_trace(things);
    return 0;
}

/* Each kind of case, waited for with all others. */
static int each_case_waited_for(void *arg)
{
    (void)arg;
    for (int which = 0; which < CASES; which++) {
        struct turn turn = {.which = which};
        TUTTI_TRY(open_things(&turn.things));
        TUTTI_TRY(tutti_nursery_run(waits_body, &turn));
        check_only(&turn.things, which);
        tutti_check(turn.things.result == 0);
        if (turn.things.lock.owner) tutti_lock_release(&turn.things.lock);
        close_things(&turn.things);
    }
    return 0;
}

/* Each kind of case, ready before. (A lot never is.) */
static int one_case_ready(struct things *things, int which)
{
    struct tutti_case cases[CASES];
    make_cases(things, cases);
    if (which != LOCK) cases[LOCK] = (struct tutti_case){.kind = NULL}; /* it is our own */
    TUTTI_TRY(make_ready(things, which));
    uint64_t points = tutti_task_schedule_points(tutti_task_self());
    things->done = which % 2 ? tutti_select(cases, CASES) : tutti_select_nowait(cases, CASES);
    tutti_check(tutti_task_schedule_points(tutti_task_self()) == points + (uint64_t)(which % 2));
    check_only(things, which);
    return cases[which].result;
}

static int each_case_ready(void *arg)
{
    (void)arg;
    for (int which = 0; which < CASES; which++) {
        struct things things;
        if (which == LOT) continue;
        TUTTI_TRY(open_things(&things));
        int rc = one_case_ready(&things, which);
        if (things.lock.owner) tutti_lock_release(&things.lock);
        close_things(&things);
        TUTTI_TRY(rc);
    }
    return 0;
}

/* An error is a result, too; a case of all zeros is none. */
static int errors_are_results(void *arg)
{
    struct things things;
    struct tutti_case cases[CASES], none[2] = {{.kind = NULL}, {.kind = NULL}};
    (void)arg;
    tutti_check(tutti_select_nowait(none, 2) == TUTTI_EWOULDBLOCK);
    tutti_check(tutti_select_nowait(NULL, 0) == TUTTI_EWOULDBLOCK);
    TUTTI_TRY(open_things(&things));
    make_cases(&things, cases);
    tutti_check(tutti_select(cases, CASES) == LOCK && cases[LOCK].result == TUTTI_ESTATE);
    tutti_lock_release(&things.lock);
    tutti_lot_break(&things.lot);
    tutti_check(tutti_select(cases + LOT, 1) == 0 && cases[LOT].result == TUTTI_EBROKEN);
    tutti_broadcast_end(&things.news);
    tutti_check(tutti_select(cases + NEWS, 1) == 0 && cases[NEWS].result == TUTTI_EEOF);
    tutti_lot_break(&things.sem.lot);
    tutti_check(tutti_select(cases + SEM, 1) == 0 && cases[SEM].result == TUTTI_EBROKEN);
    tutti_lot_break(&things.event.lot);
    tutti_check(tutti_select(cases + EVENT, 1) == 0 && cases[EVENT].result == TUTTI_EBROKEN);
    tutti_chan_close_send(&things.to_empty);
    tutti_check(tutti_select(cases + RECEIVE, 1) == 0 && cases[RECEIVE].result == TUTTI_EEOF);
    tutti_chan_close_receive(&things.from_empty);
    tutti_check(tutti_select(cases + RECEIVE, 1) == 0 && cases[RECEIVE].result == TUTTI_ECLOSED);
    tutti_chan_close_receive(&things.from_full);
    tutti_check(tutti_select(cases + SEND, 1) == 0 && cases[SEND].result == TUTTI_EBROKEN);
    tutti_chan_close_send(&things.to_full);
    tutti_check(tutti_select(cases + SEND, 1) == 0 && cases[SEND].result == TUTTI_ECLOSED);
    close_things(&things);
    return 0;
}

/* Those of all zeros are left out of a call that waits, too. */
static int zeros_among_others(void *arg)
{
    struct tutti_event event;
    struct tutti_case cases[4] = {{.kind = NULL}};
    (void)arg;
    tutti_event_init(&event, "event");
    cases[1] = tutti_case_event(&event);
    cases[3] = tutti_case_until(tutti_now() + 5);
    tutti_check(tutti_select(cases, 4) == 3 && tutti_now() == 5 && event.lot.count == 0);
    tutti_event_set(&event);
    tutti_check(tutti_select(cases, 4) == 1 && cases[1].result == 0);
    return 0;
}

/* While it waits: closing by this handle, the other side's end, a breaking. */
static int closes_body(struct tutti_nursery *nursery, void *arg)
{
    struct turn *turn = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, select_all, &turn->things));
    TUTTI_TRY(tutti_sleep(1));
    switch (turn->which) {
    case 0:
        tutti_chan_close_send(&turn->things.to_full);
        break;
    case 1:
        tutti_chan_close_receive(&turn->things.from_full);
        break;
    case 2:
        tutti_chan_close_receive(&turn->things.from_empty);
        break;
    case 3:
        tutti_chan_close_send(&turn->things.to_empty);
        break;
    default:
        tutti_lot_break(&turn->things.lock.lot);
    }
    return 0;
}

static int closed_while_waiting(void *arg)
{
    static const int done[] = {SEND, SEND, RECEIVE, RECEIVE, LOCK};
    static const int results[] = {TUTTI_ECLOSED, TUTTI_EBROKEN, TUTTI_ECLOSED, TUTTI_EEOF,
                                  TUTTI_EBROKEN};
    (void)arg;
    for (int which = 0; which < 5; which++) {
        struct turn turn = {.which = which};
        TUTTI_TRY(open_things(&turn.things));
        TUTTI_TRY(tutti_nursery_run(closes_body, &turn));
        tutti_check(turn.things.done == done[which] && turn.things.result == results[which]);
        tutti_lock_release(&turn.things.lock);
        close_things(&turn.things);
    }
    return 0;
}

/* Cancelled while it waits, or before: no case is done. */
static int cancelled_body(struct tutti_nursery *nursery, void *arg)
{
    struct turn *turn = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, select_all, &turn->things));
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    check_no_trace(&turn->things);
    turn->which = select_all(&turn->things); /* ready or not */
    return turn->which;
}

static int cancelled(void *arg)
{
    struct turn turn;
    (void)arg;
    TUTTI_TRY(open_things(&turn.things));
    TUTTI_TRY(tutti_nursery_run(cancelled_body, &turn));
    tutti_check(turn.which == TUTTI_ECANCELED);
    check_only(&turn.things, TUTTI_ECANCELED);
    tutti_lock_release(&turn.things.lock);
    close_things(&turn.things);
    return 0;
}

/* Several are ready: the first in the order given, as long as no picker wants to choose. */
static int order_is_preference(void *arg)
{
    struct tutti_event one, two;
    struct tutti_case cases[2];
    (void)arg;
    tutti_event_init(&one, "one");
    tutti_event_init(&two, "two");
    tutti_event_set(&two);
    cases[0] = tutti_case_event(&one);
    cases[1] = tutti_case_event(&two);
    tutti_check(tutti_select(cases, 2) == 1);
    tutti_event_set(&one);
    tutti_check(tutti_select(cases, 2) == 0);
    return 0;
}

/* Two deadlines: the earlier. Two cases on one queue: the first in it. */
static int twice_the_same(void *arg)
{
    struct tutti_case cases[] = {tutti_case_until(tutti_now() + 20),
                                 tutti_case_until(tutti_now() + 10),
                                 tutti_case_until(tutti_now() + 10)};
    int64_t begin_ns = tutti_now();
    (void)arg;
    tutti_check(tutti_select(cases, 3) == 1 && tutti_now() == begin_ns + 10);
    return 0;
}

/* A task that would send and receive on one rendezvous is no partner of its own. */
struct mirror {
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    int sent, received;
};

static int reflect(void *arg)
{
    struct mirror *mirror = arg;
    int out = 1, in = 0;
    struct tutti_case cases[] = {tutti_case_receive(&mirror->receiver, &in),
                                 tutti_case_send(&mirror->sender, &out),
                                 tutti_case_send(&mirror->sender, &out)};
    int done = tutti_select(cases, 3);
    if (done < 0) return done;
    mirror->sent += done > 0;
    mirror->received += in;
    return cases[done].result;
}

static int mirror_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, reflect, arg));
    return tutti_nursery_start(nursery, reflect, arg);
}

static int both_sides(void *arg)
{
    struct mirror mirror = {.sent = 0};
    (void)arg;
    TUTTI_TRY(tutti_chan_open(&mirror.sender, &mirror.receiver, "mirror", sizeof(int), 0));
    TUTTI_TRY(tutti_nursery_run(mirror_body, &mirror));
    tutti_check(mirror.sent == 1 && mirror.received == 1);
    tutti_chan_close_send(&mirror.sender);
    tutti_chan_close_receive(&mirror.receiver);
    return 0;
}

/* A handle that is closed while one task waits by it with several cases. */
static int reflect_closed(void *arg)
{
    return reflect(arg) == TUTTI_ECLOSED ? 0 : TUTTI_ESTATE;
}

static int closed_mirror_body(struct tutti_nursery *nursery, void *arg)
{
    struct mirror *mirror = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, reflect_closed, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_chan_close_send(&mirror->sender);
    tutti_chan_close_receive(&mirror->receiver);
    return 0;
}

static int closed_both_sides(void *arg)
{
    struct mirror mirror = {.sent = 0};
    (void)arg;
    TUTTI_TRY(tutti_chan_open(&mirror.sender, &mirror.receiver, "mirror", sizeof(int), 0));
    return tutti_nursery_run(closed_mirror_body, &mirror);
}

REHEARSE_MAIN(REHEARSED(each_case_waited_for), REHEARSED(each_case_ready),
              REHEARSED(errors_are_results), REHEARSED(zeros_among_others),
              REHEARSED(closed_while_waiting), REHEARSED(cancelled), REHEARSED(order_is_preference),
              REHEARSED(twice_the_same), REHEARSED(both_sides), REHEARSED(closed_both_sides))
