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
/* A candidate of a new node is taken: says what is to be tried there. */
void dpor_try(struct tutti_dpor_search *search, const struct tutti_dpor_node *node);
/* The j-th step races with the i-th: the other order is to be tried, too. */
void dpor_race(struct tutti_dpor_search *search, uint32_t i, uint32_t j);
/* The same, if a candidate that sleeps at an earlier node makes it so. */
void dpor_look_at_sleepers(struct tutti_dpor_search *search, uint32_t j);
/* What sleeps of `old`, a candidate of the node before, and may sleep on after the steps since, of
 * which the first is given: `made`, of a new node, sleeps likewise. False: no room.              */
bool dpor_inherit_sleep(struct tutti_dpor_search *search, const struct tutti_dpor_candidate *old,
                        struct tutti_dpor_candidate *made, uint32_t first_step);
/* Does the candidate sleep with values with which its step would depend on both? */
bool dpor_sleeps_before(const struct tutti_dpor_search *search,
                        const struct tutti_dpor_candidate *sleeper, const struct tutti_touched *a,
                        const struct tutti_touched *b);
/* The first number from `number` on with which, as its value `at`, the step taken at the node is
 * not asleep; as many as there are options if it is with all. The values before have been chosen.
 */
uint32_t dpor_awake_value(const struct tutti_dpor_search *search,
                          const struct tutti_dpor_node *node, uint32_t at, uint32_t number);
/* The step taken at the node, which is the last one, is done with, by its present values: adds to
 * what it touched. False: no room. */
bool dpor_keep_touched(struct tutti_dpor_search *search, struct tutti_dpor_node *node);
/* All numbers of value `at` of it were tried, or sleep. */
void dpor_merge_touched(struct tutti_dpor_search *search, struct tutti_dpor_node *node,
                        uint32_t at);
/* After a run: sets the last node to what is to be tried next. False: nothing is left, or *torn: no
 * room.                                                                                          */
bool dpor_advance(struct tutti_dpor_search *search, bool *torn);

#endif
