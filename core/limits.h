/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/limits.h - every limit of core in one place, each with the reason for its value. */
#ifndef TUTTI_CORE_LIMITS_H
#define TUTTI_CORE_LIMITS_H

/* Bytes of a task's stack by default, guard page and task record included. Deep enough for printf
 * and getaddrinfo-like calls; a parked task still costs only the pages it touched.             */
#define TUTTI_STACK_SIZE_DEFAULT (64u * 1024)
/* AddressSanitizer's red zones make frames two to four times as large. */
#define TUTTI_STACK_SIZE_ASAN (256u * 1024)
#define TUTTI_STACK_SIZE_MIN  (16u * 1024)
#define TUTTI_STACK_SIZE_MAX  (1u << 30)

/* Bytes of a task's name that are kept where it is copied, the ending NUL included. */
#define TUTTI_NAME_MAX 48
/* Bytes of an error's message that are kept, the ending NUL included. */
#define TUTTI_MESSAGE_MAX 192
/* Places an error passed on its way up that are kept (TUTTI_TRY adds one each). */
#define TUTTI_ERROR_TRAIL_MAX 8
/* Levels of causes and later errors that are printed: printing nests on the caller's stack. */
#define TUTTI_ERROR_DEPTH_MAX 16

/* Bytes that tutti_nursery_start_copy() copies at most: they live on the child's stack. */
#define TUTTI_COPY_MAX 4096

/* A single sleep of the world never exceeds a day, so that a world whose timer overflows on larger
 * values is never asked for one.                                                               */
#define TUTTI_WAIT_MAX_NS (INT64_C(86400) * 1000000000)

/* Tasks of a deadlock report that are printed; the rest is counted. */
#define TUTTI_REPORT_TASKS_MAX 64

/* Names of tasks in a report of stacks: more than a program has functions that are tasks. */
#define TUTTI_STACK_USES_MAX 64

/* Without MADV_GUARD_INSTALL each guard page splits a mapping in two, and the kernel allows some
 * 65,530 mappings: leave room for the rest of the program.                                     */
#define TUTTI_GUARDS_BY_MPROTECT_MAX 30000

#endif
