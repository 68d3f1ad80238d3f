/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Capacity limiter: T64, T70, totals that change, borrowers of both sorts, mistakes. */
#include "aborts.h"
#include "gate_cases.h"
#include "rehearsed.h"

#include "tutti/core/limiter.h"

static int enter(void *it, struct tutti_borrow *borrow)
{
    return tutti_limiter_acquire((struct tutti_limiter *)it, borrow);
}

static int enter_nowait(void *it, struct tutti_borrow *borrow)
{
    return tutti_limiter_acquire_nowait((struct tutti_limiter *)it, borrow);
}

static void leave(void *it, struct tutti_borrow *borrow)
{
    tutti_limiter_release(it, borrow);
}

static void make(struct gate *gate)
{
    static struct tutti_limiter limiter; /* one run at a time */
    tutti_limiter_init(&limiter, "gate", 1);
    gate->it = &limiter;
    gate->lot = &limiter.lot;
    gate->enter = enter;
    gate->enter_nowait = enter_nowait;
    gate->leave = leave;
}

GATE_CASES(make)

struct office {
    struct tutti_limiter limiter;
    int served;
};

static int borrow_a_while(void *arg)
{
    struct office *office = *(struct office **)arg;
    struct tutti_borrow borrow;
    TUTTI_TRY(tutti_limiter_acquire(&office->limiter, &borrow));
    office->served++;
    int rc = tutti_sleep(10);
    tutti_limiter_release(&office->limiter, &borrow);
    return rc;
}

static int t70_body(struct tutti_nursery *nursery, void *arg)
{
    struct office *office = arg;
    struct tutti_limiter *limiter = &office->limiter;
    struct tutti_borrow mine, other;
    int thing, another;
    TUTTI_TRY(tutti_limiter_acquire(limiter, &mine));
    tutti_check(tutti_limiter_acquire(limiter, &other) == TUTTI_ESTATE);
    tutti_check(limiter->lot.object.holder == tutti_task_self());
    TUTTI_TRY(tutti_limiter_acquire_for(limiter, &other, &thing));
    tutti_check(tutti_limiter_acquire_for_nowait(limiter, &mine, &another) == TUTTI_ESTATE);
    struct tutti_borrow third;
    tutti_check(tutti_limiter_acquire_for_nowait(limiter, &third, &thing) == TUTTI_ESTATE);
    tutti_check(tutti_limiter_acquire_for_nowait(limiter, &third, NULL) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_nursery_start_copy(nursery, borrow_a_while, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_limiter_statistics(limiter).waiting == 1);
    tutti_limiter_release(limiter, &mine);
    tutti_check(limiter->borrowed == 2 && limiter->lot.count == 0);
    tutti_check(tutti_limiter_acquire_nowait(limiter, &mine) == TUTTI_EWOULDBLOCK);
    tutti_limiter_release(limiter, &other);
    return 0;
}

/* T70: who has one gets no second; a token given back goes to the first who waits. */
static int T70_limiter(void *arg)
{
    struct office office = {.served = 0};
    (void)arg;
    tutti_limiter_init(&office.limiter, "office", 2);
    TUTTI_TRY(tutti_nursery_run(t70_body, &office));
    tutti_check(office.served == 1 && office.limiter.borrowed == 0 && !office.limiter.first);
    tutti_check(!office.limiter.lot.object.holder);
    return 0;
}

static int total_body(struct tutti_nursery *nursery, void *arg)
{
    struct office *office = arg;
    for (int i = 0; i < 4; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, borrow_a_while, &arg, sizeof arg));
    }
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(office->limiter.lot.count == 4);
    tutti_limiter_set_total(&office->limiter, 3);
    tutti_check(office->limiter.borrowed == 3 && office->limiter.lot.count == 1);
    tutti_limiter_set_total(&office->limiter, 1);
    tutti_check(office->limiter.borrowed == 3);
    TUTTI_TRY(tutti_sleep(12));
    tutti_check(office->served == 4);
    tutti_limiter_set_total(&office->limiter, 0);
    tutti_check(office->limiter.borrowed == 1);
    return 0;
}

/* More tokens wake waiters; fewer take none away; there may be none, or no limit. */
static int total_changes(void *arg)
{
    struct office office = {.served = 0};
    struct tutti_borrow borrow;
    (void)arg;
    tutti_limiter_init(&office.limiter, "office", 0);
    TUTTI_TRY(tutti_nursery_run(total_body, &office));
    tutti_check(tutti_limiter_acquire_nowait(&office.limiter, &borrow) == TUTTI_EWOULDBLOCK);
    tutti_limiter_set_total(&office.limiter, TUTTI_LIMITER_INFINITE);
    TUTTI_TRY(tutti_limiter_acquire(&office.limiter, &borrow));
    tutti_limiter_release(&office.limiter, &borrow);
    return 0;
}

