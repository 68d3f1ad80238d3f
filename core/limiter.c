/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/limiter.h"

#include "tutti/core/held_priv.h"
#include "tutti/core/select.h"

/* A waiter's data is its borrowing. */

void tutti_limiter_init_at(struct tutti_limiter *limiter, const char *name, uint32_t total,
                           const struct tutti_site *site)
{
    struct run *run = run_require(site);
    *limiter = (struct tutti_limiter){.total = total};
    int64_t cap = total == TUTTI_LIMITER_INFINITE ? 0 : total;
    object_init(run, &limiter->lot.object, TUTTI_OBJECT_LIMITER, name, cap, site);
}

static void set_holder(struct tutti_limiter *limiter)
{
    limiter->lot.object.holder = limiter->first ? limiter->first->held.task : NULL;
}

static void borrow_lost(struct tutti_held *held);

static void limiter_give(struct run *run, struct tutti_limiter *limiter,
                         struct tutti_borrow *borrow, struct tutti_task *task)
{
    borrow->has = true;
    borrow->next = NULL;
    borrow->prev = limiter->last;
    if (limiter->last) {
        limiter->last->next = borrow;
    } else {
        limiter->first = borrow;
    }
    limiter->last = borrow;
    limiter->borrowed++;
    if (borrow->borrower == task) held_take(&borrow->held, task, borrow_lost, borrow->held.site);
    set_holder(limiter);
    object_given(run, &limiter->lot.object, task, "borrow", limiter->lot.count);
}

static void limiter_serve(struct run *run, struct tutti_limiter *limiter)
{
    while (limiter->lot.first && limiter->borrowed < limiter->total) {
        struct tutti_waiter *head = limiter->lot.first;
        tutti_waiter_wake(head, 0);
        limiter_give(run, limiter, head->data, head->park->task);
    }
}

/* Without the part that is the holding task's. */
static void limiter_take_back(struct run *run, struct tutti_borrow *borrow)
{
    struct tutti_limiter *limiter = borrow->limiter;
    if (borrow->prev) {
        borrow->prev->next = borrow->next;
    } else {
        limiter->first = borrow->next;
    }
    if (borrow->next) {
        borrow->next->prev = borrow->prev;
    } else {
        limiter->last = borrow->prev;
    }
    TUTTI_ASSERT(limiter->borrowed > 0);
    limiter->borrowed--;
    borrow->limiter = NULL;
    borrow->has = false;
    set_holder(limiter);
    object_op(run, &limiter->lot.object, "return", limiter->lot.count);
    limiter_serve(run, limiter);
}

static void borrow_lost(struct tutti_held *held)
{
    struct tutti_borrow *borrow = TUTTI_CONTAINER(held, struct tutti_borrow, held);
    held_leaked(run_current, held, &borrow->limiter->lot.object);
    limiter_take_back(run_current, borrow);
}

/* What the task has of this limiter already, or has in this record. */
static const struct tutti_borrow *task_has(const struct tutti_task *task,
                                           const struct tutti_limiter *limiter,
                                           const struct tutti_borrow *record)
{
    for (struct tutti_held *held = task->holdings; held; held = held->next) {
        if (held->lost != borrow_lost) continue;
        const struct tutti_borrow *borrow = TUTTI_CONTAINER(held, struct tutti_borrow, held);
        if (borrow->limiter == limiter || borrow == record) return borrow;
    }
    return NULL;
}

/* The same for a borrower that is not the calling task. */
static const struct tutti_borrow *other_has(const struct tutti_limiter *limiter,
                                            const struct tutti_borrow *record, const void *borrower)
{
    object_look(&limiter->lot.object);
    for (const struct tutti_borrow *borrow = limiter->first; borrow; borrow = borrow->next) {
        if (borrow == record || borrow->borrower == borrower) return borrow;
    }
    for (struct tutti_waiter *waiter = limiter->lot.first; waiter; waiter = waiter->next) {
        const struct tutti_borrow *borrow = waiter->data;
        if (borrow == record || borrow->borrower == borrower) return borrow;
    }
    return NULL;
}

