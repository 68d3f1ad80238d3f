/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/fair.h - a queue that is fair between those who share something, not between their requests.
 *
 * In a plain lot (core/park.h) whoever asks ten times as often is served ten times as often. Here
 * each party has a share: its own queue, and a virtual time that moves on by cost / weight whenever
 * it is served. Eligible are the shares with waiters whose virtual time is the earliest; among them
 * who came first is served first, and within a share always. So as long as several have waiters
 * they get service in proportion to their weights, whatever they ask for, within the cost of one
 * request each. Who has not waited for long has saved up nothing: its time begins at the lot's.
 *
 * The lot says who is next; what they wait for is yours: a connection, a turn, a place. This is
 * start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM 1996) over a
 * pairing heap (Fredman, Sedgewick, Sleator, Tarjan, 1986): waking one of n shares is O(log n).
 * Nothing is allocated. The structs may live on a stack: a share as long as nobody waits in it or
 * uses it, the lot as long as it has a share. */
#ifndef TUTTI_CORE_FAIR_H
#define TUTTI_CORE_FAIR_H

#include "tutti/core/park.h"

TUTTI_BEGIN

/* Larger weights are not allowed. */
enum { TUTTI_FAIR_WEIGHT_MAX = 65536 };

struct tutti_fair_share;

/* The lot; its fields are core's own. */
struct tutti_fair_lot {
    struct tutti_object object;
    struct tutti_fair_share *top; /* of the shares with waiters, who is next */
    uint64_t now;                 /* its virtual time: when the last one served began */
    uint64_t arrivals;
};

/* One party's; its fields are core's own. */
struct tutti_fair_share {
    struct tutti_lot lot; /* its waiters */
    struct tutti_fair_lot *fair;
    uint64_t next;           /* its virtual time: when it may be served again */
    uint64_t start, arrival; /* what it is sorted by */
    struct tutti_fair_share *child, *after, *before;
    uint32_t weight;
    bool queued;
};

/* Makes a lot without shares, with a name that is kept (or NULL). Not a checkpoint. */
#define tutti_fair_init(fair, name) tutti_fair_init_at(fair, name, TUTTI_HERE)
TUTTI_API void tutti_fair_init_at(struct tutti_fair_lot *fair, const char *name,
                                  const struct tutti_site *site);
/* Makes a share of the lot. A weight of 2 is twice the service of 1; from 1 to
 * TUTTI_FAIR_WEIGHT_MAX, else it panics. Not a checkpoint. */
#define tutti_fair_share_init(share, fair, weight)                                                 \
    tutti_fair_share_init_at(share, fair, weight, TUTTI_HERE)
TUTTI_API void tutti_fair_share_init_at(struct tutti_fair_share *share, struct tutti_fair_lot *fair,
                                        uint32_t weight, const struct tutti_site *site);

/* Waits for a service that costs so much (at least 1) until tutti_fair_unpark wakes the task.
 * Returns 0, TUTTI_ECANCELED (and nothing was charged), or TUTTI_EINVALID when the cost is 0. */
#define tutti_fair_park(share, cost, op) tutti_fair_park_at(share, cost, op, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_fair_park_at(struct tutti_fair_share *share, uint32_t cost,
                                        const char *op, const struct tutti_site *site);
/* For a service that can be had without waiting: charges the share for it and returns 0, or
 * TUTTI_EWOULDBLOCK when somebody waits (nobody is overtaken), or TUTTI_EINVALID. Not a checkpoint.
 */
#define tutti_fair_pass(share, cost) tutti_fair_pass_at(share, cost, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_fair_pass_at(struct tutti_fair_share *share, uint32_t cost,
                                                const struct tutti_site *site);
/* Wakes the next `count`, and charges their shares; returns how many there were. Not a checkpoint.
 */
#define tutti_fair_unpark(fair, count) tutti_fair_unpark_at(fair, count, TUTTI_HERE)
TUTTI_API uint32_t tutti_fair_unpark_at(struct tutti_fair_lot *fair, uint32_t count,
                                        const struct tutti_site *site);

struct tutti_fair_stats {
    uint64_t waiting; /* tasks */
    uint32_t shares;  /* with waiters */
};
/* What it is like now. Looks at every share with waiters. Not a checkpoint. */
TUTTI_API struct tutti_fair_stats tutti_fair_statistics(const struct tutti_fair_lot *fair);

TUTTI_END
#endif
