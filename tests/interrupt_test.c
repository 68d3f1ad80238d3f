/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An interrupt: the whole run is cancelled, from the outside in, and says why. */
#include "rehearsed.h"

#include <signal.h>

#include "tiny_world.h"
#include "tutti/core/interrupt.h"
#include "tutti/core/sync.h"
#include "tutti/core/token.h"
#include "tutti/io/real.h"

/* What main returns is the run's: a case that is good returns 0 although it was cancelled. */
static int good_if(int rc)
{
    return rc == TUTTI_ECANCELED ? 0 : rc < 0 ? rc : TUTTI_ESTATE;
}

/* R16: no scope of the program absorbs it, not even one that is cancelled already; its first cause
 * stays what code inside sees. */
static int R16_outranks_cancellations(void *arg)
{
    struct tutti_scope outer, inner;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, 10));
    TUTTI_TRY(tutti_scope_open(&inner, TUTTI_NEVER));
    tutti_scope_cancel(&inner);
    tutti_interrupt("stop");
    tutti_interrupt("again");
    int rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED && tutti_cancel_reason()->why == TUTTI_CANCEL_CALL);
    rc = tutti_scope_close(&inner, rc);
    tutti_check(rc == TUTTI_ECANCELED && !tutti_scope_caught(&inner));
    tutti_check(tutti_cancel_reason()->why == TUTTI_CANCEL_INTERRUPT);
    tutti_check(strcmp(tutti_cancel_reason()->text, "stop") == 0);
    rc = tutti_scope_close(&outer, rc);
    tutti_check(!tutti_scope_caught(&outer));
    tutti_check(tutti_checkpoint() == TUTTI_ECANCELED && tutti_checkpoint() == TUTTI_ECANCELED);
    return good_if(rc);
}

struct waiter {
    struct tutti_event event;
    int first, second;
};

static int waits_twice(void *arg)
{
    struct waiter *waiter = arg;
    waiter->first = tutti_event_wait(&waiter->event);
    waiter->second = tutti_event_wait(&waiter->event);
    return waiter->second;
}

static int serve_body(struct tutti_nursery *nursery, void *arg)
{
    struct waiter *waiter = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, waits_twice, waiter));
    TUTTI_TRY(tutti_sleep(1));
    tutti_event_set(&waiter->event);
    tutti_interrupt("stop");
    return 0;
}

/* R16: and what was handed over before it stays handed over. */
static int R16_result_came_first(void *arg)
{
    struct waiter waiter = {.first = -1};
    (void)arg;
    tutti_event_init(&waiter.event, "event");
    int rc = tutti_nursery_run(serve_body, &waiter);
    tutti_check(waiter.first == 0 && waiter.second == TUTTI_ECANCELED);
    return good_if(rc);
}

/* A shield keeps it out, as it does every cancellation: cleanup can wait. */
static int shielded(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    tutti_interrupt(NULL);
    TUTTI_TRY(tutti_scope_open(&scope, 5));
    tutti_scope_set_shield(&scope, true);
    TUTTI_TRY(tutti_sleep(3));
    TUTTI_TRY(tutti_scope_close(&scope, tutti_sleep(10)));
    tutti_check(tutti_scope_caught(&scope) && tutti_now() == 5);
    return good_if(tutti_sleep(1));
}

struct children {
    const struct tutti_site *site;
    int cancelled;
};

static int tells_why(void *arg)
{
    struct children *children = arg;
    int rc = tutti_sleep_forever();
    const struct tutti_cancel_info *info = tutti_cancel_reason();
    tutti_check(rc == TUTTI_ECANCELED && info->why == TUTTI_CANCEL_INTERRUPT);
    tutti_check(info->at_ns == 7 && strcmp(info->text, "Ctrl-C") == 0);
    children->cancelled++;
    return rc;
}

static struct tutti_token token;
static struct tutti_post stop = {.fn = tutti_interrupt_post, .arg = "Ctrl-C"};

/* Plays the outside. */
static int presses(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(7));
    return tutti_token_post(&token, &stop, TUTTI_POST_ONCE);
}

