/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/tally_priv.h - what each task and each object of a run took, in one pass: for the
 * views `waits` and `stats` of a trace, and for the statistics of a run while it goes on.        */
#ifndef TUTTI_INSTRUMENTS_TALLY_PRIV_H
#define TUTTI_INSTRUMENTS_TALLY_PRIV_H

#include "tutti/instruments/history.h"
#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/view.h"

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
    size_t place; /* in the list of objects */
    struct tally_wait wait;
    uint64_t effects;
    int64_t queue_max;
    struct tally_part *places, *holders; /* in order of their first wait */
    struct tally_part *places_last, *holders_last;
    struct tally_object *copy; /* while the accounts are copied */
};

struct tally_task {
    const struct tutti_thing *thing;
    size_t place;                /* in the list of tasks */
    enum tutti_task_state state; /* now */
    int64_t since_ns;
    uint64_t since_step;
    uint64_t steps, parks, wakes, woken, cancels;
    int64_t run_ns, ready_ns, wait_ns, step_longest_ns, wait_longest_ns;
    struct tally_object *object; /* while it waits: for which, from where, who had it */
    struct tally_part *from, *holder;
};

struct tally {
    struct tally_task **tasks; /* in order of creation, like objects */
    struct tally_object **objects;
    size_t tasks_count, objects_count, tasks_room, objects_room;
    uint64_t tasks_made, objects_made; /* with those whose accounts were closed */
    struct tally_task
        *tasks_rest; /* what closed accounts had, all together; NULL: there are none */
    struct tally_object *objects_rest;
    uint64_t kinds[TUTTI_EVENT_KINDS]; /* events of each kind */
    uint64_t events, steps, choices;
    int64_t end_ns;
    bool sofar, panicked; /* it was told of up to here only; the last words were of a panic */
    bool ended;           /* by a run.end that said: */
    enum tutti_outcome outcome;
    struct idmap tasks_of, objects_of; /* by id */
    struct idmap parts;                /* by hash */
    struct tutti_model *model;         /* the state before the event of now; NULL: no parts */
};

/* Counts it all. Returns 0 or TUTTI_ENOMEMORY. tally_free() in any case. */
int tally_read(struct tally *tally, const struct tutti_history *history);
/* Makes an account for a task or an object, which must stay where it is. One with the id 0 is for
 * the rest. 0 or TUTTI_ENOMEMORY. */
int tally_open_account(struct tally *tally, const struct tutti_thing *thing);
/* Counts an event; its things have their accounts, if they are to have any. The same. */
int tally_count(struct tally *tally, const struct tutti_trace_event *event);
/* Adds the account of a task that exited to the rest's, which is there, and drops it; the same for
 * an object nobody waits for. */
void tally_close_task(struct tally *tally, struct tally_task *task);
void tally_close_object(struct tally *tally, struct tally_object *object);
/* Accounts of what still goes on, as of its last event. */
void tally_settle(struct tally *tally);
/* A copy without parts, to be settled while the original goes on. 0 or TUTTI_ENOMEMORY;
 * tally_free() in any case. */
int tally_copy(struct tally *copy, const struct tally *tally);
void tally_free(struct tally *tally);

/* Prints the totals of a settled one, as the view `stats` does. */
int view_tally(const struct tally *tally, const char *prog, const char *test,
               const struct tutti_view_options *options, tutti_print *print, void *context);

#endif
