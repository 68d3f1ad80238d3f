/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_pct.h - strategy pct: probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi,
 * Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS
 * 2010).
 *
 * Every task, timer and canceller has a priority by chance, and the highest goes on; at depth - 1
 * places by chance the one that would go on gets a priority below all others. A failure that needs
 * `depth` things in order among n tasks is found by a run with probability of at least
 * 1 / (n * k^(depth - 1)), k being the number of scheduling choices. Values are by chance. Never
 * complete.                                                                                      */
#ifndef TUTTI_SIM_PICK_PCT_H
#define TUTTI_SIM_PICK_PCT_H

#include "tutti/sim/by_chance.h"

TUTTI_BEGIN

enum { TUTTI_PCT_DEPTH_MAX = 32 };

struct tutti_pick_pct {
    struct tutti_by_chance by;
    uint32_t depth;  /* yours to set: 1 to TUTTI_PCT_DEPTH_MAX */
    uint32_t steps;  /* yours to set: k; 0: the longest run so far, which it learns */
    uint32_t learnt; /* scheduling choices of the longest run */
    uint32_t at;     /* scheduling choices of this run so far */
    uint64_t base;   /* what priorities of this run follow from */
    uint32_t changes[TUTTI_PCT_DEPTH_MAX]; /* where priorities change, in no order */
    uint64_t lowered[TUTTI_PCT_DEPTH_MAX]; /* and whose; 0: not yet */
};

/* Readies it for run 0 of the seed; `items` are the caller's. */
TUTTI_API void tutti_pick_pct_init(struct tutti_pick_pct *pct, const struct tutti_bounds *bounds,
                                   struct tutti_take *items, uint32_t room, uint64_t seed,
                                   uint32_t depth);

TUTTI_END
#endif
