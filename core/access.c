/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What steps touch. All of this is out of the way: nothing here is called without a footprint. */
#include "tutti/core/access.h"

#include "tutti/core/run_priv.h"

void touch(struct run *run, uint64_t path, uint64_t part, enum tutti_access_mode mode)
{
    tutti_access_note(run->footprint, tutti_access_key(path, part), mode);
}

/* What a wait of this task's is guarded by, for whoever ends it. */
void touch_wait(struct run *run, const struct tutti_task *task, enum tutti_access_mode mode)
{
    touch(run, task->path, TUTTI_PART_WAIT + (uint32_t)task->schedule_points, mode);
}

/* The step looks whether it is cancelled: at all scopes from this one on, up to a shield. */
void touch_chain(struct run *run, const struct tutti_scope *scope)
{
    for (; scope; scope = scope->parent) {
        touch(run, scope->path, TUTTI_PART_STATE, TUTTI_ACCESS_READ);
        if (scope->shield) break;
    }
}

/* A canceller fires. It could not have before its scope was entered. */
void touch_canceller(struct run *run, const struct tutti_scope *scope)
{
    touch(run, scope->path, TUTTI_PART_OPENED, TUTTI_ACCESS_GUARD);
    touch(run, 0, TUTTI_PART_BUDGET, TUTTI_ACCESS_ADD);
    touch(run, 0, TUTTI_PART_CLOCK, TUTTI_ACCESS_READ);
}

/* A step begins. After a wait: it could not come before that ended. After the first: whether it was
 * cancelled until here is decided, if not by a look then by who ended the wait.                  */
void touch_begin(struct run *run, const struct tutti_task *task)
{
    run->footprint->stack_low = task->stack.low;
    run->footprint->stack_high = task->stack.high;
    if (task->wake_why != TUTTI_READY_YIELD) touch_wait(run, task, TUTTI_ACCESS_GUARD);
    if (task->wake_why != TUTTI_READY_SPAWN) touch_chain(run, task->scope);
}

/* A scope is closed. Whether it absorbs depends on what is around it if it was cancelled itself. */
void touch_close(struct run *run, const struct tutti_scope *scope)
{
    touch(run, scope->path, TUTTI_PART_STATE, TUTTI_ACCESS_WRITE);
    if (scope->cancelled && !scope->shield) touch_chain(run, scope->parent);
}

/* A task joins a lot's queue. Whether it waits for an event cannot be seen by anybody. */
void touch_join(struct run *run, const struct tutti_lot *lot)
{
    const struct tutti_object *object = &lot->object;
    if (!object->path) return;
    switch (object->kind) {
    case TUTTI_OBJECT_EVENT: /* it is counted by nothing but statistics */
        touch(run, object->path, TUTTI_PART_TAIL, TUTTI_ACCESS_ADD);
        break;
    case TUTTI_OBJECT_CHAN: /* its own rule */
        break;
    case TUTTI_OBJECT_LOCK:
        touch(run, object->path, TUTTI_PART_TAIL, TUTTI_ACCESS_WRITE);
        break;
    default:
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_WRITE);
    }
}

/* A place in a queue is given up, for another reason than being served. */
void touch_leave(struct run *run, const struct tutti_lot *lot)
{
    const struct tutti_object *object = &lot->object;
    if (!object->path) return;
    switch (object->kind) {
    case TUTTI_OBJECT_EVENT:
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_READ);
        touch(run, object->path, TUTTI_PART_TAIL, TUTTI_ACCESS_ADD);
        break;
    case TUTTI_OBJECT_LOCK:
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_WRITE);
        touch(run, object->path, TUTTI_PART_TAIL, TUTTI_ACCESS_WRITE);
        break;
    case TUTTI_OBJECT_CHAN:
        touch(run, object->path, TUTTI_PART_ALL, TUTTI_ACCESS_WRITE);
        break;
    default:
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_WRITE);
    }
}

