/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Nurseries: who is waited for, whose error comes out, who is cancelled. */
#include "rehearsed.h"
#include "core_cases.h"
#include "tutti/core/idle.h"

static int fail_5(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_error(-5, "child broke");
}

static int fail_6(void *arg)
{
    (void)arg;
    tutti_yield_shielded();
    return tutti_error(-6, "child broke too");
}

static int sleep_forever(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

static int add_one(void *arg)
{
    TUTTI_TRY(tutti_checkpoint());
    ++**(int **)arg;
    return 0;
}

static int body_fails_too(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, fail_6, arg));
    return tutti_error(-7, "body broke");
}

static int body_fails_with_it(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, fail_6, arg));
    tutti_yield_shielded();
    tutti_yield_shielded();
    return tutti_error(-7, "body broke");
}

/* T03: body and child both fail, and neither is cancelled before: the first failure's code, the
 * other below it, whichever was first. */
static int T03_main_and_task_both_crash(void *arg)
{
    int rc = tutti_nursery_run(body_fails_too, arg);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(rc == -7 && error && strcmp(error->message, "body broke") == 0);
    tutti_check(error->suppressed && error->suppressed->code == -6 && !error->suppressed->next);
    tutti_check(!error->cancelled_too);
    rc = tutti_nursery_run(body_fails_with_it, arg);
    error = tutti_error_record(rc);
    tutti_check((rc == -7 || rc == -6) && error && error->suppressed && !error->suppressed->next);
    tutti_check(rc + error->suppressed->code == -13 && !error->cancelled_too);
    return 0;
}

static int body_fails_first(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, fail_5, arg));
    return tutti_error(-7, "body broke");
}

/* The body fails, and its child is cancelled at its checkpoint: that leaves a mark. */
static int cancelled_by_the_body(void *arg)
{
    int rc = tutti_nursery_run(body_fails_first, arg);
    tutti_check(rc == -7);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(error && strcmp(error->message, "body broke") == 0 && !error->suppressed);
    tutti_check(error->cancelled_too);
    return 0;
}

static int two_fail(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, fail_6, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, fail_6, arg));
    return tutti_sleep_forever();
}

/* Later failures hang below the first one's record; none is lost. */
static int later_failures_are_kept(void *arg)
{
    int rc = tutti_nursery_run(two_fail, arg);
    tutti_check(rc == -6);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(error && error->suppressed && error->suppressed->code == -6);
    tutti_check(!error->suppressed->next && error->task != error->suppressed->task);
    char text[512];
    tutti_error_print(error, text, sizeof text);
    tutti_check(strstr(text, "child broke too") && strstr(text, "and also"));
    return 0;
}

static int only_fail(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, fail_6, arg));
    return tutti_nursery_start(nursery, fail_6, arg);
}

/* T37: several failures and no cancellation pass a cancelled scope as they are. */
static int T37_failures_pass(void *arg)
{
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    int rc = tutti_scope_close(&scope, tutti_nursery_run(only_fail, arg));
    tutti_check(rc == -6 && !scope.caught);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(error && !error->cancelled_too && error->suppressed && !error->suppressed->next);
    return 0;
}

static int child_fails(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, fail_5, arg));
    return tutti_sleep_forever();
}

/* T04: a failing child wakes the body; the body's own cancellation is absorbed. */
static int T04_child_crash_wakes_parent(void *arg)
{
    int rc = tutti_nursery_run(child_fails, arg);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(rc == -5 && error && !error->suppressed && error->cancelled_too);
    return tutti_checkpoint();
}

struct late {
    struct tutti_nursery *nursery;
    int *count;
};

static int starts_another(void *arg)
{
    struct late *late = arg;
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_checkpoint());
    return tutti_nursery_start_copy(late->nursery, add_one, &late->count, sizeof late->count);
}

/* T06: a child may start another one after the body ended; after closing nobody may. */
static int T06_nursery_closure(void *arg)
{
    struct tutti_nursery nursery;
    int count = 0;
    struct late late = {&nursery, &count};
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, starts_another, &late));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(count == 1);
    tutti_check(tutti_nursery_start(&nursery, fail_5, NULL) == TUTTI_ECLOSED);
    return 0;
}

static int logs_then_sleeps(void *arg)
{
    ++**(int **)arg;
    return tutti_sleep_forever();
}

