/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/dpor_trunk.h - the part of dpor's trees that several jobs are in, or that waits for one.
 *
 * A fork is a node of the tree. A bud is a candidate of a fork; what begins with it is a branch.
 * A job has one branch and searches it alone. When others have nothing to do it makes its first
 * node a fork, of which they take the buds that are to be tried, too. A race that a job finds in
 * its branch may be reason to try another bud of a fork below: then that is noted there.
 *
 * Which of its fellows a bud sleeps beside is as in one search: those that were taken before it,
 * which is why they have ranks. What they touch must be known before the next is taken: that is
 * when the first run of the branch was made, or, if values are chosen in that step, all of it.
 *
 * A kept search is a trunk and nothing else. All of it is in memory that processes share, with
 * indices for pointers; whoever changes it holds its lock.                                       */
#ifndef TUTTI_SIM_DPOR_TRUNK_H
#define TUTTI_SIM_DPOR_TRUNK_H

#include "tutti/sim/pick_dpor.h"

TUTTI_BEGIN

enum {
    TUTTI_TRUNK_FORKS = 2 * TUTTI_ORDER_STEPS,
    TUTTI_TRUNK_BUDS = TUTTI_DPOR_CANDIDATES,
    TUTTI_TRUNK_ITEMS = 1 << 20
};

/* No fork, no bud, no item. Their index 0 is not used. */
enum { TUTTI_TRUNK_NONE = 0 };

/* An access, or the head of a way (sim/dpor_sleep.c), or a value that is chosen, in a list of such.
 */
struct tutti_trunk_item {
    uint64_t object; /* of a value: its number, and of how many */
    uint32_t mode;   /* of a value: its kind */
    uint32_t next;
};

/* What becomes of a bud. */
enum tutti_bud_state {
    TUTTI_BUD_FREE,   /* nobody took it */
    TUTTI_BUD_WAITS,  /* somebody did, and left: it is to be gone on with */
    TUTTI_BUD_BUSY,   /* a job has its branch, or there is a fork on it */
    TUTTI_BUD_ASLEEP, /* all of its branch was seen, here or elsewhere */
    TUTTI_BUD_STATES
};

struct tutti_trunk_bud {
    uint64_t path;
    /* lists of items: */
    uint32_t sleeps; /* partly: the ways that are asleep */
    uint32_t ways;   /* what its step touched, with all values that were tried */
    uint32_t values; /* state waits: those to begin with; `last`: that were the last ones */
    uint32_t last;   /* what the step touched with these */
    uint32_t rank;   /* the how-manieth it was that was taken; 0: none, or asleep from the start */
    uint32_t next;   /* bud of its fork */
    uint8_t what, state;
    bool early, tried, partly; /* as of candidates */
    bool known;                /* `ways` are all */
    bool over; /* state waits: of its values those that come after `values` are left */
};

struct tutti_trunk_fork {
    uint64_t print, stepped; /* of its candidates; of what the step before it touched */
    uint32_t parent, bud;    /* that it grows on; TUTTI_TRUNK_NONE: none, it is the first */
    uint32_t values, last; /* chosen in the step before it; what that touched: lists of items; empty
                            * if it is known that the step has no others */
    uint32_t first, count; /* buds */
    uint32_t ranks;        /* that were given */
    uint32_t depth;        /* the number of its node, 1 the first */
    uint8_t tree;
    bool used;
    /* for the estimate */
    uint32_t stamp;
    double share;
};

struct tutti_dpor_tree {
    uint32_t root; /* a bud of no fork: all of it */
    /* made by jobs that left it */
    uint64_t runs, traces, blocked;
    TUTTI_ATOMIC(uint64_t) counted; /* all runs, but for the last few of each job */
};

struct tutti_dpor_trunk {
    TUTTI_ATOMIC(uint32_t) lock; /* the number of who holds it, 0: nobody */
    TUTTI_ATOMIC(uint32_t) waiting;
    TUTTI_ATOMIC(uint32_t) turn;       /* which tree is searched, */
    TUTTI_ATOMIC(uint64_t) turn_ends;  /* until so many of its runs were counted */
    TUTTI_ATOMIC(uint32_t) generation; /* counts how often all began again */
    TUTTI_ATOMIC(uint32_t) complete;   /* 1 and 2: a tree is, 0: none */
    bool ids_read;
    struct tutti_dpor_tree trees[2];
    uint32_t forks_end, buds_end, items_end;    /* the first that was never used */
    uint32_t forks_free, buds_free, items_free; /* lists of those that were */
    uint32_t buds_used, items_used;
    uint32_t offers; /* branches that were offered since somebody last took one */
    uint32_t stamp;
    uint64_t shared[TUTTI_DPOR_SHARED]; /* words of stacks that several tasks touch */
    uint32_t path[TUTTI_ORDER_STEPS];   /* room for whoever holds the lock */
    struct tutti_trunk_fork forks[TUTTI_TRUNK_FORKS];
    struct tutti_trunk_bud buds[TUTTI_TRUNK_BUDS];
    struct tutti_trunk_item items[TUTTI_TRUNK_ITEMS];
};

/* Both trees are before everybody. What is known of stacks stays. */
TUTTI_API void tutti_dpor_trunk_clear(struct tutti_dpor_trunk *trunk);
/* Copies all that is in it, and no more memory than that takes. Nobody else has it. */
TUTTI_API void tutti_dpor_trunk_copy(struct tutti_dpor_trunk *trunk,
                                     const struct tutti_dpor_trunk *from);
/* What part of a tree is behind everybody, but for what is behind the jobs in their branches; from
 * a process that is no job. 0, too, if it changes just now.                                      */
TUTTI_API double tutti_dpor_trunk_look(struct tutti_dpor_trunk *trunk, uint32_t tree);

TUTTI_END
#endif
