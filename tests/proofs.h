/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* proofs.h - four tasks at each primitive of core, each in a scope of its own that may be
 * cancelled: what the primitive claims is checked in every trace there is. The numbers are those of
 * docs/proofs.md.                                                                                */
#ifndef TUTTI_TESTS_PROOFS_H
#define TUTTI_TESTS_PROOFS_H

#include <stdio.h>

#include "traces.h"
#include "tutti/core/barrier.h"
#include "tutti/core/broadcast.h"
#include "tutti/core/chan.h"
#include "tutti/core/cond.h"
#include "tutti/core/fair.h"
#include "tutti/core/limiter.h"
#include "tutti/core/lot_break.h"
#include "tutti/core/once.h"
#include "tutti/core/rwlock.h"
#include "tutti/core/scope.h"
#include "tutti/core/select.h"
#include "tutti/core/sem.h"

enum { PROOF_TASKS = 4, PROOF_CANCELS = 2 };

struct proof {
    const char *name;
    int (*task)(int number);
    void (*gone)(int number); /* what others do not wait for any more when a task is cancelled */
    size_t capacity;          /* of the channel or nursery; permits of the semaphore and limiter */
    uint64_t traces[PROOF_CANCELS + 1]; /* when so many scopes of a run are cancelled at most */
};

static const struct proof *proof;
static struct {
    struct tutti_lock lock;
    struct tutti_event event;
    struct tutti_sem sem;
    struct tutti_cond cond;
    struct tutti_rwlock rwlock;
    struct tutti_barrier barrier;
    struct tutti_limiter limiter;
    struct tutti_once once;
    struct tutti_broadcast broadcast;
    struct tutti_lot lot;
    struct tutti_fair_lot fair;
    struct tutti_fair_share shares[PROOF_TASKS];
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    int inside, writers, done, told, items;
} thing;

static int proof_lock(int number)
{
    (void)number;
    TUTTI_TRY(tutti_lock_acquire(&thing.lock));
    tutti_check(thing.inside++ == 0);
    int rc = tutti_checkpoint();
    tutti_check(--thing.inside == 0);
    tutti_lock_release(&thing.lock);
    return rc;
}

static int proof_event(int number)
{
    if (number == 3) {
        thing.told = 1;
        tutti_event_set(&thing.event);
        return 0;
    }
    TUTTI_TRY(tutti_event_wait(&thing.event));
    tutti_check(thing.told);
    return 0;
}

static int proof_sem(int number)
{
    (void)number;
    TUTTI_TRY(tutti_sem_acquire(&thing.sem));
    tutti_check((size_t)++thing.inside <= proof->capacity);
    int rc = tutti_checkpoint();
    thing.inside--;
    tutti_sem_release(&thing.sem);
    return rc;
}

static int proof_limiter(int number)
{
    struct tutti_borrow borrow;
    (void)number;
    TUTTI_TRY(tutti_limiter_acquire(&thing.limiter, &borrow));
    tutti_check((size_t)++thing.inside <= proof->capacity);
    int rc = tutti_checkpoint();
    thing.inside--;
    tutti_limiter_release(&thing.limiter, &borrow);
    return rc;
}

