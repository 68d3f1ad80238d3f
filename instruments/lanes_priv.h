/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/lanes_priv.h - the rows of the lanes view, before they are laid out on a page. */
#ifndef TUTTI_INSTRUMENTS_LANES_PRIV_H
#define TUTTI_INSTRUMENTS_LANES_PRIV_H

#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/model.h"
#include "tutti/instruments/text.h"

#define LANES_NOBODY UINT32_MAX

/* One step of a task, or of a pseudo-task (canceller, timer, clock). */
struct lane_row {
    uint64_t step; /* 0: of a pseudo-task */
    int64_t t_ns;
    uint32_t who;      /* index of a task; LANES_NOBODY */
    char mark;         /* in its column: '*' it runs, '!' cancelled, '~' its timer fired early */
    uint32_t pick, of; /* of 0: there was no choice */
    size_t note, note_end; /* in lanes.notes */
    size_t changes_end;    /* states at its end: all changes before this one */
};
struct lane_change {
    uint32_t task;
    char state; /* '|' ready, '.' waiting, ' ' gone */
};
struct lane_task {
    const struct tutti_thing *thing;
    char state; /* while the page is laid out */
    bool seen;
    uint64_t steps;
    uint32_t column; /* LANES_NOBODY: left out */
};

struct lanes {
    struct tutti_model *model;
    struct lane_row *rows;
    struct lane_change *changes;
    struct lane_task *tasks;
    size_t rows_count, rows_room, changes_count, changes_room, tasks_count, tasks_room;
    struct idmap index;        /* id of a task -> its lane_task's index + 1 */
    struct tutti_text notes;   /* of all rows */
    struct tutti_text between; /* what happened after the last row ended; goes to the next */
    uint32_t pick, of;         /* the choice of the step to come */
    bool open;                 /* the last row still takes notes and changes */
    bool failed;               /* no memory */
};

/* Reads the rest of the trace. Returns 0 or an error. lanes_free() in any case. */
int lanes_read(struct lanes *lanes, struct tutti_reader *reader);
void lanes_free(struct lanes *lanes);

#endif
