/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The pickers and the loop around them, on trees of choices that are made up: how many runs there
 * are is known exactly.                                                                          */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tutti/core/error.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_plain.h"
#include "tutti/sim/pick_random.h"
#include "tutti/sim/pick_replay.h"
#include "tutti/sim/search.h"

enum { ROOM = 256 };

static const struct tutti_bounds bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN};
static struct tutti_take items[ROOM], others[ROOM];

/* One choice of a made-up run. Returns false when the picker stopped it. */
static bool ask(struct tutti_picker *picker, uint32_t of, uint64_t path, uint32_t *number)
{
    struct tutti_choice choice = {.kind = TUTTI_CHOICE_USER, .of = of, .path = path};
    *number = picker->pick.pick(&picker->pick, &choice);
    return *number != TUTTI_PICK_STOP;
}

static void stopped(struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    enum tutti_verdict_kind kind =
        picker->mismatch ? TUTTI_VERDICT_NONDETERMINISM : TUTTI_VERDICT_LIMIT;
    tutti_verdict_set(verdict, kind, "%s", picker->why);
}

/* N tasks of `steps` steps each, interleaved in every way: (N steps)! / (steps!)^N runs. */
struct tasks {
    uint32_t count, steps;
    uint64_t runs;
    uint64_t changes_in;  /* in this run (from 1) it does something else; 0: never */
    uint32_t crash_at[8]; /* a run of these choices, count first, fails */
};

static void run_tasks(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    struct tasks *tasks = context;
    uint32_t left[8], taken[ROOM], count = 0;
    verdict->kind = TUTTI_VERDICT_OK;
    tasks->runs++;
    for (uint32_t i = 0; i < tasks->count; i++)
        left[i] = tasks->steps;
    for (;;) {
        struct tutti_candidate ready[8];
        uint32_t of = 0, pick = 0;
        for (uint32_t i = 0; i < tasks->count; i++) {
            if (!left[i]) continue;
            ready[of++] =
                (struct tutti_candidate){.id = i, .path = i + 1, .what = TUTTI_CANDIDATE_TASK};
        }
        if (!of) break;
        if (tasks->runs == tasks->changes_in) ready[of - 1].path = 99;
        struct tutti_choice choice = {.kind = TUTTI_CHOICE_RUN, .of = of, .candidates = ready};
        if (of > 1) {
            pick = picker->pick.pick(&picker->pick, &choice);
            if (pick == TUTTI_PICK_STOP) {
                stopped(picker, verdict);
                return;
            }
            taken[count++] = pick;
        }
        left[ready[pick].path == 99 ? tasks->count - 1 : ready[pick].id]--;
    }
    if (tasks->crash_at[0] && tasks->crash_at[0] <= count &&
        memcmp(tasks->crash_at + 1, taken, tasks->crash_at[0] * sizeof *taken) == 0) {
        tutti_verdict_set(verdict, TUTTI_VERDICT_CHECK, "made up");
    }
}

static struct tutti_search search_of(struct tutti_picker *picker, struct tasks *tasks)
{
    return (struct tutti_search){.picker = picker, .run = run_tasks, .context = tasks};
}

static void dfs_makes_every_run_once(void **state)
{
    static const struct {
        uint32_t count, steps;
        uint64_t runs;
    } known[] = {{1, 5, 1},    {2, 1, 2},     {2, 2, 6},      {2, 5, 252}, {3, 2, 90},
                 {4, 2, 2520}, {3, 4, 34650}, {3, 5, 756756}, {6, 1, 720}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct tutti_pick_dfs dfs;
        struct tasks tasks = {.count = known[i].count, .steps = known[i].steps};
        tutti_pick_dfs_init(&dfs, &bounds, items, ROOM);
        struct tutti_search search = search_of(&dfs.picker, &tasks);
        tutti_search_go(&search, UINT64_MAX);
        assert_int_equal(search.end, TUTTI_SEARCH_COMPLETE);
        assert_true(dfs.complete);
        assert_int_equal(search.runs, known[i].runs);
    }
}

