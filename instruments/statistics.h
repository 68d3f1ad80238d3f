/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/statistics.h - a sink that counts: what each task and each object took, while the run
 * goes on or at its end, without a trace.
 *
 * A task: steps, time running, ready and waiting, its longest step and wait, wakes given and got,
 * cancellations. An object: effects, waits, their time, the longest queue. Printed as `tutti trace
 * stats` prints a trace; of the same run both say the same.                                      */
#ifndef TUTTI_INSTRUMENTS_STATISTICS_H
#define TUTTI_INSTRUMENTS_STATISTICS_H

#include "tutti/core/world.h"
#include "tutti/instruments/view.h"

TUTTI_BEGIN

/* Tasks, and objects, with an account of their own unless said otherwise. */
enum { TUTTI_STATISTICS_EACH = 4096 };

/* All-zero means the defaults. */
struct tutti_statistics_options {
    const char *prog, *test; /* for the first line; NULL: "" */
    /* The run's clock is read once a pass, so steps take no time by it. With `real` the system's
     * clock is read at each event instead. */
    bool real;
    /* When there are more tasks than this, what those that exit took is added up in one line; the
     * same for objects. So memory is bounded by what is alive. 0: TUTTI_STATISTICS_EACH. */
    size_t each;
};

struct tutti_statistics;

/* Makes one, to be closed. `options` may be NULL. Returns 0 or TUTTI_ENOMEMORY. None of these
 * functions is a checkpoint; all are for the run's thread.                                       */
TUTTI_API TUTTI_MUST_USE int tutti_statistics_open(struct tutti_statistics **statistics,
                                                   const struct tutti_statistics_options *options);
/* What a world or a tee is given. Each run begins anew; what begins in the middle of one knows only
 * things that are made from then on. Without memory the sink fails.                              */
TUTTI_API struct tutti_sink *tutti_statistics_sink(struct tutti_statistics *statistics);
/* Prints it as of the last event: as tables, or all of it as a line of JSON with options->json. In
 * the run or after it. Returns 0, what print returned, or TUTTI_ENOMEMORY.                       */
TUTTI_API TUTTI_MUST_USE int tutti_statistics_print(const struct tutti_statistics *statistics,
                                                    const struct tutti_view_options *options,
                                                    tutti_print *print, void *context);
/* Frees it; NULL is allowed. */
TUTTI_API void tutti_statistics_close(struct tutti_statistics *statistics);

TUTTI_END
#endif
