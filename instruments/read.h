/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/read.h - reads a trace back, event by event, in bounded memory.
 *
 * Every line is parsed and every field checked against the table of core/event.def; events and keys
 * that the table does not know are skipped and counted. What is wrong with a file is told in one
 * sentence, "FILE:LINE: reason (what to do)". The rules that go beyond single lines are in
 * instruments/trace_check.h. None of these functions is a checkpoint.                            */
#ifndef TUTTI_INSTRUMENTS_READ_H
#define TUTTI_INSTRUMENTS_READ_H

#include "tutti/core/event.h"

TUTTI_BEGIN

struct tutti_reader;

/* What line 1 says; the texts live as long as the reader. */
struct tutti_trace_start {
    const char *prog, *test, *version, *world, *seed, *policy;
    const char *list;          /* NULL: not told */
    const char *build, *clock; /* NULL: not told */
    int64_t v, level;
    int64_t steps_max, stack_size; /* 0: not told, as in traces of older programs; or no bound */
};

/* One line, valid until the next is read. */
struct tutti_trace_record {
    struct tutti_trace_event event; /* as it was given to the writer; valid if `known` */
    bool known;                     /* the table has this kind of event */
    const char *kind;               /* the text of "e" */
    uint64_t n;                     /* its number in the trace */
    uint64_t line;                  /* its line in the file, from 1 */
    uint64_t hash;                  /* run.end, run.sofar: the hash it tells */
    const char *text;               /* the line itself, without newline */
    size_t size;
};

/* Opens a trace in a file ("-" is standard input) or in memory (kept by the caller while it is
 * read; `name` stands for the file in messages) and reads its first line. Returns 0 or a negative
 * code (TUTTI_EINVALID: it is not a trace this tutti can read) that tutti_reader_error() explains.
 * *reader is set in both cases, unless there is no memory for it; it is to be closed.            */
TUTTI_API TUTTI_MUST_USE int tutti_reader_open(struct tutti_reader **reader, const char *path);
TUTTI_API TUTTI_MUST_USE int tutti_reader_open_memory(struct tutti_reader **reader,
                                                      const char *name, const void *bytes,
                                                      size_t size);

/* Where the bytes of a trace come from when it is no plain file: decompressed, from a socket. */
struct tutti_source {
    /* At least one byte and at most `size`; their number, 0 at the end, or a negative code:
     * TUTTI_EINVALID says that what lies behind it is damaged. */
    int64_t (*read)(struct tutti_source *source, char *bytes, size_t size);
    void (*close)(struct tutti_source *source); /* when the reader is closed */
};
/* The same from a source, which is the reader's from now on; `name` stands for the file. */
TUTTI_API TUTTI_MUST_USE int tutti_reader_open_source(struct tutti_reader **reader,
                                                      const char *name,
                                                      struct tutti_source *source);

/* The next line; the first call gives run.begin. Returns 1, 0 at the end, or a negative code that
 * tutti_reader_error() explains, from then on again and again.                                  */
TUTTI_API TUTTI_MUST_USE int tutti_reader_next(struct tutti_reader *reader,
                                               const struct tutti_trace_record **record);

/* The sentence about the error, without newline; "" when there is none. NULL for `reader` is
 * understood as lack of memory.                                                                 */
TUTTI_API const char *tutti_reader_error(const struct tutti_reader *reader);

/* What line 1 says. */
TUTTI_API const struct tutti_trace_start *tutti_reader_start(const struct tutti_reader *reader);

/* After the end: NULL when the trace has its run.end, else the sentence about a run that crashed
 * or a file that was cut. The lines read are good all the same.                                 */
TUTTI_API const char *tutti_reader_unended(const struct tutti_reader *reader);

/* How many events, and how many keys of known events, were skipped because the table does not know
 * them.                                                                                         */
TUTTI_API uint64_t tutti_reader_skipped_events(const struct tutti_reader *reader);
TUTTI_API uint64_t tutti_reader_skipped_keys(const struct tutti_reader *reader);

/* Is it a trace of `program` (a path or a base name)? 0, or TUTTI_EINVALID and a sentence. */
TUTTI_API TUTTI_MUST_USE int tutti_reader_belongs(struct tutti_reader *reader, const char *program);

/* Closes and frees; NULL is allowed. */
TUTTI_API void tutti_reader_close(struct tutti_reader *reader);

/* The part of a path behind its last '/'. */
TUTTI_API const char *tutti_base_name(const char *path);

/* The choice list of a whole trace, as text to be freed with free(): the header's, or its beginning
 * (up to the last ';') and the numbers of the choice events. NULL: the reader's error says why.
 * Reads the trace to its end.                                                                   */
TUTTI_API char *tutti_reader_list(struct tutti_reader *reader);

TUTTI_END
#endif
