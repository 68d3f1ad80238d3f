/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several processes that search side by side make the runs of one, each once, find what it finds,
 * and leave behind what goes on with any number of them.                                         */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <sys/mman.h>

#include "census.h"
#include "tutti/sim/by_chance.h"
#include "tutti/sim/explore.h"

static const int jobs_tried[] = {1, 2, 3, 7};
enum { TRIED = sizeof jobs_tried / sizeof *jobs_tried };

/* What the processes of a search count together. */
struct tally {
    TUTTI_ATOMIC(uint64_t) runs;
    TUTTI_ATOMIC(uint64_t) failed;
    TUTTI_ATOMIC(uint64_t) lists; /* a sum over the lists of all runs: the order does not matter */
};
static struct tally *tally;
static struct census census;
static bool findings; /* a failure is one, and not only counted */

static void tally_run(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    uint64_t hash = 1;
    (void)context;
    uint64_t before = census.deadlocks + census.checks;
    census_run(&census, picker, verdict);
    bool failed = census.deadlocks + census.checks > before;
    for (uint32_t i = 0; i < picker->takes.count; i++) {
        hash = (hash ^ picker->takes.items[i].number) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    atomic_fetch_add(&tally->runs, 1);
    atomic_fetch_add(&tally->lists, hash);
    if (!failed) return;
    atomic_fetch_add(&tally->failed, 1);
    if (findings) tutti_verdict_set(verdict, TUTTI_VERDICT_CHECK, "found");
}

static struct tutti_explorer *open_search(const struct tutti_explore_options *options,
                                          int (*main)(void *arg), const void *arg)
{
    struct tutti_explorer *explorer;
    void *memory =
        mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    tally = memory;
    census_open(&census, main, arg);
    assert_int_equal(tutti_explorer_open(&explorer, options, tally_run, NULL), 0);
    return explorer;
}

static void close_search(struct tutti_explorer *explorer)
{
    tutti_explorer_close(explorer);
    census_close(&census);
    assert_int_equal(munmap(tally, sizeof *tally), 0);
}

static const int four = 4, three_by_four[] = {3, 4};

static struct tutti_explore_options options_of(enum tutti_strategy strategy, int jobs)
{
    return (struct tutti_explore_options){
        .bounds = census_bounds, .strategy = strategy, .jobs = (uint32_t)jobs};
}

static void together_they_make_each_run_once(void **state)
{
    static const struct {
        enum tutti_strategy strategy;
        uint32_t bound;
        enum tutti_explore_end end;
    } known[] = {{TUTTI_STRATEGY_DFS, 0, TUTTI_EXPLORE_COMPLETE},
                 {TUTTI_STRATEGY_DELAYS, 6, TUTTI_EXPLORE_BOUNDED},
                 {TUTTI_STRATEGY_PREEMPTIONS, 4, TUTTI_EXPLORE_BOUNDED}};
    (void)state;
    findings = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint64_t runs = 0, lists = 0;
        for (int k = 0; k < TRIED; k++) {
            struct tutti_explore_options options = options_of(known[i].strategy, jobs_tried[k]);
            options.bound = known[i].bound;
            struct tutti_explorer *explorer = open_search(&options, census_philosophers, &four);
            assert_int_equal(tutti_explorer_search(explorer), known[i].end);
            struct tutti_progress progress = tutti_explorer_progress(explorer);
            assert_int_equal(progress.runs, tally->runs);
            if (k == 0) runs = progress.runs;
            if (k == 0) lists = tally->lists;
            assert_int_equal(progress.runs, runs);
            assert_true(tally->lists == lists);
            if (i == 0) assert_int_equal(runs, 26744);
            if (i == 0) assert_int_equal(tally->failed, 1088);
            if (i == 0) assert_true(fabs(progress.estimate - 26744) < 1);
            close_search(explorer);
        }
    }
}

/* A process for each run, too. */
static void forked_runs_are_each_made_once(void **state)
{
    static const int two_by_three[] = {2, 3};
    (void)state;
    for (int jobs = 1; jobs <= 3; jobs++) {
        struct tutti_explore_options options = options_of(TUTTI_STRATEGY_DFS, jobs);
        options.isolate = TUTTI_ISOLATE_FORK;
        struct tutti_explorer *explorer = open_search(&options, census_tasks, two_by_three);
        assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_COMPLETE);
        assert_int_equal(tally->runs, 20);
        close_search(explorer);
    }
}

