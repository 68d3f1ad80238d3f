/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_dpor.h - strategy dpor: one run of each trace within the bounds.
 *
 * Runs that differ only in the order of steps that do not depend on each other are one trace
 * (sim/order.h), and one of them is enough. Stateless dynamic partial order reduction with source
 * sets and sleep sets: Abdulla, Aronis, Jonsson, Sagonas, "Source sets: a foundation for optimal
 * dynamic partial order reduction", Journal of the ACM 64(4), 2017, algorithm 1, as iterative
 * re-execution. Each run is looked at for races; each is reason to try the other order there. A run
 * that could only repeat another one is blocked: it is dropped, but its races count.
 *
 * Values chosen inside a step are all tried, under that step, but for those with which it sleeps: a
 * task's step is as many steps as it has ways to choose, one of which is made. Cancellers whose
 * scope has gone, and timers that were disarmed when they were due, are steps that do nothing: so
 * no step ever takes another one's possibility away, which the algorithm relies on, and they race
 * with what did.
 *
 * An early timer is a step that depends on all others: they came before the clock moved, or after.
 * It is tried wherever one could fire, and so are the orders in which others come before it.
 * Waiting for the clock could have been that, too, so it races with what came before it, as long as
 * timers may be early. That is enough although a step that takes a timer back takes that
 * possibility away: just before that step the timer is tried; and between there and any other
 * moment at which it was set there is none at which no timer could be early, so races lead from one
 * to the other.
 *
 * How many runs are blocked depends on which candidate is taken where nothing says which. So there
 * are two searches, that take the first and the last one; they take turns, and the first that comes
 * to its end is the answer.                                                                      */
#ifndef TUTTI_SIM_PICK_DPOR_H
#define TUTTI_SIM_PICK_DPOR_H

#include "tutti/sim/order.h"
#include "tutti/sim/picker.h"

TUTTI_BEGIN

/* Which candidate is taken where any will do. */
enum tutti_dpor_order { TUTTI_DPOR_FIRST, TUTTI_DPOR_LAST, TUTTI_DPOR_HASHED, TUTTI_DPOR_ORDERS };

enum {
    TUTTI_DPOR_SHARED = 4096,        /* words of stacks that several tasks touch */
    TUTTI_DPOR_CANDIDATES = 1 << 19, /* of all nodes of the search */
    TUTTI_DPOR_VALUES = 1 << 16,     /* chosen inside steps of one run */
    TUTTI_DPOR_SCOPES = 4096,        /* with a canceller, in one run */
    TUTTI_DPOR_KTHS = 9,             /* at one node: what comes later is like the last of these */
    TUTTI_DPOR_STEP_ACCESSES = 1 << 16,
    /* The first turn of each search is so many runs, each turn of both is twice the one before. */
    TUTTI_DPOR_TURN = 1000
};

/* A candidate of a node. */
struct tutti_dpor_candidate {
    uint64_t key, path;
    uint32_t touched, count; /* asleep: what it touched, in the search's accesses; dpor_sleep.c */
    uint8_t what;
    bool early;  /* a timer, while tasks are ready */
    bool tried;  /* it is to be taken here, or was */
    bool asleep; /* it need not be taken: what begins with it was seen */
    bool partly; /* asleep with some of the values that it may choose, not with all */
};

/* A place where the search stands: the choice of a step. */
struct tutti_dpor_node {
    uint64_t print;        /* of the candidates */
    uint64_t stepped;      /* likewise of what the step taken touched */
    uint32_t first, count; /* its candidates */
    uint32_t sleepers;     /* how many of them are asleep, or partly */
    uint32_t taken;        /* which of them */
    uint32_t values;       /* its first value, and how many */
    uint32_t values_count;
    uint32_t step;                   /* the one it was for */
    uint32_t accesses;               /* where the search's accesses ended when it was made */
    uint32_t touched, touched_count; /* by the step taken, with other values before: dpor_sleep.c */
    /* for the estimate: */
    uint32_t over;               /* how many of its candidates are behind it */
    uint64_t began, taken_began; /* the search's runs when it was made; when this one was taken */
    uint64_t last_runs;          /* with the one that was taken before */
};

/* A value chosen inside a step. */
struct tutti_dpor_value {
    uint32_t number, of;
    uint8_t kind;
};

/* One search, or a branch of it. Large, with no pointer to anything but itself: for memory that
 * processes share. */
