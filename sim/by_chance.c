/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/by_chance.h"

static uint32_t pick_by_chance(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_by_chance *by = TUTTI_CONTAINER(picker, struct tutti_by_chance, picker);
    struct tutti_takes *takes = &picker->takes;
    if (TUTTI_UNLIKELY(choice->of < 2)) { /* it only wants to know who goes on */
        return by->kind->schedule && choice->candidates ? by->kind->schedule(by, choice) : 0;
    }
    if (TUTTI_UNLIKELY(takes->count == takes->room)) return tutti_picker_full(picker);
    bool scheduled = choice->candidates && by->kind->schedule;
    uint32_t number =
        scheduled ? by->kind->schedule(by, choice) : tutti_chance_below(&by->chance, choice->of);
    return tutti_takes_add(takes, choice, number);
}

static void begin(struct tutti_by_chance *by)
{
    by->chance.state = tutti_chance_split(by->seed, by->run);
    if (by->kind->begin) by->kind->begin(by);
}

static bool next_by_chance(struct tutti_picker *picker)
{
    struct tutti_by_chance *by = TUTTI_CONTAINER(picker, struct tutti_by_chance, picker);
    if (by->kind->end) by->kind->end(by);
    tutti_picker_reset(picker);
    by->run += by->stride;
    begin(by);
    return true;
}

void tutti_by_chance_init(struct tutti_by_chance *by, const struct tutti_by_chance_kind *kind,
                          const struct tutti_bounds *bounds, struct tutti_take *items,
                          uint32_t room, uint64_t seed)
{
    tutti_picker_init(&by->picker, bounds, items, room);
    by->picker.pick.pick = pick_by_chance;
    by->picker.next = next_by_chance;
    by->kind = kind;
    by->seed = seed;
    by->run = 0;
    by->stride = 1;
    begin(by);
}

void tutti_by_chance_share(struct tutti_by_chance *by, uint32_t job, uint32_t jobs)
{
    by->run = job;
    by->stride = jobs;
    begin(by);
}
