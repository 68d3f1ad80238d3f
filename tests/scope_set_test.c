/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scopes that are told things before they are entered, and why they are cancelled. */
#include "rehearsed.h"

#include "tutti/core/finish.h"

static int cancel_it(void *arg)
{
    TUTTI_TRY(tutti_checkpoint());
    tutti_scope_cancel(*(struct tutti_scope **)arg);
    return 0;
}

static int cancelled_by_another(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_scope *scope = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, cancel_it, &arg, sizeof arg));
    TUTTI_TRY(tutti_scope_enter(scope));
    return tutti_scope_close(scope, tutti_sleep_forever());
}

/* T27: cancelled before the entry, by this task or after it by another one. */
static int T27_cancel_unbound(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT, other = TUTTI_SCOPE_INIT;
    (void)arg;
    tutti_scope_cancel(&scope);
    tutti_check(tutti_scope_called(&scope) && !tutti_scope_opened(&scope));
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_scope_enter(&scope));
    tutti_check(tutti_scope_opened(&scope));
    int rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    TUTTI_TRY(tutti_scope_close(&scope, rc));
    tutti_check(tutti_scope_caught(&scope));
    struct tutti_scope late = TUTTI_SCOPE_INIT; /* what came first is the cause */
    tutti_scope_cancel_because(&late, "early");
    TUTTI_TRY(tutti_scope_set_deadline(&late, tutti_now()));
    TUTTI_TRY(tutti_scope_enter(&late));
    tutti_check(tutti_cancel_reason()->text && tutti_cancel_reason()->why == TUTTI_CANCEL_CALL);
    TUTTI_TRY(tutti_scope_close(&late, 0));
    TUTTI_TRY(tutti_nursery_run(cancelled_by_another, &other));
    tutti_check(tutti_scope_caught(&other));
    return tutti_checkpoint();
}

/* T27: a shield set before the entry, and deadlines that have passed by then. */
static int T27_shield_and_deadline(void *arg)
{
    struct tutti_scope outer, inner = TUTTI_SCOPE_INIT, late = TUTTI_SCOPE_INIT;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    tutti_scope_cancel(&outer);
    tutti_scope_set_shield(&inner, true);
    TUTTI_TRY(tutti_scope_enter(&inner));
    tutti_check(tutti_checkpoint() == 0 && !tutti_cancel_reason());
    TUTTI_TRY(tutti_scope_close(&inner, 0));
    int rc = tutti_checkpoint();
    TUTTI_TRY(tutti_scope_close(&outer, rc));
    TUTTI_TRY(tutti_scope_set_deadline(&late, tutti_now() + 1));
    tutti_check(!tutti_scope_called(&late));
    TUTTI_TRY(tutti_scope_set_deadline(&late, tutti_now()));
    TUTTI_TRY(tutti_scope_enter(&late));
    tutti_check(tutti_scope_called(&late)); /* at its entry: asking changes nothing */
    TUTTI_TRY(tutti_scope_set_deadline(&late, TUTTI_NEVER));
    rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED && tutti_scope_called(&late));
    return tutti_scope_close(&late, rc);
}

static int enter_again(void *arg)
{
    return tutti_scope_enter(*(struct tutti_scope **)arg) == TUTTI_ESTATE ? 0 : -1;
}

static int t27_single_use_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_scope *scope = arg;
    tutti_check(tutti_scope_enter(scope) == TUTTI_ESTATE);
    TUTTI_TRY(tutti_nursery_start_copy(nursery, enter_again, &arg, sizeof arg));
    return tutti_checkpoint();
}

/* T27: once only; a second entry of whatever kind is refused and changes nothing. */
static int T27_single_use(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT, opened, zeros = {.state = 0};
    (void)arg;
    TUTTI_TRY(tutti_scope_enter(&scope));
    TUTTI_TRY(tutti_nursery_run(t27_single_use_body, &scope));
    const struct tutti_error *error = tutti_error_record(TUTTI_ESTATE);
    tutti_check(error && strstr(error->message, "scope_set_test.c"));
    TUTTI_TRY(tutti_scope_close(&scope, 0));
    tutti_check(tutti_scope_enter(&scope) == TUTTI_ESTATE);
    tutti_check(strstr(tutti_error_record(TUTTI_ESTATE)->message, "entered once"));
    TUTTI_TRY(tutti_scope_open(&opened, TUTTI_NEVER));
    tutti_check(tutti_scope_enter(&opened) == TUTTI_ESTATE);
    TUTTI_TRY(tutti_scope_close(&opened, 0));
    tutti_check(tutti_scope_enter(&zeros) == TUTTI_ESTATE);
    return 0;
}

