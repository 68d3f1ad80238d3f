/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Parking, event and lock: order of service, hand-over, cancellation while waiting. */
#include "aborts.h"
#include "core_cases.h"
#include "gate_cases.h"
#include "rehearsed.h"

#include "tutti/core/sync.h"

/* T40: an abort that says "later": the cancellation waits for the wake. */
static enum tutti_abort not_now(struct tutti_park *park)
{
    *(bool *)park->context = true;
    return TUTTI_ABORT_LATER;
}

struct stubborn {
    struct tutti_park *wait;
    struct tutti_scope scope;
    bool asked, done;
};

/* Opens the scope, which is left open, and parks; whatever cancels it comes too late. */
static int park_stubbornly(struct stubborn *stubborn)
{
    struct tutti_park wait = TUTTI_PARK_INIT("stubborn", NULL, TUTTI_HERE);
    wait.abort = not_now;
    wait.context = &stubborn->asked;
    TUTTI_TRY(tutti_scope_open(&stubborn->scope, TUTTI_NEVER));
    stubborn->wait = &wait;
    return tutti_park(&wait);
}

static int stubborn_task(void *arg)
{
    struct stubborn *stubborn = arg;
    int rc = park_stubbornly(stubborn);
    tutti_check(rc == 1);
    tutti_check(tutti_checkpoint_if_cancelled() == TUTTI_ECANCELED);
    stubborn->done = true;
    return tutti_scope_close(&stubborn->scope, TUTTI_ECANCELED);
}

static int t40_body(struct tutti_nursery *nursery, void *arg)
{
    struct stubborn *stubborn = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, stubborn_task, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_scope_cancel(&stubborn->scope);
    tutti_check(stubborn->asked);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(!stubborn->done);
    tutti_wake(stubborn->wait, 1);
    return 0;
}

static int T40_failed_abort(void *arg)
{
    struct stubborn stubborn = {.done = false};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(t40_body, &stubborn));
    tutti_check(stubborn.done && stubborn.scope.caught);
    return 0;
}

struct asked {
    struct tutti_park *wait;
    struct tutti_scope outer, inner;
    int times, ended;
};

static enum tutti_abort count_asked(struct tutti_park *park)
{
    ++*(int *)park->context;
    return TUTTI_ABORT_LATER;
}

static int asked_task(void *arg)
{
    struct asked *asked = *(struct asked **)arg;
    struct tutti_park wait = TUTTI_PARK_INIT("asked", NULL, TUTTI_HERE);
    wait.abort = count_asked;
    wait.context = &asked->times;
    TUTTI_TRY(tutti_scope_open(&asked->outer, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&asked->inner, TUTTI_NEVER));
    asked->wait = &wait;
    tutti_check(tutti_park(&wait) == 3);
    int rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    asked->ended++;
    return tutti_scope_close(&asked->outer, tutti_scope_close(&asked->inner, rc));
}

static int asked_once_body(struct tutti_nursery *nursery, void *arg)
{
    struct asked *asked = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, asked_task, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_scope_cancel(&asked->outer);
    tutti_scope_set_shield(&asked->inner, true);
    tutti_scope_set_shield(&asked->inner, false); /* cancelled once more */
    tutti_scope_cancel(&asked->inner);
    tutti_check(asked->times == 1);
    tutti_wake(asked->wait, 3);
    return 0;
}

/* R12: one wait is asked once, whatever is cancelled around it, how often. */
static int R12_asked_once(void *arg)
{
    struct asked asked = {.times = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(asked_once_body, &asked));
    tutti_check(asked.ended == 1 && asked.times == 1);
    return 0;
}

static int not_asked_body(struct tutti_nursery *nursery, void *arg)
{
    struct asked *asked = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, asked_task, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_wake(asked->wait, 3);
    tutti_scope_cancel(&asked->outer);
    return 0;
}

/* R13, R31: after the wake nobody asks. */
static int R31_not_asked_when_woken(void *arg)
{
    struct asked asked = {.times = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(not_asked_body, &asked));
    tutti_check(asked.ended == 1 && asked.times == 0);
    return 0;
}

static int wakes_3(void *arg)
{
    struct asked *asked = *(struct asked **)arg;
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(asked->times == 1);
    tutti_wake(asked->wait, 3);
    return 0;
}

static int at_entry_body(struct tutti_nursery *nursery, void *arg)
{
    struct asked *asked = arg;
    struct tutti_park wait = TUTTI_PARK_INIT("asked", NULL, TUTTI_HERE);
    wait.abort = count_asked;
    wait.context = &asked->times;
    asked->wait = &wait;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, wakes_3, &arg, sizeof arg));
    TUTTI_TRY(tutti_scope_open(&asked->inner, TUTTI_NEVER));
    tutti_scope_cancel(&asked->inner);
    tutti_check(asked->times == 0 && tutti_park(&wait) == 3);
    return tutti_scope_close(&asked->inner, 0);
}

