/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/external.h - work that goes on outside a run for it: in a thread, in another process.
 *
 * A run cannot see such work. Whoever hands some out counts it, and takes it off the count when the
 * result is in the run again, which is in a post (core/token.h), not in the thread. While something
 * is counted:
 * - a virtual clock does not jump (sim/virtual_clock.h): time must not pass what is still
 * computing;
 * - the run is not idle (core/idle.h), whoever waits for that;
 * - waiting for ever is no deadlock in a world that has an outside.
 * What is not counted hinders nothing of this, so counting is a choice for each piece of work. In
 * the simulator there is no outside: there a task that plays a thread's part may count its work,
 * and then only idleness looks at it. */
#ifndef TUTTI_CORE_EXTERNAL_H
#define TUTTI_CORE_EXTERNAL_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* One piece of work more goes on outside the calling thread's run. Not a checkpoint. */
#define tutti_external_begin() tutti_external_begin_at(TUTTI_HERE)
TUTTI_API void tutti_external_begin_at(const struct tutti_site *site);
/* One less. When none is counted it panics. Not a checkpoint. */
#define tutti_external_end() tutti_external_end_at(TUTTI_HERE)
TUTTI_API void tutti_external_end_at(const struct tutti_site *site);
/* How many go on now; 0 outside a run. Not a checkpoint. */
TUTTI_API uint32_t tutti_external_count(void);

TUTTI_END
#endif
