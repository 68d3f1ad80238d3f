/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_pos.h - strategy pos: partial order sampling (Yuan, Yang, Gu, "Partial order aware
 * concurrency sampling", CAV 2018).
 *
 * Each step that could be made next has a priority by chance, and the highest is made. When it was
 * made, the steps it conflicts with get new priorities: so orders of steps that have to do with one
 * another are tried evenly, and those of steps that have not are not. What a step will touch is
 * forecast (sim/forecast.h). Values are by chance. Never complete.                               */
#ifndef TUTTI_SIM_PICK_POS_H
#define TUTTI_SIM_PICK_POS_H

#include "tutti/sim/by_chance.h"
#include "tutti/sim/forecast.h"

TUTTI_BEGIN

/* Large: not for a stack. */
struct tutti_pick_pos {
    struct tutti_by_chance by;
    struct tutti_forecast forecast;
    uint64_t priorities[TUTTI_FORECAST_ACTORS]; /* of each one's next step; 0: not drawn yet */
};

/* Readies it for run 0 of the seed; `items` are the caller's. */
TUTTI_API void tutti_pick_pos_init(struct tutti_pick_pos *pos, const struct tutti_bounds *bounds,
                                   struct tutti_take *items, uint32_t room, uint64_t seed);

TUTTI_END
#endif
