/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The strategies on programs whose numbers are known: how many runs there are within a bound, how
 * likely a failure is by chance, how far an estimate may be off.                                 */
#include "census.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_pct.h"
#include "tutti/sim/pick_random.h"
#include "tutti/sim/pick_urw.h"

enum { RUNS = 100000 };

static struct tutti_take census_takes[CENSUS_ROOM];
static const int numbers[] = {0, 1, 2, 3, 4, 5};

struct program {
    int (*main)(void *arg);
    const int *arg;
    uint64_t runs;
};

static const int pairs[][2] = {{2, 5}, {3, 4}, {4, 2}, {3, 5}, {2, 9}, {2, 3}, {3, 2}, {3, 3}};

static const struct program programs[] = {
    {census_tasks, pairs[0], 252},           {census_tasks, pairs[1], 34650},
    {census_tasks, pairs[2], 2520},          {census_tasks, pairs[4], 48620},
    {census_nursery, &numbers[1], 3},        {census_nursery, &numbers[2], 45},
    {census_nursery, &numbers[3], 1620},     {census_nursery, &numbers[4], 106920},
    {census_philosophers, &numbers[3], 285}, {census_philosophers, &numbers[4], 26744},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static void depth_first_makes_the_known_numbers_of_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        struct census census;
        struct tutti_pick_dfs dfs;
        census_open(&census, programs[i].main, programs[i].arg);
        tutti_pick_dfs_init(&dfs, &census_bounds, census_takes, CENSUS_ROOM);
        assert_int_equal(census_take(&census, &dfs.picker, 0), programs[i].runs);
        assert_true(dfs.complete);
        if (programs[i].runs == 285) assert_int_equal(census.deadlocks, 48);
        if (programs[i].runs == 26744) assert_int_equal(census.deadlocks, 1088);
        census_close(&census);
    }
}

static const struct chances {
    int (*main)(void *arg);
    int n;
    double random, urw; /* urw < 0: tasks wait, so that it is not uniform */
} chances[] = {
    {census_philosophers, 2, 1.0 / 2, -1},       {census_philosophers, 3, 1.0 / 3, -1},
    {census_philosophers, 4, 11.0 / 48, -1},     {census_lost_update, 2, 1.0 / 2, 4.0 / 6},
    {census_lost_update, 3, 1.0 / 3, 48.0 / 90}, {census_lost_update, 4, 0.251736, 1152.0 / 2520},
};
enum { CHANCES = sizeof chances / sizeof *chances };

static void a_random_walk_is_as_likely_as_computed(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHANCES; i++) {
        struct census census;
        struct tutti_pick_random chancy;
        census_open(&census, chances[i].main, &chances[i].n);
        tutti_pick_random_init(&chancy, &census_bounds, census_takes, CENSUS_ROOM, 11);
        assert_int_equal(census_take(&census, &chancy.by.picker, RUNS), RUNS);
        assert_frequency(census.deadlocks + census.checks, RUNS, chances[i].random);
        census_close(&census);
    }
}

/* What a weighted walk does with each run there is, from the numbers of steps it has learnt. */
struct oracle {
    uint32_t (*inner)(struct tutti_pick *pick, const struct tutti_choice *choice);
    const struct tutti_pick_urw *urw;
    uint32_t now[TUTTI_URW_TASKS_MAX];
    double run, failed, all; /* how likely: this run; those that failed; all of them */
};
static struct oracle oracle;

static uint32_t oracle_find(const struct tutti_candidate *candidate)
{
    uint64_t key = tutti_candidate_key(candidate);
    for (uint32_t i = 0; i < oracle.urw->known; i++) {
        if (oracle.urw->tasks[i].key == key) return i;
    }
    fail_msg("a task that was never seen");
    return 0;
}

static uint32_t oracle_pick(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    uint32_t number = oracle.inner(pick, choice);
    double sum = 0, taken = 0;
    for (uint32_t i = 0; i < choice->of; i++) {
        uint32_t at = oracle_find(&choice->candidates[i]);
        uint32_t most = oracle.urw->tasks[at].most;
        double weight = most > oracle.now[at] ? most - oracle.now[at] : 1;
        sum += weight;
        if (i == number) taken = weight;
    }
    oracle.now[oracle_find(&choice->candidates[number])]++;
    oracle.run *= taken / sum;
    return number;
}

