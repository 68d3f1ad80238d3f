/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/fair.h"

#include "tutti/core/run_priv.h"
#include "tutti/core/select.h"

/* Invariants:
 * - In the heap are all shares with waiters. One whose waiters were all cancelled may be in it too,
 *   until one of them has had its turn to take it out (share_settle).
 * - Keys are never too late: a share's waiter at the head may have left, so that the key is that of
 *   an earlier arrival. Who is at the top is looked at again before it counts (fair_next).
 * - The lot's time is not after any key. A waiter's data is its cost, `more` its arrival.       */

/* Virtual time of a unit of cost at weight 1: fine enough for all weights. A lot's time is good for
 * 2^48 units; beyond, all are alike, first come first served. */
enum { UNIT = TUTTI_FAIR_WEIGHT_MAX };

static uint64_t arrival_of(const struct tutti_waiter *waiter)
{
    return (uint64_t)(uintptr_t)waiter->more;
}

static bool comes_before(const struct tutti_fair_share *a, const struct tutti_fair_share *b)
{
    return a->start != b->start ? a->start < b->start : a->arrival < b->arrival;
}

/* Two heaps as one; either may be NULL. */
static struct tutti_fair_share *meld(struct tutti_fair_share *a, struct tutti_fair_share *b)
{
    if (!a || !b) return a ? a : b;
    struct tutti_fair_share *first = comes_before(b, a) ? b : a, *second = first == a ? b : a;
    second->before = first;
    second->after = first->child;
    if (first->child) first->child->before = second;
    first->child = second;
    return first;
}

/* A list of heaps as one: in pairs from the left, then from the right. */
static struct tutti_fair_share *meld_all(struct tutti_fair_share *list)
{
    struct tutti_fair_share *pairs = NULL, *all = NULL;
    while (list) {
        struct tutti_fair_share *one = list, *two = one->after;
        list = two ? two->after : NULL;
        one->after = one->before = NULL;
        if (two) two->after = two->before = NULL;
        one = meld(one, two);
        one->after = pairs; /* the last pair comes first */
        pairs = one;
    }
    while (pairs) {
        struct tutti_fair_share *one = pairs;
        pairs = one->after;
        one->after = NULL;
        all = meld(all, one);
    }
    return all;
}

static void heap_out(struct tutti_fair_share *share)
{
    struct tutti_fair_lot *fair = share->fair;
    struct tutti_fair_share *below = meld_all(share->child);
    if (fair->top == share) {
        fair->top = below;
    } else {
        if (share->before->child == share) {
            share->before->child = share->after;
        } else {
            share->before->after = share->after;
        }
        if (share->after) share->after->before = share->before;
        fair->top = meld(fair->top, below);
    }
    share->child = share->after = share->before = NULL;
    share->queued = false;
}

/* By when it may be served, and when who is at its head came. */
static void heap_in(struct tutti_fair_share *share)
{
    struct tutti_fair_lot *fair = share->fair;
    share->start = share->next > fair->now ? share->next : fair->now;
    share->arrival = arrival_of(share->lot.first);
    share->queued = true;
    fair->top = meld(fair->top, share);
}

/* The share to be served next; NULL: nobody waits. */
static struct tutti_fair_share *fair_next(struct tutti_fair_lot *fair)
{
    struct tutti_fair_share *share;
    while ((share = fair->top)) {
        const struct tutti_waiter *head = share->lot.first;
        if (head && share->arrival == arrival_of(head)) return share;
        heap_out(share);
        if (head) heap_in(share);
    }
    return NULL;
}

static void charge(struct tutti_fair_share *share, uint32_t cost)
{
    struct tutti_fair_lot *fair = share->fair;
    if (share->next > fair->now) fair->now = share->next;
    uint64_t step = (uint64_t)cost * UNIT / share->weight;
    share->next = fair->now > UINT64_MAX - step ? UINT64_MAX : fair->now + step;
}

/* After a wait in it, whatever ended it: it may go away now. */
static void share_settle(struct tutti_fair_share *share)
{
    if (share->queued && !share->lot.first) heap_out(share);
}

