/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/dpor_priv.h - strategy dpor, for the files it is made of. Not a public header. */
#ifndef TUTTI_SIM_DPOR_PRIV_H
#define TUTTI_SIM_DPOR_PRIV_H

#include "tutti/sim/pick_dpor.h"

/* No node, no candidate. */
#define DPOR_NONE UINT32_MAX

/* The candidate to be taken of those that are not asleep; DPOR_NONE: all are. */
uint32_t dpor_prefer(const struct tutti_dpor_search *search, const struct tutti_dpor_node *node,
                     bool tried_only);
/* The j-th step races with the i-th: the other order is to be tried, too. */
void dpor_race(struct tutti_dpor_search *search, uint32_t i, uint32_t j);
/* The same, if a candidate that sleeps at an earlier node makes it so. */
void dpor_look_at_sleepers(struct tutti_dpor_search *search, uint32_t j);
/* What a candidate that sleeps touched. */
struct tutti_touched dpor_sleepers_touched(const struct tutti_dpor_search *search,
                                           const struct tutti_dpor_candidate *sleeper);
/* After a run: sets the last node to what is to be tried next. False: nothing is left, or *torn: no
 * room.                                                                                          */
bool dpor_advance(struct tutti_dpor_search *search, bool *torn);

#endif
