/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/inspect.h"

#include "tutti/core/run_priv.h"

const struct tutti_task *tutti_inspect_next(const struct tutti_task *task)
{
    run_looked();
    if (task) return task->all_next;
    return run_current ? run_current->all_first : NULL;
}

const struct tutti_task *tutti_inspect_find(uint64_t id)
{
    const struct tutti_task *task = NULL;
    while ((task = tutti_inspect_next(task)) && task->id != id) {
    }
    return task;
}

/* What the scopes around a task do to it. */
static void look_at_scopes(const struct tutti_task *task, struct tutti_task_view *view)
{
    view->deadline_ns = scope_deadline(task->scope);
    view->cancelled = task->scope->effective;
    if (task->scope->source) view->cancel = task->scope->source->info;
    for (const struct tutti_scope *scope = task->scope; scope; scope = scope->parent)
        view->shielded |= scope->shield;
}

static const char *const states[] = {"ready", "running", "waiting", "exited"};

/* The running task may be in the middle of parking: what it waits for is not believed yet. What
 * another one waits for is there as long as it waits. */
void tutti_inspect_brief(const struct tutti_task *task, struct tutti_task_brief *brief)
{
    bool runs = run_current && run_current->current == task;
    bool waits = task->state == TASK_PARKED && !runs;
    bool named = task->state != TASK_EXITED && task->name; /* else its record is being made */
    *brief = (struct tutti_task_brief){.id = task->id,
                                       .name = named ? task->name : "(begins or ends)",
                                       .state = runs ? "running" : states[task->state],
                                       .op = task->op,
                                       .object = waits ? task->object : NULL,
                                       .site = task->site,
                                       .sp = runs ? NULL : task->sp};
}

void tutti_inspect_task(const struct tutti_task *task, struct tutti_task_view *view)
{
    bool stopped = task->state == TASK_READY || task->state == TASK_PARKED;
    const char *here = TUTTI_FRAME;
    bool on_it = here >= task->stack.low && here < task->stack.high;
    *view = (struct tutti_task_view){.id = task->id,
                                     .path = task->path,
                                     .name = task->name,
                                     .state = states[task->state],
                                     .parent = task->parent,
                                     .nursery = task->nursery ? task->nursery->object.id : 0,
                                     .system = task->system,
                                     .stopped = stopped,
                                     .op = task->op,
                                     .object = stopped ? task->object : NULL,
                                     .site = task->site,
                                     .started = task->started,
                                     .since_ns = task->since_ns,
                                     .until_ns = task->park ? task->park->until_ns : TUTTI_NEVER,
                                     .scopes = task->depth,
                                     .steps = task->steps,
                                     .sp = on_it ? NULL : task->sp,
                                     .stack_low = task->stack.low,
                                     .stack_high = task->stack.high};
    look_at_scopes(task, view);
}

int64_t tutti_inspect_now(void)
{
    return run_current ? run_current->now_ns : 0;
}