static void oracle_run(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    struct census *census = context;
    uint64_t before = census->deadlocks + census->checks;
    memset(oracle.now, 0, sizeof oracle.now);
    oracle.run = 1;
    census_run(context, picker, verdict);
    oracle.all += oracle.run;
    if (census->deadlocks + census->checks > before) oracle.failed += oracle.run;
}

/* How likely a failure is, all runs being walked through. */
static double oracle_probability(struct census *census, const struct tutti_pick_urw *urw)
{
    struct tutti_pick_dfs dfs;
    tutti_pick_dfs_init(&dfs, &census_bounds, census_takes, CENSUS_ROOM);
    oracle = (struct oracle){.inner = dfs.picker.pick.pick, .urw = urw};
    dfs.picker.pick.pick = oracle_pick;
    struct tutti_search search = {.picker = &dfs.picker, .run = oracle_run, .context = census};
    tutti_search_go(&search, UINT64_MAX);
    assert_true(dfs.complete && fabs(oracle.all - 1) < 1e-9);
    return oracle.failed;
}

/* As computed, and where nobody waits as uniform as it is meant to be. */
static void a_weighted_walk_is_as_likely_as_computed(void **state)
{
    static struct tutti_pick_urw urw;
    (void)state;
    for (size_t i = 0; i < CHANCES; i++) {
        struct census census;
        census_open(&census, chances[i].main, &chances[i].n);
        tutti_pick_urw_init(&urw, &census_bounds, census_takes, CENSUS_ROOM, 11);
        census_take(&census, &urw.by.picker, 1000); /* it has learnt by then */
        double probability = oracle_probability(&census, &urw);
        census.deadlocks = census.checks = 0;
        assert_int_equal(census_take(&census, &urw.by.picker, RUNS), RUNS);
        assert_frequency(census.deadlocks + census.checks, RUNS, probability);
        if (chances[i].urw >= 0) assert_true(fabs(probability - chances[i].urw) < 1e-6);
        census_close(&census);
    }
}

/* Runs by chance, each weighed by how many like it there are, are as if all were as likely: so many
 * of all interleavings fail, also where tasks wait. The sigma is the sample's own.               */
static void weighed_runs_estimate_shares(void **state)
{
    static const double shares[CHANCES] = {1.0 / 2, 48.0 / 285, 1088.0 / 26744,
                                           4.0 / 6, 48.0 / 90,  1152.0 / 2520};
    (void)state;
    for (size_t i = 0; i < CHANCES; i++) {
        struct census census;
        struct tutti_pick_random chancy;
        struct tutti_verdict verdict;
        double all = 0, failed = 0, squares = 0;
        census_open(&census, chances[i].main, &chances[i].n);
        tutti_pick_random_init(&chancy, &census_bounds, census_takes, CENSUS_ROOM, 12);
        for (int run = 0; run < RUNS; run++) {
            uint64_t before = census.deadlocks + census.checks;
            double weight = 1;
            census_run(&census, &chancy.by.picker, &verdict);
            for (uint32_t k = 0; k < chancy.by.picker.takes.count; k++) {
                weight *= chancy.by.picker.takes.items[k].of;
            }
            bool fails = census.deadlocks + census.checks > before;
            all += weight;
            if (fails) failed += weight;
            squares += weight * weight * (fails - shares[i]) * (fails - shares[i]);
            assert_true(chancy.by.picker.next(&chancy.by.picker));
        }
        double sigma = sqrt(squares) / all;
        if (fabs(failed / all - shares[i]) > 3 * sigma) {
            fail_msg("%g +- %g, and %g was expected", failed / all, 3 * sigma, shares[i]);
        }
        census_close(&census);
    }
}

/* More tasks than it can know: these have weight 1, and nothing breaks. */
static void a_weighted_walk_of_many(void **state)
{
    struct tutti_candidate candidates[TUTTI_URW_TASKS_MAX + 44];
    struct tutti_choice choice = {
        .kind = TUTTI_CHOICE_RUN, .of = TUTTI_URW_TASKS_MAX + 44, .candidates = candidates};
    static struct tutti_pick_urw urw;
    (void)state;
    for (uint32_t i = 0; i < choice.of; i++) {
        candidates[i] = (struct tutti_candidate){.path = i + 1, .what = TUTTI_CANDIDATE_TASK};
    }
    tutti_pick_urw_init(&urw, &census_bounds, census_takes, CENSUS_ROOM, 1);
    for (int i = 0; i < 1000; i++) {
        assert_true(urw.by.picker.pick.pick(&urw.by.picker.pick, &choice) < choice.of);
    }
    assert_int_equal(urw.known, TUTTI_URW_TASKS_MAX);
    assert_true(urw.by.picker.next(&urw.by.picker));
}

