/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* traces.h - all traces of a program by strategy dpor, counted. */
#ifndef TUTTI_TESTS_TRACES_H
#define TUTTI_TESTS_TRACES_H

#include "census.h"
#include "tutti/sim/pick_dpor.h"

enum { TRACES_ROOM = 1 << 14 };

struct traces {
    uint64_t runs, traces, blocked, deadlocks, checks;
    bool complete;
};

static struct tutti_take traces_takes[TRACES_ROOM];
static struct tutti_dpor_memory traces_memory;

/* Explores main(arg) to the end, or for so many runs; as the strategy would, or with one preference
 * (TUTTI_DPOR_ORDERS: as the strategy would). */
static inline struct traces traces_of(int (*main)(void *arg), const void *arg,
                                      const struct tutti_bounds *bounds,
                                      enum tutti_dpor_order preference, uint64_t runs_max)
{
    struct census census;
    struct tutti_pick_dpor dpor;
    census_open(&census, main, arg);
    tutti_pick_dpor_init(&dpor, bounds, traces_takes, TRACES_ROOM, &traces_memory);
    if (preference != TUTTI_DPOR_ORDERS) tutti_pick_dpor_prefer(&dpor, preference);
    struct traces traces = {.runs = census_take(&census, &dpor.picker, runs_max)};
    const struct tutti_dpor_search *search = tutti_pick_dpor_search(&dpor);
    assert_false(dpor.torn);
    traces.traces = search->traces;
    traces.blocked = search->blocked;
    traces.complete = search->complete;
    traces.deadlocks = census.deadlocks;
    traces.checks = census.checks;
    census_close(&census);
    return traces;
}

/* How many runs one search says there are when it has made a twentieth of them, to how many there
 * are: that many.                                                                                */
static inline double traces_guess(int (*main)(void *arg), const void *arg,
                                  const struct tutti_bounds *bounds,
                                  enum tutti_dpor_order preference, uint64_t runs)
{
    struct traces some = traces_of(main, arg, bounds, preference, runs / 20);
    double done = tutti_dpor_search_done(&traces_memory.searches[0]);
    assert_true(done > 0 && done < 1);
    return (double)some.runs / done / (double)runs;
}

#endif
