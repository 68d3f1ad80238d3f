/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A semaphore that loses a wake-up: asyncio.Semaphore as it was when CPython issue 90155 was
 * reported, ported with its defect.
 *
 * release() wakes the first waiter and notes in `wakeup_scheduled` that somebody is about to take
 * the unit, so that newcomers queue up behind. If that waiter is cancelled before it runs, the note
 * stays and nobody clears it: every later acquire() waits for ever, although the semaphore is free.
 * The plain run passes. `tutti explore` with one cancellation finds the deadlock.                */
#include "asyncio_shim.h"

struct semaphore {
    int value;
    bool wakeup_scheduled;
    struct future_queue waiters;
};

static void semaphore_init(struct semaphore *semaphore, int value)
{
    *semaphore = (struct semaphore){.value = value};
}

static void semaphore_wake_next(struct semaphore *semaphore)
{
    struct future *first = semaphore->waiters.first;
    if (!first) return;
    semaphore->waiters.first = first->next;
    future_set(first);
    semaphore->wakeup_scheduled = true;
}

static int semaphore_acquire(struct semaphore *semaphore)
{
    while (semaphore->wakeup_scheduled || semaphore->value <= 0) {
        struct future future;
        future_init(&future);
        future_queue_append(&semaphore->waiters, &future);
        int rc = future_await(&future);
        if (rc < 0) {
            future_queue_remove(&semaphore->waiters, &future);
            semaphore_wake_next(semaphore); /* and wakeup_scheduled? here is the defect */
            return rc;
        }
        semaphore->wakeup_scheduled = false;
    }
    semaphore->value--;
    return 0;
}

static void semaphore_release(struct semaphore *semaphore)
{
    semaphore->value++;
    semaphore_wake_next(semaphore);
}

#include "semaphore_users.h"

const struct tutti_test tutti_tests[] = {
    {"lost_wakeup", semaphore_test, "asyncio's semaphore: a woken waiter is cancelled"},
    {NULL, NULL, NULL},
};
