/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All interleavings, depth first, of the programs by which shuttle (tests/basic/dfs.rs) tests its
 * own depth-first search, and as many as there.
 *
 * There a schedule point comes before an operation: before a thread is started, before it yields,
 * before it takes or gives a lock, and before the main thread ends; not before another one ends.
 * Here tasks go on until a checkpoint, so a program says where the points are:
 *
 *   shuttle                         here
 *   thread::spawn                   tutti_checkpoint(), tutti_nursery_start()
 *   thread::yield_now               tutti_checkpoint()
 *   the main thread's end           tutti_checkpoint() before the nursery is closed
 *   Mutex::lock, free               tutti_checkpoint(), and then it may have been taken
 *   Mutex::lock, taken              waits at once; who waited and finds it free takes it
 *   a guard is dropped              tutti_checkpoint(), free, all who wait go on
 *
 * Closing the nursery waits for all the others: nothing can be chosen any more when it goes on. */
#include "census.h"
#include "tutti/core/park.h"
#include "tutti/sim/pick_dfs.h"

static struct tutti_take dfs_takes[CENSUS_ROOM];

/* A mutex as shuttle's. */
static struct {
    bool taken;
    struct tutti_lot waiting;
} mutex;

static int mutex_lock(void)
{
    if (!mutex.taken) TUTTI_TRY(tutti_checkpoint());
    while (mutex.taken)
        TUTTI_TRY(tutti_lot_park(&mutex.waiting, "mutex"));
    mutex.taken = true;
    return 0;
}

static int mutex_unlock(void)
{
    TUTTI_TRY(tutti_checkpoint());
    mutex.taken = false;
    (void)tutti_lot_unpark(&mutex.waiting, UINT32_MAX);
    return 0;
}

/* How often the main task yields, how often each of the others, and how many these are. */
struct yields {
    int own, of_others, others;
    uint64_t runs;
};

static int yield_often(int count)
{
    for (int i = 0; i < count; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int yield_task(void *arg)
{
    return yield_often(*(const int *)arg);
}

static int start_yields(struct tutti_nursery *nursery, void *arg)
{
    struct yields *yields = arg;
    for (int i = 0; i < yields->others; i++) {
        TUTTI_TRY(tutti_checkpoint());
        TUTTI_TRY(tutti_nursery_start(nursery, yield_task, &yields->of_others));
    }
    TUTTI_TRY(yield_often(yields->own));
    return tutti_checkpoint();
}

static int yields_main(void *arg)
{
    return tutti_nursery_run(start_yields, arg);
}

static int locks_task(void *arg)
{
    (void)arg;
    TUTTI_TRY(mutex_lock());
    return mutex_unlock();
}

static int start_locks(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_nursery_start(nursery, locks_task, arg));
    TUTTI_TRY(mutex_lock());
    TUTTI_TRY(mutex_unlock());
    return tutti_checkpoint();
}

static int locks_main(void *arg)
{
    mutex.taken = false;
    tutti_lot_init(&mutex.waiting, "mutex");
    return tutti_nursery_run(start_locks, arg);
}

static uint64_t runs_of(int (*main)(void *arg), const void *arg)
{
    struct census census;
    struct tutti_pick_dfs dfs;
    census_open(&census, main, arg);
    tutti_pick_dfs_init(&dfs, &census_bounds, dfs_takes, CENSUS_ROOM);
    uint64_t runs = census_take(&census, &dfs.picker, 0);
    assert_true(dfs.complete);
    assert_int_equal(census.deadlocks, 0);
    census_close(&census);
    return runs;
}

/* The main thread's end may come before, between and after five steps; five steps and five; five,
 * four and four, the last four not before the first of the five.                                 */
static void threads_that_yield(void **state)
{
    static const struct yields known[] = {
        {0, 0, 0, 1}, {0, 0, 1, 2}, {0, 4, 1, 6}, {4, 4, 1, 252}, {3, 3, 2, 50050}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(runs_of(yields_main, &known[i]), known[i].runs);
}

static void two_threads_and_a_lock(void **state)
{
    (void)state;
    assert_int_equal(runs_of(locks_main, NULL), 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_that_yield),
                                       cmocka_unit_test(two_threads_and_a_lock)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
