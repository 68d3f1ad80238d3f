/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tiny_world.h - a world of forty lines: a clock that jumps to where the run wants to sleep until,
 * no operations, no choices. For tests of core that are to need nothing but core.                */
#ifndef TUTTI_TESTS_TINY_WORLD_H
#define TUTTI_TESTS_TINY_WORLD_H

#include "tutti/core/error.h"
#include "tutti/core/op.h"
#include "tutti/core/world.h"

struct tiny_world {
    struct tutti_clock clock;
    struct tutti_io io;
    struct tutti_world world;
    int64_t now_ns;
};

static inline int64_t tiny_now(struct tutti_clock *clock)
{
    return TUTTI_CONTAINER(clock, struct tiny_world, clock)->now_ns;
}

static inline int tiny_start(struct tutti_io *io, struct tutti_op *op)
{
    (void)io;
    op->result = TUTTI_EUNSUPPORTED;
    return TUTTI_IO_DONE;
}

static inline void tiny_stop(struct tutti_io *io, struct tutti_op *op)
{
    (void)io, (void)op;
}

static inline struct tutti_op *tiny_wait(struct tutti_io *io, int64_t until_ns)
{
    struct tiny_world *tiny = TUTTI_CONTAINER(io, struct tiny_world, io);
    if (until_ns > tiny->now_ns) tiny->now_ns = until_ns;
    return NULL;
}

static inline void tiny_wake(struct tutti_io *io)
{
    (void)io;
}

static inline void tiny_world_init(struct tiny_world *tiny)
{
    *tiny = (struct tiny_world){.clock = {tiny_now},
                                .io = {tiny_start, tiny_stop, tiny_wait, tiny_wake, NULL, NULL}};
    tiny->world = (struct tutti_world){.clock = &tiny->clock, .io = &tiny->io};
}

#endif