/* Exactly so many runs, by chance the same ones whoever makes them. */
static void a_bound_of_runs_is_kept(void **state)
{
    static const uint64_t bounds[] = {1, 2, 63, 64, 65, 1000, 5003};
    (void)state;
    findings = false;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        uint64_t lists = 0;
        for (int k = 0; k < 2 * TRIED; k++) {
            bool chance = k >= TRIED;
            struct tutti_explore_options options = options_of(
                chance ? TUTTI_STRATEGY_RANDOM : TUTTI_STRATEGY_DFS, jobs_tried[k % TRIED]);
            options.runs_max = bounds[i];
            struct tutti_explorer *explorer = open_search(&options, census_tasks, three_by_four);
            assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_RUNS);
            assert_int_equal(tutti_explorer_progress(explorer).runs, bounds[i]);
            assert_int_equal(tally->runs, bounds[i]);
            if (k == TRIED) lists = tally->lists;
            if (chance) assert_true(tally->lists == lists);
            close_search(explorer);
        }
    }
}

/* A bound that is larger than the tree by little: nobody keeps runs that another one needs. */
static void a_bound_that_suffices_is_no_bound(void **state)
{
    (void)state;
    findings = false;
    for (int k = 0; k < TRIED; k++) {
        struct tutti_explore_options options = options_of(TUTTI_STRATEGY_DFS, jobs_tried[k]);
        options.runs_max = 34651;
        struct tutti_explorer *explorer = open_search(&options, census_tasks, three_by_four);
        assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_COMPLETE);
        assert_int_equal(tally->runs, 34650);
        close_search(explorer);
    }
}

static uint64_t numbers_of(struct tutti_explorer *explorer)
{
    const struct tutti_list *list = tutti_explorer_list(explorer);
    uint64_t hash = list->count;
    for (uint32_t i = 0; i < list->count; i++)
        hash = hash * 31 + list->numbers[i];
    return hash;
}

/* By chance the first finding is the same one, with the same number, however many search. */
static void the_first_finding_by_chance_is_the_first(void **state)
{
    (void)state;
    findings = true;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint64_t number = 0, list = 0;
        for (int k = 0; k < TRIED; k++) {
            struct tutti_explore_options options = options_of(TUTTI_STRATEGY_RANDOM, jobs_tried[k]);
            options.seed = seed;
            struct tutti_explorer *explorer = open_search(&options, census_philosophers, &four);
            assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
            uint64_t found = tutti_explorer_progress(explorer).found_run;
            if (k == 0) number = found;
            if (k == 0) list = numbers_of(explorer);
            assert_int_equal(found, number);
            assert_true(numbers_of(explorer) == list);
            close_search(explorer);
        }
    }
}

static void fail_in_run_17(void *context, struct tutti_picker *picker,
                           struct tutti_verdict *verdict)
{
    tally_run(context, picker, verdict);
    if (TUTTI_CONTAINER(picker, struct tutti_by_chance, picker)->run != 17) return;
    tutti_verdict_set(verdict, TUTTI_VERDICT_CHECK, "found");
}

/* There is no other: when it was found nobody goes on for long. */
static void the_only_finding_by_chance_ends_the_search(void **state)
{
    (void)state;
    findings = false;
    for (int k = 0; k < 2 * TRIED; k++) {
        struct tutti_explorer *explorer;
        struct tutti_explore_options options =
            options_of(TUTTI_STRATEGY_RANDOM, jobs_tried[k % TRIED]);
        if (k >= TRIED) options.isolate = TUTTI_ISOLATE_FORK;
        options.time_max_ns = 60 * TUTTI_S;
        struct tutti_explorer *unused = open_search(&options, census_tasks, three_by_four);
        assert_int_equal(tutti_explorer_open(&explorer, &options, fail_in_run_17, NULL), 0);
        assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
        assert_int_equal(tutti_explorer_progress(explorer).found_run, 18);
        assert_true(tutti_explorer_progress(explorer).elapsed_ns < 60 * TUTTI_S);
        tutti_explorer_close(explorer);
        close_search(unused);
    }
}

/* What one finds ends the search of all. */
static void a_finding_ends_the_search(void **state)
{
    (void)state;
    findings = true;
    for (int k = 0; k < TRIED; k++) {
        struct tutti_explore_options options = options_of(TUTTI_STRATEGY_DFS, jobs_tried[k]);
        struct tutti_explorer *explorer = open_search(&options, census_philosophers, &four);
        assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
        assert_int_equal(tutti_explorer_verdict(explorer)->kind, TUTTI_VERDICT_CHECK);
        assert_true(tally->failed >= 1 && tally->runs < 26744);
        close_search(explorer);
    }
}

