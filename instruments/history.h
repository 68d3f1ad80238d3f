/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/history.h - a whole trace in memory: all its events, and the state after any of them.
 *
 * Read once, from any reader. While it reads, it keeps the state now and then (a keyframe), so a
 * later state is made from the nearest one before it and the few events behind that. What is kept
 * is what was alive, so memory goes with the events (about 100 bytes each), not with all that was
 * ever made at each keyframe. None of these functions is a checkpoint. */
#ifndef TUTTI_INSTRUMENTS_HISTORY_H
#define TUTTI_INSTRUMENTS_HISTORY_H

#include "tutti/instruments/model.h"

TUTTI_BEGIN

/* One event of a kind that the table knows; its texts and place belong to the history. */
struct tutti_history_event {
    struct tutti_trace_event event;
    uint64_t n;    /* its number in the trace */
    uint64_t hash; /* of its line */
};

struct tutti_history {
    const struct tutti_history_event *events; /* in the order of the trace */
    size_t count;
    const struct tutti_model *whole;     /* the state at the end; knows all that was ever made */
    struct tutti_history_tables *tables; /* the history's own */
};

/* Reads what is left of the reader's trace. Returns 0, the reader's error or TUTTI_ENOMEMORY;
 * *history is to be closed if that is 0. The reader may be closed before it.                     */
TUTTI_API TUTTI_MUST_USE int tutti_history_open(struct tutti_history **history,
                                                struct tutti_reader *reader);

/* The state after the last event whose number is at most n; valid until the next call. Things that
 * were gone then are not in it (tutti_model_named knows how they were called). Returns 0 or
 * TUTTI_ENOMEMORY.                                                                               */
TUTTI_API TUTTI_MUST_USE int tutti_history_at(struct tutti_history *history, uint64_t n,
                                              const struct tutti_model **model);

/* Frees it and all that came from it; NULL is allowed. */
TUTTI_API void tutti_history_close(struct tutti_history *history);

TUTTI_END
#endif
