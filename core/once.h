/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/once.h - once: whoever comes first does it, the others wait until it is done.
 *
 * It is done when the function returned 0 or more. When it fails or is cancelled, that is its
 * caller's alone: the first who waits tries next, with the function it brought. The struct may live
 * on a stack, as long as no task waits when it goes away. */
#ifndef TUTTI_CORE_ONCE_H
#define TUTTI_CORE_ONCE_H

#include "tutti/core/park.h"

TUTTI_BEGIN

struct tutti_once {
    struct tutti_lot lot; /* the object's holder is the task that tries */
    bool done;
    int result; /* when done: what the function returned */
};

/* Makes one, not done, with a name that is kept (or NULL). Not a checkpoint. */
#define tutti_once_init(once, name) tutti_once_init_at(once, name, TUTTI_HERE)
TUTTI_API void tutti_once_init_at(struct tutti_once *once, const char *name,
                                  const struct tutti_site *site);
/* Sees to it that it is done. Returns what the function returned that did it (0 or more). Or the
 * error of fn(arg), called here; TUTTI_ECANCELED; TUTTI_ESTATE when called by the function itself;
 * TUTTI_EINVALID (fn is NULL); TUTTI_EBROKEN when it had to wait and once->lot was broken. */
#define tutti_once_run(once, fn, arg) tutti_once_run_at(once, fn, arg, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_once_run_at(struct tutti_once *once, int (*fn)(void *arg), void *arg,
                                       const struct tutti_site *site);
/* Its result if it is done, else TUTTI_EWOULDBLOCK. Not a checkpoint. */
#define tutti_once_get_nowait(once) tutti_once_get_nowait_at(once, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_once_get_nowait_at(const struct tutti_once *once,
                                                      const struct tutti_site *site);

struct tutti_once_stats {
    uint32_t waiting;
    uint64_t runner; /* the id of the task that tries; 0: none does */
    bool done;
};
/* What it is like now. Not a checkpoint. */
TUTTI_API struct tutti_once_stats tutti_once_statistics(const struct tutti_once *once);

TUTTI_END
#endif
