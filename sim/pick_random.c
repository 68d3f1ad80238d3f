/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_random.h"

static uint32_t pick_random(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_pick_random *chancy = TUTTI_CONTAINER(picker, struct tutti_pick_random, picker);
    struct tutti_takes *takes = &picker->takes;
    if (TUTTI_UNLIKELY(takes->count == takes->room)) return tutti_picker_full(picker);
    return tutti_takes_add(takes, choice, tutti_chance_below(&chancy->chance, choice->of));
}

static void note_size(struct tutti_pick_random *chancy)
{
    const struct tutti_takes *takes = &chancy->picker.takes;
    double product = 1;
    for (uint32_t i = 0; i < takes->count; i++) product *= takes->items[i].of;
    chancy->sum += product;
}

static bool next_random(struct tutti_picker *picker)
{
    struct tutti_pick_random *chancy = TUTTI_CONTAINER(picker, struct tutti_pick_random, picker);
    if (chancy->estimates) note_size(chancy);
    tutti_picker_reset(picker);
    chancy->run++;
    chancy->chance.state = tutti_chance_split(chancy->seed, chancy->run);
    return true;
}

void tutti_pick_random_init(struct tutti_pick_random *chancy, const struct tutti_bounds *bounds,
                            struct tutti_take *items, uint32_t room, uint64_t seed)
{
    tutti_picker_init(&chancy->picker, bounds, items, room);
    chancy->picker.pick.pick = pick_random;
    chancy->picker.next = next_random;
    chancy->seed = seed;
    chancy->run = 0;
    chancy->sum = 0;
    chancy->estimates = false;
    chancy->chance.state = tutti_chance_split(seed, 0);
}
