/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Virtual time over an injected base: jump, rate, autojump. T51, T55 and R48 need real time: they
 * show what the threshold and the cushion do while the system's clock and a thread run on. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rehearsed.h"

#include "tiny_world.h"
#include "tutti/core/external.h"
#include "tutti/core/idle.h"
#include "tutti/core/nursery.h"
#include "tutti/core/scope.h"
#include "tutti/core/token.h"
#include "tutti/io/real.h"
#include "tutti/sim/virtual_clock.h"

static struct tutti_virtual_clock virtual;

/* T50: a base clock that shows 123 first. */
static void T50_mock_clock(void **state)
{
    struct tiny_world tiny;
    (void)state;
    tiny_world_init(&tiny);
    tiny.now_ns = 123 * TUTTI_S;
    tutti_virtual_clock_init(&virtual, &tiny.world);
    const int64_t tenth = TUTTI_S / 10;
    assert_int_equal(tutti_virtual_clock_now(&virtual), 0);
    assert_int_equal(tutti_virtual_clock_jump(&virtual, 12 * tenth), 0);
    assert_int_equal(tutti_virtual_clock_now(&virtual), 12 * tenth);
    assert_int_equal(tutti_virtual_clock_jump(&virtual, -TUTTI_S), TUTTI_EINVALID);
    assert_int_equal(tutti_virtual_clock_sleep(&virtual, 11 * tenth), 0);
    assert_int_equal(tutti_virtual_clock_sleep(&virtual, 12 * tenth), 0);
    assert_true(tutti_virtual_clock_sleep(&virtual, 13 * tenth) == TUTTI_NEVER);
    tiny.now_ns += 5 * TUTTI_S;
    assert_int_equal(tutti_virtual_clock_now(&virtual), 12 * tenth); /* it stands still */
    assert_int_equal(tutti_virtual_clock_set_rate(&virtual, -1, 1), TUTTI_EINVALID);
    assert_int_equal(tutti_virtual_clock_set_rate(&virtual, 1, 0), TUTTI_EINVALID);
    assert_int_equal(tutti_virtual_clock_set_rate(&virtual, TUTTI_RATE_MAX + 1, 1), TUTTI_EINVALID);
    assert_int_equal(tutti_virtual_clock_set_rate(&virtual, 2, 1), 0);
    tiny.now_ns += TUTTI_S;
    assert_int_equal(tutti_virtual_clock_now(&virtual), 32 * tenth);
    assert_int_equal(tutti_virtual_clock_sleep(&virtual, 42 * tenth), 5 * tenth);
    assert_int_equal(tutti_virtual_clock_set_rate(&virtual, 1, 2), 0);
    assert_int_equal(tutti_virtual_clock_now(&virtual), 32 * tenth);
    assert_int_equal(tutti_virtual_clock_sleep(&virtual, 42 * tenth), 20 * tenth);
    assert_int_equal(tutti_virtual_clock_jump(&virtual, 8 * tenth), 0);
    assert_int_equal(tutti_virtual_clock_now(&virtual), 40 * tenth);
    tiny.now_ns += TUTTI_S;
    assert_int_equal(tutti_virtual_clock_now(&virtual), 45 * tenth);
    assert_int_equal(tutti_virtual_clock_set_autojump(&virtual, -1), TUTTI_EINVALID);
}

/* Odd rates round so that a sleep is long enough and the clock never goes back; ends saturate. */
static void rounding_and_ends(void **state)
{
    struct tiny_world tiny;
    (void)state;
    tiny_world_init(&tiny);
    tutti_virtual_clock_init(&virtual, &tiny.world);
    assert_int_equal(tutti_virtual_clock_set_rate(&virtual, 3, 7), 0);
    for (int64_t until_ns = 1; until_ns < 100; until_ns++) {
        int64_t sleep_ns = tutti_virtual_clock_sleep(&virtual, until_ns), before = tiny.now_ns;
        assert_true(sleep_ns >= 0 && sleep_ns <= 3);
        if (sleep_ns > 0) {
            tiny.now_ns = before + sleep_ns - 1;
            assert_true(tutti_virtual_clock_now(&virtual) < until_ns);
        }
        tiny.now_ns = before + sleep_ns;
        assert_true(tutti_virtual_clock_now(&virtual) >= until_ns);
    }
    tiny.now_ns = 700;
    assert_int_equal(tutti_virtual_clock_now(&virtual), 300); /* nothing added up */
    assert_int_equal(tutti_virtual_clock_jump(&virtual, TUTTI_NEVER - 5), 0);
    assert_true(tutti_virtual_clock_now(&virtual) == TUTTI_NEVER);
    assert_int_equal(tutti_virtual_clock_jump(&virtual, TUTTI_NEVER), 0);
    assert_int_equal(tutti_virtual_clock_sleep(&virtual, TUTTI_NEVER), 0);
}

