/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/cond.h"

#include "tutti/core/held_priv.h"
#include "tutti/core/lot_break.h"

/* One call of tutti_cond_wait. Its place is in the condition's queue until it is notified, then in
 * the lock's; whoever releases the lock gives it to the place like to any other. */
struct cond_wait {
    struct tutti_park park;
    struct tutti_waiter place;
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

static enum tutti_abort not_aborted(struct tutti_park *park)
{
    (void)park;
    return TUTTI_ABORT_LATER;
}

/* Acquires the lock, cancelled or not. */
static int lock_again(struct run *run, struct tutti_lock *lock, const struct tutti_site *site)
{
    int rc = tutti_lock_acquire_nowait_at(lock, site);
    if (rc != TUTTI_EWOULDBLOCK) return rc;
    if (lock->lot.breaks) return lot_broken(&lock->lot, site);
    struct tutti_park wait = TUTTI_PARK_INIT("cond.relock", &lock->lot.object, site);
    struct tutti_waiter place;
    wait.abort = not_aborted;
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
    if (cond->lot.breaks) return lot_broken(&cond->lot, site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    struct cond_wait wait = {.park = TUTTI_PARK_INIT("cond.wait", &cond->lot.object, site),
                             .cond = cond};
    wait.park.abort = cond_abort;
    wait.park.context = &wait;
    tutti_lot_join(&cond->lot, &wait.park, &wait.place, NULL);
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
    return (struct tutti_cond_stats){cond->lot.count, lock->lot.count, lock->owner != NULL};
}
