/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/chance.h - the simulator's only source of chance: numbers that follow from a seed.
 *
 * SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
 * A counter with a mixing function, so that every seed is as good as any other. Not for secrets. */
#ifndef TUTTI_SIM_CHANCE_H
#define TUTTI_SIM_CHANCE_H

#include "tutti/core/base.h"

TUTTI_BEGIN

struct tutti_chance {
    uint64_t state; /* the seed, at first */
};

/* The next 64 bits. */
static inline uint64_t tutti_chance_next(struct tutti_chance *chance)
{
    uint64_t mixed = chance->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

/* A number below n (n >= 1). Its bias is at most n in 2^32. */
static inline uint32_t tutti_chance_below(struct tutti_chance *chance, uint32_t n)
{
    return (uint32_t)(((tutti_chance_next(chance) >> 32) * n) >> 32);
}

/* A seed for the index-th of many runs. */
static inline uint64_t tutti_chance_split(uint64_t seed, uint64_t index)
{
    struct tutti_chance chance = {.state = seed ^ (index * UINT64_C(0xd1342543de82ef95))};
    return tutti_chance_next(&chance);
}

TUTTI_END
#endif
