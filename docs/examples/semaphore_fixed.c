/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The semaphore of semaphore_lost_wakeup.c, corrected the way CPython was.
 *
 * There is no note that can be left behind: release() gives the unit to the waiter it wakes, and a
 * waiter that is cancelled after that gives it on. Clean under every schedule with any one
 * cancellation.                                                                                 */
#include "asyncio_shim.h"

struct semaphore {
    int value;
    struct future_queue waiters;
};

static void semaphore_init(struct semaphore *semaphore, int value)
{
    *semaphore = (struct semaphore){.value = value};
}

static void semaphore_release(struct semaphore *semaphore)
{
    struct future *first = semaphore->waiters.first;
    if (first) {
        semaphore->waiters.first = first->next;
        future_set(first); /* with the unit */
    } else {
        semaphore->value++;
    }
}

static int semaphore_acquire(struct semaphore *semaphore)
{
    struct future future;
    if (semaphore->value > 0) { /* then nobody waits */
        semaphore->value--;
        return 0;
    }
    future_init(&future);
    future_queue_append(&semaphore->waiters, &future);
    int rc = future_await(&future);
    if (rc == 0) return 0;
    if (future.done) {
        semaphore_release(semaphore); /* it came with the unit, too late */
    } else {
        future_queue_remove(&semaphore->waiters, &future);
    }
    return rc;
}

#include "semaphore_users.h"

const struct tutti_test tutti_tests[] = {
    {"semaphore", semaphore_test, "the corrected semaphore: clean under every schedule"},
    {NULL, NULL, NULL},
};