/* R15: whoever is cancelled already is asked as soon as it waits. */
static int R15_asked_at_entry(void *arg)
{
    struct asked asked = {.times = 0};
    (void)arg;
    return tutti_nursery_run(at_entry_body, &asked);
}

static int sleeping_task(void *arg)
{
    struct asked *asked = *(struct asked **)arg;
    TUTTI_TRY(tutti_scope_open(&asked->outer, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&asked->inner, TUTTI_NEVER));
    int rc = tutti_sleep_forever();
    tutti_check(rc == TUTTI_ECANCELED && tutti_checkpoint() == 0);
    rc = tutti_scope_close(&asked->inner, rc);
    tutti_check(rc == TUTTI_ECANCELED && !asked->inner.caught);
    return tutti_scope_close(&asked->outer, rc);
}

static int late_shield_body(struct tutti_nursery *nursery, void *arg)
{
    struct asked *asked = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, sleeping_task, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_scope_cancel(&asked->outer);
    tutti_scope_set_shield(&asked->inner, true);
    return 0;
}

/* R12: a shield calls nothing back that is under way. */
static int R12_shield_too_late(void *arg)
{
    struct asked asked = {.times = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(late_shield_body, &asked));
    tutti_check(asked.outer.caught);
    return 0;
}

static enum tutti_abort wakes_itself(struct tutti_park *park)
{
    tutti_wake(park, 0);
    return TUTTI_ABORT_LATER;
}

static int aborts_by_waking(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    aborts_message = "woke the task itself";
    aborts_line = __LINE__ + 1;
    struct tutti_park wait = TUTTI_PARK_INIT("wait", NULL, TUTTI_HERE);
    wait.abort = wakes_itself;
    return tutti_scope_close(&scope, tutti_park(&wait));
}

static void R29_abort_wakes(void **state)
{
    (void)state;
    assert_aborts(aborts_by_waking);
}

static enum tutti_abort yields_first(struct tutti_park *park)
{
    (void)park;
    tutti_yield_shielded();
    return TUTTI_ABORTED;
}

static int waits_with_yield(void *arg)
{
    (void)arg;
    aborts_message = "the abort function of wait waited, in";
    aborts_line = __LINE__ + 1;
    struct tutti_park wait = TUTTI_PARK_INIT("wait", NULL, TUTTI_HERE);
    wait.abort = yields_first;
    return tutti_park(&wait);
}

static int cancels_the_yielding(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, waits_with_yield, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    return 0;
}

static int aborts_by_yielding(void *arg)
{
    return tutti_nursery_run(cancels_the_yielding, arg);
}

/* It runs in the turn of whoever cancels, which it must not give up. */
static void R29_abort_waits(void **state)
{
    (void)state;
    assert_aborts(aborts_by_yielding);
}

struct queue {
    struct tutti_lot lot;
    int order[3], next, woken;
};

static int queue_up(void *arg)
{
    struct queue *queue = *(struct queue **)arg;
    int me = queue->next++;
    TUTTI_TRY(tutti_lot_park(&queue->lot, "queue.up"));
    queue->order[me] = ++queue->woken;
    return 0;
}

static int t46_body(struct tutti_nursery *nursery, void *arg)
{
    struct queue *queue = arg;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, queue_up, &arg, sizeof arg));
    }
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(queue->lot.count == 3);
    for (uint32_t left = 3; left > 0; left--) {
        tutti_check(tutti_lot_unpark(&queue->lot, 1) == 1 && queue->lot.count == left - 1);
        TUTTI_TRY(tutti_sleep(1));
    }
    tutti_check(tutti_lot_unpark(&queue->lot, 5) == 0);
    return 0;
}

static int t46_two_body(struct tutti_nursery *nursery, void *arg)
{
    struct queue *queue = arg;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, queue_up, &arg, sizeof arg));
    }
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_lot_unpark(&queue->lot, 2) == 2 && queue->lot.count == 1);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(queue->woken == 2 && queue->order[0] && queue->order[1] && !queue->order[2]);
    tutti_check(tutti_lot_unpark(&queue->lot, 5) == 1 && queue->lot.count == 0);
    return 0;
}

/* T46: a lot serves first come first served, one at a time or several. */
static int T46_parking_lot_basic(void *arg)
{
    struct queue queue = {.next = 0}, two = {.next = 0};
    (void)arg;
    tutti_lot_init(&queue.lot, "queue");
    tutti_check(tutti_lot_unpark(&queue.lot, 1) == 0);
    TUTTI_TRY(tutti_nursery_run(t46_body, &queue));
    for (int i = 0; i < 3; i++)
        tutti_check(queue.order[i] == i + 1);
    tutti_lot_init(&two.lot, "two at once");
    TUTTI_TRY(tutti_nursery_run(t46_two_body, &two));
    tutti_check(two.woken == 3);
    return 0;
}

