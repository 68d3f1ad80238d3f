/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/by_chance.h - what strategies have in common that go by chance: run number n of a seed is
 * the same run every time, as far as the strategy learns nothing from the runs before, and there is
 * always a next one.                                                                             */
#ifndef TUTTI_SIM_BY_CHANCE_H
#define TUTTI_SIM_BY_CHANCE_H

#include "tutti/sim/chance.h"
#include "tutti/sim/picker.h"

TUTTI_BEGIN

struct tutti_by_chance;

/* What makes a strategy of it; each may be NULL. */
struct tutti_by_chance_kind {
    /* Who goes on; NULL: whoever, all alike. Values are always by chance. */
    uint32_t (*schedule)(struct tutti_by_chance *by, const struct tutti_choice *choice);
    /* A run is over, its record is still there: learn from it. */
    void (*end)(struct tutti_by_chance *by);
    /* A run begins: its chance is ready. */
    void (*begin)(struct tutti_by_chance *by);
};

struct tutti_by_chance {
    struct tutti_picker picker;
    const struct tutti_by_chance_kind *kind;
    struct tutti_chance chance; /* of this run */
    uint64_t seed;
    uint64_t run;    /* its number, from 0 */
    uint64_t stride; /* to the next one's: how many search side by side, each its own runs */
};

/* Readies it for run 0 of the seed; `items` are the caller's. */
TUTTI_API void tutti_by_chance_init(struct tutti_by_chance *by,
                                    const struct tutti_by_chance_kind *kind,
                                    const struct tutti_bounds *bounds, struct tutti_take *items,
                                    uint32_t room, uint64_t seed);

/* Before the first run: it makes the runs of job `job` of `jobs`. */
TUTTI_API void tutti_by_chance_share(struct tutti_by_chance *by, uint32_t job, uint32_t jobs);

TUTTI_END
#endif
