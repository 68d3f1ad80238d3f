/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/forecast.h - what the next step of a task will touch, as far as one can know before: what the
 * step of that number of that task touched in the runs before; of one that was never seen, what the
 * task's last step did. A guess: a task may do something else when it is another's turn before.
 *
 * For strategies that go by chance and want to know which steps have to do with one another. They
 * must be asked before every step, for which a picker has a footprint (core/access.h).           */
#ifndef TUTTI_SIM_FORECAST_H
#define TUTTI_SIM_FORECAST_H

#include "tutti/core/access.h"
#include "tutti/sim/picker.h"

TUTTI_BEGIN

enum {
    /* Tasks, timers and cancellers that are known apart; of those that come later nothing is. */
    TUTTI_FORECAST_ACTORS = 256,
    TUTTI_FORECAST_STEPS = 1 << 13, /* steps that are remembered */
    TUTTI_FORECAST_SLOTS = 2 * TUTTI_FORECAST_STEPS,
    TUTTI_FORECAST_OBJECTS = 8,   /* objects of a step; what it touches besides is forgotten */
    TUTTI_FORECAST_ACCESSES = 256 /* accesses of a step that are looked at */
};

/* What a step touches: objects, by their keys; the lowest bit says that it is written. */
struct tutti_forecast_step {
    uint64_t who; /* a hash of the actor and the number of the step */
    uint64_t objects[TUTTI_FORECAST_OBJECTS];
    uint32_t count;
    uint32_t actor; /* whose it is */
};

/* A task, a timer or a canceller. */
struct tutti_forecast_actor {
    uint64_t key;                    /* tutti_candidate_key */
    uint32_t steps;                  /* in this run */
    struct tutti_forecast_step last; /* in this run */
};

/* Large: not for a stack. */
struct tutti_forecast {
    struct tutti_footprint footprint; /* of the step at hand */
    struct tutti_access accesses[TUTTI_FORECAST_ACCESSES];
    struct tutti_forecast_actor *moving; /* whose step is being made; NULL: nobody's, or unknown */
    uint32_t actors_count;
    uint32_t steps_count;
    struct tutti_forecast_actor actors[TUTTI_FORECAST_ACTORS];
    uint16_t slots[2 * TUTTI_FORECAST_ACTORS]; /* by key: index in actors + 1; 0: free */
    struct tutti_forecast_step steps[TUTTI_FORECAST_STEPS];
    uint16_t step_slots[TUTTI_FORECAST_SLOTS]; /* likewise */
};

/* Readies it: it knows nothing. */
TUTTI_API void tutti_forecast_init(struct tutti_forecast *forecast);
/* Has the picker, which is ready, asked before each step, and footprints noted. */
TUTTI_API void tutti_forecast_watch(struct tutti_forecast *forecast, struct tutti_picker *picker);
/* A run begins. */
TUTTI_API void tutti_forecast_begin(struct tutti_forecast *forecast);
/* Before a step: notes what the one before it touched, if one was made. That step, or NULL. */
TUTTI_API const struct tutti_forecast_step *tutti_forecast_note(struct tutti_forecast *forecast);
/* The candidate that is taken now. */
TUTTI_API void tutti_forecast_take(struct tutti_forecast *forecast,
                                   const struct tutti_candidate *candidate);
/* The actor that a candidate is; NULL: there are too many. */
TUTTI_API struct tutti_forecast_actor *
tutti_forecast_actor(struct tutti_forecast *forecast, const struct tutti_candidate *candidate);
/* What the actor's next step will touch; NULL: nobody knows. */
TUTTI_API const struct tutti_forecast_step *
tutti_forecast_next(struct tutti_forecast *forecast, const struct tutti_forecast_actor *actor);
/* Do both touch the same object, one of them writing? */
TUTTI_API bool tutti_forecast_conflict(const struct tutti_forecast_step *a,
                                       const struct tutti_forecast_step *b);

TUTTI_END
#endif
