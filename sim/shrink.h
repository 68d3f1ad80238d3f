/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/shrink.h - makes a failing run's choice list as good as it gets, by trying.
 *
 * Better is: fewer cancellations; then fewer failures of the world and of memory (kinds fault and
 * alloc); then fewer early timers; then a shorter list (zeros at the end do not count); then fewer
 * other turns of the schedule that are not the plain run's; then fewer switches from one task to
 * another between two choices; then fewer values (kinds io and user) other than 0; then a smaller
 * sum. What it ends with is locally minimal: no cut of the tail, no zero instead of a number, no
 * smaller number (of large ones: those up to 8 and their doubles), no entry left out and no turn
 * given to the task before or exchanged with the next one makes a better list that fails alike. */
#ifndef TUTTI_SIM_SHRINK_H
#define TUTTI_SIM_SHRINK_H

#include "tutti/sim/picker.h"

TUTTI_BEGIN

/* What makes one list better than another, most important first. */
struct tutti_goodness {
    uint32_t cancels, faults, lags, length, turns, switches, values;
    uint64_t sum;
};

struct tutti_shrink {
    /* Runs what is wanted (loosely: sim/pick_replay.h). True if it fails alike; then *taken is the
     * record of what was really done, valid until the next call.                                 */
    bool (*fails)(void *context, const struct tutti_takes *wanted,
                  const struct tutti_takes **taken);
    void *context;
    bool (*enough)(void *context); /* asked before each run: stop here? NULL: never */
    uint32_t tries_max;            /* runs that are made at most; 0: no bound */
    /* results */
    uint32_t tries;
    bool minimal; /* locally minimal; else it was stopped before, or had no memory */
};

/* The goodness of a record. */
TUTTI_API struct tutti_goodness tutti_goodness_of(const struct tutti_takes *takes);
/* Negative: a is better than b; 0: as good; positive: worse. */
TUTTI_API int tutti_goodness_compare(const struct tutti_goodness *a,
                                     const struct tutti_goodness *b);

/* Shrinks `takes`, a record that fails, in place. A better list may be longer, if it fits. */
TUTTI_API void tutti_shrink(struct tutti_shrink *shrink, struct tutti_takes *takes);

TUTTI_END
#endif
