/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The explorer with real programs: every kind of finding, its place, its shrunk list and its
 * replay; clean programs to the end; crashes and hangs in child processes.                       */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"
#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/sync.h"
#include "tutti/core/test.h"
#include "tutti/sim/explore.h"
#include "tutti/sim/rehearse.h"
#include "tutti/sim/shrink.h"

enum { LINE_CHECK = __LINE__ + 3 };
static int fail_check(void)
{
    tutti_check(!"reached");
    return 0;
}

static int fail_with_error(void)
{
    return tutti_error(-5, "page %d is torn", 4);
}

static int leak_memory(void)
{
    void *lost = tutti_malloc(10);
    return lost ? 0 : TUTTI_ENOMEMORY;
}

static int wait_for_ever(void)
{
    return tutti_sleep_forever();
}

static int never_end(void)
{
    for (;;)
        TUTTI_TRY(tutti_checkpoint());
}

static int touch_nothing(void)
{
    volatile uintptr_t nowhere = 8;
    *(volatile int *)nowhere = 1;
    return 0;
}

static int call_abort(void)
{
    abort();
}

static int call_exit(void)
{
    exit(7);
}

static int break_a_rule(void)
{
    tutti_panic("rule %d broken", 3);
}

static int never_yield(void)
{
    for (volatile bool on = true; on;) {
    }
    return 0;
}

static int do_nothing(void)
{
    return 0;
}

static int pair_test(void *arg)
{
    return run_pair(*(int (**)(void))arg);
}

/* A rehearsal with its explorer. */
struct stage {
    struct tutti_rehearsal rehearsal;
    struct tutti_explore_options options;
    struct tutti_explorer *explorer;
    int (*fn)(void);
};

static void stage_open(struct stage *stage, int (*main)(void *arg), void *arg)
{
    struct tutti_bounds *bounds = &stage->options.bounds;
    bounds->step = true;
    bounds->kinds = 1u << TUTTI_CHOICE_RUN | 1u << TUTTI_CHOICE_USER;
    stage->rehearsal.main = main;
    stage->rehearsal.arg = arg;
    assert_int_equal(tutti_sim_world_open(&stage->rehearsal.sim, 1), 0);
    stage->rehearsal.sim.options.steps_max = 1000;
    assert_int_equal(
        tutti_explorer_open(&stage->explorer, &stage->options, tutti_rehearse, &stage->rehearsal),
        0);
}

static void stage_close(struct stage *stage)
{
    tutti_explorer_close(stage->explorer);
    tutti_sim_world_close(&stage->rehearsal.sim);
}

/* Found in the second run, by one choice that is not 0; shrunk; replayed. */
static void assert_found(struct stage *stage, enum tutti_verdict_kind kind, const char *says)
{
    struct tutti_verdict verdict;
    bool minimal;
    char text[64];
    stage_open(stage, pair_test, &stage->fn);
    assert_int_equal(tutti_explorer_search(stage->explorer), TUTTI_EXPLORE_FOUND);
    const struct tutti_verdict *found = tutti_explorer_verdict(stage->explorer);
    assert_int_equal(found->kind, kind);
    if (!strstr(found->message, says)) fail_msg("%s: %s", says, found->message);
    assert_int_equal(tutti_explorer_progress(stage->explorer).runs, 2);
    assert_in_range(tutti_explorer_shrink(stage->explorer, &minimal), 1, 100);
    assert_true(minimal);
    const struct tutti_list *list = tutti_explorer_list(stage->explorer);
    tutti_list_print(list, text, sizeof text);
    assert_string_equal(text, "1;step;run,user;c0;0.0.1");
    assert_int_equal(tutti_explorer_replay(stage->explorer, list, true, &verdict), 0);
    assert_true(tutti_verdict_alike(found, &verdict));
}

