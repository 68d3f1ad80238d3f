/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Waiting until all others wait, and what a run is in which all wait for ever. */
#define _GNU_SOURCE
#include <unistd.h>

#include "aborts.h"

#include "tutti/core/external.h"
#include "tutti/core/idle.h"
#include "tutti/core/loop.h"
#include "tutti/core/scope.h"
#include "tutti/core/stats.h"
#include "tutti/core/sync.h"

struct log {
    char text[16];
    int count;
};

static void note(struct log *log, char what)
{
    log->text[log->count++] = what;
}

static int yawns(void *arg)
{
    TUTTI_TRY(tutti_sleep(100));
    note(*(struct log **)arg, 'y');
    return 0;
}

static int wakes(void *arg)
{
    TUTTI_TRY(tutti_wait_all_blocked(0));
    tutti_check(tutti_now() == 0);
    note(*(struct log **)arg, 'w');
    TUTTI_TRY(tutti_sleep(1000));
    note(*(struct log **)arg, 'd');
    return 0;
}

static int t53_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, yawns, &arg, sizeof arg));
    return tutti_nursery_start_copy(nursery, wakes, &arg, sizeof arg);
}

/* T53: idleness comes before the clock jumps. */
static int T53_idle_before_jump(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(t53_body, &log));
    tutti_check(strcmp(log.text, "wyd") == 0);
    return 0;
}

static int blinks(void *arg)
{
    note(*(struct log **)arg, '(');
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_sleep(10));
    note(*(struct log **)arg, ')');
    return 0;
}

static int waits(struct log *log, int64_t cushion_ns, char what)
{
    TUTTI_TRY(tutti_wait_all_blocked(cushion_ns));
    note(log, what);
    return 0;
}

static int no_cushion(void *arg)
{
    return waits(*(struct log **)arg, 0, '0');
}

static int small_cushion(void *arg)
{
    return waits(*(struct log **)arg, 20, '2');
}

static int big_cushion(void *arg)
{
    return waits(*(struct log **)arg, 30, '3');
}

static int t55_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, big_cushion, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, small_cushion, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, no_cushion, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, blinks, &arg, sizeof arg));
    return tutti_nursery_start_copy(nursery, small_cushion, &arg, sizeof arg);
}

/* T55: the smallest cushion first, equal ones together, in virtual time. (In real time it is in
 * virtual_clock_test.) */
static int T55_cushions(void *arg)
{
    struct log log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(t55_body, &log));
    tutti_check(strcmp(log.text, "(0)223") == 0);
    tutti_check(tutti_now() == 30 + 20 + 30); /* each measured from when the last one stopped */
    return 0;
}

static int busy(void *arg)
{
    for (int i = 0; i < 10; i++)
        TUTTI_TRY(tutti_checkpoint());
    note(*(struct log **)arg, 'b');
    return 0;
}

static int t56_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, no_cushion, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, no_cushion, &arg, sizeof arg));
    return tutti_nursery_start_copy(nursery, busy, &arg, sizeof arg);
}

/* T56: a busy task keeps all waiting; a cancelled one does not wait. */
static int T56_busy_and_cancelled(void *arg)
{
    struct log log = {.count = 0};
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(t56_body, &log));
    tutti_check(strcmp(log.text, "b00") == 0);
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    TUTTI_TRY(tutti_scope_close(&scope, tutti_wait_all_blocked(5)));
    tutti_check(scope.caught && tutti_now() == 0);
    tutti_check(tutti_wait_all_blocked(-1) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_wait_all_blocked(7)); /* alone, with nothing else to come */
    tutti_check(tutti_now() == 7);
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 5));
    int rc = tutti_wait_all_blocked(5); /* a deadline at the same time comes first */
    tutti_check(rc == TUTTI_ECANCELED && tutti_now() == 12);
    return tutti_scope_close(&scope, rc);
}

/* A waiter that others set free: what they do next is in order with it. */
struct pair {
    struct tutti_event event;
    int stage;
};

static int stages(void *arg)
{
    struct pair *pair = *(struct pair **)arg;
    pair->stage = 1;
    TUTTI_TRY(tutti_event_wait(&pair->event));
    pair->stage = 2;
    return 0;
}

static int settle_body(struct tutti_nursery *nursery, void *arg)
{
    struct pair *pair = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, stages, &arg, sizeof arg));
    TUTTI_TRY(tutti_wait_all_blocked(0));
    tutti_check(pair->stage == 1);
    tutti_event_set(&pair->event);
    TUTTI_TRY(tutti_wait_all_blocked(0));
    tutti_check(pair->stage == 2);
    return 0;
}

static int settle(void *arg)
{
    struct pair pair = {.stage = 0};
    tutti_event_init(&pair.event, "event");
    (void)arg;
    return tutti_nursery_run(settle_body, &pair);
}

