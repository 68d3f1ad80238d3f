/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_random.h - strategy random: every option of a choice is as likely as the others. Run
 * number n of a seed is always the same run. Never complete.                                     */
#ifndef TUTTI_SIM_PICK_RANDOM_H
#define TUTTI_SIM_PICK_RANDOM_H

#include "tutti/sim/chance.h"
#include "tutti/sim/picker.h"

TUTTI_BEGIN

struct tutti_pick_random {
    struct tutti_picker picker;
    struct tutti_chance chance;
    uint64_t seed;
    uint64_t run; /* its number, from 0 */
    bool estimates; /* yours to set */
    /* If it estimates, of all runs that next() was called after: the sum of the products of their
     * numbers of options. Divided by `run` it is an unbiased estimate of how many runs there are
     * (Knuth, "Estimating the efficiency of backtrack programs", 1975).                          */
    double sum;
};

/* Readies it for run 0 of the seed; `items` are the caller's. */
TUTTI_API void tutti_pick_random_init(struct tutti_pick_random *chancy,
                                      const struct tutti_bounds *bounds, struct tutti_take *items,
                                      uint32_t room, uint64_t seed);

TUTTI_END
#endif
