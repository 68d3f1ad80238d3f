/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/os_priv.h - the little that core wants from the system besides stacks: memory when the
 * world brings none, a last word on standard error, and the name of the task whose stack
 * overflowed. Each is in its os_*.c. Not a public header.                                       */
#ifndef TUTTI_CORE_OS_PRIV_H
#define TUTTI_CORE_OS_PRIV_H

#include "tutti/core/world.h"

/* malloc's memory, for worlds without an alloc door. */
struct tutti_alloc *os_alloc_default(void);
/* Bytes of a stack when the options do not say. */
size_t os_stack_size_default(void);
/* Is it code or data of the program's own file? That is where it is in each process, but for where
 * all of it begins. */
bool os_is_of_program(const void *address);

/* Writes to standard error, as much as goes. Safe in a signal handler. */
void report_write(const char *text, size_t length);
/* Ends the process with SIGABRT. */
TUTTI_NORETURN void report_abort(void);

/* Catches stack overflows of tasks on this thread; other faults go where they went before. */
void fault_install(void);

#endif
