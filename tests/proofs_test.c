/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Four tasks at each primitive of core: in every trace there is, what they claim holds. The numbers
 * are those of docs/proofs.md; with --print the program prints that page's table.                */
#include <stdio.h>

#include "traces.h"
#include "tutti/core/barrier.h"
#include "tutti/core/broadcast.h"
#include "tutti/core/chan.h"
#include "tutti/core/cond.h"
#include "tutti/core/limiter.h"
#include "tutti/core/once.h"
#include "tutti/core/rwlock.h"
#include "tutti/core/scope.h"
#include "tutti/core/sem.h"

struct proof {
    const char *name;
    int (*task)(int number);
    int capacity;     /* of the channel; permits of the semaphore and limiter */
    uint32_t cancels; /* so many scopes of a run are cancelled; each task has one */
    uint64_t traces;
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
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    int inside, writers, done, told;
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
    tutti_check(++thing.inside <= proof->capacity);
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
    tutti_check(++thing.inside <= proof->capacity);
    int rc = tutti_checkpoint();
    thing.inside--;
    tutti_limiter_release(&thing.limiter, &borrow);
    return rc;
}

/* The last one of those who tell finds all others waiting, or gone. */
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
        if (rc == 0) thing.told--;
    }
    tutti_lock_release(&thing.lock);
    return rc;
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
    TUTTI_TRY(tutti_barrier_wait(&thing.barrier));
    tutti_check(thing.inside == 4);
    return 0;
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

/* Two send an item each, two receive one. */
static int proof_chan(int number)
{
    int item = number + 1;
    if (number < 2) return tutti_chan_send(&thing.sender, &item);
    item = 0;
    TUTTI_TRY(tutti_chan_receive(&thing.receiver, &item));
    tutti_check(item == 1 || item == 2);
    return 0;
}

/* One sends three items, which come in order to whoever receives; three receive one each. */
static int proof_chan_order(int number)
{
    int item;
    if (number == 0) {
        for (item = 1; item <= 3; item++)
            TUTTI_TRY(tutti_chan_send(&thing.sender, &item));
        return 0;
    }
    TUTTI_TRY(tutti_chan_receive(&thing.receiver, &item));
    tutti_check(item >= 1 && item <= 3);
    thing.done++;
    return 0;
}

static int proof_task(void *arg)
{
    struct tutti_scope scope;
    int number = *(const int *)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    int rc = tutti_scope_close(&scope, proof->task(number));
    /* who waits for a task that was cancelled would wait for ever */
    if (tutti_scope_called(&scope)) {
        thing.told = 1;
        tutti_event_set(&thing.event);
    }
    return rc;
}

static int proof_main(void *arg)
{
    struct tutti_nursery nursery;
    uint32_t permits = (uint32_t)(proof->capacity ? proof->capacity : 1);
    (void)arg;
    tutti_lock_init(&thing.lock, "lock");
    tutti_event_init(&thing.event, "event");
    tutti_sem_init(&thing.sem, "sem", permits, permits);
    tutti_cond_init(&thing.cond, "cond", &thing.lock);
    tutti_rwlock_init(&thing.rwlock, "rwlock");
    tutti_barrier_init(&thing.barrier, "barrier", 4);
    tutti_limiter_init(&thing.limiter, "limiter", permits);
    tutti_once_init(&thing.once, "once");
    tutti_broadcast_init(&thing.broadcast, "broadcast", NULL, 0);
    TUTTI_TRY(tutti_chan_open(&thing.sender, &thing.receiver, "chan", sizeof(int),
                              (size_t)proof->capacity));
    thing.inside = thing.writers = thing.done = thing.told = 0;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < 4; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(&nursery, proof_task, &i, sizeof i));
    }
    int rc = tutti_nursery_close(&nursery, 0);
    tutti_chan_close_send(&thing.sender);
    tutti_chan_close_receive(&thing.receiver);
    tutti_check(thing.inside == 0 || proof->task == proof_barrier);
    return rc;
}

