/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The watchdog: each finding by a program that earns it and one just short of it. Time is a number
 * that tasks move, except where a thread watches a step that does not end: that is real, and the
 * step goes on until it was told of.                                                            */
#include "rehearsed.h"

#include <stdatomic.h>

#include "tutti/core/scope.h"
#include "tutti/instruments/watchdog.h"
#include "tutti/sim/sim_world.h"

static int64_t fake_ns;
static char told[4096];
static _Atomic int told_count;
static int warnings[64];

static int64_t fake_now(void *context)
{
    (void)context;
    return fake_ns;
}

static void report(void *context, const char *text)
{
    (void)context;
    strncat(told, text, sizeof told - strlen(told) - 1);
    atomic_fetch_add(&told_count, 1);
}

static int warn(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink;
    assert_int_equal(event->kind, TUTTI_EVENT_WARN);
    warnings[event->code]++;
    return 0;
}

static struct tutti_sink warned = {.mask = TUTTI_EVENT_BIT(WARN), .event = warn};
static struct tutti_watchdog *dog;

/* Runs it with a watchdog; how much it told. */
static uint64_t watch(int (*fn)(void *arg), const struct tutti_watchdog_options *given)
{
    struct tutti_watchdog_options options = *given;
    struct tutti_sim_world sim;
    options.report = report;
    options.tell = &warned;
    told[0] = '\0';
    atomic_store(&told_count, 0);
    memset(warnings, 0, sizeof warnings);
    assert_int_equal(tutti_watchdog_open(&dog, &options), 0);
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.world.sink = tutti_watchdog_sink(dog);
    assert_int_equal(tutti_run(&sim.world, fn, NULL), 0);
    tutti_sim_world_close(&sim);
    uint64_t findings = tutti_watchdog_findings(dog);
    tutti_watchdog_close(dog);
    return findings;
}

static void assert_told(const char *what)
{
    if (!strstr(told, what)) print_error("not told: %s\nbut: %s\n", what, told);
    assert_non_null(strstr(told, what));
}

static int slow(void *arg)
{
    fake_ns += *(const int64_t *)arg;
    TUTTI_TRY(tutti_checkpoint());
    fake_ns += *(const int64_t *)arg; /* once a task is enough */
    return tutti_sleep(5);
}

static int one_slow(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_named(nursery, "digger", slow, arg);
}

static int slow_step(void *arg)
{
    int64_t ns = 100 * TUTTI_MS;
    (void)arg;
    return tutti_nursery_run(one_slow, &ns);
}

static int nearly_slow_step(void *arg)
{
    int64_t ns = 100 * TUTTI_MS - 1;
    (void)arg;
    return tutti_nursery_run(one_slow, &ns);
}

static void slow_steps(void **state)
{
    const struct tutti_watchdog_options options = {.now = fake_now};
    (void)state;
    assert_int_equal(watch(slow_step, &options), 1);
    assert_told("tutti: task \"digger\" #");
    assert_told(" ran for 100 ms without a checkpoint, until checkpoint at tests/watchdog_test.c:");
    assert_int_equal(warnings[TUTTI_WARN_SLOW_STEP], 1);
    assert_int_equal(watch(nearly_slow_step, &options), 0);
}

/* Three tasks of 40 ms each: the last one waited for two of them. */
static int forty(void *arg)
{
    (void)arg;
    fake_ns += 40 * TUTTI_MS;
    return 0;
}

static int three(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "first", forty, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "second", forty, arg));
    return tutti_nursery_start_named(nursery, "third", forty, arg);
}

static int crowd(void *arg)
{
    return tutti_nursery_run(three, arg);
}

static void starvation(void **state)
{
    struct tutti_watchdog_options options = {.now = fake_now, .ready_max_ns = 80 * TUTTI_MS};
    (void)state;
    assert_int_equal(watch(crowd, &options), 1);
    assert_told("task \"third\" #");
    assert_told(" was ready for 80 ms before it ran: it starved");
    options.ready_max_ns = 121 * TUTTI_MS;
    assert_int_equal(watch(crowd, &options), 0);
}

