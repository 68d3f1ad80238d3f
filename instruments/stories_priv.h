/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/stories_priv.h - what each task of a trace does itself, in order, so that two traces
 * can be compared although their tasks took turns differently.                                   */
#ifndef TUTTI_INSTRUMENTS_STORIES_PRIV_H
#define TUTTI_INSTRUMENTS_STORIES_PRIV_H

#include "tutti/instruments/history.h"
#include "tutti/instruments/idmap_priv.h"

struct story {
    uint64_t task, path; /* its id here; a number that is the same in every run that starts it */
    size_t start, end;   /* its events, in stories.own */
};

struct stories {
    const struct tutti_history *history;
    struct idmap paths; /* from ids of all things to a struct story_place */
    struct story_place *places;
    struct story *stories; /* in order of starting */
    size_t count;
    struct idmap of_path; /* from paths to stories */
    size_t *own;          /* indices of events, task by task */
};

/* Reads them. Returns 0 or TUTTI_ENOMEMORY. stories_free() in any case. */
int stories_read(struct stories *stories, const struct tutti_history *history);
/* The story of a path; NULL: no task of this trace has it. */
const struct story *stories_find(const struct stories *stories, uint64_t path);
/* Do these two events, of one task's story each, say the same? */
bool stories_same(const struct stories *a, const struct tutti_trace_event *x,
                  const struct stories *b, const struct tutti_trace_event *y);
void stories_free(struct stories *stories);

#endif
