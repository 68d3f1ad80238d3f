/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Small configurations of each primitive, under every schedule with at most one cancellation. Each
 * user is in a scope of its own, which is what is cancelled. The counts of runs are exact: a change
 * of what a primitive does between two checkpoints changes them.                                 */
#include "rehearsed.h"

#include "tutti/core/limiter.h"
#include "tutti/core/lot_break.h"
#include "tutti/core/sem.h"
#include "tutti/core/sync.h"

/* Each of `users` runs fn(arg) in a scope of its own. */
struct users {
    int (*fn)(void *arg);
    void *arg;
    int count;
};

static int user(void *arg)
{
    const struct users *users = *(struct users **)arg;
    return tutti_move_on_at(TUTTI_NEVER, users->fn, users->arg);
}

static int users_body(struct tutti_nursery *nursery, void *arg)
{
    const struct users *users = arg;
    for (int i = 0; i < users->count; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, user, &arg, sizeof arg));
    }
    return 0;
}

static int run_users(int (*fn)(void *arg), void *arg, int count)
{
    struct users users = {fn, arg, count};
    return tutti_nursery_run(users_body, &users);
}

/* Known answers: tasks of n steps each interleave in (sum of n)! / (product of n!) ways. */
static int steps(int checkpoints)
{
    for (int i = 0; i < checkpoints; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int steps_5(void *arg)
{
    (void)arg;
    return steps(4);
}

static int steps_3(void *arg)
{
    (void)arg;
    return steps(2);
}

static int two_by_five_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, steps_5, arg));
    return tutti_nursery_start(nursery, steps_5, arg);
}

static int two_by_five(void *arg)
{
    return tutti_nursery_run(two_by_five_body, arg);
}

static int three_by_three_body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, steps_3, arg));
    return 0;
}

static int three_by_three(void *arg)
{
    return tutti_nursery_run(three_by_three_body, arg);
}

/* One task, m checkpoints in a scope: cancelled before one of them, or not at all. */
static int one_of_four(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, steps_5, arg);
}

struct room {
    struct tutti_lock lock;
    int inside, entered;
};

static int enter(void *arg)
{
    struct room *room = arg;
    TUTTI_TRY(tutti_lock_acquire(&room->lock));
    tutti_check(room->inside++ == 0);
    room->entered++;
    int rc = tutti_checkpoint();
    tutti_check(--room->inside == 0);
    tutti_lock_release(&room->lock);
    return rc;
}

static int lock_users(int count)
{
    struct room room = {.inside = 0};
    tutti_lock_init(&room.lock, "room");
    TUTTI_TRY(run_users(enter, &room, count));
    tutti_check(!room.lock.owner && room.lock.lot.count == 0);
    tutti_check(room.entered >= count - 1); /* whoever was cancelled may not have come in */
    return tutti_lock_acquire_nowait(&room.lock) == 0 ? (tutti_lock_release(&room.lock), 0) : -1;
}

static int lock_2(void *arg)
{
    (void)arg;
    return lock_users(2);
}

static int lock_3(void *arg)
{
    (void)arg;
    return lock_users(3);
}

struct flag {
    struct tutti_event event;
    int seen, cancelled;
};

static int see(void *arg)
{
    struct flag *flag = arg;
    int rc = tutti_event_wait(&flag->event);
    flag->seen += rc == 0;
    flag->cancelled += rc == TUTTI_ECANCELED;
    return rc;
}

static int raise_flag(void *arg)
{
    TUTTI_TRY(tutti_checkpoint());
    tutti_event_set(&((struct flag *)arg)->event);
    return 0;
}

static int flag_body(struct tutti_nursery *nursery, void *arg)
{
    struct users users = {see, arg, 2};
    TUTTI_TRY(tutti_nursery_start(nursery, raise_flag, arg));
    return tutti_nursery_run(users_body, &users);
}

static int event_2_waiters(void *arg)
{
    struct flag flag = {.seen = 0};
    (void)arg;
    tutti_event_init(&flag.event, "flag");
    TUTTI_TRY(tutti_nursery_run(flag_body, &flag));
    tutti_check(flag.seen + flag.cancelled == 2 && flag.cancelled <= 1);
    tutti_check(flag.event.lot.count == 0);
    return 0;
}

/* Two units, or two tokens, for three tasks; none, until there is one. */
struct units {
    struct tutti_sem sem;
    struct tutti_limiter limiter;
    int inside, entered, most;
};

static int inside(struct units *units)
{
    tutti_check(++units->inside <= units->most);
    units->entered++;
    int rc = tutti_checkpoint();
    units->inside--;
    return rc;
}

static int use_unit(void *arg)
{
    struct units *units = arg;
    TUTTI_TRY(tutti_sem_acquire(&units->sem));
    int rc = inside(units);
    tutti_sem_release(&units->sem);
    return rc;
}

static int use_token(void *arg)
{
    struct units *units = arg;
    struct tutti_borrow borrow;
    TUTTI_TRY(tutti_limiter_acquire(&units->limiter, &borrow));
    int rc = inside(units);
    tutti_limiter_release(&units->limiter, &borrow);
    return rc;
}

static int sem_2_of_3(void *arg)
{
    struct units units = {.most = 2};
    (void)arg;
    tutti_sem_init(&units.sem, "sem", 2, 2);
    TUTTI_TRY(run_users(use_unit, &units, 3));
    tutti_check(units.entered >= 2 && units.sem.value == 2 && units.sem.lot.count == 0);
    return 0;
}

