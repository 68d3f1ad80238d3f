/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/sem.h"

#include "tutti/core/held_priv.h"

void tutti_sem_init_at(struct tutti_sem *sem, const char *name, uint32_t value, uint32_t max,
                       const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (value > max)
        tutti_panic_at(site, "a semaphore of %u units that holds at most %u", value, max);
    *sem = (struct tutti_sem){.value = value, .max = max};
    int64_t cap = max == TUTTI_SEM_UNBOUNDED ? 0 : max;
    object_init(run, &sem->lot.object, TUTTI_OBJECT_SEM, name, cap, site);
}

int tutti_sem_acquire_nowait_at(struct tutti_sem *sem, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    object_touch(run, &sem->lot.object, TUTTI_ACCESS_READ);
    if (sem->value == 0) return TUTTI_EWOULDBLOCK;
    TUTTI_ASSERT(!sem->lot.first);
    sem->value--;
    object_op(run, &sem->lot.object, "acquire", 0);
    return 0;
}

int tutti_sem_acquire_at(struct tutti_sem *sem, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_sem_acquire_nowait(sem);
    if (rc == TUTTI_EWOULDBLOCK) return tutti_lot_park_at(&sem->lot, "sem.acquire", site);
    task_yield(run, run->current, "sem.acquire", &sem->lot.object, site);
    return 0;
}

void tutti_sem_release_at(struct tutti_sem *sem, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    struct tutti_waiter *head = sem->lot.first;
    if (sem->value == sem->max && !head) {
        tutti_panic_at(site, "release of a semaphore that has all of its %u units", sem->max);
    }
    object_op(run, &sem->lot.object, "release", sem->lot.count);
    if (!head) {
        sem->value++;
        return;
    }
    tutti_waiter_wake(head, 0);
    object_given(run, &sem->lot.object, head->park->task, "acquire", sem->lot.count);
}

struct tutti_sem_stats tutti_sem_statistics(const struct tutti_sem *sem)
{
    object_look(&sem->lot.object);
    return (struct tutti_sem_stats){sem->value, sem->max, sem->lot.count};
}
