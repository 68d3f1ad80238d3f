/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Race and gather: whose result comes back, what became of the others. */
#include "rehearsed.h"

#include "tutti/core/compose.h"
#include "tutti/core/scope.h"

/* Sleeps for *arg, returns it; a negative one is the error it fails with at once. */
static int takes(void *arg)
{
    int64_t ns = *(int64_t *)arg;
    if (ns < 0) return tutti_error((int)ns, "branch broke");
    TUTTI_TRY(tutti_sleep(ns));
    return (int)ns;
}

static int forever(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

static int gather_results(void *arg)
{
    int64_t ns[3] = {30, 0, 10};
    struct tutti_branch branches[3];
    (void)arg;
    for (int i = 0; i < 3; i++)
        branches[i] = (struct tutti_branch)TUTTI_BRANCH(takes, &ns[i]);
    tutti_check(tutti_gather(branches, 3) == 0 && tutti_now() == 30);
    for (int i = 0; i < 3; i++)
        tutti_check(branches[i].result == ns[i]);
    tutti_check(tutti_gather(branches, 0) == 0);
    ns[1] = -EIO;
    tutti_check(tutti_gather(branches, 3) == -EIO && tutti_now() == 30);
    tutti_check(branches[0].result == TUTTI_ECANCELED && branches[1].result == -EIO);
    const struct tutti_error *error = tutti_error_record(-EIO);
    tutti_check(error && strcmp(error->task_name, "takes") == 0);
    return tutti_checkpoint();
}

static int race_results(void *arg)
{
    int64_t ns[2] = {30, 10};
    uint32_t winner = 7;
    struct tutti_branch branches[3] = {TUTTI_BRANCH(takes, &ns[0]), TUTTI_BRANCH(takes, &ns[1]),
                                       TUTTI_BRANCH(forever, NULL)};
    (void)arg;
    tutti_check(tutti_race(branches, 3, &winner) == 10 && winner == 1 && tutti_now() == 10);
    tutti_check(branches[0].result == TUTTI_ECANCELED && branches[1].result == 10);
    tutti_check(branches[2].result == TUTTI_ECANCELED);
    TUTTI_TRY(tutti_checkpoint()); /* what ended the losers is not felt outside */
    ns[0] = -EIO;
    tutti_check(tutti_race(branches, 3, &winner) == -EIO && winner == TUTTI_NO_BRANCH);
    tutti_check(tutti_race(branches + 1, 1, NULL) == 10);
    return 0;
}

struct finish {
    uint32_t number, *first;
};

static int at_once(void *arg)
{
    struct finish *finish = arg;
    if (*finish->first == TUTTI_NO_BRANCH) *finish->first = finish->number;
    return 1;
}

/* Both end well before the one could be cancelled: the first has won, the other's result is kept.
 */
static int photo_finish(void *arg)
{
    uint32_t first = TUTTI_NO_BRANCH, winner;
    struct finish finish[2] = {{0, &first}, {1, &first}};
    struct tutti_branch branches[2] = {TUTTI_BRANCH(at_once, &finish[0]),
                                       TUTTI_BRANCH(at_once, &finish[1])};
    (void)arg;
    tutti_check(tutti_race(branches, 2, &winner) == 1 && winner == first);
    tutti_check(branches[0].result == 1 && branches[1].result == 1);
    return 0;
}

static int bad_arguments(void *arg)
{
    uint32_t winner;
    struct tutti_branch branches[2] = {TUTTI_BRANCH(forever, NULL), {.fn = NULL}};
    (void)arg;
    tutti_check(tutti_race(branches, 0, &winner) == TUTTI_EINVALID);
    tutti_check(tutti_race(branches, 2, &winner) == TUTTI_EINVALID && winner == TUTTI_NO_BRANCH);
    tutti_check(tutti_gather(branches, 2) == TUTTI_EINVALID);
    return 0;
}

static int long_race(void *arg)
{
    uint32_t winner;
    struct tutti_branch branches[2] = {TUTTI_BRANCH(forever, NULL), TUTTI_BRANCH(forever, NULL)};
    (void)arg;
    int rc = tutti_race(branches, 2, &winner);
    tutti_check(rc == TUTTI_ECANCELED && winner == TUTTI_NO_BRANCH);
    return rc;
}

/* Cancelled from outside. */
static int cancelled(void *arg)
{
    (void)arg;
    tutti_check(tutti_fail_after(5, long_race, NULL) == TUTTI_ETOOSLOW && tutti_now() == 5);
    return 0;
}

static int slow_loser(void *arg)
{
    struct tutti_scope *outer = arg;
    int rc = tutti_sleep_forever();
    tutti_scope_cancel(outer); /* after the race was won, before it returned */
    return rc;
}

static int quick(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return 4;
}

/* What was won before the cancellation is not lost. */
static int won_and_cancelled(void *arg)
{
    struct tutti_scope outer;
    uint32_t winner;
    struct tutti_branch branches[2] = {TUTTI_BRANCH(slow_loser, &outer), TUTTI_BRANCH(quick, NULL)};
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    tutti_check(tutti_race(branches, 2, &winner) == 4 && winner == 1);
    int rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    return tutti_scope_close(&outer, rc);
}

static int fails_when_cancelled(void *arg)
{
    (void)arg;
    return tutti_sleep_forever() == TUTTI_ECANCELED ? tutti_error(-EIO, "torn") : 0;
}

/* A loser that fails on its way out is a failure; the winner can still be found. */
static int failing_loser(void *arg)
{
    uint32_t winner;
    struct tutti_branch branches[2] = {TUTTI_BRANCH(fails_when_cancelled, NULL),
                                       TUTTI_BRANCH(quick, NULL)};
    (void)arg;
    tutti_check(tutti_race(branches, 2, &winner) == -EIO);
    tutti_check(winner == 1 && branches[1].result == 4);
    return 0;
}

/* Every schedule of two that take something, with one cancellation: what was taken is either what
 * the race returned or in a loser's result. */
static int take_unit(void *arg)
{
    int *units = arg;
    TUTTI_TRY(tutti_checkpoint());
    --*units;
    return 1;
}

static int take_first(void *arg)
{
    struct tutti_branch branches[2] = {TUTTI_BRANCH(take_unit, arg), TUTTI_BRANCH(take_unit, arg)};
    int rc = tutti_race(branches, 2, NULL);
    for (int i = 0; i < 2; i++)
        *(int *)arg += branches[i].result == 1; /* given back */
    return rc;
}

static int race_2(void *arg)
{
    int units = 2;
    (void)arg;
    int rc = tutti_move_on_at(TUTTI_NEVER, take_first, &units);
    tutti_check(units == 2 && (rc == 1 || rc == 0));
    return 0;
}

static int gather_both(void *arg)
{
    struct tutti_branch branches[2] = {TUTTI_BRANCH(take_unit, arg), TUTTI_BRANCH(take_unit, arg)};
    int rc = tutti_gather(branches, 2);
    int taken = (branches[0].result == 1) + (branches[1].result == 1);
    tutti_check(*(int *)arg == 2 - taken && (rc == 0) == (taken == 2));
    return rc;
}

static int gather_2(void *arg)
{
    int units = 2;
    (void)arg;
    return tutti_move_on_at(TUTTI_NEVER, gather_both, &units);
}

/* Each request for memory fails in turn: a clean code, nothing left, all that was started ended. */
enum { MANY = 12 };

static int one_of_many(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    int rc = tutti_scope_enter(&scope);
    if (rc < 0) {
        tutti_check(rc == TUTTI_ENOMEMORY && !tutti_scope_opened(&scope));
        return rc;
    }
    ++*(int *)arg;
    rc = tutti_checkpoint();
    --*(int *)arg;
    return tutti_scope_close(&scope, rc);
}

static int needs_memory(void *arg)
{
    struct tutti_branch branches[MANY];
    int inside = 0;
    (void)arg;
    for (int i = 0; i < MANY; i++)
        branches[i] = (struct tutti_branch)TUTTI_BRANCH(one_of_many, &inside);
    int rc = tutti_gather(branches, MANY);
    tutti_check(inside == 0 && (rc == 0 || rc == TUTTI_ENOMEMORY));
    int won = tutti_race(branches, MANY, NULL);
    tutti_check(inside == 0 && (won == 0 || won == TUTTI_ENOMEMORY));
    return tutti_checkpoint();
}

static void no_memory(void **state)
{
    struct tutti_rehearsal rehearsal = {.main = needs_memory};
    struct tutti_bounds bounds = {.kinds = 1u << TUTTI_CHOICE_ALLOC};
    struct tutti_pick_dfs dfs;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    tutti_pick_dfs_init(&dfs, &bounds, rehearsed_takes, REHEARSED_CHOICES);
    dfs.deviations_max = 1;
    uint64_t runs = 0, mains = 0;
    do {
        struct tutti_verdict verdict = {.kind = TUTTI_VERDICT_OK};
        tutti_rehearse(&rehearsal, &dfs.picker, &verdict);
        assert_int_equal(rehearsal.sim.arena.live, 0);
        assert_true(verdict.kind == TUTTI_VERDICT_OK || verdict.code == TUTTI_ENOMEMORY);
        mains += verdict.kind != TUTTI_VERDICT_OK;
        runs++;
    } while (dfs.picker.next(&dfs.picker));
    assert_true(mains == 1 && runs > 2 * MANY); /* main itself could not be started */
    for (uint64_t n = 1; n == 1 || rehearsal.sim.arena.calls >= n - 1; n++) {
        tutti_sim_world_reset(&rehearsal.sim);
        rehearsal.sim.arena.fail_at = n;
        assert_int_equal(tutti_run(&rehearsal.sim.world, needs_memory, NULL), 0);
        assert_int_equal(rehearsal.sim.arena.live, 0);
    }
    tutti_sim_world_close(&rehearsal.sim);
}

REHEARSE_MAIN(REHEARSED(gather_results), REHEARSED(race_results), REHEARSED(bad_arguments),
              REHEARSED(photo_finish), REHEARSED(cancelled), REHEARSED(won_and_cancelled),
              REHEARSED(failing_loser), REHEARSED_ALL(race_2, 1, 36),
              REHEARSED_ALL(gather_2, 1, 36), cmocka_unit_test(no_memory))