static void finds_every_kind(void **state)
{
    static const struct {
        int (*fn)(void);
        enum tutti_verdict_kind kind;
        const char *says;
    } known[] = {
        {fail_check, TUTTI_VERDICT_CHECK, "reached"},
        {fail_with_error, TUTTI_VERDICT_ERROR, "page 4 is torn"},
        {leak_memory, TUTTI_VERDICT_LEAK, "10 bytes"},
        {wait_for_ever, TUTTI_VERDICT_DEADLOCK, "deadlock"},
        {never_end, TUTTI_VERDICT_LIMIT, "more than 1000 steps"},
        {touch_nothing, TUTTI_VERDICT_CRASH, "SIGSEGV"},
        {call_abort, TUTTI_VERDICT_CRASH, "SIGABRT"},
        {call_exit, TUTTI_VERDICT_CRASH, "exit code 7"},
        {break_a_rule, TUTTI_VERDICT_CRASH, "rule 3 broken"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        for (int isolate = TUTTI_ISOLATE_SEARCH; isolate <= TUTTI_ISOLATE_NONE; isolate++) {
            struct stage stage = {.fn = known[i].fn};
            if (isolate == TUTTI_ISOLATE_NONE && known[i].kind == TUTTI_VERDICT_CRASH) continue;
            stage.options.isolate = (enum tutti_isolate)isolate;
            assert_found(&stage, known[i].kind, known[i].says);
            stage_close(&stage);
        }
    }
}

static void names_place_and_task(void **state)
{
    struct stage stage = {.fn = fail_check};
    (void)state;
    assert_found(&stage, TUTTI_VERDICT_CHECK, "reached");
    const struct tutti_verdict *found = tutti_explorer_verdict(stage.explorer);
    assert_int_equal(found->line, LINE_CHECK);
    assert_non_null(strstr(found->file, "explore_test.c"));
    stage_close(&stage);
    stage = (struct stage){.fn = touch_nothing};
    assert_found(&stage, TUTTI_VERDICT_CRASH, "in task \"first\" #4");
    stage_close(&stage);
}

static void finds_a_task_that_never_yields(void **state)
{
    struct stage stage = {.fn = never_yield, .options = {.hang_ns = TUTTI_S / 5}};
    (void)state;
    assert_found(&stage, TUTTI_VERDICT_HANG, "in task \"first\" #4");
    stage_close(&stage);
}

/* Clean ones: the numbers of runs are known. */

static int three_by_two(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int start_three(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, three_by_two, arg));
    return 0;
}

static int run_three(void *arg)
{
    return tutti_nursery_run(start_three, arg);
}

static int choose_thrice(void *arg)
{
    (void)arg;
    return (int)(tutti_choose(2) + tutti_choose(3) + tutti_choose(5));
}

static int two_checkpoints(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_checkpoint();
}

static int in_a_scope(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, two_checkpoints, arg);
}

static void clean_searches_are_complete(void **state)
{
    static const struct {
        int (*main)(void *arg);
        uint32_t cancels;
        uint64_t runs;
    } known[] = {
        {run_three, 0, 90},     /* 6! / 2!^3 */
        {choose_thrice, 0, 30}, /* 2 * 3 * 5 */
        {in_a_scope, 0, 1},
        {in_a_scope, 1, 3}, /* before either step that is left in the scope, or never */
        {in_a_scope, 2, 3}, /* a scope is cancelled once */
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        for (int isolate = TUTTI_ISOLATE_SEARCH; isolate <= TUTTI_ISOLATE_NONE; isolate++) {
            struct stage stage = {.fn = do_nothing};
            stage.options.isolate = (enum tutti_isolate)isolate;
            stage.options.bounds.cancels_max = known[i].cancels;
            stage_open(&stage, known[i].main, NULL);
            assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_COMPLETE);
            assert_int_equal(tutti_explorer_progress(stage.explorer).runs, known[i].runs);
            assert_null(tutti_explorer_list(stage.explorer));
            stage_close(&stage);
        }
    }
}

static void bounds_end_a_search(void **state)
{
    struct stage stage = {.options = {.runs_max = 10}};
    (void)state;
    stage_open(&stage, run_three, NULL);
    assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_RUNS);
    assert_int_equal(tutti_explorer_progress(stage.explorer).runs, 10);
    stage_close(&stage);
    for (int isolate = TUTTI_ISOLATE_SEARCH; isolate <= TUTTI_ISOLATE_NONE; isolate++) {
        stage = (struct stage){.options = {.strategy = TUTTI_STRATEGY_RANDOM,
                                           .time_max_ns = TUTTI_S / 10,
                                           .isolate = (enum tutti_isolate)isolate}};
        stage_open(&stage, run_three, NULL);
        assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_TIME);
        assert_true(tutti_explorer_progress(stage.explorer).runs > 10);
        stage_close(&stage);
    }
}

/* A global that outlives the run. */
static int runs_so_far;

static int remember(void *arg)
{
    int n = ++runs_so_far > 2 ? 3 : 2;
    (void)arg;
    (void)tutti_choose((uint32_t)n);
    return 0;
}

static void state_in_globals_is_seen(void **state)
{
    struct stage stage = {.options = {.isolate = TUTTI_ISOLATE_SEARCH}};
    struct tutti_verdict verdict;
    uint32_t zero[2] = {0};
    (void)state;
    runs_so_far = 1;
    stage_open(&stage, remember, NULL);
    assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_FOUND);
    assert_int_equal(tutti_explorer_verdict(stage.explorer)->kind, TUTTI_VERDICT_NONDETERMINISM);
    assert_non_null(strstr(tutti_explorer_verdict(stage.explorer)->message, "had 2 options"));
    assert_int_equal(tutti_explorer_shrink(stage.explorer, NULL), 0);
    stage_close(&stage);
    stage.options.isolate = TUTTI_ISOLATE_FORK;
    stage_open(&stage, remember, NULL);
    assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_COMPLETE);
    assert_int_equal(tutti_explorer_progress(stage.explorer).runs, 2);
    struct tutti_list list = {
        .bounds = stage.options.bounds, .numbers = zero, .count = 2, .room = 2};
    assert_int_equal(tutti_explorer_replay(stage.explorer, &list, true, &verdict), 0);
    assert_int_equal(verdict.kind, TUTTI_VERDICT_MISMATCH);
    zero[0] = 2;
    assert_int_equal(tutti_explorer_replay(stage.explorer, &list, true, &verdict), 0);
    assert_int_equal(verdict.kind, TUTTI_VERDICT_MISMATCH);
    assert_non_null(strstr(verdict.message, "number 1 of the list is 2"));
    stage_close(&stage);
}

