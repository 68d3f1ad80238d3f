/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/filter.h - a sink that hands on some of the events to another: of some kinds, up to a
 * level, of some tasks.
 *
 * Kinds and levels that are left out are not even made. A choice of tasks is about what tasks do:
 * events of level 3 and 4, spans and logs. Who is there (level 2) and what concerns no task is
 * always handed on, so that things in the rest have names. Where a task's events were left out the
 * next one handed on is preceded by a run.drop that counts them, so that nobody takes the rest for
 * the whole; from there on `tutti trace check` asks no more than it can of such a trace.         */
#ifndef TUTTI_INSTRUMENTS_FILTER_H
#define TUTTI_INSTRUMENTS_FILTER_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* All-zero hands on everything. */
struct tutti_filter_options {
    uint64_t kinds; /* bits TUTTI_EVENT_BIT(NAME); 0: all */
    int level;      /* 1 to 4, as in instruments/trace.h; 0: all */
    /* Tasks: by id or by name, those of either if both are given. */
    const uint64_t *tasks; /* ids; NULL: none */
    size_t tasks_count;
    const char *names; /* a pattern: `*` stands for any text, `?` for any byte; NULL: none */
};

struct tutti_filter;

/* Makes a filter in front of `to`, which stays the caller's and gets no kinds but those of its mask
 * of now. `options` are copied; NULL hands on everything. Returns 0, TUTTI_EINVALID (no sink, or
 * the level) or TUTTI_ENOMEMORY. The filter is the caller's, to be closed. Not a checkpoint.     */
TUTTI_API TUTTI_MUST_USE int tutti_filter_open(struct tutti_filter **filter, struct tutti_sink *to,
                                               const struct tutti_filter_options *options);
/* What a world or a tee is given; belongs to the filter. */
TUTTI_API struct tutti_sink *tutti_filter_sink(struct tutti_filter *filter);
/* Events that were made and left out so far. */
TUTTI_API uint64_t tutti_filter_dropped(const struct tutti_filter *filter);
/* Frees it; NULL is allowed. */
TUTTI_API void tutti_filter_close(struct tutti_filter *filter);

TUTTI_END
#endif
