/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/explore_priv.h - the explorer, for the files it is made of. Not a public header. */
#ifndef TUTTI_SIM_EXPLORE_PRIV_H
#define TUTTI_SIM_EXPLORE_PRIV_H

#include "tutti/sim/explore.h"
#include "tutti/sim/os_sim_priv.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_pct.h"
#include "tutti/sim/pick_plain.h"
#include "tutti/sim/pick_random.h"
#include "tutti/sim/pick_replay.h"
#include "tutti/sim/pick_urw.h"

/* What the processes share. Only touched pages of the records are memory. */
struct stage {
    struct tutti_search search;
    union {
        struct tutti_picker picker;
        struct tutti_pick_plain plain;
        struct tutti_pick_random chancy;
        struct tutti_pick_dfs dfs;
        struct tutti_pick_pct pct;
        struct tutti_pick_urw urw;
    } by;
    struct tutti_pick_replay replay; /* of single runs */
    struct tutti_verdict verdict;
    struct tutti_cover cover;
    struct tutti_take searched[TUTTI_LIST_MAX];
    struct tutti_take replayed[TUTTI_LIST_MAX];
};

struct tutti_explorer {
    struct tutti_explore_options options;
    tutti_run_once *run;
    void *context;
    struct stage *stage;
    struct tutti_plan plan;
    struct tutti_phase phase;
    struct tutti_frontier *resumed; /* where to begin, the caller's; NULL: at the beginning */
    uint64_t runs_before;           /* runs of the phases before this one */
    uint32_t longest_before;        /* the longest of them */
    int64_t begun_ns, ended_ns;     /* of the search */
    int64_t phase_begun_ns;
    struct tutti_verdict verdict; /* the finding */
    struct tutti_takes takes;     /* its choices */
    struct tutti_list list;       /* and their numbers */
    int64_t hang_ns;              /* of the run at hand */
    int64_t deadline_ns;          /* of the present phase or shrinking */
    bool silent;
};

/* explore.c */
void explore_judge_child(const struct tutti_explorer *explorer, const struct child *child,
                         struct tutti_verdict *verdict);
void explore_last_words(void *context);

#endif
