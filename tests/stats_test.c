/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Statistics of lots, events and locks: while something waits, and after. */
#include "rehearsed.h"

#include "tutti/core/stats.h"

struct things {
    struct tutti_lot lot;
    struct tutti_event event;
    struct tutti_lock lock;
};

static int waits_in_turn(void *arg)
{
    struct things *things = arg;
    TUTTI_TRY(tutti_lot_park(&things->lot, "things.park"));
    TUTTI_TRY(tutti_event_wait(&things->event));
    TUTTI_TRY(tutti_lock_acquire(&things->lock));
    tutti_lock_release(&things->lock);
    return 0;
}

static int body(struct tutti_nursery *nursery, void *arg)
{
    struct things *things = arg;
    TUTTI_TRY(tutti_lock_acquire(&things->lock));
    TUTTI_TRY(tutti_nursery_start(nursery, waits_in_turn, arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_lot_statistics(&things->lot).waiting == 1);
    tutti_check(tutti_event_statistics(&things->event).waiting == 0);
    tutti_check(tutti_lot_unpark(&things->lot, 1) == 1);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_event_statistics(&things->event).waiting == 1);
    tutti_check(!tutti_event_statistics(&things->event).is_set);
    tutti_event_set(&things->event);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_event_statistics(&things->event).is_set);
    struct tutti_lock_stats stats = tutti_lock_statistics(&things->lock);
    tutti_check(stats.waiting == 1 && stats.owner == tutti_task_id(tutti_task_self()));
    tutti_check(stats.acquired && strstr(stats.acquired->file, "stats_test.c"));
    tutti_lock_release(&things->lock);
    return 0;
}

static int as_they_are(void *arg)
{
    struct things things;
    (void)arg;
    tutti_lot_init(&things.lot, "lot");
    tutti_event_init(&things.event, "event");
    tutti_lock_init(&things.lock, "lock");
    TUTTI_TRY(tutti_nursery_run(body, &things));
    struct tutti_lock_stats stats = tutti_lock_statistics(&things.lock);
    tutti_check(stats.waiting == 0 && stats.owner == 0 && !stats.acquired && !stats.broken);
    struct tutti_lot_stats lot = tutti_lot_statistics(&things.lot);
    tutti_check(lot.waiting == 0 && lot.breaks == 0 && lot.broken_by == 0);
    return 0;
}

REHEARSE_MAIN(REHEARSED(as_they_are))
