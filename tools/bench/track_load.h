/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* track_load.h - what track_bench measures: compiled twice, so that its accesses are seen, and
 * plainly as the floor.                                                                          */
#ifndef TUTTI_BENCH_TRACK_LOAD_H
#define TUTTI_BENCH_TRACK_LOAD_H

#include <stddef.h>

/* Adds to `count` words at `words`, one after the other, `times` times: a read and a write each. */
void track_load(volatile long *words, size_t count, size_t times);
void track_load_floor(volatile long *words, size_t count, size_t times);

#endif
