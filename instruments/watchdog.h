/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/watchdog.h - a sink that notices tasks which keep others from their turn.
 *
 * It tells of
 *   - a step that takes too long: no checkpoint was reached meanwhile, so nobody else ran;
 *   - a task that was ready for too long before it ran: it starved;
 *   - a task that yields again and again without ever waiting: it is busy waiting;
 *   - a task to which the same cancellation was delivered again and again: it ignores it.
 * Each is told once a task, in a sentence on standard error and as a `warn` event. The first two
 * read a clock of the real world at each step; in the simulator, where steps take no time, the
 * other two are of use.
 *
 * A step that never ends tells nothing by itself. With `samples` a thread looks at the loop now and
 * then; when one step goes on for too long it interrupts the loop's thread with a signal, takes a
 * copy of the stack, and prints which functions the task is in. The signal is SIGURG,
 * which is ignored otherwise; system calls go on after it, but for sleeps and polls of the user's.
 */
#ifndef TUTTI_INSTRUMENTS_WATCHDOG_H
#define TUTTI_INSTRUMENTS_WATCHDOG_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* All-zero means the defaults. */
struct tutti_watchdog_options {
    int64_t step_max_ns;  /* 0: 100 ms */
    int64_t ready_max_ns; /* 0: 1 s */
    uint32_t yields_max;  /* in a row; 0: 10,000 */
    uint32_t cancels_max; /* deliveries of one cancellation to one task; 0: 100 */
    bool samples;         /* a thread looks at steps that do not end */
    /* The real time in ns, never going back; NULL: the system's. */
    int64_t (*now)(void *context);
    /* Gets each finding as a line of text, with a newline; NULL: standard error. With `samples` it
     * is called in the watching thread, too. */
    void (*report)(void *context, const char *text);
    void *context;
    struct tutti_sink
        *tell; /* gets a `warn` event for each finding: a trace's sink, say; or NULL */
};

struct tutti_watchdog;

/* Makes one, to be closed. Returns 0, TUTTI_ENOMEMORY, TUTTI_EINVALID (a negative time), or the
 * system's -errno when there is no thread; with `samples` TUTTI_EBUSY (the calling thread has one
 * that does) or TUTTI_EUNSUPPORTED (this CPU's stacks cannot be walked).                         */
TUTTI_API TUTTI_MUST_USE int tutti_watchdog_open(struct tutti_watchdog **watchdog,
                                                 const struct tutti_watchdog_options *options);
/* What a world or a tee is given. The run it listens to must be on the thread that opened it if it
 * samples.                                                                                       */
TUTTI_API struct tutti_sink *tutti_watchdog_sink(struct tutti_watchdog *watchdog);
/* How much it has told so far. */
TUTTI_API uint64_t tutti_watchdog_findings(const struct tutti_watchdog *watchdog);
/* Ends its thread and frees it, after the run; NULL is allowed. */
TUTTI_API void tutti_watchdog_close(struct tutti_watchdog *watchdog);

TUTTI_END
#endif
