/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lots that break and queues that move: T49, repark. */
#include "aborts.h"
#include "rehearsed.h"

#include "tutti/core/lot_break.h"
#include "tutti/core/stats.h"

struct yard {
    struct tutti_lot lot, other;
    struct tutti_breaker breaker;
    struct tutti_scope scopes[3];
    struct tutti_task *tasks[3];
    int results[3], order[3], next, woken;
};

static void yard_init(struct yard *yard)
{
    *yard = (struct yard){.next = 0};
    tutti_lot_init(&yard->lot, "yard");
    tutti_lot_init(&yard->other, "other");
}

static int stay(void *arg)
{
    struct yard *yard = *(struct yard **)arg;
    int me = yard->next++;
    yard->tasks[me] = tutti_task_self();
    TUTTI_TRY(tutti_scope_open(&yard->scopes[me], TUTTI_NEVER));
    yard->results[me] = tutti_lot_park(&yard->lot, "yard.stay");
    yard->order[yard->woken++] = me;
    int rc = tutti_scope_close(&yard->scopes[me], yard->results[me]);
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

static int fill(struct tutti_nursery *nursery, struct yard *yard, int count)
{
    for (int i = 0; i < count; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, stay, &yard, sizeof yard));
    }
    return tutti_sleep(1);
}

static int break_body(struct tutti_nursery *nursery, void *arg)
{
    struct yard *yard = arg;
    TUTTI_TRY(fill(nursery, yard, 2));
    uint64_t parked = tutti_task_id(yard->tasks[0]);
    tutti_lot_break_by(&yard->lot, yard->tasks[0]); /* one that waits there itself */
    tutti_check(yard->lot.count == 0);
    tutti_check(tutti_lot_park(&yard->lot, "yard.late") == TUTTI_EBROKEN);
    tutti_lot_break(&yard->lot);
    struct tutti_lot_stats stats = tutti_lot_statistics(&yard->lot);
    tutti_check(stats.breaks == 2 && stats.broken_by == parked && stats.waiting == 0);
    tutti_check(tutti_lot_unpark(&yard->lot, 1) == 0);
    return 0;
}

static int T49_breaking(void *arg)
{
    struct yard yard;
    (void)arg;
    yard_init(&yard);
    TUTTI_TRY(tutti_nursery_run(break_body, &yard));
    tutti_check(yard.results[0] == TUTTI_EBROKEN && yard.results[1] == TUTTI_EBROKEN);
    return 0;
}

/* In the order of the queue; who of those that are ready runs first is a choice elsewhere. */
static int broken_in_order(void *arg)
{
    struct yard yard;
    (void)arg;
    yard_init(&yard);
    TUTTI_TRY(tutti_nursery_run(break_body, &yard));
    tutti_check(yard.woken == 2 && yard.order[0] == 0 && yard.order[1] == 1);
    return 0;
}

static int ends_soon(void *arg)
{
    struct yard *yard = *(struct yard **)arg;
    yard->tasks[2] = tutti_task_self();
    TUTTI_TRY(tutti_lot_add_breaker(&yard->lot, &yard->breaker, NULL));
    return tutti_sleep(5);
}

static int breaker_body(struct tutti_nursery *nursery, void *arg)
{
    struct yard *yard = arg;
    TUTTI_TRY(fill(nursery, yard, 2));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, ends_soon, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    uint64_t breaker = tutti_task_id(yard->tasks[2]);
    tutti_check(yard->lot.count == 2);
    TUTTI_TRY(tutti_sleep(10));
    tutti_check(yard->woken == 2 && yard->lot.breaks == 1 && yard->lot.broken_by == breaker);
    struct tutti_breaker late = {.times = 0};
    tutti_check(tutti_lot_add_breaker(&yard->lot, &late, yard->tasks[2]) == TUTTI_EBROKEN);
    tutti_check(tutti_lot_remove_breaker(&yard->breaker) == TUTTI_ESTATE);
    return 0;
}

/* The end of a breaker breaks the lot. */
static int T49_breaker_ends(void *arg)
{
    struct yard yard;
    (void)arg;
    yard_init(&yard);
    TUTTI_TRY(tutti_nursery_run(breaker_body, &yard));
    tutti_check(yard.results[0] == TUTTI_EBROKEN && yard.results[1] == TUTTI_EBROKEN);
    return 0;
}

