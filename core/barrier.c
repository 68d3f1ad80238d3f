/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/barrier.h"

#include "tutti/core/run_priv.h"

void tutti_barrier_init_at(struct tutti_barrier *barrier, const char *name, uint32_t parties,
                           const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (parties < 1 || parties > INT32_MAX) tutti_panic_at(site, "a barrier for %u", parties);
    *barrier = (struct tutti_barrier){.parties = parties};
    object_init(run, &barrier->lot.object, TUTTI_OBJECT_BARRIER, name, parties, site);
}

int tutti_barrier_wait_nowait(struct tutti_barrier *barrier)
{
    struct run *run = run_require_task(NULL);
    int place = 0;
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
    return (struct tutti_barrier_stats){.parties = barrier->parties,
                                        .waiting = barrier->lot.count,
                                        .rounds = barrier->rounds,
                                        .broken = barrier->lot.breaks > 0};
}
