/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/context_priv.h - switching stacks. The CPU's part is in context_*.S, one file a CPU.
 *
 * A context is its stack pointer: everything else is on the stack it points to. Callee-saved
 * registers are kept; the signal mask, the x87 and SSE control words and errno are not: they belong
 * to the thread. Not a public header.                                                           */
#ifndef TUTTI_CORE_CONTEXT_PRIV_H
#define TUTTI_CORE_CONTEXT_PRIV_H

/* Saves the running context's stack pointer to *save and continues the context `to`: the call by
 * which that one stopped returns `value`.                                                       */
int context_switch(void **save, void *to, int value);

/* The same, without saving anything: the running context is given up. Does not return. */
int context_leave(void *to, int value);

/* Makes a context that calls entry(arg) on the stack ending at `top` (16-byte aligned), and saves
 * its stack pointer to *save. `entry` must not return. Returns 0: it may be a call's last act.  */
int context_make(void **save, void *top, int (*entry)(void *arg), void *arg);

/* Where audited functions return to: calls async_landed with their result and goes on where that
 * says (core/async.c). Not to be called. */
void async_landing(void);
void *async_landed(int code);

#endif