/* Two tell, each of them one of two who wait. */
static int proof_cond(int number)
{
    TUTTI_TRY(tutti_lock_acquire(&thing.lock));
    int rc = 0;
    if (number >= 2) {
        thing.told++;
        (void)tutti_cond_notify(&thing.cond, 1);
    } else {
        while (!thing.told && rc == 0)
            rc = tutti_cond_wait(&thing.cond);
        tutti_check(rc != 0 || thing.told-- > 0);
    }
    tutti_lock_release(&thing.lock);
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

static void proof_cond_gone(int number)
{
    if (number >= 2) tutti_lot_break(&thing.cond.lot);
}

static int proof_rwlock(int number)
{
    bool writes = number >= 2;
    TUTTI_TRY(writes ? tutti_rwlock_acquire_write(&thing.rwlock)
                     : tutti_rwlock_acquire_read(&thing.rwlock));
    tutti_check(thing.writers == 0 && (!writes || thing.inside == 0));
    thing.inside++;
    thing.writers += writes;
    int rc = tutti_checkpoint();
    thing.inside--;
    thing.writers -= writes;
    if (writes) {
        tutti_rwlock_release_write(&thing.rwlock);
    } else {
        tutti_rwlock_release_read(&thing.rwlock);
    }
    return rc;
}

static int proof_barrier(int number)
{
    (void)number;
    thing.inside++;
    int rc = tutti_barrier_wait(&thing.barrier);
    tutti_check(rc < 0 || thing.inside == PROOF_TASKS);
    return rc == TUTTI_ECANCELED ? rc : 0;
}

static void proof_barrier_gone(int number)
{
    (void)number;
    tutti_lot_break(&thing.barrier.lot);
}

static int proof_once_fn(void *arg)
{
    (void)arg;
    int rc = tutti_checkpoint();
    if (rc == 0) thing.done++;
    return rc;
}

static int proof_once(int number)
{
    (void)number;
    TUTTI_TRY(tutti_once_run(&thing.once, proof_once_fn, NULL));
    tutti_check(thing.done == 1);
    return 0;
}

static int proof_broadcast(int number)
{
    uint64_t seen = 0;
    if (number == 3) {
        thing.told = 1;
        tutti_broadcast_announce(&thing.broadcast, NULL);
        return 0;
    }
    TUTTI_TRY(tutti_broadcast_wait(&thing.broadcast, &seen, NULL));
    tutti_check(thing.told);
    return 0;
}

/* Three wait in a lot; the fourth wakes one, then the others, and whoever comes later finds it
 * broken. No wake is lost: who was woken is not cancelled any more.                              */
static int proof_lot(int number)
{
    if (number < 3) {
        int rc = tutti_lot_park(&thing.lot, "park");
        thing.done += rc == 0;
        return rc == TUTTI_EBROKEN ? 0 : rc;
    }
    thing.told += (int)tutti_lot_unpark(&thing.lot, 1);
    TUTTI_TRY(tutti_checkpoint());
    thing.told += (int)tutti_lot_unpark(&thing.lot, 2);
    tutti_lot_break(&thing.lot);
    return 0;
}

static void proof_lot_gone(int number)
{
    if (number == 3) tutti_lot_break(&thing.lot);
}

/* A turn that is handed on: to the share that has had the least. */
static int proof_fair(int number)
{
    struct tutti_fair_share *share = &thing.shares[number];
    if (thing.told || tutti_fair_pass(share, 1) != 0) TUTTI_TRY(tutti_fair_park(share, 1, "turn"));
    thing.told = 1;
    tutti_check(thing.inside++ == 0);
    int rc = tutti_checkpoint();
    tutti_check(--thing.inside == 0);
    thing.told = tutti_fair_unpark(&thing.fair, 1) > 0;
    return rc;
}

/* What a call of the channel gives when the other side, or one's own, has gone. */
static int proof_closed(int rc)
{
    return rc == TUTTI_EEOF || rc == TUTTI_ECLOSED || rc == TUTTI_EBROKEN ? 0 : rc;
}

/* An item, once. */
static void proof_item(int item)
{
    tutti_check(item >= 1 && item <= 3 && !(thing.items & 1 << item));
    thing.items |= 1 << item;
}

static int proof_receive(void)
{
    int item = 0;
    int rc = tutti_chan_receive(&thing.receiver, &item);
    if (rc == 0) proof_item(item);
    return proof_closed(rc);
}

/* Two send an item each, two receive one. */
static int proof_chan(int number)
{
    int item = number + 1;
    return number < 2 ? proof_closed(tutti_chan_send(&thing.sender, &item)) : proof_receive();
}

static void proof_chan_gone(int number)
{
    if (number < 2) {
        tutti_chan_close_send(&thing.sender);
    } else {
        tutti_chan_close_receive(&thing.receiver);
    }
}

/* One sends three items; three receive one each. */
static int proof_chan_order(int number)
{
    int rc = 0;
    if (number > 0) return proof_receive();
    for (int item = 1; item <= 3 && rc == 0; item++)
        rc = tutti_chan_send(&thing.sender, &item);
    return proof_closed(rc);
}

static void proof_chan_order_gone(int number)
{
    proof_chan_gone(number == 0 ? 0 : 2);
}

/* The same, never waiting for room: what is too much is lost, and when all is sent it is over. */
static int proof_chan_drop(int number)
{
    if (number == 0) TUTTI_TRY(tutti_chan_set_drop_oldest(thing.sender.chan, true));
    int rc = proof_chan_order(number);
    if (number == 0) tutti_chan_close_send(&thing.sender);
    return rc;
}

/* Two send an item each; two take one, or the lock if that can be had first and an item then. */
static int proof_select(int number)
{
    int item = 0;
    if (number < 2) return proof_chan(number);
    struct tutti_case cases[] = {tutti_case_receive(&thing.receiver, &item),
                                 tutti_case_lock(&thing.lock)};
    int which = tutti_select(cases, 2);
    if (which < 0) return which;
    if (which == 0) {
        if (cases[0].result == 0) proof_item(item);
        return proof_closed(cases[0].result);
    }
    tutti_check(cases[1].result == 0 && thing.inside++ == 0);
    int rc = tutti_checkpoint();
    thing.inside--;
    tutti_lock_release(&thing.lock);
    return rc == 0 ? proof_receive() : rc;
}

static int proof_child(void *arg)
{
    (void)arg;
    tutti_check((size_t)++thing.inside <= proof->capacity);
    int rc = tutti_checkpoint();
    thing.inside--;
    return rc;
}

static int proof_start_children(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 1; i < PROOF_TASKS; i++)
        TUTTI_TRY(tutti_nursery_start_wait(nursery, proof_child, arg));
    return 0;
}