/* T34: deadlines of the two kinds. */
static int T34_deadline_on_entry(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    int64_t ns;
    (void)arg;
    int64_t start_ns = tutti_now();
    tutti_check(!tutti_scope_is_relative(&scope));
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, 5));
    tutti_check(tutti_scope_is_relative(&scope));
    TUTTI_TRY(tutti_scope_relative_deadline(&scope, &ns));
    tutti_check(ns == 5 && tutti_scope_deadline(&scope, &ns) == TUTTI_ESTATE);
    TUTTI_TRY(tutti_sleep(3));
    TUTTI_TRY(tutti_scope_enter(&scope));
    tutti_check(!tutti_scope_is_relative(&scope));
    TUTTI_TRY(tutti_scope_deadline(&scope, &ns));
    tutti_check(ns == start_ns + 8);
    TUTTI_TRY(tutti_scope_set_deadline(&scope, tutti_now() + 3));
    TUTTI_TRY(tutti_scope_relative_deadline(&scope, &ns));
    tutti_check(ns == 3);
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, 4));
    TUTTI_TRY(tutti_scope_deadline(&scope, &ns));
    tutti_check(ns == tutti_now() + 4 && tutti_effective_deadline() == ns);
    int rc = tutti_sleep_forever();
    tutti_check(rc == TUTTI_ECANCELED && tutti_now() == start_ns + 7);
    return tutti_scope_close(&scope, rc);
}

/* A refusal, whose record names the line of the caller. */
static bool refused_at(int code, int wanted, uint32_t line)
{
    const struct tutti_error *error = tutti_error_record(code);
    return code == wanted && error && error->site->line == line &&
           strstr(error->site->file, "scope_set_test.c");
}

/* T34: a deadline of the other kind, or a negative one, is refused with the caller's place. */
static int T34_refusals_name_the_line(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    int64_t ns;
    (void)arg;
    int rc = tutti_scope_set_relative_deadline(&scope, -1);
    tutti_check(refused_at(rc, TUTTI_EINVALID, __LINE__ - 1));
    TUTTI_TRY(tutti_scope_set_deadline(&scope, 50));
    rc = tutti_scope_set_relative_deadline(&scope, 5);
    tutti_check(refused_at(rc, TUTTI_ESTATE, __LINE__ - 1));
    rc = tutti_scope_relative_deadline(&scope, &ns);
    tutti_check(refused_at(rc, TUTTI_ESTATE, __LINE__ - 1));
    TUTTI_TRY(tutti_scope_set_deadline(&scope, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, 5));
    rc = tutti_scope_set_deadline(&scope, 50);
    tutti_check(refused_at(rc, TUTTI_ESTATE, __LINE__ - 1));
    rc = tutti_scope_deadline(&scope, &ns);
    tutti_check(refused_at(rc, TUTTI_ESTATE, __LINE__ - 1));
    rc = tutti_scope_finish(&scope, 5);
    tutti_check(refused_at(rc, TUTTI_ESTATE, __LINE__ - 1));
    TUTTI_TRY(tutti_scope_enter(&scope));
    rc = tutti_scope_finish(&scope, -5);
    tutti_check(refused_at(rc, TUTTI_EINVALID, __LINE__ - 1));
    return tutti_scope_close(&scope, 0);
}

/* T34: before the entry a deadline is of one kind; what is not is told, and changes nothing. */
static int T34_invalid_access(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    int64_t ns = -7;
    (void)arg;
    TUTTI_TRY(tutti_scope_set_deadline(&scope, 50));
    tutti_check(tutti_scope_relative_deadline(&scope, &ns) == TUTTI_ESTATE && ns == -7);
    tutti_check(tutti_scope_set_relative_deadline(&scope, 5) == TUTTI_ESTATE);
    TUTTI_TRY(tutti_scope_deadline(&scope, &ns));
    tutti_check(ns == 50);
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, TUTTI_NEVER)); /* none at all */
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, 5));
    tutti_check(tutti_scope_set_deadline(&scope, 50) == TUTTI_ESTATE);
    tutti_check(tutti_scope_set_relative_deadline(&scope, -1) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_scope_set_deadline(&scope, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_relative_deadline(&scope, &ns));
    tutti_check(ns == TUTTI_NEVER && !tutti_scope_is_relative(&scope));
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, TUTTI_NEVER - 1));
    TUTTI_TRY(tutti_sleep(10));
    TUTTI_TRY(tutti_scope_enter(&scope));
    TUTTI_TRY(tutti_scope_deadline(&scope, &ns));
    tutti_check(ns == TUTTI_NEVER); /* it saturates */
    TUTTI_TRY(tutti_scope_set_deadline(&scope, INT64_MIN));
    TUTTI_TRY(tutti_scope_relative_deadline(&scope, &ns));
    tutti_check(ns == -TUTTI_NEVER);
    return tutti_scope_close(&scope, tutti_checkpoint());
}

