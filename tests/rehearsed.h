/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* rehearsed.h - the main() of core's tests: each case is run in the simulator under many schedules.
 *
 * A case is `static int name(void *arg)`: it claims things with tutti_check and returns 0. Which
 * schedules it must hold under is said where it is listed:
 *   REHEARSED_BATCH    plain, and with the order inside each pass reversed: for cases that assert
 *                      what a pass does;
 *   REHEARSED          those two, 1,000 seeds in step mode, depth first with two deviations;
 *   REHEARSED_ALL      and, exhaustively, every schedule with at most `cancels` cancellations: the
 *                      number of runs is part of the test;
 *   REHEARSED_ENDS     as REHEARSED, for cases that are to end so: TUTTI_VERDICT_LEAK, for one in
 *                      which a task ends with something it holds, or TUTTI_VERDICT_DEADLOCK;
 *   REHEARSED_PLAIN    the plain run only, for cases that are too large for more.
 *
 * After every run the oracle is asked, too (tests/oracle.h). A failure prints the choice list that
 * shows it.                                               */
#ifndef TUTTI_TESTS_REHEARSED_H
#define TUTTI_TESTS_REHEARSED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oracle.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_plain.h"
#include "tutti/sim/pick_random.h"
#include "tutti/sim/rehearse.h"
#include "tutti/sim/search.h"

enum rehearsed_how { HOW_PLAIN, HOW_BATCH, HOW_MANY, HOW_ALL };
enum { REHEARSED_SEEDS = 1000, REHEARSED_DEVIATIONS = 2, REHEARSED_CHOICES = 1 << 16 };

struct rehearsed {
    int (*fn)(void *arg);
    enum rehearsed_how how;
    uint32_t cancels;
    uint64_t runs;                /* HOW_ALL: how many there are; 0: print it and fail */
    enum tutti_verdict_kind ends; /* how every run is to end */
};

/* Not NULL: is called with the simulated world of each case, before its runs. */
static void (*rehearsed_prepare)(struct tutti_sim_world *sim);

static struct tutti_take rehearsed_takes[REHEARSED_CHOICES];
static enum tutti_verdict_kind rehearsed_ends; /* the case's */
static struct oracle rehearsed_oracle;

static inline void rehearsed_fail(const char *how, const struct tutti_picker *picker,
                                  const struct tutti_verdict *verdict)
{
    static uint32_t numbers[REHEARSED_CHOICES];
    struct tutti_bounds bounds = tutti_picker_bounds(picker);
    struct tutti_list list = {.numbers = numbers, .room = REHEARSED_CHOICES};
    char text[4096];
    tutti_takes_list(&picker->takes, &bounds, numbers, &list);
    tutti_list_print(&list, text, sizeof text);
    print_error("%s: %s at %s:%u\nchoice list: %s\n", how, verdict->message, verdict->file,
                verdict->line, text);
    fail();
}

/* One run: a good one if it ended as it was to. */
static inline void rehearsed_once(void *context, struct tutti_picker *picker,
                                  struct tutti_verdict *verdict)
{
    struct tutti_rehearsal *rehearsal = context;
    rehearsal->sim.world.sink = &rehearsed_oracle.sink;
    oracle_begin(&rehearsed_oracle);
    tutti_rehearse(context, picker, verdict);
    if (verdict->kind == TUTTI_VERDICT_OK) {
        const char *wrong = oracle_end(&rehearsed_oracle, rehearsal->sim.arena.live);
        if (wrong) tutti_verdict_set(verdict, TUTTI_VERDICT_ERROR, "the oracle says: %s", wrong);
    }
    if (rehearsed_ends == TUTTI_VERDICT_OK) return;
    if (verdict->kind == rehearsed_ends) {
        verdict->kind = TUTTI_VERDICT_OK;
    } else if (verdict->kind == TUTTI_VERDICT_OK) {
        tutti_verdict_set(verdict, TUTTI_VERDICT_ERROR, "the run was to end otherwise");
    }
}

/* Runs the search to its end; returns how many runs it made. */
static inline uint64_t rehearsed_search(const char *how, struct tutti_rehearsal *rehearsal,
                                        struct tutti_picker *picker, uint64_t runs_max)
{
    struct tutti_search search = {
        .picker = picker, .run = rehearsed_once, .context = rehearsal, .runs_max = runs_max};
    tutti_search_go(&search, UINT64_MAX);
    if (search.end == TUTTI_SEARCH_FOUND) rehearsed_fail(how, picker, &search.verdict);
    return search.runs;
}

