/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Condition: order of notifying, cancellation before, after and while queueing for the lock. */
#include "aborts.h"
#include "rehearsed.h"

#include "tutti/core/cond.h"
#include "tutti/core/lot_break.h"

/* Items that consumers wait for. */
struct shop {
    struct tutti_lock lock;
    struct tutti_cond cond;
    struct tutti_scope scopes[3];
    int results[3], order[3];
    int items, next, got;
};

static void shop_open(struct shop *shop)
{
    *shop = (struct shop){.items = 0};
    tutti_lock_init(&shop->lock, "shop");
    tutti_cond_init(&shop->cond, "items", &shop->lock);
}

static void shop_is_empty(struct shop *shop)
{
    struct tutti_cond_stats stats = tutti_cond_statistics(&shop->cond);
    tutti_check(!stats.locked && stats.waiting == 0 && stats.lock_waiting == 0);
}

static int consume(struct shop *shop, int me)
{
    int rc = 0;
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    while (rc == 0 && shop->items == 0) {
        rc = tutti_cond_wait(&shop->cond);
        tutti_check(shop->lock.owner == tutti_task_self());
    }
    if (rc == 0) {
        shop->items--;
        shop->order[shop->got++] = me;
    }
    tutti_lock_release(&shop->lock);
    return rc;
}

static int consumer(void *arg)
{
    struct shop *shop = *(struct shop **)arg;
    int me = shop->next++;
    TUTTI_TRY(tutti_scope_open(&shop->scopes[me], TUTTI_NEVER));
    shop->results[me] = consume(shop, me);
    return tutti_scope_close(&shop->scopes[me], shop->results[me]);
}

static int start_consumers(struct tutti_nursery *nursery, struct shop *shop, int count)
{
    for (int i = 0; i < count; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, consumer, &shop, sizeof shop));
    }
    return tutti_sleep(1);
}

static int order_body(struct tutti_nursery *nursery, void *arg)
{
    struct shop *shop = arg;
    TUTTI_TRY(start_consumers(nursery, shop, 3));
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    shop->items = 1;
    tutti_check(tutti_cond_notify(&shop->cond, 1) == 1);
    struct tutti_cond_stats stats = tutti_cond_statistics(&shop->cond);
    tutti_check(stats.waiting == 2 && stats.lock_waiting == 1 && stats.locked);
    tutti_lock_release(&shop->lock);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(shop->got == 1 && shop->order[0] == 0 && shop->cond.lot.count == 2);
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    shop->items = 2;
    tutti_check(tutti_cond_notify_all(&shop->cond) == 2);
    tutti_check(tutti_cond_notify_all(&shop->cond) == 0);
    tutti_lock_release(&shop->lock);
    return 0;
}

/* Notified in order of waiting, and served by the lock in that order. */
static int order_of_notifying(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    TUTTI_TRY(tutti_nursery_run(order_body, &shop));
    tutti_check(shop.got == 3 && shop.order[1] == 1 && shop.order[2] == 2);
    shop_is_empty(&shop);
    return 0;
}

static int owns_body(struct tutti_nursery *nursery, void *arg)
{
    struct shop *shop = arg;
    TUTTI_TRY(start_consumers(nursery, shop, 1));
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    tutti_scope_cancel(&shop->scopes[0]);
    tutti_check(shop->cond.lot.count == 0); /* at once */
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(shop->results[0] == 0 && shop->lock.lot.count == 1); /* not without the lock */
    tutti_lock_release(&shop->lock);
    return 0;
}

/* A cancelled waiter returns with the lock. */
static int cancelled_owns(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    TUTTI_TRY(tutti_nursery_run(owns_body, &shop));
    tutti_check(shop.results[0] == TUTTI_ECANCELED && shop.scopes[0].caught);
    shop_is_empty(&shop);
    return 0;
}

static int pass_on_body(struct tutti_nursery *nursery, void *arg)
{
    struct shop *shop = arg;
    TUTTI_TRY(start_consumers(nursery, shop, 2));
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    shop->items = 1;
    tutti_check(tutti_cond_notify(&shop->cond, 1) == 1);
    tutti_check(shop->cond.lot.count == 1);
    tutti_scope_cancel(&shop->scopes[0]);
    tutti_check(shop->cond.lot.count == 0 && shop->lock.lot.count == 2);
    tutti_lock_release(&shop->lock);
    return 0;
}

/* R52, done better: cancelled between its notification and the lock, it hands the notification on.
 */
static int notification_passed_on(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    TUTTI_TRY(tutti_nursery_run(pass_on_body, &shop));
    tutti_check(shop.results[0] == TUTTI_ECANCELED && shop.scopes[0].caught);
    tutti_check(shop.results[1] == 0 && shop.got == 1 && shop.order[0] == 1 && shop.items == 0);
    shop_is_empty(&shop);
    return 0;
}

static int too_late_body(struct tutti_nursery *nursery, void *arg)
{
    struct shop *shop = arg;
    TUTTI_TRY(start_consumers(nursery, shop, 2));
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    shop->items = 1;
    tutti_check(tutti_cond_notify(&shop->cond, 1) == 1);
    tutti_lock_release(&shop->lock);
    tutti_scope_cancel(&shop->scopes[0]); /* it has the lock by now: the first wake won */
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(shop->results[0] == 0 && shop->got == 1 && shop->cond.lot.count == 1);
    tutti_scope_cancel(&shop->scopes[1]);
    return 0;
}

