/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The moments of a run, as hooks see them: their order in a pass, several of them, live changes,
 * failures. In batch mode. */
#include <errno.h>
#include <setjmp.h>
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
#include "tutti/instruments/hooks.h"
#include "tutti/instruments/tee.h"

static struct tiny_world tiny;
static struct tutti_tee tee;
static char story[4096];
static size_t length;
static const char *only; /* a task's name: events of other tasks are not written down */

/* Which letters of a task's name: "main", "one". */
static const char *name_of(uint64_t id)
{
    const struct tutti_task *task = tutti_inspect_find(id);
    return task ? tutti_task_name(task) : "?";
}

static int tell(const char *what, uint64_t task)
{
    const char *name = task ? name_of(task) : NULL;
    if (only && name && strcmp(name, only) != 0) return 0;
    length += (size_t)snprintf(story + length, sizeof story - length, "%s%s%s; ", what,
                               name ? " " : "", name ? name : "");
    return 0;
}

#define TELLS(hook, text)                                                                          \
    static int hook(struct tutti_hooks *hooks, const struct tutti_trace_event *event)              \
    {                                                                                              \
        (void)hooks;                                                                               \
        return tell(text, event->task);                                                            \
    }
TELLS(on_spawn, "spawned")
TELLS(on_schedule, "scheduled")
TELLS(on_before, "before")
TELLS(on_after, "after")
TELLS(on_exit, "exited")
TELLS(on_park, "parked")

#define TELLS_RUN(hook, text)                                                                      \
    static int hook(struct tutti_hooks *hooks, const struct tutti_trace_event *event)              \
    {                                                                                              \
        (void)hooks, (void)event;                                                                  \
        return tell(text, 0);                                                                      \
    }
TELLS_RUN(before_run, "before_run")
TELLS_RUN(after_run, "after_run")
TELLS_RUN(before_io, "| io")
TELLS_RUN(after_io, "io |")

static struct tutti_hooks all_of_trio(void)
{
    return (struct tutti_hooks){.before_run = before_run,
                                .after_run = after_run,
                                .task_spawned = on_spawn,
                                .task_scheduled = on_schedule,
                                .before_io_wait = before_io,
                                .after_io_wait = after_io,
                                .before_task_step = on_before,
                                .after_task_step = on_after,
                                .task_exited = on_exit};
}

static int run(int (*fn)(void *arg), struct tutti_hooks *hooks, const char *name)
{
    static struct tutti_options quiet = {.quiet = true};
    tiny_world_init(&tiny);
    tutti_tee_init(&tee);
    tee.quiet = true;
    tiny.world.sink = &tee.sink;
    tiny.world.options = &quiet;
    assert_int_equal(tutti_tee_add(&tee, tutti_hooks_sink(hooks)), 0);
    only = name;
    length = 0;
    story[0] = '\0';
    return tutti_run(&tiny.world, fn, NULL);
}

static void assert_story(const char *expected)
{
    if (strcmp(story, expected) != 0) print_error("the story was:\n%s\n", story);
    assert_string_equal(story, expected);
}

static int five(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int start_five(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_named(nursery, "child", five, arg);
}

static int t59_main(void *arg)
{
    return tutti_nursery_run(start_five, arg);
}

#define STEP   "before child; scheduled child; after child; "
#define LOG_59 STEP STEP STEP STEP STEP "before child; after child; "

static void T59_hooks_of_a_task(void **state)
{
    struct tutti_hooks hooks = all_of_trio();
    (void)state;
    hooks.task_spawned = hooks.task_exited = hooks.before_io_wait = hooks.after_io_wait = NULL;
    assert_int_equal(run(t59_main, &hooks, "child"), 0);
    assert_story("before_run; scheduled child; " LOG_59 "after_run; ");
}

static struct tutti_hooks first, second;

static int replace(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    second = all_of_trio();
    second.task_spawned = second.task_exited = second.before_io_wait = second.after_io_wait = NULL;
    TUTTI_TRY(tutti_tee_add(&tee, tutti_hooks_sink(&second)));
    TUTTI_TRY(tutti_tee_add(&tee, &second.sink)); /* once more is nothing */
    TUTTI_TRY(tutti_tee_remove(&tee, &first.sink));
    tutti_check(tutti_tee_remove(&tee, &first.sink) == TUTTI_EINVALID);
    return 0;
}

static int start_both(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "child", five, arg));
    return tutti_nursery_start_named(nursery, "replacer", replace, arg);
}

static int replaced_main(void *arg)
{
    return tutti_nursery_run(start_both, arg);
}