static void share_join(struct tutti_fair_share *share, struct tutti_park *park,
                       struct tutti_waiter *waiter, void *cost)
{
    tutti_lot_join(&share->lot, park, waiter, cost);
    waiter->more = (void *)(uintptr_t)++share->fair->arrivals;
    if (share->lot.count > 1) return;
    if (share->queued) heap_out(share); /* those before have all left */
    heap_in(share);
}

void tutti_fair_init_at(struct tutti_fair_lot *fair, const char *name,
                        const struct tutti_site *site)
{
    *fair = (struct tutti_fair_lot){.top = NULL};
    object_init(run_require(site), &fair->object, TUTTI_OBJECT_LOT, name, 0, site);
}

void tutti_fair_share_init_at(struct tutti_fair_share *share, struct tutti_fair_lot *fair,
                              uint32_t weight, const struct tutti_site *site)
{
    if (weight < 1 || weight > TUTTI_FAIR_WEIGHT_MAX) {
        tutti_panic_at(site, "a share of weight %u: it must be from 1 to %d", weight,
                       TUTTI_FAIR_WEIGHT_MAX);
    }
    *share = (struct tutti_fair_share){.fair = fair, .weight = weight};
    share->lot.object = fair->object;
}

static int no_cost(const struct tutti_site *site)
{
    return tutti_error_at(site, false, TUTTI_EINVALID, "a service that costs nothing");
}

int tutti_fair_park_at(struct tutti_fair_share *share, uint32_t cost, const char *op,
                       const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_park wait = TUTTI_PARK_INIT(op, &share->fair->object, site);
    struct tutti_waiter waiter;
    if (!cost) return no_cost(site);
    share_join(share, &wait, &waiter, (void *)(uintptr_t)cost);
    int rc = park(run, &wait);
    share_settle(share);
    return rc;
}

int tutti_fair_pass_at(struct tutti_fair_share *share, uint32_t cost, const struct tutti_site *site)
{
    object_touch(run_require(site), &share->fair->object, TUTTI_ACCESS_WRITE);
    if (!cost) return no_cost(site);
    if (fair_next(share->fair)) return TUTTI_EWOULDBLOCK;
    charge(share, cost);
    return 0;
}

uint32_t tutti_fair_unpark_at(struct tutti_fair_lot *fair, uint32_t count,
                              const struct tutti_site *site)
{
    uint32_t woken = 0;
    struct tutti_fair_share *share;
    object_touch(run_require(site), &fair->object, TUTTI_ACCESS_WRITE);
    for (; woken < count && (share = fair_next(fair)); woken++) {
        struct tutti_waiter *head = share->lot.first;
        heap_out(share);
        charge(share, (uint32_t)(uintptr_t)head->data);
        tutti_waiter_wake(head, 0);
        if (share->lot.first) heap_in(share);
    }
    return woken;
}

/* The next share of the heap, parents first, without recursion: a chain may be long. */
static const struct tutti_fair_share *share_after(const struct tutti_fair_share *share)
{
    if (share->child) return share->child;
    while (share && !share->after) {
        while (share->before && share->before->child != share)
            share = share->before; /* the first of its list, whose before is the parent */
        share = share->before;
    }
    return share ? share->after : NULL;
}

struct tutti_fair_stats tutti_fair_statistics(const struct tutti_fair_lot *fair)
{
    struct tutti_fair_stats stats = {.waiting = 0};
    object_look(&fair->object);
    for (const struct tutti_fair_share *share = fair->top; share; share = share_after(share)) {
        stats.waiting += share->lot.count;
        stats.shares += share->lot.count > 0;
    }
    return stats;
}

/* As a case of tutti_select. It is never ready: somebody has to wake who waits. */

static bool fair_ready(const struct tutti_case *one)
{
    return !one->data;
}

static int fair_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    (void)one;
    return no_cost(site);
}

static void fair_join(struct tutti_case *one, struct tutti_park *park)
{
    share_join(one->object, park, &one->place, one->data);
}

static void fair_leave(struct tutti_case *one)
{
    share_settle(one->object);
}

struct tutti_case tutti_case_fair(struct tutti_fair_share *share, uint32_t cost)
{
    static const struct tutti_case_kind kind = {fair_ready, fair_attempt, fair_join, fair_leave,
                                                NULL};
    return (struct tutti_case){.kind = &kind, .object = share, .data = (void *)(uintptr_t)cost};
}