struct both {
    struct tutti_lot one, two;
    bool done;
};

static int waits_on_both(void *arg)
{
    struct both *both = arg;
    struct tutti_park wait = TUTTI_PARK_INIT("both", &both->one.object, TUTTI_HERE);
    struct tutti_waiter places[2];
    tutti_lot_join(&both->one, &wait, &places[0], NULL);
    tutti_lot_join(&both->two, &wait, &places[1], NULL);
    tutti_check(tutti_park(&wait) == 0 && wait.winner == &places[1]);
    tutti_check(both->one.count == 0 && both->two.count == 0);
    both->done = true;
    return 0;
}

static int both_body(struct tutti_nursery *nursery, void *arg)
{
    struct both *both = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, waits_on_both, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(both->one.count == 1 && both->two.count == 1);
    tutti_check(tutti_lot_unpark(&both->two, 1) == 1);
    tutti_check(tutti_lot_unpark(&both->one, 1) == 0); /* the first wake won */
    return 0;
}

/* A task waits on several objects at once and leaves all queues at the first wake. */
static int several_objects(void *arg)
{
    struct both both = {.done = false};
    (void)arg;
    tutti_lot_init(&both.one, "one");
    tutti_lot_init(&both.two, "two");
    TUTTI_TRY(tutti_nursery_run(both_body, &both));
    tutti_check(both.done);
    return 0;
}

static int wait_event(void *arg)
{
    return tutti_event_wait(*(struct tutti_event **)arg);
}

static int t63_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_event *event = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, wait_event, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, wait_event, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(event->lot.count == 2);
    tutti_event_set(event);
    tutti_event_set(event);
    tutti_check(event->lot.count == 0);
    return 0;
}

/* T63: set wakes all; waiting for a set event is still a checkpoint. */
static int T63_event(void *arg)
{
    struct tutti_event event;
    (void)arg;
    tutti_event_init(&event, "event");
    tutti_check(tutti_event_wait_nowait(&event) == TUTTI_EWOULDBLOCK);
    TUTTI_TRY(tutti_nursery_run(t63_body, &event));
    uint64_t cancels = tutti_task_cancel_points(tutti_task_self());
    uint64_t schedules = tutti_task_schedule_points(tutti_task_self());
    tutti_check(tutti_event_wait_nowait(&event) == 0);
    TUTTI_TRY(tutti_event_wait(&event));
    tutti_check(tutti_task_cancel_points(tutti_task_self()) == cancels + 1);
    tutti_check(tutti_task_schedule_points(tutti_task_self()) == schedules + 1);
    return 0;
}

static int enter(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_lock_acquire((struct tutti_lock *)it);
}

static int enter_nowait(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_lock_acquire_nowait((struct tutti_lock *)it);
}

static void leave(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    tutti_lock_release(it);
}

static void make(struct gate *gate)
{
    static struct tutti_lock lock; /* one run at a time */
    tutti_lock_init(&lock, "gate");
    gate->it = &lock;
    gate->lot = &lock.lot;
    gate->enter = enter;
    gate->enter_nowait = enter_nowait;
    gate->leave = leave;
}

GATE_CASES(make)

static int hold_and_wait(void *arg)
{
    struct tutti_lock *lock = *(struct tutti_lock **)arg;
    TUTTI_TRY(tutti_lock_acquire(lock));
    int rc = tutti_sleep_forever();
    tutti_lock_release(lock);
    return rc;
}