/* T28, T29 and T34 with a clock that is moved by hand, under many schedules: the virtual clock is
 * laid over the rehearsal's world. */
static int T28_moved_by_hand(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&scope, start_ns + 1));
    TUTTI_TRY(tutti_scope_close(&scope, 0));
    TUTTI_TRY(tutti_virtual_clock_jump(&virtual, 2));
    TUTTI_TRY(tutti_checkpoint());
    tutti_check(!scope.cancelled && tutti_now() == start_ns + 2);
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 1));
    TUTTI_TRY(tutti_virtual_clock_jump(&virtual, 2));
    TUTTI_TRY(tutti_scope_close(&scope, tutti_sleep_forever()));
    tutti_check(scope.caught);
    start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&scope, start_ns + 10));
    TUTTI_TRY(tutti_virtual_clock_jump(&virtual, 5));
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_scope_set_deadline(&scope, start_ns + 1));
    tutti_check(tutti_checkpoint() == TUTTI_ECANCELED);
    return tutti_scope_close(&scope, tutti_checkpoint());
}

/* A deadline that has passed and is moved on before anybody looked at the clock cancels nothing. */
static int T28_moved_before_noticed(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 1));
    TUTTI_TRY(tutti_virtual_clock_jump(&virtual, 2));
    TUTTI_TRY(tutti_scope_set_deadline(&scope, tutti_now() + 100));
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_checkpoint());
    tutti_check(!tutti_scope_called(&scope));
    return tutti_scope_close(&scope, 0);
}

static int T29_checkpoint_looks_at_time(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 5));
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_virtual_clock_jump(&virtual, 10));
    TUTTI_TRY(tutti_checkpoint_if_cancelled());               /* this one does not look (R8) */
    tutti_check(tutti_effective_deadline() != TUTTI_ALREADY); /* nor does this (R24) */
    int rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    return tutti_scope_close(&scope, rc);
}

static int T34_jump_before_entry(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    int64_t ns;
    (void)arg;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, 5));
    TUTTI_TRY(tutti_virtual_clock_jump(&virtual, 3));
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_scope_enter(&scope));
    TUTTI_TRY(tutti_scope_deadline(&scope, &ns));
    tutti_check(ns == start_ns + 8);
    return tutti_scope_close(&scope, 0);
}

static void by_hand(void **state)
{
    static int (*const cases[])(void *arg) = {T28_moved_by_hand, T28_moved_before_noticed,
                                              T29_checkpoint_looks_at_time, T34_jump_before_entry};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tutti_rehearsal rehearsal = {.main = cases[i]};
        assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
        tutti_virtual_clock_init(&virtual, &rehearsal.sim.world);
        rehearsal.sim.world.clock = &virtual.clock;
        rehearsal.sim.world.io = &virtual.io;
        rehearsed_batch(&rehearsal, false);
        rehearsed_batch(&rehearsal, true);
        rehearsed_many(&rehearsal);
        tutti_sim_world_close(&rehearsal.sim);
    }
}

static int sleeps_1(void *arg)
{
    (void)arg;
    return tutti_sleep(1);
}

