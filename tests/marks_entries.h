/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* marks_entries.h - how each public function is called by marks_test.
 *
 * ENTRY(function, before, call, after): three expressions of type int or void, of which only `call`
 * is looked at. They see `set`, with one thing of each sort, fresh. CALL(function, call) needs
 * nothing before and after. A function of the headers without an entry is a failure of the test. */
#ifndef TUTTI_TESTS_MARKS_ENTRIES_H
#define TUTTI_TESTS_MARKS_ENTRIES_H

#include "tests/marks_list.h"
#include "tutti/core/inspect.h"
#include "tutti/sim/sequencer.h"
#include "tutti/tutti.h"

struct set {
    struct tutti_nursery nursery, *block_nursery;
    struct tutti_scope scope, ready, *block_scope;
    struct tutti_lot lot, other;
    struct tutti_breaker breaker;
    struct tutti_kept kept;
    struct tutti_park wait;
    struct tutti_waiter place;
    struct tutti_event event;
    struct tutti_lock lock;
    struct tutti_cond cond;
    struct tutti_sem sem;
    struct tutti_limiter limiter;
    struct tutti_borrow borrow;
    struct tutti_rwlock rwlock;
    struct tutti_barrier barrier;
    struct tutti_once once;
    struct tutti_fair_lot fair;
    struct tutti_fair_share share;
    struct tutti_chan_sender sender, sender_2;
    struct tutti_chan_receiver receiver, receiver_2;
    struct tutti_broadcast broadcast;
    struct tutti_case one;
    uint64_t seen;
    struct tutti_sequencer sequencer;
    struct tutti_points points;
    struct tutti_footprint footprint; /* without room */
    struct tutti_branch branch;
    struct tutti_run_stats run_stats;
    struct tutti_nursery_options options;
    struct tutti_result result;
    struct tutti_token token;
    struct tutti_post post;
    struct tutti_loop *loop;
    struct tutti_task_view view;
    struct tutti_task_brief brief;
    struct tutti_op op;
    int64_t ns;
    int item;
    char text[64];
    void *memory;
};

enum phase { BEFORE, CALL, AFTER };

/* Weak: one that nobody defines is NULL, and is told by the test. */
#define DECLARE(function, mark)                                                                    \
    int entry_##function(struct set *set, enum phase phase) __attribute__((weak));
MARKS(DECLARE)
#undef DECLARE

#define ENTRY(function, before, call, after)                                                       \
    int entry_##function(struct set *set, enum phase phase)                                        \
    {                                                                                              \
        (void)set;                                                                                 \
        if (phase == BEFORE) return before;                                                        \
        return phase == CALL ? (call) : (after);                                                   \
    }
#define CALL(function, call) ENTRY(function, 0, call, 0)
/* for calls whose value is not looked at */
#define VOID(call) ((void)(call), 0)
#define DROP(call) ((void)!(call), 0)

static inline int schedules(void *arg)
{
    (void)arg;
    tutti_yield_shielded();
    return 0;
}

static inline int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static inline int nothing_in(struct tutti_nursery *nursery, void *arg)
{
    (void)nursery, (void)arg;
    return 0;
}

static inline int gets_ready(struct tutti_starting *starting, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_started(starting, 0);
}

static inline int start_result(struct set *set)
{
    TUTTI_TRY(tutti_nursery_open(&set->nursery));
    return tutti_nursery_start_result(&set->nursery, &set->result, nothing, NULL);
}

static const struct tutti_local a_local = {"local", NULL};

static inline enum tutti_abort not_yet(struct tutti_park *park)
{
    (void)park;
    return TUTTI_ABORT_LATER;
}

/* A task that waits in set->lot, whatever is cancelled. */
static inline int waits(void *arg)
{
    struct set *set = *(struct set **)arg;
    set->wait = (struct tutti_park)TUTTI_PARK_INIT("waits", &set->lot.object, TUTTI_HERE);
    set->wait.abort = not_yet;
    tutti_lot_join(&set->lot, &set->wait, &set->place, NULL);
    return tutti_park(&set->wait);
}

static inline int start_waiting(struct set *set)
{
    TUTTI_TRY(tutti_nursery_open(&set->nursery));
    TUTTI_TRY(tutti_nursery_start_copy(&set->nursery, waits, &set, sizeof set));
    while (!set->lot.count)
        tutti_yield_shielded();
    return 0;
}

static inline int close_nursery(struct set *set)
{
    if (set->place.lot) tutti_waiter_wake(&set->place, 0);
    return tutti_nursery_close(&set->nursery, 0);
}

static inline int parks(struct set *set)
{
    struct tutti_park wait = TUTTI_PARK_INIT("parks", NULL, TUTTI_HERE);
    (void)set;
    return tutti_park(&wait);
}

#include "marks_of_sockets.h"
#include "marks_of_streams.h"
/* With one thing of each sort; inside a run. */
static inline void set_init(struct set *set)
{
    *set = (struct set){.ready = TUTTI_SCOPE_INIT, .branch = TUTTI_BRANCH(schedules, NULL)};
    set->op = (struct tutti_op){.kind = TUTTI_OP_RANDOM, .buffer = set->text, .length = 8};
    set->post.fn = nothing;
    tutti_lot_init(&set->lot, "lot");
    tutti_lot_init(&set->other, "other");
    tutti_event_init(&set->event, "event");
    tutti_lock_init(&set->lock, "lock");
    tutti_cond_init(&set->cond, "cond", &set->lock);
    tutti_sem_init(&set->sem, "sem", 1, 2);
    tutti_limiter_init(&set->limiter, "limiter", 1);
    tutti_rwlock_init(&set->rwlock, "rwlock");
    tutti_barrier_init(&set->barrier, "barrier", 1);
    tutti_once_init(&set->once, "once");
    tutti_fair_init(&set->fair, "fair");
    tutti_fair_share_init(&set->share, &set->fair, 1);
    tutti_broadcast_init(&set->broadcast, "broadcast", NULL, 0);
    tutti_sequencer_init(&set->sequencer, "sequencer");
}

#include "marks_of_sync.h"
#include "marks_of_tasks.h"

#endif
