/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/task.h - tasks, time and checkpoints.
 *
 * A task runs until it calls a checkpoint; nothing else lets another one run. Functions that need a
 * calling task panic outside of one; tutti_now() needs a run only, the getters a living task.    */
#ifndef TUTTI_CORE_TASK_H
#define TUTTI_CORE_TASK_H

#include "tutti/core/base.h"

TUTTI_BEGIN

struct tutti_task;
struct tutti_nursery;

/* The calling task; NULL outside one. */
TUTTI_API struct tutti_task *tutti_task_self(void);
/* The run's first task, from which all but system tasks descend; NULL outside a run, and when that
 * task has ended. */
TUTTI_API struct tutti_task *tutti_task_root(void);
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
/* Writes the creation path as text ("0.2.1": main's third child's second; "system.0": the first
 * system task) into `buffer`, always NUL-terminated; returns the length the whole has. */
TUTTI_API size_t tutti_task_path_text(const struct tutti_task *task, char *buffer, size_t size);
/* The task that opened the nursery it lives in; NULL for the first and for tasks of the run's own
 * nursery. It outlives the task: so do all those further up. A pointer to a task is valid while
 * that lives; of one that may end keep the id, and look it up, or keep it (core/task_keep.h). */
TUTTI_API struct tutti_task *tutti_task_parent(const struct tutti_task *task);
/* The living task of this id; NULL: it has ended, or there never was one. Looks at all tasks. */
#define tutti_task_find(id) tutti_task_find_at(id, TUTTI_HERE)
TUTTI_API struct tutti_task *tutti_task_find_at(uint64_t id, const struct tutti_site *site);
/* The nursery it lives in; NULL for the first. */
TUTTI_API struct tutti_nursery *tutti_task_nursery(const struct tutti_task *task);
/* While it is being started by tutti_nursery_start_ready: the nursery it is to live in. Else NULL.
 */
TUTTI_API struct tutti_nursery *tutti_task_nursery_to_be(const struct tutti_task *task);
/* The innermost nursery it has open, or NULL; the others are that one's ->outer and so on. */
TUTTI_API struct tutti_nursery *tutti_task_innermost_nursery(const struct tutti_task *task);
/* The next child of its nursery (the first is nursery->first), in order of arrival, or NULL. */
TUTTI_API struct tutti_task *tutti_task_beside(const struct tutti_task *task);
/* Makes the calling task a daemon, or no longer: a task that only accompanies others, such as a
 * heartbeat. What a daemon waits for is no reason for the run to wait: when nobody else can go on
 * that is a deadlock. A daemon whose nursery is cancelled, or whose service is being ended, counts
 * like any task until it has ended. Tasks of nurseries that a daemon opens are daemons too. For
 * scopes that are open and nurseries that are open nothing changes. Not a checkpoint.           */
#define tutti_task_set_daemon(daemon) tutti_task_set_daemon_at(daemon, TUTTI_HERE)
TUTTI_API void tutti_task_set_daemon_at(bool daemon, const struct tutti_site *site);
TUTTI_API bool tutti_task_is_daemon(const struct tutti_task *task);
/* How many cancel points and schedule points it has passed. */
TUTTI_API uint64_t tutti_task_cancel_points(const struct tutti_task *task);
TUTTI_API uint64_t tutti_task_schedule_points(const struct tutti_task *task);

/* ns since the run began. Read once a pass: constant between two checkpoints. */
#define tutti_now() tutti_now_at(TUTTI_HERE)
TUTTI_API int64_t tutti_now_at(const struct tutti_site *site);

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
