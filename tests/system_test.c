/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* System tasks and daemons: who ends whom, what counts as a deadlock. */
#include "rehearsed.h"

#include "tutti/core/defer.h"
#include "tutti/core/service.h"
#include "tutti/core/system.h"

static struct {
    int started, cancelled;
    int64_t ended_ns;
} seen;

static int background(void *arg)
{
    struct tutti_task *self = tutti_task_self();
    char text[32];
    (void)arg;
    tutti_task_path_text(self, text, sizeof text);
    tutti_check(strncmp(text, "system.", 7) == 0 && !tutti_task_parent(self));
    tutti_check(tutti_task_root() && tutti_task_id(tutti_task_root()) == 1);
    tutti_check(tutti_task_is_daemon(self) && tutti_effective_deadline() == TUTTI_NEVER);
    seen.started++;
    int rc = tutti_sleep_forever();
    seen.cancelled += rc == TUTTI_ECANCELED;
    struct tutti_scope shield; /* cleanup that takes its time is waited for */
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    int slept = tutti_sleep(3);
    seen.ended_ns = tutti_now();
    tutti_check(!tutti_task_root()); /* main has ended */
    tutti_check(slept == 0 && tutti_system_start(background, NULL) == TUTTI_ECLOSED);
    return tutti_scope_close(&shield, rc);
}

static int starts_two(void *arg)
{
    (void)arg;
    seen.started = seen.cancelled = 0;
    TUTTI_TRY(tutti_system_start(background, NULL));
    return tutti_system_start(background, NULL);
}

/* R39: started inside no scope of the caller's, and cancelled when main has ended. */
static int ends_with_main(void *arg)
{
    tutti_check(tutti_system_start(NULL, NULL) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_move_on_after(1, starts_two, arg));
    TUTTI_TRY(tutti_sleep(5));
    tutti_check(seen.started == 2 && seen.cancelled == 0);
    return 0;
}

static int crashes(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(1));
    return tutti_error(-5, "the socket is gone");
}

static int main_code;

static int crash_main(void *arg)
{
    TUTTI_TRY(tutti_system_start(crashes, NULL));
    TUTTI_TRY(tutti_system_start(background, NULL));
    main_code = tutti_sleep(10);
    return arg ? tutti_error(-7, "and main, too") : main_code;
}

/* R40: one that fails cancels everything; the run ends as an internal error. */
static void crash(void **state)
{
    struct tutti_sim_world sim;
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    for (int both = 0; both < 2; both++) {
        tutti_sim_world_reset(&sim);
        seen.cancelled = 0;
        assert_int_equal(tutti_run(&sim.world, crash_main, both ? &both : NULL), TUTTI_EINTERNAL);
        assert_int_equal(main_code, TUTTI_ECANCELED);
        assert_int_equal(seen.cancelled, 1);
        tutti_run_last(&stats);
        assert_int_equal(stats.outcome, TUTTI_OUTCOME_ERROR);
        assert_non_null(strstr(stats.message, "the socket is gone"));
    }
    tutti_sim_world_close(&sim);
}

static int ends_with_main_checked(void *arg)
{
    (void)arg;
    tutti_check(seen.cancelled == 2 && seen.ended_ns == 8);
    return 0;
}

static void after_main(void **state)
{
    struct tutti_sim_world sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_run(&sim.world, ends_with_main, NULL), 0);
    tutti_sim_world_reset(&sim);
    assert_int_equal(tutti_run(&sim.world, ends_with_main_checked, NULL), 0);
    tutti_sim_world_close(&sim);
}

static int heartbeat(void *arg)
{
    (void)arg;
    tutti_task_set_daemon(true);
    for (;;)
        TUTTI_TRY(tutti_sleep(1));
}

static int beats_in_a_scope(void *arg)
{
    (void)arg;
    for (;;)
        TUTTI_TRY(tutti_move_on_after(5, heartbeat, NULL));
}

static int stuck_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, heartbeat, arg));
    return tutti_sleep_forever();
}

static int stuck(void *arg)
{
    return tutti_nursery_run(stuck_body, arg);
}

