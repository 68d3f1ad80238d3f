/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/backtrace_priv.h - stacks in words. Not a public header. */
#ifndef TUTTI_INSTRUMENTS_BACKTRACE_PRIV_H
#define TUTTI_INSTRUMENTS_BACKTRACE_PRIV_H

#include "tutti/instruments/symbols_priv.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/unwind_priv.h"

/* Is that one of the ends of a stack that are the same for all: how it stopped, how it was begun?
 */
bool backtrace_is_ours(const char *name);
/* Adds a line "stack: inner app.c:12 < outer app.c:20", `indent` columns in, without the ends that
 * are the same for all tasks; nothing if nothing else is there. With symbols the functions that are
 * not tutti's have their places.                                                                 */
void backtrace_print(struct tutti_text *text, int indent, const struct unwind_frame *frames,
                     size_t count, struct symbols *symbols);

#endif
