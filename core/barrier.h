/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/barrier.h - barrier: nobody goes on until all have come.
 *
 * When `parties` tasks have come they all go on, and the next round begins. Who is cancelled while
 * it waits has not come. So that nobody waits for a party that will never come, the lot can be
 * broken, or breaks when such a task ends (core/lot_break.h). The struct may live on a stack, as
 * long as no task waits when it goes away. */
#ifndef TUTTI_CORE_BARRIER_H
#define TUTTI_CORE_BARRIER_H

#include "tutti/core/park.h"

TUTTI_BEGIN

struct tutti_barrier {
    struct tutti_lot lot;
    uint32_t parties;
    uint64_t rounds; /* that are over */
};

/* Makes a barrier for `parties` tasks, from 1 to INT32_MAX (else it panics), with a name that is
 * kept (or NULL). Not a checkpoint. */
#define tutti_barrier_init(barrier, name, parties)                                                 \
    tutti_barrier_init_at(barrier, name, parties, TUTTI_HERE)
TUTTI_API void tutti_barrier_init_at(struct tutti_barrier *barrier, const char *name,
                                     uint32_t parties, const struct tutti_site *site);
/* Comes, and waits for the others. Returns which one the task was of its round, from 0 to parties -
 * 1, in order of coming; or TUTTI_ECANCELED, or TUTTI_EBROKEN. */
#define tutti_barrier_wait(barrier) tutti_barrier_wait_at(barrier, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_barrier_wait_at(struct tutti_barrier *barrier,
                                           const struct tutti_site *site);
/* Comes if it is the last: returns parties - 1, else TUTTI_EWOULDBLOCK, and it has not come. Not a
 * checkpoint. */
#define tutti_barrier_wait_nowait(barrier) tutti_barrier_wait_nowait_at(barrier, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_barrier_wait_nowait_at(struct tutti_barrier *barrier,
                                                          const struct tutti_site *site);

struct tutti_barrier_stats {
    uint32_t parties, waiting;
    uint64_t rounds;
    bool broken;
};
/* What it is like now. Not a checkpoint. */
TUTTI_API struct tutti_barrier_stats tutti_barrier_statistics(const struct tutti_barrier *barrier);

TUTTI_END
#endif
