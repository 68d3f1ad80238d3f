/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/trace.h - writes what a run tells as JSON Lines, to a file or to memory.
 *
 * Line 1 (run.begin) says what ran; then one line an event, as core/event.def describes it; the
 * last line (run.end) sums up. The same program with the same choices writes the same bytes from
 * line 2 on, so two runs are compared by `cmp`, or by the hash of the lines between the first and
 * the last. Give tutti_trace_sink() to a world. None of these functions is a checkpoint. */
#ifndef TUTTI_INSTRUMENTS_TRACE_H
#define TUTTI_INSTRUMENTS_TRACE_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* The version of the format: a changed meaning raises it, new events and keys do not. */
#define TUTTI_TRACE_VERSION 1
/* The levels: 1 replay, 2 life cycles, 3 scheduling, 4 everything. */
#define TUTTI_TRACE_LEVEL_MAX 4

/* What line 1 says. Texts that are not valid UTF-8 are repaired with U+FFFD; NULL is "". */
struct tutti_trace_header {
    const char *prog;        /* base name of the program */
    const char *test;        /* which of its tests */
    const char *const *args; /* its other arguments, NULL at the end; may be NULL */
    const char *build;       /* of the program: tutti_trace_build(); NULL: left out */
    const char *world;       /* "sim", "real" */
    const char *clock;       /* "virtual", "real", "recorded" (record.h); NULL: left out */
    const char *policy;      /* "plain", "random", "dfs", "replay" */
    const char *list;        /* the choice list if it is known before the run: complete, or up to
                                and with its last ';' (readers add the numbers); NULL: left out */
    uint64_t seed;
    uint64_t steps_max, stack_size; /* as in struct tutti_options; 0: left out */
};

/* The mark of this build of the running program, which its linker made of all that is in it, as hex
 * digits; static. NULL: it has none (`-Wl,--build-id` makes one). */
TUTTI_API const char *tutti_trace_build(void);

/* What became of a trace. */
struct tutti_trace_result {
    uint64_t hash;     /* of the lines between the first and run.end, if there is one */
    uint64_t lines;    /* lines made, the first included */
    bool ended;        /* run.end was among them */
    char message[512]; /* when it failed: one sentence with the file, the last good line, and what
                          is lost; else empty */
};

struct tutti_trace;

/* Creates `path` (whatever was there is gone), writes line 1 and readies a sink for the events of
 * `level` (1 to TUTTI_TRACE_LEVEL_MAX). Returns 0, -errno, TUTTI_EINVALID or TUTTI_ENOMEMORY. The
 * trace is the caller's, to be closed.                                                           */
TUTTI_API TUTTI_MUST_USE int tutti_trace_open(struct tutti_trace **trace, const char *path,
                                              const struct tutti_trace_header *header, int level);
/* The same, into memory. */
TUTTI_API TUTTI_MUST_USE int tutti_trace_open_memory(struct tutti_trace **trace,
                                                     const struct tutti_trace_header *header,
                                                     int level);

/* What a world is given; belongs to the trace. */
TUTTI_API struct tutti_sink *tutti_trace_sink(struct tutti_trace *trace);

/* The text so far of a trace in memory, whole lines; valid until the next event or the closing.
 * `size` may be NULL. NULL for a trace in a file and when memory ran out.                       */
TUTTI_API const char *tutti_trace_text(struct tutti_trace *trace, size_t *size);

/* Writes all that happened so far to the file: for crash paths, callable from a panic hook or a
 * signal handler of the run's thread, without memory. Nothing for a trace in memory, which ends
 * with the process. The trace may be used on and must still be closed, where that is possible.
 * Returns 0 or why it could not be written.                                                      */
TUTTI_API int tutti_trace_flush(struct tutti_trace *trace);

/* Writes the rest, closes and frees. Returns 0, or the first error of the trace's life: then
 * result->message says what is lost. `result` may be NULL, and so may `trace` (0).               */
TUTTI_API int tutti_trace_close(struct tutti_trace *trace, struct tutti_trace_result *result);

TUTTI_END
#endif
