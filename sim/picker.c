/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/picker.h"

#include <stdio.h>

void tutti_picker_init(struct tutti_picker *picker, const struct tutti_bounds *bounds,
                       struct tutti_take *items, uint32_t room)
{
    *picker = (struct tutti_picker){.pick = {.mask = bounds->kinds,
                                             .step = bounds->step,
                                             .cancel_nurseries = bounds->cancel_nurseries,
                                             .cancels_max = bounds->cancels_max,
                                             .lags_max = bounds->lags_max},
                                    .cancel_run = bounds->cancel_run,
                                    .takes = {.items = items, .room = room}};
}

void tutti_picker_reset(struct tutti_picker *picker)
{
    picker->takes.count = 0;
    picker->full = picker->mismatch = false;
    picker->why[0] = '\0';
}

struct tutti_bounds tutti_picker_bounds(const struct tutti_picker *picker)
{
    const struct tutti_pick *pick = &picker->pick;
    return (struct tutti_bounds){.step = pick->step,
                                 .cancel_nurseries = pick->cancel_nurseries,
                                 .cancel_run = picker->cancel_run,
                                 .kinds = pick->mask,
                                 .cancels_max = pick->cancels_max,
                                 .lags_max = pick->lags_max};
}

uint32_t tutti_picker_full(struct tutti_picker *picker)
{
    picker->full = true;
    return TUTTI_PICK_STOP;
}

uint32_t tutti_picker_differs(struct tutti_picker *picker, uint32_t index,
                              const struct tutti_take *take, const struct tutti_choice *choice)
{
    const char *const *words = tutti_trace_table[TUTTI_EVENT_CHOICE].fields[0].words;
    char how[160];
    if (take->kind != choice->kind) {
        snprintf(how, sizeof how, "was of kind %s and is now of kind %s", words[take->kind],
                 words[choice->kind]);
    } else if (take->of != choice->of) {
        snprintf(how, sizeof how, "had %u options and has now %u", take->of, choice->of);
    } else {
        snprintf(how, sizeof how, "has %u options as before, but not the same ones", take->of);
    }
    picker->mismatch = true;
    snprintf(picker->why, sizeof picker->why, "choice %u %s, after the same choices before it",
             index + 1, how);
    return TUTTI_PICK_STOP;
}

void tutti_takes_list(const struct tutti_takes *takes, const struct tutti_bounds *bounds,
                      uint32_t *numbers, struct tutti_list *list)
{
    *list = (struct tutti_list){.bounds = *bounds, .numbers = numbers, .room = takes->count};
    for (uint32_t i = 0; i < takes->count; i++) {
        numbers[i] = takes->items[i].number;
        if (numbers[i]) list->count = i + 1;
    }
}
