/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_surw.h"

#include <string.h>

static const uint64_t written = 1;

static bool touches(const struct tutti_forecast_step *step, uint64_t object)
{
    for (uint32_t i = 0; i < step->count; i++) {
        if ((step->objects[i] & ~written) == object) return true;
    }
    return false;
}

/* Who makes the next selected step. */
static void intend(struct tutti_pick_surw *surw)
{
    uint64_t sum = 0;
    surw->intended = NULL;
    for (uint32_t i = 0; i < surw->forecast.actors_count; i++)
        sum += surw->weights[i];
    if (!sum) return;
    uint64_t at = tutti_chance_next(&surw->by.chance) % sum; /* the bias is sum in 2^64 */
    for (uint32_t i = 0; i < surw->forecast.actors_count; i++) {
        if (at < surw->weights[i]) {
            surw->intended = &surw->forecast.actors[i];
            return;
        }
        at -= surw->weights[i];
    }
}

/* Remembers an object and who touches it. */
static void note_object(struct tutti_pick_surw *surw, uint64_t touched, uint32_t actor)
{
    uint64_t object = touched & ~written;
    uint32_t i = 0;
    while (i < surw->objects_count && surw->objects[i].object != object)
        i++;
    if (i == TUTTI_SURW_OBJECTS) return;
    struct tutti_surw_object *known = &surw->objects[i];
    if (i == surw->objects_count) {
        surw->objects_count++;
        *known = (struct tutti_surw_object){.object = object, .actor = actor};
    }
    if (known->actor != actor) known->shared = true;
    if (touched & written) known->written = true;
}

static void note_step(struct tutti_pick_surw *surw, const struct tutti_forecast_actor *mover,
                      const struct tutti_forecast_step *made)
{
    uint32_t actor = (uint32_t)(mover - surw->forecast.actors);
    for (uint32_t i = 0; i < made->count; i++)
        note_object(surw, made->objects[i], actor);
    if (!surw->selected || !touches(made, surw->selected)) return;
    if (surw->weights[actor]) surw->weights[actor]--;
    intend(surw);
}

/* It stands before a selected step, and is not who is to make the next one. */
static bool waits(struct tutti_pick_surw *surw, const struct tutti_candidate *candidate)
{
    const struct tutti_forecast_actor *actor = tutti_forecast_actor(&surw->forecast, candidate);
    if (!surw->intended || !actor || actor == surw->intended) return false;
    const struct tutti_forecast_step *next = tutti_forecast_next(&surw->forecast, actor);
    return next && touches(next, surw->selected);
}

static uint32_t schedule(struct tutti_by_chance *by, const struct tutti_choice *choice)
{
    struct tutti_pick_surw *surw = TUTTI_CONTAINER(by, struct tutti_pick_surw, by);
    const struct tutti_forecast_actor *mover = surw->forecast.moving;
    const struct tutti_forecast_step *made = tutti_forecast_note(&surw->forecast);
    uint32_t free = 0, number = 0;
    if (made) note_step(surw, mover, made);
    for (uint32_t i = 0; i < choice->of; i++)
        free += !waits(surw, &choice->candidates[i]);
    if (free == 0) {
        number = tutti_chance_below(&by->chance, choice->of);
    } else {
        uint32_t at = tutti_chance_below(&by->chance, free);
        while (waits(surw, &choice->candidates[number]) || at-- > 0)
            number++;
    }
    tutti_forecast_take(&surw->forecast, &choice->candidates[number]);
    return number;
}

static void end(struct tutti_by_chance *by)
{
    struct tutti_pick_surw *surw = TUTTI_CONTAINER(by, struct tutti_pick_surw, by);
    const struct tutti_forecast_actor *mover = surw->forecast.moving;
    const struct tutti_forecast_step *made = tutti_forecast_note(&surw->forecast);
    if (made) note_step(surw, mover, made);
}

/* Chooses the object of a run. 0: there is none. */
static uint64_t select_object(struct tutti_pick_surw *surw)
{
    uint32_t good = 0;
    for (uint32_t i = 0; i < surw->objects_count; i++) {
        good += surw->objects[i].shared && surw->objects[i].written;
    }
    if (!good) return 0;
    uint32_t at = tutti_chance_below(&surw->by.chance, good);
    for (uint32_t i = 0;; i++) {
        if (!surw->objects[i].shared || !surw->objects[i].written) continue;
        if (at-- == 0) return surw->objects[i].object;
    }
}

static void begin(struct tutti_by_chance *by)
{
    struct tutti_pick_surw *surw = TUTTI_CONTAINER(by, struct tutti_pick_surw, by);
    tutti_forecast_begin(&surw->forecast);
    memset(surw->weights, 0, sizeof surw->weights);
    surw->selected = select_object(surw);
    for (uint32_t i = 0; surw->selected && i < surw->forecast.steps_count; i++) {
        const struct tutti_forecast_step *step = &surw->forecast.steps[i];
        if (touches(step, surw->selected)) surw->weights[step->actor]++;
    }
    intend(surw);
}

void tutti_pick_surw_init(struct tutti_pick_surw *surw, const struct tutti_bounds *bounds,
                          struct tutti_take *items, uint32_t room, uint64_t seed)
{
    static const struct tutti_by_chance_kind kind = {schedule, end, begin};
    surw->objects_count = 0;
    tutti_forecast_init(&surw->forecast);
    tutti_by_chance_init(&surw->by, &kind, bounds, items, room, seed);
    tutti_forecast_watch(&surw->forecast, &surw->by.picker);
}
