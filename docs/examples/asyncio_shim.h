/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* asyncio_shim.h - a future that behaves as asyncio's does, for ports of asyncio programs.
 *
 * In tutti the first wake wins: a task that was woken returns from its wait with success, and a
 * cancellation that comes later shows at its next checkpoint. In asyncio a cancellation beats a
 * wake that is already scheduled: `await future` raises CancelledError although the future has its
 * result. The shim asks once more after the wait, which gives just that. */
#ifndef TUTTI_EXAMPLES_ASYNCIO_SHIM_H
#define TUTTI_EXAMPLES_ASYNCIO_SHIM_H

#include "tutti/core/error.h"
#include "tutti/core/park.h"
#include "tutti/core/task.h"

struct future {
    struct tutti_lot lot;
    struct future *next; /* for queues of futures */
    bool done;
};

static inline void future_init(struct future *future)
{
    *future = (struct future){.done = false};
    tutti_lot_init(&future->lot, "future");
}

/* set_result(None) */
static inline void future_set(struct future *future)
{
    future->done = true;
    tutti_lot_unpark(&future->lot, 1);
}

/* await future */
#define future_await(future) future_await_at(future, TUTTI_HERE)
static inline int future_await_at(struct future *future, const struct tutti_site *site)
{
    if (!future->done) TUTTI_TRY(tutti_lot_park_at(&future->lot, "future.await", site));
    return tutti_checkpoint_if_cancelled_at(site);
}

/* A deque of futures, as far as it is needed: append, popleft, remove. */
struct future_queue {
    struct future *first;
};

static inline void future_queue_append(struct future_queue *queue, struct future *future)
{
    struct future **last = &queue->first;
    while (*last)
        last = &(*last)->next;
    *last = future;
    future->next = NULL;
}

static inline void future_queue_remove(struct future_queue *queue, const struct future *future)
{
    for (struct future **at = &queue->first; *at; at = &(*at)->next) {
        if (*at != future) continue;
        *at = future->next;
        return;
    }
}

#endif
