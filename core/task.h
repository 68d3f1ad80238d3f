/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/task.h - tasks, time and checkpoints.
 *
 * A task runs until it calls a checkpoint; nothing else lets another one run. All functions but
 * tutti_task_self, tutti_in_run and tutti_in_task abort when called outside a run's task. */
#ifndef TUTTI_CORE_TASK_H
#define TUTTI_CORE_TASK_H

#include "tutti/core/base.h"

TUTTI_BEGIN

struct tutti_task;

/* The calling task; NULL outside one. */
TUTTI_API struct tutti_task *tutti_task_self(void);
/* Does the calling thread have a run: is it inside tutti_run, or is a loop of it open? */
TUTTI_API bool tutti_in_run(void);
/* Is a task of it running, its abort functions and the sink's events of its step included? */
TUTTI_API bool tutti_in_task(void);
/* Its name; valid while the task lives. */
TUTTI_API const char *tutti_task_name(const struct tutti_task *task);
/* Its number in order of creation among all things of the run. */
TUTTI_API uint64_t tutti_task_id(const struct tutti_task *task);
/* A hash of its creation path (its parent's path and its number among the parent's children): the
 * same in every run that makes it alike.                                                        */
TUTTI_API uint64_t tutti_task_path(const struct tutti_task *task);
/* Writes the creation path as text ("0.2.1": main's third child's second) into `buffer`, always
 * NUL-terminated; returns the length the whole has.                                             */
TUTTI_API size_t tutti_task_path_text(const struct tutti_task *task, char *buffer, size_t size);
/* The task of the nursery it lives in; NULL for the first. */
TUTTI_API struct tutti_task *tutti_task_parent(const struct tutti_task *task);
/* How many cancel points and schedule points it has passed. */
TUTTI_API uint64_t tutti_task_cancel_points(const struct tutti_task *task);
TUTTI_API uint64_t tutti_task_schedule_points(const struct tutti_task *task);

/* ns since the run began. Read once a pass: constant between two checkpoints. */
TUTTI_API int64_t tutti_now(void);

/* Lets other ready tasks run, then returns 0, or TUTTI_ECANCELED if the task is cancelled. */
#define tutti_checkpoint() tutti_checkpoint_at(TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_checkpoint_at(const struct tutti_site *site);

/* Returns 0 at once unless the task is cancelled; then it is a checkpoint. Does not look at the
 * clock.                                                                                        */
#define tutti_checkpoint_if_cancelled() tutti_checkpoint_if_cancelled_at(TUTTI_HERE)
TUTTI_CANCELS int tutti_checkpoint_if_cancelled_at(const struct tutti_site *site);

/* Lets other ready tasks run; never cancelled. */
#define tutti_yield_shielded() tutti_yield_shielded_at(TUTTI_HERE)
TUTTI_SCHEDULES void tutti_yield_shielded_at(const struct tutti_site *site);

/* Waits for ns (0: a plain checkpoint; negative: TUTTI_EINVALID at once), or until the run's clock
 * shows when_ns (past: a plain checkpoint), or until cancelled. Return 0 or TUTTI_ECANCELED.    */
#define tutti_sleep(ns) tutti_sleep_at(ns, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_sleep_at(int64_t ns, const struct tutti_site *site);
#define tutti_sleep_until(when_ns) tutti_sleep_until_at(when_ns, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_sleep_until_at(int64_t when_ns, const struct tutti_site *site);
#define tutti_sleep_forever() tutti_sleep_until_at(TUTTI_NEVER, TUTTI_HERE)

/* a + b that stops at TUTTI_NEVER and at its negative instead of wrapping. */
TUTTI_API int64_t tutti_time_add(int64_t a, int64_t b);

TUTTI_END
#endif
