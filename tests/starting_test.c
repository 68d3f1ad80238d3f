/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Starting until ready: whose child it is when, whose error it is, what keeps a nursery open. */
#include "rehearsed.h"

#include "tutti/core/task_keep.h"
#include "tutti/core/starting.h"

/* Sleeps, says how long, sleeps again. */
static int sleep_then_start(struct tutti_starting *starting, void *arg)
{
    int64_t ns = *(const int64_t *)arg;
    TUTTI_TRY(tutti_sleep(ns));
    TUTTI_TRY(tutti_started(starting, (intptr_t)ns));
    return tutti_sleep(ns);
}

/* T14: the call returns when the task says so, and the nursery when the task ends. */
static int T14_nursery_start(void *arg)
{
    (void)arg;
    for (int64_t ns = 1; ns <= 2; ns++) {
        struct tutti_nursery nursery;
        intptr_t value = 0;
        int64_t start_ns = tutti_now();
        TUTTI_TRY(tutti_nursery_open(&nursery));
        TUTTI_TRY(tutti_nursery_start_ready(&nursery, sleep_then_start, &ns, &value));
        tutti_check(value == ns && tutti_now() == start_ns + ns);
        tutti_check(nursery.children == 1 && nursery.pending == 0);
        TUTTI_TRY(tutti_nursery_close(&nursery, 0));
        tutti_check(tutti_now() == start_ns + 2 * ns);
        TUTTI_TRY(sleep_then_start(NULL, &ns));
        tutti_check(tutti_now() == start_ns + 4 * ns);
    }
    return 0;
}

static int starts_twice(struct tutti_starting *starting, void *arg)
{
    TUTTI_TRY(tutti_started(starting, 1));
    TUTTI_TRY(tutti_checkpoint());
    *(int *)arg = tutti_started(starting, 2);
    return 0;
}

static int fails_first(struct tutti_starting *starting, void *arg)
{
    (void)starting, (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_error(-5, "no port is free");
}

static int never_starts(struct tutti_starting *starting, void *arg)
{
    (void)starting, (void)arg;
    return tutti_checkpoint();
}

/* T15: who hears of which mistake. */
static int T15_nursery_start_errors(void *arg)
{
    struct tutti_nursery nursery;
    int second = 0;
    intptr_t value = 7;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start_ready(&nursery, starts_twice, &second, NULL));
    int rc = tutti_nursery_start_ready(&nursery, fails_first, NULL, &value);
    tutti_check(rc == -5 && value == 7 && !nursery.scope.cancelled);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(error && strcmp(error->message, "no port is free") == 0 && !error->suppressed);
    rc = tutti_nursery_start_ready(&nursery, never_starts, NULL, NULL);
    tutti_check(rc == TUTTI_ESTATE && !nursery.scope.cancelled);
    tutti_check(strstr(tutti_error_record(rc)->message, "never_starts") != NULL);
    tutti_check(nursery.pending == 0);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(second == TUTTI_ESTATE);
    int64_t now_ns = tutti_now();
    rc = tutti_nursery_start_ready(&nursery, never_starts, NULL, NULL);
    tutti_check(rc == TUTTI_ECLOSED && tutti_now() == now_ns);
    tutti_check(tutti_started(NULL, 1) == 0);
    return 0;
}

static int starts_then_yields(struct tutti_starting *starting, void *arg)
{
    TUTTI_TRY(tutti_started(starting, 1));
    int rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    tutti_check(tutti_task_nursery(tutti_task_self()) != arg);
    return rc;
}

static int starts_only(struct tutti_starting *starting, void *arg)
{
    (void)arg;
    return tutti_started(starting, 2);
}

static int starts_then_fails(struct tutti_starting *starting, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_started(starting, 3));
    return tutti_error(-5, "broke");
}

/* T16: in a cancelled scope the task stays below the call, whatever it says. */
static int T16_start_in_cancelled_scope(void *arg)
{
    struct tutti_nursery nursery;
    struct tutti_scope scope;
    intptr_t value = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    int rc = tutti_nursery_start_ready(&nursery, starts_then_yields, &nursery, &value);
    tutti_check(rc == TUTTI_ECANCELED && value == 0);
    rc = tutti_scope_close(&scope, rc);
    tutti_check(rc == 0 && scope.caught);

    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    rc = tutti_nursery_start_ready(&nursery, starts_only, NULL, &value);
    tutti_check(rc == 0 && value == 2);
    rc = tutti_scope_close(&scope, rc);
    tutti_check(rc == 0 && !scope.caught);

    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    rc = tutti_nursery_start_ready(&nursery, starts_then_fails, NULL, &value);
    tutti_check(rc == -5);
    rc = tutti_scope_close(&scope, rc);
    tutti_check(rc == -5 && !nursery.scope.cancelled);
    return tutti_nursery_close(&nursery, 0);
}

