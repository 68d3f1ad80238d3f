/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tutti_select over reader-writer locks, limiters, conditions and barriers: which case is done,
 * that no other leaves a trace, and small configurations under every schedule with a cancellation.
 */
#include "rehearsed.h"

#include "tutti/core/barrier.h"
#include "tutti/core/cond.h"
#include "tutti/core/limiter.h"
#include "tutti/core/lot_break.h"
#include "tutti/core/rwlock.h"
#include "tutti/core/select.h"

enum { READ, WRITE, LIMITER, COND, BARRIER, EVENT, CASES };

/* One of everything; main has what the cases wait for. */
struct things {
    struct tutti_rwlock written, read;
    struct tutti_limiter limiter;
    struct tutti_borrow mains, borrow;
    struct tutti_lock lock;
    struct tutti_cond cond;
    struct tutti_barrier barrier;
    struct tutti_event event;
    int which;  /* what is made ready */
    int done;   /* which case was done, or a code */
    int result; /* its result */
};

static int open_things(struct things *things)
{
    *things = (struct things){.done = -1};
    tutti_rwlock_init(&things->written, "written");
    tutti_rwlock_init(&things->read, "read");
    tutti_limiter_init(&things->limiter, "limiter", 1);
    tutti_lock_init(&things->lock, "lock");
    tutti_cond_init(&things->cond, "cond", &things->lock);
    tutti_barrier_init(&things->barrier, "barrier", 2);
    tutti_event_init(&things->event, "event");
    TUTTI_TRY(tutti_rwlock_acquire_write_nowait(&things->written));
    TUTTI_TRY(tutti_rwlock_acquire_read_nowait(&things->read));
    return tutti_limiter_acquire_nowait(&things->limiter, &things->mains);
}

static void give_back(struct things *things)
{
    if (things->written.writer.task == tutti_task_self()) {
        tutti_rwlock_release_write(&things->written);
    }
    if (things->read.reading) tutti_rwlock_release_read(&things->read);
    if (things->mains.limiter) tutti_limiter_release(&things->limiter, &things->mains);
}

static void check_queues(const struct things *things, uint32_t count)
{
    tutti_check(things->written.readers.count == count && things->read.writers.count == count);
    tutti_check(things->limiter.lot.count == count && things->cond.lot.count == count);
    tutti_check(things->barrier.lot.count == count && things->event.lot.count == count);
    tutti_check(things->lock.sleepers.count == count && things->lock.lot.count == 0);
}

static void make_cases(struct things *things, struct tutti_case *cases)
{
    cases[READ] = tutti_case_read(&things->written);
    cases[WRITE] = tutti_case_write(&things->read);
    cases[LIMITER] = tutti_case_limiter(&things->limiter, &things->borrow);
    cases[COND] = tutti_case_cond(&things->cond);
    cases[BARRIER] = tutti_case_barrier(&things->barrier);
    cases[EVENT] = tutti_case_event(&things->event);
}

/* Of the case that was done the task has what it is for, of the others nothing. */
static void check_only(const struct things *things)
{
    tutti_check(things->borrow.has == (things->done == LIMITER));
    tutti_check((things->read.writer.task == tutti_task_self()) == (things->done == WRITE));
    tutti_check(things->written.reading == (things->done == READ));
    tutti_check(things->barrier.rounds == (things->done == BARRIER));
    tutti_check(things->lock.owner == tutti_task_self());
}

static int choose_one(void *arg)
{
    struct things *things = arg;
    struct tutti_case cases[CASES];
    make_cases(things, cases);
    TUTTI_TRY(tutti_lock_acquire_nowait(&things->lock));
    things->done = tutti_select(cases, CASES);
    if (things->done >= 0) things->result = cases[things->done].result;
    if (things->result >= 0) check_only(things);
    if (things->borrow.has) tutti_limiter_release(&things->limiter, &things->borrow);
    if (things->written.reading) tutti_rwlock_release_read(&things->written);
    if (things->read.writer.task) tutti_rwlock_release_write(&things->read);
    if (!things->lock.broken) tutti_lock_release(&things->lock);
    return things->done < 0 ? things->done : 0;
}

static int make_ready(struct things *things)
{
    switch (things->which) {
    case READ:
        tutti_rwlock_release_write(&things->written);
        break;
    case WRITE:
        tutti_rwlock_release_read(&things->read);
        break;
    case LIMITER:
        tutti_limiter_release(&things->limiter, &things->mains);
        break;
    case COND:
        TUTTI_TRY(tutti_lock_acquire_nowait(&things->lock));
        tutti_check(tutti_cond_notify(&things->cond, 1) == 1);
        tutti_lock_release(&things->lock);
        break;
    case BARRIER:
        tutti_check(tutti_barrier_wait_nowait(&things->barrier) == 1);
        break;
    default:
        tutti_event_set(&things->event);
    }
    check_queues(things, 0);
    return 0;
}

static int waits_body(struct tutti_nursery *nursery, void *arg)
{
    struct things *things = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, choose_one, things));
    TUTTI_TRY(tutti_sleep(1));
    check_queues(things, 1);
    return make_ready(things);
}

