/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Strategy dpor as part of an explorer: what it finds, what it says of programs that it cannot
 * explore, and that its findings replay.                                                         */
#include <stdio.h>

#include "traces.h"
#include "tutti/core/access.h"
#include "tutti/core/inspect.h"
#include "tutti/core/stats.h"
#include "tutti/sim/explore.h"

static uint64_t variable;

static int increment(void *arg)
{
    (void)arg;
    tutti_access(&variable, sizeof variable, false);
    uint64_t value = variable;
    TUTTI_TRY(tutti_checkpoint());
    tutti_access(&variable, sizeof variable, true);
    variable = value + 1;
    return 0;
}

static int start_all(int (*task)(void *arg), int count)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < count; i++)
        TUTTI_TRY(tutti_nursery_start(&nursery, task, NULL));
    return tutti_nursery_close(&nursery, 0);
}

static int updates(void *arg)
{
    (void)arg;
    variable = 0;
    return start_all(increment, 3);
}

static int write_once(void *arg)
{
    (void)arg;
    tutti_access(&variable, sizeof variable, true);
    return 0;
}

static int writers(void *arg)
{
    (void)arg;
    return start_all(write_once, 7);
}

static int lost_update(void *arg)
{
    TUTTI_TRY(updates(arg));
    tutti_check(variable == 3);
    return 0;
}

static int chooser(void *arg)
{
    (void)arg;
    uint32_t first = tutti_choose(3);
    tutti_access(&variable, sizeof variable, first == 2);
    TUTTI_TRY(tutti_checkpoint());
    return first ? 0 : (int)tutti_choose(2);
}

static int choosers(void *arg)
{
    (void)arg;
    return start_all(chooser, 2);
}

/* One task writes x or y; one writes z and reads y, or writes w; one writes x and z. */
static uint64_t x, y, z, w;

static int writes_either(void *arg)
{
    (void)arg;
    tutti_access(tutti_choose(2) ? &y : &x, sizeof x, true);
    return 0;
}

static int reads_or_not(void *arg)
{
    (void)arg;
    bool reads = tutti_choose(2) == 0;
    tutti_access(reads ? &z : &w, sizeof z, true);
    if (reads) tutti_access(&y, sizeof y, false);
    return 0;
}

static int writes_both(void *arg)
{
    (void)arg;
    tutti_access(&x, sizeof x, true);
    tutti_access(&z, sizeof z, true);
    return 0;
}

static int partly_sleeping(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, writes_either, NULL));
    TUTTI_TRY(tutti_nursery_start(&nursery, reads_or_not, NULL));
    TUTTI_TRY(tutti_nursery_start(&nursery, writes_both, NULL));
    return tutti_nursery_close(&nursery, 0);
}

static int state_kept(void *arg)
{
    static int runs; /* that is the mistake */
    (void)arg;
    if (runs++ % 3 == 2) tutti_access(&runs, sizeof runs, true);
    return start_all(increment, 3);
}

static int places_kept(void *arg)
{
    static uint64_t cells[2];
    static int runs; /* the same mistake; addresses of malloc are as good */
    (void)arg;
    tutti_access(&cells[runs++ % 3 == 2], sizeof *cells, true);
    return start_all(increment, 3);
}

static int starts_kept(void *arg)
{
    static int runs; /* the same mistake */
    (void)arg;
    return start_all(increment, runs++ % 3 == 2 ? 2 : 3);
}