static int start_2_then_3(struct tutti_starting *starting, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(2));
    TUTTI_TRY(tutti_started(starting, 0));
    return tutti_sleep(3);
}

static int fails_at_7(struct tutti_starting *starting, void *arg)
{
    (void)starting, (void)arg;
    TUTTI_TRY(tutti_sleep(7));
    return tutti_error(-5, "too late");
}

struct two {
    struct tutti_nursery inner;
    int failures;
};

static int starts_into_inner(void *arg)
{
    return tutti_nursery_start_ready(&((struct two *)arg)->inner, start_2_then_3, NULL, NULL);
}

static int starts_failing(void *arg)
{
    struct two *two = arg;
    int rc = tutti_nursery_start_ready(&two->inner, fails_at_7, NULL, NULL);
    two->failures += rc == -5;
    return rc == -5 ? 0 : rc;
}

static int keeps_open_body(struct tutti_nursery *outer, void *arg)
{
    struct two *two = arg;
    TUTTI_TRY(tutti_nursery_open(&two->inner));
    TUTTI_TRY(tutti_nursery_start(outer, starts_into_inner, two));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_nursery_start(outer, starts_into_inner, two));
    TUTTI_TRY(tutti_checkpoint());
    while (!two->inner.pending)
        TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_nursery_close(&two->inner, 0));
    tutti_check(tutti_now() == 6);
    return 0;
}

static int keeps_open_failing_body(struct tutti_nursery *outer, void *arg)
{
    struct two *two = arg;
    TUTTI_TRY(tutti_nursery_open(&two->inner));
    TUTTI_TRY(tutti_nursery_start(outer, starts_failing, two));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_nursery_close(&two->inner, 0));
    tutti_check(tutti_now() == 7);
    return 0;
}

/* T17: a start under way keeps the nursery open, and so does the task that came of it. */
static int T17_start_keeps_nursery_open(void *arg)
{
    struct two two = {.failures = 0};
    (void)arg;
    return tutti_nursery_run(keeps_open_body, &two);
}

static int T17_failing_start_keeps_nursery_open(void *arg)
{
    struct two two = {.failures = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(keeps_open_failing_body, &two));
    tutti_check(two.failures == 1);
    return 0;
}

struct tree {
    struct tutti_nursery target;
    struct tutti_task *starter, *child;
    uint64_t starter_id, child_id;
    struct tutti_kept kept;
    struct tutti_event *go;
};

static int tells_where_it_is(struct tutti_starting *starting, void *arg)
{
    struct tree *tree = arg;
    struct tutti_task *self = tutti_task_self();
    char before[32], after[32];
    tree->child = self;
    tree->child_id = tutti_task_id(self);
    TUTTI_TRY(tutti_task_keep(&tree->kept, self));
    uint64_t path = tutti_task_path(self);
    tutti_task_path_text(self, before, sizeof before);
    tutti_check(tutti_task_parent(self) == tree->starter);
    tutti_check(tutti_task_nursery_to_be(self) == &tree->target);
    tutti_check(tree->target.children == 1 && tree->target.pending == 1);
    TUTTI_TRY(tutti_started(starting, 0));
    tutti_task_path_text(self, after, sizeof after);
    tutti_check(tutti_task_path(self) == path && strcmp(before, after) == 0);
    tutti_check(strcmp(before, "0.1") == 0); /* the starter is 0.0 */
    tutti_check(tutti_task_parent(self) == tree->target.task);
    tutti_check(tutti_task_nursery(self) == &tree->target && !tutti_task_nursery_to_be(self));
    tutti_check(tree->target.children == 2 && tree->target.last == self);
    tutti_check(tutti_task_beside(tree->target.first) == self);
    return 0;
}

static int starter(void *arg)
{
    struct tree *tree = arg;
    tree->starter = tutti_task_self();
    tree->starter_id = tutti_task_id(tree->starter);
    return tutti_nursery_start_ready(&tree->target, tells_where_it_is, tree, NULL);
}

/* T09: which nurseries a task has open; whose child a task is before and after it is ready; of a
 * task that has ended the id stays valid, and if it is kept the links upwards. */
