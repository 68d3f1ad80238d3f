/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The claims about checkpoints: what holds passes, what does not ends the run, and names the line.
 */
#include "rehearsed.h"

#include "tutti/core/checkpoints.h"
#include "tutti/core/scope.h"

static int whole(void *arg)
{
    (void)arg;
    return tutti_checkpoint();
}

static int none(void *arg)
{
    (void)arg;
    return 3;
}

static int only_schedules(void *arg)
{
    (void)arg;
    tutti_yield_shielded();
    return 0;
}

static int only_cancels(void *arg)
{
    (void)arg;
    return tutti_checkpoint_if_cancelled();
}

static int fails_before(void *arg)
{
    (void)arg;
    return tutti_sleep(-1);
}

static int fails_after(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return -EIO;
}

static int leaves_early(int how)
{
    for (int i = 0; i < 2; i++) {
        TUTTI_ASSERT_CHECKPOINTS
        {
            if (how == 0) break;
            if (how == 1) return 1;
            TUTTI_TRY(tutti_checkpoint());
        }
    }
    TUTTI_ASSERT_NO_CHECKPOINTS
    {
        if (how == 0) return 0;
    }
    return 2;
}

static int what_holds(void *arg)
{
    (void)arg;
    tutti_check(tutti_assert_checkpoints(whole, NULL) == 0);
    tutti_check(tutti_assert_no_checkpoints(none, NULL) == 3);
    tutti_check(tutti_assert_checkpoints(fails_before, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_assert_no_checkpoints(fails_before, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_assert_checkpoints(NULL, NULL) == TUTTI_EINVALID);
    for (int how = 0; how < 3; how++)
        tutti_check(leaves_early(how) == how);
    return 0;
}

/* Each of these is false. */
static int thunk_without(void *arg)
{
    return tutti_assert_checkpoints(none, arg);
}

static int thunk_with(void *arg)
{
    return tutti_assert_no_checkpoints(whole, arg);
}

static int thunk_fails_after(void *arg)
{
    return tutti_assert_no_checkpoints(fails_after, arg);
}

static int half_1(void *arg)
{
    return tutti_assert_checkpoints(only_schedules, arg);
}

static int half_2(void *arg)
{
    return tutti_assert_no_checkpoints(only_schedules, arg);
}

static int half_3(void *arg)
{
    return tutti_assert_checkpoints(only_cancels, arg);
}

static int half_4(void *arg)
{
    return tutti_assert_no_checkpoints(only_cancels, arg);
}

static int block_without(void *arg)
{
    (void)arg;
    TUTTI_ASSERT_CHECKPOINTS
    {
    }
    return 0;
}

static int block_with(void *arg)
{
    (void)arg;
    TUTTI_ASSERT_NO_CHECKPOINTS
    {
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int block_left_with(void *arg)
{
    (void)arg;
    TUTTI_ASSERT_NO_CHECKPOINTS
    {
        return tutti_checkpoint();
    }
    return 0;
}

static void what_does_not(void **state)
{
    static const struct {
        int (*fn)(void *arg);
        const char *text;
    } wrong[] = {
        {thunk_without, "no checkpoint in none"},
        {thunk_with, "a checkpoint in whole"},
        {thunk_fails_after, "a checkpoint in fails_after"},
        {half_1, "no checkpoint in only_schedules"},
        {half_2, "a checkpoint in only_schedules"},
        {half_3, "no checkpoint in only_cancels"},
        {half_4, "a checkpoint in only_cancels"},
        {block_without, "no checkpoint in the block"},
        {block_with, "a checkpoint in the block"},
        {block_left_with, "a checkpoint in the block"},
    };
    struct tutti_sim_world sim;
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tutti_sim_world_reset(&sim);
        assert_int_equal(tutti_run(&sim.world, wrong[i].fn, NULL), TUTTI_ECHECK);
        tutti_run_last(&stats);
        assert_non_null(strstr(stats.message, wrong[i].text));
        assert_non_null(strstr(stats.site->file, "checkpoints_test.c"));
    }
    tutti_sim_world_close(&sim);
}

REHEARSE_MAIN(REHEARSED(what_holds), cmocka_unit_test(what_does_not))