/* A task is started in a nursery. Those who wait for its children's ends wait for nothing else, as
 * long as only its opener and its children start any: who is not may come after the end.       */
void touch_start(struct run *run, const struct tutti_task *task, struct tutti_nursery *nursery)
{
    touch(run, task->parent ? task->parent->path : 2, TUTTI_PART_STARTS, TUTTI_ACCESS_WRITE);
    touch_wait(run, task, TUTTI_ACCESS_WRITE);
    run->footprint->changes++; /* it has a stack */
    if (!nursery) return;
    const struct tutti_task *starter = run->current;
    while (starter && starter != nursery->task && starter->nursery != nursery) {
        starter = tutti_task_parent(starter);
    }
    if (!starter) nursery->loose = true;
}

/* Who may still be started, in the nurseries of this one's opener. */
void touch_opener(struct run *run, const struct tutti_nursery *nursery, enum tutti_access_mode mode)
{
    touch(run, nursery->task ? nursery->task->path : 2, TUTTI_PART_STARTS, mode);
}

/* A child has ended: in which order they do nobody sees, unless it matters to somebody. */
void touch_end(struct run *run, const struct tutti_nursery *nursery)
{
    touch(run, nursery->scope.path, TUTTI_PART_EXITS, TUTTI_ACCESS_ADD);
    if (nursery->max_tasks) object_touch(run, &nursery->object, TUTTI_ACCESS_WRITE);
}

/* Which failure was the first counts; that there was a cancellation is the same in any order. */
void touch_failure(struct run *run, const struct tutti_nursery *nursery, int rc)
{
    touch(run, nursery->scope.path, TUTTI_PART_ERRORS,
          rc == TUTTI_ECANCELED ? TUTTI_ACCESS_ADD : TUTTI_ACCESS_WRITE);
}

/* The opener looks who is left, and goes on to wait. Of a nursery that is nothing but its children
 * it is no look at all: the first one cannot be told from waiting.                              */
void touch_join_again(struct run *run, const struct tutti_nursery *nursery)
{
    if (!nursery->loose) return;
    touch(run, nursery->scope.path, TUTTI_PART_EXITS, TUTTI_ACCESS_READ);
    touch_opener(run, nursery, TUTTI_ACCESS_READ);
    if (nursery->max_tasks) object_touch(run, &nursery->object, TUTTI_ACCESS_WRITE);
}

/* The opener goes on: all have ended. */
void touch_joined(struct run *run, const struct tutti_nursery *nursery)
{
    touch(run, nursery->scope.path, TUTTI_PART_EXITS,
          nursery->loose ? TUTTI_ACCESS_READ : TUTTI_ACCESS_GUARD);
    touch(run, nursery->scope.path, TUTTI_PART_ERRORS, TUTTI_ACCESS_READ);
    touch_opener(run, nursery, TUTTI_ACCESS_WRITE);
}

/* A task that was started elsewhere goes over to the nursery that it was started for. */
void touch_move(struct run *run, const struct tutti_nursery *from, struct tutti_nursery *to)
{
    touch_end(run, from);
    touch_opener(run, to, TUTTI_ACCESS_WRITE);
    to->loose = true;
}

/* The step sees the whole of an object. */
void touch_look(struct run *run, const struct tutti_object *object)
{
    if (!object->path) return;
    if (object->kind == TUTTI_OBJECT_LOCK || object->kind == TUTTI_OBJECT_CHAN) {
        touch(run, object->path, TUTTI_PART_HEAD, TUTTI_ACCESS_READ);
        touch(run, object->path, TUTTI_PART_TAIL, TUTTI_ACCESS_READ);
        touch(run, object->path, TUTTI_PART_ALL, TUTTI_ACCESS_READ);
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_READ);
    } else {
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_READ);
        touch(run, object->path, TUTTI_PART_TAIL, TUTTI_ACCESS_READ);
    }
}

