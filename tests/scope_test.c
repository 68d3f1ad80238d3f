/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Cancel scopes: the acceptance cases of Trio that need no clock but a virtual one. */
#include "rehearsed.h"
#include "core_cases.h"

static int sleep_forever(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

static int sleep_20(void *arg)
{
    (void)arg;
    return tutti_sleep(20);
}

/* T20: cancelling twice is once; the cancellation is a level and shows at each checkpoint. */
static int T20_cancel_edge_cases(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    tutti_scope_cancel(&scope);
    tutti_check(tutti_checkpoint() == TUTTI_ECANCELED);
    tutti_check(tutti_sleep_forever() == TUTTI_ECANCELED);
    int rc = tutti_sleep_forever();
    rc = tutti_scope_close(&scope, rc);
    tutti_check(rc == 0 && scope.cancelled && scope.caught);
    return 0;
}

/* T21: what is shielded goes on, everything else says it. */
static int T21_cancel_points(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    tutti_yield_shielded();
    tutti_yield_shielded();
    tutti_check(tutti_checkpoint() == TUTTI_ECANCELED);
    tutti_check(tutti_checkpoint_if_cancelled() == TUTTI_ECANCELED);
    tutti_check(tutti_sleep_forever() == TUTTI_ECANCELED);
    return tutti_scope_close(&scope, TUTTI_ECANCELED);
}

static int leaf(void *arg)
{
    int rc = tutti_sleep_forever();
    if (rc == TUTTI_ECANCELED) ++**(int **)arg;
    return rc;
}

static int worker_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, leaf, arg, sizeof(int *)));
    return tutti_nursery_start_copy(nursery, leaf, arg, sizeof(int *));
}

static int worker(void *arg)
{
    return tutti_nursery_run(worker_body, arg);
}

static int t26_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, worker, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, worker, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1)); /* all have begun to sleep by then */
    tutti_nursery_cancel(nursery);
    return 0;
}

/* T26: cancelling the top reaches all leaves of the tree. */
static int T26_cancel_inheritance(void *arg)
{
    int cancelled = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(t26_body, &cancelled));
    tutti_check(cancelled == 4);
    return 0;
}

/* T28, T29: a deadline is noticed by the very next checkpoint, and by nothing once it is closed. */
static int T28_basic_timeout(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 10));
    TUTTI_TRY(tutti_scope_close(&scope, 0));
    TUTTI_TRY(tutti_sleep(20));
    tutti_check(!scope.cancelled && !scope.caught);
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&scope, start_ns + 10));
    TUTTI_TRY(tutti_sleep(5));
    TUTTI_TRY(tutti_checkpoint());
    tutti_scope_set_deadline(&scope, start_ns + 1);
    tutti_check(tutti_checkpoint() == TUTTI_ECANCELED);
    tutti_check(tutti_checkpoint() == TUTTI_ECANCELED);
    TUTTI_TRY(tutti_scope_close(&scope, TUTTI_ECANCELED));
    tutti_check(scope.caught && scope.info.why == TUTTI_CANCEL_DEADLINE);
    return 0;
}

/* Moving a deadline later in time prevents the cancellation. */
static int deadline_moved(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 10));
    TUTTI_TRY(tutti_sleep(9));
    tutti_scope_set_deadline(&scope, tutti_now() + 10);
    TUTTI_TRY(tutti_sleep(9));
    tutti_scope_set_deadline(&scope, TUTTI_NEVER);
    TUTTI_TRY(tutti_sleep(100));
    return tutti_scope_close(&scope, 0);
}

/* T31: the outer deadline comes first. */
static int T31_outer_first(void *arg)
{
    struct tutti_scope outer, inner;
    (void)arg;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&outer, start_ns + 5));
    TUTTI_TRY(tutti_scope_open(&inner, start_ns + 10));
    int rc = tutti_sleep(20);
    rc = tutti_scope_close(&inner, rc);
    tutti_check(rc == TUTTI_ECANCELED && !inner.cancelled && !inner.caught);
    rc = tutti_scope_close(&outer, rc);
    tutti_check(rc == 0 && outer.caught && tutti_now() == start_ns + 5);
    return 0;
}

/* T32: the same instant for both: the outer one catches. */
static int T32_same_instant(void *arg)
{
    struct tutti_scope outer, inner;
    (void)arg;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&outer, start_ns + 5));
    TUTTI_TRY(tutti_scope_open(&inner, start_ns + 5));
    int rc = tutti_sleep_forever();
    rc = tutti_scope_close(&inner, rc);
    tutti_check(rc == TUTTI_ECANCELED && inner.cancelled && !inner.caught);
    rc = tutti_scope_close(&outer, rc);
    tutti_check(rc == 0 && outer.caught && tutti_now() == start_ns + 5);
    return 0;
}

