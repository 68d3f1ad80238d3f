/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_random.h - strategy random: every option of a choice is as likely as the others. Run
 * number n of a seed is always the same run. Never complete.                                     */
#ifndef TUTTI_SIM_PICK_RANDOM_H
#define TUTTI_SIM_PICK_RANDOM_H

#include "tutti/sim/by_chance.h"

TUTTI_BEGIN

struct tutti_pick_random {
    struct tutti_by_chance by;
    bool estimates; /* yours to set */
    /* If it estimates: the runs that next() was called after, and the sum over them of the products
     * of their numbers of options. That divided by the number of runs is an unbiased estimate of
     * how many there are (Knuth, "Estimating the efficiency of backtrack programs", 1975). */
    uint64_t seen;
    double sum;
};

/* Readies it for run 0 of the seed; `items` are the caller's. */
TUTTI_API void tutti_pick_random_init(struct tutti_pick_random *chancy,
                                      const struct tutti_bounds *bounds, struct tutti_take *items,
                                      uint32_t room, uint64_t seed);

TUTTI_END
#endif
