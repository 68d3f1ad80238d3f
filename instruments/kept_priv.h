/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/kept_priv.h - of all events so far, those that still say something: what made each
 * task, nursery, scope, object, operation and span that is alive what it is now.
 *
 * An event that a later one makes void is dropped, and all of a thing's when it is gone; the others
 * stay in the order in which they came. Applied to an empty model, they give the present state. */
#ifndef TUTTI_INSTRUMENTS_KEPT_PRIV_H
#define TUTTI_INSTRUMENTS_KEPT_PRIV_H

#include "tutti/core/event.h"
#include "tutti/instruments/idmap_priv.h"

struct kept_event {
    struct tutti_trace_event event;
    struct kept_event *before, *after; /* in the order in which they came */
    struct kept_event *take;           /* of an object's takes, the next */
    char text[];                       /* what event.name points to, if it had to be copied */
};

/* What is kept of a thing. Which slot is whose: */
enum kept_slot {
    KEPT_MADE, /* everything's */
    KEPT_READY,
    KEPT_RUN,
    KEPT_PARK,
    KEPT_WOKEN, /* a task's last turn, and its next one */
    KEPT_SET = KEPT_READY,
    KEPT_CANCEL,
    KEPT_FINISH,              /* a scope's */
    KEPT_EFFECT = KEPT_READY, /* an object's last that takes nothing */
    KEPT_SLOTS = KEPT_WOKEN + 1
};
struct kept_thing {
    uint64_t id;
    struct kept_event *slots[KEPT_SLOTS];
    struct kept_event *takes, *takes_last; /* an object's: not yet given back, in their order */
};

/* All-zero but for `texts` is the empty one. */
struct kept {
    uint64_t texts; /* ring_texts() */
    struct kept_event *first, *last;
    struct kept_event *spare;                  /* dropped ones without texts, to be used again */
    uint64_t lines;                            /* events in the list */
    uint64_t tasks, nurseries, scopes, others; /* things that are alive */
    uint64_t ids;                              /* the highest id that was ever made */
    struct idmap things;
    bool failed; /* there was no memory: it is not complete */
};

/* Takes the next event. */
void kept_add(struct kept *kept, const struct tutti_trace_event *event);
/* Makes it empty again and frees everything. */
void kept_free(struct kept *kept);

#endif