/* The depth of the tree and the number of options depend on what was taken before. */
static void run_crooked(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    uint64_t *leaves = context;
    uint32_t first, number, path = 0;
    verdict->kind = TUTTI_VERDICT_OK;
    if (!ask(picker, 4, 0, &first)) return;
    for (uint32_t i = 0; i < first; i++) {
        if (!ask(picker, first + 1, path, &number)) return;
        path = path * 8 + number + 1;
    }
    *leaves += path + 1;
}

static void dfs_of_a_crooked_tree(void **state)
{
    struct tutti_pick_dfs dfs;
    uint64_t leaves = 0;
    (void)state;
    tutti_pick_dfs_init(&dfs, &bounds, items, ROOM);
    struct tutti_search search = {.picker = &dfs.picker, .run = run_crooked, .context = &leaves};
    tutti_search_go(&search, UINT64_MAX);
    assert_int_equal(search.end, TUTTI_SEARCH_COMPLETE);
    assert_int_equal(search.runs, 1 + 2 + 3 * 3 + 4 * 4 * 4);
    assert_int_equal(search.longest, 4);
}

static void slices_make_the_same_search(void **state)
{
    struct tutti_pick_dfs dfs;
    struct tasks tasks = {.count = 3, .steps = 2};
    int slices = 0;
    (void)state;
    tutti_pick_dfs_init(&dfs, &bounds, items, ROOM);
    struct tutti_search search = search_of(&dfs.picker, &tasks);
    for (; search.end == TUTTI_SEARCH_GOES_ON; slices++)
        tutti_search_go(&search, 7);
    assert_int_equal(search.end, TUTTI_SEARCH_COMPLETE);
    assert_int_equal(search.runs, 90);
    assert_int_equal(slices, 90 / 7 + 1);
}

static void a_bounded_search_is_not_complete(void **state)
{
    struct tutti_pick_dfs dfs;
    struct tasks tasks = {.count = 3, .steps = 2};
    (void)state;
    tutti_pick_dfs_init(&dfs, &bounds, items, ROOM);
    struct tutti_search search = search_of(&dfs.picker, &tasks);
    search.runs_max = 89;
    tutti_search_go(&search, UINT64_MAX);
    assert_int_equal(search.end, TUTTI_SEARCH_RUNS);
    assert_int_equal(search.runs, 89);
    assert_false(dfs.complete);
}

static void stops_at_the_first_finding(void **state)
{
    struct tutti_pick_dfs dfs;
    struct tasks tasks = {.count = 2, .steps = 2, .crash_at = {2, 1, 0}};
    (void)state;
    tutti_pick_dfs_init(&dfs, &bounds, items, ROOM);
    struct tutti_search search = search_of(&dfs.picker, &tasks);
    tutti_search_go(&search, UINT64_MAX);
    assert_int_equal(search.end, TUTTI_SEARCH_FOUND);
    assert_int_equal(search.verdict.kind, TUTTI_VERDICT_CHECK);
    assert_int_equal(items[0].number, 1);
    assert_int_equal(items[1].number, 0);
}

static void dfs_sees_other_candidates(void **state)
{
    struct tutti_pick_dfs dfs;
    struct tasks tasks = {.count = 3, .steps = 2, .changes_in = 5};
    (void)state;
    tutti_pick_dfs_init(&dfs, &bounds, items, ROOM);
    struct tutti_search search = search_of(&dfs.picker, &tasks);
    tutti_search_go(&search, UINT64_MAX);
    assert_int_equal(search.end, TUTTI_SEARCH_FOUND);
    assert_int_equal(search.runs, 5);
    assert_int_equal(search.verdict.kind, TUTTI_VERDICT_NONDETERMINISM);
    assert_non_null(strstr(search.verdict.message, "choice 1 has 3 options as before"));
    assert_non_null(strstr(search.verdict.message, "(likely: something is sorted or hashed"));
}

