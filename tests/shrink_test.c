/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The shrinker, on made-up lists and made-up reasons to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tutti/sim/chance.h"
#include "tutti/sim/shrink.h"

enum { ROOM = 128, OPTIONS = 6 };

/* The options of every choice: 0 to 3 are tasks, 4 cancels, 5 is an early timer. */
static uint8_t what_of(uint32_t number)
{
    return number < 4    ? TUTTI_CANDIDATE_TASK
           : number == 4 ? TUTTI_CANDIDATE_CANCEL
                         : TUTTI_CANDIDATE_TIMER;
}

static void fill(struct tutti_takes *takes, const uint32_t *numbers, uint32_t count)
{
    takes->count = count;
    for (uint32_t i = 0; i < count; i++) {
        takes->items[i] = (struct tutti_take){.number = numbers[i],
                                              .of = OPTIONS,
                                              .what = what_of(numbers[i]),
                                              .early = numbers[i] == 5};
    }
}

struct reason {
    bool (*fails)(const uint32_t *numbers, uint32_t count);
    struct tutti_take items[ROOM];
    struct tutti_takes taken;
    bool stop;
};

static bool try_it(void *context, const struct tutti_takes *wanted,
                   const struct tutti_takes **taken)
{
    struct reason *reason = context;
    uint32_t numbers[ROOM];
    reason->taken = (struct tutti_takes){.items = reason->items, .room = ROOM};
    for (uint32_t i = 0; i < wanted->count; i++)
        numbers[i] = wanted->items[i].number;
    fill(&reason->taken, numbers, wanted->count);
    *taken = &reason->taken;
    return reason->fails(numbers, wanted->count);
}

static bool stop(void *context)
{
    return ((struct reason *)context)->stop;
}

static uint32_t count_of(const uint32_t *numbers, uint32_t count, uint32_t number)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += numbers[i] == number;
    return found;
}

static bool cancels_and_a_three(const uint32_t *numbers, uint32_t count)
{
    return count_of(numbers, count, 4) >= 1 && count_of(numbers, count, 3) >= 1;
}

static bool one_at_its_place(const uint32_t *numbers, uint32_t count)
{
    return count > 17 && numbers[17] >= 2;
}

static bool always(const uint32_t *numbers, uint32_t count)
{
    (void)numbers, (void)count;
    return true;
}

/* A 2 with a 1 somewhere before it and a 4 somewhere behind. */
static bool in_order(const uint32_t *numbers, uint32_t count)
{
    uint32_t next = 0, order[] = {1, 2, 4};
    for (uint32_t i = 0; i < count && next < 3; i++)
        next += numbers[i] == order[next];
    return next == 3;
}

static struct tutti_shrink shrink_by_chance(struct reason *reason, struct tutti_takes *takes,
                                            uint64_t seed)
{
    struct tutti_chance chance = {.state = seed};
    struct tutti_shrink shrink = {.fails = try_it, .context = reason, .enough = stop};
    uint32_t numbers[ROOM];
    do {
        for (uint32_t i = 0; i < 60; i++)
            numbers[i] = tutti_chance_below(&chance, OPTIONS);
    } while (!reason->fails(numbers, 60));
    fill(takes, numbers, 60);
    tutti_shrink(&shrink, takes);
    return shrink;
}

/* No list that is one change away fails and is better. */
static void assert_minimal(const struct reason *reason, const struct tutti_takes *takes)
{
    struct tutti_goodness goodness = tutti_goodness_of(takes);
    uint32_t numbers[ROOM], changed[ROOM];
    struct tutti_take items[ROOM];
    struct tutti_takes other = {.items = items, .room = ROOM};
    for (uint32_t i = 0; i < takes->count; i++)
        numbers[i] = takes->items[i].number;
    assert_true(reason->fails(numbers, takes->count));
    for (uint32_t i = 0; i < takes->count; i++) {
        for (uint32_t number = 0; number <= numbers[i]; number++) { /* the last: left out */
            uint32_t count = takes->count - (number == numbers[i]);
            memcpy(changed, numbers, sizeof changed);
            changed[i] = number;
            if (number == numbers[i]) {
                memmove(changed + i, numbers + i + 1, (count - i) * sizeof *numbers);
            }
            fill(&other, changed, count);
            struct tutti_goodness others = tutti_goodness_of(&other);
            bool better = tutti_goodness_compare(&others, &goodness) < 0;
            assert_false(better && reason->fails(changed, count));
        }
    }
}

