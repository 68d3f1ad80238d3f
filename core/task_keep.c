/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/task_keep.h"

#include "tutti/core/held_priv.h"
#include "tutti/core/stack_priv.h"

/* A kept task is held by itself as long as it lives, then by the next above it that does: who ends
 * in between stays, once for each that is kept below it. */

/* Those that have ended, from the kept one up, may go. */
static void forget(struct run *run, struct tutti_kept *kept)
{
    struct tutti_task *task = kept->task;
    kept->task = NULL;
    while (task && task->state == TASK_EXITED) {
        struct tutti_task *above = task->above;
        if (--task->keepers == 0) stack_give(run->stacks, &task->stack);
        task = above;
    }
}

static void holder_ends(struct tutti_held *held)
{
    struct tutti_kept *kept = TUTTI_CONTAINER(held, struct tutti_kept, held);
    struct tutti_task *task = run_current->current;
    struct tutti_task *above = tutti_task_parent(task);
    if (!above) {
        forget(run_current, kept);
        return;
    }
    if (!task->kept) {
        task->kept = true;
        task->keepers = 0;
        task->above = above;
    }
    task->keepers++;
    held_take(held, above, holder_ends, held->site);
}

int tutti_task_keep_at(struct tutti_kept *kept, struct tutti_task *task,
                       const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (kept->task) return tutti_error_at(site, false, TUTTI_ESTATE, "another task is kept by it");
    if (!task) task = run->current;
    if (!held_lives(run, task)) {
        return tutti_error_at(site, false, TUTTI_EBROKEN, "the task to be kept has ended");
    }
    kept->task = task;
    held_take(&kept->held, task, holder_ends, site);
    return 0;
}

void tutti_task_let_go_at(struct tutti_kept *kept, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!kept->task) return;
    held_drop(&kept->held);
    forget(run, kept);
}

void kept_drop_all(struct run *run)
{
    struct tutti_held *next;
    for (struct tutti_task *task = run->all_first; task; task = task->all_next) {
        for (struct tutti_held *held = task->holdings; held; held = next) {
            next = held->next;
            if (held->lost != holder_ends) continue;
            held_drop(held);
            forget(run, TUTTI_CONTAINER(held, struct tutti_kept, held));
        }
    }
}
