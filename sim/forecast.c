/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/forecast.h"

#include <string.h>

enum { SLOTS = 2 * TUTTI_FORECAST_ACTORS };
static const uint64_t written = 1;

void tutti_forecast_init(struct tutti_forecast *forecast)
{
    forecast->moving = NULL;
    forecast->actors_count = forecast->steps_count = 0;
    memset(forecast->slots, 0, sizeof forecast->slots);
    memset(forecast->step_slots, 0, sizeof forecast->step_slots);
}

void tutti_forecast_watch(struct tutti_forecast *forecast, struct tutti_picker *picker)
{
    forecast->footprint =
        (struct tutti_footprint){.items = forecast->accesses, .room = TUTTI_FORECAST_ACCESSES};
    picker->pick.footprint = &forecast->footprint;
}

void tutti_forecast_begin(struct tutti_forecast *forecast)
{
    forecast->moving = NULL;
    forecast->footprint.count = 0;
    for (uint32_t i = 0; i < forecast->actors_count; i++) {
        forecast->actors[i].steps = 0;
        forecast->actors[i].last.count = 0;
    }
}

struct tutti_forecast_actor *tutti_forecast_actor(struct tutti_forecast *forecast,
                                                  const struct tutti_candidate *candidate)
{
    uint64_t key = tutti_candidate_key(candidate);
    uint32_t slot = (uint32_t)(key >> 32) % SLOTS;
    for (; forecast->slots[slot]; slot = (slot + 1) % SLOTS) {
        struct tutti_forecast_actor *actor = &forecast->actors[forecast->slots[slot] - 1];
        if (actor->key == key) return actor;
    }
    if (forecast->actors_count == TUTTI_FORECAST_ACTORS) return NULL;
    struct tutti_forecast_actor *actor = &forecast->actors[forecast->actors_count++];
    *actor = (struct tutti_forecast_actor){.key = key};
    forecast->slots[slot] = (uint16_t)forecast->actors_count;
    return actor;
}

/* The step of this number; `adds`: it is made if it is not there. NULL: it is not, or no room. */
static struct tutti_forecast_step *find(struct tutti_forecast *forecast,
                                        const struct tutti_forecast_actor *actor, bool adds)
{
    uint64_t who = tutti_access_mix(actor->key, actor->steps);
    uint32_t slot = (uint32_t)(who >> 32) % TUTTI_FORECAST_SLOTS;
    for (; forecast->step_slots[slot]; slot = (slot + 1) % TUTTI_FORECAST_SLOTS) {
        struct tutti_forecast_step *step = &forecast->steps[forecast->step_slots[slot] - 1];
        if (step->who == who) return step;
    }
    if (!adds || forecast->steps_count == TUTTI_FORECAST_STEPS) return NULL;
    struct tutti_forecast_step *step = &forecast->steps[forecast->steps_count++];
    forecast->step_slots[slot] = (uint16_t)forecast->steps_count;
    step->who = who;
    step->actor = (uint32_t)(actor - forecast->actors);
    return step;
}

/* Where to note an object: again, or anew; where there is no room, instead of one that is only
 * read, if this one is written. NULL: nowhere.                                                   */
static uint64_t *place_of(struct tutti_forecast_step *step, uint64_t object, bool writes)
{
    for (uint32_t i = 0; i < step->count; i++) {
        if ((step->objects[i] & ~written) == object) return &step->objects[i];
    }
    if (step->count < TUTTI_FORECAST_OBJECTS) {
        step->objects[step->count] = object;
        return &step->objects[step->count++];
    }
    for (uint32_t i = 0; writes && i < step->count; i++) {
        if (step->objects[i] & written) continue;
        step->objects[i] = object;
        return &step->objects[i];
    }
    return NULL;
}

/* Each object once. What nobody can order otherwise, or cannot tell, is left out. */
static void sum_up(const struct tutti_footprint *footprint, struct tutti_forecast_step *step)
{
    step->count = 0;
    for (uint32_t i = 0; i < footprint->count; i++) {
        const struct tutti_access *access = &footprint->items[i];
        bool writes = access->mode == TUTTI_ACCESS_WRITE;
        if (access->mode == TUTTI_ACCESS_GUARD || access->mode == TUTTI_ACCESS_ADD) continue;
        uint64_t *place = place_of(step, access->object & ~written, writes);
        if (place && writes) *place |= written;
    }
}

const struct tutti_forecast_step *tutti_forecast_note(struct tutti_forecast *forecast)
{
    struct tutti_forecast_actor *actor = forecast->moving;
    forecast->moving = NULL;
    if (!actor) {
        forecast->footprint.count = 0;
        return NULL;
    }
    sum_up(&forecast->footprint, &actor->last);
    forecast->footprint.count = 0;
    struct tutti_forecast_step *step = find(forecast, actor, true);
    for (uint32_t i = 0; step && i < actor->last.count; i++) {
        step->objects[i] = actor->last.objects[i];
    }
    if (step) step->count = actor->last.count;
    actor->steps++;
    return &actor->last;
}

void tutti_forecast_take(struct tutti_forecast *forecast, const struct tutti_candidate *candidate)
{
    forecast->moving = tutti_forecast_actor(forecast, candidate);
}

const struct tutti_forecast_step *tutti_forecast_next(struct tutti_forecast *forecast,
                                                      const struct tutti_forecast_actor *actor)
{
    const struct tutti_forecast_step *step = find(forecast, actor, false);
    if (step) return step;
    return actor->steps ? &actor->last : NULL;
}

bool tutti_forecast_conflict(const struct tutti_forecast_step *a,
                             const struct tutti_forecast_step *b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        for (uint32_t k = 0; k < b->count; k++) {
            uint64_t both = a->objects[i] ^ b->objects[k];
            if ((both & ~written) == 0 && ((a->objects[i] | b->objects[k]) & written)) return true;
        }
    }
    return false;
}
