/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/explore_priv.h - the explorer, for the files it is made of. Not a public header. */
#ifndef TUTTI_SIM_EXPLORE_PRIV_H
#define TUTTI_SIM_EXPLORE_PRIV_H

#include "tutti/sim/dpor_trunk.h"
#include "tutti/sim/explore.h"
#include "tutti/sim/os_sim_priv.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_dpor.h"
#include "tutti/sim/pick_pct.h"
#include "tutti/sim/pick_plain.h"
#include "tutti/sim/pick_pos.h"
#include "tutti/sim/pick_random.h"
#include "tutti/sim/pick_replay.h"
#include "tutti/sim/pick_surw.h"
#include "tutti/sim/pick_urw.h"

/* What a job of a depth-first search is doing. */
enum job_state {
    JOB_BUSY,    /* it has a part of the tree */
    JOB_HUNGRY,  /* it has none, and takes any */
    JOB_FEEDING, /* somebody is giving it one */
    JOB_GONE     /* it has none and will take none */
};

/* One of those who search side by side, in a process of its own. Only touched pages of its record
 * are memory.                                                                                    */
struct job {
    struct tutti_explorer *explorer;
    uint32_t index;
    struct tutti_search search;
    union {
        struct tutti_picker picker;
        struct tutti_by_chance by_chance;
        struct tutti_pick_plain plain;
        struct tutti_pick_random chancy;
        struct tutti_pick_dfs dfs;
        struct tutti_pick_dpor dpor;
        struct tutti_pick_pct pct;
        struct tutti_pick_pos pos;
        struct tutti_pick_surw surw;
        struct tutti_pick_urw urw;
    } by;
    struct tutti_cover cover;
    TUTTI_ATOMIC(uint32_t) state; /* enum job_state */
    volatile bool rests;          /* it waits for somebody to give it something */
    volatile bool found;          /* its last run is a finding, */
    uint32_t found_as;            /* and so many were found before */
    bool failed;                  /* it could not be started */
    bool killed;                  /* its process was, from outside, */
    uint64_t killed_at;           /* after so many runs */
    struct tutti_take searched[TUTTI_LIST_MAX];
    struct tutti_dpor_memory dpor;
};

/* What the jobs of a phase share out among them. */
struct pool {
    uint32_t jobs;
    TUTTI_ATOMIC(uint32_t) active;  /* jobs that have not left */
    TUTTI_ATOMIC(uint32_t) hungry;  /* jobs that wait for a part */
    TUTTI_ATOMIC(uint32_t) broke;   /* jobs that wait for tickets */
    TUTTI_ATOMIC(uint32_t) changes; /* of what these wait for; they sleep on it */
    TUTTI_ATOMIC(uint32_t) parts;   /* of a search that goes on: those that were taken */
    TUTTI_ATOMIC(uint64_t) tickets; /* runs that nobody has taken yet; UINT64_MAX: no bound */
    /* Jobs that go by chance stop only when their own runs have the numbers behind the first
     * finding, so that it does not matter who is faster. */
    TUTTI_ATOMIC(uint32_t) findings;
    TUTTI_ATOMIC(uint64_t) first_found;
};

/* What the processes share. */
struct stage {
    struct pool pool;
    struct tutti_pick_replay replay; /* of single runs */
    struct tutti_verdict verdict;
    struct tutti_cover_table cover;
    struct tutti_dpor_trunk trunk; /* strategy dpor */
    struct tutti_take replayed[TUTTI_LIST_MAX];
    struct job jobs[]; /* as many as the options say */
};

struct tutti_explorer {
    struct tutti_explore_options options;
    tutti_run_once *run;
    void *context;
    struct stage *stage;
    size_t stage_size;
    struct tutti_plan plan;
    struct tutti_phase phase;
    struct tutti_frontier *resumed; /* where to begin, the caller's; NULL: at the beginning */
    uint64_t runs_before;           /* runs of the phases before this one */
    uint32_t longest_before;        /* the longest of them */
    uint32_t findings;              /* of this phase, by different jobs */
    uint64_t found_run;             /* the number of the run that was kept; 0: none */
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

/* jobs.c */
/* Readies the pool and the jobs' share of it, their pickers being ready. */
void jobs_begin(struct tutti_explorer *explorer, uint32_t jobs, uint64_t runs_max);
/* Makes so many runs of a job's (depth first, 1 or so: at most); UINT64_MAX: all of them. */
void job_search(struct job *job, uint64_t slice);
/* The same, as much as its process is for. */
void job_work(void *job);
void job_last_words(void *job);
/* After its process has ended: true if it is to be started again. */
bool job_again(struct child *child);
/* The job whose finding counts; NULL: none has one. */
struct job *jobs_finding(struct tutti_explorer *explorer);
/* Sums over all jobs of the phase. */
uint64_t jobs_runs(const struct tutti_explorer *explorer);
uint32_t jobs_longest(const struct tutti_explorer *explorer);
/* Strategy dpor: of the tree that is complete, or else whose turn it is; and the part of it that is
 * behind all jobs. */
struct jobs_dpor {
    uint32_t tree; /* which is searched now, or complete; of this one are: */
    uint64_t runs, traces, blocked;
    double done;
    bool ids_read;
};
struct jobs_dpor jobs_dpor(struct tutti_explorer *explorer);

#endif
