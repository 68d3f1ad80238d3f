/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/once.h"

#include "tutti/core/held_priv.h"

/* Invariant: while somebody waits a task tries, or is ready to and has not begun. */

void tutti_once_init_at(struct tutti_once *once, const char *name, const struct tutti_site *site)
{
    *once = (struct tutti_once){.done = false};
    object_init(run_require(site), &once->lot.object, TUTTI_OBJECT_ONCE, name, 0, site);
}

static void once_turn(struct run *run, struct tutti_once *once, struct tutti_task *task)
{
    once->lot.object.holder = task;
    object_given(run, &once->lot.object, task, "try", once->lot.count);
}

/* The calling task's turn has come. */
static int once_try(struct run *run, struct tutti_once *once, int (*fn)(void *arg), void *arg)
{
    int rc = fn(arg);
    once->lot.object.holder = NULL;
    object_op(run, &once->lot.object, rc < 0 ? "failed" : "done", once->lot.count);
    if (rc < 0) {
        struct tutti_waiter *head = once->lot.first;
        if (!head) return rc;
        tutti_waiter_wake(head, 0);
        once_turn(run, once, head->park->task);
        return rc;
    }
    once->done = true;
    once->result = rc;
    tutti_lot_unpark(&once->lot, UINT32_MAX);
    return rc;
}

int tutti_once_run_at(struct tutti_once *once, int (*fn)(void *arg), void *arg,
                      const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    if (!fn) return tutti_error_at(site, false, TUTTI_EINVALID, "the function is NULL");
    object_touch(run, &once->lot.object, TUTTI_ACCESS_READ);
    if (once->lot.object.holder == task) {
        return tutti_error_at(site, false, TUTTI_ESTATE, "called by what is to be done once");
    }
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    bool waits = !once->done && once->lot.object.holder;
    if (waits) {
        TUTTI_TRY(tutti_lot_park_at(&once->lot, "once.run", site));
    } else if (!once->done) {
        once_turn(run, once, task);
    }
    bool tries = once->lot.object.holder == task;
    int rc = tries ? once_try(run, once, fn, arg) : once->result;
    if (rc >= 0 && !waits) task_yield(run, task, "once.run", &once->lot.object, site);
    return rc;
}

int tutti_once_get_nowait_at(const struct tutti_once *once, const struct tutti_site *site)
{
    object_touch(run_require(site), &once->lot.object, TUTTI_ACCESS_READ);
    return once->done ? once->result : TUTTI_EWOULDBLOCK;
}

struct tutti_once_stats tutti_once_statistics(const struct tutti_once *once)
{
    object_look(&once->lot.object);
    const struct tutti_task *runner = once->lot.object.holder;
    return (struct tutti_once_stats){once->lot.count, runner ? runner->id : 0, once->done};
}
