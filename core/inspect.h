/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/inspect.h - looking at the tasks of a run, from inside or between the steps of a loop.
 *
 * Nothing here changes a run; nothing is a checkpoint. Texts and places are valid while the task
 * lives. Dumps are made with it (instruments/dump.h).                                           */
#ifndef TUTTI_CORE_INSPECT_H
#define TUTTI_CORE_INSPECT_H

#include "tutti/core/scope.h"
#include "tutti/core/task.h"

TUTTI_BEGIN

/* What a task is and does. */
struct tutti_task_view {
    uint64_t id, path;
    const char *name;
    const char *state;                 /* "ready", "running", "waiting", "exited" */
    const struct tutti_task *parent;   /* whose nursery it lives in; NULL: main, or the runtime's */
    uint64_t nursery;                  /* that nursery's id; 0: none */
    bool system;                       /* the runtime's own */
    bool stopped;                      /* ready or waiting: in the call named next */
    const char *op;                    /* the call in which it stopped last */
    const struct tutti_object *object; /* what for; NULL: nothing */
    const struct tutti_site *site;     /* where; may be NULL */
    const struct tutti_site *started;  /* where it was started; may be NULL */
    int64_t since_ns;                  /* since when */
    int64_t until_ns;                  /* waiting: its timer; TUTTI_NEVER: none */
    int64_t deadline_ns;               /* as tutti_effective_deadline says */
    uint32_t scopes;                   /* its own open scopes and nurseries */
    bool shielded;                     /* one of the scopes around it is a shield */
    bool cancelled;                    /* it is in a cancelled scope */
    struct tutti_cancel_info cancel;   /* cancelled: why, by whom, when, where */
    uint64_t steps;
    /* The saved stack pointer, for unwinders: what lies there is in context_*.S. NULL: there is
     * none, because the caller stands on this task's stack. */
    const void *sp;
    const void *stack_low, *stack_high; /* its stack */
};

/* The task after `task` in order of creation, NULL: the first; NULL when there is no other, and
 * outside a run.                                                                                */
TUTTI_API const struct tutti_task *tutti_inspect_next(const struct tutti_task *task);
/* The live task with this id; NULL: none has it. */
TUTTI_API const struct tutti_task *tutti_inspect_find(uint64_t id);
/* Describes a task of the run. */
TUTTI_API void tutti_inspect_task(const struct tutti_task *task, struct tutti_task_view *view);

/* The little of a task that can be read at any instant of its run: for a signal handler of the
 * run's thread that wants last words (instruments/dump.h). Texts end with NUL and are there. */
struct tutti_task_brief {
    uint64_t id;
    const char *name;
    const char *state, *op;            /* as above; op is the call it stopped in last */
    const struct tutti_object *object; /* waiting: what for; NULL: nothing, or not known now */
    const struct tutti_site *site;     /* may be NULL */
    const void *sp;                    /* its saved stack pointer; NULL while it runs */
};
/* Describes a task in brief. Async-signal-safe, as tutti_inspect_next is. */
TUTTI_API void tutti_inspect_brief(const struct tutti_task *task, struct tutti_task_brief *brief);

/* The run's time as of its last look at the clock: for reports. 0 outside a run. */
TUTTI_API int64_t tutti_inspect_now(void);

TUTTI_END
#endif