static int t07_body(struct tutti_nursery *nursery, void *arg)
{
    tutti_nursery_cancel(nursery);
    return tutti_nursery_start_copy(nursery, logs_then_sleeps, &arg, sizeof arg);
}

/* T07: a task started into a cancelled nursery runs up to its first checkpoint. */
static int T07_precancelled_task(void *arg)
{
    int started = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(t07_body, &started));
    tutti_check(started == 1);
    return 0;
}

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* T08: closing a nursery is a schedule point and never a cancellation. */
static int T08_trivial_yields(void *arg)
{
    struct tutti_scope scope;
    struct tutti_nursery nursery;
    (void)arg;
    for (int children = 0; children < 2; children++) {
        uint64_t before = tutti_task_schedule_points(tutti_task_self());
        TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
        tutti_scope_cancel(&scope);
        TUTTI_TRY(tutti_nursery_open(&nursery));
        if (children) TUTTI_TRY(tutti_nursery_start(&nursery, nothing, NULL));
        TUTTI_TRY(tutti_nursery_close(&nursery, 0));
        TUTTI_TRY(tutti_scope_close(&scope, 0));
        tutti_check(!scope.caught);
        tutti_check(tutti_task_schedule_points(tutti_task_self()) > before);
    }
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_close(&nursery, tutti_error(-9, "body"));
    rc = tutti_scope_close(&scope, rc);
    tutti_check(rc == -9 && !scope.caught);
    return 0;
}

static int forever_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, sleep_forever, arg));
    return tutti_nursery_start(nursery, sleep_forever, arg);
}

static int forever(void *arg)
{
    return tutti_nursery_run(forever_body, arg);
}

/* A timeout around a nursery ends its children; the cancellation passes the nursery. */
static int timeout_around(void *arg)
{
    (void)arg;
    tutti_check(tutti_fail_after(7, forever, NULL) == TUTTI_ETOOSLOW);
    tutti_check(tutti_now() == 7);
    return 0;
}

static int sleeps_10(void *arg)
{
    (void)arg;
    tutti_check(tutti_effective_deadline() == TUTTI_NEVER);
    return tutti_sleep(10);
}

static int start_in_scope(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, 5));
    TUTTI_TRY(tutti_nursery_start(nursery, sleeps_10, arg));
    return tutti_scope_close(&scope, tutti_sleep_forever());
}

/* R27: a task is in the scopes around its nursery, not in those around the call that starts it. */
static int R27_scopes_of_the_nursery(void *arg)
{
    TUTTI_TRY(tutti_nursery_run(start_in_scope, arg));
    tutti_check(tutti_now() == 10);
    return 0;
}

/* R23: behind a shield a nursery cancels its tasks as ever. */
static int R23_failure_behind_shield(void *arg)
{
    struct tutti_scope outer, shield;
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    tutti_scope_cancel(&outer);
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    int rc = tutti_nursery_run(child_fails, arg);
    tutti_check(rc == -5);
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_scope_close(&shield, 0));
    rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    return tutti_scope_close(&outer, rc);
}

static int block_left_by_return(int *count)
{
    struct tutti_nursery nursery;
    TUTTI_NURSERY(&nursery)
    {
        int rc = tutti_nursery_start_copy(&nursery, add_one, &count, sizeof count);
        if (rc < 0) return rc;
        return tutti_nursery_start_copy(&nursery, add_one, &count, sizeof count);
    }
    return -1;
}

/* The block form waits on every way out and keeps the result. */
static int block_form(void *arg)
{
    struct tutti_nursery nursery;
    int count = 0;
    (void)arg;
    TUTTI_TRY(block_left_by_return(&count));
    tutti_check(count == 2);
    TUTTI_NURSERY(&nursery)
    {
        nursery.body = tutti_nursery_start(&nursery, fail_5, NULL);
        if (nursery.body == 0) break;
        count = 99;
    }
    tutti_check(tutti_nursery_result(&nursery) == -5 && count == 2);
    return 0;
}

/* Leaves blocks with failures by return and asks for none of them. */
static int forgets_two(void)
{
    for (int i = 0; i < 2; i++) {
        struct tutti_nursery nursery;
        TUTTI_NURSERY(&nursery)
        {
            nursery.body = tutti_nursery_start(&nursery, fail_5, NULL);
            if (i > 0) return 0;
        }
    }
    return -1;
}