/* Other numbers of options, another kind, or an early end, from the third run on. */
static void run_moody(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    int *mood = context; /* mood[0]: the run; mood[1]: what it does */
    uint32_t number;
    bool odd = ++mood[0] > 2;
    verdict->kind = TUTTI_VERDICT_OK;
    if (odd && mood[1] == 0) return;
    struct tutti_choice choice = {.kind = odd && mood[1] == 1 ? TUTTI_CHOICE_IO : TUTTI_CHOICE_USER,
                                  .of = odd && mood[1] == 2 ? 4 : 3};
    number = picker->pick.pick(&picker->pick, &choice);
    if (number == TUTTI_PICK_STOP || !ask(picker, 2, 1, &number)) stopped(picker, verdict);
}

static void dfs_says_what_differs(void **state)
{
    static const char *const says[] = {"the run ended after 0 choices",
                                       "choice 1 was of kind user and is now of kind io",
                                       "choice 1 had 3 options and has now 4"};
    static const char *const likely[] = {"(likely: the run before left something done",
                                         "(likely: it goes by the time", "(likely: it goes by the"};
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct tutti_pick_dfs dfs;
        int mood[2] = {0, what};
        tutti_pick_dfs_init(&dfs, &bounds, items, ROOM);
        struct tutti_search search = {.picker = &dfs.picker, .run = run_moody, .context = mood};
        tutti_search_go(&search, UINT64_MAX);
        assert_int_equal(search.end, TUTTI_SEARCH_FOUND);
        assert_int_equal(search.verdict.kind, TUTTI_VERDICT_NONDETERMINISM);
        assert_non_null(strstr(search.verdict.message, says[what]));
        assert_non_null(strstr(search.verdict.message, likely[what]));
    }
}

static void a_run_longer_than_the_record(void **state)
{
    struct tutti_pick_dfs dfs;
    struct tasks tasks = {.count = 2, .steps = 20};
    (void)state;
    tutti_pick_dfs_init(&dfs, &bounds, items, 8);
    struct tutti_search search = search_of(&dfs.picker, &tasks);
    tutti_search_go(&search, UINT64_MAX);
    assert_int_equal(search.verdict.kind, TUTTI_VERDICT_LIMIT);
    assert_true(dfs.picker.full);
    assert_int_equal(dfs.picker.takes.count, 8);
}

static void plain_is_one_run_of_zeros(void **state)
{
    struct tutti_pick_plain plain;
    struct tasks tasks = {.count = 3, .steps = 2};
    (void)state;
    tutti_pick_plain_init(&plain, &bounds, items, ROOM);
    struct tutti_search search = search_of(&plain.picker, &tasks);
    tutti_search_go(&search, UINT64_MAX);
    assert_int_equal(search.runs, 1);
    for (uint32_t i = 0; i < plain.picker.takes.count; i++)
        assert_int_equal(items[i].number, 0);
}

static void random_repeats_itself(void **state)
{
    struct tutti_pick_random chancy;
    uint32_t seen[2][200] = {{0}}, ones = 0;
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct tasks tasks = {.count = 2, .steps = 30};
        tutti_pick_random_init(&chancy, &bounds, items, ROOM, 42);
        for (int run = 0; run < 200; run++) {
            struct tutti_verdict verdict;
            run_tasks(&tasks, &chancy.by.picker, &verdict);
            for (int bit = 0; bit < 30; bit++) {
                seen[round][run] = seen[round][run] << 1 | items[bit].number;
            }
            assert_true(chancy.by.picker.next(&chancy.by.picker));
        }
    }
    assert_memory_equal(seen[0], seen[1], sizeof seen[0]);
    for (int run = 0; run < 200; run++) {
        assert_int_not_equal(seen[0][run], seen[0][(run + 1) % 200]);
        for (int bit = 0; bit < 30; bit++)
            ones += seen[0][run] >> bit & 1;
    }
    assert_in_range(ones, 2768, 3232); /* half of 6000, six sigma */
}

