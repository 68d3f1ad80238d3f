/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/stats.h - what the run, lots, events and locks are like now: numbers for logs and tests.
 *
 * Tasks are named by id, which stays valid when they end. */
#ifndef TUTTI_CORE_STATS_H
#define TUTTI_CORE_STATS_H

#include "tutti/core/sync.h"

TUTTI_BEGIN

/* The run as it is now: for tests and monitors; how the last run ended is tutti_run_last. */
struct tutti_run_now {
    uint64_t tasks_living;  /* main, system tasks, and all others that did not end */
    uint64_t tasks_ready;   /* that wait for a step; the calling one is not among them */
    uint64_t tasks_started; /* so far */
    uint64_t steps;         /* of tasks, so far */
    int64_t deadline_ns;    /* until the earliest sleep or deadline ends; TUTTI_NEVER: none */
    uint32_t ops_pending;   /* operations of the world that were started and are not complete */
    uint32_t tasks_reading; /* of these: that wait to receive, accept, read, or poll for that */
    uint32_t tasks_writing; /* that wait to send, connect, write, or poll for that */
    uint32_t external;      /* pieces of work that go on outside (core/external.h) */
    uint64_t posts_waiting; /* accepted by the run's tokens and not called yet */
};
/* Of the calling thread's run. Counts ready tasks and posts one by one. Not a checkpoint. */
#define tutti_run_statistics() tutti_run_statistics_at(TUTTI_HERE)
TUTTI_API struct tutti_run_now tutti_run_statistics_at(const struct tutti_site *site);

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
