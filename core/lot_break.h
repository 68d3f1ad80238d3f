/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/lot_break.h - lots whose waiting can become pointless, and queues that move.
 *
 * A broken lot stays broken: those who wait in it, and all who come, get TUTTI_EBROKEN. A task can
 * be made a breaker of a lot, so that the lot breaks when the task ends: then nobody waits for what
 * only that task could have done. */
#ifndef TUTTI_CORE_LOT_BREAK_H
#define TUTTI_CORE_LOT_BREAK_H

#include "tutti/core/held.h"
#include "tutti/core/park.h"

TUTTI_BEGIN

/* Breaks the lot, in the name of the calling task or of `task`, which lives. lot->broken_by is the
 * first one's id, lot->breaks counts all. Not a checkpoint. */
#define tutti_lot_break(lot)          tutti_lot_break_at(lot, NULL, TUTTI_HERE)
#define tutti_lot_break_by(lot, task) tutti_lot_break_at(lot, task, TUTTI_HERE)
TUTTI_API void tutti_lot_break_at(struct tutti_lot *lot, const struct tutti_task *task,
                                  const struct tutti_site *site);

/* That a task is a breaker of a lot. The caller's, all zeros at first; it must stay where it is
 * until it is removed or the task has ended. */
struct tutti_breaker {
    struct tutti_held held;
    struct tutti_lot *lot;
    uint32_t times; /* how often it was added and not removed */
};

/* Makes `task` (NULL: the calling one) a breaker of the lot. May be done several times with the
 * same three; it then has to be undone as often. Returns 0, TUTTI_EBROKEN when the task has ended
 * already, or TUTTI_ESTATE when `breaker` is in use for another lot or task. Not a checkpoint. */
#define tutti_lot_add_breaker(lot, breaker, task)                                                  \
    tutti_lot_add_breaker_at(lot, breaker, task, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_lot_add_breaker_at(struct tutti_lot *lot,
                                                      struct tutti_breaker *breaker,
                                                      struct tutti_task *task,
                                                      const struct tutti_site *site);
/* Undoes one adding. Returns 0, or TUTTI_ESTATE when it is not added. Not a checkpoint. */
#define tutti_lot_remove_breaker(breaker) tutti_lot_remove_breaker_at(breaker, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_lot_remove_breaker_at(struct tutti_breaker *breaker,
                                                         const struct tutti_site *site);

/* Moves the first `count` places of a queue to the end of another lot's, in their order; a wait is
 * then for the object of the lot it is in, and can be cancelled as before. If `to` is broken they
 * get TUTTI_EBROKEN. Returns how many there were. Not a checkpoint. */
#define tutti_lot_repark(from, to, count) tutti_lot_repark_at(from, to, count, TUTTI_HERE)
TUTTI_API uint32_t tutti_lot_repark_at(struct tutti_lot *from, struct tutti_lot *to, uint32_t count,
                                       const struct tutti_site *site);

TUTTI_END
#endif
