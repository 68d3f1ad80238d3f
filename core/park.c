/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/park.h"

#include "tutti/core/park_priv.h"

void object_init(struct run *run, struct tutti_object *object, enum tutti_object_kind kind,
                 const char *name, int64_t cap, const struct tutti_site *site)
{
    struct tutti_task *task = run->current;
    uint32_t *made = task ? &task->made : &run->made;
    *object = (struct tutti_object){
        .id = run_id(run),
        .path = path_hash(task ? task->path : 0, PATH_OBJECT, ++*made),
        .kind = kind,
        .name = name,
        .site = site,
    };
    EMIT(run, OBJ_NEW, .obj = object->id, .code = (uint8_t)kind, .name = name, .arg = cap,
         .task = task ? task->id : 0, .site = site);
}

void object_tell(struct run *run, const struct tutti_object *object, const struct tutti_task *task,
                 const char *op, uint32_t queue)
{
    EMIT(run, OBJ_OP, .task = task ? task->id : 0, .obj = object->id, .name = op, .count = queue);
    (void)object, (void)task, (void)op, (void)queue;
}

void tutti_lot_init_at(struct tutti_lot *lot, const char *name, const struct tutti_site *site)
{
    *lot = (struct tutti_lot){.count = 0};
    object_init(run_require(site), &lot->object, TUTTI_OBJECT_LOT, name, 0, site);
}

void tutti_lot_join(struct tutti_lot *lot, struct tutti_park *park, struct tutti_waiter *waiter,
                    void *data)
{
    (void)run_require_task(park->site);
    if (TUTTI_UNLIKELY(lot->breaks)) tutti_panic_at(park->site, "a broken lot cannot be joined");
    lot_enter(lot, park, waiter, data, NULL);
}

/* Any park: with a timer, told, or of a task that is cancelled. */
int park_with_more(struct run *run, struct tutti_park *park)
{
    struct tutti_task *task = run->current;
    note_park(run, task, park);
    if (park->until_ns != TUTTI_NEVER) {
        task->timer.daemon = task->daemon;
        heap_arm(run, &task->timer, park->until_ns);
    }
    EMIT(run, TASK_PARK, .task = task->id, .name = park->op,
         .obj = park->object ? park->object->id : 0, .arg = park->until_ns,
         .count = (uint32_t)task->cancel_points, .site = park->site);
    if (TOUCHES(run)) touch_chain(run, task->scope);
    /* Only now: the abort must find the task parked (R15). */
    if (TUTTI_UNLIKELY(task->scope->effective)) park_cancel(run, task);
    return run_switch(run, task);
}

int park(struct run *run, struct tutti_park *park)
{
    return park_here(run, park);
}

/* Waits in this lot, which is not broken. */
int park_in(struct run *run, struct tutti_lot *lot, const char *op, const struct tutti_site *site)
{
    struct tutti_park *wait = park_own(run, op, &lot->object, site);
    lot_enter(lot, wait, &run->current->place, NULL, NULL);
    return park_here(run, wait);
}

void park_wake(struct run *run, struct tutti_park *park, int result, enum tutti_ready_why why)
{
    park_wake_here(run, park, result, why);
}

/* Calls what is the program's, in the turn of whoever cancels: it may not give that up (R29). */
static enum tutti_abort call_abort(struct run *run, struct tutti_park *park)
{
    const struct tutti_site *site = park->site; /* if it does, the wait may be over and gone */
    const char *op = park->op;
    const struct tutti_task *current = run->current;
    uint64_t points = current ? current->schedule_points : 0;
    bool outer = run->calling_back;
    run->calling_back = true;
    enum tutti_abort answer = park->abort(park);
    run->calling_back = outer;
    if (current && current->schedule_points != points) {
        tutti_panic_at(site, "the abort function of %s waited, in %s: it may not", op, current->op);
    }
    return answer;
}

/* A cancellation reaches a task: if it waits, its wait is asked to end, once. */
void park_cancel(struct run *run, struct tutti_task *task)
{
    struct tutti_park *park = task->park;
    if (TOUCHES(run)) touch_cancel(run, task);
    if (task->state != TASK_PARKED || park->tried || park->shielded) return;
    park->tried = true;
    enum tutti_abort answer = park->abort ? call_abort(run, park) : TUTTI_ABORTED;
    EMIT(run, TASK_ABORT, .task = task->id, .name = park->op,
         .obj = park->object ? park->object->id : 0, .flag = answer == TUTTI_ABORTED);
    if (task->park != park) {
        tutti_panic_at(park->site, "the abort function of %s woke the task itself", park->op);
    }
    if (answer == TUTTI_ABORTED) {
        park_wake(run, park, TUTTI_ECANCELED, TUTTI_READY_CANCEL);
    } else if (answer != TUTTI_ABORT_LATER) {
        tutti_panic_at(park->site,
                       "the abort function of %s returned %d: neither TUTTI_ABORTED "
                       "nor TUTTI_ABORT_LATER",
                       park->op, (int)answer);
    }
}

int tutti_park(struct tutti_park *wait)
{
    return park(run_require_task(wait->site), wait);
}

void tutti_wake_at(struct tutti_park *park, int result, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!park->task || park->task->park != park) {
        tutti_panic_at(site, "wake of a task that is not parked in this call");
    }
    park_wake(run, park, result, TUTTI_READY_WAKE);
}

void tutti_waiter_wake_at(struct tutti_waiter *waiter, int result, const struct tutti_site *site)
{
    if (TUTTI_UNLIKELY(!run_current)) (void)run_require(site);
    waiter->park->winner = waiter;
    park_wake_here(run_current, waiter->park, result, TUTTI_READY_WAKE);
}

int tutti_lot_park_at(struct tutti_lot *lot, const char *op, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (TUTTI_UNLIKELY(lot->breaks)) {
        object_look(&lot->object);
        return lot_broken(lot, site);
    }
    return park_in(run, lot, op, site);
}

uint32_t tutti_lot_unpark_at(struct tutti_lot *lot, uint32_t count, const struct tutti_site *site)
{
    uint32_t woken = 0;
    if (TUTTI_UNLIKELY(!run_current)) (void)run_require(site);
    /* Also that nobody waits is seen. */
    if (TOUCHES(run_current)) touch_leave(run_current, lot);
    for (; woken < count && lot->first; woken++)
        tutti_waiter_wake(lot->first, 0);
    return woken;
}
