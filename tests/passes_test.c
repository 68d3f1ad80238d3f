/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The passes that change one thing of the plain run: cancellations, those that interrupt cleanup,
 * timers; and the bound of preemptions, against its definition.                                  */
#include "census.h"
#include "tutti/core/scope.h"
#include "tutti/sim/pick_dfs.h"

static struct tutti_take pass_takes[CENSUS_ROOM];

static struct tutti_bounds bounds_of(uint32_t cancels, uint32_t lags)
{
    struct tutti_bounds bounds = census_bounds;
    bounds.cancels_max = cancels;
    bounds.lags_max = lags;
    return bounds;
}

/* What a pass does, by who looks at each of its choices. */
struct watched {
    uint32_t (*inner)(struct tutti_pick *pick, const struct tutti_choice *choice);
    uint32_t preemptions, turns, cancels, lags, ties; /* of this run */
    uint64_t scopes[2];                               /* cancelled in this run */
    uint64_t histogram[16];                           /* runs with so many preemptions */
    uint64_t pairs, odd; /* runs with two cancellations; with a turn that is not the plain one */
};
static struct watched watched;

/* The definition: the last one could go on, and another task does. */
static bool preempts(const struct tutti_choice *choice, uint32_t number)
{
    if (choice->candidates[number].what != TUTTI_CANDIDATE_TASK) return false;
    if (choice->candidates[number].path == choice->last) return false;
    for (uint32_t i = 0; i < choice->of; i++) {
        const struct tutti_candidate *candidate = &choice->candidates[i];
        if (candidate->what == TUTTI_CANDIDATE_TASK && candidate->path == choice->last) return true;
    }
    return false;
}

static uint32_t pick_watched(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    uint32_t number = watched.inner(pick, choice);
    if (!choice->candidates || number == TUTTI_PICK_STOP) return number;
    const struct tutti_candidate *taken = &choice->candidates[number];
    bool ready = choice->candidates[0].what == TUTTI_CANDIDATE_TASK;
    watched.preemptions += preempts(choice, number);
    switch (taken->what) {
    case TUTTI_CANDIDATE_CANCEL:
        if (watched.cancels < 2) watched.scopes[watched.cancels] = taken->path;
        watched.cancels++;
        break;
    case TUTTI_CANDIDATE_TIMER:
        watched.lags += ready;
        watched.ties += !ready && number > 0;
        break;
    default:
        watched.turns += number != 0;
    }
    return number;
}

static void watched_run(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    watched.preemptions = watched.turns = watched.cancels = watched.lags = watched.ties = 0;
    census_run(context, picker, verdict);
    watched.histogram[watched.preemptions < 15 ? watched.preemptions : 15]++;
    watched.pairs += watched.cancels == 2;
    watched.odd += watched.turns > 0;
}

/* Makes all runs of a rule; returns how many they are. */
static uint64_t pass(int (*main)(void *arg), const void *arg, const struct tutti_bounds *bounds,
                     enum tutti_dfs_rule rule, uint32_t max)
{
    struct census census;
    struct tutti_pick_dfs dfs;
    census_open(&census, main, arg);
    tutti_pick_dfs_init(&dfs, bounds, pass_takes, CENSUS_ROOM);
    if (rule != TUTTI_DFS_DEVIATIONS) tutti_pick_dfs_bound(&dfs, rule, max);
    watched = (struct watched){.inner = dfs.picker.pick.pick};
    dfs.picker.pick.pick = pick_watched;
    struct tutti_search search = {.picker = &dfs.picker, .run = watched_run, .context = &census};
    tutti_search_go(&search, UINT64_MAX);
    if (search.end == TUTTI_SEARCH_FOUND) fail_msg("%s", search.verdict.message);
    assert_true(dfs.complete);
    census_close(&census);
    return search.runs;
}

/* Two tasks, one with a timer, in scopes: whatever can come between two steps. */
static int sleep_and_step(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_sleep(5));
    return tutti_checkpoint();
}

static int three_steps(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_checkpoint());
    return tutti_checkpoint();
}

static int in_scope(void *arg)
{
    return tutti_move_on_after(7, three_steps, arg);
}

static int start_mixed(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, sleep_and_step, arg));
    return tutti_nursery_start(nursery, in_scope, arg);
}

static int mixed(void *arg)
{
    return tutti_nursery_run(start_mixed, arg);
}

/* Bounded by k: exactly those of all runs that have k or fewer, with waits, timers and
 * cancellations in between.                                                                      */
