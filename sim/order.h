/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/order.h - the steps of a run, and which of them had to come before which.
 *
 * Two runs whose steps have the same order are one (Mazurkiewicz) trace: whatever the program does,
 * it does in both. A step comes after another one if the same task made both, if it could not have
 * been made without it (a wait ended, a task was started, the clock moved), or if they depend on
 * each other by what they touched (core/access.h). The last is a race if nothing in between
 * orders them: had the two been made the other way round, that would be another trace. */
#ifndef TUTTI_SIM_ORDER_H
#define TUTTI_SIM_ORDER_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* The steps of the longest run whose order is kept. */
enum { TUTTI_ORDER_STEPS = 8192, TUTTI_ORDER_WORDS = TUTTI_ORDER_STEPS / 64 };
/* The accesses of all its steps together. */
#define TUTTI_ORDER_ACCESSES (1u << 20)

/* What a step touched: sorted by object, each once. */
struct tutti_touched {
    const struct tutti_access *items;
    uint32_t count;
    uint64_t any, strong; /* a bit for each object; those written or added to */
};

struct tutti_step {
    uint64_t key;    /* who made it: tutti_candidate_key */
    uint64_t print;  /* of its accesses as they were noted */
    uint64_t values; /* a hash of the values it chose */
    struct tutti_touched touched;
    uint32_t node; /* for its owner */
    uint8_t what;  /* enum tutti_candidate_what */
    bool early;    /* a timer that fired while tasks were ready: the clock moved for all */
    bool sooner;   /* it could have been made sooner, for the clock could: waiting while timers may
                    * still be early; a timer that is due because another one was early */
};

/* Large: not for a stack. Zeroed memory is an empty one. */
struct tutti_order {
    struct tutti_step steps[TUTTI_ORDER_STEPS];
    uint64_t before[TUTTI_ORDER_STEPS][TUTTI_ORDER_WORDS]; /* bits: steps that come before each */
    struct tutti_access accesses[TUTTI_ORDER_ACCESSES];
    uint32_t count;
};

/* Do the steps depend on each other, by what they touched? */
TUTTI_API bool tutti_touched_depend(const struct tutti_touched *a, const struct tutti_touched *b);
/* Sorts and merges `count` accesses in place; sets what they are. */
TUTTI_API void tutti_touched_set(struct tutti_touched *touched, struct tutti_access *items,
                                 uint32_t count);
/* A hash of accesses as they are. */
TUTTI_API uint64_t tutti_access_print(const struct tutti_access *items, uint32_t count);

/* Adds a step with key, what, early, sooner, node and print set, which touched `items`;
 * race(context, i, j) is called for each step i that it, the j-th, races with, the latest first.
 * False: no room. */
TUTTI_API bool tutti_order_add(struct tutti_order *order, const struct tutti_step *step,
                               const struct tutti_access *items, uint32_t count,
                               void (*race)(void *context, uint32_t i, uint32_t j), void *context);
/* Forgets all steps from the count-th on. */
static inline void tutti_order_cut(struct tutti_order *order, uint32_t count)
{
    order->count = count;
}
/* Does the i-th step come before the j-th? */
static inline bool tutti_order_before(const struct tutti_order *order, uint32_t i, uint32_t j)
{
    return i < j && (order->before[j][i / 64] >> i % 64 & 1);
}
/* Would it be a race if these two were made one after the other? *fixed: the later one could not be
 * made before.                                                                                   */
TUTTI_API bool tutti_steps_race(const struct tutti_step *earlier, const struct tutti_step *later,
                                bool *fixed);
/* The trace that these steps are: a hash of who made them and their order. */
TUTTI_API uint64_t tutti_order_hash(const struct tutti_order *order);

TUTTI_END
#endif
