/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/task_keep.h - tasks that can be looked at after their end.
 *
 * A task's record goes back with its stack when it ends, so a pointer to it is good no longer. A
 * task that is kept stays readable, and so do those above it: its name, id, path and counters, and
 * tutti_task_parent from one to the next up to the first task, whose parent is NULL. A nursery that
 * is gone reads as NULL. That costs the stacks of those that have ended, until they are let go. */
#ifndef TUTTI_CORE_TASK_KEEP_H
#define TUTTI_CORE_TASK_KEEP_H

#include "tutti/core/held.h"

TUTTI_BEGIN

/* That a task is kept. The caller's, all zeros at first; it must stay where it is until the task is
 * let go, or the run has ended. */
struct tutti_kept {
    struct tutti_held held;  /* with the first of them that lives */
    struct tutti_task *task; /* NULL: none */
};

/* Keeps a living task (NULL: the calling one). A task may be kept several times, by a struct each.
 * Returns 0, TUTTI_ESTATE when `kept` has a task already, or TUTTI_EBROKEN when the task has ended.
 * When the first task ends, all that are kept are let go, and their structs are all zeros again;
 * so is one whose task has no parent, the first and tasks of the run's own, when that ends. Not a
 * checkpoint. */
#define tutti_task_keep(kept, task) tutti_task_keep_at(kept, task, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_task_keep_at(struct tutti_kept *kept, struct tutti_task *task,
                                                const struct tutti_site *site);
/* Lets it go; again: nothing. If it has ended, pointers to it are good no longer. Not a checkpoint.
 */
#define tutti_task_let_go(kept) tutti_task_let_go_at(kept, TUTTI_HERE)
TUTTI_API void tutti_task_let_go_at(struct tutti_kept *kept, const struct tutti_site *site);

TUTTI_END
#endif
