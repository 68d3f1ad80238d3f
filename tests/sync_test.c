/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Parking, event and lock: order of service, hand-over, cancellation while waiting. */
#include "rehearsed.h"
#include "core_cases.h"

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

static int stubborn_task(void *arg)
{
    struct stubborn *stubborn = arg;
    struct tutti_park wait = TUTTI_PARK_INIT("stubborn", NULL, TUTTI_HERE);
    wait.abort = not_now;
    wait.context = &stubborn->asked;
    TUTTI_TRY(tutti_scope_open(&stubborn->scope, TUTTI_NEVER));
    stubborn->wait = &wait;
    int rc = tutti_park(&wait);
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

/* T46: a lot serves first come first served. */
static int T46_parking_lot_basic(void *arg)
{
    struct queue queue = {.next = 0};
    (void)arg;
    tutti_lot_init(&queue.lot, "queue");
    TUTTI_TRY(tutti_nursery_run(t46_body, &queue));
    for (int i = 0; i < 3; i++)
        tutti_check(queue.order[i] == i + 1);
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
    TUTTI_TRY(tutti_nursery_run(t63_body, &event));
    uint64_t cancels = tutti_task_cancel_points(tutti_task_self());
    uint64_t schedules = tutti_task_schedule_points(tutti_task_self());
    TUTTI_TRY(tutti_event_wait(&event));
    tutti_check(tutti_task_cancel_points(tutti_task_self()) == cancels + 1);
    tutti_check(tutti_task_schedule_points(tutti_task_self()) == schedules + 1);
    return 0;
}

struct exclusion {
    struct tutti_lock lock;
    bool inside;
    int acquired;
};

static int exclusive(void *arg)
{
    struct exclusion *exclusion = *(struct exclusion **)arg;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_lock_acquire(&exclusion->lock));
        tutti_check(!exclusion->inside);
        exclusion->inside = true;
        exclusion->acquired++;
        int rc = tutti_checkpoint();
        exclusion->inside = false;
        tutti_lock_release(&exclusion->lock);
        TUTTI_TRY(rc);
    }
    return 0;
}

static int t64_body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, exclusive, &arg, sizeof arg));
    }
    return 0;
}

/* T64: never two inside, whoever comes when. */
static int T64_lock_exclusion(void *arg)
{
    struct exclusion exclusion = {.inside = false};
    (void)arg;
    tutti_lock_init(&exclusion.lock, "lock");
    TUTTI_TRY(tutti_nursery_run(t64_body, &exclusion));
    tutti_check(exclusion.acquired == 9 && !exclusion.lock.owner);
    return 0;
}

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

REHEARSE_MAIN(REHEARSED(T40_failed_abort), REHEARSED(T46_parking_lot_basic),
              REHEARSED(T47_parking_lot_cancel), REHEARSED(several_objects), REHEARSED(T63_event),
              REHEARSED(T64_lock_exclusion), REHEARSED(T65_lock))
