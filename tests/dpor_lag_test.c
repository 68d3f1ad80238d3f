/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Strategy dpor with early timers: of small programs with deadlines and sleeps it finds every trace
 * that there is (tests/sound.h). */
#include "sound.h"

#ifndef LAG_PROGRAMS
#define LAG_PROGRAMS 20 /* of each family */
#endif

#define KIND(name) (1u << SMALL_##name)

enum {
    TIMES = KIND(DEADLINE) | KIND(SLEEP) | KIND(NOW),
    MEMORY = KIND(LOAD) | KIND(STORE) | KIND(YIELD),
};

static const struct family {
    const char *name;
    uint32_t kinds, cancels, lags;
} families[] = {
    {"sleeps", KIND(SLEEP) | KIND(STORE) | KIND(YIELD), 0, 1},
    {"deadlines", KIND(DEADLINE) | KIND(STORE) | KIND(YIELD), 0, 1},
    {"times", TIMES | MEMORY, 0, 1},
    {"times, two early", TIMES | MEMORY, 0, 2},
    {"waits", TIMES | MEMORY | KIND(LOCK) | KIND(SET) | KIND(WAIT) | KIND(SPAWN), 0, 1},
    {"scopes", TIMES | MEMORY | KIND(SCOPE) | KIND(SHIELD) | KIND(CANCEL), 0, 1},
    {"values", TIMES | MEMORY | KIND(CHOOSE), 0, 1},
    {"cancelled", TIMES | MEMORY | KIND(SCOPE), 1, 1},
    {"everything", (1u << SMALL_KINDS) - 1, 0, 1},
    {"everything cancelled", (1u << SMALL_KINDS) - 1, 1, 1},
};
enum { FAMILIES = sizeof families / sizeof *families };

static void finds_every_trace(void **state)
{
    (void)state;
    for (uint32_t f = 0; f < FAMILIES; f++) {
        const struct family *family = &families[f];
        struct tutti_bounds bounds = census_bounds;
        struct sound_sums sums = {.programs = 0};
        bounds.kinds |= 1u << TUTTI_CHOICE_USER;
        bounds.cancels_max = family->cancels;
        bounds.lags_max = family->lags;
        for (uint64_t seed = 0; sums.programs < LAG_PROGRAMS; seed++) {
            struct tutti_chance chance = {.state = tutti_chance_split(f + 100, seed)};
            small_make(&chance, family->kinds);
            sound_look(&bounds, (enum tutti_dpor_order)(seed % TUTTI_DPOR_ORDERS), &sums, seed);
        }
        print_message("%s: %llu programs, %llu runs, %llu traces, %llu blocked, %llu twice\n",
                      family->name, (unsigned long long)sums.programs,
                      (unsigned long long)sums.runs, (unsigned long long)sums.traces,
                      (unsigned long long)sums.blocked, (unsigned long long)sums.redundant);
        if (!family->cancels) assert_int_equal(sums.redundant, 0);
    }
}

/* A task in a scope with a deadline that takes so many steps in it. */
static int deadline_main(void *arg)
{
    struct tutti_scope scope;
    int rc = 0;
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 1));
    for (int i = 0; i < *(const int *)arg && rc == 0; i++)
        rc = tutti_checkpoint();
    return tutti_scope_close(&scope, rc);
}

/* The deadline comes before any of its steps, or not at all. */
static void a_deadline_comes_at_every_moment(void **state)
{
    struct tutti_bounds bounds = census_bounds;
    (void)state;
    bounds.lags_max = 1;
    for (int steps = 1; steps <= 6; steps++) {
        struct traces traces = traces_of(deadline_main, &steps, &bounds, TUTTI_DPOR_ORDERS, 0);
        assert_true(traces.complete);
        assert_int_equal(traces.traces, steps + 1);
        assert_int_equal(traces.blocked, 0);
    }
}

static int sleeps_and_writes(void *arg)
{
    TUTTI_TRY(tutti_sleep(1));
    small_store(0, (uint64_t)(uintptr_t)arg);
    return 0;
}

static uint32_t firsts; /* who wrote first: bits */

/* Two tasks sleep until one time, main does something meanwhile. */
static int tie_main(void *arg)
{
    struct tutti_nursery nursery;
    static int numbers[] = {1, 2};
    (void)arg;
    shared.cells[0] = 0;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < 2; i++)
        TUTTI_TRY(tutti_nursery_start(&nursery, sleeps_and_writes, &numbers[i]));
    for (int i = 0; i < 3 && !shared.cells[0]; i++)
        TUTTI_TRY(tutti_checkpoint());
    if (shared.cells[0]) firsts |= shared.cells[0] == (uint64_t)(uintptr_t)&numbers[0] ? 1 : 2;
    return tutti_nursery_close(&nursery, 0);
}

/* Of timers that are due at one time each may be the one that is early, depth first, too. */
static void each_of_a_tie_may_be_early(void **state)
{
    struct tutti_bounds bounds = census_bounds;
    struct census census;
    struct tutti_pick_dfs dfs;
    (void)state;
    bounds.lags_max = 1;
    firsts = 0;
    assert_true(traces_of(tie_main, NULL, &bounds, TUTTI_DPOR_ORDERS, 0).complete);
    assert_int_equal(firsts, 3);
    firsts = 0;
    census_open(&census, tie_main, NULL);
    tutti_pick_dfs_init(&dfs, &bounds, traces_takes, TRACES_ROOM);
    (void)census_take(&census, &dfs.picker, 0);
    assert_int_equal(firsts, 3);
    census_close(&census);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_every_trace),
                                       cmocka_unit_test(a_deadline_comes_at_every_moment),
                                       cmocka_unit_test(each_of_a_tie_may_be_early)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
