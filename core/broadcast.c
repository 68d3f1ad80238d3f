/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/broadcast.h"

#include <string.h>

#include "tutti/core/run_priv.h"
#include "tutti/core/select.h"

/* A waiter's data is where the value goes to, or NULL; `more` is where its generation does. */

void tutti_broadcast_init_at(struct tutti_broadcast *broadcast, const char *name, void *value,
                             size_t size, const struct tutti_site *site)
{
    *broadcast = (struct tutti_broadcast){.value = value, .size = value ? size : 0};
    object_init(run_require(site), &broadcast->lot.object, TUTTI_OBJECT_BROADCAST, name, 0, site);
}

static void show(const struct tutti_broadcast *broadcast, uint64_t *seen, void *value)
{
    *seen = broadcast->generation;
    if (value && broadcast->size) memcpy(value, broadcast->value, broadcast->size);
}

void tutti_broadcast_announce_at(struct tutti_broadcast *broadcast, const void *value,
                                 const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (broadcast->ended) tutti_panic_at(site, "an announcement after the end of the broadcast");
    if (value && broadcast->size) memmove(broadcast->value, value, broadcast->size);
    broadcast->generation++;
    object_op(run, &broadcast->lot.object, "announce", broadcast->lot.count);
    while (broadcast->lot.first) {
        struct tutti_waiter *watcher = broadcast->lot.first;
        show(broadcast, watcher->more, watcher->data);
        tutti_waiter_wake(watcher, 0);
    }
}

void tutti_broadcast_end_at(struct tutti_broadcast *broadcast, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    object_touch(run, &broadcast->lot.object, TUTTI_ACCESS_READ);
    if (broadcast->ended) return;
    broadcast->ended = true;
    object_op(run, &broadcast->lot.object, "end", broadcast->lot.count);
    while (broadcast->lot.first)
        tutti_waiter_wake(broadcast->lot.first, TUTTI_EEOF);
}

int tutti_broadcast_wait_nowait_at(struct tutti_broadcast *broadcast, uint64_t *seen, void *value,
                                   const struct tutti_site *site)
{
    object_touch(run_require(site), &broadcast->lot.object, TUTTI_ACCESS_READ);
    if (*seen == broadcast->generation) {
        return broadcast->ended ? TUTTI_EEOF : TUTTI_EWOULDBLOCK;
    }
    show(broadcast, seen, value);
    return 0;
}

int tutti_broadcast_wait_at(struct tutti_broadcast *broadcast, uint64_t *seen, void *value,
                            const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_broadcast_wait_nowait(broadcast, seen, value);
    if (rc == TUTTI_EWOULDBLOCK) {
        struct tutti_lot *lot = &broadcast->lot;
        struct tutti_park wait = TUTTI_PARK_INIT("broadcast.wait", &lot->object, site);
        struct tutti_waiter place;
        if (lot->breaks) return lot_broken(lot, site);
        tutti_lot_join(lot, &wait, &place, value);
        place.more = seen;
        return park(run, &wait);
    }
    if (rc == 0) task_yield(run, run->current, "broadcast.wait", &broadcast->lot.object, site);
    return rc;
}

struct tutti_broadcast_stats tutti_broadcast_statistics(const struct tutti_broadcast *broadcast)
{
    object_look(&broadcast->lot.object);
    return (struct tutti_broadcast_stats){broadcast->generation, broadcast->lot.count,
                                          broadcast->ended};
}

/* As a case of tutti_select: `more` of its place is set from the beginning. */

static bool broadcast_ready(const struct tutti_case *one)
{
    const struct tutti_broadcast *broadcast = one->object;
    const uint64_t *seen = one->place.more;
    object_look(&broadcast->lot.object);
    return *seen != broadcast->generation || broadcast->ended || broadcast->lot.breaks;
}

static int broadcast_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    struct tutti_broadcast *broadcast = one->object;
    int rc = tutti_broadcast_wait_nowait(broadcast, one->place.more, one->data);
    return rc == TUTTI_EWOULDBLOCK ? lot_broken(&broadcast->lot, site) : rc;
}

static void broadcast_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_broadcast *broadcast = one->object;
    void *seen = one->place.more;
    tutti_lot_join(&broadcast->lot, park, &one->place, one->data);
    one->place.more = seen;
}

struct tutti_case tutti_case_broadcast(struct tutti_broadcast *broadcast, uint64_t *seen,
                                       void *value)
{
    static const struct tutti_case_kind kind = {broadcast_ready, broadcast_attempt, broadcast_join,
                                                NULL, NULL};
    return (struct tutti_case){
        .kind = &kind, .object = broadcast, .data = value, .place = {.more = seen}};
}
