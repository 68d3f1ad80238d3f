/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* known_traces.h - has a program of known_memory.h or known_spins.h the traces it is known to have?
 */
#ifndef TUTTI_TESTS_KNOWN_TRACES_H
#define TUTTI_TESTS_KNOWN_TRACES_H

#include "known_spins.h"

/* A census that counts the runs in which all that was assumed holds, too. */
struct assumed {
    struct census census;
    uint64_t traces;
};

static inline void assumed_run(void *context, struct tutti_picker *picker,
                               struct tutti_verdict *verdict)
{
    struct assumed *assumed = context;
    census_run(&assumed->census, picker, verdict);
    assumed->traces += !picker->dropped && !known_failed;
}

/* The traces of known_now, all that was assumed holding. */
static inline uint64_t known_traces(enum tutti_dpor_order order)
{
    struct assumed assumed = {.traces = 0};
    struct tutti_pick_dpor dpor;
    census_open(&assumed.census, known_main, NULL);
    tutti_pick_dpor_init(&dpor, &census_bounds, traces_takes, TRACES_ROOM, &traces_memory);
    tutti_pick_dpor_prefer(&dpor, order);
    struct tutti_search search = {.picker = &dpor.picker, .run = assumed_run, .context = &assumed};
    tutti_search_go(&search, UINT64_MAX);
    if (search.end == TUTTI_SEARCH_FOUND) fail_msg("%s", search.verdict.message);
    assert_true(tutti_pick_dpor_search(&dpor)->complete);
    census_close(&assumed.census);
    return assumed.traces;
}

/* With this preference the program must have so many. Returns how many runs there were. */
static inline uint64_t known_expect(const struct known *known, enum tutti_dpor_order order)
{
    known_now = known;
    known_n = known->n;
    uint64_t traces = known_traces(order);
    if (traces == known->traces) return traces_memory.searches[0].runs;
    fail_msg("%s(%d): %llu traces, not %llu", known->name, known->n, (unsigned long long)traces,
             (unsigned long long)known->traces);
    return 0;
}

#endif
