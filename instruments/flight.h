/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/flight.h - a flight recorder: a sink that keeps the last events of a run in memory,
 * and writes them as a trace when something went wrong.
 *
 * What is older than the events kept is not all forgotten: of each task, nursery, scope, object,
 * operation and span that is still there, the recorder keeps the events that made it what it is. So
 * the file (docs/trace.md, "A flight recorder's file") is a trace that all commands understand:
 * tasks have names, it is known who waits for what since when, and who holds it.
 *
 * It writes by itself when a run ends with a deadlock, a failed check, a leak or at its limit, and
 * at a panic or a stack overflow; and whenever it is told to. Programs that are to have one when
 * their environment says so use instruments/environment.h. Each time the file is made anew.
 * Memory: about 200 bytes an event, and the more for each thing that is alive. Everything here is
 * for the thread of the run, and no checkpoint.                                                  */
#ifndef TUTTI_INSTRUMENTS_FLIGHT_H
#define TUTTI_INSTRUMENTS_FLIGHT_H

#include "tutti/instruments/trace.h"

TUTTI_BEGIN

/* Events kept unless said otherwise. */
enum { TUTTI_FLIGHT_EVENTS = 4096 };

/* All-zero means the defaults. */
struct tutti_flight_options {
    /* At least so many are kept, and at most twice as many; fewer only if their texts (names of new
     * things, log messages) take more than 64 KiB and 32 bytes an event. 0: TUTTI_FLIGHT_EVENTS. */
    uint32_t events;
    int level;   /* of the trace, 1 to TUTTI_TRACE_LEVEL_MAX; 0: 3 */
    bool always; /* write at the end of each run, good or bad */
    bool quiet;  /* do not say on standard error that the file was written, or why it was not */
};

struct tutti_flight;

/* Makes a recorder for `path`, which is not touched before there is something to write. `header` is
 * for line 1; its list is not used, for the choices are not kept. `options` may be NULL. Returns 0,
 * TUTTI_EINVALID (the level) or TUTTI_ENOMEMORY. The recorder is the caller's, to be closed.     */
TUTTI_API TUTTI_MUST_USE int tutti_flight_open(struct tutti_flight **flight, const char *path,
                                               const struct tutti_trace_header *header,
                                               const struct tutti_flight_options *options);

/* What a world or a tee is given; belongs to the recorder. Each run it listens to begins anew. */
TUTTI_API struct tutti_sink *tutti_flight_sink(struct tutti_flight *flight);

/* Writes the file now: in a task, in a hook, in a post, after a run; without stacks. Needs no
 * memory and calls only what a signal handler may, so it is also for handlers of crashes on the
 * run's own thread. Returns 0, -errno, or TUTTI_EBUSY: a handler interrupted the recorder itself;
 * then nothing is written. */
TUTTI_API TUTTI_MUST_USE int tutti_flight_write(struct tutti_flight *flight);

/* The same, with the tasks' stacks, as the function of a post (core/token.h), with the recorder as
 * its argument: for a handler of SIGUSR1, say. Always 0: that the file could not be written is no
 * failure of the run.
 */
TUTTI_API int tutti_flight_post(void *flight);

/* Has the file written, with stacks, at the next event, or before the run sleeps the next time. For
 * signal handlers, and for other threads while the recorder is open. Does not wake a run that
 * sleeps: that is what posts are for. */
TUTTI_API void tutti_flight_request(struct tutti_flight *flight);

/* Frees it, after the run. Returns 0, or why the file could not be written the last time. NULL is
 * allowed (0).                                                                                   */
TUTTI_API int tutti_flight_close(struct tutti_flight *flight);

TUTTI_END
#endif
