/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* small_programs.h - small programs by chance, of everything that tasks share. What a run comes to
 * is a hash of what each task saw, in its order, and of what is left at the end: two runs that are
 * one trace must come to the same.                                                               */
#ifndef TUTTI_TESTS_SMALL_PROGRAMS_H
#define TUTTI_TESTS_SMALL_PROGRAMS_H

#include "traces.h"
#include "tutti/core/access.h"
#include "tutti/core/barrier.h"
#include "tutti/core/chan.h"
#include "tutti/core/cond.h"
#include "tutti/core/rwlock.h"
#include "tutti/core/scope.h"
#include "tutti/core/select.h"
#include "tutti/core/sem.h"
#include "tutti/sim/chance.h"

enum { SMALL_TASKS = 4, SMALL_OPS = 3, SMALL_THINGS = 2, SMALL_CELLS = 3 };

enum small_kind {
    SMALL_LOAD,
    SMALL_STORE,
    SMALL_CAS,
    SMALL_YIELD,
    SMALL_LOCK,
    SMALL_TRYLOCK,
    SMALL_SET,
    SMALL_WAIT,
    SMALL_SEND,
    SMALL_RECEIVE,
    SMALL_SEM,
    SMALL_COND,
    SMALL_RWLOCK,
    SMALL_BARRIER,
    SMALL_SELECT,
    SMALL_SPAWN,
    SMALL_SCOPE,
    SMALL_DEADLINE,
    SMALL_SHIELD,
    SMALL_CANCEL,
    SMALL_SLEEP,
    SMALL_NOW,
    SMALL_CHOOSE,
    SMALL_KINDS
};

struct small_op {
    enum small_kind kind;
    int a, b;
};

struct small_program {
    int tasks, ops[SMALL_TASKS], capacity;
    int starts; /* main starts this task first, then those after it, then from 0 on */
    struct small_op op[SMALL_TASKS][SMALL_OPS];
};

/* The program, and what its tasks share. */
static struct small_program small;
static struct small_shared {
    uint64_t cells[SMALL_CELLS];
    uint64_t seen[SMALL_TASKS * 4]; /* by each task and its children */
    struct tutti_lock locks[SMALL_THINGS];
    struct tutti_event events[SMALL_THINGS];
    struct tutti_chan_sender senders[SMALL_THINGS];
    struct tutti_chan_receiver receivers[SMALL_THINGS];
    struct tutti_sem sem;
    struct tutti_cond cond;
    struct tutti_rwlock rwlock;
    struct tutti_barrier barrier;
    struct tutti_scope *scopes[SMALL_THINGS];
} shared;

static inline void small_see(int who, int64_t value)
{
    shared.seen[who] = tutti_access_mix(shared.seen[who], (uint64_t)value);
}

static inline uint64_t small_load(int cell)
{
    tutti_access(&shared.cells[cell], 8, false);
    return shared.cells[cell];
}

static inline void small_store(int cell, uint64_t value)
{
    tutti_access(&shared.cells[cell], 8, true);
    shared.cells[cell] = value;
}

static inline int small_do(int who, const struct small_op *op, int left);

/* One that is done under another: the next of the task, or a step of its own. */
static inline int small_inside(int who, const struct small_op *op, int left)
{
    if (left > 0) return small_do(who, op + 1, left - 1);
    small_see(who, (int64_t)small_load(op->b));
    return tutti_checkpoint();
}

static inline int small_locked(int who, const struct small_op *op)
{
    struct tutti_lock *lock = &shared.locks[op->a];
    int rc = op->kind == SMALL_TRYLOCK ? tutti_lock_acquire_nowait(lock) : tutti_lock_acquire(lock);
    small_see(who, rc);
    if (rc < 0) return rc == TUTTI_EWOULDBLOCK ? 0 : rc;
    small_store(op->b, small_load(op->b) * 3 + (uint64_t)who);
    rc = tutti_checkpoint();
    tutti_lock_release(lock);
    return rc;
}

static inline int small_cond(int who, const struct small_op *op)
{
    int rc = tutti_lock_acquire(&shared.locks[0]);
    small_see(who, rc);
    if (rc < 0) return rc;
    if (op->a) {
        small_see(who, tutti_cond_notify(&shared.cond, 1));
    } else {
        rc = tutti_cond_wait(&shared.cond);
        small_see(who, rc);
    }
    small_store(op->b, small_load(op->b) + 1);
    tutti_lock_release(&shared.locks[0]);
    return rc;
}

