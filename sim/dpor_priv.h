/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/dpor_priv.h - strategy dpor, for the files it is made of. Not a public header. */
#ifndef TUTTI_SIM_DPOR_PRIV_H
#define TUTTI_SIM_DPOR_PRIV_H

#include "tutti/sim/dpor_trunk.h"

/* No node, no candidate. */
#define DPOR_NONE UINT32_MAX

/* The mode of an item that says what values the following accesses are about: dpor_sleep.c. */
enum { DPOR_WAY = 1 << 8 };

/* dpor_search.c, dpor_sleep.c */
/* Is `a` to be taken rather than `b`, which comes first? Only what, key and partly matter. */
bool dpor_is_better(enum tutti_dpor_order preference, const struct tutti_dpor_candidate *a,
                    const struct tutti_dpor_candidate *b);
/* The candidate to be taken of those that are not asleep; DPOR_NONE: all are. */
uint32_t dpor_prefer(const struct tutti_dpor_search *search, const struct tutti_dpor_node *node,
                     bool tried_only);
/* A candidate of a new node is taken: says what is to be tried there. */
void dpor_try(struct tutti_dpor_search *search, const struct tutti_dpor_node *node);
/* The j-th step races with the i-th: the other order is to be tried, too. */
void dpor_race(struct tutti_pick_dpor *dpor, uint32_t i, uint32_t j);
/* The same, if a candidate that sleeps at an earlier node makes it so. */
void dpor_look_at_sleepers(struct tutti_pick_dpor *dpor, uint32_t j);
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
/* The next values of the step taken at the node. False: there are none. */
bool dpor_raise_value(struct tutti_dpor_search *search, struct tutti_dpor_node *node);
/* After a run: sets the last node to what is to be tried next. False: nothing is left of the
 * branch, or *torn: no room.                                                                     */
bool dpor_advance(struct tutti_dpor_search *search, bool *torn);

/* Nothing was explored yet. */
void dpor_clear(struct tutti_dpor_search *search);

/* All that begins with the candidate taken at the node is behind the search (dpor_guess.c). */
void dpor_note_runs(struct tutti_dpor_search *search, struct tutti_dpor_node *node);

/* dpor_share.c */
/* Has what was explored become void, since stacks are shared that were taken for private? */
bool dpor_is_stale(const struct tutti_pick_dpor *dpor);
/* Then: begins again, with all others. False: it has nothing to do. */
bool dpor_begin_again(struct tutti_pick_dpor *dpor);
/* The branch of the search is searched. False: so is all of its tree, or there is no room (torn).
 */
bool dpor_end_branch(struct tutti_pick_dpor *dpor);
/* After a run and dpor_advance or dpor_end_branch: whose turn it is. False: nothing to do. */
bool dpor_next_branch(struct tutti_pick_dpor *dpor);

static inline uint64_t dpor_key(uint64_t path, uint8_t what)
{
    struct tutti_candidate candidate = {.path = path, .what = (enum tutti_candidate_what)what};
    return tutti_candidate_key(&candidate);
}

/* dpor_trunk.c, dpor_take.c: all but the first two by who holds the lock, or is alone. */
void trunk_lock(struct tutti_dpor_trunk *trunk, uint32_t self);
void trunk_unlock(struct tutti_dpor_trunk *trunk);
/* The search, which has nothing, takes a branch of its tree; the one that is furthest up, or else
 * furthest down. False: there is none that can be taken, or *torn: no room.                      */
bool trunk_take(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search, bool deepest,
                bool *torn);
/* Between two runs: makes forks of the first nodes of its branch until others can take something.
 * False: they cannot.                                                                            */
bool trunk_give(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search);
/* The branch is searched: the search has nothing. False: no room. */
bool trunk_end(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search);
/* Likewise, but it goes on another day; what it counted is the trunk's now. False: no room. */
bool trunk_leave(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search);
/* Takes over what others want to be tried at a fork below the branch; tells what it wants. */
void trunk_look(const struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search,
                uint32_t depth);
void trunk_try(struct tutti_dpor_trunk *trunk, const struct tutti_dpor_search *search,
               uint32_t depth);
/* For who reads a kept one: a new item, of which there must be room; a bud, a fork; 0: no room. */
uint32_t trunk_items_left(const struct tutti_dpor_trunk *trunk);
uint32_t trunk_add_item(struct tutti_dpor_trunk *trunk, uint64_t object, uint32_t mode,
                        uint32_t next);
uint32_t trunk_count_items(const struct tutti_dpor_trunk *trunk, uint32_t list);
void trunk_free_items(struct tutti_dpor_trunk *trunk, uint32_t *list);
/* Which bud of the fork can be taken now; 0: none. */
uint32_t trunk_takable(const struct tutti_dpor_trunk *trunk, const struct tutti_trunk_fork *fork,
                       enum tutti_dpor_order preference);
uint32_t trunk_add_bud(struct tutti_dpor_trunk *trunk, const struct tutti_trunk_bud *made);
uint32_t trunk_add_fork(struct tutti_dpor_trunk *trunk, const struct tutti_trunk_fork *made);

#endif