/* A wait ends. Whoever serves the first of a queue has noted that himself. */
void touch_wake(struct run *run, const struct tutti_park *park)
{
    for (const struct tutti_waiter *waiter = park->waiters; waiter; waiter = waiter->other) {
        if (waiter->lot && waiter != park->winner) touch_leave(run, waiter->lot);
    }
    touch_wait(run, park->task, TUTTI_ACCESS_WRITE);
}

/* A cancellation reaches a task. If it waits no more it was served already, and had it not been,
 * its wait would have ended otherwise. Who closes a nursery waits on in any case.               */
void touch_cancel(struct run *run, const struct tutti_task *task)
{
    const struct tutti_object *object = task->object;
    bool known = object && object->path;
    bool waited = task->state == TASK_READY && task->wake_why != TUTTI_READY_YIELD;
    bool may_wait_on = task->state == TASK_PARKED && task->park->abort && !task->park->shielded;
    if (known && object->kind == TUTTI_OBJECT_NURSERY) {
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_READ);
        return;
    }
    if (waited || may_wait_on) touch_wait(run, task, TUTTI_ACCESS_READ);
    if (task->state != TASK_READY || !known) return;
    if (object->kind == TUTTI_OBJECT_EVENT) {
        touch(run, object->path, TUTTI_PART_QUEUE, TUTTI_ACCESS_READ);
    } else if (object->kind == TUTTI_OBJECT_LOCK) {
        touch(run, object->path, TUTTI_PART_HEAD, TUTTI_ACCESS_READ);
    }
}

struct tutti_footprint *tutti_footprint(void)
{
    return run_current ? run_current->footprint : NULL;
}

static bool all_told; /* set before there are threads */

void tutti_access_all_told(void)
{
    all_told = true;
}

bool tutti_access_is_all_told(void)
{
    return all_told;
}

unsigned tutti_access_wanted(struct tutti_footprint **footprint)
{
    struct run *run = run_current;
    if (!run) return 0;
    *footprint = run->footprint;
    return (run->footprint ? TUTTI_ACCESS_NOTED : 0u) | (run->points ? TUTTI_ACCESS_POINTS : 0u);
}

void tutti_access_point(const void *address)
{
    struct run *run = run_current;
    if (!run || !run->points || !run->current || run->calling_back) return;
    const struct stack *stack = &run->current->stack;
    const char *at = address;
    if (at >= stack->low && at < stack->high) return;
    (void)task_yield(run, run->current, "access", NULL, NULL);
}

/* Everything that is no task's and no block is counted from here. */
static const uint64_t beginning;

struct tutti_region tutti_region_of(const void *address)
{
    const char *at = address;
    struct run *run = run_require(NULL);
    struct tutti_region region = {.low = (const char *)&beginning, .path = 3};
    for (const struct tutti_task *task = run->all_first; task; task = task->all_next) {
        if (at < task->stack.low || at >= task->stack.high) continue;
        /* Counted from the record at its top: how far that is from the end differs (task.c). */
        region.size = (size_t)(task->stack.high - task->stack.low);
        region.low = (const char *)task - region.size;
        region.path = path_hash(task->path, PATH_STACK, 0);
        region.stack_of = task;
        return region;
    }
    if (!mem_region(run, at, &region)) region.elsewhere = !os_is_of_program(at);
    return region;
}

void tutti_access(const void *address, size_t size, bool writes)
{
    struct tutti_footprint *footprint = tutti_footprint();
    if (!footprint || !size) return;
    struct tutti_region region = tutti_region_of(address);
    uint64_t offset = (uint64_t)((uintptr_t)address - (uintptr_t)region.low);
    enum tutti_access_mode mode = writes ? TUTTI_ACCESS_WRITE : TUTTI_ACCESS_READ;
    footprint->elsewhere = footprint->elsewhere || region.elsewhere;
    for (uint64_t word = offset / 8; word <= (offset + size - 1) / 8; word++) {
        tutti_access_note(footprint, tutti_access_word(region.path, word), mode);
    }
}
