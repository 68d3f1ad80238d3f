/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/stats.h"

#include "tutti/core/task.h"

struct tutti_lot_stats tutti_lot_statistics(const struct tutti_lot *lot)
{
    return (struct tutti_lot_stats){lot->count, lot->breaks, lot->broken_by};
}

struct tutti_event_stats tutti_event_statistics(const struct tutti_event *event)
{
    return (struct tutti_event_stats){event->lot.count, event->is_set};
}

struct tutti_lock_stats tutti_lock_statistics(const struct tutti_lock *lock)
{
    return (struct tutti_lock_stats){.waiting = lock->lot.count,
                                     .owner = lock->owner ? tutti_task_id(lock->owner) : 0,
                                     .acquired = lock->owner ? lock->acquired : NULL,
                                     .broken = lock->broken};
}