/* Given back in any order: the others stay known, in the order of their borrowing. */
static int given_back_in_any_order(void *arg)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct tutti_limiter limiter;
    struct tutti_borrow borrows[3];
    (void)arg;
    tutti_limiter_init(&limiter, "office", 3);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        for (int k = 0; k < 3; k++) {
            TUTTI_TRY(tutti_limiter_acquire_for(&limiter, &borrows[k], &borrows[k]));
        }
        for (int k = 0; k < 3; k++) {
            int left = 0, last = -1;
            tutti_limiter_release(&limiter, &borrows[orders[i][k]]);
            for (struct tutti_borrow *one = limiter.first; one; one = one->next) {
                tutti_check(one - borrows > last && one->has && one->borrower == one);
                tutti_check(one->next ? one->next->prev == one : one == limiter.last);
                last = (int)(one - borrows);
                left++;
            }
            tutti_check(left == 2 - k && limiter.borrowed == (uint32_t)left);
        }
    }
    return 0;
}

static int borrow_for(void *arg)
{
    struct office *office = *(struct office **)arg;
    struct tutti_borrow borrow;
    TUTTI_TRY(tutti_limiter_acquire_for(&office->limiter, &borrow, office));
    office->served++;
    tutti_limiter_release(&office->limiter, &borrow);
    return 0;
}

static int waiting_body(struct tutti_nursery *nursery, void *arg)
{
    struct office *office = arg;
    struct tutti_borrow borrow;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, borrow_for, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_limiter_acquire_for(&office->limiter, &borrow, office) == TUTTI_ESTATE);
    tutti_limiter_set_total(&office->limiter, 1);
    return 0;
}

/* A borrower that waits already does not wait twice. */
static int waits_once(void *arg)
{
    struct office office = {.served = 0};
    (void)arg;
    tutti_limiter_init(&office.limiter, "office", 0);
    TUTTI_TRY(tutti_nursery_run(waiting_body, &office));
    tutti_check(office.served == 1 && office.limiter.borrowed == 0);
    return 0;
}

static int keeps_its_token(void *arg)
{
    static struct tutti_borrow borrow; /* outlives the function, not the task */
    return tutti_limiter_acquire(*(struct tutti_limiter **)arg, &borrow);
}

static int keeps_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_borrow borrow;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, keeps_its_token, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_limiter_acquire((struct tutti_limiter *)arg, &borrow));
    tutti_limiter_release(arg, &borrow);
    return 0;
}

static int task_keeps(void *arg)
{
    struct tutti_limiter limiter;
    (void)arg;
    tutti_limiter_init(&limiter, "office", 1);
    TUTTI_TRY(tutti_nursery_run(keeps_body, &limiter));
    tutti_check(limiter.borrowed == 0 && !limiter.lot.object.holder);
    return 0;
}

/* A task that ends with a token gives it back, and the run has leaked. */
static void token_left_behind(void **state)
{
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(aborts_run(task_keeps), TUTTI_ELEAK);
    tutti_run_last(&stats);
    assert_non_null(strstr(stats.message, "keeps_its_token"));
    assert_non_null(strstr(stats.message, "limiter \"office\""));
}

static int releases_nothing(void *arg)
{
    struct tutti_limiter limiter;
    struct tutti_borrow borrow = {.borrower = arg};
    tutti_limiter_init(&limiter, "office", 1);
    MISTAKE("was not borrowed", tutti_limiter_release(&limiter, &borrow));
    return 0;
}

static int releases_twice(void *arg)
{
    struct tutti_limiter limiter;
    struct tutti_borrow borrow;
    (void)arg;
    tutti_limiter_init(&limiter, "office", 1);
    TUTTI_TRY(tutti_limiter_acquire(&limiter, &borrow));
    tutti_limiter_release(&limiter, &borrow);
    MISTAKE("was not borrowed", tutti_limiter_release(&limiter, &borrow));
    return 0;
}

static int releases_for_main(void *arg)
{
    struct tutti_borrow *borrow = arg;
    MISTAKE("\"main\" borrowed at", tutti_limiter_release(borrow->limiter, borrow));
    return 0;
}

static int foreign_body(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, releases_for_main, arg);
}

static int releases_foreign(void *arg)
{
    struct tutti_limiter limiter;
    struct tutti_borrow borrow;
    (void)arg;
    tutti_limiter_init(&limiter, "office", 1);
    TUTTI_TRY(tutti_limiter_acquire(&limiter, &borrow));
    return tutti_nursery_run(foreign_body, &borrow);
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(releases_nothing);
    assert_aborts(releases_twice);
    assert_aborts(releases_foreign);
}

REHEARSE_MAIN(GATE_REHEARSED, REHEARSED(T70_limiter), REHEARSED(total_changes),
              REHEARSED(given_back_in_any_order), REHEARSED(waits_once),
              REHEARSED_ALL(two_users, 1, 48), REHEARSED_ALL(three_users, 1, 1260),
              REHEARSED_ENDS(task_keeps, TUTTI_VERDICT_LEAK), cmocka_unit_test(token_left_behind),
              cmocka_unit_test(mistakes))
