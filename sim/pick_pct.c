/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_pct.h"

static uint32_t changes_of(const struct tutti_pick_pct *pct)
{
    return pct->depth - 1;
}

/* Below `depth`: lowered, and to what; else by chance, the same all through the run. */
static uint64_t priority_of(const struct tutti_pick_pct *pct, uint64_t key)
{
    for (uint32_t i = 0; i < changes_of(pct); i++) {
        if (pct->lowered[i] == key) return i;
    }
    return tutti_chance_split(pct->base, key) | UINT64_C(1) << 63;
}

static uint32_t highest(const struct tutti_pick_pct *pct, const struct tutti_choice *choice)
{
    uint32_t best = 0;
    uint64_t best_priority = 0;
    for (uint32_t i = 0; i < choice->of; i++) {
        uint64_t priority = priority_of(pct, tutti_candidate_key(&choice->candidates[i]));
        if (i > 0 && priority <= best_priority) continue;
        best = i;
        best_priority = priority;
    }
    return best;
}

/* The next place by chance is here: who would go on is below all who were not lowered yet. */
static void lower(struct tutti_pick_pct *pct, uint32_t change, uint64_t key)
{
    for (uint32_t i = 0; i < changes_of(pct); i++) {
        if (pct->lowered[i] == key) pct->lowered[i] = 0;
    }
    pct->lowered[change] = key;
}

static uint32_t schedule(struct tutti_by_chance *by, const struct tutti_choice *choice)
{
    struct tutti_pick_pct *pct = TUTTI_CONTAINER(by, struct tutti_pick_pct, by);
    uint32_t best = highest(pct, choice);
    for (uint32_t i = 0; i < changes_of(pct); i++) {
        if (pct->changes[i] != pct->at) continue;
        lower(pct, i, tutti_candidate_key(&choice->candidates[best]));
        best = highest(pct, choice);
    }
    pct->at++;
    return best;
}

static void learn(struct tutti_by_chance *by)
{
    struct tutti_pick_pct *pct = TUTTI_CONTAINER(by, struct tutti_pick_pct, by);
    if (pct->at > pct->learnt) pct->learnt = pct->at;
}

static void begin(struct tutti_by_chance *by)
{
    struct tutti_pick_pct *pct = TUTTI_CONTAINER(by, struct tutti_pick_pct, by);
    uint32_t steps = pct->steps ? pct->steps : pct->learnt;
    pct->at = 0;
    pct->base = tutti_chance_next(&by->chance);
    for (uint32_t i = 0; i < changes_of(pct); i++) {
        pct->changes[i] = steps ? tutti_chance_below(&by->chance, steps) : UINT32_MAX;
        pct->lowered[i] = 0;
    }
}

void tutti_pick_pct_init(struct tutti_pick_pct *pct, const struct tutti_bounds *bounds,
                         struct tutti_take *items, uint32_t room, uint64_t seed, uint32_t depth)
{
    static const struct tutti_by_chance_kind kind = {schedule, learn, begin};
    uint32_t most = TUTTI_PCT_DEPTH_MAX;
    *pct = (struct tutti_pick_pct){.depth = depth < 1 ? 1 : depth > most ? most : depth};
    tutti_by_chance_init(&pct->by, &kind, bounds, items, room, seed);
}