/* A picker for batch mode that takes the last task of the pass. */
static inline uint32_t rehearsed_pick_last(struct tutti_pick *pick,
                                           const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    if (picker->takes.count == picker->takes.room) return tutti_picker_full(picker);
    return tutti_takes_add(&picker->takes, choice, choice->of - 1);
}

static inline void rehearsed_batch(struct tutti_rehearsal *rehearsal, bool reversed)
{
    struct tutti_bounds bounds = {.kinds = reversed ? 1u << TUTTI_CHOICE_RUN : 0};
    struct tutti_verdict verdict = {.kind = TUTTI_VERDICT_OK};
    struct tutti_picker picker;
    tutti_picker_init(&picker, &bounds, rehearsed_takes, REHEARSED_CHOICES);
    picker.pick.pick = rehearsed_pick_last;
    rehearsed_once(rehearsal, &picker, &verdict);
    if (verdict.kind != TUTTI_VERDICT_OK) {
        rehearsed_fail(reversed ? "reversed" : "plain", &picker, &verdict);
    }
}

static inline void rehearsed_many(struct tutti_rehearsal *rehearsal)
{
    struct tutti_bounds bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN};
    struct tutti_pick_random random;
    struct tutti_pick_dfs dfs;
    tutti_pick_random_init(&random, &bounds, rehearsed_takes, REHEARSED_CHOICES, 1);
    rehearsed_search("random", rehearsal, &random.by.picker, REHEARSED_SEEDS);
    tutti_pick_dfs_init(&dfs, &bounds, rehearsed_takes, REHEARSED_CHOICES);
    dfs.deviations_max = REHEARSED_DEVIATIONS;
    rehearsed_search("two deviations", rehearsal, &dfs.picker, 0);
    assert_true(dfs.complete);
}

static inline void rehearsed_all(struct tutti_rehearsal *rehearsal, const struct rehearsed *test)
{
    struct tutti_bounds bounds = {
        .step = true, .kinds = 1u << TUTTI_CHOICE_RUN, .cancels_max = test->cancels};
    struct tutti_pick_dfs dfs;
    tutti_pick_dfs_init(&dfs, &bounds, rehearsed_takes, REHEARSED_CHOICES);
    uint64_t runs = rehearsed_search("exhaustive", rehearsal, &dfs.picker, 0);
    assert_true(dfs.complete);
    assert_int_equal(runs, test->runs);
}

static inline void rehearsed_run(void **state)
{
    const struct rehearsed *test = *state;
    struct tutti_rehearsal rehearsal = {.main = test->fn};
    rehearsed_ends = test->ends;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    if (rehearsed_prepare) rehearsed_prepare(&rehearsal.sim);
    rehearsed_batch(&rehearsal, false);
    if (test->how >= HOW_BATCH) rehearsed_batch(&rehearsal, true);
    if (test->how >= HOW_MANY) rehearsed_many(&rehearsal);
    if (test->how == HOW_ALL) rehearsed_all(&rehearsal, test);
    tutti_sim_world_close(&rehearsal.sim);
}

#define REHEARSED_ENTRY(fn_, how_, cancels_, runs_, ends_)                                         \
    {                                                                                              \
        .name = #fn_, .test_func = rehearsed_run, .initial_state = &(struct rehearsed)             \
        {                                                                                          \
            .fn = (fn_), .how = (how_), .cancels = (cancels_), .runs = (runs_), .ends = (ends_)    \
        }                                                                                          \
    }
#define REHEARSED_PLAIN(fn)      REHEARSED_ENTRY(fn, HOW_PLAIN, 0, 0, TUTTI_VERDICT_OK)
#define REHEARSED_BATCH(fn)      REHEARSED_ENTRY(fn, HOW_BATCH, 0, 0, TUTTI_VERDICT_OK)
#define REHEARSED(fn)            REHEARSED_ENTRY(fn, HOW_MANY, 0, 0, TUTTI_VERDICT_OK)
#define REHEARSED_ENDS(fn, kind) REHEARSED_ENTRY(fn, HOW_MANY, 0, 0, kind)
#define REHEARSED_ALL(fn, cancels, runs)                                                           \
    REHEARSED_ENTRY(fn, HOW_ALL, cancels, runs, TUTTI_VERDICT_OK)

#define REHEARSE_MAIN(...)                                                                         \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif
