/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* gate_cases.h - T64, and what else holds for everything that lets one task in at a time: lock,
 * semaphore and limiter of one, the writing side of a reader-writer lock, locks made of channels.
 */
#ifndef TUTTI_TESTS_GATE_CASES_H
#define TUTTI_TESTS_GATE_CASES_H

#include "tutti/core/error.h"
#include "tutti/core/limiter.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

/* Exclusion is of five who go in ten times each, fairness of three with five turns. */
enum { GATE_WORKERS = 5, GATE_LOOPS = 10, GATE_USERS = 3, GATE_TURNS = 5 };

struct gate {
    void *it;
    struct tutti_lot *lot; /* its queue; or else: */
    uint32_t (*waiting)(void *it);
    void (*close)(void *it); /* may be NULL */
    int (*enter)(void *it, struct tutti_borrow *borrow);
    int (*enter_nowait)(void *it, struct tutti_borrow *borrow);
    void (*leave)(void *it, struct tutti_borrow *borrow);
    struct tutti_scope scopes[GATE_USERS];
    int inside, entered, users, turns, next, results[GATE_USERS];
    int order[GATE_USERS * GATE_TURNS];
};

static inline uint32_t gate_waiting(const struct gate *gate)
{
    return gate->lot ? gate->lot->count : gate->waiting(gate->it);
}

static inline int gate_start(struct tutti_nursery *nursery, struct gate *gate, int users,
                             int (*fn)(void *arg))
{
    for (int i = 0; i < users; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, fn, &gate, sizeof gate));
    }
    return 0;
}

static inline int gate_turn(struct gate *gate, int me)
{
    struct tutti_borrow borrow;
    TUTTI_TRY(gate->enter(gate->it, &borrow));
    tutti_check(gate->inside++ == 0);
    if (gate->entered < GATE_USERS * GATE_TURNS) gate->order[gate->entered] = me;
    gate->entered++;
    int rc = tutti_checkpoint();
    gate->inside--;
    gate->leave(gate->it, &borrow);
    return rc;
}

static inline int gate_turns(void *arg)
{
    struct gate *gate = *(struct gate **)arg;
    int me = gate->next++;
    for (int i = 0; i < gate->turns; i++)
        TUTTI_TRY(gate_turn(gate, me));
    return 0;
}

static inline int gate_exclusion_body(struct tutti_nursery *nursery, void *arg)
{
    struct gate *gate = arg;
    gate->turns = GATE_LOOPS;
    return gate_start(nursery, gate, GATE_WORKERS, gate_turns);
}

/* Never two inside, whoever comes when. */
static inline int gate_exclusion(struct gate *gate)
{
    TUTTI_TRY(tutti_nursery_run(gate_exclusion_body, gate));
    tutti_check(gate->entered == GATE_WORKERS * GATE_LOOPS && gate_waiting(gate) == 0);
    return 0;
}

static inline int gate_fairness_body(struct tutti_nursery *nursery, void *arg)
{
    struct gate *gate = arg;
    struct tutti_borrow mine, other;
    gate->turns = GATE_TURNS;
    TUTTI_TRY(gate->enter(gate->it, &mine));
    TUTTI_TRY(gate_start(nursery, gate, GATE_USERS, gate_turns));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(gate_waiting(gate) == GATE_USERS && gate->entered == 0);
    gate->leave(gate->it, &mine);
    /* handed over: not free for a moment, and nobody overtakes */
    tutti_check(gate_waiting(gate) == GATE_USERS - 1);
    tutti_check(gate->enter_nowait(gate->it, &other) == TUTTI_EWOULDBLOCK);
    return 0;
}

/* Those who wait are served in their order, again and again. */
static inline int gate_fairness(struct gate *gate)
{
    TUTTI_TRY(tutti_nursery_run(gate_fairness_body, gate));
    for (int i = 0; i < GATE_USERS * GATE_TURNS; i++) {
        tutti_check(gate->order[i] == i % GATE_USERS);
    }
    return 0;
}

static inline int gate_cancelled(void *arg)
{
    struct gate *gate = *(struct gate **)arg;
    int me = gate->next++;
    TUTTI_TRY(tutti_scope_open(&gate->scopes[me], TUTTI_NEVER));
    gate->results[me] = gate_turn(gate, me);
    return tutti_scope_close(&gate->scopes[me], gate->results[me]);
}

static inline int gate_cancel_body(struct tutti_nursery *nursery, void *arg)
{
    struct gate *gate = arg;
    struct tutti_borrow mine;
    TUTTI_TRY(gate->enter(gate->it, &mine));
    TUTTI_TRY(gate_start(nursery, gate, 3, gate_cancelled));
    TUTTI_TRY(tutti_sleep(1));
    tutti_scope_cancel(&gate->scopes[0]);
    tutti_check(gate_waiting(gate) == 2); /* at once */
    gate->leave(gate->it, &mine);
    tutti_scope_cancel(&gate->scopes[1]); /* it has it by now: the first wake won */
    tutti_check(gate_waiting(gate) == 1);
    return 0;
}

