/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/loop.h - a run that somebody else's loop drives.
 *
 * tutti_run keeps the thread until the run has ended. A program that has an event loop already
 * (libuv's, GLib's, a game's) opens a loop instead and steps it: when it said so, and when the
 * world's descriptor is readable (tutti_world_real_descriptor of io/real.h). No thread is needed.
 * Between two steps the host may call whatever needs no task (set an event, cancel a scope, move a
 * deadline, post to a token): that ends the host's wait by the world's wake.                    */
#ifndef TUTTI_CORE_LOOP_H
#define TUTTI_CORE_LOOP_H

#include "tutti/core/world.h"

TUTTI_BEGIN

struct tutti_loop;

/* Makes a run with main(arg) as its first task, which runs in the first step. The loop is the
 * caller's, in the world's memory, to be closed in the same thread; until then this is the thread's
 * one run. Returns 0, TUTTI_ENOMEMORY, or what tutti_run returns for a world or a thread it cannot
 * run in. Not for use in a task.                                                                */
TUTTI_API TUTTI_MUST_USE int tutti_loop_open(struct tutti_loop **loop,
                                             const struct tutti_world *world,
                                             int (*main)(void *arg), void *arg);

/* What tutti_loop_step returns. */
enum { TUTTI_LOOP_ENDED = 0, TUTTI_LOOP_MORE = 1 };

/* Takes in what the world has, without waiting for it, and makes one pass: all tasks that are ready
 * run once. Returns TUTTI_LOOP_ENDED when the run has ended and is to be closed, else
 * TUTTI_LOOP_MORE and, in *timeout_ns, in how many ns the next step is due at the latest: 0 at
 * once, TUTTI_NEVER not before the descriptor is readable. Tasks that wait for ever are no deadlock
 * here: the host may still wake them. Not for use in a task. */
TUTTI_API TUTTI_MUST_USE int tutti_loop_step(struct tutti_loop *loop, int64_t *timeout_ns);

/* Ends the run and frees the loop; returns what tutti_run would have. A run that has not ended is
 * dropped as it is: its tasks are not unwound, and the code is TUTTI_EABANDONED. Cancel its scopes
 * and step on to end it in order. Not for use in a task.                                        */
TUTTI_API TUTTI_MUST_USE int tutti_loop_close(struct tutti_loop *loop);

TUTTI_END
#endif