/* Replacing hooks in the middle loses and doubles nothing. */
static void T59_replaced_in_the_middle(void **state)
{
    (void)state;
    first = all_of_trio();
    first.task_spawned = first.task_exited = first.before_io_wait = first.after_io_wait = NULL;
    assert_int_equal(run(replaced_main, &first, "child"), 0);
    assert_story("before_run; scheduled child; " LOG_59 "after_run; ");
    assert_true(first.sink.mask && tee.count == 1 && tee.sinks[0] == &second.sink);
}

static int once(void *arg)
{
    (void)arg;
    return tutti_checkpoint();
}

static int start_two(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "one", once, arg));
    return tutti_nursery_start_named(nursery, "two", once, arg);
}

static int t60_main(void *arg)
{
    return tutti_nursery_run(start_two, arg);
}

static void T60_interleaved(void **state)
{
    struct tutti_hooks hooks = {
        .task_scheduled = on_schedule, .before_task_step = on_before, .after_task_step = on_after};
    (void)state;
    assert_int_equal(run(t60_main, &hooks, NULL), 0);
    assert_story("scheduled main; before main; scheduled one; scheduled two; after main; "
                 "before one; scheduled one; after one; before two; scheduled two; after two; "
                 "before one; after one; before two; scheduled main; after two; "
                 "before main; after main; ");
}

static int crash(struct tutti_hooks *hooks, const struct tutti_trace_event *event)
{
    (void)event;
    ++*(int *)hooks->context;
    return -EIO;
}

static const char *warning;

static int on_warning(struct tutti_hooks *hooks, const struct tutti_trace_event *event)
{
    (void)hooks;
    if (event->code == TUTTI_WARN_SINK) warning = event->name;
    return 0;
}

/* One that fails is called once; the others and the run go on, and are told. */
static void T61_a_hook_fails(void **state)
{
    int calls = 0;
    struct tutti_hooks bad = {.task_scheduled = crash, .before_task_step = crash};
    struct tutti_hooks good = {.task_exited = on_exit, .warned = on_warning};
    (void)state;
    bad.context = &calls;
    tiny_world_init(&tiny);
    tutti_tee_init(&tee);
    tee.quiet = true;
    tiny.world.sink = &tee.sink;
    assert_int_equal(tutti_tee_add(&tee, tutti_hooks_sink(&bad)), 0);
    assert_int_equal(tutti_tee_add(&tee, tutti_hooks_sink(&good)), 0);
    only = NULL;
    length = 0;
    warning = NULL;
    assert_int_equal(tutti_run(&tiny.world, t60_main, NULL), 0);
    assert_int_equal(calls, 1);
    assert_int_equal(tee.failed, -EIO);
    assert_int_equal(tee.count, 1);
    assert_string_equal(warning, "a sink failed and was removed");
    assert_story("exited one; exited two; exited main; ");
    assert_int_equal(tee.sink.mask, good.sink.mask);
}

static int start_one(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "child", once, arg));
    return 0;
}

static int t62_main(void *arg)
{
    TUTTI_TRY(tutti_nursery_run(start_one, arg));
    return tutti_sleep(5);
}

/* What Trio's own trace of such a program says, without its tasks init and token, which are not
 * there; the world is asked only when there is something to wait for. */
static void T62_all_hooks(void **state)
{
    struct tutti_hooks hooks = all_of_trio();
    (void)state;
    assert_int_equal(run(t62_main, &hooks, NULL), 0);
    assert_story("before_run; spawned main; scheduled main; "
                 "before main; spawned child; scheduled child; after main; "
                 "before child; scheduled child; after child; "
                 "before child; scheduled main; exited child; after child; "
                 "before main; after main; "
                 "| io; io |; scheduled main; "
                 "before main; exited main; after main; after_run; ");
}

static struct tutti_hooks late;
static int late_calls;

static int count_late(struct tutti_hooks *hooks, const struct tutti_trace_event *event)
{
    (void)hooks, (void)event;
    late_calls++;
    return 0;
}

/* Adds a listener during an event, and leaves by itself. */
static int add_and_leave(struct tutti_hooks *hooks, const struct tutti_trace_event *event)
{
    (void)event;
    late = (struct tutti_hooks){.before_task_step = count_late, .after_task_step = count_late};
    assert_int_equal(tutti_tee_add(&tee, tutti_hooks_sink(&late)), 0);
    assert_int_equal(tutti_tee_remove(&tee, &hooks->sink), 0);
    return 0;
}

static int three_steps(void *arg)
{
    TUTTI_TRY(once(arg));
    return once(arg);
}