/* Nobody is left to move the clock: told, and no hang. */
static void stands_still(void **state)
{
    struct tiny_world tiny;
    char text[512] = "";
    int fds[2], status;
    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(fds[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        tiny_world_init(&tiny);
        tutti_virtual_clock_init(&virtual, &tiny.world);
        _exit(tutti_run(&virtual.world, sleeps_1, NULL) == 0);
    }
    close(fds[1]);
    assert_true(read(fds[0], text, sizeof text - 1) > 0);
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
    assert_non_null(strstr(text, "the virtual clock stands still"));
}

/* T51: long sleeps in no time; the threshold can be changed while all sleep. */
static int sleeps_100000(void *arg)
{
    (void)arg;
    return tutti_sleep(100000 * TUTTI_S);
}

static int threshold_body(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_virtual_clock_set_autojump(&virtual, 10000 * TUTTI_S));
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_nursery_start(nursery, sleeps_100000, NULL));
    TUTTI_TRY(tutti_wait_all_blocked(0)); /* it sleeps, and would for 10000 s of real time */
    tutti_check(tutti_now() == start_ns && nursery->children == 1);
    return tutti_virtual_clock_set_autojump(&virtual, 0);
}

static int sleeps_long(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10; i++) {
        int64_t start_ns = tutti_now();
        TUTTI_TRY(tutti_sleep(10 * i * TUTTI_S));
        tutti_check(tutti_now() == start_ns + 10 * i * TUTTI_S);
    }
    return tutti_nursery_run(threshold_body, NULL);
}

static int64_t real_ns(void)
{
    struct tutti_clock *clock = tutti_world_real()->clock;
    return clock->now(clock);
}

static void T51_autojump_real_time(void **state)
{
    (void)state;
    tutti_virtual_clock_init(&virtual, tutti_world_real());
    assert_int_equal(tutti_virtual_clock_set_autojump(&virtual, 0), 0);
    int64_t start_ns = real_ns();
    assert_int_equal(tutti_run(&virtual.world, sleeps_long, NULL), 0);
    assert_true(real_ns() - start_ns < TUTTI_S);
    assert_true(tutti_virtual_clock_now(&virtual) == 100450 * TUTTI_S);
}

static int sleeps_10_ms(void *arg)
{
    (void)arg;
    return tutti_sleep(10 * TUTTI_MS);
}

/* T52: another clock's threshold is of no concern to a run; a clock that is nobody's door neither.
 */
static void T52_interference_real_time(void **state)
{
    struct tutti_virtual_clock other;
    (void)state;
    tutti_virtual_clock_init(&other, tutti_world_real());
    assert_int_equal(tutti_virtual_clock_set_autojump(&other, 0), 0);
    tutti_virtual_clock_init(&virtual, tutti_world_real());
    assert_int_equal(tutti_virtual_clock_set_rate(&virtual, 2, 1), 0);
    int64_t start_ns = real_ns();
    assert_int_equal(tutti_run(&virtual.world, sleeps_10_ms, NULL), 0);
    assert_true(real_ns() - start_ns >= 5 * TUTTI_MS);
    start_ns = real_ns();
    assert_int_equal(tutti_run(tutti_world_real(), sleeps_10_ms, NULL), 0);
    assert_true(real_ns() - start_ns >= 10 * TUTTI_MS);
    assert_int_equal(tutti_virtual_clock_now(&other), 0);
}

/* A threshold waits for so much real idleness before it jumps. */
static void threshold_real_time(void **state)
{
    (void)state;
    tutti_virtual_clock_init(&virtual, tutti_world_real());
    assert_int_equal(tutti_virtual_clock_set_autojump(&virtual, 5 * TUTTI_MS), 0);
    int64_t start_ns = real_ns();
    assert_int_equal(tutti_run(&virtual.world, sleeps_10_ms, NULL), 0);
    assert_true(real_ns() - start_ns >= 5 * TUTTI_MS);
    assert_int_equal(tutti_virtual_clock_now(&virtual), 10 * TUTTI_MS);
}

/* T55 in real time: 10 ms between blinks, cushions of 20 and 30 ms. */
static char blink_log[16];

static void note(char what)
{
    blink_log[strlen(blink_log)] = what;
}

static int blinks(void *arg)
{
    (void)arg;
    note('(');
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_sleep(10 * TUTTI_MS));
    note(')');
    return 0;
}

static int cushion(void *arg)
{
    const char *digit = arg;
    TUTTI_TRY(tutti_wait_all_blocked((*digit - '0') * 10 * TUTTI_MS));
    note(*digit);
    return 0;
}

