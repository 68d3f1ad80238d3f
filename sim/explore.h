/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/explore.h - runs a test again and again, each time with other choices, until one run fails;
 * then shrinks that run.
 *
 * The runs are made in a child process whose state of the search is shared memory, so a crash or
 * a run that never ends is a finding with its choice list like any other. The parent sleeps
 * meanwhile. State that the program keeps in globals from one run to the next makes it seem not
 * deterministic; with a process for each run there is none. None of these functions is for use in
 * a task.                                                                                        */
#ifndef TUTTI_SIM_EXPLORE_H
#define TUTTI_SIM_EXPLORE_H

#include "tutti/sim/cover.h"
#include "tutti/sim/frontier.h"
#include "tutti/sim/plan.h"
#include "tutti/sim/search.h"

TUTTI_BEGIN

enum { TUTTI_JOBS_MAX = TUTTI_FRONTIER_PARTS };

enum tutti_isolate {
    TUTTI_ISOLATE_SEARCH, /* one child process makes all runs */
    TUTTI_ISOLATE_FORK,   /* a child process for each run */
    TUTTI_ISOLATE_NONE    /* the calling process makes them: a crash is its end, a hang, too */
};

/* How the search stands. */
struct tutti_progress {
    uint64_t runs;
    uint64_t found_run;  /* the number of the one that was found; 0: none. Of several jobs that go
                          * depth first: how many there were when it was */
    uint64_t per_second; /* on average */
    uint32_t longest;    /* choices of the longest run */
    int64_t elapsed_ns;
    struct tutti_phase phase; /* the one at hand, or the last, */
    uint64_t traces,
        blocked;         /* dpor: runs of the present search that came to their end, and others */
    bool ids_read;       /* dpor: the program looked at orders that are not explored */
    uint64_t phase_runs; /* its runs, those before a resumption included, */
    double estimate;     /* and about how many it has in all; 0: unknown */
    struct tutti_coverage coverage; /* of cancellation */
    size_t memory; /* bytes that a process of runs had at most; 0: none has ended yet */
};

/* All-zero is: depth-first in a child, one kind of choice (none), no bound, ten seconds a run. */
struct tutti_explore_options {
    struct tutti_bounds bounds;
    enum tutti_strategy strategy;
    enum tutti_isolate isolate;
    uint32_t bound; /* of the strategy: delays, preemptions, cancellations; pct: the depth;
                     * 0: see sim/plan.h */
    uint64_t seed;  /* strategies that go by chance */
    uint32_t jobs;  /* processes that search side by side, at most TUTTI_JOBS_MAX; 0: one. Run n of
                     * strategy random is the same for every number of jobs; others that go by
                     * chance learn, each job from its own runs */
    uint64_t runs_max;         /* 0: no bound */
    int64_t time_max_ns;       /* of the search; 0: no bound */
    int64_t hang_ns;           /* a run that takes longer has failed; 0: ten seconds */
    int64_t shrink_max_ns;     /* time for shrinking; 0: thirty seconds */
    uint32_t shrink_tries_max; /* runs for shrinking; 0: 10,000 */
    int64_t progress_ns;       /* how often progress() is called; 0: never */
    void (*progress)(void *context, const struct tutti_progress *progress);
    void *progress_context;
    /* Strategies that decide something say what they do and why, a line each. May be NULL. */
    void (*say)(void *context, const char *line);
    void *say_context;
    /* In a child whose run crashes, with the context of the runs: saves what must be saved, as
     * careful as a signal handler. May be NULL.                                              */
    void (*last_words)(void *context);
    /* In a child whose run crashes or hangs: writes the functions on its stack, in one line, as
     * careful as a signal handler. May be NULL.                                              */
    void (*place)(char *text, size_t size);
};

/* How a search ended. */
enum tutti_explore_end {
    TUTTI_EXPLORE_COMPLETE, /* there is no other run within the bounds */
    TUTTI_EXPLORE_BOUNDED,  /* all runs that the strategy has, but there are others */
    TUTTI_EXPLORE_FOUND,
    TUTTI_EXPLORE_RUNS,        /* as many runs as allowed, nothing found */
    TUTTI_EXPLORE_TIME,        /* the time is up, nothing found */
    TUTTI_EXPLORE_INTERRUPTED, /* by a signal (Ctrl-C), nothing found */
    TUTTI_EXPLORE_FAILED       /* the system gave no process */
};

struct tutti_explorer;

/* Makes an explorer of run(context), to be closed. Returns 0 or TUTTI_ENOMEMORY. */
TUTTI_API TUTTI_MUST_USE int tutti_explorer_open(struct tutti_explorer **explorer,
                                                 const struct tutti_explore_options *options,
                                                 tutti_run_once *run, void *context);
/* Searches, once, until the first finding or another end. */
TUTTI_API enum tutti_explore_end tutti_explorer_search(struct tutti_explorer *explorer);
/* Before it: goes on where a search like this one stood; the caller's. */
TUTTI_API void tutti_explorer_resume(struct tutti_explorer *explorer,
                                     struct tutti_frontier *frontier);
/* After a search that did not end of itself: where it stands; program, test and steps_max are left
 * alone, the record and the trunk stay the explorer's. False: it cannot go on later, and
 * frontier->why says why. */
TUTTI_API TUTTI_MUST_USE bool tutti_explorer_frontier(struct tutti_explorer *explorer,
                                                      struct tutti_frontier *frontier);
/* How the search stands, also after its end. */
TUTTI_API struct tutti_progress tutti_explorer_progress(struct tutti_explorer *explorer);
/* After a finding: what it is, and the choices of that run; shrunk once that is done. The
 * explorer's.                                                                                    */
TUTTI_API const struct tutti_verdict *tutti_explorer_verdict(const struct tutti_explorer *explorer);
TUTTI_API const struct tutti_takes *tutti_explorer_takes(const struct tutti_explorer *explorer);
/* The same as a list whose numbers are the explorer's. */
TUTTI_API const struct tutti_list *tutti_explorer_list(struct tutti_explorer *explorer);

/* After a finding: shrinks its list; runs are made like those of the search, prints are lost.
 * Returns the number of runs it took; *minimal (may be NULL): the list is locally minimal.       */
TUTTI_API uint32_t tutti_explorer_shrink(struct tutti_explorer *explorer, bool *minimal);

/* Runs a list once, strictly, under its own bounds, in a child of its own (unless the options say
 * none); `silent`: what it prints is lost. A list that does not fit is a mismatch. Returns 0, or
 * TUTTI_EABANDONED when it was interrupted, or the system's -errno.                              */
TUTTI_API TUTTI_MUST_USE int tutti_explorer_replay(struct tutti_explorer *explorer,
                                                   const struct tutti_list *list, bool silent,
                                                   struct tutti_verdict *verdict);

/* Frees it; NULL is allowed. */
TUTTI_API void tutti_explorer_close(struct tutti_explorer *explorer);

TUTTI_END
#endif
