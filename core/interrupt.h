/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/interrupt.h - ending a run because somebody outside says so: Ctrl-C, a window that closes.
 *
 * An interrupt cancels the whole run from the outside in, with TUTTI_CANCEL_INTERRUPT as the cause.
 * It is a cancellation like any other: every checkpoint tells of it until the task ends, shields
 * keep it out, and a wait that was woken before returns with what it was woken with. But no scope
 * of the program absorbs it, cancelled or not, because it comes from outside of all of them. A run
 * that was interrupted ends with TUTTI_ECANCELED, unless main returns something else, and
 * tutti_run_last says in `cancelled` that it was.
 *
 *     static struct tutti_post stop = {.fn = tutti_interrupt_post, .arg = "Ctrl-C"};
 *     static void on_sigint(int number) { (void)!tutti_token_post(&token, &stop, TUTTI_POST_ONCE);
 * }
 *
 * To ask first and cancel later, post a function that calls tutti_scope_finish (core/finish.h). */
#ifndef TUTTI_CORE_INTERRUPT_H
#define TUTTI_CORE_INTERRUPT_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Interrupts the calling thread's run; `text` is kept, not copied, for tutti_cancel_reason, and may
 * be NULL. If everything is cancelled already nothing changes. In a task, a post, a hook, or
 * between the steps of a loop; from elsewhere by a token. Not a checkpoint. */
#define tutti_interrupt(text) tutti_interrupt_at(text, TUTTI_HERE)
TUTTI_API void tutti_interrupt_at(const char *text, const struct tutti_site *site);

/* The same for the `fn` of a post, whose `arg` is the text. Returns 0. Not a checkpoint. */
TUTTI_API int tutti_interrupt_post(void *text);

TUTTI_END
#endif
