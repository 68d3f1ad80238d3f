/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/os_worker_priv.h - the worker threads, as the files of the real world see them.
 *
 * Invariants, all of them under the pool's lock:
 * - A job is queued, running or done. Queued ones are in the pool's queue, in order.
 * - job->real is who waits for it; NULL: nobody does any more, and it goes when it is done. A job
 *   that is waited for is in real->jobs. What is done is posted to its world under the lock, so a
 *   world that let go of its jobs under the lock hears of none of them afterwards. */
#ifndef TUTTI_IO_OS_WORKER_PRIV_H
#define TUTTI_IO_OS_WORKER_PRIV_H

#include "tutti/io/os_real_priv.h"

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE };

/* Something to be done in a worker thread. At the head of something larger, from malloc. */
struct job {
    /* In a worker thread: does it, and sets `result`. Touches nothing of the world's. */
    void (*run)(struct job *job);
    /* In the world's thread, of a job that is done: gives the operation its answer. May be NULL. */
    void (*answer)(struct job *job, struct tutti_op *op);
    /* In any thread, at the end of every job, answered or not: gives back what it has. */
    void (*drop)(struct job *job);
    bool waits; /* it cannot be abandoned once it runs */
    /* The pool's. */
    int64_t result;
    enum job_state state;
    struct tutti_op *op;
    struct real *real;
    struct job *queue_next;
    struct job *next, *prev; /* in real->jobs */
    struct posted posted;
};

/* Has it done for `op`. Returns TUTTI_IO_PENDING; or TUTTI_IO_DONE, with the op's result set, if
 * there is no thread for it: then it is still the caller's. */
int job_start(struct real *real, struct job *job, struct tutti_op *op);

#endif