static int forgetful(void *arg)
{
    tutti_check(forgets_two() == 0);
    return *(int *)arg < 0 ? tutti_error(*(int *)arg, "its own") : 0;
}

static int forgetful_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, forgetful, arg);
}

/* They are not lost: the task ends with them, or with its own error and them below it. */
static int forgotten_blocks(void *arg)
{
    int code = 0;
    (void)arg;
    tutti_check(tutti_nursery_run(forgetful_body, &code) == -5);
    const struct tutti_error *error = tutti_error_record(-5);
    tutti_check(error && error->suppressed && error->suppressed->code == -5);
    code = -6;
    tutti_check(tutti_nursery_run(forgetful_body, &code) == -6);
    error = tutti_error_record(-6);
    tutti_check(error && error->suppressed && error->suppressed->code == -5);
    tutti_check(error->suppressed->next && !error->suppressed->next->next);
    return 0;
}

static int takes_copy(void *arg)
{
    const int *numbers = arg;
    TUTTI_TRY(tutti_checkpoint());
    tutti_check((uintptr_t)arg % 16 == 0 && numbers[0] == 3 && numbers[2] == 5);
    return 0;
}

static int copy_body(struct tutti_nursery *nursery, void *arg)
{
    int numbers[3] = {3, 4, 5};
    (void)arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, takes_copy, numbers, sizeof numbers));
    numbers[0] = numbers[2] = 0;
    return 0;
}

static int arguments_are_copied(void *arg)
{
    return tutti_nursery_run(copy_body, arg);
}

static int sleeps_so_long(void *arg)
{
    return tutti_sleep(*(int64_t *)arg);
}

static int list_body(struct tutti_nursery *nursery, void *arg)
{
    static int64_t naps[] = {1, 3, 2};
    struct tutti_task *tasks[3];
    (void)arg;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, sleeps_so_long, &naps[i]));
        tasks[i] = nursery->last;
    }
    TUTTI_TRY(tutti_wait_all_blocked(0));
    tutti_check(nursery->first == tasks[0] && tutti_task_beside(tasks[0]) == tasks[1]);
    TUTTI_TRY(tutti_sleep_until(1));
    TUTTI_TRY(tutti_wait_all_blocked(0)); /* the first has ended */
    tutti_check(nursery->first == tasks[1] && tutti_task_beside(tasks[1]) == tasks[2]);
    TUTTI_TRY(tutti_sleep_until(2));
    TUTTI_TRY(tutti_wait_all_blocked(0)); /* the last has */
    tutti_check(nursery->first == tasks[1] && nursery->last == tasks[1]);
    tutti_check(!tutti_task_beside(tasks[1]) && nursery->children == 1);
    return 0;
}

/* The children of a nursery, in order, as they end. */
static int children_as_they_end(void *arg)
{
    return tutti_nursery_run(list_body, arg);
}

static int grandchild(void *arg)
{
    char text[32];
    struct tutti_task *self = tutti_task_self();
    (void)arg;
    tutti_task_path_text(self, text, sizeof text);
    tutti_check(strcmp(text, "0.1.0") == 0);
    tutti_check(strcmp(tutti_task_name(self), "grandchild") == 0);
    tutti_check(tutti_task_parent(tutti_task_parent(tutti_task_parent(self))) == NULL);
    tutti_check(tutti_task_parent(tutti_task_parent(self)) == tutti_task_root());
    return 0;
}

static int long_name(void *arg)
{
    const char *name = tutti_task_name(tutti_task_self());
    tutti_check(strlen(name) == TUTTI_NAME_MAX - 1 && strncmp(name, arg, strlen(name)) == 0);
    return 0;
}

static int child_body(struct tutti_nursery *nursery, void *arg)
{
    static char name[] = "a name that is longer than what a task keeps of it, so it is cut";
    TUTTI_TRY(tutti_nursery_start(nursery, grandchild, arg));
    return tutti_nursery_start_named(nursery, name, long_name, name);
}

static int child(void *arg)
{
    return tutti_nursery_run(child_body, arg);
}

static int family_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, nothing, arg));
    return tutti_nursery_start(nursery, child, arg);
}

/* Names, ids and creation paths. */
static int family(void *arg)
{
    tutti_check(tutti_task_parent(tutti_task_self()) == NULL);
    return tutti_nursery_run(family_body, arg);
}

static int trail_2(void)
{
    return tutti_error(-EIO, "page %d is torn", 7);
}

