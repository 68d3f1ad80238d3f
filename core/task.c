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
    run_looked();
    return task->id;
}

uint64_t tutti_task_path(const struct tutti_task *task)
{
    return task->path;
}

struct tutti_task *tutti_task_parent(const struct tutti_task *task)
{
    if (task->nursery) return task->nursery->task;
    return task->kept ? task->above : NULL;
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

struct tutti_task *tutti_task_root(void)
{
    struct tutti_task *task = run_current ? run_current->all_first : NULL;
    return task && !task->nursery && !task->system ? task : NULL;
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
