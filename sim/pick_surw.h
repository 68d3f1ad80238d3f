/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_surw.h - strategy surw: a random walk that is uniform over the interleavings of selected
 * steps (Zhao, Wolff, Mathur, Roychoudhury, "Selectively uniform concurrency testing", ASPLOS
 * 2025).
 *
 * Selected are, in each run, the steps that touch one object, chosen by chance among those that the
 * runs before have shown to be touched by several tasks and written by one. Which task makes the
 * next selected step is drawn by weight: by how many of them each still has to make. Other tasks
 * that stand before a selected step wait for it; whoever stands before any other step may go on, by
 * chance. Nobody waits if then nobody could. So where one object is what matters, its orders are
 * tried evenly, whatever else the tasks do. What a step will touch, and how many are selected, is
 * forecast (sim/forecast.h); the first run is a plain random walk. Values are by chance. Never
 * complete.                                                                                      */
#ifndef TUTTI_SIM_PICK_SURW_H
#define TUTTI_SIM_PICK_SURW_H

#include "tutti/sim/by_chance.h"
#include "tutti/sim/forecast.h"

TUTTI_BEGIN

enum { TUTTI_SURW_OBJECTS = 512 }; /* among which one is chosen; what comes later is not */

/* Large: not for a stack. */
struct tutti_pick_surw {
    struct tutti_by_chance by;
    struct tutti_forecast forecast;
    struct tutti_surw_object {
        uint64_t object;
        uint32_t actor; /* who touched it first */
        bool shared;    /* another one did, too */
        bool written;
    } objects[TUTTI_SURW_OBJECTS];
    uint32_t objects_count;
    uint64_t selected;                           /* the object of this run; 0: none */
    uint32_t weights[TUTTI_FORECAST_ACTORS];     /* selected steps that each still has to make */
    const struct tutti_forecast_actor *intended; /* who makes the next one; NULL: nobody */
};

/* Readies it for run 0 of the seed; `items` are the caller's. */
TUTTI_API void tutti_pick_surw_init(struct tutti_pick_surw *surw, const struct tutti_bounds *bounds,
                                    struct tutti_take *items, uint32_t room, uint64_t seed);

TUTTI_END
#endif