static void replay_does_what_the_list_says(void **state)
{
    struct tutti_pick_replay replay;
    struct tasks tasks = {.count = 3, .steps = 2};
    struct tutti_verdict verdict;
    struct tutti_takes wanted = {.items = others, .count = 3, .room = ROOM};
    (void)state;
    memset(others, 0, sizeof others);
    others[0].number = 2;
    others[2].number = 1;
    tutti_pick_replay_init(&replay, &bounds, items, ROOM, &wanted, false);
    run_tasks(&tasks, &replay.picker, &verdict);
    assert_int_equal(verdict.kind, TUTTI_VERDICT_OK);
    assert_true(tutti_pick_replay_whole(&replay));
    assert_int_equal(items[0].number, 2);
    assert_int_equal(items[1].number, 0);
    assert_int_equal(items[2].number, 1);
    for (uint32_t i = 3; i < replay.picker.takes.count; i++)
        assert_int_equal(items[i].number, 0);
}

static void replay_reports_what_does_not_fit(void **state)
{
    struct tutti_pick_replay replay;
    struct tasks tasks = {.count = 3, .steps = 2};
    struct tutti_verdict verdict;
    struct tutti_takes wanted = {.items = others, .count = 2, .room = ROOM};
    (void)state;
    memset(others, 0, sizeof others);
    others[1].number = 3;
    tutti_pick_replay_init(&replay, &bounds, items, ROOM, &wanted, false);
    run_tasks(&tasks, &replay.picker, &verdict);
    assert_true(replay.picker.mismatch);
    assert_non_null(strstr(replay.picker.why, "number 2 of the list is 3, but that choice has 3"));
    others[1].number = 0;
    wanted.count = 50;
    tutti_pick_replay_init(&replay, &bounds, items, ROOM, &wanted, false);
    run_tasks(&tasks, &replay.picker, &verdict);
    assert_false(tutti_pick_replay_whole(&replay));
    assert_non_null(strstr(replay.picker.why, "the list has 50 numbers, but the run ended after"));
}

/* Loosely, a candidate is found again where it stands now. */
static void replay_finds_candidates_again(void **state)
{
    struct tutti_pick_replay replay;
    struct tutti_candidate ready[] = {{.path = 1, .what = TUTTI_CANDIDATE_TASK},
                                      {.path = 7, .what = TUTTI_CANDIDATE_TASK},
                                      {.path = 7, .what = TUTTI_CANDIDATE_CANCEL}};
    struct tutti_choice choice = {.kind = TUTTI_CHOICE_RUN, .of = 3, .candidates = ready};
    struct tutti_takes wanted = {.items = others, .count = 3, .room = ROOM};
    (void)state;
    memset(others, 0, sizeof others);
    for (int i = 0; i < 3; i++) {
        others[i] = (struct tutti_take){.number = 5, .of = 6, .path = 7};
        others[i].what = TUTTI_CANDIDATE_CANCEL;
    }
    others[1].path = 8; /* not there, nor is option 5 */
    others[2].path = 8;
    others[2].number = 1;
    tutti_pick_replay_init(&replay, &bounds, items, ROOM, &wanted, true);
    struct tutti_pick *pick = &replay.picker.pick;
    assert_int_equal(pick->pick(pick, &choice), 2);
    assert_int_equal(pick->pick(pick, &choice), 0);
    assert_int_equal(pick->pick(pick, &choice), 1);
    assert_int_equal(pick->pick(pick, &choice), 0);
    assert_false(replay.picker.mismatch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dfs_makes_every_run_once),
        cmocka_unit_test(dfs_of_a_crooked_tree),
        cmocka_unit_test(slices_make_the_same_search),
        cmocka_unit_test(a_bounded_search_is_not_complete),
        cmocka_unit_test(stops_at_the_first_finding),
        cmocka_unit_test(dfs_sees_other_candidates),
        cmocka_unit_test(dfs_says_what_differs),
        cmocka_unit_test(a_run_longer_than_the_record),
        cmocka_unit_test(plain_is_one_run_of_zeros),
        cmocka_unit_test(random_repeats_itself),
        cmocka_unit_test(replay_does_what_the_list_says),
        cmocka_unit_test(replay_reports_what_does_not_fit),
        cmocka_unit_test(replay_finds_candidates_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
