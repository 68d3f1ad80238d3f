/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/symbols_priv.h - from code addresses to lines of source, by the debug information of
 * the running program and its libraries. Not a public header.                                    */
#ifndef TUTTI_INSTRUMENTS_SYMBOLS_PRIV_H
#define TUTTI_INSTRUMENTS_SYMBOLS_PRIV_H

#include "tutti/core/base.h"

struct symbols;

/* Looks at what is mapped into this process now; NULL: that cannot be read, or there is no memory.
 * Takes milliseconds, and not for a signal handler.                                              */
struct symbols *symbols_open(void);
/* The line of the call that returns to `pc`, as "file.c:12" in `place`, which is empty when there
 * is no debug information for it. `called` false: pc is the instruction itself.                  */
void symbols_place(struct symbols *symbols, uintptr_t pc, bool called, char *place, size_t size);
/* NULL is allowed. */
void symbols_close(struct symbols *symbols);

#endif
