/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* footprints.h - one run in step mode, and what each of its steps touched. */
#ifndef TUTTI_TESTS_FOOTPRINTS_H
#define TUTTI_TESTS_FOOTPRINTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/sim/sim_world.h"

enum { FOOTPRINTS_STEPS = 64 };
static uint32_t footprints_room = 1 << 12;

struct footprints {
    struct tutti_pick pick;
    struct tutti_footprint footprint;
    struct tutti_access *items;
    uint32_t begins[FOOTPRINTS_STEPS + 1]; /* of each step, and the end of the last */
    uint32_t steps;
};

/* Option 0 always; asked before each step. */
static inline uint32_t footprints_pick(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct footprints *prints = TUTTI_CONTAINER(pick, struct footprints, pick);
    if (!choice->candidates) return 0;
    assert_true(choice->of >= 1 && prints->steps < FOOTPRINTS_STEPS);
    prints->begins[prints->steps++] = prints->footprint.count;
    return 0;
}

static inline void footprints_of(struct footprints *prints, int (*main)(void *arg))
{
    struct tutti_sim_world sim;
    *prints = (struct footprints){.pick = {.mask = 1u << TUTTI_CHOICE_RUN,
                                           .step = true,
                                           .footprint = &prints->footprint,
                                           .pick = footprints_pick},
                                  .items = calloc(footprints_room, sizeof *prints->items)};
    assert_non_null(prints->items);
    prints->footprint = (struct tutti_footprint){.items = prints->items, .room = footprints_room};
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.world.pick = &prints->pick;
    assert_int_equal(tutti_run(&sim.world, main, NULL), 0);
    tutti_sim_world_close(&sim);
    prints->begins[prints->steps] = prints->footprint.count;
}

static inline void footprints_free(struct footprints *prints)
{
    free(prints->items);
}

static inline uint32_t footprints_count(const struct footprints *prints, uint32_t step,
                                        uint32_t mode)
{
    uint32_t count = 0;
    for (uint32_t i = prints->begins[step]; i < prints->begins[step + 1]; i++)
        count += prints->items[i].mode == mode;
    return count;
}

/* Did this step touch this object in this mode? */
static inline bool footprints_has(const struct footprints *prints, uint64_t path, uint64_t part,
                                  uint32_t mode, uint32_t step)
{
    uint64_t object = tutti_access_key(path, part);
    for (uint32_t i = prints->begins[step]; i < prints->begins[step + 1]; i++) {
        if (prints->items[i].object == object && prints->items[i].mode == mode) return true;
    }
    return false;
}

#endif
