/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/stats.h - what lots, events and locks are like now: numbers for logs and tests.
 *
 * Tasks are named by id, which stays valid when they end. */
#ifndef TUTTI_CORE_STATS_H
#define TUTTI_CORE_STATS_H

#include "tutti/core/sync.h"

TUTTI_BEGIN

struct tutti_lot_stats {
    uint32_t waiting;
    uint32_t breaks;    /* how often it was broken */
    uint64_t broken_by; /* by which task first; 0: by none */
};
/* Of a lot. Not a checkpoint. */
TUTTI_API struct tutti_lot_stats tutti_lot_statistics(const struct tutti_lot *lot);

struct tutti_event_stats {
    uint32_t waiting;
    bool is_set;
};
/* Of an event. Not a checkpoint. */
TUTTI_API struct tutti_event_stats tutti_event_statistics(const struct tutti_event *event);

struct tutti_lock_stats {
    uint32_t waiting;
    uint64_t owner;                    /* 0: free */
    const struct tutti_site *acquired; /* where the owner got it; NULL: free */
    bool broken;
};
/* Of a lock. Not a checkpoint. */
TUTTI_API struct tutti_lock_stats tutti_lock_statistics(const struct tutti_lock *lock);

TUTTI_END
#endif