/* At least 1 / (n k^(d-1)), n tasks, k choices; three sigma are given. */
static void assert_guarantee(struct census *census, uint32_t depth, uint32_t n, uint32_t steps)
{
    struct tutti_pick_pct pct;
    census->deadlocks = census->checks = 0;
    tutti_pick_pct_init(&pct, &census_bounds, census_takes, CENSUS_ROOM, 5, depth);
    pct.steps = steps;
    assert_int_equal(census_take(census, &pct.by.picker, RUNS), RUNS);
    double k = steps ? steps : pct.learnt;
    double least = 1 / (n * pow(k, depth - 1));
    double expected = least * RUNS, sigma = sqrt(expected * (1 - least));
    if ((double)(census->deadlocks + census->checks) < expected - 3 * sigma) {
        fail_msg("depth %u: %llu of %d, and at least %.1f were expected", depth,
                 (unsigned long long)(census->deadlocks + census->checks), RUNS, expected);
    }
}

static void pct_keeps_its_guarantee(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHANCES; i++) {
        struct census census;
        struct tutti_pick_dfs dfs;
        uint32_t n = (uint32_t)chances[i].n;
        census_open(&census, chances[i].main, &chances[i].n);
        tutti_pick_dfs_init(&dfs, &census_bounds, census_takes, CENSUS_ROOM);
        struct tutti_search search = {.picker = &dfs.picker, .run = census_run, .context = &census};
        tutti_search_go(&search, UINT64_MAX); /* to know the longest run */
        /* all but one must be between two steps of theirs */
        assert_guarantee(&census, n, n, search.longest);
        assert_guarantee(&census, n, n, 0);
        census_close(&census);
    }
}

/* Without a change of priorities the tasks run one after another: nothing is lost, ever. */
static void pct_of_depth_one_is_serial(void **state)
{
    (void)state;
    for (size_t i = 0; i < CHANCES; i++) {
        struct census census;
        struct tutti_pick_pct pct;
        census_open(&census, chances[i].main, &chances[i].n);
        tutti_pick_pct_init(&pct, &census_bounds, census_takes, CENSUS_ROOM, 5, 1);
        census_take(&census, &pct.by.picker, 2000);
        assert_int_equal(census.deadlocks + census.checks, 0);
        tutti_pick_pct_init(&pct, &census_bounds, census_takes, CENSUS_ROOM, 5, 2);
        census_take(&census, &pct.by.picker, 2000);
        if (chances[i].n == 2) assert_true(census.deadlocks + census.checks > 0);
        census_close(&census);
    }
}

/* The priorities of tasks by number alone give each order of two the same chance. */
static void pct_priorities_are_fair(void **state)
{
    struct tutti_candidate candidates[3] = {{.path = 5, .what = TUTTI_CANDIDATE_TASK},
                                            {.path = 6, .what = TUTTI_CANDIDATE_TASK},
                                            {.path = 6, .what = TUTTI_CANDIDATE_CANCEL}};
    struct tutti_choice choice = {.kind = TUTTI_CHOICE_RUN, .of = 3, .candidates = candidates};
    struct tutti_pick_pct pct;
    uint64_t taken[3] = {0};
    (void)state;
    tutti_pick_pct_init(&pct, &census_bounds, census_takes, CENSUS_ROOM, 1, 3);
    for (int i = 0; i < RUNS; i++) {
        taken[pct.by.picker.pick.pick(&pct.by.picker.pick, &choice)]++;
        assert_true(pct.by.picker.next(&pct.by.picker));
    }
    for (int i = 0; i < 3; i++)
        assert_frequency(taken[i], RUNS, 1.0 / 3);
}

static uint64_t bounded_runs(const struct program *program, enum tutti_dfs_rule rule, uint32_t max)
{
    struct census census;
    struct tutti_pick_dfs dfs;
    census_open(&census, program->main, program->arg);
    tutti_pick_dfs_init(&dfs, &census_bounds, census_takes, CENSUS_ROOM);
    tutti_pick_dfs_bound(&dfs, rule, max);
    uint64_t runs = census_take(&census, &dfs.picker, 0);
    assert_true(dfs.complete);
    census_close(&census);
    return runs;
}

/* Interleavings by how often a task is left that could go on, counted by hand-written recursion
 * over states. The last number is all.                                                           */