/* Fails by one cancellation at the right place, and by a timer that is early. */
static int cancel_here(void *arg)
{
    int *passed = arg;
    for (int i = 0; i < 6; i++) {
        TUTTI_TRY(tutti_checkpoint());
        ++*passed;
    }
    return 0;
}

static int lose_by_cancellation(void *arg)
{
    int passed = 0;
    (void)arg;
    TUTTI_TRY(tutti_move_on_at(TUTTI_NEVER, cancel_here, &passed));
    tutti_check(passed != 4);
    return 0;
}

static int dawdle(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int lose_by_lag(void *arg)
{
    int rc = tutti_fail_after(TUTTI_MS, dawdle, arg);
    tutti_check(rc == 0);
    return 0;
}

static void counts_cancellations_and_lags(void **state)
{
    struct stage stage = {.options = {.bounds = {.cancels_max = 2}}};
    (void)state;
    stage_open(&stage, lose_by_cancellation, NULL);
    assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_FOUND);
    (void)tutti_explorer_shrink(stage.explorer, NULL);
    struct tutti_goodness goodness = tutti_goodness_of(tutti_explorer_takes(stage.explorer));
    assert_int_equal(goodness.cancels, 1);
    assert_int_equal(goodness.lags, 0);
    assert_int_equal(goodness.turns + goodness.values, 0);
    stage_close(&stage);
    stage = (struct stage){.options = {.bounds = {.lags_max = 1}}};
    stage_open(&stage, lose_by_lag, NULL);
    assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_FOUND);
    (void)tutti_explorer_shrink(stage.explorer, NULL);
    goodness = tutti_goodness_of(tutti_explorer_takes(stage.explorer));
    assert_int_equal(goodness.cancels, 0);
    assert_int_equal(goodness.lags, 1);
    assert_int_equal(goodness.length, 1);
    stage_close(&stage);
    stage = (struct stage){.options = {.bounds = {.lags_max = 0}}};
    stage_open(&stage, lose_by_lag, NULL);
    assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_COMPLETE);
    stage_close(&stage);
}

/* Two deadlocks, of which the other is easier to reach: it stays the one that was found. */
static int wait_somewhere(void *arg)
{
    uint32_t p = tutti_choose(8), q = tutti_choose(8);
    (void)arg;
    if (p && q) TUTTI_TRY(tutti_sleep_forever());
    if (p >= 2) TUTTI_TRY(tutti_sleep_forever());
    return 0;
}

static void a_deadlock_shrinks_to_itself(void **state)
{
    struct stage stage = {.options = {.strategy = TUTTI_STRATEGY_RANDOM, .seed = 1}};
    char text[64];
    (void)state;
    stage_open(&stage, wait_somewhere, NULL);
    assert_int_equal(tutti_explorer_search(stage.explorer), TUTTI_EXPLORE_FOUND);
    assert_int_equal(tutti_explorer_verdict(stage.explorer)->kind, TUTTI_VERDICT_DEADLOCK);
    (void)tutti_explorer_shrink(stage.explorer, NULL);
    tutti_list_print(tutti_explorer_list(stage.explorer), text, sizeof text);
    assert_string_equal(text, "1;step;run,user;c0;1.1"); /* 2 is the other one */
    stage_close(&stage);
}

static void hangs_are_told_apart_by_task(void **state)
{
    struct tutti_verdict a, b;
    (void)state;
    tutti_verdict_set(&a, TUTTI_VERDICT_HANG, "a");
    tutti_verdict_set(&b, TUTTI_VERDICT_HANG, "b");
    snprintf(a.task, sizeof a.task, "first");
    assert_true(tutti_verdict_alike(&a, &b));
    snprintf(b.task, sizeof b.task, "second");
    assert_false(tutti_verdict_alike(&a, &b));
    snprintf(b.task, sizeof b.task, "first");
    assert_true(tutti_verdict_alike(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_kind),
        cmocka_unit_test(names_place_and_task),
        cmocka_unit_test(finds_a_task_that_never_yields),
        cmocka_unit_test(clean_searches_are_complete),
        cmocka_unit_test(bounds_end_a_search),
        cmocka_unit_test(state_in_globals_is_seen),
        cmocka_unit_test(counts_cancellations_and_lags),
        cmocka_unit_test(a_deadlock_shrinks_to_itself),
        cmocka_unit_test(hangs_are_told_apart_by_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
