/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_dfs.h"

#include <stdio.h>

static uint32_t pick_dfs(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    const struct tutti_pick_dfs *dfs = TUTTI_CONTAINER(picker, struct tutti_pick_dfs, picker);
    struct tutti_takes *takes = &picker->takes;
    uint32_t at = takes->count;
    if (at >= dfs->prefix) {
        if (TUTTI_UNLIKELY(at == takes->room)) return tutti_picker_full(picker);
        return tutti_takes_add(takes, choice, 0);
    }
    struct tutti_take *take = &takes->items[at];
    if (TUTTI_UNLIKELY(take->print != tutti_choice_print(choice) || take->of != choice->of ||
                       take->kind != choice->kind)) {
        return tutti_picker_differs(picker, at, take, choice);
    }
    takes->count = at + 1;
    if (at + 1 == dfs->prefix) tutti_take_set(take, choice, take->number);
    return take->number;
}

static uint32_t deviations_of(const struct tutti_takes *takes)
{
    uint32_t deviations = 0;
    for (uint32_t i = 0; i < takes->count; i++) deviations += takes->items[i].number != 0;
    return deviations;
}

static bool next_dfs(struct tutti_picker *picker)
{
    struct tutti_pick_dfs *dfs = TUTTI_CONTAINER(picker, struct tutti_pick_dfs, picker);
    struct tutti_takes *takes = &picker->takes;
    if (takes->count < dfs->prefix) {
        picker->mismatch = true;
        snprintf(picker->why, sizeof picker->why,
                 "the run ended after %u choices, and made %u or more with the same ones before",
                 takes->count, dfs->prefix);
        return false;
    }
    uint32_t deviations = dfs->deviations_max == UINT32_MAX ? 0 : deviations_of(takes);
    for (uint32_t count = takes->count; count > 0; count--) {
        struct tutti_take *take = &takes->items[count - 1];
        if (deviations && take->number) deviations--; /* before this choice, from here on */
        if (take->number + 1 >= take->of || deviations >= dfs->deviations_max) continue;
        take->number++;
        dfs->prefix = count;
        takes->count = 0;
        return true;
    }
    dfs->complete = true;
    return false;
}

void tutti_pick_dfs_init(struct tutti_pick_dfs *dfs, const struct tutti_bounds *bounds,
                         struct tutti_take *items, uint32_t room)
{
    tutti_picker_init(&dfs->picker, bounds, items, room);
    dfs->picker.pick.pick = pick_dfs;
    dfs->picker.next = next_dfs;
    dfs->prefix = 0;
    dfs->complete = false;
    dfs->deviations_max = UINT32_MAX;
}
