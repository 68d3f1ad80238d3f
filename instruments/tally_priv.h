/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/tally_priv.h - what each task and each object of a trace took, in one pass: for the
 * views `waits` and `stats`.                                                                     */
#ifndef TUTTI_INSTRUMENTS_TALLY_PRIV_H
#define TUTTI_INSTRUMENTS_TALLY_PRIV_H

#include "tutti/instruments/history.h"
#include "tutti/instruments/idmap_priv.h"

/* Waits that have something in common. */
struct tally_wait {
    uint64_t count;
    uint64_t open;  /* those that did not end */
    uint64_t steps; /* of others, made meanwhile */
    int64_t total_ns, longest_ns;
};

/* Waits for one object from one place, or while one task had it. */
struct tally_part {
    const struct tally_object *object;
    uint64_t holder;               /* 0: it is a place: */
    const char *op;                /* the call, */
    const struct tutti_site *site; /* and where it is; may be NULL */
    struct tally_wait wait;
    struct tally_part *next, *same; /* the object's next; the next of the same hash */
};

struct tally_object {
    const struct tutti_thing *thing;
    struct tally_wait wait;
    uint64_t effects;
    int64_t queue_max;
    struct tally_part *places, *holders; /* in order of their first wait */
    struct tally_part *places_last, *holders_last;
};

struct tally_task {
    const struct tutti_thing *thing;
    enum tutti_task_state state; /* now */
    int64_t since_ns;
    uint64_t since_step;
    uint64_t steps, parks, wakes, woken, cancels;
    int64_t run_ns, ready_ns, wait_ns, step_longest_ns, wait_longest_ns;
    struct tally_object *object; /* while it waits: for which, from where, who had it */
    struct tally_part *place, *holder;
};

struct tally {
    const struct tutti_history *history;
    struct tally_task *tasks; /* in order of creation, like objects */
    struct tally_object *objects;
    size_t tasks_count, objects_count;
    uint64_t kinds[TUTTI_EVENT_KINDS]; /* events of each kind */
    uint64_t steps, choices;
    int64_t end_ns;
    struct idmap tasks_of, objects_of; /* by id */
    struct idmap parts;                /* by hash */
    struct tutti_model *model;         /* the state before the event of now */
};

/* Counts it all. Returns 0 or TUTTI_ENOMEMORY. tally_free() in any case. */
int tally_read(struct tally *tally, const struct tutti_history *history);
void tally_free(struct tally *tally);

#endif
