/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/signals.h - signals of the system, received by a task one after the other.
 *
 *     static const int numbers[] = {SIGHUP, SIGTERM};
 *     struct tutti_signals signals;
 *     TUTTI_TRY(tutti_signals_open(&signals, numbers, 2));
 *     while ((rc = tutti_signals_next(&signals)) > 0 && rc != SIGTERM)
 *         load_configuration();
 *     tutti_signals_close(&signals);
 *
 * A signal that arrives while a receiver for it is open is never lost: it is returned by
 * tutti_signals_next, or is one with an equal one that is yet to be returned, or is raised again
 * when the receiver closes and the program has its former handler back. They are returned in the
 * order in which the first of each arrived, so none keeps another one waiting for ever.
 *
 * Handlers belong to the process: of all its threads only one receiver may have a signal. They run
 * on the alternate stack of their thread, if it has one, interrupt no system call that can be
 * restarted, and need no memory. A thread that is to be woken must not block the signal (worker
 * threads do). In a child of fork() that does not exec, a signal does what it did before the
 * receiver was opened. Some instruments use a signal of their own, which is not to be received:
 * SIGURG (watchdog), SIGRTMAX - 3 (console), the one that TUTTI_FLIGHT names.
 *
 * Works in every world. In the simulated one a program raises its signals itself, by raise() in a
 * task, and when each is seen is a choice. */
#ifndef TUTTI_IO_SIGNALS_H
#define TUTTI_IO_SIGNALS_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* A receiver, as its user knows it. Its fields are the library's. All zeros: closed. It needs not
 * stay where it is; a copy is as good as the original, and both are closed at once. */
struct tutti_signals {
    uint64_t generation;
    uint32_t index;
};

/* Receives these signals (numbers of signal.h; one that is named twice counts once) from now on, in
 * the run of the calling task. Returns 0 or, with all handlers as they were: TUTTI_EBUSY (another
 * receiver has one of them, or is not done closing; the record says where it was opened),
 * TUTTI_EINVALID (no number, one that is no signal, SIGKILL and SIGSTOP, which nothing can handle,
 * SIGSEGV, SIGBUS, SIGFPE and SIGILL, which tell of what cannot be dealt with later) or
 * TUTTI_ENOMEMORY. Not a checkpoint. */
#define tutti_signals_open(signals, numbers, count)                                                \
    tutti_signals_open_at(signals, numbers, count, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_signals_open_at(struct tutti_signals *signals,
                                                   const int *numbers, uint32_t count,
                                                   const struct tutti_site *site);

/* Waits for a signal and returns its number. Cancelled it took none. Or TUTTI_EBUSY (another task
 * is waiting), TUTTI_ECLOSED (it is closed, maybe since the call), TUTTI_ESTATE (it is of another
 * thread's run); at once. */
#define tutti_signals_next(signals) tutti_signals_next_at(signals, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_signals_next_at(const struct tutti_signals *signals,
                                           const struct tutti_site *site);
/* The same if there is one, else TUTTI_EWOULDBLOCK. Not a checkpoint. */
#define tutti_signals_next_nowait(signals) tutti_signals_next_nowait_at(signals, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_signals_next_nowait_at(const struct tutti_signals *signals,
                                                          const struct tutti_site *site);

struct tutti_signals_stats {
    uint32_t pending; /* signals that the next calls return at once */
    uint32_t waiting; /* tasks in tutti_signals_next: 0 or 1 */
};
/* How it is now; all zeros if it is closed. In its run only. Not a checkpoint. */
TUTTI_API struct tutti_signals_stats tutti_signals_statistics(const struct tutti_signals *signals);

/* Closes it: who waits gets TUTTI_ECLOSED, the former handlers are back, and the signals that were
 * not returned are raised again, in the calling thread, in their order; what the former handlers
 * do with them, SIG_DFL included, happens before it returns. Closing it again does nothing. When it
 * is still open after the first task has ended it is closed in the same way; if the run is over by
 * a deadlock, a failed check or the like the former handlers are back, and what was not returned is
 * dropped with the tasks. A panic if it is of another thread's run. */
#define tutti_signals_close(signals) tutti_signals_close_at(signals, TUTTI_HERE)
TUTTI_SCHEDULES void tutti_signals_close_at(const struct tutti_signals *signals,
                                            const struct tutti_site *site);

TUTTI_END
#endif