static int each_waited_for(void *arg)
{
    (void)arg;
    for (int which = 0; which < CASES; which++) {
        struct things things;
        TUTTI_TRY(open_things(&things));
        things.which = which;
        TUTTI_TRY(tutti_nursery_run(waits_body, &things));
        tutti_check(things.done == which && things.result == 0);
        give_back(&things);
    }
    return 0;
}

/* Ready before: done at once, with one yield, and the lock of the condition is not given up. */
static int chooses_at_once(void *arg)
{
    struct things *things = arg;
    uint64_t points = tutti_task_schedule_points(tutti_task_self());
    TUTTI_TRY(choose_one(things));
    tutti_check(tutti_task_schedule_points(tutti_task_self()) == points + 1);
    return 0;
}

static int ready_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, chooses_at_once, arg);
}

/* (A condition never is: somebody has to notify who waits. A barrier for one always is.) */
static int each_ready(void *arg)
{
    (void)arg;
    for (int which = 0; which < CASES; which++) {
        struct things things;
        if (which == COND) continue;
        TUTTI_TRY(open_things(&things));
        things.which = which;
        if (which == BARRIER) {
            tutti_barrier_init(&things.barrier, "barrier", 1);
        } else {
            TUTTI_TRY(make_ready(&things));
        }
        TUTTI_TRY(tutti_nursery_run(ready_body, &things));
        tutti_check(things.done == which && things.result == 0);
        give_back(&things);
    }
    return 0;
}

/* What the plain calls would say. */
static int errors_are_results(void *arg)
{
    struct things things;
    struct tutti_case cases[CASES];
    (void)arg;
    TUTTI_TRY(open_things(&things));
    make_cases(&things, cases);
    tutti_check(tutti_select(cases + READ, 1) == 0 && cases[READ].result == TUTTI_ESTATE);
    tutti_check(tutti_select(cases + LIMITER, 1) == 0 && cases[LIMITER].result == TUTTI_ESTATE);
    tutti_check(tutti_select(cases + COND, 1) == 0 && cases[COND].result == TUTTI_ENOTOWNER);
    tutti_lot_break(&things.barrier.lot);
    tutti_check(tutti_select(cases + BARRIER, 1) == 0 && cases[BARRIER].result == TUTTI_EBROKEN);
    tutti_lot_break(&things.read.writers);
    tutti_check(tutti_select(cases + WRITE, 1) == 0 && cases[WRITE].result == TUTTI_EBROKEN);
    tutti_lot_break(&things.cond.lot);
    tutti_check(tutti_select(cases + COND, 1) == 0 && cases[COND].result == TUTTI_EBROKEN);
    give_back(&things);
    struct tutti_barrier three;
    tutti_barrier_init(&three, "three", 3);
    struct tutti_case twice[] = {tutti_case_barrier(&three), tutti_case_barrier(&three),
                                 tutti_case_until(tutti_now() + 5)};
    tutti_check(tutti_select(twice, 3) == 2 && three.lot.count == 0 && three.rounds == 0);
    return 0;
}

static int cancelled_body(struct tutti_nursery *nursery, void *arg)
{
    struct things *things = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, choose_one, things));
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    check_queues(things, 0);
    return 0;
}

static int cancelled(void *arg)
{
    struct things things;
    (void)arg;
    TUTTI_TRY(open_things(&things));
    TUTTI_TRY(tutti_nursery_run(cancelled_body, &things));
    tutti_check(things.done == TUTTI_ECANCELED && !things.lock.owner);
    give_back(&things);
    return 0;
}

/* The condition's lock breaks while it is waited for: that is the case's result. */
static int ends_with_lock(void *arg)
{
    struct things *things = arg;
    return tutti_lock_acquire(&things->lock);
}

static int breaks_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, choose_one, arg));
    TUTTI_TRY(tutti_sleep(1));
    return tutti_nursery_start(nursery, ends_with_lock, arg);
}

static int lock_breaks(void *arg)
{
    struct things things;
    (void)arg;
    TUTTI_TRY(open_things(&things));
    TUTTI_TRY(tutti_nursery_run(breaks_body, &things));
    tutti_check(things.done == COND && things.result == TUTTI_EBROKEN);
    check_queues(&things, 0);
    give_back(&things);
    return 0;
}

/* Explored: whoever may be cancelled is in a scope of its own. */

static int raise_event(void *arg)
{
    TUTTI_TRY(tutti_checkpoint());
    tutti_event_set(&((struct things *)arg)->event);
    return 0;
}

/* Wants to write, or sees the event; whoever wants to read is kept waiting no longer than that. */
static int write_or_see(void *arg)
{
    struct things *things = arg;
    struct tutti_case cases[] = {tutti_case_event(&things->event), tutti_case_write(&things->read)};
    int done = tutti_select(cases, 2);
    tutti_check((things->read.writer.task == tutti_task_self()) == (done == 1));
    if (done != 1) return done;
    int rc = tutti_checkpoint();
    tutti_check(!things->read.reading);
    tutti_rwlock_release_write(&things->read);
    return rc;
}