/* T33: a shield hides what is outside; its own deadline works. */
static int T33_shielded_timeout(void *arg)
{
    struct tutti_scope outer, inner;
    (void)arg;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    tutti_scope_cancel(&outer);
    TUTTI_TRY(tutti_scope_open(&inner, start_ns + 1));
    tutti_scope_set_shield(&inner, true);
    TUTTI_TRY(tutti_checkpoint());
    int rc = tutti_sleep_forever();
    rc = tutti_scope_close(&inner, rc);
    tutti_check(rc == 0 && inner.caught && tutti_now() == start_ns + 1);
    rc = tutti_scope_close(&outer, rc);
    tutti_check(rc == 0 && !outer.caught); /* nothing was left to catch */
    return 0;
}

/* T33: the same by the function forms, of which one fails. */
static int T33_shielded_functions(void *arg)
{
    struct tutti_scope outer;
    (void)arg;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    tutti_scope_cancel(&outer);
    tutti_check(tutti_fail_after(1, sleep_forever, NULL) == TUTTI_ECANCELED);
    tutti_check(tutti_now() == start_ns);
    tutti_check(tutti_fail_after_shielded(1, sleep_forever, NULL) == TUTTI_ETOOSLOW);
    tutti_check(tutti_now() == start_ns + 1);
    tutti_check(tutti_move_on_after_shielded(1, sleep_forever, NULL) == 0);
    tutti_check(tutti_fail_after_shielded(30, sleep_20, NULL) == 0);
    tutti_check(tutti_now() == start_ns + 22);
    return tutti_scope_close(&outer, tutti_checkpoint());
}

struct shielded {
    struct tutti_scope outer, inner;
    int64_t ended_ns;
};

static int waits_shielded(void *arg)
{
    struct shielded *it = arg;
    TUTTI_TRY(tutti_scope_open(&it->outer, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&it->inner, 10));
    tutti_scope_set_shield(&it->inner, true);
    int rc = tutti_scope_close(&it->inner, tutti_sleep_forever());
    it->ended_ns = tutti_now();
    tutti_check(rc == 0 && it->inner.caught);
    return tutti_scope_close(&it->outer, tutti_checkpoint());
}

static int cancels_outer(struct tutti_nursery *nursery, void *arg)
{
    struct shielded *it = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, waits_shielded, it));
    TUTTI_TRY(tutti_sleep(1));
    tutti_scope_cancel(&it->outer);
    return 0;
}

/* R23: a task that waits behind a shield is not woken by a cancellation from outside. */
static int R23_waits_behind_shield(void *arg)
{
    struct shielded it = {.ended_ns = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(cancels_outer, &it));
    tutti_check(it.ended_ns == 10 && it.outer.caught);
    return 0;
}

/* Many deadlines, set and taken away in any order: each comes at its time. */
enum { SLEEPERS = 64 };
struct dormitory {
    struct tutti_scope scopes[SLEEPERS];
    int64_t due_ns[SLEEPERS];
    int next, early, in_time;
};

static int sleeps_until_due(void *arg)
{
    struct dormitory *dormitory = *(struct dormitory **)arg;
    int me = dormitory->next++;
    TUTTI_TRY(tutti_scope_open(&dormitory->scopes[me], dormitory->due_ns[me]));
    int rc = tutti_sleep_forever();
    if (tutti_now() == dormitory->due_ns[me]) {
        dormitory->in_time++;
    } else {
        tutti_check(tutti_now() == 1);
        dormitory->early++;
    }
    return tutti_scope_close(&dormitory->scopes[me], rc);
}

static int dormitory_body(struct tutti_nursery *nursery, void *arg)
{
    struct dormitory *dormitory = arg;
    uint32_t chance = 12345;
    for (int i = 0; i < SLEEPERS; i++) {
        chance = chance * 1664525 + 1013904223;
        dormitory->due_ns[i] = 2 + (chance >> 16) % 1000;
        TUTTI_TRY(tutti_nursery_start_copy(nursery, sleeps_until_due, &arg, sizeof arg));
    }
    TUTTI_TRY(tutti_sleep(1));
    for (int i = 0; i < SLEEPERS; i++) {
        chance = chance * 1664525 + 1013904223;
        if ((chance >> 16) % 3 == 0) tutti_scope_cancel(&dormitory->scopes[i]);
    }
    return 0;
}

