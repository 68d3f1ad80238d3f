/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/op.h"

#include <limits.h>

#include "tutti/core/run_priv.h"

const char *tutti_op_text(enum tutti_op_kind kind)
{
    static const char *const texts[] = {
#define TUTTI_OP(NAME, text) text,
        TUTTI_OPS
#undef TUTTI_OP
    };
    return (unsigned)kind < TUTTI_OP_KINDS ? texts[kind] : "unknown";
}

/* A cancelled operation is asked to end; it completes all the same, and that is the wake. */
static enum tutti_abort op_abort(struct tutti_park *park)
{
    struct run *run = run_current;
    struct tutti_io *io = run->world->io;
    io->stop(io, park->context);
    if (run->asleep) run_nudge(run); /* a host is to make the step in which it completes */
    return TUTTI_ABORT_LATER;
}

/* What a call returns for an operation's result. */
static int outcome(struct run *run, int64_t result)
{
    if (result < 0) return error_bare(run, result < INT_MIN ? INT_MIN : (int)result);
    return result > INT_MAX ? INT_MAX : (int)result;
}

/* The directions that an operation may wait in: bits of enum tutti_poll_flag. */
static uint32_t directions(const struct tutti_op *op)
{
    switch (op->kind) {
    case TUTTI_OP_ACCEPT:
    case TUTTI_OP_RECV:
    case TUTTI_OP_READ:
        return TUTTI_POLL_READ;
    case TUTTI_OP_CONNECT:
    case TUTTI_OP_SEND:
    case TUTTI_OP_SENDFILE:
    case TUTTI_OP_WRITE:
        return TUTTI_POLL_WRITE;
    case TUTTI_OP_SPLICE:
        return TUTTI_POLL_READ | TUTTI_POLL_WRITE;
    case TUTTI_OP_POLL:
        return op->flags;
    default:
        return 0;
    }
}

void op_count(struct run *run, const struct tutti_op *op, int change)
{
    uint32_t flags = directions(op), by = (uint32_t)change;
    run->ops_pending += by;
    if (op->task->daemon) run->ops_daemons += by;
    if (flags & (TUTTI_POLL_READ | TUTTI_POLL_URGENT)) run->ops_reading += by;
    if (flags & TUTTI_POLL_WRITE) run->ops_writing += by;
}

/* Hands `op` to the world; what is done at once is told at once. */
static int start(struct run *run, struct tutti_op *op, const struct tutti_site *site)
{
    struct tutti_io *io = run->world->io;
    TOUCH(run, 0, WORLD, WRITE);
    op->id = run_id(run);
    op->task = run->current;
    op->next = NULL;
    op->world = NULL;
    op->result = 0;
    EMIT(run, IO_SUBMIT, .obj = op->id, .task = op->task->id, .name = tutti_op_text(op->kind),
         .arg = (int64_t)op->length, .site = site);
    int rc = io->start(io, op);
    if (rc == TUTTI_IO_DONE) EMIT(run, IO_DONE, .obj = op->id, .arg = op->result);
    (void)site;
    return rc;
}

int tutti_op_now_at(struct tutti_op *op, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (start(run, op, site) != TUTTI_IO_DONE) {
        tutti_panic_at(site, "the operation %s is not done at once: use tutti_op_perform",
                       tutti_op_text(op->kind));
    }
    return outcome(run, op->result);
}

int tutti_op_perform_at(struct tutti_op *op, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    const char *text = tutti_op_text(op->kind);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (start(run, op, site) == TUTTI_IO_DONE) {
        task_yield(run, task, text, NULL, site);
        return outcome(run, op->result);
    }
    op_count(run, op, 1);
    struct tutti_object object = {.id = op->id, .kind = TUTTI_OBJECT_OTHER, .name = text};
    struct tutti_park wait = TUTTI_PARK_INIT(text, &object, site);
    wait.abort = op_abort;
    wait.context = op;
    (void)park(run, &wait);
    if (op->result == TUTTI_ECANCELED) return task_cancelled(run, task, text, site);
    return outcome(run, op->result);
}

int tutti_random_at(void *buffer, size_t length, const struct tutti_site *site)
{
    struct tutti_op op = {.kind = TUTTI_OP_RANDOM, .buffer = buffer, .length = length};
    int rc = tutti_op_perform_at(&op, site);
    return rc < 0 ? rc : 0;
}