/* One starts the three others, as soon as there is room. */
static int proof_bounded(int number)
{
    struct tutti_nursery_options options = {.max_tasks = (uint32_t)proof->capacity};
    return number == 0 ? tutti_nursery_run_with(&options, proof_start_children, NULL) : 0;
}

static int proof_task(void *arg)
{
    struct tutti_scope scope;
    int number = *(const int *)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    int rc = tutti_scope_close(&scope, proof->task(number));
    if (proof->gone && tutti_scope_called(&scope)) proof->gone(number);
    return rc;
}

static int proof_init(void)
{
    uint32_t permits = (uint32_t)(proof->capacity ? proof->capacity : 1);
    tutti_lock_init(&thing.lock, "lock");
    tutti_event_init(&thing.event, "event");
    tutti_sem_init(&thing.sem, "sem", permits, permits);
    tutti_cond_init(&thing.cond, "cond", &thing.lock);
    tutti_rwlock_init(&thing.rwlock, "rwlock");
    tutti_barrier_init(&thing.barrier, "barrier", PROOF_TASKS);
    tutti_limiter_init(&thing.limiter, "limiter", permits);
    tutti_once_init(&thing.once, "once");
    tutti_broadcast_init(&thing.broadcast, "broadcast", NULL, 0);
    tutti_lot_init(&thing.lot, "lot");
    tutti_fair_init(&thing.fair, "fair");
    for (uint32_t i = 0; i < PROOF_TASKS; i++)
        tutti_fair_share_init(&thing.shares[i], &thing.fair, i + 1);
    thing.inside = thing.writers = thing.done = thing.told = thing.items = 0;
    return tutti_chan_open(&thing.sender, &thing.receiver, "chan", sizeof(int), proof->capacity);
}

static int proof_main(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    TUTTI_TRY(proof_init());
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < PROOF_TASKS; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(&nursery, proof_task, &i, sizeof i));
    }
    int rc = tutti_nursery_close(&nursery, 0);
    tutti_chan_close_send(&thing.sender);
    tutti_chan_close_receive(&thing.receiver);
    tutti_check(thing.inside == 0 || proof->task == proof_barrier);
    tutti_check(proof->task != proof_lot || thing.told == thing.done);
    return rc;
}