int tutti_limiter_acquire_nowait_at(struct tutti_limiter *limiter, struct tutti_borrow *borrow,
                                    const void *borrower, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (!borrower) return tutti_error_at(site, false, TUTTI_EINVALID, "the borrower is NULL");
    const struct tutti_borrow *old = borrower == run->current
                                         ? task_has(run->current, limiter, borrow)
                                         : other_has(limiter, borrow, borrower);
    if (old) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "this borrower or record has, or waits for, a token since %s:%u",
                              old->held.site->file, old->held.site->line);
    }
    object_touch(run, &limiter->lot.object, TUTTI_ACCESS_READ);
    *borrow =
        (struct tutti_borrow){.limiter = limiter, .borrower = borrower, .held = {.site = site}};
    if (limiter->borrowed >= limiter->total) return TUTTI_EWOULDBLOCK;
    TUTTI_ASSERT(!limiter->lot.first);
    limiter_give(run, limiter, borrow, run->current);
    return 0;
}

int tutti_limiter_acquire_at(struct tutti_limiter *limiter, struct tutti_borrow *borrow,
                             const void *borrower, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_limiter_acquire_nowait_at(limiter, borrow, borrower, site);
    if (rc == TUTTI_EWOULDBLOCK) {
        struct tutti_park wait = TUTTI_PARK_INIT("limiter.acquire", &limiter->lot.object, site);
        struct tutti_waiter waiter;
        if (limiter->lot.breaks) return lot_broken(&limiter->lot, site);
        tutti_lot_join(&limiter->lot, &wait, &waiter, borrow);
        return park(run, &wait);
    }
    if (rc == 0) task_yield(run, run->current, "limiter.acquire", &limiter->lot.object, site);
    return rc;
}

void tutti_limiter_release_at(struct tutti_limiter *limiter, struct tutti_borrow *borrow,
                              const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (borrow->limiter != limiter || !borrow->has) {
        tutti_panic_at(site, "release of what was not borrowed from this limiter");
    }
    if (borrow->held.task) {
        if (borrow->held.task != run->current) {
            tutti_panic_at(site, "release of a token that task \"%s\" borrowed at %s:%u",
                           borrow->held.task->name, borrow->held.site->file,
                           borrow->held.site->line);
        }
        held_drop(&borrow->held);
    }
    limiter_take_back(run, borrow);
}

void tutti_limiter_set_total_at(struct tutti_limiter *limiter, uint32_t total,
                                const struct tutti_site *site)
{
    struct run *run = run_require(site);
    limiter->total = total;
    object_op(run, &limiter->lot.object, "total", limiter->lot.count);
    limiter_serve(run, limiter);
}

struct tutti_limiter_stats tutti_limiter_statistics(const struct tutti_limiter *limiter)
{
    object_look(&limiter->lot.object);
    return (struct tutti_limiter_stats){limiter->borrowed, limiter->total, limiter->lot.count};
}

/* As a case of tutti_select, for the calling task. */

static bool limiter_ready(const struct tutti_case *one)
{
    const struct tutti_limiter *limiter = one->object;
    object_look(&limiter->lot.object);
    return limiter->borrowed < limiter->total || limiter->lot.breaks ||
           task_has(run_current->current, limiter, one->data);
}

static int limiter_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    struct tutti_limiter *limiter = one->object;
    int rc = tutti_limiter_acquire_nowait_at(limiter, one->data, run_current->current, site);
    return rc == TUTTI_EWOULDBLOCK ? lot_broken(&limiter->lot, site) : rc;
}

static void limiter_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_limiter *limiter = one->object;
    struct tutti_borrow *borrow = one->data;
    *borrow = (struct tutti_borrow){
        .limiter = limiter, .borrower = run_current->current, .held = {.site = park->site}};
    tutti_lot_join(&limiter->lot, park, &one->place, borrow);
}

struct tutti_case tutti_case_limiter(struct tutti_limiter *limiter, struct tutti_borrow *borrow)
{
    static const struct tutti_case_kind kind = {limiter_ready, limiter_attempt, limiter_join, NULL,
                                                NULL};
    return (struct tutti_case){.kind = &kind, .object = limiter, .data = borrow};
}
