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

/* tutti_run, with a console at the path that TUTTI_CONSOLE names; unset or empty: just tutti_run.
 * A socket that a program left there is taken over. Where there can be none (somebody serves the
 * path, or it is no socket, or too long) that is said on standard error, and the program runs
 * without. It needs one signal, SIGRTMAX - 3, which the run's thread must not block. Returns what
 * tutti_run returns. Not for use in a task. */
TUTTI_API TUTTI_MUST_USE int tutti_console_run(const struct tutti_world *world,
                                               int (*main)(void *arg), void *arg);

TUTTI_END
#endif