static int yields(void *arg)
{
    (void)arg;
    for (int i = 0; i < 49; i++) {
        TUTTI_TRY(tutti_checkpoint());
    }
    TUTTI_TRY(tutti_sleep(1)); /* it waits: counted anew */
    for (int i = 0; i < 49; i++) {
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static void busy_waiting(void **state)
{
    struct tutti_watchdog_options options = {.now = fake_now, .yields_max = 49};
    (void)state;
    assert_int_equal(watch(yields, &options), 1);
    assert_told("task \"main\" #1 yielded 49 times without ever waiting");
    assert_int_equal(warnings[TUTTI_WARN_BUSY], 1);
    options.yields_max = 50;
    assert_int_equal(watch(yields, &options), 0);
}

static int stubborn(void *arg)
{
    (void)arg;
    for (int i = 0; i < 7; i++) {
        (void)!tutti_sleep(10); /* whatever it says */
    }
    return 0;
}

static int ignores(void *arg)
{
    return tutti_move_on_after(5, stubborn, arg);
}

static void ignored_cancellations(void **state)
{
    struct tutti_watchdog_options options = {.now = fake_now, .cancels_max = 7};
    (void)state;
    assert_int_equal(watch(ignores, &options), 1);
    assert_told("task \"main\" #1 was told 7 times that it is cancelled, and goes on at tests/");
    assert_int_equal(warnings[TUTTI_WARN_IGNORED_CANCEL], 1);
    options.cancels_max = 8;
    assert_int_equal(watch(ignores, &options), 0);
}

/* Turns until somebody noticed. */
__attribute__((noinline)) static int turn_until_told(void)
{
    volatile uint64_t turns = 0;
    while (atomic_load(&told_count) == 0)
        turns++;
    return turns > 0;
}

__attribute__((noinline)) static int hog(void)
{
    int turned = turn_until_told();
    return turned - 1; /* so that the call above is not the last thing done */
}

static int hogs(void *arg)
{
    (void)arg;
    return hog();
}

static void a_step_that_does_not_end(void **state)
{
    const struct tutti_watchdog_options options = {.samples = true, .step_max_ns = 10 * TUTTI_MS};
    struct tutti_watchdog *other = NULL;
    (void)state;
    int rc = tutti_watchdog_open(&other, &options);
    if (rc == TUTTI_EUNSUPPORTED) skip();
    assert_int_equal(rc, 0);
    struct tutti_watchdog *second = other;
    assert_int_equal(tutti_watchdog_open(&second, &options), TUTTI_EBUSY);
    assert_null(second);
    tutti_watchdog_close(other);
    assert_int_equal(watch(hogs, &options), 2); /* while it goes on, and when it is over */
    assert_told("task \"main\" #1 has been running for ");
    assert_told("turn_until_told watchdog_test.c:");
    assert_told(" < hog watchdog_test.c:");
    assert_told("until its end");
}

/* More tasks than one at a time: what is kept of one goes with it. */
static int many(void *arg)
{
    for (int i = 0; i < 1000; i++) {
        TUTTI_TRY(tutti_nursery_run(three, arg));
    }
    return 0;
}

static void mistakes_and_crowds(void **state)
{
    const struct tutti_watchdog_options negative = {.step_max_ns = -1};
    const struct tutti_watchdog_options options = {.now = fake_now};
    (void)state;
    assert_int_equal(tutti_watchdog_open(&dog, &negative), TUTTI_EINVALID);
    tutti_watchdog_close(NULL);
    assert_int_equal(watch(many, &options), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_steps),
        cmocka_unit_test(starvation),
        cmocka_unit_test(busy_waiting),
        cmocka_unit_test(ignored_cancellations),
        cmocka_unit_test(a_step_that_does_not_end),
        cmocka_unit_test(mistakes_and_crowds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
