/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/worker.h - functions that would hold everybody up, called in threads of their own.
 *
 * For what can only wait by blocking its thread (name look-ups, libraries of others, long sums).
 * The task waits, others run. There are few worker threads, at most TUTTI_WORKERS_MAX a process;
 * they are started as needed and end when they had nothing to do for a while. More calls than that
 * wait their turn, first come first served.
 *
 * A function that is called so is in no run: of tutti it may use tutti_token_post only, and not
 * tutti_malloc. What it shares with tasks needs care as between any two threads; what the calling
 * task wrote before the call it sees, and the task sees what it wrote. All signals are blocked in
 * worker threads. A run that ends while a function is being called that cannot be abandoned waits
 * for it. In the simulated world there are none: TUTTI_EUNSUPPORTED. */
#ifndef TUTTI_IO_WORKER_H
#define TUTTI_IO_WORKER_H

#include "tutti/core/op.h"

TUTTI_BEGIN

/* Calls fn(arg) in a worker thread and returns what it returned. Cancelled before fn began:
 * TUTTI_ECANCELED, and it is not called. Later cancellations wait until it is done, and show at the
 * next checkpoint. Or TUTTI_EINVALID (fn is NULL), TUTTI_ENOMEMORY, -EAGAIN (the system has no
 * thread), TUTTI_EUNSUPPORTED: it was not called. */
#define tutti_worker_call(fn, arg) tutti_worker_call_at(fn, arg, NULL, TUTTI_HERE)
/* The same, for functions that nobody need wait for: when the task is cancelled the call returns
 * TUTTI_ECANCELED at once. The function goes on; what it returns is dropped. `arg` is the call's
 * whenever it returns a negative code that fn did not: then drop(arg) is called, once, when fn has
 * returned or if it was not called, perhaps in another thread. Else it is the caller's again. */
#define tutti_worker_call_abandonable(fn, arg, drop) tutti_worker_call_at(fn, arg, drop, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_worker_call_at(int (*fn)(void *arg), void *arg, void (*drop)(void *arg),
                                          const struct tutti_site *site);

TUTTI_END
#endif