static int deadlines_in_any_order(void *arg)
{
    struct dormitory dormitory = {.next = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(dormitory_body, &dormitory));
    tutti_check(dormitory.early > 5 && dormitory.early + dormitory.in_time == SLEEPERS);
    return 0;
}

/* T35: the effective deadline. */
static int T35_effective_deadline(void *arg)
{
    struct tutti_scope one, two;
    (void)arg;
    tutti_check(tutti_effective_deadline() == TUTTI_NEVER);
    TUTTI_TRY(tutti_scope_open(&one, 5));
    TUTTI_TRY(tutti_scope_open(&two, 10));
    tutti_check(tutti_effective_deadline() == 5);
    tutti_scope_set_deadline(&two, 3);
    tutti_check(tutti_effective_deadline() == 3);
    tutti_scope_set_deadline(&two, 10);
    tutti_check(tutti_effective_deadline() == 5);
    tutti_scope_set_shield(&two, true);
    tutti_check(tutti_effective_deadline() == 10);
    tutti_scope_set_shield(&two, false);
    tutti_check(tutti_effective_deadline() == 5);
    tutti_scope_cancel(&one);
    tutti_check(tutti_effective_deadline() == TUTTI_ALREADY);
    tutti_scope_set_shield(&two, true);
    tutti_check(tutti_effective_deadline() == 10);
    TUTTI_TRY(tutti_scope_close(&two, 0));
    tutti_check(tutti_effective_deadline() == TUTTI_ALREADY);
    TUTTI_TRY(tutti_scope_close(&one, 0));
    tutti_check(tutti_effective_deadline() == TUTTI_NEVER);
    return 0;
}

/* T39: a cleanup with its own time, shielded. */
static int t39_blocking_cleanup(void *arg)
{
    struct tutti_scope outer, cleanup;
    bool shield = arg != NULL;
    int64_t start_ns = tutti_now();
    TUTTI_TRY(tutti_scope_open(&outer, start_ns + 1));
    int rc = tutti_sleep_forever();
    TUTTI_TRY(tutti_scope_open(&cleanup, tutti_now() + 2));
    tutti_scope_set_shield(&cleanup, shield);
    int cleaned = tutti_sleep_forever();
    cleaned = tutti_scope_close(&cleanup, cleaned);
    tutti_check(cleanup.caught == shield && cleaned == (shield ? 0 : TUTTI_ECANCELED));
    rc = tutti_scope_close(&outer, rc);
    tutti_check(rc == 0 && outer.caught && tutti_now() == start_ns + (shield ? 3 : 1));
    return 0;
}

static int T39_with_shield(void *arg)
{
    (void)arg;
    return t39_blocking_cleanup("shield");
}

static int T39_without(void *arg)
{
    (void)arg;
    return t39_blocking_cleanup(NULL);
}

/* T44: thousands of scopes nest without recursion. */
static int T44_very_deep_nesting(void *arg)
{
    enum { DEEP = 5001 };
    static struct tutti_scope scopes[DEEP];
    (void)arg;
    for (int i = 0; i < DEEP; i++)
        TUTTI_TRY(tutti_scope_open(&scopes[i], TUTTI_NEVER));
    tutti_scope_cancel(&scopes[0]);
    int rc = tutti_checkpoint();
    for (int i = DEEP - 1; i >= 0; i--) {
        tutti_check(rc == TUTTI_ECANCELED);
        rc = tutti_scope_close(&scopes[i], rc);
    }
    tutti_check(rc == 0 && scopes[0].caught && !scopes[1].caught);
    return 0;
}

/* Raising a shield while a cancellation is on its way out does not make that scope the catcher
 * (Trio issue 1175). */
static int shield_on_the_way_out(void *arg)
{
    struct tutti_scope outer, inner;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&inner, TUTTI_NEVER));
    tutti_scope_cancel(&outer);
    int rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    tutti_scope_set_shield(&inner, true);
    rc = tutti_scope_close(&inner, rc);
    tutti_check(rc == TUTTI_ECANCELED && !inner.caught);
    rc = tutti_scope_close(&outer, rc);
    tutti_check(rc == 0 && outer.caught);
    return 0;
}

/* T37, R20: another error passes through a cancelled scope untouched. */
static int T37_other_errors_pass(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    tutti_scope_cancel(&scope);
    int rc = tutti_scope_close(&scope, tutti_error(-EIO, "torn page"));
    tutti_check(rc == -EIO && !scope.caught);
    return 0;
}

