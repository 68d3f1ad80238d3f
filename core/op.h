/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/op.h - operations: what a task asks of the world, in one closed table.
 *
 * I/O is by operation, not by readiness: one shape serves epoll (try at once, else wait),
 * completion ports, the simulator, record and replay. A world that does not know a kind completes
 * the operation with TUTTI_EUNSUPPORTED. */
#ifndef TUTTI_CORE_OP_H
#define TUTTI_CORE_OP_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* TUTTI_OP(CONSTANT, "text"): `handle` is an object of the world, `buffer` and `length` its data,
 * `offset` a position or a number. The text is what a trace shows.                               */
#define TUTTI_OPS                                                                                  \
    TUTTI_OP(CONNECT, "connect")                                                                   \
    TUTTI_OP(ACCEPT, "accept")                                                                     \
    TUTTI_OP(RECV, "recv")                                                                         \
    TUTTI_OP(SEND, "send")                                                                         \
    TUTTI_OP(POLL, "poll")                                                                         \
    TUTTI_OP(OPEN, "open")                                                                         \
    TUTTI_OP(READ, "read")                                                                         \
    TUTTI_OP(WRITE, "write")                                                                       \
    TUTTI_OP(FSYNC, "fsync")                                                                       \
    TUTTI_OP(RESOLVE, "resolve")                                                                   \
    TUTTI_OP(CALL, "call")                                                                         \
    TUTTI_OP(SIGNAL, "signal")                                                                     \
    TUTTI_OP(SPAWN, "spawn")                                                                       \
    TUTTI_OP(WAIT, "wait")                                                                         \
    TUTTI_OP(RANDOM, "random")                                                                     \
    TUTTI_OP(POST, "post")

/* The kinds of operation. */
enum tutti_op_kind {
#define TUTTI_OP(NAME, text) TUTTI_OP_##NAME,
    TUTTI_OPS
#undef TUTTI_OP
        TUTTI_OP_KINDS
};

struct tutti_task;
struct tutti_op {
    enum tutti_op_kind kind;
    intptr_t handle; /* an object of the world, or nothing */
    void *buffer;    /* the data: the task's, untouched until the op is complete */
    size_t length;
    int64_t offset;
    int64_t result;        /* set by the world: 0 or a count, else a negative code */
    struct tutti_op *next; /* links completed ops; the world's own until then */
    void *world;           /* the world's own */
    uint64_t id;           /* set by core */
    struct tutti_task *task;
};

/* The text of a kind: "recv". */
TUTTI_API const char *tutti_op_text(enum tutti_op_kind kind);

/* Starts `op` in the world and waits until it is complete; returns op->result, clipped to int. A
 * cancellation stops the op: if it was done all the same its result is returned, and the
 * cancellation shows at the next checkpoint. `op` may live on the caller's stack.               */
#define tutti_op_perform(op) tutti_op_perform_at(op, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_op_perform_at(struct tutti_op *op, const struct tutti_site *site);

/* Fills `buffer` with `length` random bytes: the system's in the real world, the seed's in the
 * simulated one. Returns 0 or an error.                                                         */
#define tutti_random(buffer, length) tutti_random_at(buffer, length, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_random_at(void *buffer, size_t length, const struct tutti_site *site);

TUTTI_END
#endif
