/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_random.h"

static void note_size(struct tutti_by_chance *by)
{
    struct tutti_pick_random *chancy = TUTTI_CONTAINER(by, struct tutti_pick_random, by);
    const struct tutti_takes *takes = &by->picker.takes;
    double product = 1;
    if (!chancy->estimates) return;
    for (uint32_t i = 0; i < takes->count; i++)
        product *= takes->items[i].of;
    chancy->sum += product;
    chancy->seen++;
}

void tutti_pick_random_init(struct tutti_pick_random *chancy, const struct tutti_bounds *bounds,
                            struct tutti_take *items, uint32_t room, uint64_t seed)
{
    static const struct tutti_by_chance_kind kind = {.end = note_size};
    chancy->estimates = false;
    chancy->seen = 0;
    chancy->sum = 0;
    tutti_by_chance_init(&chancy->by, &kind, bounds, items, room, seed);
}
