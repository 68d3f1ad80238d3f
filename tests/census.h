/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* census.h - runs that count what became of them instead of failing, and small programs of which
 * it is known how many runs there are and how many of these deadlock or lose an update.          */
#ifndef TUTTI_TESTS_CENSUS_H
#define TUTTI_TESTS_CENSUS_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/sim/rehearse.h"
#include "tutti/sim/search.h"

enum { CENSUS_ROOM = 1024, CENSUS_TASKS = 6 };

struct census {
    struct tutti_rehearsal rehearsal;
    uint64_t deadlocks, checks;
    uint64_t lists; /* a hash of all choice lists, in order */
};

static const struct tutti_bounds census_bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN};

/* A tutti_run_once. */
static inline void census_run(void *context, struct tutti_picker *picker,
                              struct tutti_verdict *verdict)
{
    struct census *census = context;
    tutti_rehearse(&census->rehearsal, picker, verdict);
    for (uint32_t i = 0; i < picker->takes.count; i++) {
        census->lists = (census->lists ^ picker->takes.items[i].number) * UINT64_C(0x100000001b3);
    }
    census->lists = (census->lists ^ 0xff) * UINT64_C(0x100000001b3);
    census->deadlocks += verdict->kind == TUTTI_VERDICT_DEADLOCK;
    census->checks += verdict->kind == TUTTI_VERDICT_CHECK;
    if (verdict->kind == TUTTI_VERDICT_DEADLOCK || verdict->kind == TUTTI_VERDICT_CHECK) {
        verdict->kind = TUTTI_VERDICT_OK;
    }
}

static inline void census_open(struct census *census, int (*main)(void *arg), const void *arg)
{
    *census = (struct census){.rehearsal = {.main = main, .arg = (void *)(uintptr_t)arg}};
    assert_int_equal(tutti_sim_world_open(&census->rehearsal.sim, 1), 0);
}

static inline void census_close(struct census *census)
{
    tutti_sim_world_close(&census->rehearsal.sim);
}

/* Makes up to `runs` runs (0: all); returns how many they were. */
static inline uint64_t census_take(struct census *census, struct tutti_picker *picker,
                                   uint64_t runs)
{
    struct tutti_search search = {
        .picker = picker, .run = census_run, .context = census, .runs_max = runs};
    tutti_search_go(&search, UINT64_MAX);
    if (search.end == TUTTI_SEARCH_FOUND) fail_msg("%s", search.verdict.message);
    return search.runs;
}

/* Is it what `probability` gives in so many runs, but for three sigma? */
static inline void assert_frequency(uint64_t hits, uint64_t runs, double probability)
{
    double expected = probability * (double)runs;
    double sigma = sqrt(expected * (1 - probability));
    if (fabs((double)hits - expected) > 3 * sigma) {
        fail_msg("%llu of %llu, and %.1f +- %.1f were expected", (unsigned long long)hits,
                 (unsigned long long)runs, expected, 3 * sigma);
    }
}

/* Philosophers: each takes the fork on the left, then the one on the right. */
struct table {
    int count;
    struct tutti_lock forks[CENSUS_TASKS];
    struct seat {
        struct table *table;
        int place;
    } seats[CENSUS_TASKS];
};

static inline int census_dine(void *arg)
{
    const struct seat *seat = arg;
    struct table *table = seat->table;
    struct tutti_lock *left = &table->forks[seat->place];
    struct tutti_lock *right = &table->forks[(seat->place + 1) % table->count];
    TUTTI_TRY(tutti_lock_acquire(left));
    TUTTI_TRY(tutti_lock_acquire(right));
    tutti_lock_release(right);
    tutti_lock_release(left);
    return 0;
}

static inline int census_seat(struct tutti_nursery *nursery, void *arg)
{
    struct table *table = arg;
    for (int i = 0; i < table->count; i++) {
        tutti_lock_init(&table->forks[i], "fork");
        table->seats[i] = (struct seat){.table = table, .place = i};
        TUTTI_TRY(tutti_nursery_start(nursery, census_dine, &table->seats[i]));
    }
    return 0;
}

/* The argument is how many: a pointer to an int. */
static inline int census_philosophers(void *arg)
{
    struct table table = {.count = *(const int *)arg};
    return tutti_nursery_run(census_seat, &table);
}

/* Counters that read, pause, and write what they read plus one. */
struct counter {
    int count, value;
};

static inline int census_increment(void *arg)
{
    struct counter *counter = arg;
    int value = counter->value;
    TUTTI_TRY(tutti_checkpoint());
    counter->value = value + 1;
    return 0;
}

static inline int census_start_increments(struct tutti_nursery *nursery, void *arg)
{
    const struct counter *counter = arg;
    for (int i = 0; i < counter->count; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, census_increment, arg));
    }
    return 0;
}

/* Its check fails when all updates but one were lost. */
static inline int census_lost_update(void *arg)
{
    struct counter counter = {.count = *(const int *)arg};
    TUTTI_TRY(tutti_nursery_run(census_start_increments, &counter));
    tutti_check(counter.value != 1);
    return 0;
}

/* Children of two steps, one started in each step of their parent. */
static inline int census_child(void *arg)
{
    (void)arg;
    return tutti_checkpoint();
}

static inline int census_start_apart(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < *(const int *)arg; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, census_child, NULL));
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static inline int census_nursery(void *arg)
{
    return tutti_nursery_run(census_start_apart, arg);
}

/* {tasks, steps of each} */
static inline int census_steps(void *arg)
{
    for (int i = 1; i < *(const int *)arg; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static inline int census_start_steps(struct tutti_nursery *nursery, void *arg)
{
    const int *numbers = arg;
    for (int i = 0; i < numbers[0]; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, census_steps, (void *)(uintptr_t)(numbers + 1)));
    }
    return 0;
}

static inline int census_tasks(void *arg)
{
    return tutti_nursery_run(census_start_steps, arg);
}

#endif
