/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/sem.h - semaphore: a number of units that tasks take and anybody gives.
 *
 * Waiters are served first come first served: a unit that is released while somebody waits is
 * handed over and never seen in `value`. The struct may live on a stack, as long as no task waits
 * when it goes away; it needs neither memory nor closing. */
#ifndef TUTTI_CORE_SEM_H
#define TUTTI_CORE_SEM_H

#include "tutti/core/park.h"

TUTTI_BEGIN

/* The bound of a semaphore without one. */
#define TUTTI_SEM_UNBOUNDED UINT32_MAX

struct tutti_sem {
    struct tutti_lot lot;
    uint32_t value; /* units that are free: 0 while somebody waits */
    uint32_t max;   /* value never exceeds it */
};

/* Makes a semaphore with `value` free units, at most `max` (TUTTI_SEM_UNBOUNDED: any number), and a
 * name that is kept (or NULL). A value above max panics. Not a checkpoint. */
#define tutti_sem_init(sem, name, value, max) tutti_sem_init_at(sem, name, value, max, TUTTI_HERE)
TUTTI_API void tutti_sem_init_at(struct tutti_sem *sem, const char *name, uint32_t value,
                                 uint32_t max, const struct tutti_site *site);
/* Takes a unit; waits until there is one. Returns 0, TUTTI_ECANCELED (none taken), or TUTTI_EBROKEN
 * when it had to wait and sem->lot was broken (core/lot_break.h). */
#define tutti_sem_acquire(sem) tutti_sem_acquire_at(sem, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_sem_acquire_at(struct tutti_sem *sem, const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK when none is free. Not a checkpoint. */
#define tutti_sem_acquire_nowait(sem) tutti_sem_acquire_nowait_at(sem, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_sem_acquire_nowait_at(struct tutti_sem *sem,
                                                         const struct tutti_site *site);
/* Gives a unit, to the first who waits or to whoever comes. Any task may, whether it took one or
 * not. More than max panics. Not a checkpoint. */
#define tutti_sem_release(sem) tutti_sem_release_at(sem, TUTTI_HERE)
TUTTI_API void tutti_sem_release_at(struct tutti_sem *sem, const struct tutti_site *site);

struct tutti_sem_stats {
    uint32_t value, max, waiting;
};
/* What it is like now. Not a checkpoint. */
TUTTI_API struct tutti_sem_stats tutti_sem_statistics(const struct tutti_sem *sem);

TUTTI_END
#endif
