/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/broadcast.h - broadcast: tell all who watch, and let them see the latest value.
 *
 * Each announcement is a new generation. A watcher remembers the last one it saw and waits for a
 * newer one: it sees the latest, may miss those in between, and never sees one twice. Nobody waits
 * for watchers. The struct may live on a stack, as long as no task waits when it goes away; it
 * needs neither memory nor closing. */
#ifndef TUTTI_CORE_BROADCAST_H
#define TUTTI_CORE_BROADCAST_H

#include "tutti/core/park.h"

TUTTI_BEGIN

struct tutti_broadcast {
    struct tutti_lot lot;
    uint64_t generation; /* announcements so far */
    void *value;         /* the latest one's; the caller's memory */
    size_t size;
    bool ended;
};

/* Makes one with generation 0 and a name that is kept (or NULL). `value` is memory of `size` bytes
 * for the latest value: it stays the caller's, holds the first value already, and must exist as
 * long as the broadcast; NULL and 0: it only tells that something happened. Not a checkpoint. */
#define tutti_broadcast_init(broadcast, name, value, size)                                         \
    tutti_broadcast_init_at(broadcast, name, value, size, TUTTI_HERE)
TUTTI_API void tutti_broadcast_init_at(struct tutti_broadcast *broadcast, const char *name,
                                       void *value, size_t size, const struct tutti_site *site);
/* Makes *value (NULL: what is there) the latest value and a new generation, and wakes all who wait,
 * in their order. After the end it panics. Not a checkpoint. */
#define tutti_broadcast_announce(broadcast, value)                                                 \
    tutti_broadcast_announce_at(broadcast, value, TUTTI_HERE)
TUTTI_API void tutti_broadcast_announce_at(struct tutti_broadcast *broadcast, const void *value,
                                           const struct tutti_site *site);
/* Nothing more will be announced: those who wait get TUTTI_EEOF. Again: nothing. Not a
 * checkpoint. */
#define tutti_broadcast_end(broadcast) tutti_broadcast_end_at(broadcast, TUTTI_HERE)
TUTTI_API void tutti_broadcast_end_at(struct tutti_broadcast *broadcast,
                                      const struct tutti_site *site);
/* Waits until there is a newer generation than *seen (0 at first); puts it into *seen and the value
 * into *value (NULL: no need). A checkpoint even when there is one. Returns 0, TUTTI_ECANCELED,
 * TUTTI_EEOF, or TUTTI_EBROKEN when it had to wait and broadcast->lot was broken; then *seen and
 * *value are as before. */
#define tutti_broadcast_wait(broadcast, seen, value)                                               \
    tutti_broadcast_wait_at(broadcast, seen, value, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_broadcast_wait_at(struct tutti_broadcast *broadcast, uint64_t *seen,
                                             void *value, const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK when there is none. Not a checkpoint. */
#define tutti_broadcast_wait_nowait(broadcast, seen, value)                                        \
    tutti_broadcast_wait_nowait_at(broadcast, seen, value, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_broadcast_wait_nowait_at(struct tutti_broadcast *broadcast,
                                                            uint64_t *seen, void *value,
                                                            const struct tutti_site *site);

struct tutti_broadcast_stats {
    uint64_t generation;
    uint32_t waiting;
    bool ended;
};
/* What it is like now. Not a checkpoint. */
TUTTI_API struct tutti_broadcast_stats
tutti_broadcast_statistics(const struct tutti_broadcast *broadcast);

TUTTI_END
#endif