static void preemptions_are_those_of_the_definition(void **state)
{
    static const int three = 3, four_by_two[] = {4, 2};
    static const struct {
        int (*main)(void *arg);
        const void *arg;
        uint32_t cancels, lags;
    } programs[] = {{census_philosophers, &three, 0, 0},
                    {census_nursery, &three, 0, 0},
                    {census_tasks, four_by_two, 0, 0},
                    {mixed, NULL, 0, 0},
                    {mixed, NULL, 1, 0},
                    {mixed, NULL, 1, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct tutti_bounds bounds = bounds_of(programs[i].cancels, programs[i].lags);
        uint64_t all = pass(programs[i].main, programs[i].arg, &bounds, TUTTI_DFS_DEVIATIONS, 0);
        uint64_t sum = 0, histogram[16];
        memcpy(histogram, watched.histogram, sizeof histogram);
        for (uint32_t max = 0; max < 15; max++) {
            sum += histogram[max];
            assert_int_equal(
                pass(programs[i].main, programs[i].arg, &bounds, TUTTI_DFS_PREEMPTIONS, max), sum);
        }
        assert_int_equal(sum, all);
        assert_true(histogram[0] > 0 && histogram[0] < all);
    }
}

/* A scope in a scope: `work` checkpoints inside, then `rest` in the outer one. */
struct nest {
    int work, rest;
    bool shield;
};

static int steps(int count)
{
    for (int i = 0; i < count; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int inner(void *arg)
{
    const struct nest *nest = arg;
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_set_shield(&scope, nest->shield);
    return tutti_scope_close(&scope, steps(nest->work));
}

static int outer(void *arg)
{
    const struct nest *nest = arg;
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    int rc = inner(arg);
    if (rc >= 0) rc = steps(nest->rest);
    return tutti_scope_close(&scope, rc);
}

/* One cancellation: at each of the places, one by one; nothing else is changed. */
static void each_cancel_point_is_cancelled(void **state)
{
    (void)state;
    for (int work = 1; work < 5; work++) {
        for (int rest = 0; rest < 4; rest++) {
            struct nest nest = {work, rest, false};
            struct tutti_bounds bounds = bounds_of(1, 0);
            /* before each step from the first checkpoint on: both scopes, then the outer one */
            uint64_t points = (uint64_t)(2 * work + rest);
            assert_int_equal(pass(outer, &nest, &bounds, TUTTI_DFS_CANCELS, 1), 1 + points);
            assert_int_equal(watched.odd, 0);
        }
    }
}

/* The whole test is given up at each of its steps: no failure, but for what is left behind. */
static void the_run_is_cancelled_at_every_step(void **state)
{
    struct tutti_bounds bounds = bounds_of(1, 0);
    (void)state;
    bounds.cancel_run = true;
    assert_int_equal(pass(three_steps, NULL, &bounds, TUTTI_DFS_CANCELS, 1), 4);
    bounds.cancel_run = false;
    assert_int_equal(pass(three_steps, NULL, &bounds, TUTTI_DFS_CANCELS, 1), 1);
}

/* After the inner scope was cancelled, the outer one at each step that is left; never the other way
 * round, and never where a shield hides it.                                                      */
static void cleanup_is_interrupted_from_outside(void **state)
{
    (void)state;
    for (int work = 1; work < 5; work++) {
        for (int rest = 0; rest < 4; rest++) {
            struct nest nest = {work, rest, false};
            struct tutti_bounds bounds = bounds_of(2, 0);
            uint64_t singles = (uint64_t)(2 * work + rest);
            /* before the step in which the inner one ends, or before one of the rest */
            uint64_t pairs = (uint64_t)(work * (1 + rest));
            assert_int_equal(pass(outer, &nest, &bounds, TUTTI_DFS_CLEANUP, 2),
                             1 + singles + pairs);
            assert_int_equal(watched.pairs, pairs);
            assert_int_equal(watched.odd, 0);
            nest.shield = true;
            assert_int_equal(pass(outer, &nest, &bounds, TUTTI_DFS_CLEANUP, 2), 1 + singles);
            assert_int_equal(watched.pairs, 0);
        }
    }
}

static int nap(void *arg)
{
    return tutti_sleep(*(const int64_t *)arg);
}

static int64_t naps[3];

static int start_naps(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, nap, &naps[i]));
    (void)arg;
    return 0;
}

static int three_naps(void *arg)
{
    return tutti_nursery_run(start_naps, arg);
}

/* Timers of one time fire in any order, one change at a time; those of other times do not. */
static void ties_are_tried(void **state)
{
    static const int64_t apart[] = {10, 20, 30}, together[] = {10, 10, 10}, two[] = {10, 10, 20};
    struct tutti_bounds bounds = bounds_of(0, 0);
    (void)state;
    memcpy(naps, apart, sizeof naps);
    assert_int_equal(pass(three_naps, NULL, &bounds, TUTTI_DFS_DEADLINES, 1), 1);
    memcpy(naps, two, sizeof naps);
    assert_int_equal(pass(three_naps, NULL, &bounds, TUTTI_DFS_DEADLINES, 1), 2);
    memcpy(naps, together, sizeof naps);
    assert_int_equal(pass(three_naps, NULL, &bounds, TUTTI_DFS_DEADLINES, 1), 4);
    assert_int_equal(pass(three_naps, NULL, &bounds, TUTTI_DFS_DEADLINES, 2), 6);
    assert_int_equal(watched.odd, 0);
}

static int timed(void *arg)
{
    return tutti_move_on_after(100, three_steps, arg);
}

/* A deadline passes before each step of what is inside, and not at all. */
static void deadlines_pass_at_every_step(void **state)
{
    struct tutti_bounds bounds = bounds_of(0, 1);
    (void)state;
    assert_int_equal(pass(timed, NULL, &bounds, TUTTI_DFS_DEADLINES, 1), 4);
    assert_int_equal(watched.odd, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preemptions_are_those_of_the_definition),
        cmocka_unit_test(each_cancel_point_is_cancelled),
        cmocka_unit_test(the_run_is_cancelled_at_every_step),
        cmocka_unit_test(cleanup_is_interrupted_from_outside),
        cmocka_unit_test(ties_are_tried),
        cmocka_unit_test(deadlines_pass_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