static int blink_body(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_nursery_start(nursery, blinks, NULL));
    TUTTI_TRY(tutti_nursery_start(nursery, cushion, "3"));
    TUTTI_TRY(tutti_nursery_start(nursery, cushion, "2"));
    TUTTI_TRY(tutti_nursery_start(nursery, cushion, "2"));
    return tutti_nursery_start(nursery, cushion, "0");
}

static int blink_main(void *arg)
{
    return tutti_nursery_run(blink_body, arg);
}

static void T55_cushions_real_time(void **state)
{
    (void)state;
    memset(blink_log, 0, sizeof blink_log);
    assert_int_equal(tutti_run(tutti_world_real(), blink_main, NULL), 0);
    assert_string_equal(blink_log, "(0)223");
}

/* R48: a thread computes for 20 ms, and a deadline is far ahead in virtual time: the clock does not
 * jump there before the thread is done, and then it does. */
static struct tutti_token token;
static struct tutti_post done;
static int64_t done_ns;

static int work_is_done(void *arg)
{
    (void)arg;
    done_ns = tutti_now();
    tutti_external_end();
    return 0;
}

static void *computes(void *arg)
{
    (void)arg;
    (void)poll(NULL, 0, 20); /* ms */
    (void)!tutti_token_post(&token, &done, 0);
    return NULL;
}

static int has_work_done(void *arg)
{
    pthread_t thread;
    (void)arg;
    done = (struct tutti_post){.fn = work_is_done};
    TUTTI_TRY(tutti_token_open(&token, "worker"));
    tutti_external_begin();
    tutti_check(pthread_create(&thread, NULL, computes, NULL) == 0);
    int rc = tutti_sleep(100 * TUTTI_S);
    tutti_check(pthread_join(thread, NULL) == 0);
    return rc;
}

static void R48_no_jump_past_a_thread_real_time(void **state)
{
    (void)state;
    tutti_virtual_clock_init(&virtual, tutti_world_real());
    assert_int_equal(tutti_virtual_clock_set_autojump(&virtual, 0), 0);
    done_ns = -1;
    int64_t start_ns = real_ns();
    assert_int_equal(tutti_run(&virtual.world, has_work_done, NULL), 0);
    assert_int_equal(done_ns, 0);
    assert_int_equal(tutti_virtual_clock_now(&virtual), 100 * TUTTI_S);
    assert_true(real_ns() - start_ns < 10 * TUTTI_S);
}

/* R42: a threshold that is as long as the time that is left anyway does nothing: the clock is not
 * set, it gets there by its rate. */
static int sleeps_20_ms(void *arg)
{
    (void)arg;
    return tutti_sleep(20 * TUTTI_MS);
}

static void R42_threshold_of_the_time_left(void **state)
{
    struct tiny_world tiny;
    (void)state;
    for (int64_t threshold_ms = 4; threshold_ms <= 5; threshold_ms++) {
        tiny_world_init(&tiny);
        tutti_virtual_clock_init(&virtual, &tiny.world);
        assert_int_equal(tutti_virtual_clock_set_rate(&virtual, 4, 1), 0);
        assert_int_equal(tutti_virtual_clock_set_autojump(&virtual, threshold_ms * TUTTI_MS), 0);
        assert_int_equal(tutti_run(&virtual.world, sleeps_20_ms, NULL), 0);
        /* 4 ms of the base clock and a jump, or the 5 ms that it takes */
        assert_int_equal(tiny.now_ns, threshold_ms * TUTTI_MS);
        assert_int_equal(tutti_virtual_clock_now(&virtual), 20 * TUTTI_MS);
        assert_int_equal(virtual.base_ns, threshold_ms < 5 ? 4 * TUTTI_MS : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T50_mock_clock),
        cmocka_unit_test(rounding_and_ends),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(stands_still),
        cmocka_unit_test(T51_autojump_real_time),
        cmocka_unit_test(T52_interference_real_time),
        cmocka_unit_test(threshold_real_time),
        cmocka_unit_test(T55_cushions_real_time),
        cmocka_unit_test(R48_no_jump_past_a_thread_real_time),
        cmocka_unit_test(R42_threshold_of_the_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