static int T09_task_tree(void *arg)
{
    struct tree tree = {.child = NULL, .kept = {.task = NULL}};
    struct tutti_nursery inner;
    struct tutti_task *self = tutti_task_self();
    (void)arg;
    tutti_check(!tutti_task_innermost_nursery(self) && !tutti_task_nursery(self));
    TUTTI_TRY(tutti_nursery_open(&tree.target));
    TUTTI_TRY(tutti_nursery_open(&inner));
    tutti_check(tutti_task_innermost_nursery(self) == &inner && inner.outer == &tree.target);
    tutti_check(!tree.target.outer);
    tutti_check(tutti_nursery_close(&inner, tutti_error(-5, "inner")) == -5);
    tutti_check(tutti_task_innermost_nursery(self) == &tree.target);
    TUTTI_TRY(tutti_nursery_start(&tree.target, starter, &tree));
    TUTTI_TRY(tutti_nursery_close(&tree.target, 0));
    tutti_check(!tutti_task_innermost_nursery(self));
    tutti_check(tree.child_id > tree.starter_id && !tutti_task_find(tree.child_id));
    tutti_check(!tree.kept.task || tree.kept.task == tree.child);
    if (tree.kept.task) tutti_check(tutti_task_parent(tree.child) == self);
    tutti_task_let_go(&tree.kept);
    tutti_check(tutti_task_find(tutti_task_id(self)) == self && !tutti_task_parent(self));
    return 0;
}

struct moved {
    struct tutti_nursery target;
    struct tutti_scope inside;
    bool cancelled;
};

static int starts_inside_scopes(struct tutti_starting *starting, void *arg)
{
    struct moved *moved = arg;
    struct tutti_nursery own;
    TUTTI_TRY(tutti_scope_open(&moved->inside, TUTTI_NEVER));
    TUTTI_TRY(tutti_nursery_open(&own));
    TUTTI_TRY(tutti_started(starting, 0));
    tutti_check(moved->inside.parent == &moved->target.scope);
    int rc = tutti_nursery_close(&own, tutti_sleep_forever());
    moved->cancelled = rc == TUTTI_ECANCELED;
    return tutti_scope_close(&moved->inside, rc);
}

static int start_in_time(void *arg)
{
    struct moved *moved = arg;
    return tutti_nursery_start_ready(&moved->target, starts_inside_scopes, moved, NULL);
}

/* R27, R38: the task's scopes move with it. The timeout around the start is none of its business
 * any more, a cancellation of its new nursery is. */
static int scopes_move(void *arg)
{
    struct moved moved = {.cancelled = false};
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&moved.target));
    TUTTI_TRY(tutti_fail_after(5, start_in_time, &moved));
    TUTTI_TRY(tutti_sleep(10));
    tutti_check(!moved.cancelled && moved.inside.state != 0);
    tutti_nursery_cancel(&moved.target);
    TUTTI_TRY(tutti_nursery_close(&moved.target, 0));
    tutti_check(moved.cancelled && tutti_now() == 10);
    return 0;
}

static int slow_start(struct tutti_starting *starting, void *arg)
{
    TUTTI_TRY(tutti_sleep(10));
    *(bool *)arg = true;
    return tutti_started(starting, 0);
}

static int start_slowly(void *arg)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start_ready(&nursery, slow_start, arg, NULL);
    return tutti_nursery_close(&nursery, rc);
}

/* A cancelled start cancels its task and waits for it. */
static int start_is_cancelled(void *arg)
{
    bool started = false;
    (void)arg;
    tutti_check(tutti_fail_after(5, start_slowly, &started) == TUTTI_ETOOSLOW);
    tutti_check(!started && tutti_now() == 5);
    return 0;
}

static int waits_after(struct tutti_starting *starting, void *arg)
{
    TUTTI_TRY(tutti_started(starting, 0));
    *(int *)arg = tutti_sleep_forever();
    return *(int *)arg;
}

/* R38: whose nursery is cancelled already is cancelled at its next checkpoint. */
static int into_cancelled_nursery(void *arg)
{
    struct tutti_nursery nursery;
    struct tutti_scope shield;
    int rc = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    tutti_nursery_cancel(&nursery);
    TUTTI_TRY(tutti_nursery_start_ready(&nursery, waits_after, &rc, NULL));
    TUTTI_TRY(tutti_scope_close(&shield, 0));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(rc == TUTTI_ECANCELED && tutti_now() == 0);
    return 0;
}

struct deputy {
    struct tutti_starting *starting;
    int rc;
};

static int says_for_another(void *arg)
{
    struct deputy *deputy = arg;
    TUTTI_TRY(tutti_sleep(1));
    return tutti_started(deputy->starting, 4);
}

static int deputy_body(struct tutti_nursery *nursery, void *arg)
{
    struct deputy *deputy = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, says_for_another, arg));
    deputy->rc = tutti_sleep_forever();
    return deputy->rc;
}

static int has_deputy(struct tutti_starting *starting, void *arg)
{
    struct deputy *deputy = arg;
    deputy->starting = starting;
    return tutti_nursery_run(deputy_body, arg);
}

