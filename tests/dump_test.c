/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The dump: what it says of each task, what it folds, when it may be asked for. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_world.h"
#include "tutti/core/inspect.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/core/token.h"
#include "tutti/instruments/dump.h"
#include "tutti/instruments/hooks.h"

enum { WORKERS = 1000 };

static struct tiny_world tiny;
static struct tutti_text text;
static struct tutti_lock lock;
static struct tutti_event event;
static struct tutti_token token;

static int deep_line;

__attribute__((noinline)) static int deep_inside(int depth)
{
    volatile int rc; /* so that no call is the last thing done, which leaves no frame */
    deep_line = __LINE__ + 1;
    rc = depth > 0 ? deep_inside(depth - 1) : tutti_lock_acquire(&lock);
    return rc;
}

static int wants_lock(void *arg)
{
    (void)arg;
    TUTTI_TRY(deep_inside(2));
    tutti_lock_release(&lock);
    return 0;
}

static int holds_lock(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_lock_acquire(&lock));
    int rc = tutti_sleep(500);
    tutti_lock_release(&lock);
    return rc;
}

static int waits_for_event(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_event_wait(&event));
    return 0;
}

static int clings(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_set_shield(&scope, true);
    return tutti_scope_close(&scope, tutti_event_wait(&event));
}

static int never_ran(void *arg)
{
    (void)arg;
    return 0;
}

static int inner(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, clings, arg));
    TUTTI_TRY(tutti_sleep(2));
#line 1001
    tutti_nursery_cancel(nursery);
#line 83
    return 0;
}

static int has_children(void *arg)
{
    return tutti_nursery_run(inner, arg);
}

static int body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, holds_lock, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, wants_lock, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, has_children, arg));
    for (int i = 0; i < WORKERS; i++) {
        TUTTI_TRY(tutti_nursery_start_named(nursery, "worker", waits_for_event, arg));
    }
    TUTTI_TRY(tutti_sleep(5));
    TUTTI_TRY(tutti_nursery_start(nursery, never_ran, arg));
    TUTTI_TRY(tutti_dump(&text));
    tutti_event_set(&event);
    return 0;
}

static int in_nursery(void *arg)
{
    TUTTI_TRY(tutti_nursery_run(body, arg));
    return 0;
}

static int dumps(void *arg)
{
    tutti_lock_init(&lock, "door");
    tutti_event_init(&event, NULL);
    TUTTI_TRY(tutti_token_open(&token, "outside"));
    return tutti_move_on_after(900, in_nursery, arg);
}

static void assert_says(const char *what)
{
    if (!strstr(text.bytes, what)) print_error("not in it: %s\n%s\n", what, text.bytes);
    assert_non_null(strstr(text.bytes, what));
}

static void whole_tree(void **state)
{
    (void)state;
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, dumps, NULL), 0);
    assert_says("tutti: 1007 tasks at 5 ns\n");
    assert_says("  main #1: running, deadline 900 ns\n");
    assert_says("    holds_lock #");
    assert_says(": waiting in sleep since 0 ns until 500 ns at tests/dump_test.c:");
    assert_says(": waiting in lock.acquire lock \"door\" #");
    assert_says(" held by holds_lock #");
    assert_says("waiting in nursery.join nursery \"inner\" #");
    assert_says("cancelled (call) at 2 ns by #");
    assert_says("at tests/dump_test.c:1001\n");
    assert_says(", shielded\n");
    assert_says(" and 999 more like it up to #");
    assert_says("    never_ran #");
    assert_says(": ready in start since 5 ns");
    assert_says("  token #");
    assert_says("waiting in token.wait token \"outside\" #");
    tutti_text_free(&text);
}

/* The functions on the stacks of tasks that wait, and of the one that asks. */
static void stacks(void **state)
{
    void *addresses[4];
    (void)state;
    if (tutti_task_backtrace(NULL, addresses, 4) == 0) skip(); /* not on this CPU */
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, dumps, NULL), 0);
    char place[64], wanted[256];
    snprintf(place, sizeof place, "deep_inside dump_test.c:%d", deep_line);
    snprintf(wanted, sizeof wanted, "%s < %s < %s < wants_lock dump_test.c:", place, place, place);
    assert_says(wanted);
    assert_says("body dump_test.c:");
    assert_says(" < tutti_nursery_run_at < in_nursery dump_test.c:");
    assert_says("waits_for_event dump_test.c:");
    assert_null(strstr(text.bytes, "run_switch"));
    assert_null(strstr(text.bytes, "task_entry"));
    tutti_text_free(&text);
}

static int dump_in_hook(struct tutti_hooks *hooks, const struct tutti_trace_event *event)
{
    struct tutti_text here = {0};
    (void)event;
    assert_int_equal(tutti_dump(&here), 0);
    ++*(int *)hooks->context;
    tutti_text_free(&here);
    return 0;
}

static int sleeper(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_sleep(3);
}

static int two_sleepers(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, sleeper, arg));
    return tutti_nursery_start(nursery, sleeper, arg);
}

static int sleepers(void *arg)
{
    return tutti_nursery_run(two_sleepers, arg);
}

