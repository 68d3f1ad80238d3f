/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/sim_world.h - the simulated world: time that jumps, chance from a seed, memory in one
 * place.
 *
 * The clock shows 0 when a run begins and moves only when the run waits: at once to where it
 * wants to wait until. Nothing outside the process is asked for anything. The same world, reset,
 * gives the same answers again, addresses of memory included.                                    */
#ifndef TUTTI_SIM_WORLD_H
#define TUTTI_SIM_WORLD_H

#include "tutti/core/world.h"
#include "tutti/sim/chance.h"

TUTTI_BEGIN

/* Blocks of the arena are powers of two, from 2^6 bytes on. */
enum { TUTTI_ARENA_CLASSES = 58 };

/* Memory of runs: taken from the front of one mapping, freed blocks are used again, and all of it
 * is empty after a reset, which costs nothing.                                                   */
struct tutti_arena {
    char *memory;
    size_t size;                     /* of the mapping; only what is touched is committed */
    size_t used;                     /* bytes from the front that were ever given out in this run */
    size_t live;                     /* bytes that are given out now */
    size_t live_max;                 /* and the most there were in this run */
    uint64_t calls;                  /* requests for memory in this run */
    uint64_t fail_at;                /* the request that fails, counted from 1; 0: none */
    void *free[TUTTI_ARENA_CLASSES]; /* blocks to use again, by class */
};

struct tutti_sim_world {
    struct tutti_world world; /* for tutti_run; pick and sink are the caller's to set */
    struct tutti_clock clock;
    struct tutti_io io;
    struct tutti_alloc alloc;
    struct tutti_options options; /* quiet and keep_stacks are set: this world is for many runs */
    int64_t now_ns;
    uint64_t seed;
    struct tutti_chance chance; /* what TUTTI_OP_RANDOM gives; every run's begins at the seed */
    bool woken;                 /* wake() was called: the next wait ends at once */
    struct tutti_arena arena;
};

/* Makes a world. Returns 0 or TUTTI_ENOMEMORY. It must not be moved, and is to be closed. Its
 * operations so far: random; the others complete with TUTTI_EUNSUPPORTED.                        */
TUTTI_API TUTTI_MUST_USE int tutti_sim_world_open(struct tutti_sim_world *sim, uint64_t seed);
/* Before each run: time is 0, chance begins again, memory is empty. */
TUTTI_API void tutti_sim_world_reset(struct tutti_sim_world *sim);
/* Gives its memory back. */
TUTTI_API void tutti_sim_world_close(struct tutti_sim_world *sim);

TUTTI_END
#endif
