/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Searches that are stopped and go on: the same runs as without a stop, wherever that is; texts
 * that were damaged or are of another search.                                                    */
#include "census.h"
#include "tutti/sim/explore.h"

enum { TEXT = 1 << 14 };

static const int three_by_three[] = {3, 3};

static struct tutti_explorer *open_explorer(struct census *census, enum tutti_strategy strategy,
                                            uint64_t runs_max)
{
    struct tutti_explorer *explorer;
    struct tutti_explore_options options = {.bounds = census_bounds,
                                            .strategy = strategy,
                                            .bound = strategy == TUTTI_STRATEGY_DFS ? 0 : 3,
                                            .isolate = TUTTI_ISOLATE_NONE,
                                            .runs_max = runs_max};
    census_open(census, census_tasks, three_by_three);
    assert_int_equal(tutti_explorer_open(&explorer, &options, census_run, census), 0);
    return explorer;
}

/* One day: at most `runs` runs, from the text on, and into it. Returns how it ended. */
static enum tutti_explore_end one_day(enum tutti_strategy strategy, uint64_t runs, char *text,
                                      uint64_t *lists, uint64_t *runs_in_all)
{
    static struct tutti_take items[CENSUS_ROOM];
    struct tutti_frontier kept = {.takes = {.items = items, .room = CENSUS_ROOM}};
    struct tutti_frontier now = {.program = "a program", .test = "a test"};
    struct census census;
    char message[400];
    struct tutti_explorer *explorer = open_explorer(&census, strategy, runs);
    census.lists = *lists;
    if (text[0]) {
        assert_int_equal(tutti_frontier_parse(&kept, text, message, sizeof message), 0);
        tutti_explorer_resume(explorer, &kept);
    }
    enum tutti_explore_end end = tutti_explorer_search(explorer);
    assert_true(tutti_explorer_frontier(explorer, &now));
    if (text[0]) assert_int_equal(tutti_frontier_fits(&kept, &now, message, sizeof message), 0);
    assert_true(tutti_frontier_print(&now, text, TEXT) < TEXT);
    *runs_in_all = tutti_explorer_progress(explorer).phase_runs;
    *lists = census.lists;
    tutti_explorer_close(explorer);
    census_close(&census);
    return end;
}

static void stopped_or_not_the_runs_are_the_same(void **state)
{
    static const enum tutti_strategy strategies[] = {TUTTI_STRATEGY_DFS, TUTTI_STRATEGY_DELAYS,
                                                     TUTTI_STRATEGY_PREEMPTIONS};
    static const uint64_t days[] = {97, 420, 1679, 1680, 100000};
    static char text[TEXT];
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        uint64_t lists = 0, all;
        text[0] = '\0';
        enum tutti_explore_end whole = one_day(strategies[s], 0, text, &lists, &all);
        assert_int_equal(whole, s == 0 ? TUTTI_EXPLORE_COMPLETE : TUTTI_EXPLORE_BOUNDED);
        for (size_t d = 0; d < sizeof days / sizeof *days; d++) {
            uint64_t again = 0, runs = 0, count = 0;
            enum tutti_explore_end end = TUTTI_EXPLORE_RUNS;
            text[0] = '\0';
            for (; end == TUTTI_EXPLORE_RUNS; count++) {
                end = one_day(strategies[s], days[d], text, &again, &runs);
            }
            assert_int_equal(end, whole);
            assert_int_equal(runs, all);
            assert_true(again == lists);
            assert_int_equal(count, (all + days[d] - 1) / days[d]);
        }
    }
}

/* In a child process, too, stopped by the time. */
static void the_time_is_up_and_it_goes_on(void **state)
{
    static const int many[] = {4, 12};
    struct census census;
    struct tutti_explorer *explorer;
    struct tutti_frontier frontier = {.runs = 0};
    struct tutti_explore_options options = {.bounds = census_bounds, .time_max_ns = TUTTI_S / 20};
    (void)state;
    census_open(&census, census_tasks, many);
    assert_int_equal(tutti_explorer_open(&explorer, &options, census_run, &census), 0);
    assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_TIME);
    uint64_t runs = tutti_explorer_progress(explorer).runs;
    assert_true(runs > 0 && tutti_explorer_frontier(explorer, &frontier));
    assert_int_equal(frontier.runs, runs);
    assert_true(frontier.takes.count > 0);
    assert_true(tutti_explorer_progress(explorer).estimate > (double)runs);
    assert_true(tutti_explorer_progress(explorer).memory > 0);
    tutti_explorer_close(explorer);
    options.strategy = TUTTI_STRATEGY_RANDOM;
    assert_int_equal(tutti_explorer_open(&explorer, &options, census_run, &census), 0);
    assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_TIME);
    assert_false(tutti_explorer_frontier(explorer, &frontier));
    tutti_explorer_close(explorer);
    census_close(&census);
}

