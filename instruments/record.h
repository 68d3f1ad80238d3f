/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/record.h - records a run in the real world so that it can be repeated.
 *
 * Whatever comes in by the doors of a world is written into a trace, besides what the trace's level
 * has: each reading of the clock, what each operation brought, and when the posts of other threads
 * and of signal handlers were seen. instruments/playback.h makes a world of that trace, in which
 * the same program does the same again, byte for byte of its trace; there is neither a clock nor a
 * network in it.
 *
 *     struct tutti_record *record;
 *     int rc = tutti_record_open(&record, tutti_world_real(), "run.jsonl", &header, 3);
 *     if (rc == 0) rc = tutti_run(tutti_record_world(record), app, NULL);
 *     tutti_record_close(record, &result);
 *
 * A recording holds all that the program received, passwords included. Functions here are no
 * checkpoints.                                                                                   */
#ifndef TUTTI_INSTRUMENTS_RECORD_H
#define TUTTI_INSTRUMENTS_RECORD_H

#include "tutti/instruments/trace.h"

TUTTI_BEGIN

struct tutti_record;

/* Makes a world around `base` (which is kept, and so are its doors), and a trace of `level` at
 * `path`, whose header is `header` but for its clock; NULL: in memory. `base` may have a sink; it
 * is told what it was. The record is the caller's, for one run, to be closed after it. Returns what
 * tutti_trace_open returns, or base->error; then *record is NULL.                                */
TUTTI_API TUTTI_MUST_USE int tutti_record_open(struct tutti_record **record,
                                               const struct tutti_world *base, const char *path,
                                               const struct tutti_trace_header *header, int level);

/* For one tutti_run or tutti_loop_open; belongs to the record. */
TUTTI_API const struct tutti_world *tutti_record_world(struct tutti_record *record);

/* The trace itself: for tutti_trace_flush in a panic hook, or tutti_trace_text. */
TUTTI_API struct tutti_trace *tutti_record_trace(struct tutti_record *record);

/* Closes the trace and frees; both as tutti_trace_close does, whose result it is. Besides:
 * TUTTI_ENOMEMORY if something that came could not be kept, for then it cannot be repeated.      */
TUTTI_API int tutti_record_close(struct tutti_record *record, struct tutti_trace_result *result);

TUTTI_END
#endif
