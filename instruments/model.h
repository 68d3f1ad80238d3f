/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/model.h - the state of a run, made from its events: all tasks, nurseries, scopes and
 * objects as they were after the event applied last.
 *
 * It takes what it gets: rules between events are tutti_trace_check()'s business, and an id that
 * was never made is no thing. Texts belong to the model. None of these functions is a checkpoint.
 */
#ifndef TUTTI_INSTRUMENTS_MODEL_H
#define TUTTI_INSTRUMENTS_MODEL_H

#include "tutti/instruments/read.h"

TUTTI_BEGIN

enum tutti_thing_kind {
    TUTTI_THING_TASK,
    TUTTI_THING_NURSERY,
    TUTTI_THING_SCOPE,
    TUTTI_THING_OBJECT /* also an operation of the world, by the name of its kind */
};

enum tutti_task_state {
    TUTTI_TASK_NEW, /* made; traces below level 3 tell no more until it exits */
    TUTTI_TASK_READY,
    TUTTI_TASK_RUNNING,
    TUTTI_TASK_WAITING,
    TUTTI_TASK_EXITED
};

struct tutti_thing_task {
    enum tutti_task_state state;
    uint64_t parent;          /* who started it */
    const char *op;           /* waiting or just woken: the call it is in; NULL before the first */
    const char *op_at;        /* where, "file.c:12"; NULL unknown */
    const char *stack;        /* the functions on its stack; NULL unknown: see task.stack */
    uint64_t object;          /* what it waits for; 0 nothing that has an id */
    int64_t since_ns;         /* when the state began */
    int64_t until_ns;         /* its timer; TUTTI_NEVER: none */
    uint64_t steps;           /* steps begun */
    uint64_t checkpoints;     /* as it said last */
    enum tutti_ready_why why; /* why it was woken last */
    uint64_t by;              /* and by whom; 0 the runtime */
    enum tutti_outcome outcome; /* exited: how */
    int64_t error;              /* exited: its code */
};
struct tutti_thing_nursery {
    uint64_t scope;
    uint32_t alive;             /* children that did not exit */
    enum tutti_outcome outcome; /* once closed */
};
struct tutti_thing_scope {
    uint64_t parent, nursery; /* nursery: whose scope it is; 0 a plain one */
    int64_t until_ns;
    bool shield, cancelled, caught;
    bool asked;                /* to finish */
    enum tutti_cancel_why why; /* cancelled: its first cause, by whom, when and where */
    uint64_t by;
    int64_t cancelled_ns;
    const char *cancelled_at;
};
/* A task that has an object, once for each time it took it. */
struct tutti_holder {
    uint64_t task;
    int64_t since_ns;
};
struct tutti_thing_object {
    enum tutti_object_kind kind;
    bool is_io;                   /* an operation of the world */
    struct tutti_holder *holders; /* in order of taking: by lock, read, borrow, acquire or try */
    uint32_t holders_count, holders_room;
    int64_t queue; /* as told by the last effect on it */
};

struct tutti_thing {
    uint64_t id;
    enum tutti_thing_kind kind;
    bool gone;                 /* exited, closed or freed */
    const char *name;          /* "" when it has none */
    const char *at;            /* where it was made; NULL unknown */
    struct tutti_thing *owner; /* a task's nursery; of the others the task that made it; or NULL */
    struct tutti_thing *first, *last, *beside; /* what it owns, in order of creation */
    struct tutti_thing *next;                  /* the next of all, in order of creation */
    union {
        struct tutti_thing_task task;
        struct tutti_thing_nursery nursery;
        struct tutti_thing_scope scope;
        struct tutti_thing_object object;
    };
};

struct tutti_model {
    struct tutti_thing *first, *last; /* all that was ever made */
    struct tutti_thing *running;      /* the task whose step it is, or NULL */
    uint64_t n;                       /* the event applied last */
    int64_t now_ns;
    uint64_t steps, choices, tasks;
    bool ended;
    bool sofar; /* a flight recorder's file ended before the run did: it went on, or panicked */
    enum tutti_outcome outcome; /* ended: how */
    const char *warning;        /* the last warning's text; NULL none */
    const char *warning_at;
    enum tutti_warn_kind warning_kind;
    struct tutti_model_tables *tables; /* the model's own */
};

/* Makes an empty model, to be freed. Returns 0 or TUTTI_ENOMEMORY. */
TUTTI_API TUTTI_MUST_USE int tutti_model_open(struct tutti_model **model);
/* Applies one line; unknown events only count. Returns 0 or TUTTI_ENOMEMORY. */
TUTTI_API TUTTI_MUST_USE int tutti_model_apply(struct tutti_model *model,
                                               const struct tutti_trace_record *record);
/* The thing of an id; NULL: none was made with it. */
TUTTI_API struct tutti_thing *tutti_model_find(const struct tutti_model *model, uint64_t id);
/* The same, to tell how it is called: in a model made by instruments/history.h also a thing that is
 * gone and was not kept. What else the thing says is then of the end of the trace. */
TUTTI_API const struct tutti_thing *tutti_model_named(const struct tutti_model *model, uint64_t id);
/* Frees it and all that came from it; NULL is allowed. */
TUTTI_API void tutti_model_close(struct tutti_model *model);

TUTTI_END
#endif
