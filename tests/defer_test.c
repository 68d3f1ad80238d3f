/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a task does at its end, in which order, and what comes of its failures. */
#include "rehearsed.h"

#include "tutti/core/defer.h"

static char text[16];
static int count;

static int note(void *arg)
{
    text[count++] = *(const char *)arg;
    return 0;
}

static int note_later(void *arg)
{
    TUTTI_TRY(tutti_sleep(1));
    return note(arg);
}

static int defers_more(void *arg)
{
    TUTTI_TRY(tutti_defer(note, "d"));
    return note(arg);
}

static int three(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_defer(note, "a"));
    TUTTI_TRY(tutti_defer(defers_more, "b"));
    TUTTI_TRY(tutti_defer(note_later, "c"));
    TUTTI_TRY(tutti_sleep(1));
    return note("t");
}

static int three_body(struct tutti_nursery *nursery, void *arg)
{
    count = 0;
    memset(text, 0, sizeof text);
    return tutti_nursery_start(nursery, three, arg);
}

static int three_run(void *arg)
{
    return tutti_nursery_run(three_body, arg);
}

/* In reverse order, at the end of the task, which waits for them; they may defer more. */
static int in_reverse(void *arg)
{
    TUTTI_TRY(three_run(arg));
    tutti_check(strcmp(text, "tcbda") == 0 && tutti_now() == 2);
    return 0;
}

/* A cancelled task does them, too, and they are not cancelled. */
static int although_cancelled(void *arg)
{
    tutti_check(tutti_fail_at(0, three_run, arg) == TUTTI_ETOOSLOW);
    tutti_check(strcmp(text, "cbda") == 0 && tutti_now() == 1);
    return 0;
}

static int fails(void *arg)
{
    return tutti_error(-*(const int *)arg, "cannot close %d", *(const int *)arg);
}

static int codes[] = {4, 5, 6};

static int fails_at_its_end(void *arg)
{
    TUTTI_TRY(tutti_defer(fails, &codes[0]));
    TUTTI_TRY(tutti_defer(fails, &codes[1]));
    return arg ? fails(arg) : 0;
}

static int failing_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, fails_at_its_end, arg);
}

/* The first failure is the task's, the later ones hang below it. */
static int failures(void *arg)
{
    (void)arg;
    int rc = tutti_nursery_run(failing_body, NULL);
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(rc == -5 && error && error->suppressed && error->suppressed->code == -4);
    tutti_check(!error->suppressed->next);
    rc = tutti_nursery_run(failing_body, &codes[2]);
    error = tutti_error_record(rc);
    tutti_check(rc == -6 && error && error->suppressed && error->suppressed->code == -5);
    tutti_check(error->suppressed->next && error->suppressed->next->code == -4);
    return 0;
}

static int cancelled_then_fails(void *arg)
{
    TUTTI_TRY(tutti_defer(fails, arg));
    return tutti_sleep_forever();
}

static int cancelled_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, cancelled_then_fails, arg);
}

static int cancelled_run(void *arg)
{
    return tutti_nursery_run(cancelled_body, arg);
}

/* A failure takes the place of a cancellation, and the scope knows of both. */
static int failure_after_cancellation(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 1));
    int rc = tutti_scope_close(&scope, cancelled_run(&codes[0]));
    tutti_check(rc == -4 && scope.caught);
    tutti_check(tutti_defer(NULL, NULL) == TUTTI_EINVALID);
    return 0;
}

static int says_cancelled(void *arg)
{
    (void)arg;
    return TUTTI_ECANCELED;
}

static int defers_cancelled(void *arg)
{
    TUTTI_TRY(tutti_defer(says_cancelled, arg));
    return 0;
}

/* It is not cancelled, so what it says of a cancellation of its own is no failure, and nobody else
 * is cancelled for it. */
static int cancelled_is_no_failure(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, defers_cancelled, NULL));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(!nursery.children && !tutti_scope_called(&nursery.scope));
    return tutti_nursery_close(&nursery, 0);
}

static int note_shielded(void *arg)
{
    int rc = tutti_checkpoint();
    tutti_check(rc == 0); /* whatever is cancelled: not this */
    return note(arg);
}

static int small(void *arg)
{
    TUTTI_TRY(tutti_defer(note_shielded, arg));
    return tutti_checkpoint();
}

static int small_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, small, arg));
    return tutti_nursery_start(nursery, small, arg);
}

static int small_run(void *arg)
{
    return tutti_nursery_run(small_body, arg);
}

/* However it goes: both do what they deferred. */
static int two_defer(void *arg)
{
    (void)arg;
    count = 0;
    TUTTI_TRY(tutti_move_on_at(TUTTI_NEVER, small_run, "x"));
    tutti_check(count == 2 || count == 0);
    return 0;
}

REHEARSE_MAIN(REHEARSED(in_reverse), REHEARSED(although_cancelled), REHEARSED(failures),
              REHEARSED(failure_after_cancellation), REHEARSED(cancelled_is_no_failure),
              REHEARSED_ALL(two_defer, 1, 160))
