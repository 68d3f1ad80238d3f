/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/sync.h - event and lock.
 *
 * Both serve their waiters first come first served; neither needs memory or closing. Their structs
 * may live on a stack, as long as no task waits when it goes away.                               */
#ifndef TUTTI_CORE_SYNC_H
#define TUTTI_CORE_SYNC_H

#include "tutti/core/park.h"

TUTTI_BEGIN

/* A flag that is set once and for all. */
struct tutti_event {
    struct tutti_lot lot;
    bool is_set;
};

/* Makes an event, not set, with a name that is kept (or NULL). Not a checkpoint. */
#define tutti_event_init(event, name) tutti_event_init_at(event, name, TUTTI_HERE)
TUTTI_API void tutti_event_init_at(struct tutti_event *event, const char *name,
                                   const struct tutti_site *site);
/* Sets it and wakes all who wait, in their order. Again: nothing. Not a checkpoint. */
#define tutti_event_set(event) tutti_event_set_at(event, TUTTI_HERE)
TUTTI_API void tutti_event_set_at(struct tutti_event *event, const struct tutti_site *site);
/* Waits until it is set. A checkpoint even when it is. Returns 0, TUTTI_ECANCELED, or TUTTI_EBROKEN
 * when it had to wait and event->lot was broken (core/lot_break.h). */
#define tutti_event_wait(event) tutti_event_wait_at(event, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_event_wait_at(struct tutti_event *event, const struct tutti_site *site);
/* Is it set? Returns 0, or TUTTI_EWOULDBLOCK. Not a checkpoint. */
#define tutti_event_wait_nowait(event) tutti_event_wait_nowait_at(event, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_event_wait_nowait_at(const struct tutti_event *event,
                                                        const struct tutti_site *site);

/* Mutual exclusion between tasks. Not reentrant; only the owner releases; release hands it to the
 * head of the queue, so nobody overtakes. A task that ends while it owns a lock breaks it, for
 * ever: its waiters, those who wait for a condition of it, and later comers get TUTTI_EBROKEN, and
 * the run ends with TUTTI_ELEAK. */
struct tutti_lock {
    struct tutti_lot lot;
    struct tutti_lot sleepers; /* who waits for a condition of it (core/cond.h) */
    struct tutti_task *owner;
    struct tutti_lock *held_next, *held_prev; /* among the owner's locks */
    const struct tutti_site *acquired;        /* where the owner got it */
    bool broken;
};

/* Makes a lock, free, with a name that is kept (or NULL). Not a checkpoint. */
#define tutti_lock_init(lock, name) tutti_lock_init_at(lock, name, TUTTI_HERE)
TUTTI_API void tutti_lock_init_at(struct tutti_lock *lock, const char *name,
                                  const struct tutti_site *site);
/* Waits until the task owns it. Returns 0, TUTTI_ECANCELED, TUTTI_EBROKEN, or TUTTI_ESTATE when the
 * task owns it already.                                                                         */
#define tutti_lock_acquire(lock) tutti_lock_acquire_at(lock, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_lock_acquire_at(struct tutti_lock *lock, const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK when it is owned. Not a checkpoint. */
#define tutti_lock_acquire_nowait(lock) tutti_lock_acquire_nowait_at(lock, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_lock_acquire_nowait_at(struct tutti_lock *lock,
                                                          const struct tutti_site *site);
/* Gives it to the next waiter, or frees it. By another task than the owner it panics. Not a
 * checkpoint.                                                                                   */
#define tutti_lock_release(lock) tutti_lock_release_at(lock, TUTTI_HERE)
TUTTI_API void tutti_lock_release_at(struct tutti_lock *lock, const struct tutti_site *site);

TUTTI_END
#endif