static int long_run(void *arg)
{
    (void)arg;
    for (int i = 0; i < TUTTI_ORDER_STEPS; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int large_step(void *arg)
{
    (void)arg;
    for (int i = 0; i <= TUTTI_DPOR_STEP_ACCESSES; i++)
        tutti_access(&variable, 1, true);
    return 0;
}

static int asks_for_ids(void *arg)
{
    (void)arg;
    return tutti_task_id(tutti_task_self()) ? 0 : -1;
}

static int looks_at_the_run(void *arg)
{
    (void)arg;
    return tutti_run_statistics().steps ? 0 : -1;
}

static int looks_at_tasks(void *arg)
{
    (void)arg;
    return tutti_inspect_next(NULL) ? 0 : -1;
}

struct searched {
    struct tutti_progress progress;
    struct tutti_verdict verdict;
    enum tutti_explore_end end;
    bool replays;
};

static struct searched search_so_far(int (*main)(void *arg), enum tutti_isolate isolate,
                                     uint32_t jobs, uint64_t runs_max)
{
    struct tutti_rehearsal rehearsal = {.main = main};
    struct tutti_explorer *explorer;
    struct tutti_explore_options options = {
        .bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN | 1u << TUTTI_CHOICE_USER},
        .strategy = TUTTI_STRATEGY_DPOR,
        .runs_max = runs_max,
        .jobs = jobs,
        .isolate = isolate};
    struct searched searched = {.replays = false};
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    assert_int_equal(tutti_explorer_open(&explorer, &options, tutti_rehearse, &rehearsal), 0);
    searched.end = tutti_explorer_search(explorer);
    searched.progress = tutti_explorer_progress(explorer);
    if (searched.end == TUTTI_EXPLORE_FOUND) {
        struct tutti_verdict again;
        searched.verdict = *tutti_explorer_verdict(explorer);
        (void)tutti_explorer_shrink(explorer, NULL);
        assert_int_equal(
            tutti_explorer_replay(explorer, tutti_explorer_list(explorer), true, &again), 0);
        searched.replays = tutti_verdict_alike(&searched.verdict, &again);
    }
    tutti_explorer_close(explorer);
    tutti_sim_world_close(&rehearsal.sim);
    return searched;
}

static struct searched search_for(int (*main)(void *arg), enum tutti_isolate isolate)
{
    return search_so_far(main, isolate, 2, 0);
}

static const enum tutti_isolate everywhere[] = {TUTTI_ISOLATE_SEARCH, TUTTI_ISOLATE_FORK,
                                                TUTTI_ISOLATE_NONE};

static void makes_one_run_of_each_trace(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct searched searched = search_for(updates, everywhere[i]);
        assert_int_equal(searched.end, TUTTI_EXPLORE_COMPLETE);
        assert_int_equal(searched.progress.traces, 36); /* (3!)^2: loads and stores, see rw(3) */
        assert_int_equal(searched.progress.blocked, 0);
        assert_false(searched.progress.ids_read);
    }
}

/* 7! traces: the first search has made 4,000 of them, and so has the second, before it makes the
 * rest. Both are in the estimate.                                                                */
static void says_how_many_runs_both_searches_have(void **state)
{
    (void)state;
    struct searched all = search_so_far(writers, TUTTI_ISOLATE_SEARCH, 1, 0);
    assert_int_equal(all.end, TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(all.progress.traces, 5040);
    assert_int_equal(all.progress.runs, 5040 + 4000);
    struct searched some = search_so_far(writers, TUTTI_ISOLATE_SEARCH, 1, 5500);
    assert_int_equal(some.progress.runs, 5500);
    assert_true(some.progress.estimate > 8000 && some.progress.estimate < 10000);
}

static void finds_what_an_order_breaks(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct searched searched = search_for(lost_update, everywhere[i]);
        assert_int_equal(searched.end, TUTTI_EXPLORE_FOUND);
        assert_int_equal(searched.verdict.kind, TUTTI_VERDICT_CHECK);
        assert_true(searched.replays);
    }
}

/* Two tasks choose one of three, and who chose 0 chooses again, one of two. Who chose 2 writes what
 * both touch, so that their order matters; if neither did it does not, and is not tried: of the 16
 * ways 9 have one trace, 7 have two.                                                             */