/* R21: cancelled behind the last checkpoint: nothing was cut short. */
static int R21_cancelled_too_late(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    TUTTI_TRY(tutti_checkpoint());
    tutti_scope_cancel(&scope);
    TUTTI_TRY(tutti_scope_close(&scope, 0));
    tutti_check(scope.cancelled && !scope.caught);
    return tutti_checkpoint();
}

struct instant {
    struct tutti_scope scopes[3];
    int order[3], next, woken;
};

static int until_10(void *arg)
{
    struct instant *instant = *(struct instant **)arg;
    int me = instant->next++;
    TUTTI_TRY(tutti_sleep(3 - me)); /* the last one's scope is the first with a timer */
    TUTTI_TRY(tutti_scope_open(&instant->scopes[me], 10));
    int rc = tutti_sleep_forever();
    instant->order[instant->woken++] = me;
    for (int i = 0; i < 3; i++)
        tutti_check(instant->scopes[i].cancelled);
    return tutti_scope_close(&instant->scopes[me], rc);
}

static int instant_body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, until_10, &arg, sizeof arg));
    }
    return 0;
}

/* R25: all deadlines of one instant before any task. */
static int R25_one_instant(void *arg)
{
    struct instant instant = {.woken = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(instant_body, &instant));
    tutti_check(instant.woken == 3 && tutti_now() == 10);
    return 0;
}

/* R25: in the order in which their timers were armed, not in that of the tasks. */
static int R25_in_order_of_arming(void *arg)
{
    struct instant instant = {.woken = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(instant_body, &instant));
    for (int i = 0; i < 3; i++)
        tutti_check(instant.order[i] == 2 - i);
    return 0;
}

/* The function form: what fn returned, or moved on, or too slow. */
static int function_form(void *arg)
{
    (void)arg;
    int64_t start_ns = tutti_now();
    tutti_check(tutti_move_on_after(5, sleep_forever, NULL) == 0);
    tutti_check(tutti_now() == start_ns + 5);
    tutti_check(tutti_fail_after(5, sleep_20, NULL) == TUTTI_ETOOSLOW);
    tutti_check(tutti_now() == start_ns + 10);
    tutti_check(tutti_fail_after(30, sleep_20, NULL) == 0);
    tutti_check(tutti_move_on_at(tutti_now(), sleep_forever, NULL) == 0);
    tutti_check(tutti_fail_at(0, sleep_20, NULL) == TUTTI_ETOOSLOW);
    return 0;
}

static int leave_by_return(struct tutti_scope *scope)
{
    TUTTI_SCOPE(scope, TUTTI_NEVER)
    {
        tutti_scope_cancel(scope);
        return tutti_checkpoint();
    }
    return 0;
}

/* The block form: left by its end, by break, by return. */
static int block_form(void *arg)
{
    struct tutti_scope scope;
    int rounds = 0;
    (void)arg;
    TUTTI_SCOPE(&scope, tutti_now() + 5)
    {
        rounds++;
        int rc = tutti_sleep_forever();
        tutti_check(rc == TUTTI_ECANCELED);
    }
    tutti_check(rounds == 1 && tutti_scope_caught(&scope));
    TUTTI_SCOPE(&scope, TUTTI_NEVER)
    {
        if (rounds == 1) break;
        rounds++;
    }
    tutti_check(rounds == 1 && tutti_scope_opened(&scope) && !tutti_scope_caught(&scope));
    tutti_check(leave_by_return(&scope) == TUTTI_ECANCELED && tutti_scope_caught(&scope));
    return tutti_checkpoint();
}

REHEARSE_MAIN(REHEARSED(T20_cancel_edge_cases), REHEARSED(T21_cancel_points),
              REHEARSED(T23_cancel_scope_nesting), REHEARSED(T26_cancel_inheritance),
              REHEARSED(T28_basic_timeout), REHEARSED(deadline_moved), REHEARSED(T31_outer_first),
              REHEARSED(T32_same_instant), REHEARSED(T33_shielded_timeout),
              REHEARSED(T33_shielded_functions), REHEARSED(R23_waits_behind_shield),
              REHEARSED_PLAIN(deadlines_in_any_order), REHEARSED(T35_effective_deadline),
              REHEARSED(T39_with_shield), REHEARSED(T39_without), REHEARSED(T44_very_deep_nesting),
              REHEARSED(shield_on_the_way_out), REHEARSED(T37_other_errors_pass),
              REHEARSED(R21_cancelled_too_late), REHEARSED(R25_one_instant),
              REHEARSED_PLAIN(R25_in_order_of_arming), REHEARSED(function_form),
              REHEARSED(block_form))