static const struct proof proofs[] = {
    {"lock", proof_lock, 0, 0, 24},
    {"lock", proof_lock, 0, 1, 456},
    {"lock", proof_lock, 0, 2, 4824},
    {"event", proof_event, 0, 0, 1},
    {"event", proof_event, 0, 1, 10},
    {"event", proof_event, 0, 2, 34},
    {"semaphore", proof_sem, 1, 0, 336},
    {"semaphore", proof_sem, 1, 1, 3912},
    {"semaphore", proof_sem, 2, 0, 1608},
    {"semaphore", proof_sem, 2, 1, 15240},
    {"semaphore", proof_sem, 2, 2, 62664},
    {"semaphore", proof_sem, 3, 0, 2376},
    {"limiter", proof_limiter, 1, 0, 336},
    {"limiter", proof_limiter, 2, 0, 1608},
    {"limiter", proof_limiter, 2, 1, 15240},
    {"condition", proof_cond, 0, 0, 188},
    {"read-write lock", proof_rwlock, 0, 0, 444},
    {"read-write lock", proof_rwlock, 0, 1, 5016},
    {"read-write lock", proof_rwlock, 0, 2, 27776},
    {"barrier", proof_barrier, 0, 0, 24},
    {"once", proof_once, 0, 0, 64},
    {"once", proof_once, 0, 1, 740},
    {"once", proof_once, 0, 2, 5744},
    {"broadcast", proof_broadcast, 0, 0, 16},
    {"channel, two send", proof_chan, 0, 0, 24},
    {"channel, two send", proof_chan, 1, 0, 24},
    {"channel, two send", proof_chan, 2, 0, 16},
    {"channel, two send", proof_chan, 3, 0, 16},
    {"channel, one sends three", proof_chan_order, 0, 0, 84},
    {"channel, one sends three", proof_chan_order, 1, 0, 114},
    {"channel, one sends three", proof_chan_order, 2, 0, 60},
    {"channel, one sends three", proof_chan_order, 3, 0, 48},
};
enum { PROOFS = sizeof proofs / sizeof *proofs };

static void row_of(const struct proof *one, char *text, size_t size)
{
    snprintf(text, size, "| %s | %d | %u | %llu |\n", one->name, one->capacity, one->cancels,
             (unsigned long long)one->traces);
}

static struct traces explore(const struct proof *one, enum tutti_dpor_order order)
{
    struct tutti_bounds bounds = census_bounds;
    bounds.cancels_max = one->cancels;
    proof = one;
    return traces_of(proof_main, NULL, &bounds, order, 0);
}

static void all_traces_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROOFS; i++) {
        struct traces first = explore(&proofs[i], TUTTI_DPOR_FIRST);
        struct traces last = explore(&proofs[i], TUTTI_DPOR_LAST);
        bool hold = first.complete && last.complete && !first.checks && !first.deadlocks;
        if (!hold || first.traces != proofs[i].traces || last.traces != proofs[i].traces) {
            fail_msg("%s %d, %u cancelled: %llu and %llu traces, %llu checks and %llu deadlocks",
                     proofs[i].name, proofs[i].capacity, proofs[i].cancels,
                     (unsigned long long)first.traces, (unsigned long long)last.traces,
                     (unsigned long long)first.checks, (unsigned long long)first.deadlocks);
        }
    }
}

static void the_page_has_these_numbers(void **state)
{
    static char page[1 << 14];
    char row[128];
    (void)state;
    FILE *file = fopen("docs/proofs.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    (void)fclose(file);
    for (size_t i = 0; i < PROOFS; i++) {
        row_of(&proofs[i], row, sizeof row);
        if (!strstr(page, row)) fail_msg("docs/proofs.md lacks %s", row);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_traces_hold),
        cmocka_unit_test(the_page_has_these_numbers),
    };
    char row[128];
    if (argc < 2 || strcmp(argv[1], "--print") != 0) {
        return cmocka_run_group_tests(tests, NULL, NULL);
    }
    for (size_t i = 0; i < PROOFS; i++) {
        row_of(&proofs[i], row, sizeof row);
        (void)fputs(row, stdout);
    }
    return 0;
}
