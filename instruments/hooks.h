/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/hooks.h - functions of yours at the moments of a run.
 *
 * Fill in the hooks you want and leave the others NULL: what nobody asks for is not even made. The
 * fields of the event that a hook is given are those of core/event.def for the kind named there;
 * more about a task is in core/inspect.h. A hook returns 0, or a negative code: then all hooks of
 * this struct are removed, with a diagnostic, and the run goes on. Hooks may call whatever needs no
 * task, but nothing that waits.                                                                  */
#ifndef TUTTI_INSTRUMENTS_HOOKS_H
#define TUTTI_INSTRUMENTS_HOOKS_H

#include "tutti/core/world.h"

TUTTI_BEGIN

struct tutti_hooks;

/* TUTTI_HOOK(name, KIND): the hook, and the kind of event it is called with. */
#define TUTTI_HOOKS                                                                                \
    TUTTI_HOOK(before_run, RUN_BEGIN)      /* nothing has run yet */                               \
    TUTTI_HOOK(after_run, RUN_END)         /* the last one; outcome and numbers */                 \
    TUTTI_HOOK(task_spawned, TASK_SPAWN)   /* made, in its nursery, not yet ready */               \
    TUTTI_HOOK(task_scheduled, TASK_READY) /* ready; why, and by whom */                           \
    TUTTI_HOOK(before_io_wait, LOOP_WAIT)  /* the world is about to be waited for */               \
    TUTTI_HOOK(after_io_wait, LOOP_WOKE)   /* what it had is taken in; no timer fired yet */       \
    TUTTI_HOOK(before_task_step, TASK_RUN) /* a task begins a step */                              \
    TUTTI_HOOK(after_task_step, TASK_STOP) /* the step is over, task_scheduled included */         \
    TUTTI_HOOK(task_parked, TASK_PARK)     /* it waits or yields: in which call, for what */       \
    TUTTI_HOOK(task_exited, TASK_EXIT)     /* in its last step; its nursery knows */               \
    TUTTI_HOOK(scope_entered, SCOPE_OPEN)                                                          \
    TUTTI_HOOK(scope_changed, SCOPE_SET)         /* deadline or shield, as they are now */         \
    TUTTI_HOOK(scope_exited, SCOPE_CLOSE)        /* and whether it caught something */             \
    TUTTI_HOOK(cancel_requested, SCOPE_CANCEL)   /* why, by whom, where */                         \
    TUTTI_HOOK(abort_attempted, TASK_ABORT)      /* it reached a waiting task: did that stop? */   \
    TUTTI_HOOK(cancel_delivered, TASK_CANCELLED) /* a checkpoint returned TUTTI_ECANCELED */       \
    TUTTI_HOOK(clock_jumped, CLOCK_MOVE)         /* time went on while the world was waited for */ \
    TUTTI_HOOK(choice_made, CHOICE)              /* kind, options, which one */                    \
    TUTTI_HOOK(warned, WARN)                     /* the runtime found something wrong */

/* The caller's, as long as a run may use it. */
struct tutti_hooks {
#define TUTTI_HOOK(name, KIND)                                                                     \
    int (*name)(struct tutti_hooks * hooks, const struct tutti_trace_event *event);
    TUTTI_HOOKS
#undef TUTTI_HOOK
    void *context;          /* yours */
    struct tutti_sink sink; /* filled by tutti_hooks_sink */
};

/* The sink that calls the hooks which are set now: for a world, or for a tee. Belongs to the
 * struct; setting a hook afterwards changes nothing. Not a checkpoint. */
TUTTI_API struct tutti_sink *tutti_hooks_sink(struct tutti_hooks *hooks);

TUTTI_END
#endif
