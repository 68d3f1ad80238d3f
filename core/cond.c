/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/cond.h"

#include "tutti/core/held_priv.h"
#include "tutti/core/lot_break.h"
#include "tutti/core/select.h"

/* One call of tutti_cond_wait. Its place is in the condition's queue until it is notified, then in
 * the lock's; whoever releases the lock gives it to the place like to any other. */
struct cond_wait {
    struct tutti_park park;
    struct tutti_waiter place;
    struct tutti_waiter in_lock; /* so that it is told when the lock breaks */
    struct tutti_cond *cond;
    bool cancelled; /* after it was notified */
};

void tutti_cond_init_at(struct tutti_cond *cond, const char *name, struct tutti_lock *lock,
                        const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!lock) tutti_panic_at(site, "a condition without a lock");
    *cond = (struct tutti_cond){.lock = lock};
    object_init(run, &cond->lot.object, TUTTI_OBJECT_COND, name, 0, site);
}

static uint32_t cond_notify(struct run *run, struct tutti_cond *cond, uint32_t count)
{
    struct tutti_waiter *waiter = cond->lot.first;
    for (uint32_t i = 0; i < count && waiter; i++, waiter = waiter->next)
        waiter->more = cond; /* notified, whatever becomes of it */
    uint32_t moved = tutti_lot_repark(&cond->lot, &cond->lock->lot, count);
    object_op(run, &cond->lot.object, "notify", cond->lot.count);
    return moved;
}

static enum tutti_abort cond_abort(struct tutti_park *park)
{
    struct cond_wait *wait = park->context;
    struct tutti_cond *cond = wait->cond;
    if (wait->place.lot == &cond->lot) return TUTTI_ABORTED;
    TUTTI_ASSERT(wait->place.lot == &cond->lock->lot);
    wait->cancelled = true;
    (void)cond_notify(run_current, cond, 1);
    return TUTTI_ABORT_LATER; /* it must have the lock before it can return: it keeps its place */
}

/* Acquires the lock, cancelled or not. */
static int lock_again(struct run *run, struct tutti_lock *lock, const struct tutti_site *site)
{
    int rc = tutti_lock_acquire_nowait_at(lock, site);
    if (rc != TUTTI_EWOULDBLOCK) return rc;
    if (lock->lot.breaks) return lot_broken(&lock->lot, site);
    struct tutti_park wait = TUTTI_PARK_INIT("cond.relock", &lock->lot.object, site);
    struct tutti_waiter place;
    wait.shielded = true;
    tutti_lot_join(&lock->lot, &wait, &place, NULL);
    return park(run, &wait);
}

int tutti_cond_wait_at(struct tutti_cond *cond, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    struct tutti_lock *lock = cond->lock;
    if (lock->owner != task) {
        return tutti_error_at(site, false, TUTTI_ENOTOWNER,
                              "wait for a condition whose lock the task does not own");
    }
    object_look(&cond->lot.object);
    if (cond->lot.breaks) return lot_broken(&cond->lot, site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    struct cond_wait wait = {.park = TUTTI_PARK_INIT("cond.wait", &cond->lot.object, site),
                             .cond = cond};
    wait.park.abort = cond_abort;
    wait.park.context = &wait;
    tutti_lot_join(&cond->lot, &wait.park, &wait.place, NULL);
    tutti_lot_join(&lock->sleepers, &wait.park, &wait.in_lock, NULL);
    tutti_lock_release_at(lock, site);
    int rc = park(run, &wait.park);
    if (lock->owner != task) {
        int again = lock_again(run, lock, site);
        if (again < 0) return again;
    }
    if (rc == 0 && wait.cancelled) return task_cancelled(run, task, "cond.wait", site);
    return rc;
}

uint32_t tutti_cond_notify_at(struct tutti_cond *cond, uint32_t count,
                              const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (cond->lock->owner != run->current) {
        tutti_panic_at(site,
                       "notify of a condition whose lock the calling task \"%s\" does not own",
                       run->current->name);
    }
    return cond_notify(run, cond, count);
}

struct tutti_cond_stats tutti_cond_statistics(const struct tutti_cond *cond)
{
    const struct tutti_lock *lock = cond->lock;
    object_look(&cond->lot.object);
    object_look(&lock->lot.object);
    return (struct tutti_cond_stats){cond->lot.count, lock->lot.count, lock->owner != NULL};
}

/* As a case of tutti_select: the lock is given up while it waits, and is the task's again when the
 * call returns, whichever case was done. */

static bool cond_ready(const struct tutti_case *one)
{
    const struct tutti_cond *cond = one->object;
    object_look(&cond->lot.object);
    return cond->lock->owner != run_current->current || cond->lot.breaks;
}

static int cond_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    const struct tutti_cond *cond = one->object;
    if (cond->lot.breaks) return lot_broken(&cond->lot, site);
    return tutti_error_at(site, false, TUTTI_ENOTOWNER,
                          "a case of a condition whose lock the task does not own");
}

static void cond_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_cond *cond = one->object;
    struct tutti_lock *lock = cond->lock;
    tutti_lot_join(&cond->lot, park, &one->place, NULL);
    tutti_lot_join(&lock->sleepers, park, &one->also, NULL);
    if (lock->owner == run_current->current) tutti_lock_release_at(lock, park->site);
}

/* Notified, but something else came first: the next one is. */
static void cond_leave(struct tutti_case *one)
{
    const struct tutti_waiter *winner = one->place.park->winner;
    bool notified = one->place.more == one->object;
    if (notified && winner != &one->place && winner != &one->also) {
        (void)cond_notify(run_current, one->object, 1);
    }
}

static void cond_relock(struct tutti_case *one, const struct tutti_site *site)
{
    const struct tutti_cond *cond = one->object;
    if (cond->lock->owner == run_current->current) return;
    (void)lock_again(run_current, cond->lock, site); /* it has it then, unless it is broken */
}

struct tutti_case tutti_case_cond(struct tutti_cond *cond)
{
    static const struct tutti_case_kind kind = {cond_ready, cond_attempt, cond_join, cond_leave,
                                                cond_relock};
    return (struct tutti_case){.kind = &kind, .object = cond};
}
