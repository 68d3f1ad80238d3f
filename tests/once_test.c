/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Once: one does it, the others wait; failures and cancellations pass the turn on. */
#include "rehearsed.h"

#include "tutti/core/lot_break.h"
#include "tutti/core/once.h"

struct opening {
    struct tutti_once once;
    struct tutti_scope scopes[3];
    int results[3];
    int next, tries, trying, fail_first, users;
};

static int open_it(void *arg)
{
    struct opening *opening = arg;
    tutti_check(opening->trying++ == 0 && !opening->once.done);
    int number = ++opening->tries;
    int rc = tutti_sleep(5);
    opening->trying--;
    if (rc < 0) return rc;
    return number <= opening->fail_first ? -5 : 10 + number;
}

static int user(void *arg)
{
    struct opening *opening = *(struct opening **)arg;
    int me = opening->next++;
    TUTTI_TRY(tutti_scope_open(&opening->scopes[me], TUTTI_NEVER));
    int rc = tutti_once_run(&opening->once, open_it, opening);
    opening->results[me] = rc;
    if (rc >= 0) tutti_check(opening->once.done && opening->trying == 0);
    rc = tutti_scope_close(&opening->scopes[me], rc);
    return rc == -5 ? 0 : rc;
}

static int start_users(struct tutti_nursery *nursery, void *arg)
{
    struct opening *opening = arg;
    for (int i = 0; i < opening->users; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, user, &arg, sizeof arg));
    }
    return 0;
}

static void is_done(const struct opening *opening, int result)
{
    struct tutti_once_stats stats = tutti_once_statistics(&opening->once);
    tutti_check(stats.done && stats.runner == 0 && stats.waiting == 0);
    tutti_check(tutti_once_get_nowait(&opening->once) == result);
}

static int by_one(void *arg)
{
    struct opening opening = {.users = 3};
    (void)arg;
    tutti_once_init(&opening.once, "opening");
    tutti_check(tutti_once_get_nowait(&opening.once) == TUTTI_EWOULDBLOCK);
    TUTTI_TRY(tutti_nursery_run(start_users, &opening));
    tutti_check(opening.tries == 1);
    for (int i = 0; i < 3; i++)
        tutti_check(opening.results[i] == 11);
    is_done(&opening, 11);
    return 0;
}

/* The failure is its caller's; the next tries. */
static int fails_first(void *arg)
{
    struct opening opening = {.users = 3, .fail_first = 2};
    (void)arg;
    tutti_once_init(&opening.once, "opening");
    TUTTI_TRY(tutti_nursery_run(start_users, &opening));
    tutti_check(opening.tries == 3);
    for (int i = 0; i < 3; i++)
        tutti_check(opening.results[i] == (i < 2 ? -5 : 13));
    is_done(&opening, 13);
    return 0;
}

static int cancel_body(struct tutti_nursery *nursery, void *arg)
{
    struct opening *opening = arg;
    TUTTI_TRY(start_users(nursery, arg));
    TUTTI_TRY(tutti_sleep(1));
    struct tutti_once_stats stats = tutti_once_statistics(&opening->once);
    tutti_check(stats.waiting == 2 && stats.runner != 0 && !stats.done);
    tutti_scope_cancel(&opening->scopes[1]);
    tutti_check(opening->once.lot.count == 1);
    tutti_scope_cancel(&opening->scopes[0]);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(opening->tries == 2 && opening->once.lot.count == 0);
    return 0;
}

/* Who is cancelled while it tries hands the turn to the next. */
static int cancelled_try(void *arg)
{
    struct opening opening = {.users = 3};
    (void)arg;
    tutti_once_init(&opening.once, "opening");
    TUTTI_TRY(tutti_nursery_run(cancel_body, &opening));
    tutti_check(opening.results[0] == TUTTI_ECANCELED && opening.results[1] == TUTTI_ECANCELED);
    tutti_check(opening.results[2] == 12);
    is_done(&opening, 12);
    return 0;
}

static int calls_itself(void *arg)
{
    return tutti_once_run((struct tutti_once *)arg, calls_itself, arg) == TUTTI_ESTATE ? 7 : 8;
}

static int codes(void *arg)
{
    struct tutti_once once;
    const struct tutti_task *self = tutti_task_self();
    (void)arg;
    tutti_once_init(&once, "once");
    tutti_check(tutti_once_run(&once, NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_once_run(&once, calls_itself, &once) == 7);
    uint64_t cancels = tutti_task_cancel_points(self), yields = tutti_task_schedule_points(self);
    tutti_check(tutti_once_run(&once, calls_itself, &once) == 7);
    tutti_check(tutti_task_cancel_points(self) == cancels + 1);
    tutti_check(tutti_task_schedule_points(self) == yields + 1);
    return 0;
}

static int any_schedule(int users)
{
    struct opening opening = {.users = users};
    tutti_once_init(&opening.once, "opening");
    TUTTI_TRY(tutti_nursery_run(start_users, &opening));
    tutti_check(opening.tries == 1 || opening.tries == 2);
    is_done(&opening, 10 + opening.tries);
    int without = 0;
    for (int i = 0; i < users; i++)
        without += opening.results[i] < 0;
    tutti_check(without <= 1);
    return 0;
}

static int two_users(void *arg)
{
    (void)arg;
    return any_schedule(2);
}

static int three_users(void *arg)
{
    (void)arg;
    return any_schedule(3);
}

REHEARSE_MAIN(REHEARSED(by_one), REHEARSED(fails_first), REHEARSED(cancelled_try), REHEARSED(codes),
              REHEARSED_ALL(two_users, 1, 42), REHEARSED_ALL(three_users, 1, 588))