struct tutti_dpor_search {
    enum tutti_dpor_order preference;
    uint64_t runs, traces, blocked; /* made; of these, that came to their end, that were blocked */
    bool complete;
    /* The branch that is its own: nodes from `floor` on, and the values of the one before, which is
     * `fork` of the trunk, where it took `bud`. floor 0: it has none. */
    uint32_t floor, fork, bud, tree;
    bool rebuilds; /* the steps of its nodes are not in the order yet: it comes from the trunk */
    /* For the estimate: its runs when it took its branch; of candidates that were the k-th and the
     * next at a node, how many runs those had, and these. */
    uint64_t branch_began, kth[TUTTI_DPOR_KTHS], next[TUTTI_DPOR_KTHS];
    uint32_t nodes_count, candidates_count, values_count, accesses_count;
    struct tutti_dpor_node nodes[TUTTI_ORDER_STEPS];
    struct tutti_dpor_candidate candidates[TUTTI_DPOR_CANDIDATES];
    struct tutti_dpor_value values[TUTTI_DPOR_VALUES];
    struct tutti_access accesses[TUTTI_ORDER_ACCESSES]; /* of candidates that are asleep */
    struct tutti_order order;
};

struct tutti_dpor_trunk; /* sim/dpor_trunk.h */

/* What two searches share. Large, too. */
struct tutti_dpor_memory {
    struct tutti_dpor_search searches[2];
    struct tutti_access noted[TUTTI_DPOR_STEP_ACCESSES]; /* by the step at hand */
    struct {
        uint64_t key, path;
        uint32_t node;                  /* the last one where it was a candidate */
    } scopes[TUTTI_DPOR_SCOPES];        /* of this run, with cancellers */
    uint64_t shared[TUTTI_DPOR_SHARED]; /* the footprint's, kept from run to run */
};

struct tutti_pick_dpor {
    struct tutti_picker picker;
    struct tutti_footprint footprint;
    struct tutti_dpor_memory *memory;
    struct tutti_dpor_search *search; /* the one whose turn it is */
    struct tutti_dpor_trunk *trunk;   /* NULL: both searches are all its own */
    uint32_t jobs;                    /* that share it; */
    uint32_t self;                    /* the number of this one, from 1 on */
    uint32_t generation;              /* of the trunk that it knows */
    uint32_t uncounted;               /* runs that the trunk was not told of */
    uint64_t turn_ends;               /* after so many runs of it */
    bool single;                      /* there is one search only */
    volatile bool moves; /* between two runs, when nothing can be made of what there is */
    /* of the run at hand */
    uint32_t depth;     /* nodes passed */
    uint32_t fresh;     /* the first node whose step is new */
    uint32_t values_at; /* values chosen in this step */
    uint32_t scopes_count;
    uint32_t fired;            /* cancellations */
    bool begun, blocked, torn; /* torn: a step outgrew the memory */
    bool ids_read;             /* in any run: the order of ids is not explored */
    bool elsewhere;            /* in any run: what was touched has other names in other processes */
    uint32_t restarts; /* how often the search began again, since tasks' stacks are shared */
};

/* Readies it for the first run, with an empty memory; `items` and `memory` are the caller's. */
TUTTI_API void tutti_pick_dpor_init(struct tutti_pick_dpor *dpor, const struct tutti_bounds *bounds,
                                    struct tutti_take *items, uint32_t room,
                                    struct tutti_dpor_memory *memory);
/* Before the first run: one search only, with this preference. */
TUTTI_API void tutti_pick_dpor_prefer(struct tutti_pick_dpor *dpor,
                                      enum tutti_dpor_order preference);

/* Before the first run: it is one of `jobs` that share the searches out among them, number `self`,
 * from 1 on. The trunk, which is the caller's, is cleared, or says where the searches stand. It has
 * nothing to do yet.                                                                             */
TUTTI_API void tutti_pick_dpor_share(struct tutti_pick_dpor *dpor, struct tutti_dpor_trunk *trunk,
                                     uint32_t self, uint32_t jobs);
/* When it has nothing to do, which next() told by being false: takes a branch that is to be
 * searched. False: there is none, or none yet.                                                   */
TUTTI_API bool tutti_pick_dpor_take(struct tutti_pick_dpor *dpor);
/* Between two runs, while others have nothing to do: hands over a branch, if it can. */
TUTTI_API bool tutti_pick_dpor_give(struct tutti_pick_dpor *dpor);
/* After its process died: makes it ready to go on, with the run that it was making. False: it died
 * where that cannot be. */
TUTTI_API bool tutti_pick_dpor_mend(struct tutti_pick_dpor *dpor);
/* After its process died and nobody is to go on: nobody waits for it. */
TUTTI_API void tutti_pick_dpor_bury(struct tutti_pick_dpor *dpor);
/* Gives all that is left of its branches back to the trunk, where it can be kept. False: no room.
 */
TUTTI_API bool tutti_pick_dpor_leave(struct tutti_pick_dpor *dpor, const char **why);

/* The part of the search that is behind it, 0 to 1, as far as is known; sim/dpor_guess.c. */
TUTTI_API double tutti_dpor_search_done(const struct tutti_dpor_search *search);

/* The search that is complete; if none is, the one at hand. */
TUTTI_API const struct tutti_dpor_search *
tutti_pick_dpor_search(const struct tutti_pick_dpor *dpor);

TUTTI_END
#endif
