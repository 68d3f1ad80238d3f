/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/stats.h"

#include "tutti/core/run_priv.h"

static uint64_t length(const struct task_queue *queue)
{
    uint64_t n = 0;
    for (const struct tutti_task *task = queue->first; task; task = task->queue_next)
        n++;
    return n;
}

struct tutti_run_now tutti_run_statistics_at(const struct tutti_site *site)
{
    struct run *run = run_require(site);
    int64_t first_ns = heap_first(run);
    run_looked();
    return (struct tutti_run_now){.tasks_living = run->living,
                                  .tasks_ready = length(&run->ready) + length(&run->incoming),
                                  .tasks_started = run->tasks,
                                  .steps = run_steps(run),
                                  .deadline_ns = first_ns == TUTTI_NEVER ? TUTTI_NEVER
                                                                         : first_ns - run_now(run),
                                  .ops_pending = run->ops_pending,
                                  .tasks_reading = run->ops_reading,
                                  .tasks_writing = run->ops_writing,
                                  .external = run->external,
                                  .posts_waiting = token_waiting(run)};
}

struct tutti_lot_stats tutti_lot_statistics(const struct tutti_lot *lot)
{
    object_look(&lot->object);
    return (struct tutti_lot_stats){lot->count, lot->breaks, lot->broken_by};
}

struct tutti_event_stats tutti_event_statistics(const struct tutti_event *event)
{
    object_look(&event->lot.object);
    return (struct tutti_event_stats){event->lot.count, event->is_set};
}

struct tutti_lock_stats tutti_lock_statistics(const struct tutti_lock *lock)
{
    object_look(&lock->lot.object);
    return (struct tutti_lock_stats){.waiting = lock->lot.count,
                                     .owner = lock->owner ? tutti_task_id(lock->owner) : 0,
                                     .acquired = lock->owner ? lock->acquired : NULL,
                                     .broken = lock->broken};
}
