/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/world.h - the five doors of a run: clock, io, pick, alloc, sink.
 *
 * Everything that can differ between two runs of one program comes in by clock, io, pick or alloc;
 * everything a run tells goes out by sink. The same program with the same answers at its doors does
 * the same, byte for byte of its trace. A world is a value: make your own by filling these structs;
 * each door may embed its struct as the first member of something larger. */
#ifndef TUTTI_CORE_WORLD_H
#define TUTTI_CORE_WORLD_H

#include "tutti/core/access.h"
#include "tutti/core/event.h"
#include "tutti/core/limits.h"

TUTTI_BEGIN

struct tutti_op;    /* an operation of the world: core/op.h */
struct tutti_token; /* a way in from outside: core/token.h */

/* What time it is: ns since the clock began. Never goes back. Read once a pass of the loop. */
struct tutti_clock {
    int64_t (*now)(struct tutti_clock *clock);
};

/* How a program reaches the outside. */
enum { TUTTI_IO_DONE = 1, TUTTI_IO_PENDING = 0 };
struct tutti_io {
    /* Begins `op`. TUTTI_IO_DONE: op->result is set and wait() will not return it.
     * TUTTI_IO_PENDING: wait() returns it exactly once, later.                               */
    int (*start)(struct tutti_io *io, struct tutti_op *op);
    /* Asks a pending op to end. It still completes exactly once, by wait(); if it had a result
     * already, that wins over TUTTI_ECANCELED.                                               */
    void (*stop)(struct tutti_io *io, struct tutti_op *op);
    /* Sleeps until the clock shows until_ns (TUTTI_NEVER: no bound), an op is complete or wake()
     * is called; until_ns in the past only looks. Returns the completed ops, linked by op->next,
     * in the order they are to be taken; NULL: none.                                         */
    struct tutti_op *(*wait)(struct tutti_io *io, int64_t until_ns);
    /* Ends the present wait, or the next one. Safe from other threads and signal handlers. */
    void (*wake)(struct tutti_io *io);
    /* The run has ended. Operations that are still pending are of tasks that were dropped: their
     * memory is not to be touched again. Objects that are still open are closed; returns how many
     * there were. NULL: nothing is ever pending or open.                                     */
    uint32_t (*end)(struct tutti_io *io);
    /* At each look of the run at a token: how many of its posts it is to see, at most as many as
     * tutti_token_waiting(token); may wait for more. NULL: it sees all. For worlds that record what
     * comes from outside, or repeat it.                                                      */
    uint32_t (*posts)(struct tutti_io *io, const struct tutti_token *token);
};

/* A candidate of a choice of kind run: who could take the next step. */
struct tutti_candidate {
    uint64_t id;   /* as in the trace: the task's, or the scope's */
    uint64_t path; /* hash of its creation path: the same in every run that makes it alike */
    enum tutti_candidate_what what;
    /* cancel: 1 + the number, in this choice, of the canceller of the next scope around this one
     * whose cancellation would reach into it; 0: there is none */
    uint32_t outer;
};
struct tutti_choice {
    enum tutti_choice_kind kind;
    uint32_t of;                              /* options, 2 or more; 0 is the plain run's */
    const struct tutti_candidate *candidates; /* kind run: `of` of them; else NULL */
    uint64_t path;                            /* other kinds: the path of the asking task */
    uint64_t last; /* step mode, kind run: the path of the task that took the last step; 0: none */
};

/* Answer of pick(): drop this run here, without unwinding. */
#define TUTTI_PICK_STOP UINT32_MAX

/* Who decides where several things are possible. No picker: option 0, always. */
struct tutti_pick {
    uint32_t mask; /* kinds of choice it wants to be asked for: bits 1 << enum tutti_choice_kind */
    /* Step mode: asked before each step, over all ready tasks and pseudo-tasks. Otherwise batch
     * mode: all tasks ready when a pass begins run once, then I/O and deadlines are looked at. */
    bool step;
    bool cancel_nurseries; /* cancellers for the scopes of nurseries too, not only for others */
    uint32_t cancels_max;  /* step mode: how many scopes a run's cancellers may cancel */
    uint32_t lags_max;     /* step mode: how often a timer may fire early, while tasks are ready */
    bool access_points;    /* step mode: accesses that tracked objects make are schedule points */
    /* Step mode: where to note what each step touches (core/access.h); NULL: nowhere. Then it is
     * asked before each step, also if there is only one candidate, which counts as no choice.  */
    struct tutti_footprint *footprint;
    /* Which option? Less than choice->of, or TUTTI_PICK_STOP. */
    uint32_t (*pick)(struct tutti_pick *pick, const struct tutti_choice *choice);
};

