/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/sim_world.h"

#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/op.h"
#include "tutti/sim/os_sim_priv.h"

/* Address space, not memory: what is not touched costs nothing. */
#define ARENA_SIZE ((size_t)1 << 30)
/* Smaller blocks than a cache line are not worth a class of their own. */
enum { CLASS_FIRST = 6 };

static int64_t sim_now(struct tutti_clock *clock)
{
    return TUTTI_CONTAINER(clock, struct tutti_sim_world, clock)->now_ns;
}

static void fill(struct tutti_chance *chance, char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        uint64_t bits = tutti_chance_next(chance);
        size_t piece = length - done < sizeof bits ? length - done : sizeof bits;
        for (size_t i = 0; i < piece; i++) {
            bytes[done++] = (char)(bits >> (8 * i));
        }
    }
}

static int sim_start(struct tutti_io *io, struct tutti_op *op)
{
    struct tutti_sim_world *sim = TUTTI_CONTAINER(io, struct tutti_sim_world, io);
    if (op->kind == TUTTI_OP_RANDOM) {
        fill(&sim->chance, op->buffer, op->length);
        op->result = (int64_t)op->length;
    } else {
        op->result = TUTTI_EUNSUPPORTED;
    }
    return TUTTI_IO_DONE;
}

static void sim_stop(struct tutti_io *io, struct tutti_op *op)
{
    (void)io, (void)op; /* nothing is ever pending */
}

/* Nothing can happen before until_ns: so it is until_ns at once. */
static struct tutti_op *sim_wait(struct tutti_io *io, int64_t until_ns)
{
    struct tutti_sim_world *sim = TUTTI_CONTAINER(io, struct tutti_sim_world, io);
    bool at_once = sim->woken || until_ns == TUTTI_NEVER;
    sim->woken = false;
    if (!at_once && until_ns > sim->now_ns) sim->now_ns = until_ns;
    return NULL;
}

static void sim_wake(struct tutti_io *io)
{
    TUTTI_CONTAINER(io, struct tutti_sim_world, io)->woken = true;
}

/* The class of a size: blocks of class c have 2^(c + CLASS_FIRST) bytes. */
static unsigned class_of(size_t size)
{
    unsigned class = 0;
    while (class < TUTTI_ARENA_CLASSES && ((size_t)1 << (class + CLASS_FIRST)) < size) {
        class ++;
    }
    return class;
}

static void *arena_take(struct tutti_arena *arena, size_t size)
{
    unsigned class = class_of(size);
    if (++arena->calls == arena->fail_at || class >= TUTTI_ARENA_CLASSES) return NULL;
    size_t bytes = (size_t)1 << (class + CLASS_FIRST);
    void *block = arena->free[class];
    if (block) {
        memcpy(&arena->free[class], block, sizeof block);
    } else {
        if (bytes > arena->size - arena->used) return NULL;
        block = arena->memory + arena->used;
        arena->used += bytes;
    }
    arena->live += size;
    if (arena->live > arena->live_max) arena->live_max = arena->live;
    return block;
}

static void arena_give(struct tutti_arena *arena, void *block, size_t size)
{
    unsigned class = class_of(size);
    TUTTI_ASSERT(arena->live >= size);
    TUTTI_ASSERT((char *)block >= arena->memory && (char *)block < arena->memory + arena->used);
    memcpy(block, &arena->free[class], sizeof block);
    arena->free[class] = block;
    arena->live -= size;
}

static void *sim_resize(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    struct tutti_arena *arena = &TUTTI_CONTAINER(alloc, struct tutti_sim_world, alloc)->arena;
    void *block = size ? arena_take(arena, size) : NULL;
    if (!old || (size && !block)) return block;
    if (block) memcpy(block, old, old_size < size ? old_size : size);
    arena_give(arena, old, old_size);
    return block;
}

int tutti_sim_world_open(struct tutti_sim_world *sim, uint64_t seed)
{
    *sim = (struct tutti_sim_world){.clock = {sim_now},
                                    .io = {sim_start, sim_stop, sim_wait, sim_wake, NULL, NULL},
                                    .alloc = {sim_resize},
                                    .options = {.quiet = true, .keep_stacks = true},
                                    .seed = seed,
                                    .arena = {.size = ARENA_SIZE}};
    sim->world = (struct tutti_world){
        .clock = &sim->clock, .io = &sim->io, .alloc = &sim->alloc, .options = &sim->options};
    sim->arena.memory = os_map_arena(ARENA_SIZE);
    if (!sim->arena.memory) return TUTTI_ENOMEMORY;
    tutti_sim_world_reset(sim);
    return 0;
}

void tutti_sim_world_reset(struct tutti_sim_world *sim)
{
    struct tutti_arena *arena = &sim->arena;
    if (arena->calls) {
        *arena = (struct tutti_arena){
            .memory = arena->memory, .size = arena->size, .fail_at = arena->fail_at};
    }
    sim->now_ns = 0;
    sim->chance.state = sim->seed;
    sim->woken = false;
}

void tutti_sim_world_close(struct tutti_sim_world *sim)
{
    if (sim->arena.memory) os_unmap(sim->arena.memory, sim->arena.size);
    sim->arena.memory = NULL;
}