static void goodness_is_ordered(void **state)
{
    static const struct tutti_goodness order[] = {
        {0},
        {.length = 1, .values = 1, .sum = 9},
        {.length = 1, .turns = 1, .values = 5, .sum = 9},
        {.length = 1, .turns = 1, .switches = 1, .sum = 1},
        {.length = 2, .sum = 1},
        {.length = 2, .values = 1, .sum = 1},
        {.length = 2, .values = 1, .sum = 2},
        {.lags = 1, .length = 1, .sum = 1},
        {.faults = 1, .length = 1, .sum = 1},
        {.cancels = 1, .length = 1, .sum = 1},
        {.cancels = 1, .length = 1, .sum = 2}};
    enum { ORDER = sizeof order / sizeof *order };
    (void)state;
    for (int i = 0; i < ORDER; i++) {
        for (int j = 0; j < ORDER; j++) {
            int by = tutti_goodness_compare(&order[i], &order[j]);
            assert_int_equal((by > 0) - (by < 0), (i > j) - (i < j));
        }
    }
}

static void finds_the_known_best(void **state)
{
    struct reason reason = {.fails = cancels_and_a_three};
    struct tutti_take items[ROOM];
    struct tutti_takes takes = {.items = items, .room = ROOM};
    (void)state;
    struct tutti_shrink shrink = shrink_by_chance(&reason, &takes, 1);
    assert_true(shrink.minimal);
    assert_int_equal(takes.count, 2);
    assert_int_equal(items[0].number + items[1].number, 7);
    reason.fails = one_at_its_place;
    (void)shrink_by_chance(&reason, &takes, 2);
    assert_int_equal(takes.count, 18);
    assert_int_equal(items[17].number, 2);
    assert_int_equal(tutti_goodness_of(&takes).turns, 1);
    reason.fails = in_order;
    (void)shrink_by_chance(&reason, &takes, 3);
    assert_int_equal(takes.count, 3);
    reason.fails = always;
    shrink = shrink_by_chance(&reason, &takes, 4);
    assert_int_equal(takes.count, 0);
    assert_true(shrink.minimal);
}

static void is_minimal_from_anywhere(void **state)
{
    bool (*const reasons[])(const uint32_t *numbers, uint32_t count) = {
        cancels_and_a_three, one_at_its_place, in_order, always};
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct reason reason = {.fails = reasons[seed % 4]};
        struct tutti_take items[ROOM];
        struct tutti_takes takes = {.items = items, .room = ROOM};
        struct tutti_shrink shrink = shrink_by_chance(&reason, &takes, seed);
        assert_true(shrink.minimal);
        assert_in_range(shrink.tries, 1, 2000);
        assert_minimal(&reason, &takes);
    }
}

/* A run that fails by a cancellation, a failure, an early timer or another turn alone: the lesser
 * evil stays, although it makes the list longer.                                                 */
static const enum tutti_choice_kind kinds[] = {
    TUTTI_CHOICE_RUN, TUTTI_CHOICE_FAULT, TUTTI_CHOICE_ALLOC, TUTTI_CHOICE_RUN,
    TUTTI_CHOICE_RUN, TUTTI_CHOICE_IO,    TUTTI_CHOICE_USER};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void fill_kinds(struct tutti_takes *takes, const uint32_t *numbers, uint32_t count)
{
    fill(takes, numbers, count);
    for (uint32_t i = 0; i < count; i++) {
        struct tutti_take *take = &takes->items[i];
        take->kind = (uint8_t)kinds[i % KINDS];
        take->what = i % KINDS == 0   ? TUTTI_CANDIDATE_CANCEL
                     : i % KINDS == 3 ? TUTTI_CANDIDATE_TIMER
                                      : TUTTI_CANDIDATE_TASK;
        take->early = i % KINDS == 3;
    }
}

static uint32_t allowed; /* bits: at which of the kinds a number other than 0 fails */

static bool fails_by_kind(void *context, const struct tutti_takes *wanted,
                          const struct tutti_takes **taken)
{
    struct reason *reason = context;
    uint32_t numbers[ROOM] = {0};
    bool fails = false;
    reason->taken = (struct tutti_takes){.items = reason->items, .room = ROOM};
    for (uint32_t i = 0; i < wanted->count; i++) {
        numbers[i] = wanted->items[i].number;
        fails = fails || (numbers[i] && allowed >> i % KINDS & 1);
    }
    fill_kinds(&reason->taken, numbers, wanted->count);
    *taken = &reason->taken;
    return fails;
}