static const struct proof proofs[] = {
    {"lock", proof_lock, NULL, 0, {24, 456, 3048}},
    {"event", proof_event, NULL, 0, {1, 7, 19}},
    {"semaphore", proof_sem, NULL, 1, {336, 3912, 18240}},
    {"semaphore", proof_sem, NULL, 2, {1608, 15240, 58584}},
    {"semaphore", proof_sem, NULL, 3, {2376, 21528, 79416}},
    {"limiter", proof_limiter, NULL, 1, {336, 3912, 18240}},
    {"limiter", proof_limiter, NULL, 2, {1608, 15240, 58584}},
    {"limiter", proof_limiter, NULL, 3, {2376, 21528, 79416}},
    {"condition", proof_cond, proof_cond_gone, 0, {188, 7964, 79644}},
    {"read-write lock", proof_rwlock, NULL, 0, {444, 5016, 22612}},
    {"barrier", proof_barrier, proof_barrier_gone, 0, {24, 448, 5200}},
    {"once", proof_once, NULL, 0, {64, 740, 3908}},
    {"broadcast", proof_broadcast, NULL, 0, {16, 121, 391}},
    {"lot", proof_lot, proof_lot_gone, 0, {49, 416, 1526}},
    {"fair lot", proof_fair, NULL, 0, {336, 3240, 12696}},
    {"bounded nursery", proof_bounded, NULL, 1, {4, 32, 32}},
    {"bounded nursery", proof_bounded, NULL, 2, {30, 178, 178}},
    {"bounded nursery", proof_bounded, NULL, 3, {48, 286, 286}},
    {"channel, two send", proof_chan, proof_chan_gone, 0, {24, 352, 2472}},
    {"channel, two send", proof_chan, proof_chan_gone, 1, {24, 300, 1720}},
    {"channel, two send", proof_chan, proof_chan_gone, 2, {16, 220, 1296}},
    {"channel, two send", proof_chan, proof_chan_gone, 3, {16, 220, 1296}},
    {"channel, two send", proof_chan, proof_chan_gone, TUTTI_CHAN_UNBOUNDED, {16, 220, 1296}},
    {"channel, one sends three", proof_chan_order, proof_chan_order_gone, 0, {84, 1674, 13587}},
    {"channel, one sends three", proof_chan_order, proof_chan_order_gone, 1, {114, 2085, 16836}},
    {"channel, one sends three", proof_chan_order, proof_chan_order_gone, 2, {60, 1299, 11589}},
    {"channel, one sends three", proof_chan_order, proof_chan_order_gone, 3, {48, 1104, 10206}},
    {"channel, drops oldest", proof_chan_drop, proof_chan_order_gone, 1, {210, 3972, 27663}},
    {"channel, drops oldest", proof_chan_drop, proof_chan_order_gone, 2, {210, 3912, 26643}},
    {"channel, drops oldest", proof_chan_drop, proof_chan_order_gone, 3, {210, 3924, 26691}},
    {"select: channel or lock", proof_select, proof_chan_gone, 0, {156, 3100, 29700}},
    {"select: channel or lock", proof_select, proof_chan_gone, 1, {156, 2412, 16440}},
    {"select: channel or lock", proof_select, proof_chan_gone, 2, {132, 2028, 13212}},
    {"select: channel or lock", proof_select, proof_chan_gone, 3, {132, 2028, 13212}},
};
enum { PROOFS = sizeof proofs / sizeof *proofs };

/* Both preferences of the search: all that is claimed holds, nobody is left waiting, and the number
 * of traces is the known one.                                                                    */
static inline void proof_holds(const struct proof *one, uint32_t cancels)
{
    struct tutti_bounds bounds = census_bounds;
    bounds.cancels_max = cancels;
    bounds.kinds |= 1u << TUTTI_CHOICE_USER;
    proof = one;
    for (int order = TUTTI_DPOR_FIRST; order <= TUTTI_DPOR_LAST; order++) {
        struct traces found = traces_of(proof_main, NULL, &bounds, order, 0);
        bool holds = found.complete && !found.checks && !found.deadlocks;
        if (holds && found.traces == one->traces[cancels]) continue;
        fail_msg("%s %zu, %u cancelled, preference %d: %llu traces, %llu checks, %llu deadlocks",
                 one->name, one->capacity, cancels, order, (unsigned long long)found.traces,
                 (unsigned long long)found.checks, (unsigned long long)found.deadlocks);
    }
}

/* Those with up to so many traces are in the quick suite. */
enum { PROOFS_QUICK = 2500 };

#endif