static int children_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, tells_why, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, tells_why, arg));
    return tutti_nursery_start(nursery, presses, arg);
}

/* T86: it comes while main waits for its nursery's end: the children are cancelled, main after. */
static int T86_interrupt_at_the_end_of_a_nursery(void *arg)
{
    struct children children = {.cancelled = 0};
    (void)arg;
    TUTTI_TRY(tutti_token_open(&token, "keys"));
    int rc = tutti_nursery_run(children_body, &children);
    tutti_check(children.cancelled == 2);
    tutti_check(tutti_cancel_reason()->why == TUTTI_CANCEL_INTERRUPT);
    return good_if(rc);
}

/* Explored: at whatever moment it comes, and with a scope that is cancelled too. */
static int one_wait(void *arg)
{
    return tutti_event_wait(arg);
}

static int in_scope(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, one_wait, arg);
}

static int sets(void *arg)
{
    tutti_event_set(arg);
    return tutti_checkpoint();
}

static int interrupts(void *arg)
{
    (void)arg;
    tutti_interrupt("stop");
    return 0;
}

static int any_time_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, in_scope, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, sets, arg));
    return tutti_nursery_start(nursery, interrupts, NULL);
}

static int any_time(void *arg)
{
    struct tutti_event event;
    (void)arg;
    tutti_event_init(&event, "event");
    int rc = tutti_nursery_run(any_time_body, &event);
    tutti_check(rc == 0 || rc == TUTTI_ECANCELED);
    tutti_check(event.lot.count == 0);
    return good_if(tutti_checkpoint());
}

/* What the run returns and says. */
static int waits(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_token_open(&token, "keys"));
    TUTTI_TRY(tutti_token_post(&token, &stop, 0));
    return tutti_sleep_forever();
}

static int handles_it(void *arg)
{
    int rc = waits(arg);
    return rc == TUTTI_ECANCELED ? 3 : rc;
}

static void what_the_run_says(void **state)
{
    static const struct tutti_options quiet = {.quiet = true};
    struct tutti_run_stats stats;
    struct tiny_world tiny;
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.options = &quiet;
    assert_int_equal(tutti_run(&tiny.world, waits, NULL), TUTTI_ECANCELED);
    tutti_run_last(&stats);
    assert_int_equal(stats.outcome, TUTTI_OUTCOME_CANCELLED);
    assert_int_equal(stats.cancelled, TUTTI_CANCEL_INTERRUPT);
    assert_string_equal(stats.message, "interrupted: Ctrl-C");
    assert_int_equal(tutti_run(&tiny.world, handles_it, NULL), 3);
    tutti_run_last(&stats);
    assert_int_equal(stats.cancelled, TUTTI_CANCEL_INTERRUPT);
    assert_int_equal(tutti_run(&tiny.world, handles_it, NULL), 3); /* and again */
}

/* T43, in the real world: a signal handler's post is the cause. */
static void on_signal(int number)
{
    (void)number;
    (void)!tutti_token_post(&token, &stop, TUTTI_POST_ONCE);
}

static int raises(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_token_open(&token, "keys"));
    raise(SIGUSR1);
    int rc = tutti_sleep_forever();
    tutti_check(tutti_cancel_reason()->why == TUTTI_CANCEL_INTERRUPT);
    return good_if(rc);
}

static void T43_interrupt_by_signal(void **state)
{
    (void)state;
    signal(SIGUSR1, on_signal);
    assert_int_equal(tutti_run(tutti_world_real(), raises, NULL), 0);
    signal(SIGUSR1, SIG_DFL);
}

REHEARSE_MAIN(REHEARSED(R16_outranks_cancellations), REHEARSED(R16_result_came_first),
              REHEARSED(shielded), REHEARSED(T86_interrupt_at_the_end_of_a_nursery),
              REHEARSED_ALL(any_time, 1, 87), cmocka_unit_test(what_the_run_says),
              cmocka_unit_test(T43_interrupt_by_signal))
