/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/environment.h - the instruments that a program's environment asks for.
 *
 *   TUTTI_CONSOLE=PATH   a socket there, for `tutti top` (instruments/console.h)
 *   TUTTI_FLIGHT=PATH[,events=N][,level=N][,signal=NAME][,always]
 *                        a flight recorder (instruments/flight.h) that writes there when the run
 *                        fails, the program panics or crashes, and each time it gets the signal
 *   TUTTI_RECORD=PATH[,level=N]
 *                        records the run (instruments/record.h); of several, the first. The file
 *                        can be read by its owner only
 *   TUTTI_PLAYBACK=PATH  plays a recording back (instruments/playback.h); together with the former
 *                        there is a new trace of it. `tutti replay` sets both
 *
 * Whatever cannot be had is told on standard error, in a sentence that says why, and the program
 * runs without it; not without a playback: then nothing runs. Programs linked with //io:main have
 * them; one with a main() of its own calls tutti_environment_run in place of tutti_run. */
#ifndef TUTTI_INSTRUMENTS_ENVIRONMENT_H
#define TUTTI_INSTRUMENTS_ENVIRONMENT_H

#include "tutti/core/world.h"

TUTTI_BEGIN

struct tutti_environment;

/* Opens what the environment asks for, for the next run of this thread: *mine becomes a copy of
 * `world` that this run is to have in its place, in tutti_run or tutti_loop_open. `test` is what
 * the file says was run; NULL: nothing. NULL: nothing was asked for, or nothing can be had; then
 * *mine is as `world`. Not for use in a task.
 *
 * The recorder's path may be relative, to where the program is now; %p in it stands for the process
 * id, and a comma ends it. `signal` is HUP, QUIT, USR1 or USR2, which the program must not use
 * itself; it is taken whichever thread it comes to. One run of a process at a time has a recorder.
 * From the first one on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT in a thread whose run has a
 * recorder have the file written, before they do what they did without.                         */
TUTTI_API TUTTI_MUST_USE struct tutti_environment *
tutti_environment_open(const struct tutti_world *world, const char *test, struct tutti_world *mine);

/* Closes it all after the run, in the same thread. NULL is allowed. */
TUTTI_API void tutti_environment_close(struct tutti_environment *environment);

/* tutti_run between these two. Returns what tutti_run returns. Not for use in a task. */
TUTTI_API TUTTI_MUST_USE int tutti_environment_run(const struct tutti_world *world,
                                                   const char *test, int (*main)(void *arg),
                                                   void *arg);

TUTTI_END
#endif
