/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tracked_programs.h - small programs whose tasks share memory, without a word about it. Compiled
 * so that their accesses are seen, and plainly.                                                  */
#ifndef TUTTI_TESTS_TRACKED_PROGRAMS_H
#define TUTTI_TESTS_TRACKED_PROGRAMS_H

/* So many tasks; set before a run. */
extern int tracked_tasks;

/* Tests. Each task writes one global. */
int tracked_writers(void *arg);
/* One writes a global, the others read it. */
int tracked_readers(void *arg);
/* Each task writes another element of a block from tutti_malloc. */
int tracked_apart(void *arg);
/* Each task copies a struct over one in a block. */
int tracked_copies(void *arg);
/* Each task compares and exchanges one atomic: from 0 to its number. */
int tracked_cas(void *arg);
/* Each task adds to a number on the stack of the first one. */
int tracked_stack(void *arg);
/* Each task works on its own stack and on nothing else. */
int tracked_private(void *arg);
/* Each task adds 1 to a global, which is a read and a write; none must get lost. */
int tracked_increments(void *arg);
/* Each task clears one string, by the C library. */
int tracked_strings(void *arg);

#endif
