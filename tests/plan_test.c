/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a search is made of, what it says, what it covers; and how its end is called. */
#include "census.h"
#include "tutti/sim/explore.h"
#include "tutti/sim/pick_plain.h"

/* The phases of a search, without making it. */
static bool next(struct tutti_plan *plan, struct tutti_plan_facts *facts, struct tutti_phase *phase,
                 enum tutti_strategy wanted)
{
    bool more = tutti_plan_next(plan, facts, phase);
    if (more) assert_int_equal(phase->strategy, wanted);
    return more;
}

static void auto_decides_by_its_estimate(void **state)
{
    static const struct {
        double estimate;
        int64_t left_ns;
        enum tutti_strategy then;
        const char *says;
    } known[] = {
        {1e5, 0, TUTTI_STRATEGY_DFS, "which takes 1 s of 60 s"},
        {1e7, 0, TUTTI_STRATEGY_RANDOM, "about 1e+07 runs, and 60 s do not suffice"},
        {1e7, 200 * TUTTI_S, TUTTI_STRATEGY_DFS, "of 200 s left"},
        {1e5, TUTTI_S / 2, TUTTI_STRATEGY_RANDOM, "do not suffice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct tutti_plan plan = {.phases = 0};
        struct tutti_plan_facts facts = {
            .strategy = TUTTI_STRATEGY_AUTO, .cancels_max = 1, .cancel_points = 41};
        struct tutti_phase phase;
        assert_true(next(&plan, &facts, &phase, TUTTI_STRATEGY_PLAIN));
        assert_non_null(strstr(plan.say, "plain"));
        assert_true(next(&plan, &facts, &phase, TUTTI_STRATEGY_CANCELS));
        assert_non_null(strstr(plan.say, "each of its 41 cancel points"));
        assert_int_equal(phase.bound, 1);
        assert_true(next(&plan, &facts, &phase, TUTTI_STRATEGY_DFS));
        assert_true(phase.exhausts && phase.runs_max > 0);
        assert_true(next(&plan, &facts, &phase, TUTTI_STRATEGY_RANDOM));
        facts.runs = 500;
        facts.took_ns = 5 * TUTTI_MS; /* 100,000 runs a second */
        facts.estimate = known[i].estimate;
        facts.left_ns = known[i].left_ns;
        assert_true(next(&plan, &facts, &phase, known[i].then));
        if (!strstr(plan.say, known[i].says)) fail_msg("%s", plan.say);
        assert_int_equal(phase.exhausts, known[i].then == TUTTI_STRATEGY_DFS);
    }
}

static void auto_without_scopes_cancels_nothing(void **state)
{
    struct tutti_plan plan = {.phases = 0};
    struct tutti_plan_facts facts = {.strategy = TUTTI_STRATEGY_AUTO, .cancels_max = 1};
    struct tutti_phase phase;
    (void)state;
    assert_true(next(&plan, &facts, &phase, TUTTI_STRATEGY_PLAIN));
    assert_true(next(&plan, &facts, &phase, TUTTI_STRATEGY_DFS));
}

static void a_portfolio_takes_turns(void **state)
{
    struct tutti_plan plan = {.phases = 0};
    struct tutti_plan_facts facts = {.strategy = TUTTI_STRATEGY_PORTFOLIO};
    struct tutti_phase phase;
    uint32_t seen[TUTTI_STRATEGIES] = {0};
    uint64_t runs[24];
    (void)state;
    for (int i = 0; i < 24; i++) {
        assert_true(tutti_plan_next(&plan, &facts, &phase));
        seen[phase.strategy]++;
        runs[i] = phase.runs_max;
        assert_int_equal(runs[i], i < 6 ? runs[0] : 2 * runs[i - 6]);
        assert_false(phase.exhausts);
    }
    assert_int_equal(seen[TUTTI_STRATEGY_RANDOM], 4);
    assert_int_equal(seen[TUTTI_STRATEGY_SURW], 4);
    assert_int_equal(seen[TUTTI_STRATEGY_POS], 4);
    assert_int_equal(seen[TUTTI_STRATEGY_PCT], 8);
    assert_int_equal(seen[TUTTI_STRATEGY_DELAYS], 4);
}

/* Real searches. */

static struct tutti_explore_options options_of(enum tutti_strategy strategy, uint32_t cancels)
{
    struct tutti_explore_options options = {
        .bounds = census_bounds, .strategy = strategy, .isolate = TUTTI_ISOLATE_NONE};
    options.bounds.cancels_max = cancels;
    return options;
}

static struct tutti_progress search(struct census *census, int (*main)(void *arg), const void *arg,
                                    const struct tutti_explore_options *options,
                                    enum tutti_explore_end end)
{
    struct tutti_explorer *explorer;
    census_open(census, main, arg);
    assert_int_equal(tutti_explorer_open(&explorer, options, census_run, census), 0);
    assert_int_equal(tutti_explorer_search(explorer), end);
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    tutti_explorer_close(explorer);
    census_close(census);
    return progress;
}

static void append(void *context, const char *line)
{
    char *said = context;
    strncat(said, line, 900 - strlen(said));
    strncat(said, "\n", 900 - strlen(said));
}

static void auto_is_complete_when_it_can_be(void **state)
{
    static const int small[] = {3, 2}, large[] = {4, 12}, middle[] = {3, 4};
    struct census census;
    char said[1000] = "";
    (void)state;
    struct tutti_explore_options options = options_of(TUTTI_STRATEGY_AUTO, 0);
    options.say = append;
    options.say_context = said;
    struct tutti_progress progress =
        search(&census, census_tasks, small, &options, TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(progress.phase_runs, 90);
    assert_int_equal(progress.runs, 91);
    progress = search(&census, census_tasks, middle, &options, TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(progress.phase_runs, 34650);
    assert_non_null(strstr(said, "depth first: about"));
    said[0] = '\0';
    options.time_max_ns = TUTTI_S / 2;
    progress = search(&census, census_tasks, large, &options, TUTTI_EXPLORE_TIME);
    assert_true(progress.runs > 5500);
    assert_non_null(strstr(said, "turns of several"));
    options = options_of(TUTTI_STRATEGY_PORTFOLIO, 0);
    options.runs_max = 8000;
    progress = search(&census, census_tasks, large, &options, TUTTI_EXPLORE_RUNS);
    assert_int_equal(progress.runs, 8000);
}

/* Every strategy by its name, on a program that it can fail. */
static void every_strategy_finds_a_lost_update(void **state)
{
    static const int two = 2;
    (void)state;
    for (int strategy = 0; strategy < TUTTI_STRATEGIES; strategy++) {
        struct tutti_explore_options options = options_of((enum tutti_strategy)strategy, 0);
        struct tutti_rehearsal rehearsal = {.main = census_lost_update,
                                            .arg = (void *)(uintptr_t)&two};
        struct tutti_explorer *explorer;
        options.bound = strategy == TUTTI_STRATEGY_PCT ? 2 : 1;
        options.isolate = TUTTI_ISOLATE_SEARCH;
        assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
        assert_int_equal(tutti_explorer_open(&explorer, &options, tutti_rehearse, &rehearsal), 0);
        assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
        assert_int_equal(tutti_explorer_verdict(explorer)->kind, TUTTI_VERDICT_CHECK);
        tutti_explorer_close(explorer);
        tutti_sim_world_close(&rehearsal.sim);
    }
}

/* Cancel points: a scope with so many checkpoints, one inside another, and a task beside them. */

static int checkpoints(void *arg)
{
    for (int i = 0; i < *(const int *)arg; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int one_scope(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, checkpoints, arg);
}

static int two_scopes(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, one_scope, arg);
}

static void cancel_points_are_counted(void **state)
{
    (void)state;
    for (int m = 1; m <= 5; m++) {
        struct census census;
        /* before each step that is left in the scope; never twice */
        struct tutti_explore_options options = options_of(TUTTI_STRATEGY_CANCELS, 1);
        struct tutti_progress progress =
            search(&census, one_scope, &m, &options, TUTTI_EXPLORE_BOUNDED);
        assert_int_equal(progress.runs, m + 1);
        assert_int_equal(progress.coverage.reached, m);
        assert_int_equal(progress.coverage.cancelled, m);
        /* twice as many places, one by one */
        progress = search(&census, two_scopes, &m, &options, TUTTI_EXPLORE_BOUNDED);
        assert_int_equal(progress.runs, 2 * m + 1);
        assert_int_equal(progress.coverage.reached, 2 * m);
        assert_int_equal(progress.coverage.cancelled, 2 * m);
        assert_int_equal(progress.coverage.pairs_reached, 0);
        /* all schedules: there is but one; the plain run alone cancels at none */
        options = options_of(TUTTI_STRATEGY_PLAIN, 1);
        progress = search(&census, two_scopes, &m, &options, TUTTI_EXPLORE_BOUNDED);
        assert_int_equal(progress.coverage.reached, 2 * m);
        assert_int_equal(progress.coverage.cancelled, 0);
        /* after the inner one, the outer one at once; after the outer one, the inner one at once */
        options = options_of(TUTTI_STRATEGY_DFS, 2);
        progress = search(&census, two_scopes, &m, &options, TUTTI_EXPLORE_COMPLETE);
        assert_int_equal(progress.coverage.reached, 2 * m);
        assert_int_equal(progress.coverage.pairs_reached, 2 * m);
        assert_int_equal(progress.coverage.pairs_cancelled, 2 * m);
        assert_int_equal(progress.runs, 4 * m + 1);
        assert_false(progress.coverage.more);
    }
}

static void coverage_does_not_change_the_search(void **state)
{
    static const int eight = 8;
    (void)state;
    for (int strategy = 0; strategy < TUTTI_STRATEGIES; strategy++) {
        struct census census;
        struct tutti_explore_options options = options_of((enum tutti_strategy)strategy, 2);
        options.bound = strategy == TUTTI_STRATEGY_PCT ? 3 : 2;
        options.runs_max = 7;
        bool few = strategy == TUTTI_STRATEGY_PLAIN || strategy == TUTTI_STRATEGY_DEADLINES;
        enum tutti_explore_end end = few ? TUTTI_EXPLORE_BOUNDED : TUTTI_EXPLORE_RUNS;
        struct tutti_progress progress = search(&census, two_scopes, &eight, &options, end);
        assert_in_range(progress.coverage.reached, 2, 16);
        assert_true(progress.coverage.cancelled <= progress.runs);
        assert_true(progress.coverage.pairs_cancelled <= progress.coverage.pairs_reached);
    }
}

/* More points than it has room for are said to be more. */
static void coverage_is_bounded(void **state)
{
    static struct tutti_cover_table table;
    struct tutti_cover cover;
    static const int many = TUTTI_COVER_POINTS;
    static struct tutti_take items[2 * TUTTI_COVER_POINTS];
    struct tutti_candidate candidates[2] = {{.path = 1, .what = TUTTI_CANDIDATE_TASK},
                                            {.path = 2, .what = TUTTI_CANDIDATE_CANCEL}};
    struct tutti_choice choice = {.kind = TUTTI_CHOICE_RUN, .of = 2, .candidates = candidates};
    struct tutti_pick_plain plain;
    (void)state;
    tutti_pick_plain_init(&plain, &census_bounds, items, 2 * TUTTI_COVER_POINTS);
    tutti_cover_watch(&cover, &table, &plain.picker);
    for (int i = 0; i < many; i++) {
        assert_int_equal(plain.picker.pick.pick(&plain.picker.pick, &choice), 0);
    }
    assert_true(tutti_cover_counts(&table).more);
    assert_int_equal(tutti_cover_counts(&table).reached, TUTTI_COVER_POINTS / 4 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_decides_by_its_estimate),
        cmocka_unit_test(auto_without_scopes_cancels_nothing),
        cmocka_unit_test(a_portfolio_takes_turns),
        cmocka_unit_test(auto_is_complete_when_it_can_be),
        cmocka_unit_test(every_strategy_finds_a_lost_update),
        cmocka_unit_test(cancel_points_are_counted),
        cmocka_unit_test(coverage_does_not_change_the_search),
        cmocka_unit_test(coverage_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
