/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/dump.h - what all tasks of a run are doing, in words.
 *
 * A tree: each task below the one whose nursery it lives in, with its state, the call it waits in,
 * for what, who holds that, since when and until when, its deadline, where a cancellation came
 * from, and the functions on its stack (those that a compiler did not inline or leave early). The
 * first line says how many there are, and how many wait to read and to write, if any do. Tasks
 * that have no children of their own and do the same in the same place are one entry with a count.
 * Nothing here changes a run or is a checkpoint; all of it is for the run's thread, in a task, in a
 * post, in a hook or between the steps of a loop. For a dump at a signal post tutti_dump_post
 * (core/token.h):
 *
 *     static struct tutti_post post = {.fn = tutti_dump_post};
 *     static void on_sigusr1(int n) { (void)!tutti_token_post(&token, &post, TUTTI_POST_ONCE); }
 *
 * It comes when a pass begins. A run whose task never reaches a checkpoint has none: there
 * tutti_dump_emergency says what it can from the handler itself. */
#ifndef TUTTI_INSTRUMENTS_DUMP_H
#define TUTTI_INSTRUMENTS_DUMP_H

#include "tutti/core/inspect.h"
#include "tutti/instruments/text.h"

TUTTI_BEGIN

/* Frames of a stack that are looked at; what is further out is left away. */
enum { TUTTI_BACKTRACE_MAX = 64 };

/* Adds the dump of the calling thread's run to `text`. Returns 0, TUTTI_ESTATE (there is no run) or
 * TUTTI_ENOMEMORY (the text may have a part of it).                                              */
TUTTI_API TUTTI_MUST_USE int tutti_dump(struct tutti_text *text);

/* Writes the dump to standard error; says so when it cannot. Fits tutti_options.deadlock. */
TUTTI_API void tutti_dump_print(void);

/* The same as a post's function; returns 0. */
TUTTI_API int tutti_dump_post(void *unused);

/* Writes a line for each task of the calling thread's run to a descriptor: name, id, state, the
 * call it stopped in last, for what, where, and where its saved stack is. No tree and no functions:
 * a signal handler must not unwind. Async-signal-safe (write(2) and nothing else; errno stays), at
 * any instant of the run, whatever it is doing; in another thread than the run's it says that there
 * is no run. At most TUTTI_EMERGENCY_TASKS_MAX tasks. */
enum { TUTTI_EMERGENCY_TASKS_MAX = 10000 };
TUTTI_API void tutti_dump_emergency(int fd);

/* The return addresses on a task's stack, the innermost first, at most `max`; the calling task's
 * own with NULL. Returns how many: 0 where this CPU's stacks cannot be walked. */
TUTTI_API size_t tutti_task_backtrace(const struct tutti_task *task, void **addresses, size_t max);

/* Writes the names of the functions on the calling task's stack, the innermost first, in one line
 * that is cut where it does not fit; "" where they are not known. In a signal handler: those that
 * it interrupted. For reports of crashes, where it may fail: nothing of ours is waited for, but
 * names are looked up by libunwind. */
TUTTI_API void tutti_stack_print(char *text, size_t size);

TUTTI_END
#endif
