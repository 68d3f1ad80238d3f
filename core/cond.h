/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/cond.h - condition: wait, with a lock, until another task says that something changed.
 *
 *     rc = tutti_lock_acquire(&lock);
 *     while (rc == 0 && !ready) rc = tutti_cond_wait(&cond);
 *
 * Waiting gives the lock up and has it again when it returns. Who is notified queues for the lock
 * behind those who wait for it already; none wakes only to wait again. The struct may live on a
 * stack, as long as no task waits when it goes away. */
#ifndef TUTTI_CORE_COND_H
#define TUTTI_CORE_COND_H

#include "tutti/core/sync.h"

TUTTI_BEGIN

struct tutti_cond {
    struct tutti_lot lot;    /* who waits to be notified */
    struct tutti_lock *lock; /* what its users own */
};

/* Makes a condition of the lock (not NULL), which others may use too, with a name that is kept (or
 * NULL). Not a checkpoint. */
#define tutti_cond_init(cond, name, lock) tutti_cond_init_at(cond, name, lock, TUTTI_HERE)
TUTTI_API void tutti_cond_init_at(struct tutti_cond *cond, const char *name,
                                  struct tutti_lock *lock, const struct tutti_site *site);
/* Releases the lock, waits to be notified and acquires it again, which no cancellation interrupts.
 * Returns 0, TUTTI_ECANCELED, TUTTI_EBROKEN (cond->lot was broken, or the lock), or TUTTI_ENOTOWNER
 * (the task did not own the lock). But for the last, the task owns the lock then, unless
 * lock->broken. Who is cancelled after it was notified, while it queues for the lock, hands its
 * notification on to the first who still waits; who got the lock first returns 0. */
#define tutti_cond_wait(cond) tutti_cond_wait_at(cond, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_cond_wait_at(struct tutti_cond *cond, const struct tutti_site *site);
/* Notifies the first `count` who wait, or all; returns how many there were. The calling task must
 * own the lock, else it panics. Not a checkpoint. */
#define tutti_cond_notify(cond, count) tutti_cond_notify_at(cond, count, TUTTI_HERE)
#define tutti_cond_notify_all(cond)    tutti_cond_notify_at(cond, UINT32_MAX, TUTTI_HERE)
TUTTI_API uint32_t tutti_cond_notify_at(struct tutti_cond *cond, uint32_t count,
                                        const struct tutti_site *site);

struct tutti_cond_stats {
    uint32_t waiting;      /* to be notified */
    uint32_t lock_waiting; /* for the lock, the notified ones among them */
    bool locked;
};
/* What it is like now. Not a checkpoint. */
TUTTI_API struct tutti_cond_stats tutti_cond_statistics(const struct tutti_cond *cond);

TUTTI_END
#endif