static int t65_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_lock *lock = arg;
    TUTTI_TRY(tutti_lock_acquire(lock));
    tutti_check(tutti_lock_acquire(lock) == TUTTI_ESTATE);
    TUTTI_TRY(tutti_nursery_start_copy(nursery, hold_and_wait, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, hold_and_wait, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(lock->lot.count == 2);
    tutti_lock_release(lock);
    tutti_check(lock->owner && lock->owner != tutti_task_self() && lock->lot.count == 1);
    tutti_check(lock->lot.object.holder == lock->owner); /* which is what reports say */
    tutti_check(tutti_lock_acquire_nowait(lock) == TUTTI_EWOULDBLOCK);
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    return 0;
}

/* T65: hand-over is immediate; cancelled holder and waiter leave it free. */
static int T65_lock(void *arg)
{
    struct tutti_lock lock;
    (void)arg;
    tutti_lock_init(&lock, "lock");
    TUTTI_TRY(tutti_nursery_run(t65_body, &lock));
    tutti_check(!lock.owner && lock.lot.count == 0);
    return 0;
}

struct heirs {
    struct tutti_lock lock;
    struct tutti_task *heir;
    int waited;
};

static int former(void *arg)
{
    struct heirs *heirs = *(struct heirs **)arg;
    TUTTI_TRY(tutti_lock_acquire(&heirs->lock));
    TUTTI_TRY(tutti_sleep(10));
    tutti_lock_release(&heirs->lock);
    return 0;
}

static int ends_as_owner(void *arg)
{
    struct heirs *heirs = *(struct heirs **)arg;
    heirs->heir = tutti_task_self();
    TUTTI_TRY(tutti_lock_acquire(&heirs->lock));
    return tutti_sleep(2);
}

static int waits_in_vain(void *arg)
{
    struct heirs *heirs = *(struct heirs **)arg;
    heirs->waited = tutti_lock_acquire(&heirs->lock);
    return 0;
}

static int t66_body(struct tutti_nursery *nursery, void *arg)
{
    struct heirs *heirs = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, former, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, ends_as_owner, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, waits_in_vain, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(9)); /* the former owner has ended by then */
    tutti_check(!heirs->lock.broken && heirs->lock.owner == heirs->heir);
    TUTTI_TRY(tutti_sleep(2));
    tutti_check(heirs->waited == TUTTI_EBROKEN && heirs->lock.broken && !heirs->lock.owner);
    tutti_check(tutti_lock_acquire(&heirs->lock) == TUTTI_EBROKEN);
    tutti_check(tutti_lock_acquire_nowait(&heirs->lock) == TUTTI_EBROKEN);
    tutti_check(heirs->lock.lot.count == 0);
    return 0;
}

/* T66: its owner ends, the one it was handed to: broken for all. */
static int T66_owner_ends(void *arg)
{
    struct heirs heirs = {.waited = 0};
    (void)arg;
    tutti_lock_init(&heirs.lock, "inheritance");
    return tutti_nursery_run(t66_body, &heirs);
}

/* And the run, which has leaked, says who left it. */
static void owner_is_named(void **state)
{
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(aborts_run(T66_owner_ends), TUTTI_ELEAK);
    tutti_run_last(&stats);
    assert_non_null(strstr(stats.message, "ends_as_owner"));
}

/* R30: asked too late to stop, a wait of the user's own ends as its waker says: with a code, and
 * the cancellation shows after it. */
static int stubborn_fails(void *arg)
{
    struct stubborn *stubborn = arg;
    tutti_check(park_stubbornly(stubborn) == TUTTI_EBROKEN && stubborn->asked);
    stubborn->done = true;
    return tutti_scope_close(&stubborn->scope, tutti_checkpoint());
}

/* ... or, if that is what the waker means, as a cancellation. */
static int stubborn_gives_in(void *arg)
{
    struct stubborn *stubborn = arg;
    int rc = park_stubbornly(stubborn);
    stubborn->done = true;
    return tutti_scope_close(&stubborn->scope, rc);
}

static int later_body(struct tutti_nursery *nursery, void *arg)
{
    struct stubborn *two = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, stubborn_fails, &two[0]));
    TUTTI_TRY(tutti_nursery_start(nursery, stubborn_gives_in, &two[1]));
    TUTTI_TRY(tutti_sleep(1));
    for (int i = 0; i < 2; i++)
        tutti_scope_cancel(&two[i].scope);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(!two[0].done && !two[1].done);
    tutti_wake(two[0].wait, TUTTI_EBROKEN);
    tutti_wake(two[1].wait, TUTTI_ECANCELED);
    return 0;
}

static int R30_later_with_a_code(void *arg)
{
    struct stubborn two[2] = {{.wait = NULL}, {.wait = NULL}};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(later_body, two));
    tutti_check(two[0].done && two[1].done && two[0].scope.caught && two[1].scope.caught);
    return 0;
}

REHEARSE_MAIN(REHEARSED(T40_failed_abort), REHEARSED(T46_parking_lot_basic),
              REHEARSED(T47_parking_lot_cancel), REHEARSED(several_objects), REHEARSED(T63_event),
              GATE_REHEARSED, REHEARSED_ALL(two_users, 1, 48), REHEARSED_ALL(three_users, 1, 1260),
              REHEARSED(T65_lock), REHEARSED(R12_asked_once), REHEARSED(R12_shield_too_late),
              REHEARSED(R15_asked_at_entry), REHEARSED(R31_not_asked_when_woken),
              cmocka_unit_test(R29_abort_wakes), cmocka_unit_test(R29_abort_waits),
              REHEARSED_ENDS(T66_owner_ends, TUTTI_VERDICT_LEAK), cmocka_unit_test(owner_is_named),
              REHEARSED(R30_later_with_a_code))