static struct tutti_frontier example(struct tutti_take *items)
{
    items[0] = (struct tutti_take){.print = UINT64_MAX, .number = 1, .of = 3};
    items[1] = (struct tutti_take){.print = 5, .number = 2, .of = 3, .edge = 2, .stays = true};
    return (struct tutti_frontier){.program = "p q",
                                   .test = "t",
                                   .seed = 7,
                                   .steps_max = 100,
                                   .strategy = TUTTI_STRATEGY_DELAYS,
                                   .bound = 2,
                                   .bounds = census_bounds,
                                   .runs = 12345678901,
                                   .longest = 9,
                                   .takes = {.items = items, .count = 2, .room = 2},
                                   .parts = {{0, 1, 0}, {1, 1, 1}},
                                   .parts_count = 2};
}

static void texts_that_are_damaged_are_refused(void **state)
{
    struct tutti_take items[2], read[2];
    struct tutti_frontier frontier = example(items);
    struct tutti_frontier back = {.takes = {.items = read, .room = 2}};
    char text[1024], cut[1024], message[400];
    (void)state;
    size_t length = tutti_frontier_print(&frontier, text, sizeof text);
    assert_int_equal(tutti_frontier_parse(&back, text, message, sizeof message), 0);
    assert_int_equal(back.runs, frontier.runs);
    assert_int_equal(read[1].edge, 2);
    assert_true(read[0].print == UINT64_MAX && read[1].stays);
    for (size_t i = 0; i < length; i++) { /* cut anywhere; any byte replaced */
        memcpy(cut, text, i);
        cut[i] = '\0';
        assert_int_equal(tutti_frontier_parse(&back, cut, message, sizeof message), TUTTI_EINVALID);
        memcpy(cut, text, length + 1);
        cut[i] = '\x80';
        int rc = tutti_frontier_parse(&back, cut, message, sizeof message);
        bool in_a_name = strstr(text, "p q") <= text + i && text + i < strstr(text, "\nseed");
        if (rc == 0 && !in_a_name) fail_msg("%s", cut);
    }
    back.takes.room = 1;
    assert_int_equal(tutti_frontier_parse(&back, text, message, sizeof message), TUTTI_EINVALID);
    assert_int_equal(tutti_frontier_parse(&back, "tutti-search 4\n", message, sizeof message),
                     TUTTI_EINVALID);
    assert_non_null(strstr(message, "another version of tutti"));
}

static void another_search_is_refused(void **state)
{
    struct tutti_take items[2];
    struct tutti_frontier kept = example(items);
    static const char *const says[] = {"of program",    "of test",          "of strategy",
                                       "with bound 2",  "kinds and bounds", "seed and steps",
                                       "seed and steps"};
    char message[400];
    (void)state;
    assert_int_equal(tutti_frontier_fits(&kept, &kept, message, sizeof message), 0);
    for (int i = 0; i < 7; i++) {
        struct tutti_frontier wanted = example(items);
        if (i == 0) wanted.program[0] = 'x';
        if (i == 1) wanted.test[0] = 'x';
        if (i == 2) wanted.strategy = TUTTI_STRATEGY_DFS;
        if (i == 3) wanted.bound = 3;
        if (i == 4) wanted.bounds.cancels_max = 4;
        if (i == 5) wanted.seed = 8;
        if (i == 6) wanted.steps_max = 8;
        assert_int_equal(tutti_frontier_fits(&kept, &wanted, message, sizeof message),
                         TUTTI_EINVALID);
        assert_non_null(strstr(message, says[i]));
    }
}

/* A kept search of a program that has changed is seen in its first run. */
static void another_version_is_seen(void **state)
{
    struct tutti_take items[1] = {{.print = 1, .number = 1, .of = 3}};
    struct tutti_frontier kept = {
        .takes = {.items = items, .count = 1, .room = 1}, .parts = {{0, 1, 0}}, .parts_count = 1};
    struct census census;
    (void)state;
    struct tutti_explorer *explorer = open_explorer(&census, TUTTI_STRATEGY_DFS, 0);
    tutti_explorer_resume(explorer, &kept);
    assert_int_equal(tutti_explorer_search(explorer), TUTTI_EXPLORE_FOUND);
    assert_int_equal(tutti_explorer_verdict(explorer)->kind, TUTTI_VERDICT_NONDETERMINISM);
    assert_int_equal(tutti_explorer_progress(explorer).runs, 1);
    tutti_explorer_close(explorer);
    census_close(&census);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_or_not_the_runs_are_the_same),
        cmocka_unit_test(the_time_is_up_and_it_goes_on),
        cmocka_unit_test(texts_that_are_damaged_are_refused),
        cmocka_unit_test(another_search_is_refused),
        cmocka_unit_test(another_version_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