static void kinds_are_ordered(void **state)
{
    static const uint32_t worst_first[] = {0, 1, 3, 4};
    struct reason reason = {.stop = false};
    struct tutti_take items[ROOM];
    uint32_t numbers[KINDS] = {1, 1, 1, 1, 1, 1, 1};
    (void)state;
    for (size_t i = 0; i + 1 < sizeof worst_first / sizeof *worst_first; i++) {
        for (size_t j = i + 1; j < sizeof worst_first / sizeof *worst_first; j++) {
            struct tutti_takes takes = {.items = items, .room = ROOM};
            struct tutti_shrink shrink = {.fails = fails_by_kind, .context = &reason};
            allowed = 1u << worst_first[i] | 1u << worst_first[j];
            fill_kinds(&takes, numbers, KINDS);
            tutti_shrink(&shrink, &takes);
            assert_true(shrink.minimal);
            assert_int_equal(takes.count, worst_first[j] + 1);
            assert_int_equal(items[worst_first[j]].number, 1);
        }
    }
}

static void stops_when_told(void **state)
{
    struct reason reason = {.fails = one_at_its_place};
    struct tutti_take items[ROOM];
    struct tutti_takes takes = {.items = items, .room = ROOM};
    uint32_t numbers[40];
    (void)state;
    for (uint32_t i = 0; i < 40; i++)
        numbers[i] = 2;
    fill(&takes, numbers, 40);
    struct tutti_shrink shrink = {.fails = try_it, .context = &reason, .tries_max = 3};
    tutti_shrink(&shrink, &takes);
    assert_int_equal(shrink.tries, 3);
    assert_false(shrink.minimal);
    assert_true(takes.count > 17 && items[17].number == 2);
    reason.stop = true;
    shrink.enough = stop;
    tutti_shrink(&shrink, &takes);
    assert_int_equal(shrink.tries, 0);
    assert_false(shrink.minimal);
}

static void the_empty_list_is_minimal(void **state)
{
    struct reason reason = {.fails = always};
    struct tutti_take items[1];
    struct tutti_takes takes = {.items = items, .room = 1};
    struct tutti_shrink shrink = {.fails = try_it, .context = &reason};
    (void)state;
    tutti_shrink(&shrink, &takes);
    assert_int_equal(shrink.tries, 0);
    assert_true(shrink.minimal);
}

/* Three tasks of some steps; two of them must have gone on three times each. A task's path is its
 * number, and a choice's options are the tasks from the one on that the plain run would take.    */
static bool try_turns(void *context, const struct tutti_takes *wanted,
                      const struct tutti_takes **taken)
{
    struct reason *reason = context;
    uint32_t turns[4] = {0};
    reason->taken = (struct tutti_takes){.items = reason->items, .room = ROOM};
    for (uint32_t i = 0; i < wanted->count; i++) {
        const struct tutti_take *want = &wanted->items[i];
        uint64_t path = want->number ? want->path ? want->path : want->number : 3;
        reason->items[i] = (struct tutti_take){.number = path == 3 ? 0 : (uint32_t)path,
                                               .path = path,
                                               .of = 4,
                                               .what = TUTTI_CANDIDATE_TASK};
        turns[path]++;
    }
    reason->taken.count = wanted->count;
    *taken = &reason->taken;
    return turns[1] >= 3 && turns[2] >= 3;
}

/* They go on in blocks: nothing else is left to make better. */
static void tasks_go_on_while_they_can(void **state)
{
    static const uint64_t found[] = {1, 2, 3, 1, 2, 3, 1, 3, 2};
    struct reason reason = {.stop = false};
    struct tutti_shrink shrink = {.fails = try_turns, .context = &reason, .enough = stop};
    struct tutti_take items[ROOM];
    struct tutti_takes takes = {.items = items, .room = ROOM, .count = 9};
    (void)state;
    for (int i = 0; i < 9; i++) {
        items[i] = (struct tutti_take){.number = found[i] == 3 ? 0 : (uint32_t)found[i],
                                       .path = found[i],
                                       .of = 4,
                                       .what = TUTTI_CANDIDATE_TASK};
    }
    assert_int_equal(tutti_goodness_of(&takes).switches, 8);
    tutti_shrink(&shrink, &takes);
    struct tutti_goodness goodness = tutti_goodness_of(&takes);
    assert_true(shrink.minimal);
    assert_int_equal(goodness.length, 6);
    assert_int_equal(goodness.turns, 6);
    assert_in_range(goodness.switches, 1, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goodness_is_ordered),       cmocka_unit_test(tasks_go_on_while_they_can),
        cmocka_unit_test(finds_the_known_best),      cmocka_unit_test(is_minimal_from_anywhere),
        cmocka_unit_test(stops_when_told),           cmocka_unit_test(kinds_are_ordered),
        cmocka_unit_test(the_empty_list_is_minimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
