/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/park_priv.h - waiting and waking, in line, for those whose time counts. All others call park
 * and park_wake. */
#ifndef TUTTI_CORE_PARK_PRIV_H
#define TUTTI_CORE_PARK_PRIV_H

#include "tutti/core/run_priv.h"

/* The running task's own record of a wait, for what ends by `return park(...)`: in the task, since
 * a function with a record on its stack cannot jump.                                            */
static inline struct tutti_park *park_own(struct run *run, const char *op,
                                          struct tutti_object *object,
                                          const struct tutti_site *site)
{
    struct tutti_park *park = &run->current->wait;
    /* Field by field: of a literal gcc makes a `rep stos`, which takes longer than a switch. */
    park->op = op;
    park->object = object;
    park->until_ns = TUTTI_NEVER;
    park->timeout = 0;
    park->abort = NULL;
    park->site = site;
    park->waiters = park->winner = NULL;
    park->tried = park->shielded = false;
    return park;
}
static inline void lot_append(struct tutti_lot *lot, struct tutti_waiter *waiter)
{
    waiter->lot = lot;
    waiter->prev = lot->last;
    waiter->next = NULL;
    if (lot->last) {
        lot->last->next = waiter;
    } else {
        lot->first = waiter;
    }
    lot->last = waiter;
    lot->count++;
}
/* tutti_lot_join, of a lot that is not broken; *count goes down when the place is left. */
static inline void lot_enter(struct tutti_lot *lot, struct tutti_park *park,
                             struct tutti_waiter *waiter, void *data, uint32_t *count)
{
    waiter->park = park;
    waiter->other = park->waiters;
    waiter->data = data;
    waiter->more = NULL;
    waiter->count = count;
    park->waiters = waiter;
    if (TOUCHES(run_current)) touch_join(run_current, lot);
    lot_append(lot, waiter);
}
static inline void lot_leave(struct tutti_waiter *waiter)
{
    struct tutti_lot *lot = waiter->lot;
    if (waiter->prev) {
        waiter->prev->next = waiter->next;
    } else {
        lot->first = waiter->next;
    }
    if (waiter->next) {
        waiter->next->prev = waiter->prev;
    } else {
        lot->last = waiter->prev;
    }
    waiter->lot = NULL;
    lot->count--;
}
/* The same, of the first. */
static inline void lot_leave_first(struct tutti_lot *lot, struct tutti_waiter *first)
{
    lot->first = first->next;
    if (first->next) {
        first->next->prev = NULL;
    } else {
        lot->last = NULL;
    }
    first->lot = NULL;
    lot->count--;
}

static inline void note_park(struct run *run, struct tutti_task *task, struct tutti_park *park)
{
    park->task = task;
    task->park = park;
    task->state = TASK_PARKED;
    task->op = park->op;
    task->object = park->object;
    task->site = park->site;
    task->since_ns = run->now_ns;
    task->cancel_points += !park->shielded;
    task->schedule_points++;
}

int park_with_more(struct run *run, struct tutti_park *park);
/* The plain case has no call in it, so it needs no frame. */
static inline int park_here(struct run *run, struct tutti_park *park)
{
    struct tutti_task *task = run->current;
    if (TUTTI_UNLIKELY(run->events || run->footprint || task->scope->effective) ||
        park->until_ns != TUTTI_NEVER) {
        return park_with_more(run, park);
    }
    note_park(run, task, park);
    return run_switch(run, task);
}

/* park_own, lot_enter and park_here in one, where the run is not slow and the task not cancelled.
 * Each thing is written once and none is read again; and in this order all is in registers that are
 * nobody's to keep, so it needs no frame.                                                        */
static inline int park_plainly_in(struct run *run, struct tutti_lot *lot, const char *op,
                                  void *data, uint32_t *count, const struct tutti_site *site)
{
    struct tutti_task *task = run->current;
    struct tutti_waiter *place = &task->place;
    place->data = data;
    place->count = count;
    place->other = NULL;
    place->more = NULL;
    place->park = &task->wait;
    lot_append(lot, place);
    note_park(run, task, park_own(run, op, &lot->object, site));
    task->wait.waiters = place;
    return run_switch(run, task);
}

/* The one way out of a park: leaves all queues, so that nobody else can wake it (R13, R28). */
static inline void park_wake_here(struct run *run, struct tutti_park *park, int result,
                                  enum tutti_ready_why why)
{
    struct tutti_task *task = park->task;
    TUTTI_ASSERT(task && task->park == park && task->state == TASK_PARKED);
    if (TOUCHES(run)) touch_wake(run, park);
    for (struct tutti_waiter *waiter = park->waiters; waiter; waiter = waiter->other) {
        if (!waiter->lot) continue;
        lot_leave(waiter);
        if (waiter->count) --*waiter->count;
    }
    if (task->timer.slot) heap_disarm(run, &task->timer);
    task->park = NULL;
    task->wake_result = result;
    task_ready(run, task, why, park->object ? park->object->id : 0);
    if (TUTTI_UNLIKELY(run->asleep)) run_nudge(run);
}

/* Wakes a task that waits in its own record, has left its place, if any, and has no timer; nobody
 * listens. */
static inline void task_wake_plain(struct run *run, struct tutti_task *task, int result)
{
    task->park = NULL;
    task->wake_result = result;
    task->state = TASK_READY;
    task->wake_why = TUTTI_READY_WAKE;
    queue_push(run->wakes_go, task);
}

/* Can its task be woken by lot_take_plain? Nobody listens, and the place and the wait are the
 * task's own: so it is the only place, and there is no timer.                                    */
static inline bool waiter_is_plain(const struct run *run, const struct tutti_waiter *waiter)
{
    const char *wait = (const char *)waiter - offsetof(struct tutti_task, place) +
                       offsetof(struct tutti_task, wait);
    return !run->slow && (const char *)waiter->park == wait;
}

/* Wakes the task whose place, one that is counted, is the lot's first; with 0, for task_yield_to:
 * it is in no queue yet. This follows no pointers from the place to the task: what was written a
 * moment ago is read slowly, and this is between two tasks' steps.                              */
static inline struct tutti_task *lot_take_plain(struct tutti_lot *lot, struct tutti_waiter *first)
{
    struct tutti_task *task = TUTTI_CONTAINER(first, struct tutti_task, place);
    lot_leave_first(lot, first);
    --*first->count;
    task->wait.winner = first;
    task->park = NULL;
    task->wake_result = 0;
    task->wake_why = TUTTI_READY_WAKE;
    return task;
}

#endif