static void changed_during_an_event(void **state)
{
    struct tutti_hooks hooks = {.before_task_step = add_and_leave};
    (void)state;
    late_calls = 0;
    assert_int_equal(run(three_steps, &hooks, NULL), 0);
    assert_int_equal(late_calls, 2 + 3); /* not the event in which it was added */
    assert_int_equal(tee.count, 1);
}

static int no_room(void *arg)
{
    static struct tutti_hooks many[TUTTI_TEE_MAX + 1];
    struct tutti_sink empty = {.event = NULL};
    (void)arg;
    tutti_check(tutti_tee_add(&tee, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_tee_add(&tee, &empty) == TUTTI_EINVALID);
    tutti_check(tutti_tee_remove(&tee, NULL) == TUTTI_EINVALID);
    for (int i = 0; i < TUTTI_TEE_MAX; i++) {
        int rc = tutti_tee_add(&tee, tutti_hooks_sink(&many[i]));
        tutti_check(rc == (i < TUTTI_TEE_MAX - 1 ? 0 : TUTTI_EBUSY));
    }
    return 0;
}

static void full_tee(void **state)
{
    struct tutti_hooks hooks = {.after_run = after_run};
    (void)state;
    assert_int_equal(run(no_room, &hooks, NULL), 0);
    assert_story("after_run; ");
}

/* What Trio lacks. */
static char more[4096];
static size_t more_length;

#define NOTES(hook, format, ...)                                                                   \
    static int hook(struct tutti_hooks *hooks, const struct tutti_trace_event *event)              \
    {                                                                                              \
        (void)hooks, (void)event;                                                                  \
        more_length += (size_t)snprintf(more + more_length, sizeof more - more_length,             \
                                        format "; ", __VA_ARGS__);                                 \
        return 0;                                                                                  \
    }
NOTES(on_scope, "scope until %lld", (long long)event->arg)
NOTES(on_set, "set to %lld", (long long)event->arg)
NOTES(on_leave, "left%s", event->flag ? " caught" : "")
NOTES(on_cancel, "cancel %u", event->code)
NOTES(on_abort, "abort %s %s", event->name, event->flag ? "now" : "later")
NOTES(on_delivered, "delivered in %s", event->name)
NOTES(on_jump, "from %lld to %lld", (long long)event->arg, (long long)event->t_ns)

static int sleep_long(void *arg)
{
    (void)arg;
    return tutti_sleep(100);
}

static int in_scope(void *arg)
{
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, 50));
    tutti_scope_set_deadline(&scope, 20);
    return tutti_scope_close(&scope, sleep_long(arg));
}

static void hooks_trio_lacks(void **state)
{
    struct tutti_hooks hooks = {.scope_entered = on_scope,
                                .scope_changed = on_set,
                                .scope_exited = on_leave,
                                .cancel_requested = on_cancel,
                                .abort_attempted = on_abort,
                                .cancel_delivered = on_delivered,
                                .clock_jumped = on_jump,
                                .task_parked = on_park};
    (void)state;
    more_length = 0;
    assert_int_equal(run(in_scope, &hooks, NULL), 0);
    char cancel[32];
    snprintf(cancel, sizeof cancel, "cancel %d; ", TUTTI_CANCEL_DEADLINE);
    char expected[512];
    snprintf(expected, sizeof expected,
             "scope until 50; set to 20; from 0 to 20; %sabort sleep now; "
             "delivered in sleep; left caught; ",
             cancel);
    assert_string_equal(more, expected);
    assert_story("parked main; ");
}

/* Where hooks are. */
static bool in_io, in_step, outside_run;

static int where_io(struct tutti_hooks *hooks, const struct tutti_trace_event *event)
{
    (void)hooks, (void)event;
    in_io = tutti_in_run() && !tutti_in_task();
    return 0;
}

static int where_step(struct tutti_hooks *hooks, const struct tutti_trace_event *event)
{
    (void)hooks, (void)event;
    in_step = tutti_in_run() && tutti_in_task();
    return 0;
}

static void in_run_in_task(void **state)
{
    struct tutti_hooks hooks = {.before_io_wait = where_io, .after_task_step = where_step};
    (void)state;
    outside_run = !tutti_in_run() && !tutti_in_task();
    assert_int_equal(run(sleep_long, &hooks, NULL), 0);
    assert_true(outside_run && in_io && in_step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T59_hooks_of_a_task),
        cmocka_unit_test(T59_replaced_in_the_middle),
        cmocka_unit_test(T60_interleaved),
        cmocka_unit_test(T61_a_hook_fails),
        cmocka_unit_test(T62_all_hooks),
        cmocka_unit_test(changed_during_an_event),
        cmocka_unit_test(full_tee),
        cmocka_unit_test(hooks_trio_lacks),
        cmocka_unit_test(in_run_in_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
