/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/barrier.h"

#include "tutti/core/run_priv.h"
#include "tutti/core/select.h"

void tutti_barrier_init_at(struct tutti_barrier *barrier, const char *name, uint32_t parties,
                           const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (parties < 1 || parties > INT32_MAX) tutti_panic_at(site, "a barrier for %u", parties);
    *barrier = (struct tutti_barrier){.parties = parties};
    object_init(run, &barrier->lot.object, TUTTI_OBJECT_BARRIER, name, parties, site);
}

int tutti_barrier_wait_nowait_at(struct tutti_barrier *barrier, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    int place = 0;
    object_touch(run, &barrier->lot.object, TUTTI_ACCESS_READ);
    if (barrier->lot.breaks) return TUTTI_EBROKEN;
    TUTTI_ASSERT(barrier->lot.count < barrier->parties);
    if (barrier->lot.count + 1 < barrier->parties) return TUTTI_EWOULDBLOCK;
    barrier->rounds++;
    object_op(run, &barrier->lot.object, "round", 0);
    while (barrier->lot.first)
        tutti_waiter_wake(barrier->lot.first, place++);
    return place;
}

int tutti_barrier_wait_at(struct tutti_barrier *barrier, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_barrier_wait_nowait(barrier);
    if (rc < 0) return tutti_lot_park_at(&barrier->lot, "barrier.wait", site);
    task_yield(run, run->current, "barrier.wait", &barrier->lot.object, site);
    return rc;
}

struct tutti_barrier_stats tutti_barrier_statistics(const struct tutti_barrier *barrier)
{
    object_look(&barrier->lot.object);
    return (struct tutti_barrier_stats){.parties = barrier->parties,
                                        .waiting = barrier->lot.count,
                                        .rounds = barrier->rounds,
                                        .broken = barrier->lot.breaks > 0};
}

/* As a case of tutti_select. */

static bool barrier_ready(const struct tutti_case *one)
{
    const struct tutti_barrier *barrier = one->object;
    object_look(&barrier->lot.object);
    return barrier->lot.breaks || barrier->lot.count + 1 >= barrier->parties;
}

static int barrier_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    struct tutti_barrier *barrier = one->object;
    return barrier->lot.breaks ? lot_broken(&barrier->lot, site)
                               : tutti_barrier_wait_nowait(barrier);
}

static void barrier_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_barrier *barrier = one->object;
    for (const struct tutti_waiter *place = park->waiters; place; place = place->other) {
        if (place->lot == &barrier->lot) return; /* a task is one party */
    }
    tutti_lot_join(&barrier->lot, park, &one->place, NULL);
}

struct tutti_case tutti_case_barrier(struct tutti_barrier *barrier)
{
    static const struct tutti_case_kind kind = {barrier_ready, barrier_attempt, barrier_join, NULL,
                                                NULL};
    return (struct tutti_case){.kind = &kind, .object = barrier};
}