static inline int small_rwlock(int who, const struct small_op *op)
{
    int rc = op->a ? tutti_rwlock_acquire_write(&shared.rwlock)
                   : tutti_rwlock_acquire_read(&shared.rwlock);
    small_see(who, rc);
    if (rc < 0) return rc;
    if (op->a) small_store(op->b, small_load(op->b) * 5 + (uint64_t)who);
    small_see(who, (int64_t)small_load(op->b));
    rc = tutti_checkpoint();
    if (op->a) {
        tutti_rwlock_release_write(&shared.rwlock);
    } else {
        tutti_rwlock_release_read(&shared.rwlock);
    }
    return rc;
}

static inline int small_select(int who, const struct small_op *op)
{
    int item = 0;
    struct tutti_case cases[] = {tutti_case_receive(&shared.receivers[op->a], &item),
                                 tutti_case_event(&shared.events[op->b % SMALL_THINGS])};
    int rc = tutti_select(cases, 2);
    small_see(who, rc * 100 + item);
    return rc < 0 ? rc : 0;
}

static inline int small_child(void *arg)
{
    int who = *(const int *)arg, base = who % SMALL_TASKS;
    small_see(who, 1);
    small_store(base % SMALL_CELLS, small_load(base % SMALL_CELLS) * 7 + (uint64_t)who);
    return 0;
}

static inline int small_spawn(int who, const struct small_op *op)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 1; i <= 1 + op->a; i++) {
        int child = who % SMALL_TASKS + SMALL_TASKS * i;
        TUTTI_TRY(tutti_nursery_start_copy(&nursery, small_child, &child, sizeof child));
    }
    int rc = tutti_nursery_close(&nursery, 0);
    small_see(who, rc);
    return rc;
}

static inline int small_scope(int who, const struct small_op *op, int left)
{
    struct tutti_scope scope;
    int64_t deadline_ns = op->kind == SMALL_DEADLINE ? tutti_now() + 1 : TUTTI_NEVER;
    TUTTI_TRY(tutti_scope_open(&scope, deadline_ns));
    if (op->kind == SMALL_SHIELD) tutti_scope_set_shield(&scope, true);
    tutti_access(&shared.scopes[op->a], 8, true);
    shared.scopes[op->a] = &scope;
    int rc = small_inside(who, op, left);
    tutti_access(&shared.scopes[op->a], 8, true);
    shared.scopes[op->a] = NULL;
    rc = tutti_scope_close(&scope, rc);
    small_see(who, rc * 2 + tutti_scope_caught(&scope));
    return rc;
}

static inline void small_cancel(const struct small_op *op)
{
    tutti_access(&shared.scopes[op->a], 8, false);
    if (shared.scopes[op->a]) tutti_scope_cancel(shared.scopes[op->a]);
}

/* Reads, or writes, or has to choose again which; what it touches depends on what it chooses. */
static inline void small_choose(int who, const struct small_op *op, int item)
{
    uint32_t first = tutti_choose(3), second = first == 2 ? tutti_choose(2) : first;
    int cell = first == 2 ? op->b : op->a;
    small_see(who, first * 2 + second);
    if (second) {
        small_store(cell, (uint64_t)item + 1);
    } else {
        small_see(who, (int64_t)small_load(cell));
    }
}