/* R22: what happens to a closed scope is noted and has no effect. */
static int after_closing(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    (void)arg;
    TUTTI_TRY(tutti_scope_set_deadline(&scope, tutti_now() + 1));
    TUTTI_TRY(tutti_scope_enter(&scope));
    TUTTI_TRY(tutti_scope_close(&scope, 0));
    TUTTI_TRY(tutti_sleep(2));
    tutti_check(!tutti_scope_called(&scope));
    TUTTI_TRY(tutti_scope_set_deadline(&scope, 0));
    tutti_scope_set_shield(&scope, true);
    TUTTI_TRY(tutti_sleep(2));
    tutti_check(!tutti_scope_called(&scope) && !scope.shield && !tutti_scope_reason(&scope));
    tutti_scope_cancel(&scope);
    tutti_check(tutti_scope_called(&scope) && !tutti_scope_caught(&scope));
    tutti_check(tutti_scope_reason(&scope)->why == TUTTI_CANCEL_CALL);
    return tutti_checkpoint();
}

static int events_told;

static int count_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink, (void)event;
    events_told++;
    return 0;
}

/* Of a scope that is no longer part of the tree no cancellation is told. */
static void nothing_is_told(void **state)
{
    struct tutti_sink sink = {.mask = TUTTI_EVENT_BIT(SCOPE_CANCEL), .event = count_event};
    struct tutti_sim_world sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.world.sink = &sink;
    assert_int_equal(tutti_run(&sim.world, after_closing, NULL), 0);
    assert_int_equal(events_told, 0);
    tutti_sim_world_close(&sim);
}

struct two {
    struct tutti_park first, second;
};

static int t42_second(void *arg)
{
    struct two *two = *(struct two **)arg;
    tutti_wake(&two->first, 0);
    two->second = (struct tutti_park)TUTTI_PARK_INIT("second", NULL, TUTTI_HERE);
    tutti_check(tutti_park(&two->second) == TUTTI_EBROKEN);
    return 0;
}

static int t42_body(struct tutti_nursery *nursery, void *arg)
{
    struct two *two = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, t42_second, &arg, sizeof arg));
    two->first = (struct tutti_park)TUTTI_PARK_INIT("first", NULL, TUTTI_HERE);
    tutti_check(tutti_park(&two->first) == 0);
    TUTTI_TRY(tutti_sleep(1)); /* the other one waits by then */
    tutti_wake(&two->second, TUTTI_EBROKEN);
    return 0;
}

/* T42: two tasks wake each other, with a value and with an error. */
static int T42_reschedule(void *arg)
{
    struct two two;
    (void)arg;
    return tutti_nursery_run(t42_body, &two);
}

/* T43: by a call, with a text; the first reason stays, and is seen further in. */
static int T43_explicit(void *arg)
{
    struct tutti_scope outer, inner;
    char text[256];
    (void)arg;
    TUTTI_TRY(tutti_sleep(7));
    TUTTI_TRY(tutti_scope_open(&outer, tutti_now() + 5));
    TUTTI_TRY(tutti_scope_open(&inner, TUTTI_NEVER));
    tutti_check(!tutti_cancel_reason() && !tutti_scope_reason(&inner));
    tutti_scope_cancel_because(&outer, "the client left");
    uint32_t line = __LINE__ - 1;
    const struct tutti_cancel_info *reason = tutti_cancel_reason();
    tutti_check(reason == tutti_scope_reason(&outer) && reason == tutti_scope_reason(&inner));
    tutti_check(reason->why == TUTTI_CANCEL_CALL && strcmp(reason->text, "the client left") == 0);
    tutti_check(reason->task == tutti_task_id(tutti_task_self()) && reason->at_ns == 7);
    tutti_check(reason->site->line == line && strstr(reason->site->file, "scope_set_test.c"));
    size_t length = tutti_cancel_print(reason, text, sizeof text);
    tutti_check(length == strlen(text) && strncmp(text, "call of task #1 at 7 ns, ", 25) == 0);
    tutti_check(strcmp(text + length - 17, ": the client left") == 0);
    tutti_check(tutti_cancel_print(reason, text, 5) == length && strcmp(text, "call") == 0);
    tutti_scope_cancel_because(&outer, "again");
    tutti_scope_cancel_because(&inner, "too late: it was cancelled from outside before");
    tutti_yield_shielded();
    tutti_check(tutti_cancel_reason() == reason && reason->text[4] == 'c');
    tutti_scope_set_shield(&inner, true); /* now its own is the first that holds */
    tutti_check(tutti_cancel_reason() == &inner.info);
    int rc = tutti_scope_close(&inner, tutti_checkpoint());
    tutti_check(rc == 0 && tutti_scope_reason(&inner) == &inner.info);
    return tutti_scope_close(&outer, tutti_checkpoint());
}