/* A task below the one that is started may say it; a wait there is aborted at once when the new
 * nursery is cancelled. */
static int said_by_a_task_below(void *arg)
{
    struct tutti_nursery nursery;
    struct tutti_scope shield;
    struct deputy deputy = {.rc = 0};
    intptr_t value = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    tutti_nursery_cancel(&nursery);
    TUTTI_TRY(tutti_nursery_start_ready(&nursery, has_deputy, &deputy, &value));
    tutti_check(value == 4 && tutti_now() == 1);
    TUTTI_TRY(tutti_scope_close(&shield, 0));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(deputy.rc == TUTTI_ECANCELED);
    return 0;
}

static int waits_for_another(struct tutti_starting *starting, void *arg)
{
    struct deputy *deputy = arg;
    deputy->starting = starting;
    deputy->rc = tutti_sleep_forever();
    return deputy->rc;
}

static int other_body(struct tutti_nursery *outer, void *arg)
{
    struct deputy *deputy = arg;
    struct tutti_nursery nursery;
    struct tutti_scope shield;
    TUTTI_TRY(tutti_nursery_start(outer, says_for_another, deputy));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    tutti_nursery_cancel(&nursery);
    TUTTI_TRY(tutti_nursery_start_ready(&nursery, waits_for_another, deputy, NULL));
    TUTTI_TRY(tutti_scope_close(&shield, 0));
    return tutti_nursery_close(&nursery, 0);
}

/* So may any other; the task itself then waits right inside its new nursery. */
static int said_by_another_task(void *arg)
{
    struct deputy deputy = {.rc = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(other_body, &deputy));
    tutti_check(deputy.rc == TUTTI_ECANCELED && tutti_now() == 1);
    return 0;
}

static int other_live_body(struct tutti_nursery *outer, void *arg)
{
    struct deputy *deputy = arg;
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_start(outer, says_for_another, deputy));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start_ready(&nursery, waits_for_another, deputy, NULL));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(deputy->rc == 0 && nursery.children == 1); /* it waits on */
    tutti_nursery_cancel(&nursery);
    return tutti_nursery_close(&nursery, 0);
}

/* A nursery that is not cancelled ends no wait of the task that comes into it. */
static int waits_on_in_its_nursery(void *arg)
{
    struct deputy deputy = {.rc = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(other_live_body, &deputy));
    tutti_check(deputy.rc == TUTTI_ECANCELED && tutti_now() == 2);
    return 0;
}

/* Small enough for every schedule, with one cancellation of the scope around the start. */
static int yields_and_starts(struct tutti_starting *starting, void *arg)
{
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_started(starting, 0));
    ++*(int *)arg;
    return tutti_checkpoint();
}

struct raced {
    struct tutti_nursery nursery;
    int ready, returned;
};

static int start_raced(void *arg)
{
    struct raced *raced = arg;
    int rc = tutti_nursery_start_ready(&raced->nursery, yields_and_starts, &raced->ready, NULL);
    raced->returned = rc == 0;
    return rc;
}

static int start_or_cancel(void *arg)
{
    struct raced raced = {.ready = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&raced.nursery));
    TUTTI_TRY(tutti_move_on_at(TUTTI_NEVER, start_raced, &raced));
    tutti_check(raced.nursery.pending == 0 && (!raced.returned || raced.ready));
    return tutti_nursery_close(&raced.nursery, 0);
}

static int bystander(void *arg)
{
    (void)arg;
    return tutti_checkpoint();
}

static int start_among_others(void *arg)
{
    struct raced raced = {.ready = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&raced.nursery));
    TUTTI_TRY(tutti_nursery_start(&raced.nursery, bystander, NULL));
    TUTTI_TRY(tutti_move_on_at(TUTTI_NEVER, start_raced, &raced));
    tutti_check(raced.nursery.pending == 0 && (!raced.returned || raced.ready));
    return tutti_nursery_close(&raced.nursery, 0);
}

REHEARSE_MAIN(REHEARSED(T14_nursery_start), REHEARSED(T15_nursery_start_errors),
              REHEARSED(T16_start_in_cancelled_scope), REHEARSED(T17_start_keeps_nursery_open),
              REHEARSED(T17_failing_start_keeps_nursery_open), REHEARSED(T09_task_tree),
              REHEARSED(scopes_move), REHEARSED(start_is_cancelled),
              REHEARSED(into_cancelled_nursery), REHEARSED(said_by_a_task_below),
              REHEARSED(said_by_another_task), REHEARSED(waits_on_in_its_nursery),
              REHEARSED_ALL(start_or_cancel, 1, 7), REHEARSED_ALL(start_among_others, 1, 123))