static int twice_body(struct tutti_nursery *nursery, void *arg)
{
    struct yard *yard = arg;
    struct tutti_breaker breaker = {.times = 0}, second = {.times = 0};
    TUTTI_TRY(fill(nursery, yard, 1));
    TUTTI_TRY(tutti_lot_add_breaker(&yard->lot, &second, yard->tasks[0])); /* a parked one */
    TUTTI_TRY(tutti_lot_add_breaker(&yard->lot, &breaker, NULL));
    TUTTI_TRY(tutti_lot_add_breaker(&yard->lot, &breaker, tutti_task_self()));
    tutti_check(tutti_lot_add_breaker(&yard->other, &breaker, NULL) == TUTTI_ESTATE);
    tutti_check(tutti_lot_remove_breaker(&breaker) == 0);
    tutti_check(tutti_lot_remove_breaker(&breaker) == 0);
    tutti_check(tutti_lot_remove_breaker(&breaker) == TUTTI_ESTATE);
    tutti_check(tutti_lot_remove_breaker(&second) == 0);
    tutti_check(tutti_lot_unpark(&yard->lot, 1) == 1);
    return 0;
}

/* Added twice, removed twice, and not a third time; then its end breaks nothing. */
static int T49_added_twice(void *arg)
{
    struct yard yard;
    (void)arg;
    yard_init(&yard);
    TUTTI_TRY(tutti_nursery_run(twice_body, &yard));
    tutti_check(yard.results[0] == 0 && yard.lot.breaks == 0);
    return 0;
}

static int repark_body(struct tutti_nursery *nursery, void *arg)
{
    struct yard *yard = arg;
    TUTTI_TRY(fill(nursery, yard, 3));
    tutti_check(tutti_lot_repark(&yard->lot, &yard->other, 2) == 2);
    tutti_check(yard->lot.count == 1 && yard->other.count == 2);
    tutti_check(tutti_lot_repark(&yard->lot, &yard->other, UINT32_MAX) == 1);
    tutti_check(tutti_lot_repark(&yard->lot, &yard->other, 1) == 0);
    tutti_scope_cancel(&yard->scopes[1]);
    tutti_check(yard->other.count == 2); /* the cancellation follows it */
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_lot_unpark(&yard->other, 1) == 1);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_lot_unpark(&yard->other, 5) == 1);
    return 0;
}

/* Moved to another queue, in order. */
static int reparked(void *arg)
{
    struct yard yard;
    (void)arg;
    yard_init(&yard);
    TUTTI_TRY(tutti_nursery_run(repark_body, &yard));
    tutti_check(yard.order[0] == 1 && yard.order[1] == 0 && yard.order[2] == 2);
    tutti_check(yard.results[1] == TUTTI_ECANCELED && yard.scopes[1].caught);
    return 0;
}

static int to_broken_body(struct tutti_nursery *nursery, void *arg)
{
    struct yard *yard = arg;
    TUTTI_TRY(fill(nursery, yard, 2));
    tutti_lot_break(&yard->other);
    tutti_check(tutti_lot_repark(&yard->lot, &yard->other, 1) == 1);
    tutti_check(yard->lot.count == 1 && yard->other.count == 0);
    tutti_check(tutti_lot_unpark(&yard->lot, 1) == 1);
    return 0;
}

static int moved_to_broken(void *arg)
{
    struct yard yard;
    (void)arg;
    yard_init(&yard);
    TUTTI_TRY(tutti_nursery_run(to_broken_body, &yard));
    tutti_check(yard.results[0] == TUTTI_EBROKEN && yard.results[1] == 0);
    return 0;
}

static int joins_broken(void *arg)
{
    struct tutti_lot lot;
    struct tutti_waiter waiter;
    (void)arg;
    tutti_lot_init(&lot, "lot");
    tutti_lot_break(&lot);
    aborts_message = "cannot be joined";
    aborts_line = __LINE__ + 1;
    struct tutti_park wait = TUTTI_PARK_INIT("join", &lot.object, TUTTI_HERE);
    tutti_lot_join(&lot, &wait, &waiter, NULL);
    return 0;
}

static int moves_to_itself(void *arg)
{
    struct tutti_lot lot;
    (void)arg;
    tutti_lot_init(&lot, "lot");
    MISTAKE("its own end", (void)tutti_lot_repark(&lot, &lot, 1));
    return 0;
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(joins_broken);
    assert_aborts(moves_to_itself);
}

REHEARSE_MAIN(REHEARSED(T49_breaking), REHEARSED_PLAIN(broken_in_order),
              REHEARSED(T49_breaker_ends), REHEARSED(T49_added_twice), REHEARSED(reparked),
              REHEARSED(moved_to_broken), cmocka_unit_test(mistakes))
