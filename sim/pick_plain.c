/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_plain.h"

static uint32_t pick_plain(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_takes *takes = &picker->takes;
    if (TUTTI_UNLIKELY(takes->count == takes->room)) return tutti_picker_full(picker);
    return tutti_takes_add(takes, choice, 0);
}

static bool next_plain(struct tutti_picker *picker)
{
    (void)picker;
    return false;
}

void tutti_pick_plain_init(struct tutti_pick_plain *plain, const struct tutti_bounds *bounds,
                           struct tutti_take *items, uint32_t room)
{
    tutti_picker_init(&plain->picker, bounds, items, room);
    plain->picker.pick.pick = pick_plain;
    plain->picker.next = next_plain;
}
