/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/park.h - how a task waits: the one mechanism under every primitive.
 *
 * A task parks with a struct tutti_park on its stack that says what it is doing (operation, object,
 * until when). It may stand in several lots' queues at once, one struct tutti_waiter each. Exactly
 * one wake ends the call: somebody's tutti_wake, its time, or a cancellation. The first wake wins
 * and takes the task out of all queues, so what was handed over is never taken back. Write your own
 * primitives with it: core's are a few lines each.                                              */
#ifndef TUTTI_CORE_PARK_H
#define TUTTI_CORE_PARK_H

#include "tutti/core/event.h"

TUTTI_BEGIN

struct tutti_task;
struct tutti_park;
struct tutti_lot;

/* Something tasks wait on, as traces and reports show it. */
struct tutti_object {
    uint64_t id;   /* in order of creation; 0: not initialised */
    uint64_t path; /* hash of its creation path: the same in every run that makes it alike */
    enum tutti_object_kind kind;
    const char *name;              /* the caller's text, kept and not copied; may be NULL */
    const struct tutti_site *site; /* where it was made */
    struct tutti_task *holder;     /* who has it now, for reports; may be NULL */
};

/* A place in a lot's queue. On the waiting task's stack; filled by tutti_lot_join. */
struct tutti_waiter {
    struct tutti_waiter *next, *prev;
    struct tutti_lot *lot; /* NULL once out of the queue */
    struct tutti_park *park;
    struct tutti_waiter *other; /* the same task's next place */
    void *data, *more;          /* the primitive's own: what to hand over, or where to */
    uint32_t *count;            /* core's own: less by one when the place is left; or NULL */
};

/* A queue of waiting tasks, served first come first served. In the object it belongs to. */
struct tutti_lot {
    struct tutti_object object;
    struct tutti_waiter *first, *last;
    uint32_t count;
    uint32_t breaks;    /* how often it was broken (core/lot_break.h); 0: it works */
    uint64_t broken_by; /* the task that broke it first; 0: none did */
};

enum tutti_abort {
    TUTTI_ABORTED,    /* it stopped waiting: the call returns TUTTI_ECANCELED */
    TUTTI_ABORT_LATER /* it goes on: some wake will still come */
};

/* One blocking call. On the calling task's stack. */
struct tutti_park {
    const char *op;              /* "lock.acquire"; static */
    struct tutti_object *object; /* what for; may be NULL */
    int64_t until_ns;            /* wakes by itself then, with `timeout`; TUTTI_NEVER: does not */
    int timeout;                 /* what tutti_park returns then */
    /* Called at most once, in the context of whoever cancels, when a cancellation reaches the
     * task; one that waits or yields panics. NULL: leave all queues, TUTTI_ABORTED.           */
    enum tutti_abort (*abort)(struct tutti_park *park);
    void *context; /* for abort */
    bool shielded; /* no cancellation ends it: abort is not called, the call is no cancel point */
    const struct tutti_site *site;
    /* Filled by the mechanism. */
    struct tutti_task *task;
    struct tutti_waiter *waiters; /* its places in queues */
    struct tutti_waiter *winner;  /* the place it was woken from, or NULL */
    bool tried;                   /* abort was called */
};

#define TUTTI_PARK_INIT(op_, object_, site_)                                                       \
    {                                                                                              \
        .op = (op_), .object = (object_), .until_ns = TUTTI_NEVER, .timeout = 0, .site = (site_)   \
    }

/* Makes a lot, empty, with a name that is kept. Inside a run. Not a checkpoint. */
#define tutti_lot_init(lot, name) tutti_lot_init_at(lot, name, TUTTI_HERE)
TUTTI_API void tutti_lot_init_at(struct tutti_lot *lot, const char *name,
                                 const struct tutti_site *site);

/* Puts the task that is about to park at the end of the lot's queue. A lot that was broken has no
 * queue: joining it panics, so look at lot->breaks where it may be. Not a checkpoint.           */
TUTTI_API void tutti_lot_join(struct tutti_lot *lot, struct tutti_park *park,
                              struct tutti_waiter *waiter, void *data);

/* Waits until woken: returns what the waker gave, park->timeout at its time, or TUTTI_ECANCELED.
 * When the task is cancelled already the abort is tried at once.                                */
TUTTI_CHECKPOINT int tutti_park(struct tutti_park *park);

/* Wakes a parked task: its tutti_park returns `result`. Waking a task that is not parked panics.
 * Not a checkpoint.                                                                             */
#define tutti_wake(park, result) tutti_wake_at(park, result, TUTTI_HERE)
TUTTI_API void tutti_wake_at(struct tutti_park *park, int result, const struct tutti_site *site);

/* Wakes the task of one place of a queue; its park->winner is that place. Not a checkpoint. */
#define tutti_waiter_wake(waiter, result) tutti_waiter_wake_at(waiter, result, TUTTI_HERE)
TUTTI_API void tutti_waiter_wake_at(struct tutti_waiter *waiter, int result,
                                    const struct tutti_site *site);

/* Parks in this one lot until woken. TUTTI_EBROKEN at once when it was broken. */
#define tutti_lot_park(lot, op) tutti_lot_park_at(lot, op, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_lot_park_at(struct tutti_lot *lot, const char *op,
                                       const struct tutti_site *site);

/* Wakes the first `count` tasks of the queue; returns how many there were. Not a checkpoint. */
#define tutti_lot_unpark(lot, count) tutti_lot_unpark_at(lot, count, TUTTI_HERE)
TUTTI_API uint32_t tutti_lot_unpark_at(struct tutti_lot *lot, uint32_t count,
                                       const struct tutti_site *site);

TUTTI_END
#endif
