/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/starting.h"

#include "tutti/core/run_priv.h"

/* The starting call: on its caller's stack. */
struct tutti_starter {
    struct tutti_nursery nest; /* where the task lives until it is ready */
    intptr_t value;            /* what it said */
    bool said, moved;          /* it said it; and it is the target's now */
};

/* What the task gets as its copied argument. */
struct start_plan {
    struct tutti_starting starting;
    int (*fn)(struct tutti_starting *starting, void *arg);
    void *arg;
};

static int start_run(void *arg)
{
    struct start_plan *plan = arg;
    return plan->fn(&plan->starting, plan->arg);
}

/* The task, and the scopes it has open, go over to the target (R38). */
static void start_move(struct run *run, struct tutti_starting *starting)
{
    struct tutti_starter *starter = starting->starter;
    struct tutti_nursery *target = starting->target;
    struct tutti_task *task = starting->task;
    TUTTI_ASSERT(starter->nest.children == 1 && target->pending > 0);
    starter->moved = true;
    task->starting = NULL;
    if (TOUCHES(run)) touch_move(run, &starter->nest, target);
    task_move(task, target);
    target->pending--; /* its place is its own now */
    EMIT(run, TASK_MOVE, .task = task->id, .obj = target->object.id);
    scope_move_all(run, &starter->nest.scope, &target->scope);
    if (target->scope.effective && task->scope == &target->scope) park_cancel(run, task);
    nursery_poke(run, &starter->nest);
}

int tutti_started_at(struct tutti_starting *starting, intptr_t value, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (!starting) return 0;
    if (starting->said) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "this task said that it is ready before, at %s:%u",
                              starting->said->file, starting->said->line);
    }
    starting->said = site;
    starting->starter->said = true;
    starting->starter->value = value;
    /* Where the call is cancelled the task stays below it: that is who waits for it now. */
    if (!starting->starter->nest.scope.effective) start_move(run, starting);
    return 0;
}

/* Starts the task in a nursery of this call's own, and waits until it is out of that. */
static int start_and_wait(struct run *run, struct tutti_starter *starter,
                          const struct task_plan *plan)
{
    int rc = tutti_nursery_open_at(&starter->nest, "starting", plan->site);
    if (rc < 0) return rc;
    struct tutti_task *task = task_start(run, &starter->nest, plan);
    if (task) {
        struct start_plan *its = task->arg;
        its->starting.task = task;
        task->starting = &its->starting;
    }
    run->current->cancel_points++; /* a cancellation comes by way of the task */
    rc = tutti_nursery_close_at(&starter->nest, 0, plan->site);
    if (!task) {
        return tutti_error_at(plan->site, false, TUTTI_ENOMEMORY, "no memory for another task");
    }
    if (rc < 0 || starter->said) return rc;
    return tutti_error_at(plan->site, false, TUTTI_ESTATE,
                          "task \"%s\" ended without saying that it is ready (tutti_started)",
                          plan->name);
}

int tutti_nursery_start_ready_at(struct tutti_nursery *nursery, const char *name,
                                 int (*fn)(struct tutti_starting *starting, void *arg), void *arg,
                                 intptr_t *value, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_starter starter = {.said = false};
    int rc = nursery_start_check(nursery, name, fn != NULL, 0, site);
    if (rc < 0) return rc;
    rc = nursery_take_place(run, nursery, site);
    if (rc < 0) return rc;
    struct start_plan mine = {{.target = nursery, .starter = &starter}, fn, arg};
    const struct task_plan plan = {.name = name,
                                   .fn = start_run,
                                   .arg = &mine,
                                   .copy_size = sizeof mine,
                                   .site = site,
                                   .lineage = nursery};
    rc = start_and_wait(run, &starter, &plan);
    if (!starter.moved) {
        nursery->pending--;
        nursery_poke(run, nursery);
    }
    if (rc >= 0 && value) *value = starter.value;
    return rc;
}
