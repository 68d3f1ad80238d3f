/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/local.h - variables of tasks, and of the run.
 *
 * A task has its own value of a variable. It begins with those of the task that started it, as they
 * were then; what either sets later, the other does not see. Starting a task costs nothing for it:
 * values are shared until one is set. For what everything below a task should know without being
 * told in each call: the request it works for, a logger. System tasks begin with none. */
#ifndef TUTTI_CORE_LOCAL_H
#define TUTTI_CORE_LOCAL_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* A variable: static, or outliving the run. `static const struct tutti_local user = {"user",
 * NULL};`
 */
struct tutti_local {
    const char *name;
    void *initial; /* its value where it was not set */
};

/* The calling task's value. Not a checkpoint. */
#define tutti_local_get(local) tutti_local_get_at(local, TUTTI_HERE)
TUTTI_API void *tutti_local_get_at(const struct tutti_local *local, const struct tutti_site *site);
/* Sets it for the calling task, and for the tasks it starts from now on. The value is the caller's,
 * and must live as long as any of these tasks may ask for it. Returns 0, or TUTTI_ENOMEMORY and all
 * is as before. Not a checkpoint. */
#define tutti_local_set(local, value) tutti_local_set_at(local, value, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_local_set_at(const struct tutti_local *local, void *value,
                                                const struct tutti_site *site);

/* The same for the run: one value for all its tasks. Not checkpoints. */
#define tutti_run_local_get(local) tutti_run_local_get_at(local, TUTTI_HERE)
TUTTI_API void *tutti_run_local_get_at(const struct tutti_local *local,
                                       const struct tutti_site *site);
#define tutti_run_local_set(local, value) tutti_run_local_set_at(local, value, TUTTI_HERE)
/* Returns 0, or TUTTI_ENOMEMORY and all is as before. */
TUTTI_API TUTTI_MUST_USE int tutti_run_local_set_at(const struct tutti_local *local, void *value,
                                                    const struct tutti_site *site);

TUTTI_END
#endif
