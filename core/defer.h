/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/defer.h - what a task is to do at its end, however it ends. */
#ifndef TUTTI_CORE_DEFER_H
#define TUTTI_CORE_DEFER_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Has the calling task call fn(arg) when its function has returned, the latest deferred first. They
 * run in the task, shielded from cancellation, and may wait, and defer more; give what may take
 * long a deadline of its own. A negative result is a failure of the task, as if its function had
 * returned it, unless that had failed already: then it hangs below that; TUTTI_ECANCELED is none.
 * Returns 0, TUTTI_EINVALID (fn is NULL), or TUTTI_ENOMEMORY, and fn is not called. Not a
 * checkpoint. */
#define tutti_defer(fn, arg) tutti_defer_at(fn, arg, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_defer_at(int (*fn)(void *arg), void *arg,
                                            const struct tutti_site *site);

TUTTI_END
#endif
