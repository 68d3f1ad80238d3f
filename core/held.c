/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/held.h"

#include <stdio.h>

#include "tutti/core/held_priv.h"

void held_take(struct tutti_held *held, struct tutti_task *task,
               void (*lost)(struct tutti_held *held), const struct tutti_site *site)
{
    TUTTI_ASSERT(!held->task);
    *held = (struct tutti_held){.next = task->holdings, .task = task, .site = site, .lost = lost};
    if (task->holdings) task->holdings->prev = held;
    task->holdings = held;
}

void held_drop(struct tutti_held *held)
{
    TUTTI_ASSERT(held->task);
    if (held->prev) {
        held->prev->next = held->next;
    } else {
        TUTTI_ASSERT(held->task->holdings == held);
        held->task->holdings = held->next;
    }
    if (held->next) held->next->prev = held->prev;
    held->task = NULL;
}

bool held_lives(const struct run *run, const struct tutti_task *task)
{
    const struct tutti_task *found = run->current;
    if (found == task) return true;
    for (found = run->all_first; found && found != task; found = found->all_next)
        continue;
    return found != NULL;
}

void held_task_exits(struct run *run, struct tutti_task *task)
{
    TUTTI_ASSERT(run->current == task);
    while (task->holdings) {
        struct tutti_held *held = task->holdings;
        held_drop(held);
        held->lost(held); /* which may free it */
    }
}

void held_leaked(struct run *run, const struct tutti_held *held, const struct tutti_object *object)
{
    if (!run->message[0]) {
        run->fail_site = held->site;
        snprintf(run->message, sizeof run->message,
                 "task \"%s\" #%llu ended while it held %s \"%s\"", run->current->name,
                 (unsigned long long)run->current->id, tutti_object_kind_text(object->kind),
                 object->name ? object->name : "");
    }
    EMIT(run, WARN, .code = TUTTI_WARN_LEAKED, .task = run->current->id, .obj = object->id,
         .name = "the task ended while it held this", .site = held->site);
}