/* Cancelled after it got the lock: the wait was successful. */
static int cancelled_too_late(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    TUTTI_TRY(tutti_nursery_run(too_late_body, &shop));
    tutti_check(shop.results[1] == TUTTI_ECANCELED);
    shop_is_empty(&shop);
    return 0;
}

static int sells(struct shop *shop)
{
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    shop->items++;
    (void)tutti_cond_notify(&shop->cond, 1);
    int rc =
        tutti_checkpoint(); /* so that a cancellation may come before the notified has the lock */
    tutti_lock_release(&shop->lock);
    return rc;
}

static int any_body(struct tutti_nursery *nursery, void *arg)
{
    struct shop *shop = arg;
    for (int i = 0; i < shop->next; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, consumer, &shop, sizeof shop));
    }
    int count = shop->next;
    shop->next = 0;
    TUTTI_TRY(tutti_checkpoint()); /* they may come before the first item, or after */
    TUTTI_TRY(sells(shop));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(shop->items == 0 || shop->cond.lot.count == 0); /* no notification is lost */
    for (int i = 1; i < count; i++)
        TUTTI_TRY(sells(shop));
    return 0;
}

static int any_schedule(int consumers)
{
    struct shop shop;
    shop_open(&shop);
    shop.next = consumers;
    TUTTI_TRY(tutti_nursery_run(any_body, &shop));
    tutti_check(shop.got + shop.items == consumers && shop.got >= consumers - 1);
    shop_is_empty(&shop);
    return 0;
}

static int one_consumer(void *arg)
{
    (void)arg;
    return any_schedule(1);
}

static int two_consumers(void *arg)
{
    (void)arg;
    return any_schedule(2);
}

static int waits_broken(void *arg)
{
    struct shop *shop = *(struct shop **)arg;
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    shop->results[0] = tutti_cond_wait(&shop->cond);
    tutti_check(shop->lock.owner == tutti_task_self());
    tutti_lock_release(&shop->lock);
    return 0;
}

static int broken_body(struct tutti_nursery *nursery, void *arg)
{
    struct shop *shop = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, waits_broken, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_lot_break(&shop->cond.lot);
    return 0;
}

/* A condition nobody will notify again: those who wait are told, with the lock. */
static int broken_condition(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    TUTTI_TRY(tutti_nursery_run(broken_body, &shop));
    tutti_check(shop.results[0] == TUTTI_EBROKEN);
    TUTTI_TRY(tutti_lock_acquire(&shop.lock));
    tutti_check(tutti_cond_wait(&shop.cond) == TUTTI_EBROKEN);
    tutti_lock_release(&shop.lock);
    shop_is_empty(&shop);
    return 0;
}

static int waits_for_broken(void *arg)
{
    struct shop *shop = *(struct shop **)arg;
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    shop->results[shop->next++] = tutti_cond_wait(&shop->cond);
    tutti_check(shop->lock.broken && !shop->lock.owner);
    return 0;
}

static int ends_with_lock(void *arg)
{
    struct shop *shop = *(struct shop **)arg;
    TUTTI_TRY(tutti_lock_acquire(&shop->lock));
    tutti_check(tutti_cond_notify(&shop->cond, 1) == 1 && shop->cond.lot.count == 1);
    return 0;
}

static int lock_breaks_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, waits_for_broken, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, waits_for_broken, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    return tutti_nursery_start_copy(nursery, ends_with_lock, &arg, sizeof arg);
}

/* One of two is notified when the lock breaks, the other is not: both are told, and return without
 * the lock. */
static int broken_lock(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    TUTTI_TRY(tutti_nursery_run(lock_breaks_body, &shop));
    tutti_check(shop.next == 2);
    tutti_check(shop.results[0] == TUTTI_EBROKEN && shop.results[1] == TUTTI_EBROKEN);
    tutti_check(shop.cond.lot.count == 0 && shop.lock.sleepers.count == 0);
    return 0;
}

static int not_owner(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    tutti_check(tutti_cond_wait(&shop.cond) == TUTTI_ENOTOWNER);
    return 0;
}

static int notifies_unlocked(void *arg)
{
    struct shop shop;
    (void)arg;
    shop_open(&shop);
    MISTAKE("does not own", (void)tutti_cond_notify(&shop.cond, 1));
    return 0;
}

static int without_lock(void *arg)
{
    struct tutti_cond cond;
    (void)arg;
    MISTAKE("without a lock", tutti_cond_init(&cond, "cond", NULL));
    return 0;
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(notifies_unlocked);
    assert_aborts(without_lock);
}

REHEARSE_MAIN(REHEARSED(order_of_notifying), REHEARSED(cancelled_owns),
              REHEARSED(notification_passed_on), REHEARSED(cancelled_too_late),
              REHEARSED(broken_condition), REHEARSED(not_owner), REHEARSED_ALL(one_consumer, 1, 33),
              REHEARSED_ALL(two_consumers, 1, 1568),
              REHEARSED_ENDS(broken_lock, TUTTI_VERDICT_LEAK), cmocka_unit_test(mistakes))