static int idle_in_scope(void *arg)
{
    (void)arg;
    return tutti_wait_all_blocked(5);
}

static int idler(void *arg)
{
    (void)arg;
    return tutti_move_on_at(TUTTI_NEVER, idle_in_scope, NULL);
}

static int two_idlers(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, idler, arg));
    return tutti_nursery_start(nursery, idler, arg);
}

/* Every schedule of two, with one cancellation. */
static int all_idle(void *arg)
{
    TUTTI_TRY(tutti_nursery_run(two_idlers, arg));
    tutti_check(tutti_now() <= 5);
    return 0;
}

static int idle_7(void *arg)
{
    (void)arg;
    return tutti_wait_all_blocked(7);
}

/* A host's loop is told when the cushion is over. */
static void idle_in_a_loop(void **state)
{
    struct tiny_world tiny;
    struct tutti_loop *loop;
    int64_t timeout_ns;
    (void)state;
    tiny_world_init(&tiny);
    assert_int_equal(tutti_loop_open(&loop, &tiny.world, idle_7, NULL), 0);
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_int_equal(timeout_ns, 7);
    tiny.now_ns += 6;
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_int_equal(timeout_ns, 1);
    tiny.now_ns += 1;
    assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_ENDED);
    assert_int_equal(tutti_loop_close(loop), 0);
}

/* T58: all wait for ever: a deadlock, told with who waits for what. */
static int waits_for_ever(void *arg)
{
    return tutti_event_wait(arg);
}

static int t58_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "ping", waits_for_ever, arg));
    return tutti_nursery_start_named(nursery, "pong", waits_for_ever, arg);
}

/* T58, whatever the order: all wait for ever. */
static int T58_always_a_deadlock(void *arg)
{
    struct tutti_event event;
    (void)arg;
    tutti_event_init(&event, "never set");
    return tutti_nursery_run(t58_body, &event);
}

static void T58_deadlock(void **state)
{
    struct tutti_sim_world sim;
    struct tutti_run_stats stats;
    char text[2048];
    int fds[2], saved = dup(STDERR_FILENO);
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.options.quiet = false;
    assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    int rc = tutti_run(&sim.world, T58_always_a_deadlock, NULL);
    dup2(saved, STDERR_FILENO);
    close(fds[1]);
    close(saved);
    ssize_t n = read(fds[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    assert_int_equal(rc, TUTTI_EDEADLOCK);
    assert_non_null(strstr(text, "3 tasks wait for ever"));
    assert_non_null(strstr(text, "main #1: nursery.join"));
    assert_non_null(strstr(text, "event.wait event \"never set\""));
    assert_true(strstr(text, "ping #") && strstr(text, "pong #"));
    tutti_run_last(&stats);
    assert_int_equal(stats.outcome, TUTTI_OUTCOME_DEADLOCK);
    assert_true(stats.steps < 10); /* nobody spins */
    tutti_sim_world_close(&sim);
}

/* R48: work outside that is counted is no idleness, as long as it goes on. */
static int works_outside(void *arg)
{
    (void)arg;
    tutti_external_begin();
    tutti_check(tutti_external_count() == 1 && tutti_run_statistics().external == 1);
    int rc = tutti_sleep(10);
    tutti_external_end();
    return rc;
}

static int external_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, works_outside, arg));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_wait_all_blocked(2));
    tutti_check(tutti_now() == 12 && tutti_external_count() == 0);
    return 0;
}

static int R48_work_outside(void *arg)
{
    return tutti_nursery_run(external_body, arg);
}

/* In a world without an outside nothing will end it: a deadlock as ever. */
static int nobody_works(void *arg)
{
    (void)arg;
    tutti_external_begin();
    return tutti_wait_all_blocked(2);
}

static void nobody_outside(void **state)
{
    struct tiny_world tiny;
    static const struct tutti_options quiet = {.quiet = true};
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.options = &quiet;
    assert_int_equal(tutti_run(&tiny.world, nobody_works, NULL), TUTTI_EDEADLOCK);
    assert_int_equal(tutti_external_count(), 0);
}

static int ends_nothing(void *arg)
{
    (void)arg;
    MISTAKE("no work outside", tutti_external_end());
    return 0;
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(ends_nothing);
}

REHEARSE_MAIN(REHEARSED(T53_idle_before_jump), REHEARSED(T55_cushions),
              REHEARSED(T56_busy_and_cancelled), REHEARSED(settle), REHEARSED_ALL(all_idle, 1, 24),
              REHEARSED(R48_work_outside), cmocka_unit_test(nobody_outside),
              cmocka_unit_test(mistakes), cmocka_unit_test(idle_in_a_loop),
              REHEARSED_ENDS(T58_always_a_deadlock, TUTTI_VERDICT_DEADLOCK),
              cmocka_unit_test(T58_deadlock))