static void preemptions_are_counted_as_by_definition(void **state)
{
    static const struct {
        const int *arg;
        uint64_t runs[8];
    } known[] = {{pairs[5], {2, 6, 14, 18, 20, 20, 20, 20}},
                 {pairs[6], {6, 24, 60, 90, 90, 90, 90, 90}},
                 {pairs[7], {6, 42, 192, 552, 1062, 1506, 1680, 1680}}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        for (uint32_t max = 0; max < 8; max++) {
            struct program program = {census_tasks, known[i].arg, 0};
            assert_int_equal(bounded_runs(&program, TUTTI_DFS_PREEMPTIONS, max),
                             known[i].runs[max]);
        }
    }
}

/* Orders of n tasks of one step by delays are permutations by inversions: the Mahonian numbers. */
static void delays_are_counted_as_by_definition(void **state)
{
    static const int five[2] = {5, 1}, four[2] = {4, 1};
    static const uint64_t of_five[] = {1, 5, 14, 29, 49, 71, 91, 106, 115, 119, 120, 120};
    static const uint64_t of_four[] = {1, 4, 9, 15, 20, 23, 24, 24};
    (void)state;
    for (uint32_t max = 0; max < 12; max++) {
        struct program program = {census_tasks, five, 0};
        assert_int_equal(bounded_runs(&program, TUTTI_DFS_DELAYS, max), of_five[max]);
        program.arg = four;
        if (max < 8) {
            assert_int_equal(bounded_runs(&program, TUTTI_DFS_DELAYS, max), of_four[max]);
        }
    }
}

/* Whatever the rule, without a bound the runs are those of depth first. */
static void loose_bounds_leave_nothing_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        if (programs[i].runs > 10000) continue;
        for (uint32_t max = 1000; max; max = max == 1000 ? UINT32_MAX : 0) {
            assert_int_equal(bounded_runs(&programs[i], TUTTI_DFS_DELAYS, max), programs[i].runs);
            assert_int_equal(bounded_runs(&programs[i], TUTTI_DFS_PREEMPTIONS, max),
                             programs[i].runs);
        }
    }
}

static void assert_about(const char *what, double estimate, uint64_t runs)
{
    double factor = estimate / (double)runs;
    if (factor < 0.25 || factor > 4)
        fail_msg("%s: %g instead of %llu", what, estimate, (unsigned long long)runs);
}

/* After a twentieth of the search. */
static void estimates_are_within_a_factor_of_four(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        struct census census;
        struct tutti_pick_dfs dfs;
        uint64_t all = programs[i].runs;
        if (all < 200) continue;
        census_open(&census, programs[i].main, programs[i].arg);
        tutti_pick_dfs_init(&dfs, &census_bounds, census_takes, CENSUS_ROOM);
        uint64_t runs = census_take(&census, &dfs.picker, all / 20);
        assert_about("depth first", (double)runs / tutti_pick_dfs_done(&dfs), all);
        census_take(&census, &dfs.picker, 0);
        assert_true(tutti_pick_dfs_done(&dfs) == 1);
        census_close(&census);
    }
}

static void random_runs_estimate_the_tree(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        struct census census;
        struct tutti_pick_random chancy;
        census_open(&census, programs[i].main, programs[i].arg);
        tutti_pick_random_init(&chancy, &census_bounds, census_takes, CENSUS_ROOM, 3);
        chancy.estimates = true;
        census_take(&census, &chancy.by.picker, 500);
        assert_about("by chance", chancy.sum / (double)chancy.seen, programs[i].runs);
        census_close(&census);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depth_first_makes_the_known_numbers_of_runs),
        cmocka_unit_test(a_random_walk_is_as_likely_as_computed),
        cmocka_unit_test(a_weighted_walk_is_as_likely_as_computed),
        cmocka_unit_test(weighed_runs_estimate_shares),
        cmocka_unit_test(a_weighted_walk_of_many),
        cmocka_unit_test(pct_keeps_its_guarantee),
        cmocka_unit_test(pct_of_depth_one_is_serial),
        cmocka_unit_test(pct_priorities_are_fair),
        cmocka_unit_test(preemptions_are_counted_as_by_definition),
        cmocka_unit_test(delays_are_counted_as_by_definition),
        cmocka_unit_test(loose_bounds_leave_nothing_out),
        cmocka_unit_test(estimates_are_within_a_factor_of_four),
        cmocka_unit_test(random_runs_estimate_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
