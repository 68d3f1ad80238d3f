/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/view.h - a trace as text for people: every event, the tree of tasks, the lanes.
 *
 * Control characters in names are shown as '?', so that a trace cannot play with a terminal. None
 * of these functions is a checkpoint. */
#ifndef TUTTI_INSTRUMENTS_VIEW_H
#define TUTTI_INSTRUMENTS_VIEW_H

#include "tutti/instruments/read.h"
#include "tutti/instruments/text.h"

TUTTI_BEGIN

/* Where a view goes, in pieces of whole lines. Negative: stop; the view returns it. */
typedef int tutti_print(void *context, const char *text, size_t size);

/* The views read what is left of the reader's trace. They return 0, the reader's error, print's, or
 * TUTTI_ENOMEMORY. A trace without run.end (tutti_reader_unended) is shown as far as it goes.    */

/* One line an event, ids resolved to names. Printed as it is read. */
TUTTI_API TUTTI_MUST_USE int tutti_view_cat(struct tutti_reader *reader, tutti_print *print,
                                            void *context);

/* The tasks alive after event n (0: the last), below the nurseries they live in: what each one
 * does, on which object, since when, where, and who holds the object. Printed at the end. */
TUTTI_API TUTTI_MUST_USE int tutti_view_tree(struct tutti_reader *reader, uint64_t n,
                                             tutti_print *print, void *context);

/* How lanes are shown. All-zero means the defaults. */
struct tutti_lanes_options {
    uint32_t width; /* columns of the page, 0: 100; at least 60 */
    uint32_t rows;  /* the last so many steps; 0: all */
};
/* One line a step, one column a task: * runs, | ready, . waiting, ! its scope was cancelled by the
 * explorer, ~ its timer fired early; then [pick/of] of the choice and what the step did; the last
 * line tells how the run ended. Tasks that do not fit are counted. Printed at the end.          */
TUTTI_API TUTTI_MUST_USE int tutti_view_lanes(struct tutti_reader *reader,
                                              const struct tutti_lanes_options *options,
                                              tutti_print *print, void *context);

/* How the views below are shown. All-zero means the defaults. */
struct tutti_view_options {
    uint32_t width; /* columns of the page, 0: 100; at least 60 */
    uint32_t rows;  /* at most so many in each table, 0: 50 */
    bool json;      /* stats: one JSON object with everything, instead of tables */
};

/* Contention: each object that tasks waited for, with how often, how long, in which calls, and who
 * had it when they began to wait. The longest first. Printed at the end, like all that follow. */
TUTTI_API TUTTI_MUST_USE int tutti_view_waits(struct tutti_reader *reader,
                                              const struct tutti_view_options *options,
                                              tutti_print *print, void *context);

/* The critical path: from the last step of the run backwards, what it waited for: its own steps,
 * the task that woke it, the timer, the world. Printed from the beginning on. */
TUTTI_API TUTTI_MUST_USE int tutti_view_path(struct tutti_reader *reader,
                                             const struct tutti_view_options *options,
                                             tutti_print *print, void *context);

/* Totals of the run, of each task and of each object. */
TUTTI_API TUTTI_MUST_USE int tutti_view_stats(struct tutti_reader *reader,
                                              const struct tutti_view_options *options,
                                              tutti_print *print, void *context);

/* Each choice: who was asked for what, which option it took; then the list that repeats the run. */
TUTTI_API TUTTI_MUST_USE int tutti_view_choices(struct tutti_reader *reader,
                                                const struct tutti_view_options *options,
                                                tutti_print *print, void *context);

/* How two runs differ: the first lines that differ, the first choice, and the first task that does
 * something else, with what it does in each run. Tasks are matched by their place in the tree of
 * starts, objects by who made them. Returns 0 same, 1 different, or negative; the error is one of
 * either reader's. First lines are not compared. */
TUTTI_API TUTTI_MUST_USE int tutti_view_diff(struct tutti_reader *a, struct tutti_reader *b,
                                             const struct tutti_view_options *options,
                                             tutti_print *print, void *context);

/* For tutti_print: collects a view in a struct tutti_text (the context). */
TUTTI_API int tutti_view_collect(void *text, const char *bytes, size_t size);

/* The same of a trace in memory (tutti_trace_text), as text to be freed with free(). When it cannot
 * be read the text is the sentence that says why. NULL: no memory.                              */
TUTTI_API char *tutti_view_tree_text(const char *trace, size_t size);
TUTTI_API char *tutti_view_lanes_text(const char *trace, size_t size,
                                      const struct tutti_lanes_options *options);

TUTTI_END
#endif
