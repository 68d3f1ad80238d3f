/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/system.h - tasks of the run itself, beside the first task and all below it.
 *
 * For what a library needs in the background for as long as the program runs. They live in a
 * nursery of the run's own, are daemons, and are cancelled when the first task has ended; the run
 * ends when they have. Nobody is there to handle their errors: one that fails cancels everything,
 * and the run ends with TUTTI_EINTERNAL. Use a nursery, or a service of one, wherever there is one.
 */
#ifndef TUTTI_CORE_SYSTEM_H
#define TUTTI_CORE_SYSTEM_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Starts fn(arg) as a system task; it runs later, inside no scope of the caller's and without the
 * caller's variables (core/local.h). `arg` must outlive it. Returns 0, TUTTI_ECLOSED (the first
 * task has ended), TUTTI_EINVALID (fn is NULL) or TUTTI_ENOMEMORY. Not a checkpoint. */
#define tutti_system_start(fn, arg) tutti_system_start_at(#fn, fn, arg, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_system_start_at(const char *name, int (*fn)(void *arg),
                                                   void *arg, const struct tutti_site *site);

TUTTI_END
#endif