static void crash_at_deadlock(void *context, struct tutti_picker *picker,
                              struct tutti_verdict *verdict)
{
    uint64_t before = census.deadlocks;
    tally_run(context, picker, verdict);
    if (census.deadlocks > before) abort();
}

/* A process that dies takes the search with it, and is the finding. */
static void a_crash_in_one_job_is_found(void **state)
{
    static const enum tutti_strategy strategies[] = {TUTTI_STRATEGY_DFS, TUTTI_STRATEGY_RANDOM};
    (void)state;
    findings = false;
    for (int s = 0; s < 2; s++) {
        uint64_t number = 0;
        for (int k = 0; k < TRIED; k++) {
            struct tutti_explorer *explorer;
            struct tutti_explore_options options = options_of(strategies[s], jobs_tried[k]);
            struct tutti_explorer *unused = open_search(&options, census_philosophers, &four);
            assert_int_equal(tutti_explorer_open(&explorer, &options, crash_at_deadlock, NULL), 0);
            assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
            assert_int_equal(tutti_explorer_verdict(explorer)->kind, TUTTI_VERDICT_CRASH);
            uint64_t found = tutti_explorer_progress(explorer).found_run;
            if (k == 0) number = found;
            if (s == 1) assert_int_equal(found, number);
            tutti_explorer_close(explorer);
            close_search(unused);
        }
    }
}

/* One day: at most `runs` runs by `jobs`, from the text on, and into it. */
static enum tutti_explore_end one_day(int jobs, uint64_t runs, char *text, size_t size,
                                      uint64_t *lists)
{
    static struct tutti_take items[64 * CENSUS_ROOM];
    struct tutti_frontier kept = {.takes = {.items = items, .room = 64 * CENSUS_ROOM}};
    struct tutti_frontier now = {.program = "a program", .test = "a test"};
    char message[400];
    struct tutti_explore_options options = options_of(TUTTI_STRATEGY_DFS, jobs);
    options.runs_max = runs;
    struct tutti_explorer *explorer = open_search(&options, census_tasks, three_by_four);
    if (text[0]) {
        assert_int_equal(tutti_frontier_parse(&kept, text, message, sizeof message), 0);
        tutti_explorer_resume(explorer, &kept);
    }
    enum tutti_explore_end end = tutti_explorer_search(explorer);
    assert_true(tutti_explorer_frontier(explorer, &now));
    assert_true(tutti_frontier_print(&now, text, size) < size);
    *lists += tally->lists;
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    if (end == TUTTI_EXPLORE_COMPLETE) assert_int_equal(progress.phase_runs, 34650);
    double factor = progress.estimate / 34650;
    if (progress.phase_runs > 1732) assert_true(factor > 0.25 && factor < 4);
    close_search(explorer);
    return end;
}

/* A search that is stopped goes on with more jobs, or fewer, and makes all runs, each once. */
static void a_stopped_search_goes_on_with_other_jobs(void **state)
{
    static char text[1 << 20];
    static const int jobs[] = {3, 1, 7, 2, 1, 5};
    uint64_t lists = 0, again = 0;
    (void)state;
    findings = false;
    assert_int_equal(one_day(1, 0, text, sizeof text, &lists), TUTTI_EXPLORE_COMPLETE);
    text[0] = '\0';
    enum tutti_explore_end end = TUTTI_EXPLORE_RUNS;
    for (int day = 0; end == TUTTI_EXPLORE_RUNS; day++) {
        assert_in_range(day, 0, 5);
        end = one_day(jobs[day], 8000, text, sizeof text, &again);
    }
    assert_int_equal(end, TUTTI_EXPLORE_COMPLETE);
    assert_true(lists == again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together_they_make_each_run_once),
        cmocka_unit_test(forked_runs_are_each_made_once),
        cmocka_unit_test(a_bound_of_runs_is_kept),
        cmocka_unit_test(a_bound_that_suffices_is_no_bound),
        cmocka_unit_test(the_first_finding_by_chance_is_the_first),
        cmocka_unit_test(the_only_finding_by_chance_ends_the_search),
        cmocka_unit_test(a_finding_ends_the_search),
        cmocka_unit_test(a_crash_in_one_job_is_found),
        cmocka_unit_test(a_stopped_search_goes_on_with_other_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
