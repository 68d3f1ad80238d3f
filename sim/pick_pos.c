/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_pos.h"

#include <string.h>

/* Of its next step. Who is not known, of very many, is anywhere each time. */
static uint64_t priority_of(struct tutti_pick_pos *pos, const struct tutti_candidate *candidate)
{
    const struct tutti_forecast_actor *actor = tutti_forecast_actor(&pos->forecast, candidate);
    if (!actor) return tutti_chance_next(&pos->by.chance) | 1;
    uint64_t *priority = &pos->priorities[actor - pos->forecast.actors];
    if (!*priority) *priority = tutti_chance_next(&pos->by.chance) | 1;
    return *priority;
}

/* The step that was made has no priority any more; those it conflicts with draw again. */
static void renew(struct tutti_pick_pos *pos, const struct tutti_forecast_actor *mover,
                  const struct tutti_forecast_step *made, const struct tutti_choice *choice)
{
    pos->priorities[mover - pos->forecast.actors] = 0;
    for (uint32_t i = 0; i < choice->of; i++) {
        const struct tutti_forecast_actor *actor =
            tutti_forecast_actor(&pos->forecast, &choice->candidates[i]);
        if (!actor || actor == mover) continue;
        const struct tutti_forecast_step *next = tutti_forecast_next(&pos->forecast, actor);
        if (next && tutti_forecast_conflict(made, next)) {
            pos->priorities[actor - pos->forecast.actors] = 0;
        }
    }
}

static uint32_t schedule(struct tutti_by_chance *by, const struct tutti_choice *choice)
{
    struct tutti_pick_pos *pos = TUTTI_CONTAINER(by, struct tutti_pick_pos, by);
    const struct tutti_forecast_actor *mover = pos->forecast.moving;
    const struct tutti_forecast_step *made = tutti_forecast_note(&pos->forecast);
    uint32_t best = 0;
    uint64_t best_priority = 0;
    if (made) renew(pos, mover, made, choice);
    for (uint32_t i = 0; i < choice->of; i++) {
        uint64_t priority = priority_of(pos, &choice->candidates[i]);
        if (priority <= best_priority) continue;
        best = i;
        best_priority = priority;
    }
    tutti_forecast_take(&pos->forecast, &choice->candidates[best]);
    return best;
}

static void end(struct tutti_by_chance *by)
{
    struct tutti_pick_pos *pos = TUTTI_CONTAINER(by, struct tutti_pick_pos, by);
    (void)tutti_forecast_note(&pos->forecast);
}

static void begin(struct tutti_by_chance *by)
{
    struct tutti_pick_pos *pos = TUTTI_CONTAINER(by, struct tutti_pick_pos, by);
    tutti_forecast_begin(&pos->forecast);
    memset(pos->priorities, 0, sizeof pos->priorities);
}

void tutti_pick_pos_init(struct tutti_pick_pos *pos, const struct tutti_bounds *bounds,
                         struct tutti_take *items, uint32_t room, uint64_t seed)
{
    static const struct tutti_by_chance_kind kind = {schedule, end, begin};
    tutti_forecast_init(&pos->forecast);
    tutti_by_chance_init(&pos->by, &kind, bounds, items, room, seed);
    tutti_forecast_watch(&pos->forecast, &pos->by.picker);
}