static int trail_1(void)
{
    TUTTI_TRY(trail_2());
    return 0;
}

static int handles(void)
{
    TUTTI_TRY(trail_1());
    return 0;
}

/* The record: message, place, the places it passed, and its cause. */
static int error_records(void *arg)
{
    (void)arg;
    int rc = handles();
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(rc == -EIO && error && error->trail_count == 2 && error->site->line > 0);
    tutti_check(strcmp(error->message, "page 7 is torn") == 0);
    tutti_check(strstr(error->site->file, "nursery_test.c") != NULL);
    rc = tutti_error_because(TUTTI_EBROKEN, "the file is unusable");
    error = tutti_error_record(rc);
    tutti_check(error && error->cause && error->cause->code == -EIO);
    char text[1024];
    size_t length = tutti_error_print(error, text, sizeof text);
    tutti_check(length == strlen(text) && strstr(text, "because of"));
    tutti_check(tutti_error_print(error, text, 10) == length && strlen(text) == 9);
    return 0;
}

struct visitor {
    struct tutti_nursery nursery;
    int visits;
};

static int visits(void *arg)
{
    struct visitor *visitor = arg;
    for (int i = 0; i < 2; i++) {
        int rc = tutti_nursery_start(&visitor->nursery, nothing, NULL);
        if (rc == TUTTI_ECLOSED) return 0;
        TUTTI_TRY(rc);
        visitor->visits++;
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int visited_body(struct tutti_nursery *outer, void *arg)
{
    struct visitor *visitor = arg;
    TUTTI_TRY(tutti_nursery_open(&visitor->nursery));
    TUTTI_TRY(tutti_nursery_start(&visitor->nursery, nothing, arg));
    TUTTI_TRY(tutti_nursery_start(outer, visits, arg));
    return tutti_nursery_close(&visitor->nursery, 0);
}

/* Tasks may come and go while the opener is woken but did not have its step yet. */
static int visited_at_the_end(void *arg)
{
    struct visitor visitor = {.visits = 0};
    (void)arg;
    return tutti_nursery_run(visited_body, &visitor);
}

/* A code that comes without a record does not get the record of an older error. */
static int records_are_not_stale(void *arg)
{
    struct tutti_park wait = TUTTI_PARK_INIT("wait", NULL, TUTTI_HERE);
    (void)arg;
    tutti_check(tutti_error(TUTTI_EBROKEN, "the printer is on fire") == TUTTI_EBROKEN);
    tutti_check(tutti_error_record(TUTTI_EBROKEN) != NULL);
    wait.until_ns = 1;
    wait.timeout = TUTTI_EBROKEN;
    tutti_check(tutti_park(&wait) == TUTTI_EBROKEN);
    tutti_check(tutti_error_record(TUTTI_EBROKEN) == NULL);
    return 0;
}

/* Causes may be nested deeper than the stack is: they are dropped one by one, printed in part. */
static int causes_without_bound(void *arg)
{
    char text[4096];
    (void)arg;
    (void)tutti_error(-1, "the first");
    for (int i = 0; i < 20000; i++)
        (void)tutti_error_because(-2, "because %d", i);
    tutti_error_print(tutti_error_record(-2), text, sizeof text);
    tutti_check(strstr(text, "left out") != NULL);
    (void)tutti_error(-3, "another");
    return tutti_error_record(-3)->cause ? -3 : 0;
}

REHEARSE_MAIN(REHEARSED(records_are_not_stale), REHEARSED_PLAIN(causes_without_bound),
              REHEARSED_BATCH(T01_basic_interleave), REHEARSED(T03_main_and_task_both_crash),
              REHEARSED(cancelled_by_the_body), REHEARSED(later_failures_are_kept),
              REHEARSED(T37_failures_pass), REHEARSED(T04_child_crash_wakes_parent),
              REHEARSED(T06_nursery_closure), REHEARSED(T07_precancelled_task),
              REHEARSED(T08_trivial_yields), REHEARSED(timeout_around),
              REHEARSED(R27_scopes_of_the_nursery), REHEARSED(R23_failure_behind_shield),
              REHEARSED(block_form), REHEARSED(forgotten_blocks), REHEARSED(arguments_are_copied),
              REHEARSED(family), REHEARSED(children_as_they_end), REHEARSED(error_records),
              REHEARSED_ALL(visited_at_the_end, 0, 115))
