/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/search.h - the inner loop of exploring: run, look at the verdict, next.
 *
 * All of its state is this struct and the picker's record, so that both can lie in memory that
 * another process watches and goes on with.                                                      */
#ifndef TUTTI_SIM_SEARCH_H
#define TUTTI_SIM_SEARCH_H

#include "tutti/sim/verdict.h"

TUTTI_BEGIN

enum tutti_search_end {
    TUTTI_SEARCH_GOES_ON,  /* not over */
    TUTTI_SEARCH_COMPLETE, /* the picker had no further run */
    TUTTI_SEARCH_FOUND,    /* the verdict is of the last run, whose record is the picker's */
    TUTTI_SEARCH_RUNS      /* runs_max runs were made */
};

struct tutti_search {
    struct tutti_picker *picker; /* the caller's */
    tutti_run_once *run;
    void *context;
    uint64_t runs_max;         /* 0: no bound */
    volatile uint64_t runs;    /* runs that were made */
    volatile uint32_t longest; /* choices of the longest one */
    volatile bool running;     /* inside a run: what a crash leaves behind */
    volatile bool stop;        /* set by whoever wants it to return after the present run */
    /* While *call is not 0 called() is, after each run that is not the last; false: it returns.
     * NULL: never. */
    const TUTTI_ATOMIC(uint32_t) * call;
    bool (*called)(void *context);
    void *called_context;
    enum tutti_search_end end;
    struct tutti_verdict verdict;
};

/* Makes at most `slice` further runs. Stops at the first whose verdict is not ok. */
TUTTI_API void tutti_search_go(struct tutti_search *search, uint64_t slice);

TUTTI_END
#endif
