/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* bench.h - the frame of benchmark programs: rounds, medians, one table.
 *
 * A row is something tutti does, measured beside its floor: the least code that does the same work.
 * Each round measures every row and every floor once, so that both see the same machine, and what
 * other runtimes take for the same, if their programs are named (tools/bench/peers). */
#ifndef TUTTI_BENCH_H
#define TUTTI_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a bar is a multiple of. */
enum bench_bar {
    BENCH_NO_BAR,
    BENCH_OF_FLOOR,       /* the row's own floor */
    BENCH_OF_FIRST,       /* the floor of the table's first row */
    BENCH_AT_MOST,        /* nothing: it is in the table's unit */
    BENCH_AT_LEAST,       /* the same, for what is better when it is larger */
    BENCH_LEAST_OF_FLOOR, /* the row's own floor, likewise */
    BENCH_OF_PEER         /* the first peer's, if there is one */
};

struct bench_row {
    const char *name;
    double (*ours)(size_t size);  /* one round; negative: it failed and said why */
    double (*floor)(size_t size); /* the same for the floor; NULL: there is none */
    size_t size;                  /* for both */
    double bar;
    enum bench_bar bar_of;
};

struct bench_table {
    const char *title;
    const char *unit;
    const struct bench_row *rows; /* the last one's name is NULL */
};

/* The main() of a benchmark: reads the options, measures, prints. Exit code 0; 2: wrong usage, or
 * something failed. A bar that is missed is told, and no failure: machines differ.              */
int bench_main(int argc, char **argv, const struct bench_table *table);
/* The same; so many rounds, unless the user says otherwise. */
int bench_main_rounds(int argc, char **argv, const struct bench_table *table, int rounds);

/* os_bench.c: what the frame and the floors want of the system. */

/* A clock that never goes back, in ns. */
int64_t bench_now_ns(void);
/* From now on this thread stays on the processor it is on. */
void bench_stay(void);
/* From now on it may be on any again that it might be on before. */
void bench_roam(void);
/* Memory that is committed when it is touched; ends the program if there is none. */
void *bench_map(size_t size);
void bench_unmap(void *memory, size_t size);
/* Runs loop(size) in so many processes at once; how long that takes, in ns. Negative: there were
 * not so many.                                                                                   */
double bench_side_by_side(int copies, void (*loop)(size_t size), size_t size);
/* A number by chance, from 0 up to below `below`; the same ones in every run. *state starts as 1.
 */
int64_t bench_chance(uint64_t *state, int64_t below);
/* CPU time this process has used, in ns. */
int64_t bench_cpu_ns(void);
/* Memory this process has, its page tables counted, in bytes; negative when nobody says. */
double bench_memory(void);
/* Runs a peer's program with a row's name and size; the number it prints. Negative: it has none. */
double bench_peer(const char *program, const char *name, size_t size);
/* Makes pages ones that fault, `count` of them or as many as core does by one call, at that
 * distance from each other; how many.                                                          */
size_t bench_guard(void *first, size_t count, size_t distance);

/* Keeps the compiler from working a value out beforehand, or from leaving it out. */
#define BENCH_OPAQUE(value) __asm__ volatile("" : "+r"(value) : : "memory")

#endif
