/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/starting.h - start a task and wait until it says that it is ready.
 *
 * A server is started when it listens, not when its task exists. Until the task says so it lives
 * below the call that starts it: its errors come out of that call, and what cancels the caller
 * cancels it. Then it moves into the nursery it was started for, with all it has open. */
#ifndef TUTTI_CORE_STARTING_H
#define TUTTI_CORE_STARTING_H

#include "tutti/core/nursery.h"

TUTTI_BEGIN

struct tutti_starter;

/* One start under way: on the stack of the task that is being started. Its fields are core's own.
 */
struct tutti_starting {
    struct tutti_nursery *target;  /* where the task is to live */
    struct tutti_starter *starter; /* the call that starts it; until it is ready */
    struct tutti_task *task;       /* the task */
    const struct tutti_site *said; /* where it said that it is ready; NULL: it did not so far */
};

/* Starts fn(starting, arg) for the nursery and waits until it calls tutti_started; *value (if not
 * NULL) is then what it said, and the task is a child of the nursery. Returns 0, or without a new
 * child: the code fn failed with, TUTTI_ESTATE when fn returned without calling tutti_started, or
 * what tutti_nursery_start returns. A cancellation of the caller reaches the task, which is waited
 * for: TUTTI_ECANCELED. The call keeps the nursery open; it waits for a place in a bounded one. */
#define tutti_nursery_start_ready(nursery, fn, arg, value)                                         \
    tutti_nursery_start_ready_at(nursery, #fn, fn, arg, value, TUTTI_HERE)
TUTTI_CHECKPOINT int
tutti_nursery_start_ready_at(struct tutti_nursery *nursery, const char *name,
                             int (*fn)(struct tutti_starting *starting, void *arg), void *arg,
                             intptr_t *value, const struct tutti_site *site);

/* Called by the task when it is ready, or for it by another while it lives. NULL, when fn was
 * called directly: does nothing. So too when the call that starts the task is cancelled: the task
 * stays there. Returns 0, or TUTTI_ESTATE the second time. Not a checkpoint. */
#define tutti_started(starting, value) tutti_started_at(starting, value, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_started_at(struct tutti_starting *starting, intptr_t value,
                                              const struct tutti_site *site);

TUTTI_END
#endif