/* A cancelled waiter is gone from the queue at once; one that was served before was served. */
static inline int gate_cancel(struct gate *gate)
{
    struct tutti_borrow borrow;
    TUTTI_TRY(tutti_nursery_run(gate_cancel_body, gate));
    tutti_check(gate->entered == 2 && gate->order[0] == 1 && gate->order[1] == 2);
    tutti_check(gate->scopes[0].caught && gate->scopes[1].caught && gate->results[2] == 0);
    tutti_check(gate_waiting(gate) == 0);
    tutti_check(gate->enter_nowait(gate->it, &borrow) == 0);
    gate->leave(gate->it, &borrow);
    return 0;
}

/* A free gate is one cancel point and one schedule point; cancelled, it is not entered. */
static inline int gate_checkpoints(struct gate *gate)
{
    struct tutti_borrow borrow, other;
    struct tutti_scope scope;
    const struct tutti_task *self = tutti_task_self();
    uint64_t cancels = tutti_task_cancel_points(self), yields = tutti_task_schedule_points(self);
    TUTTI_TRY(gate->enter(gate->it, &borrow));
    tutti_check(tutti_task_cancel_points(self) == cancels + 1);
    tutti_check(tutti_task_schedule_points(self) == yields + 1);
    tutti_check(gate->enter_nowait(gate->it, &other) < 0);
    gate->leave(gate->it, &borrow);
    tutti_check(gate->enter_nowait(gate->it, &borrow) == 0);
    gate->leave(gate->it, &borrow);
    tutti_check(tutti_task_cancel_points(self) == cancels + 1);
    tutti_check(tutti_task_schedule_points(self) == yields + 1);
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    int rc = gate->enter(gate->it, &borrow);
    tutti_check(rc == TUTTI_ECANCELED);
    tutti_check(gate->enter_nowait(gate->it, &borrow) == 0);
    gate->leave(gate->it, &borrow);
    return tutti_scope_close(&scope, rc);
}

static inline int gate_small_turn(void *arg)
{
    return gate_turn(arg, 0);
}

static inline int gate_small_user(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, gate_small_turn, *(struct gate **)arg);
}

static inline int gate_small_body(struct tutti_nursery *nursery, void *arg)
{
    struct gate *gate = arg;
    return gate_start(nursery, gate, gate->users, gate_small_user);
}

/* Each of `users` tasks goes in once, in a scope of its own, under any schedule and cancellation:
 * at most one inside, nobody left waiting, free at the end.                                     */
static inline int gate_small(struct gate *gate, int users)
{
    struct tutti_borrow borrow;
    gate->users = users;
    TUTTI_TRY(tutti_nursery_run(gate_small_body, gate));
    tutti_check(gate->inside == 0 && gate->entered >= users - 1 && gate_waiting(gate) == 0);
    tutti_check(gate->enter_nowait(gate->it, &borrow) == 0);
    gate->leave(gate->it, &borrow);
    return 0;
}

static inline int gate_end(struct gate *gate, int rc)
{
    if (gate->close) gate->close(gate->it);
    return rc;
}

/* The cases as functions a table can name, for a gate made by `make(struct gate *)`. */
#define GATE_CASE(name, make)                                                                      \
    static int T64_##name(void *arg)                                                               \
    {                                                                                              \
        struct gate gate = {.inside = 0};                                                          \
        (void)arg;                                                                                 \
        make(&gate);                                                                               \
        return gate_end(&gate, gate_##name(&gate));                                                \
    }
#define GATE_SMALL(name, make, users)                                                              \
    static int name(void *arg)                                                                     \
    {                                                                                              \
        struct gate gate = {.inside = 0};                                                          \
        (void)arg;                                                                                 \
        make(&gate);                                                                               \
        return gate_end(&gate, gate_small(&gate, users));                                          \
    }
#define GATE_CASES(make)                                                                           \
    GATE_CASE(exclusion, make)                                                                     \
    GATE_CASE(fairness, make)                                                                      \
    GATE_CASE(cancel, make)                                                                        \
    GATE_CASE(checkpoints, make)                                                                   \
    GATE_SMALL(two_users, make, 2)                                                                 \
    GATE_SMALL(three_users, make, 3)
#define GATE_REHEARSED                                                                             \
    REHEARSED(T64_exclusion), REHEARSED(T64_fairness), REHEARSED(T64_cancel),                      \
        REHEARSED(T64_checkpoints)

#endif