static int beats(void *arg)
{
    (void)arg;
    tutti_check(tutti_task_is_daemon(tutti_task_self()));
    for (;;)
        TUTTI_TRY(tutti_sleep(1));
}

static int beats_below_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, beats, arg);
}

static int beats_below(void *arg)
{
    return tutti_nursery_run(beats_below_body, arg);
}

static int stuck_in_daemon_nursery(void *arg)
{
    static const struct tutti_nursery_options daemons = {.daemon = true};
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open_with(&nursery, &daemons));
    TUTTI_TRY(tutti_nursery_start(&nursery, beats_below, arg));
    return tutti_nursery_close(&nursery, tutti_sleep_forever());
}

static int stuck_with_system_task(void *arg)
{
    TUTTI_TRY(tutti_system_start(beats_in_a_scope, arg));
    return tutti_sleep_forever();
}

/* W5: what only a daemon waits for is no reason to wait. */
static void deadlock_all_the_same(void **state)
{
    int (*const mains[])(void *arg) = {stuck, stuck_in_daemon_nursery, stuck_with_system_task};
    struct tutti_sim_world sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    for (int i = 0; i < 3; i++) {
        struct tutti_pick_random random;
        static struct tutti_take takes[1000];
        struct tutti_bounds bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN};
        tutti_sim_world_reset(&sim);
        sim.world.pick = NULL;
        assert_int_equal(tutti_run(&sim.world, mains[i], NULL), TUTTI_EDEADLOCK);
        tutti_pick_random_init(&random, &bounds, takes, 1000, 1);
        sim.world.pick = &random.by.picker.pick;
        tutti_sim_world_reset(&sim);
        assert_int_equal(tutti_run(&sim.world, mains[i], NULL), TUTTI_EDEADLOCK);
    }
    tutti_sim_world_close(&sim);
}

static int accompanied_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_service(nursery, heartbeat, arg));
    return tutti_sleep(10);
}

static int slow_farewell(void *arg)
{
    tutti_task_set_daemon(true);
    int rc = tutti_sleep_forever();
    struct tutti_scope shield;
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    tutti_check(tutti_sleep(3) == 0);
    *(bool *)arg = true;
    return tutti_scope_close(&shield, rc);
}

static int farewell_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_service(nursery, slow_farewell, arg);
}

static int cancelled_farewell_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, slow_farewell, arg));
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    return 0;
}

/* No false alarm: others wait for time; a daemon that is to end is waited for. */
static int no_deadlock(void *arg)
{
    bool done = false;
    TUTTI_TRY(tutti_nursery_run(accompanied_body, arg));
    tutti_check(tutti_now() == 10);
    TUTTI_TRY(tutti_nursery_run(farewell_body, &done));
    tutti_check(done && tutti_now() == 13);
    done = false;
    TUTTI_TRY(tutti_nursery_run(cancelled_farewell_body, &done));
    tutti_check(done && tutti_now() == 17);
    return 0;
}

/* Every schedule of two system tasks and main, which may be cancelled in its scope: they are
 * cancelled when it has ended, not before. */
static struct {
    int running, ended;
    bool main_ended;
} small;

static int small_system(void *arg)
{
    (void)arg;
    small.running++;
    int rc = tutti_sleep_forever();
    tutti_check(rc == TUTTI_ECANCELED && small.main_ended);
    small.ended++;
    return rc;
}

static int says_so(void *arg)
{
    (void)arg;
    small.main_ended = true;
    return 0;
}

static int small_work(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_checkpoint();
}

static int system_or_cancel(void *arg)
{
    tutti_check(small.ended == small.running); /* of the run before */
    small.running = small.ended = 0;
    small.main_ended = false;
    TUTTI_TRY(tutti_defer(says_so, NULL));
    TUTTI_TRY(tutti_system_start(small_system, NULL));
    TUTTI_TRY(tutti_system_start(small_system, NULL));
    return tutti_move_on_at(TUTTI_NEVER, small_work, arg);
}

REHEARSE_MAIN(REHEARSED_ALL(system_or_cancel, 1, 108), REHEARSED(ends_with_main),
              cmocka_unit_test(after_main), cmocka_unit_test(crash),
              cmocka_unit_test(deadlock_all_the_same), REHEARSED(no_deadlock))