/* T43: by a deadline, which a later call does not change, at the entry and later. */
static int T43_deadline(void *arg)
{
    (void)arg;
    for (int delay = 0; delay < 2; delay++) {
        struct tutti_scope scope;
        TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + delay));
        int rc = tutti_sleep_forever();
        tutti_scope_cancel(&scope);
        const struct tutti_cancel_info *reason = tutti_cancel_reason();
        tutti_check(reason->why == TUTTI_CANCEL_DEADLINE && !reason->task && !reason->text);
        tutti_check(reason->at_ns == tutti_now() && !reason->site);
        TUTTI_TRY(tutti_scope_close(&scope, rc));
    }
    return 0;
}

/* T43: a deadline that passes later does not change what a call was the first to cancel. */
static int T43_first_stays(void *arg)
{
    struct tutti_scope outer, shield;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, tutti_now() + 5));
    tutti_scope_cancel_because(&outer, "first");
    TUTTI_TRY(tutti_scope_open(&shield, TUTTI_NEVER));
    tutti_scope_set_shield(&shield, true);
    TUTTI_TRY(tutti_sleep(10));
    TUTTI_TRY(tutti_scope_close(&shield, 0));
    const struct tutti_cancel_info *reason = tutti_cancel_reason();
    tutti_check(reason->why == TUTTI_CANCEL_CALL && strcmp(reason->text, "first") == 0);
    tutti_check(reason->at_ns == tutti_now() - 10);
    return tutti_scope_close(&outer, tutti_checkpoint());
}

struct family {
    uint64_t failing;
    struct tutti_cancel_info seen;
};

static int fails(void *arg)
{
    struct family *family = *(struct family **)arg;
    family->failing = tutti_task_id(tutti_task_self());
    return tutti_error(-EIO, "torn page");
}

static int sees(void *arg)
{
    struct family *family = *(struct family **)arg;
    int rc = tutti_sleep_forever();
    family->seen = *tutti_cancel_reason();
    return rc;
}

static int child_fails(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, sees, &arg, sizeof arg));
    return tutti_nursery_start_copy(nursery, fails, &arg, sizeof arg);
}

static int body_fails(struct tutti_nursery *nursery, void *arg)
{
    struct family *family = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, sees, &arg, sizeof arg));
    family->failing = tutti_task_id(tutti_task_self());
    return -EIO;
}

/* T43: by the failure of a child or of the body: whose, and where. */
static int T43_failure(void *arg)
{
    struct family family = {.failing = 0};
    (void)arg;
    tutti_check(tutti_nursery_run(child_fails, &family) == -EIO);
    tutti_check(family.seen.why == TUTTI_CANCEL_CHILD && family.seen.task == family.failing);
    tutti_check(family.seen.site != NULL);
    tutti_check(tutti_nursery_run(body_fails, &family) == -EIO);
    tutti_check(family.seen.why == TUTTI_CANCEL_BODY && family.seen.task == family.failing);
    return 0;
}

/* Small configurations, with one cancellation by the explorer. */
static int one_entered(void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    (void)arg;
    TUTTI_TRY(tutti_scope_set_relative_deadline(&scope, 5));
    TUTTI_TRY(tutti_scope_enter(&scope));
    int rc = tutti_sleep(10);
    tutti_check(rc == TUTTI_ECANCELED);
    enum tutti_cancel_why why = tutti_cancel_reason()->why;
    tutti_check(why == TUTTI_CANCEL_EXPLORER || (why == TUTTI_CANCEL_DEADLINE && tutti_now() == 5));
    rc = tutti_scope_close(&scope, rc);
    tutti_check(tutti_scope_caught(&scope));
    return rc;
}

REHEARSE_MAIN(REHEARSED(T27_cancel_unbound), REHEARSED(T27_shield_and_deadline),
              REHEARSED(T27_single_use), REHEARSED(T34_deadline_on_entry),
              REHEARSED(T34_invalid_access), REHEARSED(T34_refusals_name_the_line),
              REHEARSED(T43_first_stays), REHEARSED(after_closing), REHEARSED(T42_reschedule),
              REHEARSED(T43_explicit), REHEARSED(T43_deadline), REHEARSED(T43_failure),
              REHEARSED_ALL(one_entered, 1, 3), cmocka_unit_test(nothing_is_told))