/* Where memory comes from, in the manner of realloc. May fail: returns NULL, `old` stays. */
struct tutti_alloc {
    void *(*resize)(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size);
};

/* Who listens. */
struct tutti_sink {
    uint64_t mask; /* kinds of event wanted: bits TUTTI_EVENT_BIT(NAME) */
    /* Takes one event; it is valid during the call only. Negative: the sink is broken and is not
     * called again; the run goes on.                                                         */
    int (*event)(struct tutti_sink *sink, const struct tutti_trace_event *event);
    /* The world is about to sleep, or the run is over: time to write. May be NULL. */
    void (*idle)(struct tutti_sink *sink);
};

/* What tasks of one name (that of their function, unless they were given one) needed of their
 * stacks. The last of TUTTI_STACK_USES_MAX stands for all names that came later.                */
struct tutti_stack_use {
    char name[TUTTI_NAME_MAX];
    uint64_t tasks; /* that ended */
    size_t bytes;   /* the most one of them used, its record and copied argument included */
    size_t size;    /* of the stack it used them of */
};

struct tutti_options;

/* The mask of the calling thread's run's sink is not what it was: look at it again. For sinks that
 * hand on to others (instruments/tee.h). In a signal handler of the run's thread, too, but then it
 * may be too late or undone by what it interrupted: do it again until an event comes. Outside a run
 * it does nothing. Not a checkpoint. */
TUTTI_API void tutti_sink_changed(void);

/* Settings of a run. All-zero means the defaults. */
struct tutti_options {
    size_t stack_size;  /* bytes of a task's stack; 0: TUTTI_STACK_SIZE_DEFAULT */
    uint64_t steps_max; /* the run ends with TUTTI_ELIMIT after so many steps; 0: never */
    const char *name;   /* of the first task, for traces and reports; NULL: "main" */
    bool shuffle;       /* without a picker: the order inside each pass is shuffled, by the seed */
    uint64_t seed;      /* for shuffle; the same seed gives the same orders */
    /* Not NULL: is told, when the run ends, how much of their stacks the tasks needed. Filling and
     * looking through each stack costs time and touches all of it.                           */
    void (*stack_report)(const struct tutti_options *options, const struct tutti_stack_use *uses,
                         uint32_t count);
    bool keep_stacks; /* keep the stacks for the thread's next run (for many short runs) */
    bool quiet;       /* do not print the report of an error nobody handled */
    /* Called at a deadlock, after the report, while all tasks are still there; NULL: nothing is.
     * The place for tutti_dump_print (instruments/dump.h).                                       */
    void (*deadlock)(void);
};

struct tutti_world {
    struct tutti_clock *clock;
    struct tutti_io *io;
    struct tutti_pick *pick;             /* NULL: option 0 always, batch mode */
    struct tutti_alloc *alloc;           /* NULL: malloc's */
    struct tutti_sink *sink;             /* NULL: nobody listens */
    const struct tutti_options *options; /* NULL: defaults */
    /* There are other threads or signal handlers: while a token is open (core/token.h) something
     * may come although the run itself waits for ever, so that is no deadlock. */
    bool outside;
    int error; /* negative: why this world cannot be used; tutti_run returns it */
};

/* Runs main(arg) as the first task, and all tasks started below it, until none is left; returns
 * what main returned, or why the run ended otherwise: TUTTI_EDEADLOCK, TUTTI_ECHECK, TUTTI_ELEAK,
 * TUTTI_ELIMIT, TUTTI_EABANDONED, TUTTI_EINTERNAL (a system task failed). An error is printed to
 * standard error with its record (core/error.h) unless options->quiet. One run a thread at a time:
 * a second one inside it is TUTTI_ESTATE. `world` stays the caller's and must outlive the call. Not
 * for use in a task.   */
TUTTI_API TUTTI_MUST_USE int tutti_run(const struct tutti_world *world, int (*main)(void *arg),
                                       void *arg);

/* What the last run of this thread did. */
struct tutti_run_stats {
    enum tutti_outcome outcome;
    uint64_t steps;                  /* steps of tasks */
    uint64_t choices;                /* choices with two options or more that were asked */
    uint64_t tasks;                  /* tasks started */
    uint32_t cancels;                /* scopes its cancellers cancelled */
    uint32_t lags;                   /* timers that fired early */
    const struct tutti_site *site;   /* where it failed, if that is known */
    enum tutti_cancel_why cancelled; /* why the whole run was; TUTTI_CANCEL_NOT: it was not */
    uint64_t waits;    /* deadlock: a hash of the set of operations, kinds of object and places that
                        * tasks wait in, however many wait in each */
    char message[256]; /* the first line of the error's report; empty if there was none */
};
TUTTI_API void tutti_run_last(struct tutti_run_stats *stats);

TUTTI_END
#endif