/* Does the op, and what is done under it. */
static inline int small_do(int who, const struct small_op *op, int left)
{
    int rc = 0, item = who * 16 + left;
    switch (op->kind) {
    case SMALL_LOAD:
        small_see(who, (int64_t)small_load(op->a));
        break;
    case SMALL_STORE:
        small_store(op->a, (uint64_t)item + 1);
        break;
    case SMALL_CAS:
        if (small_load(op->a) == 0) small_store(op->a, (uint64_t)item + 1);
        break;
    case SMALL_YIELD:
        rc = tutti_checkpoint();
        break;
    case SMALL_LOCK:
    case SMALL_TRYLOCK:
        return small_locked(who, op);
    case SMALL_SET:
        tutti_event_set(&shared.events[op->a]);
        break;
    case SMALL_WAIT:
        rc = tutti_event_wait(&shared.events[op->a]);
        break;
    case SMALL_SEND:
        rc = tutti_chan_send(&shared.senders[op->a], &item);
        break;
    case SMALL_RECEIVE:
        rc = tutti_chan_receive(&shared.receivers[op->a], &item);
        small_see(who, item);
        break;
    case SMALL_SEM:
        rc = tutti_sem_acquire(&shared.sem);
        if (rc == 0) rc = tutti_checkpoint();
        if (rc == 0) tutti_sem_release(&shared.sem);
        break;
    case SMALL_COND:
        return small_cond(who, op);
    case SMALL_RWLOCK:
        return small_rwlock(who, op);
    case SMALL_BARRIER:
        rc = tutti_barrier_wait(&shared.barrier);
        small_see(who, rc);
        return rc < 0 ? rc : 0;
    case SMALL_SELECT:
        return small_select(who, op);
    case SMALL_SPAWN:
        return small_spawn(who, op);
    case SMALL_SCOPE:
    case SMALL_DEADLINE:
    case SMALL_SHIELD:
        return small_scope(who, op, left);
    case SMALL_CANCEL:
        small_cancel(op);
        break;
    case SMALL_SLEEP:
        rc = tutti_sleep(1 + op->a);
        break;
    case SMALL_NOW:
        small_see(who, tutti_now());
        break;
    default:
        small_choose(who, op, item);
    }
    small_see(who, rc);
    return rc;
}

static inline int small_task(void *arg)
{
    int who = *(const int *)arg, rc = 0;
    for (int i = 0; i < small.ops[who] && rc >= 0; i++) {
        if (i > 0) rc = tutti_checkpoint();
        if (rc >= 0) rc = small_do(who, &small.op[who][i], small.ops[who] - i - 1);
    }
    return rc;
}

static inline int small_prepare(void)
{
    shared = (struct small_shared){.cells = {0}};
    for (int i = 0; i < SMALL_THINGS; i++) {
        tutti_lock_init(&shared.locks[i], "lock");
        tutti_event_init(&shared.events[i], "event");
        TUTTI_TRY(tutti_chan_open(&shared.senders[i], &shared.receivers[i], "chan", sizeof(int),
                                  (size_t)small.capacity));
    }
    tutti_sem_init(&shared.sem, "sem", 1, 4);
    tutti_cond_init(&shared.cond, "cond", &shared.locks[0]);
    tutti_rwlock_init(&shared.rwlock, "rwlock");
    tutti_barrier_init(&shared.barrier, "barrier", 2);
    return 0;
}

static inline int small_main(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    TUTTI_TRY(small_prepare());
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < small.tasks; i++) {
        int who = (small.starts + i) % small.tasks;
        TUTTI_TRY(tutti_nursery_start_copy(&nursery, small_task, &who, sizeof who));
    }
    int rc = tutti_nursery_close(&nursery, 0);
    for (int i = 0; i < SMALL_THINGS; i++) {
        tutti_chan_close_send(&shared.senders[i]);
        tutti_chan_close_receive(&shared.receivers[i]);
    }
    return rc == TUTTI_ECANCELED ? 0 : rc;
}

/* What the last run came to. */
static inline uint64_t small_outcome(const struct tutti_verdict *verdict)
{
    int code = verdict->kind == TUTTI_VERDICT_OK ? 0 : verdict->code;
    uint64_t outcome = tutti_access_mix(verdict->kind, (uint64_t)(int64_t)code);
    for (int i = 0; i < SMALL_TASKS * 4; i++) {
        outcome = tutti_access_mix(outcome, shared.seen[i]);
    }
    for (int i = 0; i < SMALL_CELLS; i++)
        outcome = tutti_access_mix(outcome, shared.cells[i]);
    return outcome;
}

/* Makes a program by chance, of the kinds that are bits of `kinds`. */
static inline void small_make(struct tutti_chance *chance, uint32_t kinds)
{
    small = (struct small_program){.tasks = 2 + (int)tutti_chance_below(chance, SMALL_TASKS - 1),
                                   .capacity = (int)tutti_chance_below(chance, 3)};
    for (int i = 0; i < small.tasks; i++) {
        small.ops[i] = 1 + (int)tutti_chance_below(chance, SMALL_OPS);
        for (int j = 0; j < small.ops[i]; j++) {
            struct small_op *op = &small.op[i][j];
            do {
                op->kind = (enum small_kind)tutti_chance_below(chance, SMALL_KINDS);
            } while (!(kinds >> op->kind & 1));
            op->a = (int)tutti_chance_below(chance, SMALL_THINGS);
            op->b = (int)tutti_chance_below(chance, SMALL_CELLS);
        }
    }
}

#endif
