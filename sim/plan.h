/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/plan.h - which strategies a search is made of, one after another, and why.
 *
 * Most are one phase. `portfolio` takes turns, in rounds whose phases get longer. `auto` makes the
 * plain run; then the plain run with a cancellation at every place, one by one, and if two are
 * allowed with two; then, if timers may fire early, with one that does. Then it begins dpor if
 * all that steps touch is known, or else depth first, and if that ends soon it is done. If not it
 * goes by the estimate how many runs there are (of depth first, by some runs by chance): if that
 * many fit in the time given they are made, and otherwise it goes on as portfolio.             */
#ifndef TUTTI_SIM_PLAN_H
#define TUTTI_SIM_PLAN_H

#include "tutti/sim/list.h"

TUTTI_BEGIN

enum tutti_strategy {
    TUTTI_STRATEGY_DFS,         /* all runs within the bounds, each once */
    TUTTI_STRATEGY_RANDOM,      /* runs by chance, from the seed on, without an end */
    TUTTI_STRATEGY_PLAIN,       /* one run, option 0 always */
    TUTTI_STRATEGY_DELAYS,      /* depth first, with so many delays: sim/pick_dfs.h */
    TUTTI_STRATEGY_PREEMPTIONS, /* depth first, with so many preemptions: there */
    TUTTI_STRATEGY_CANCELS,     /* the plain run, with each cancellation: there */
    TUTTI_STRATEGY_CLEANUP,     /* the plain run, with two: there */
    TUTTI_STRATEGY_DEADLINES,   /* the plain run, with early timers and ties: there */
    TUTTI_STRATEGY_DPOR,        /* one run of each trace: sim/pick_dpor.h */
    TUTTI_STRATEGY_PCT,         /* by chance, with priorities: sim/pick_pct.h */
    TUTTI_STRATEGY_URW,         /* by chance, weighted: sim/pick_urw.h */
    TUTTI_STRATEGY_POS,         /* by chance, orders of conflicts: sim/pick_pos.h */
    TUTTI_STRATEGY_SURW,        /* by chance, orders of one object's steps: sim/pick_surw.h */
    TUTTI_STRATEGY_PORTFOLIO,   /* turns of several, without an end */
    TUTTI_STRATEGY_AUTO,        /* whatever seems best */
    TUTTI_STRATEGIES
};

/* What the bounded ones are bounded to, and the depth of pct, if it is not said. */
enum {
    TUTTI_BOUND_DELAYS = 2,
    TUTTI_BOUND_PREEMPTIONS = 2,
    TUTTI_BOUND_CANCELS = 1,
    TUTTI_BOUND_CLEANUP = 2, /* the first cancellation and the one around it */
    TUTTI_BOUND_DEADLINES = 1,
    TUTTI_BOUND_PCT = 3
};

/* A part of a search. */
struct tutti_phase {
    enum tutti_strategy strategy; /* not portfolio, not auto */
    uint32_t bound;               /* of the bounded ones; pct: its depth */
    uint64_t runs_max;            /* 0: no bound of its own */
    int64_t time_ns;              /* likewise */
    uint64_t seed;
    bool estimates; /* random: is to estimate how many runs there are */
    bool exhausts;  /* if it comes to its end the whole search is complete */
};

/* What a plan is told. */
struct tutti_plan_facts {
    enum tutti_strategy strategy; /* asked for */
    uint32_t bound;               /* 0: not said */
    uint32_t cancels_max, lags_max;
    bool traces; /* steps are chosen, and all that they touch is known: dpor leaves nothing out */
    uint64_t seed;
    int64_t left_ns; /* of the time given; 0: none was given */
    /* after a phase: */
    uint64_t runs; /* of the phase */
    int64_t took_ns;
    uint32_t cancel_points; /* reached so far */
    double estimate;        /* how many runs there are; 0: unknown */
};

struct tutti_plan {
    uint32_t phases;      /* that were begun */
    uint32_t stage;       /* of auto */
    uint32_t round, turn; /* of portfolio */
    char say[200];        /* what the phase does and why, one line; "" nothing worth saying */
};

/* Sets the next phase. False: there is none. */
TUTTI_API bool tutti_plan_next(struct tutti_plan *plan, const struct tutti_plan_facts *facts,
                               struct tutti_phase *phase);

/* A word for a strategy: "dfs". Static. */
TUTTI_API const char *tutti_strategy_text(enum tutti_strategy strategy);
/* Does it go through a tree, dpor included, so that it can go on later where it stood? */
TUTTI_API bool tutti_strategy_resumes(enum tutti_strategy strategy);
/* Does it go by chance, so that its runs have numbers? */
TUTTI_API bool tutti_strategy_by_chance(enum tutti_strategy strategy);

TUTTI_END
#endif
