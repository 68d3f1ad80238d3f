/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* floor.h - floor programs: the least code that does the work of core_bench.c's rows.
 *
 * A task is a saved stack pointer and a link at the top of a 64 KiB stack, the scheduler a list,
 * first in first out; the switch saves six registers and leaves by a jump. No cancellation, no
 * errors, no checks, no names, no trace: what remains is what the machine asks for. Each returns
 * ns an operation, if nothing else is said. */
#ifndef TUTTI_BENCH_FLOOR_H
#define TUTTI_BENCH_FLOOR_H

#include <stddef.h>

/* `tasks` tasks that do nothing but let the next one run. */
double floor_switch_row(size_t tasks);
/* The same; the stacks' tops are spread over the lines of the cache. */
double floor_coloured_row(size_t tasks);
/* Start a task on a stack that is at hand, let it run, and go on after it. */
double floor_start_row(size_t times);
/* The same, with a group that is opened for it and waits until it is empty. */
double floor_group_row(size_t times);
/* Make so many tasks on stacks never used before, each with a guard page. */
double floor_cold_row(size_t tasks);
/* Link a block into the task's chain and its time into a heap, and out again. */
double floor_scope_row(size_t times);
/* Pass a number to a waiting task; both let the other run. */
double floor_rendezvous_row(size_t times);

/* CPU time, in ms: make so many tasks on fresh guarded stacks, each with a time of up to 100 ms in
 * a heap; then take out the earliest again and again, and let its task end. Waits for no time.   */
double floor_sleepers_row(size_t tasks);
/* Bytes a task: a page touched, a page guarded, and the tables of both. */
double floor_parked_row(size_t tasks);

#endif
