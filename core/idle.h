/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/idle.h - wait until everybody else waits: for tests that want to know what settles.
 *
 * A run is idle while no task is ready; a task that waits here does not count as ready, every other
 * one does, whoever started it. Idleness is measured on the run's clock, from the moment when the
 * last ready task stopped; in a simulated world that is virtual time. Operations of the world that
 * are pending do not count as work: a task that waits for one is idle until the operation is
 * complete. Work outside that is counted (core/external.h) does: until it ends the run is not idle.
 * If a deadline comes first, the measure starts anew after it.                         */
#ifndef TUTTI_CORE_IDLE_H
#define TUTTI_CORE_IDLE_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Waits until the run was idle for cushion_ns (0: until it is idle). Of several tasks here, those
 * with the smallest cushion go on first, all of them; their going on ends the idleness for the
 * others. While tasks wait here a run is no deadlock. Returns 0, TUTTI_ECANCELED, or
 * TUTTI_EINVALID when cushion_ns is negative or TUTTI_NEVER.                                    */
#define tutti_wait_all_blocked(cushion_ns) tutti_wait_all_blocked_at(cushion_ns, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_wait_all_blocked_at(int64_t cushion_ns, const struct tutti_site *site);

TUTTI_END
#endif
