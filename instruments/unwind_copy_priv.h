/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/unwind_copy_priv.h - walking over a copy of a stack whose owner has long gone on. One
 * file a CPU: os_unwind_copy_x86_64.c; os_unwind_copy_none.c elsewhere. Not a public header.     */
#ifndef TUTTI_INSTRUMENTS_UNWIND_COPY_PRIV_H
#define TUTTI_INSTRUMENTS_UNWIND_COPY_PRIV_H

#include "tutti/instruments/unwind_priv.h"

/* How much of a stack is copied, and how large a stack may be that the walk stays on. */
enum { UNWIND_COPY_MAX = 32 * 1024, UNWIND_STACK_MAX = 64 * 1024 * 1024, UNWIND_REGISTERS = 17 };

struct unwind_copy {
    uint64_t registers[UNWIND_REGISTERS]; /* in libunwind's order */
    uintptr_t sp;                         /* where bytes was */
    size_t size;
    unsigned char bytes[UNWIND_COPY_MAX];
};

/* Can it be done on this CPU? */
bool unwind_copy_works(void);
/* In a signal handler: the interrupted registers, and sp. */
void unwind_copy_registers(struct unwind_copy *copy, const void *ucontext);
/* Anywhere else: the frames, the innermost first, with names; at most `max`. */
size_t unwind_copy_walk(struct unwind_copy *copy, struct unwind_frame *frames, size_t max);

#endif
