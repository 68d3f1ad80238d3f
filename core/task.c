/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/task.h"

#include <stdio.h>

#include "tutti/core/run_priv.h"

#include "tutti/core/starting.h"

void task_tell_ready(struct run *run, const struct tutti_task *task, uint64_t obj)
{
    EMIT(run, TASK_READY, .task = task->id, .code = task->wake_why,
         .by = run->current ? run->current->id : 0, .obj = obj);
    (void)task, (void)obj;
}

/* The first half of yield. */
static inline void note_yield(struct run *run, struct tutti_task *task, const char *op,
                              struct tutti_object *object, const struct tutti_site *site,
                              bool looks)
{
    task->op = op;
    task->object = object;
    task->site = site;
    task->since_ns = run->now_ns;
    task->schedule_points++;
    task->wake_result = 0;
    task->looks = looks;
}

/* The same, while somebody listens. */
static TUTTI_NOINLINE int yield_told(struct run *run, struct tutti_task *task)
{
    EMIT(run, TASK_PARK, .task = task->id, .name = task->op,
         .obj = task->object ? task->object->id : 0, .arg = TUTTI_NEVER,
         .count = (uint32_t)task->cancel_points, .site = task->site);
    task_ready(run, task, TUTTI_READY_YIELD, 0);
    return run_switch(run, task);
}

/* A schedule point that is no wait: the task stays ready. */
static inline int yield(struct run *run, struct tutti_task *task)
{
    if (TUTTI_UNLIKELY(run->events)) return yield_told(run, task);
    task->state = TASK_READY;
    task->wake_why = TUTTI_READY_YIELD;
    queue_push(run->wakes_go, task);
    return run_switch(run, task);
}

/* Lets others run, cancelled or not; returns 0. */
int task_yield(struct run *run, struct tutti_task *task, const char *op,
               struct tutti_object *object, const struct tutti_site *site)
{
    note_yield(run, task, op, object, site, false);
    return yield(run, task);
}

int tutti_checkpoint_at(const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    task->cancel_points++;
    /* It is looked after the yield, so that a deadline that has just passed is seen (R8). */
    note_yield(run, task, "checkpoint", NULL, site, true);
    return yield(run, task);
}

int task_result(struct run *run, struct tutti_task *task)
{
    bool cancelled = task->wake_why == TUTTI_READY_YIELD ? task->looks && task->scope->effective
                                                         : task->wake_why == TUTTI_READY_CANCEL;
    if (cancelled) return task_cancelled(run, task, task->op, task->site);
    return task->wake_result >= 0 ? task->wake_result : error_bare(run, task->wake_result);
}

/* A cancellation surfaces in the running task: told, and marked for the scopes on its way. */
int task_cancelled(struct run *run, struct tutti_task *task, const char *op,
                   const struct tutti_site *site)
{
    const struct tutti_scope *source = task->scope->source;
    task->scope->reached = true;
    EMIT(run, TASK_CANCELLED, .task = task->id, .obj = source ? source->id : 0, .name = op,
         .site = site);
    (void)source, (void)op, (void)site;
    return TUTTI_ECANCELED;
}

struct tutti_task *tutti_task_self(void)
{
    return run_current ? run_current->current : NULL;
}

bool tutti_in_run(void)
{
    return run_current != NULL;
}

bool tutti_in_task(void)
{
    return tutti_task_self() != NULL;
}

const char *tutti_task_name(const struct tutti_task *task)
{
    return task->name;
}

uint64_t tutti_task_id(const struct tutti_task *task)
{
    return task->id;
}

uint64_t tutti_task_path(const struct tutti_task *task)
{
    return task->path;
}

struct tutti_task *tutti_task_parent(const struct tutti_task *task)
{
    return task->nursery ? task->nursery->task : NULL;
}

void tutti_task_set_daemon_at(bool daemon, const struct tutti_site *site)
{
    run_require_task(site)->current->daemon = daemon;
}

bool tutti_task_is_daemon(const struct tutti_task *task)
{
    return task->daemon;
}

struct tutti_nursery *tutti_task_nursery(const struct tutti_task *task)
{
    return task->nursery;
}

struct tutti_nursery *tutti_task_nursery_to_be(const struct tutti_task *task)
{
    return task->starting ? task->starting->target : NULL;
}

struct tutti_nursery *tutti_task_innermost_nursery(const struct tutti_task *task)
{
    return task->innermost;
}

struct tutti_task *tutti_task_beside(const struct tutti_task *task)
{
    return task->sibling_next;
}

struct tutti_task *tutti_task_find_at(uint64_t id, const struct tutti_site *site)
{
    struct tutti_task *task = run_require(site)->all_first;
    while (task && task->id != id)
        task = task->all_next;
    return task;
}

uint64_t tutti_task_cancel_points(const struct tutti_task *task)
{
    return task->cancel_points;
}

uint64_t tutti_task_schedule_points(const struct tutti_task *task)
{
    return task->schedule_points;
}

size_t tutti_task_path_text(const struct tutti_task *task, char *buffer, size_t size)
{
    size_t length = 0;
    if (task->parent) {
        length = tutti_task_path_text(task->parent, buffer, size);
        int more = snprintf(length < size ? buffer + length : NULL,
                            length < size ? size - length : 0, ".%u", task->ordinal);
        return length + (size_t)more;
    }
    return (size_t)snprintf(buffer, size, task->nursery ? "system.%u" : "%u", task->ordinal);
}
