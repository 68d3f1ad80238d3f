/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/lot_break.h"

#include "tutti/core/held_priv.h"
#include "tutti/core/park_priv.h"

static void lot_break(struct run *run, struct tutti_lot *lot, const struct tutti_task *task)
{
    if (!lot->breaks && task) lot->broken_by = task->id;
    if (lot->breaks < UINT32_MAX) lot->breaks++;
    object_op(run, &lot->object, "break", 0);
    if (TOUCHES(run)) touch_leave(run, lot);
    while (lot->first)
        tutti_waiter_wake(lot->first, TUTTI_EBROKEN);
}

void tutti_lot_break_at(struct tutti_lot *lot, const struct tutti_task *task,
                        const struct tutti_site *site)
{
    struct run *run = run_require(site);
    lot_break(run, lot, task ? task : run->current);
}

int lot_broken(const struct tutti_lot *lot, const struct tutti_site *site)
{
    return tutti_error_at(site, false, TUTTI_EBROKEN, "%s \"%s\" was broken by task #%llu",
                          tutti_object_kind_text(lot->object.kind),
                          lot->object.name ? lot->object.name : "",
                          (unsigned long long)lot->broken_by);
}

static void breaker_lost(struct tutti_held *held)
{
    struct tutti_breaker *breaker = TUTTI_CONTAINER(held, struct tutti_breaker, held);
    breaker->times = 0;
    lot_break(run_current, breaker->lot, run_current->current);
}

int tutti_lot_add_breaker_at(struct tutti_lot *lot, struct tutti_breaker *breaker,
                             struct tutti_task *task, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (!task) task = run->current;
    if (!held_lives(run, task)) {
        return tutti_error_at(site, false, TUTTI_EBROKEN, "the task to break the lot has ended");
    }
    if (!breaker->times) {
        breaker->lot = lot;
        held_take(&breaker->held, task, breaker_lost, site);
    } else if (breaker->lot != lot || breaker->held.task != task) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "this breaker is in use for another lot or task, since %s:%u",
                              breaker->held.site->file, breaker->held.site->line);
    }
    breaker->times++;
    return 0;
}

int tutti_lot_remove_breaker_at(struct tutti_breaker *breaker, const struct tutti_site *site)
{
    (void)run_require(site);
    if (!breaker->times) {
        return tutti_error_at(site, false, TUTTI_ESTATE, "this breaker is not added");
    }
    if (--breaker->times == 0) held_drop(&breaker->held);
    return 0;
}

/* The wait is for the other lot's object now, if it was for the first one's. */
static void move(struct tutti_waiter *waiter, struct tutti_lot *from, struct tutti_lot *to)
{
    struct tutti_park *park = waiter->park;
    if (TOUCHES(run_current)) {
        touch_leave(run_current, from);
        touch_join(run_current, to);
    }
    lot_leave(waiter);
    lot_append(to, waiter);
    if (park->object != &from->object) return;
    park->object = &to->object;
    park->task->object = &to->object;
}

uint32_t tutti_lot_repark_at(struct tutti_lot *from, struct tutti_lot *to, uint32_t count,
                             const struct tutti_site *site)
{
    struct run *run = run_require(site);
    uint32_t moved = 0;
    if (from == to) tutti_panic_at(site, "a queue cannot be moved to its own end");
    for (; moved < count && from->first; moved++) {
        if (to->breaks) {
            tutti_waiter_wake(from->first, TUTTI_EBROKEN);
        } else {
            move(from->first, from, to);
        }
    }
    object_op(run, &from->object, "repark", from->count);
    return moved;
}
