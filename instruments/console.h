/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/console.h - a socket by which a running program can be looked at (`tutti top`).
 *
 * Whether there is one the environment says: TUTTI_CONSOLE=PATH opens a Unix socket there, which
 * only its owner may use, for as long as the run goes on. A thread, started when somebody connects
 * for the first time, serves it: so one who sends nonsense, or never reads, holds up nobody but
 * himself; the run makes an answer when its next step begins or the world was waited for. While
 * nobody is connected the run does nothing at all for it.
 * The protocol is in docs/trace.md.                                                             */
#ifndef TUTTI_INSTRUMENTS_CONSOLE_H
#define TUTTI_INSTRUMENTS_CONSOLE_H

#include "tutti/core/world.h"

TUTTI_BEGIN

struct tutti_console;

/* Opens the console that TUTTI_CONSOLE names, for the next run of this thread: *mine becomes a copy
 * of `world` that this run is to have in its place, in tutti_run or tutti_loop_open. A socket that
 * a program left there is taken over. Where there can be none (somebody serves the path, or it is
 * no socket, or too long) that is said on standard error. NULL: there is none, because the variable
 * is unset or empty, or because of that; then *mine is as `world`. It needs one signal, SIGRTMAX -
 * 3, which the run's thread must not block. Not for use in a task. */
TUTTI_API TUTTI_MUST_USE struct tutti_console *tutti_console_open(const struct tutti_world *world,
                                                                  struct tutti_world *mine);

/* Closes it after the run, in the same thread; the socket goes. NULL is allowed. */
TUTTI_API void tutti_console_close(struct tutti_console *console);

/* tutti_run between these two. Returns what tutti_run returns. Not for use in a task. */
TUTTI_API TUTTI_MUST_USE int tutti_console_run(const struct tutti_world *world,
                                               int (*main)(void *arg), void *arg);

TUTTI_END
#endif
