/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_dfs.h - strategy depth-first: all runs within the bounds, each once.
 *
 * An odometer over the choice list: the last number that can still be raised is raised, what is
 * behind it begins anew. While a run repeats what the one before did, it is compared with it: if
 * it is asked something else the program is not deterministic, and the run is stopped.
 *
 * A search that is too large can be bounded: what is not the first option costs something, and all
 * options of a run together may cost so much. The rules differ in what is first and what costs.  */
#ifndef TUTTI_SIM_PICK_DFS_H
#define TUTTI_SIM_PICK_DFS_H

#include "tutti/sim/picker.h"

TUTTI_BEGIN

enum tutti_dfs_rule {
    /* Each number other than 0 costs 1. */
    TUTTI_DFS_DEVIATIONS,
    /* Delay bounding (Emmi, Qadeer, Rakamaric, "Delay-bounded scheduling", POPL 2011): the plain
     * run's queue is the deterministic scheduler; a delay passes over the task whose turn it is,
     * so the task (or timer) of option n costs n. What is no scheduling costs nothing:
     * cancellations have a bound of their own, values are all tried.                             */
    TUTTI_DFS_DELAYS,
    /* Preemption bounding (Musuvathi, Qadeer, "Iterative context bounding for systematic testing of
     * multithreaded programs", PLDI 2007): the task that took the last step goes on as long as it
     * can; another task instead costs 1, and nothing when the last one waits or has ended.       */
    TUTTI_DFS_PREEMPTIONS,
    /* The plain run with cancellations, each costing 1; nothing else is tried. With
     * deviations_max 1: one at every place where one could be, one by one.                       */
    TUTTI_DFS_CANCELS,
    /* Likewise, but after the first only scopes around that one, whose cancellation reaches into
     * it: cleanup is interrupted by those who wait for it. Of the first 32 that are open.        */
    TUTTI_DFS_CLEANUP,
    /* The plain run with timers that fire early, and ties of timers in another order, each costing
     * 1; nothing else is tried.                                                                  */
    TUTTI_DFS_DEADLINES
};

enum { TUTTI_DFS_AROUND = 32 };

struct tutti_pick_dfs {
    struct tutti_picker picker;
    uint32_t prefix; /* choices of the run before that are repeated; the last with a new number */
    bool complete;   /* after next() said no: there is no other run within the bounds */
    uint32_t deviations_max;  /* how much a run may cost; yours to lower; UINT32_MAX: no bound */
    enum tutti_dfs_rule rule; /* set by tutti_pick_dfs_bound */
    uint32_t floor;           /* the numbers of choices before this one are not its own to raise */
    /* for tutti_pick_dfs_done: where its part began, and what it did before that */
    uint32_t since_choice, since_number;
    double before;
    uint64_t around[TUTTI_DFS_AROUND]; /* rule cleanup: scopes around the one cancelled first */
    uint32_t around_count;
    bool cancelled; /* rule cleanup: there was a first cancellation in this run */
};

/* Readies it for the first run; `items` are the caller's. */
TUTTI_API void tutti_pick_dfs_init(struct tutti_pick_dfs *dfs, const struct tutti_bounds *bounds,
                                   struct tutti_take *items, uint32_t room);

/* Before the first run: a run may cost `max` by this rule. */
TUTTI_API void tutti_pick_dfs_bound(struct tutti_pick_dfs *dfs, enum tutti_dfs_rule rule,
                                    uint32_t max);

/* Between two runs: the part of the whole tree that is behind it, 0 to 1, if all options of a
 * choice led to trees of one size: runs made divided by it is about how many there are (Kilby,
 * Slaney, Thiebaux, Walsh, "Estimating search tree size", AAAI 2006, with the weights of Knuth,
 * "Estimating the efficiency of backtrack programs", 1975). 0 if it has a bound or another rule:
 * then they are not of one size at all. A look from another process during a run may be a little
 * off.          */
TUTTI_API double tutti_pick_dfs_done(const struct tutti_pick_dfs *dfs);

/* Before its first run, or when it has no more: its part of the tree is what comes from the choices
 * in its record on, `count` of them, but for options of those before `floor`.                    */
TUTTI_API void tutti_pick_dfs_take(struct tutti_pick_dfs *dfs, uint32_t count, uint32_t floor);

/* Before the first run of its part: how much of the whole tree that is, likewise. */
TUTTI_API double tutti_pick_dfs_size(const struct tutti_pick_dfs *dfs);

/* Between two runs: gives a part of what is before it to `other`, which is made alike and has
 * nothing to do: all options of the first choice of which any is left. Nothing is done twice or not
 * at all. False: there is nothing it could give yet.                                             */
TUTTI_API bool tutti_pick_dfs_give(struct tutti_pick_dfs *dfs, struct tutti_pick_dfs *other);

TUTTI_END
#endif
