/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The oracle of all rehearsed cases sees what it is there for: each of these stories is told to it
 * event by event, and is wrong in one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oracle.h"

static struct oracle oracle;

static void tell(uint8_t kind, uint64_t task, uint64_t obj, bool flag)
{
    const struct tutti_trace_event event = {
        .kind = kind, .task = task, .obj = obj, .flag = flag, .t_ns = oracle.t_ns};
    assert_int_equal(oracle.sink.event(&oracle.sink, &event), 0);
}

#define TELL(KIND, ...) tell(TUTTI_EVENT_##KIND, __VA_ARGS__)

/* Task 1 begins, opens scope 2, waits, goes on, closes it and ends. */
static void begin(void)
{
    oracle_begin(&oracle);
    TELL(TASK_SPAWN, 1, 0, false);
    TELL(TASK_READY, 1, 0, false);
    TELL(TASK_RUN, 1, 0, false);
    TELL(SCOPE_OPEN, 1, 2, false);
    TELL(TASK_PARK, 1, 0, false);
}

static void wake(void)
{
    TELL(TASK_READY, 1, 0, false);
    TELL(TASK_RUN, 1, 0, false);
}

static void end(bool caught)
{
    TELL(SCOPE_CLOSE, 0, 2, caught);
    TELL(TASK_EXIT, 1, 0, false);
}

static void nothing_wrong(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin();
        TELL(SCOPE_CANCEL, 0, 2, false);
        wake();
        end(true);
        assert_null(oracle_end(&oracle, 0));
    }
}

static void each_is_seen(void **state)
{
    (void)state;
    begin(), wake(), end(true);
    assert_string_equal(oracle_end(&oracle, 0), "a scope caught that was not cancelled");
    begin(), wake(), wake(), end(false);
    assert_string_equal(oracle_end(&oracle, 0), "a task was woken that did not wait, or twice");
    begin(), TELL(TASK_RUN, 1, 0, false), end(false);
    assert_string_equal(oracle_end(&oracle, 0), "a task ran that was not woken");
    begin(), end(false);
    assert_string_equal(oracle_end(&oracle, 0), "a task ended that did not run");
    begin(), TELL(TASK_PARK, 1, 0, false), wake(), end(false);
    assert_string_equal(oracle_end(&oracle, 0), "a task waited that did not run");
    begin(), wake();
    TELL(TASK_EXIT, 1, 0, false);
    assert_string_equal(oracle_end(&oracle, 0), "a scope was not closed");
    begin(), wake();
    TELL(SCOPE_CLOSE, 0, 2, false);
    assert_string_equal(oracle_end(&oracle, 0), "a task has not ended");
    begin(), TELL(NURSERY_OPEN, 0, 3, false), wake(), end(false);
    assert_string_equal(oracle_end(&oracle, 0), "a nursery was not closed");
    begin(), wake(), TELL(WARN, 0, 0, false), end(false);
    assert_null(oracle_end(&oracle, 0));
    begin(), wake(), end(false);
    assert_string_equal(oracle_end(&oracle, 16), "memory is left");
}

static void drops_and_times(void **state)
{
    const struct tutti_trace_event dropped = {.kind = TUTTI_EVENT_WARN, .code = TUTTI_WARN_DROPPED};
    const struct tutti_trace_event early = {.kind = TUTTI_EVENT_WARN, .t_ns = -1};
    (void)state;
    begin(), wake(), end(false);
    assert_int_equal(oracle.sink.event(&oracle.sink, &dropped), 0);
    assert_string_equal(oracle_end(&oracle, 0), "an error was dropped");
    begin(), wake(), end(false);
    assert_int_equal(oracle.sink.event(&oracle.sink, &early), 0);
    assert_string_equal(oracle_end(&oracle, 0), "time went back");
    begin();
    TELL(SCOPE_CANCEL, 0, 2, false);
    for (int i = 0; i < ORACLE_STEPS_AFTER_CANCEL; i++) {
        wake();
        TELL(TASK_PARK, 1, 0, false);
    }
    wake(), end(true);
    assert_string_equal(oracle_end(&oracle, 0), "cancelled, and it does not come to its end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_wrong),
                                       cmocka_unit_test(each_is_seen),
                                       cmocka_unit_test(drops_and_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
