/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_replay.h"

#include <stdio.h>

/* Where the candidate is that was taken then. */
static uint32_t find_again(const struct tutti_take *take, const struct tutti_choice *choice)
{
    if (!take->number) return 0;
    bool same_kind = take->kind == choice->kind;
    for (uint32_t i = 0; same_kind && choice->candidates && i < choice->of; i++) {
        const struct tutti_candidate *candidate = &choice->candidates[i];
        if (candidate->path == take->path && (uint8_t)candidate->what == take->what) return i;
    }
    return same_kind && take->number < choice->of ? take->number : 0;
}

static uint32_t pick_replay(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_pick_replay *replay = TUTTI_CONTAINER(picker, struct tutti_pick_replay, picker);
    struct tutti_takes *takes = &picker->takes;
    uint32_t at = takes->count, number = 0;
    if (TUTTI_UNLIKELY(at == takes->room)) return tutti_picker_full(picker);
    if (at < replay->wanted.count) {
        const struct tutti_take *take = &replay->wanted.items[at];
        number = replay->loose ? find_again(take, choice) : take->number;
    }
    if (number >= choice->of) {
        picker->mismatch = true;
        snprintf(picker->why, sizeof picker->why,
                 "number %u of the list is %u, but that choice has %u options (0 to %u)", at + 1,
                 number, choice->of, choice->of - 1);
        return TUTTI_PICK_STOP;
    }
    return tutti_takes_add(takes, choice, number);
}

static bool next_replay(struct tutti_picker *picker)
{
    (void)picker;
    return false;
}

void tutti_pick_replay_init(struct tutti_pick_replay *replay, const struct tutti_bounds *bounds,
                            struct tutti_take *items, uint32_t room,
                            const struct tutti_takes *wanted, bool loose)
{
    tutti_picker_init(&replay->picker, bounds, items, room);
    replay->picker.pick.pick = pick_replay;
    replay->picker.next = next_replay;
    replay->wanted = *wanted;
    replay->loose = loose;
}

bool tutti_pick_replay_whole(struct tutti_pick_replay *replay)
{
    struct tutti_picker *picker = &replay->picker;
    if (picker->takes.count >= replay->wanted.count) return true;
    snprintf(picker->why, sizeof picker->why,
             "the list has %u numbers, but the run ended after %u choices", replay->wanted.count,
             picker->takes.count);
    return false;
}
