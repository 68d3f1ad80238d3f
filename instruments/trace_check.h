/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/trace_check.h - is this a trace as it must be? And are these two the same run?
 *
 * Beyond the form of each line (instruments/read.h) the checker knows the rules between events: n
 * counts up, time never falls, ids are made before they are used and not used when they are gone,
 * tasks go ready, run, park and exit in that order and one at a time, nurseries close after their
 * tasks, scopes in reverse order, choices come true, the hash is right, run.end is there and its
 * counts are right. Levels below 3 have fewer events and so fewer rules. Not checkpoints. */
#ifndef TUTTI_INSTRUMENTS_TRACE_CHECK_H
#define TUTTI_INSTRUMENTS_TRACE_CHECK_H

#include "tutti/instruments/read.h"

TUTTI_BEGIN

/* What a check found. */
struct tutti_check_result {
    uint64_t lines, tasks, steps, choices;
    uint64_t skipped_events, skipped_keys; /* unknown to the table, not looked at */
    uint64_t hash;
    enum tutti_outcome outcome; /* of the run */
    char message[1024];         /* the first thing wrong, "FILE:LINE: reason (what to do)", or "" */
};

/* Checks the rest of the reader's trace. Returns 0, or a negative code and a message:
 * TUTTI_EINVALID for a trace that breaks a rule or cannot be read. */
TUTTI_API TUTTI_MUST_USE int tutti_trace_check(struct tutti_reader *reader,
                                               struct tutti_check_result *result);

/* The first lines in which two traces differ. */
struct tutti_trace_difference {
    uint64_t line;       /* its number, 2 or more; 0: none */
    char a[512], b[512]; /* the two lines, cut if they are longer; empty: that trace has ended */
    char message[1024];  /* why they could not be compared, or "" */
};

/* A trace to compare: in memory if `text` is set, else in the file `path`. */
struct tutti_trace_source {
    const char *path, *text;
    size_t size;
};

/* Compares two traces byte by byte from line 2 on; their first lines may say different things about
 * how the same run came about. Returns 0 same, 1 different, or a negative code and a message.   */
TUTTI_API TUTTI_MUST_USE int tutti_trace_compare(const char *file_a, const char *file_b,
                                                 struct tutti_trace_difference *difference);
/* The same of any two sources. */
TUTTI_API TUTTI_MUST_USE int tutti_trace_compare_sources(const struct tutti_trace_source *a,
                                                         const struct tutti_trace_source *b,
                                                         struct tutti_trace_difference *difference);

TUTTI_END
#endif
