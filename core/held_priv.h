/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/held_priv.h - giving things to tasks and taking them back (core/held.h). */
#ifndef TUTTI_CORE_HELD_PRIV_H
#define TUTTI_CORE_HELD_PRIV_H

#include "tutti/core/held.h"
#include "tutti/core/park.h"
#include "tutti/core/run_priv.h"

/* The task has it from now on; lost(held) is called if the task ends before held_drop. */
void held_take(struct tutti_held *held, struct tutti_task *task,
               void (*lost)(struct tutti_held *held), const struct tutti_site *site);
/* Nobody has it any more. */
void held_drop(struct tutti_held *held);
/* Is there such a task, which can be given something? */
bool held_lives(const struct run *run, const struct tutti_task *task);
/* For lost(): the run has leaked, because of this object. */
void held_leaked(struct run *run, const struct tutti_held *held, const struct tutti_object *object);

/* An effect on an object that one task has on behalf of another: what is handed over. */
static inline void object_given(struct run *run, const struct tutti_object *object,
                                const struct tutti_task *task, const char *op, uint32_t queue)
{
    object_touch(run, object, TUTTI_ACCESS_WRITE);
    if (EMITS(run, OBJ_OP)) object_tell(run, object, task, op, queue);
}

#endif