static int limiter_2_of_3(void *arg)
{
    struct units units = {.most = 2};
    (void)arg;
    tutti_limiter_init(&units.limiter, "limiter", 2);
    TUTTI_TRY(run_users(use_token, &units, 3));
    tutti_check(units.entered >= 2 && !units.limiter.borrowed && !units.limiter.lot.count);
    return 0;
}

static int adds_unit(void *arg)
{
    struct units *units = arg;
    TUTTI_TRY(tutti_checkpoint());
    tutti_sem_release(&units->sem);
    tutti_limiter_set_total(&units->limiter, 1);
    return 0;
}

static int sem_body(struct tutti_nursery *nursery, void *arg)
{
    struct users users = {use_unit, arg, 2};
    TUTTI_TRY(tutti_nursery_start(nursery, adds_unit, arg));
    return tutti_nursery_run(users_body, &users);
}

static int limiter_body(struct tutti_nursery *nursery, void *arg)
{
    struct users users = {use_token, arg, 2};
    TUTTI_TRY(tutti_nursery_start(nursery, adds_unit, arg));
    return tutti_nursery_run(users_body, &users);
}

static int units_0(int (*body)(struct tutti_nursery *nursery, void *arg))
{
    struct units units = {.most = 1};
    tutti_sem_init(&units.sem, "sem", 0, 1);
    tutti_limiter_init(&units.limiter, "limiter", 0);
    TUTTI_TRY(tutti_nursery_run(body, &units));
    tutti_check(units.entered >= 1 && units.sem.value == 1 && units.sem.lot.count == 0);
    tutti_check(!units.limiter.borrowed && !units.limiter.lot.count);
    return 0;
}

static int sem_0_then_1(void *arg)
{
    (void)arg;
    return units_0(sem_body);
}

static int limiter_0_then_1(void *arg)
{
    (void)arg;
    return units_0(limiter_body);
}

/* A lot: each of two who park is woken, told that it broke, or cancelled. */
struct parking {
    struct tutti_lot lot;
    int woken, broken, cancelled;
};

static int parks(void *arg)
{
    struct parking *parking = arg;
    int rc = tutti_lot_park(&parking->lot, "parks");
    parking->woken += rc == 0;
    parking->broken += rc == TUTTI_EBROKEN;
    parking->cancelled += rc == TUTTI_ECANCELED;
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

static int wakes_and_breaks(void *arg)
{
    struct parking *parking = arg;
    TUTTI_TRY(tutti_checkpoint());
    (void)tutti_lot_unpark(&parking->lot, 1);
    TUTTI_TRY(tutti_checkpoint());
    tutti_lot_break(&parking->lot);
    return 0;
}

static int parking_body(struct tutti_nursery *nursery, void *arg)
{
    struct users users = {parks, arg, 2};
    TUTTI_TRY(tutti_nursery_start(nursery, wakes_and_breaks, arg));
    return tutti_nursery_run(users_body, &users);
}

static int lot_2_parked(void *arg)
{
    struct parking parking = {.woken = 0};
    (void)arg;
    tutti_lot_init(&parking.lot, "lot");
    TUTTI_TRY(tutti_nursery_run(parking_body, &parking));
    tutti_check(parking.woken + parking.broken + parking.cancelled == 2);
    tutti_check(parking.woken <= 1 && parking.cancelled <= 1 && parking.lot.count == 0);
    return 0;
}

/* A nursery inside the cancelled scope: its children are cancelled with it and all are waited for.
 */
static int nap(void *arg)
{
    int rc = tutti_sleep(10);
    ++*(int *)arg;
    return rc;
}

static int napping(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, nap, arg));
    return tutti_nursery_start(nursery, nap, arg);
}

static int nap_nursery(void *arg)
{
    return tutti_nursery_run(napping, arg);
}

static int nursery_cancelled(void *arg)
{
    int woken = 0;
    (void)arg;
    TUTTI_TRY(tutti_move_on_at(TUTTI_NEVER, nap_nursery, &woken));
    tutti_check(woken == 2 || woken == 0);
    tutti_check(tutti_now() == 10 || tutti_now() == 0);
    return 0;
}

/* A deadline and a cancellation of one scope: it is caught once, whichever came first. */
static int nap_20(void *arg)
{
    (void)arg;
    return tutti_sleep(20);
}

static int deadline_or_cancel(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, 10));
    int rc = tutti_move_on_after(10, nap_20, NULL);
    rc = tutti_scope_close(&scope, rc);
    tutti_check(rc == 0 && (scope.caught || scope.info.why == TUTTI_CANCEL_NOT));
    return 0;
}

/* Waiting for the clock is one choice: cancelled before it, at its end, after the wake, or
 * not at all. */
static int nap_in_scope(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, nap_20, arg);
}

REHEARSE_MAIN(REHEARSED_ALL(nap_in_scope, 1, 4), REHEARSED_ALL(two_by_five, 0, 252),
              REHEARSED_ALL(three_by_three, 0, 1680), REHEARSED_ALL(one_of_four, 1, 5),
              REHEARSED_ALL(lock_2, 1, 48), REHEARSED_ALL(lock_3, 1, 1260),
              REHEARSED_ALL(event_2_waiters, 1, 240), REHEARSED_ALL(sem_2_of_3, 1, 12288),
              REHEARSED_ALL(limiter_2_of_3, 1, 12288), REHEARSED_ALL(sem_0_then_1, 1, 348),
              REHEARSED_ALL(limiter_0_then_1, 1, 348), REHEARSED_ALL(lot_2_parked, 1, 736),
              REHEARSED_ALL(nursery_cancelled, 1, 60), REHEARSED_ALL(deadline_or_cancel, 1, 8))