static int reads(void *arg)
{
    struct things *things = arg;
    TUTTI_TRY(tutti_rwlock_acquire_read(&things->read));
    tutti_check(!things->read.writer.task);
    int rc = tutti_checkpoint();
    tutti_rwlock_release_read(&things->read);
    return rc;
}

static int writer(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, write_or_see, arg);
}

static int reader(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, reads, arg);
}

static int room_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, reads, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, writer, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, reader, arg));
    return raise_event(arg);
}

static int write_or_event(void *arg)
{
    struct things things;
    (void)arg;
    TUTTI_TRY(open_things(&things));
    give_back(&things);
    TUTTI_TRY(tutti_nursery_run(room_body, &things));
    tutti_check(!things.read.reading && !things.read.writers.count && !things.read.readers.count);
    TUTTI_TRY(tutti_rwlock_acquire_write_nowait(&things.read));
    tutti_rwlock_release_write(&things.read);
    return 0;
}

/* One item, told to the first of two who wait. If that one sees the event instead, or is cancelled,
 * the other is told: else the run is a deadlock. */
struct stock {
    struct tutti_lock lock;
    struct tutti_cond cond;
    struct tutti_event event;
    int items, waiting;
};

static int cond_or_see(void *arg)
{
    struct stock *stock = arg;
    struct tutti_case cases[] = {tutti_case_cond(&stock->cond), tutti_case_event(&stock->event)};
    TUTTI_TRY(tutti_lock_acquire(&stock->lock));
    int done = tutti_select(cases, 2);
    tutti_check(stock->lock.owner == tutti_task_self());
    if (done == 0) (void)tutti_cond_notify(&stock->cond, 1); /* it was not for us */
    tutti_lock_release(&stock->lock);
    return done < 0 ? done : 0;
}

static int chooser(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, cond_or_see, arg);
}

static int takes_item(void *arg)
{
    struct stock *stock = arg;
    TUTTI_TRY(tutti_lock_acquire(&stock->lock));
    while (!stock->items)
        TUTTI_TRY(tutti_cond_wait(&stock->cond));
    stock->items--;
    tutti_lock_release(&stock->lock);
    return 0;
}

static int brings_item(void *arg)
{
    struct stock *stock = arg;
    TUTTI_TRY(tutti_lock_acquire(&stock->lock));
    stock->items++;
    (void)tutti_cond_notify(&stock->cond, 1);
    tutti_event_set(&stock->event);
    tutti_lock_release(&stock->lock);
    return 0;
}

static int stock_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, chooser, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, takes_item, arg));
    return tutti_nursery_start(nursery, brings_item, arg);
}

static int cond_or_event(void *arg)
{
    struct stock stock = {.items = 0};
    (void)arg;
    tutti_lock_init(&stock.lock, "lock");
    tutti_cond_init(&stock.cond, "cond", &stock.lock);
    tutti_event_init(&stock.event, "event");
    TUTTI_TRY(tutti_nursery_run(stock_body, &stock));
    tutti_check(stock.items == 0 && !stock.lock.owner && !stock.lock.sleepers.count);
    tutti_check(!stock.cond.lot.count && !stock.event.lot.count);
    return 0;
}

/* A token, or the other one at the barrier, or the event: two of these. */
static int token_or_meet(void *arg)
{
    struct things *things = arg;
    struct tutti_borrow borrow;
    struct tutti_case cases[] = {tutti_case_limiter(&things->limiter, &borrow),
                                 tutti_case_barrier(&things->barrier),
                                 tutti_case_event(&things->event)};
    int done = tutti_select(cases, 3);
    if (done != 0) return done < 0 ? done : 0;
    tutti_check(borrow.has && things->limiter.borrowed == 1);
    int rc = tutti_checkpoint();
    tutti_limiter_release(&things->limiter, &borrow);
    return rc;
}

static int meeter(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, token_or_meet, arg);
}

static int meeting_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, meeter, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, meeter, arg));
    return raise_event(arg);
}

static int meet_with(uint32_t tokens)
{
    struct things things;
    TUTTI_TRY(open_things(&things));
    give_back(&things);
    tutti_limiter_set_total(&things.limiter, tokens);
    TUTTI_TRY(tutti_nursery_run(meeting_body, &things));
    tutti_check(!things.limiter.borrowed && !things.limiter.lot.count);
    tutti_check(!things.barrier.lot.count && things.barrier.rounds <= 1);
    return 0;
}

static int limiter_0_or_barrier(void *arg)
{
    (void)arg;
    return meet_with(0);
}

static int limiter_1_or_barrier(void *arg)
{
    (void)arg;
    return meet_with(1);
}

REHEARSE_MAIN(REHEARSED(each_waited_for), REHEARSED(each_ready), REHEARSED(errors_are_results),
              REHEARSED(cancelled), REHEARSED_ENDS(lock_breaks, TUTTI_VERDICT_LEAK),
              REHEARSED_ALL(write_or_event, 1, 35409), REHEARSED_ALL(cond_or_event, 1, 368),
              REHEARSED_ALL(limiter_0_or_barrier, 1, 128),
              REHEARSED_ALL(limiter_1_or_barrier, 1, 474))
