/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/sync.h"

#include <stdio.h>

#include "tutti/core/run_priv.h"

void tutti_event_init_at(struct tutti_event *event, const char *name, const struct tutti_site *site)
{
    *event = (struct tutti_event){.is_set = false};
    object_init(run_require(site), &event->lot.object, TUTTI_OBJECT_EVENT, name, 0, site);
}

void tutti_event_set_at(struct tutti_event *event, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (event->is_set) {
        object_touch(run, &event->lot.object, TUTTI_ACCESS_READ);
        return;
    }
    event->is_set = true;
    object_op(run, &event->lot.object, "event.set", event->lot.count);
    tutti_lot_unpark(&event->lot, UINT32_MAX);
}

int tutti_event_wait_at(struct tutti_event *event, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (!event->is_set) {
        TUTTI_TRY(tutti_lot_park_at(&event->lot, "event.wait", site));
    } else {
        TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
        task_yield(run, run->current, "event.wait", &event->lot.object, site);
    }
    object_touch(run, &event->lot.object, TUTTI_ACCESS_GUARD);
    return 0;
}

int tutti_event_wait_nowait_at(const struct tutti_event *event, const struct tutti_site *site)
{
    object_touch(run_require(site), &event->lot.object, TUTTI_ACCESS_READ);
    return event->is_set ? 0 : TUTTI_EWOULDBLOCK;
}

void tutti_lock_init_at(struct tutti_lock *lock, const char *name, const struct tutti_site *site)
{
    *lock = (struct tutti_lock){.owner = NULL};
    object_init(run_require(site), &lock->lot.object, TUTTI_OBJECT_LOCK, name, 0, site);
    lock->sleepers.object = lock->lot.object;
}

static void lock_give(struct run *run, struct tutti_lock *lock, struct tutti_task *task,
                      const struct tutti_site *site)
{
    lock->owner = task;
    lock->lot.object.holder = task;
    lock->acquired = site;
    lock->held_prev = NULL;
    lock->held_next = task->held;
    if (task->held) task->held->held_prev = lock;
    task->held = lock;
    EMIT(run, OBJ_OP, .task = task->id, .obj = lock->lot.object.id, .name = "lock",
         .count = lock->lot.count);
}

static void lock_take_back(struct tutti_lock *lock)
{
    if (lock->held_prev) {
        lock->held_prev->held_next = lock->held_next;
    } else {
        lock->owner->held = lock->held_next;
    }
    if (lock->held_next) lock->held_next->held_prev = lock->held_prev;
    lock->owner = NULL;
    lock->lot.object.holder = NULL;
}

static int lock_refuses(struct tutti_lock *lock, const struct tutti_task *task,
                        const struct tutti_site *site)
{
    if (lock->owner == task) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "the task owns this lock already, since %s:%u", lock->acquired->file,
                              lock->acquired->line);
    }
    if (lock->broken) {
        return tutti_error_at(site, false, TUTTI_EBROKEN,
                              "the lock's owner ended without releasing it");
    }
    return 0;
}

static int lock_try(struct run *run, struct tutti_lock *lock, const struct tutti_site *site)
{
    int rc = lock_refuses(lock, run->current, site);
    if (rc < 0) return rc;
    if (lock->owner) return TUTTI_EWOULDBLOCK;
    lock_give(run, lock, run->current, site);
    return 0;
}

int tutti_lock_acquire_nowait_at(struct tutti_lock *lock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TOUCH(run, lock->lot.object.path, HEAD, READ);
    TOUCH(run, lock->lot.object.path, TAIL, WRITE);
    return lock_try(run, lock, site);
}

int tutti_lock_acquire_at(struct tutti_lock *lock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    TOUCH(run, lock->lot.object.path, TAIL, WRITE);
    int rc = lock_try(run, lock, site);
    if (rc == TUTTI_EWOULDBLOCK) {
        rc = tutti_lot_park_at(&lock->lot, "lock.acquire", site);
    } else if (rc == 0) {
        task_yield(run, run->current, "lock.acquire", &lock->lot.object, site);
    }
    if (rc == 0) TOUCH(run, lock->lot.object.path, HEAD, GUARD);
    return rc;
}

/* Hands the lock to the head of the queue, so that it is never seen free in between (R50). */
static void lock_pass_on(struct run *run, struct tutti_lock *lock)
{
    struct tutti_waiter *head = lock->lot.first;
    TOUCH(run, lock->lot.object.path, HEAD, WRITE);
    TOUCH(run, lock->lot.object.path, QUEUE, READ); /* written by those who leave it */
    lock_take_back(lock);
    if (!head) return;
    lock_give(run, lock, head->park->task, head->park->site);
    tutti_waiter_wake(head, 0);
}

void tutti_lock_release_at(struct tutti_lock *lock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (lock->owner != run->current) {
        tutti_panic_at(site, "release of a lock the calling task \"%s\" does not own",
                       run->current->name);
    }
    object_op(run, &lock->lot.object, "unlock", lock->lot.count);
    lock_pass_on(run, lock);
}

/* A task ends with locks it owns: they are broken for ever (R53), and the run has leaked. */
void lock_owner_exits(struct run *run, struct tutti_task *task)
{
    while (task->held) {
        struct tutti_lock *lock = task->held;
        TOUCH(run, lock->lot.object.path, HEAD, WRITE);
        TOUCH(run, lock->lot.object.path, TAIL, WRITE);
        if (!run->message[0]) {
            run->fail_site = lock->acquired;
            snprintf(run->message, sizeof run->message,
                     "task \"%s\" #%llu ended with lock \"%s\" still acquired", task->name,
                     (unsigned long long)task->id,
                     lock->lot.object.name ? lock->lot.object.name : "");
        }
        EMIT(run, WARN, .code = TUTTI_WARN_LEAKED, .task = task->id, .obj = lock->lot.object.id,
             .name = "the task ended with this lock still acquired", .site = lock->acquired);
        lock_take_back(lock);
        lock->broken = true;
        while (lock->lot.first)
            tutti_waiter_wake(lock->lot.first, TUTTI_EBROKEN);
        while (lock->sleepers.first)
            tutti_waiter_wake(lock->sleepers.first, TUTTI_EBROKEN);
    }
}