/* At any moment: while a task stops, while the world is waited for, when a task has ended. */
static void at_any_moment(void **state)
{
    int count = 0;
    struct tutti_hooks hooks = {.context = &count};
    (void)state;
#define TUTTI_HOOK(name, KIND) hooks.name = dump_in_hook;
    TUTTI_HOOKS
#undef TUTTI_HOOK
    tiny_world_init(&tiny);
    tiny.world.sink = tutti_hooks_sink(&hooks);
    assert_int_equal(tutti_run(&tiny.world, sleepers, NULL), 0);
    assert_true(count > 20);
}

static void dump_at_deadlock(void)
{
    assert_int_equal(tutti_dump(&text), 0);
}

static int waits_for_ever(void *arg)
{
    (void)arg;
    tutti_event_init(&event, "never");
    return tutti_event_wait(&event);
}

static void at_a_deadlock(void **state)
{
    struct tutti_options options = {.quiet = true, .deadlock = dump_at_deadlock};
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.options = &options;
    assert_int_equal(tutti_run(&tiny.world, waits_for_ever, NULL), TUTTI_EDEADLOCK);
    assert_says("main #1: waiting in event.wait event \"never\" #");
    tutti_text_free(&text);
}

/* The functions of the running task, and those that a signal interrupts. */
static char line[400];

static void on_signal(int number)
{
    (void)number;
    tutti_stack_print(line, sizeof line);
}

TUTTI_NOINLINE static int asks_itself(void *arg)
{
    char cut[8];
    (void)arg;
    tutti_stack_print(line, sizeof line);
    assert_int_equal(strncmp(line, "asks_itself", 11), 0);
    assert_null(strstr(line, "task_entry"));
    tutti_stack_print(cut, sizeof cut);
    assert_string_equal(cut, "asks_it");
    tutti_stack_print(cut, 0);
    assert_string_equal(cut, "asks_it");
    line[0] = '\0';
    assert_int_equal(raise(SIGUSR1), 0);
    assert_non_null(strstr(line, "asks_itself"));
    assert_null(strstr(line, "on_signal"));
    return 0;
}

static void stack_of_the_running_task(void **state)
{
    void *address;
    (void)state;
    if (tutti_task_backtrace(NULL, &address, 1) == 0) skip();
    void (*before)(int) = signal(SIGUSR1, on_signal);
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, asks_itself, NULL), 0);
    (void)signal(SIGUSR1, before);
}

/* A world in which operations wait until they are stopped. */
static struct tutti_op *stopped;

static int pending_start(struct tutti_io *io, struct tutti_op *op)
{
    (void)io, (void)op;
    return TUTTI_IO_PENDING;
}

static void pending_stop(struct tutti_io *io, struct tutti_op *op)
{
    (void)io;
    op->result = TUTTI_ECANCELED;
    op->next = stopped;
    stopped = op;
}

static struct tutti_op *pending_wait(struct tutti_io *io, int64_t until_ns)
{
    struct tutti_op *done = stopped;
    (void)tiny_wait(io, until_ns);
    stopped = NULL;
    return done;
}

static int waits_for_world(void *arg)
{
    struct tutti_op op = {.kind = *(const enum tutti_op_kind *)arg};
    return tutti_op_perform(&op);
}

static int three_wait(struct tutti_nursery *nursery, void *arg)
{
    static const enum tutti_op_kind recv = TUTTI_OP_RECV, send = TUTTI_OP_SEND;
    TUTTI_TRY(tutti_nursery_start(nursery, waits_for_world, (void *)&recv));
    TUTTI_TRY(tutti_nursery_start(nursery, waits_for_world, (void *)&recv));
    TUTTI_TRY(tutti_nursery_start(nursery, waits_for_world, (void *)&send));
    TUTTI_TRY(tutti_sleep(5));
    tutti_nursery_cancel(nursery);
    return tutti_dump(arg);
}

static int in_the_world(void *arg)
{
    return tutti_nursery_run(three_wait, arg);
}

/* The first line says how many wait for the world, and in which direction. */
static void counts_of_who_waits(void **state)
{
    (void)state;
    tiny_world_init(&tiny);
    tiny.io.start = pending_start;
    tiny.io.stop = pending_stop;
    tiny.io.wait = pending_wait;
    assert_int_equal(tutti_run(&tiny.world, in_the_world, &text), 0);
    assert_says("tutti: 4 tasks at 5 ns, 2 waiting to read, 1 to write\n");
    tutti_text_free(&text);
}

static void outside_a_run(void **state)
{
    (void)state;
    assert_int_equal(tutti_dump(&text), TUTTI_ESTATE);
    assert_null(tutti_inspect_next(NULL));
    assert_null(tutti_inspect_find(1));
    assert_int_equal(tutti_inspect_now(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_tree),
        cmocka_unit_test(stacks),
        cmocka_unit_test(at_any_moment),
        cmocka_unit_test(at_a_deadlock),
        cmocka_unit_test(stack_of_the_running_task),
        cmocka_unit_test(counts_of_who_waits),
        cmocka_unit_test(outside_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