static void tries_all_values_under_their_step(void **state)
{
    (void)state;
    struct searched searched = search_for(choosers, TUTTI_ISOLATE_SEARCH);
    assert_int_equal(searched.end, TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(searched.progress.traces, 9 + 7 * 2);
    assert_int_equal(searched.progress.blocked, 0);
}

/* After the third task each of the others is awake with one value only. Where the second comes
 * before the first with the other value must not be forgotten: 4 + 2 + 4 + 1 traces.            */
static void tries_all_that_sleeps_partly(void **state)
{
    struct tutti_bounds bounds = census_bounds;
    (void)state;
    bounds.kinds |= 1u << TUTTI_CHOICE_USER;
    for (int order = TUTTI_DPOR_FIRST; order < TUTTI_DPOR_ORDERS; order++) {
        struct traces traces =
            traces_of(partly_sleeping, NULL, &bounds, (enum tutti_dpor_order)order, 0);
        assert_true(traces.complete);
        assert_int_equal(traces.traces, 11);
    }
}

static void says_what_it_cannot_explore(void **state)
{
    (void)state;
    static const struct {
        int (*main)(void *arg);
        const char *how, *likely;
    } kept[] = {
        {state_kept, "step 1 touches something else: now it writes object ",
         "(likely: it goes by "},
        {starts_kept, "no more does it touch object ",
         "(likely: it goes by memory that was not set"},
        {places_kept, "now it writes object ", "(likely: memory that is at another address"},
    };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        struct searched found = search_for(kept[i].main, TUTTI_ISOLATE_SEARCH);
        assert_int_equal(found.end, TUTTI_EXPLORE_FOUND);
        assert_int_equal(found.verdict.kind, TUTTI_VERDICT_NONDETERMINISM);
        if (!strstr(found.verdict.message, kept[i].how) ||
            !strstr(found.verdict.message, kept[i].likely)) {
            fail_msg("%s", found.verdict.message);
        }
    }
    struct searched longer = search_for(long_run, TUTTI_ISOLATE_SEARCH);
    assert_int_equal(longer.verdict.kind, TUTTI_VERDICT_LIMIT);
    assert_non_null(strstr(longer.verdict.message, "8191 steps"));
    struct searched large = search_for(large_step, TUTTI_ISOLATE_SEARCH);
    assert_int_equal(large.verdict.kind, TUTTI_VERDICT_LIMIT);
    struct searched ids = search_for(asks_for_ids, TUTTI_ISOLATE_SEARCH);
    assert_int_equal(ids.end, TUTTI_EXPLORE_COMPLETE);
    assert_true(ids.progress.ids_read);
    assert_true(search_for(looks_at_the_run, TUTTI_ISOLATE_SEARCH).progress.ids_read);
    assert_true(search_for(looks_at_tasks, TUTTI_ISOLATE_SEARCH).progress.ids_read);
}

/* A step of two tasks that write one object; then the same choice again, with one other task. */
static void names_the_candidate_that_differs(void **state)
{
    struct tutti_candidate tasks[] = {{.id = 2, .path = 2, .what = TUTTI_CANDIDATE_TASK},
                                      {.id = 3, .path = 3, .what = TUTTI_CANDIDATE_TASK}};
    struct tutti_choice both = {.kind = TUTTI_CHOICE_RUN, .of = 2, .candidates = tasks};
    struct tutti_choice second = {.kind = TUTTI_CHOICE_RUN, .of = 1, .candidates = &tasks[1]};
    struct tutti_pick_dpor dpor;
    struct tutti_picker *picker = &dpor.picker;
    (void)state;
    tutti_pick_dpor_init(&dpor, &census_bounds, traces_takes, TRACES_ROOM, &traces_memory);
    assert_int_equal(picker->pick.pick(&picker->pick, &both), 0);
    tutti_access_note(&dpor.footprint, 7, TUTTI_ACCESS_WRITE);
    assert_int_equal(picker->pick.pick(&picker->pick, &second), 0);
    tutti_access_note(&dpor.footprint, 7, TUTTI_ACCESS_WRITE);
    assert_true(picker->next(picker));
    tasks[1].id = tasks[1].path = 4;
    assert_int_equal(picker->pick.pick(&picker->pick, &both), TUTTI_PICK_STOP);
    assert_true(picker->mismatch);
    if (!strstr(picker->why, "(2, and 2 before; the first that differs is number 2, now #4)") ||
        !strstr(picker->why, "(likely: something is sorted or hashed by address")) {
        fail_msg("%s", picker->why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_one_run_of_each_trace),
        cmocka_unit_test(says_how_many_runs_both_searches_have),
        cmocka_unit_test(finds_what_an_order_breaks),
        cmocka_unit_test(tries_all_values_under_their_step),
        cmocka_unit_test(tries_all_that_sleeps_partly),
        cmocka_unit_test(says_what_it_cannot_explore),
        cmocka_unit_test(names_the_candidate_that_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
