/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/unwind_priv.h - walking over the stack of a task that is not running. One file a CPU:
 * os_unwind_x86_64.c; os_unwind_none.c where nobody has written one yet.                         */
#ifndef TUTTI_INSTRUMENTS_UNWIND_PRIV_H
#define TUTTI_INSTRUMENTS_UNWIND_PRIV_H

#include "tutti/core/base.h"

struct unwind_frame {
    uintptr_t pc;
    char name[64];    /* of the function; empty: unknown, or not asked for */
    bool interrupted; /* pc is the instruction that was to come, not the one after a call */
};

/* The frames below a stack pointer that context_switch saved, the innermost first; sp NULL: of the
 * caller, or if that is a signal handler of what it interrupted. At most `max`; returns how many.
 */
size_t unwind_walk(const void *sp, bool names, struct unwind_frame *frames, size_t max);

#endif
