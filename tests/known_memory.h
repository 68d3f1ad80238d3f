/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* known_memory.h - programs of tasks that share variables, of which it is known how many traces
 * they have: from the tests of GenMC and dscheck and the papers on dynamic partial order reduction.
 * Each access is a step; a compare-and-swap that fails is a read. */
#ifndef TUTTI_TESTS_KNOWN_MEMORY_H
#define TUTTI_TESTS_KNOWN_MEMORY_H

#include "traces.h"
#include "tutti/core/access.h"

enum { KNOWN_CELLS = 160, KNOWN_TASKS = 32 };

static int known_cells[KNOWN_CELLS];
static int known_n;

/* Each cell is a word of its own to the explorer. */
static uint64_t known_words[KNOWN_CELLS];

static inline void known_touch(int cell, bool writes)
{
    tutti_yield_shielded();
    tutti_access(&known_words[cell], sizeof *known_words, writes);
}

static inline int known_load(int cell)
{
    known_touch(cell, false);
    return known_cells[cell];
}

static inline void known_store(int cell, int value)
{
    known_touch(cell, true);
    known_cells[cell] = value;
}

static inline void known_add(int cell)
{
    known_touch(cell, true);
    known_cells[cell]++;
}

static inline bool known_cas(int cell, int from, int to)
{
    tutti_yield_shielded();
    bool equal = known_cells[cell] == from;
    tutti_access(&known_words[cell], sizeof *known_words, equal);
    if (equal) known_cells[cell] = to;
    return equal;
}

/* Starts `count` tasks with their numbers, from 0 on. */
struct known {
    const char *name;
    void (*task)(int number);
    int more; /* tasks besides the n */
    int n;
    uint64_t traces;
};

static const struct known *known_now;

/* Loops that wait for another task are not spun: KNOWN_ASSUME says what they wait for. Where it
 * does not hold the task goes no further, the run goes on without it, and the trace does not count:
 * of all traces there are it is one in which the loop would have looked in vain. */
static bool known_failed;

#define KNOWN_ASSUME(holds)                                                                        \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            known_failed = true;                                                                   \
            return;                                                                                \
        }                                                                                          \
    } while (0)

static int known_numbers[KNOWN_TASKS];

static inline int known_run_task(void *arg)
{
    known_now->task(*(const int *)arg);
    return 0;
}

static inline int known_main(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    for (int i = 0; i < KNOWN_CELLS; i++)
        known_cells[i] = 0;
    known_failed = false;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < known_now->n + known_now->more; i++) {
        known_numbers[i] = i;
        TUTTI_TRY(tutti_nursery_start(&nursery, known_run_task, &known_numbers[i]));
    }
    return tutti_nursery_close(&nursery, 0);
}

/* N writers; and a reader; a writer and N readers. */
static inline void known_writer(int number)
{
    known_store(0, number);
}

static inline void known_writers_reader(int number)
{
    if (number == known_n) {
        (void)known_load(0);
    } else {
        known_store(0, number);
    }
}

static inline void known_readers(int number)
{
    if (number == 0) {
        known_store(0, 1);
    } else {
        (void)known_load(0);
    }
}

static inline void known_ainc(int number)
{
    (void)number;
    known_add(0);
}

static inline void known_binc(int number)
{
    known_ainc(number);
    known_add(1);
}

static inline void known_cinc(int number)
{
    known_binc(number);
    known_add(2);
}

static inline void known_inc(int number)
{
    (void)number;
    int value = known_load(0);
    known_store(0, value + 1);
}

static inline void known_rw(int number)
{
    (void)known_load(0);
    known_store(0, number);
}

static inline void known_cas_once(int number)
{
    (void)known_cas(0, 0, number + 1);
}

static inline void known_casrot(int number)
{
    (void)known_cas(0, number, number + 1);
}

static inline void known_casw(int number)
{
    (void)known_cas(0, 0, 1);
    known_store(0, number + 3);
}

static inline void known_wcas(int number)
{
    if (number == 0) {
        known_store(0, 1);
    } else {
        (void)known_cas(0, 1, 2);
    }
}

static inline void known_coa(int number)
{
    if (number < 2) {
        known_store(0, number + 1);
        (void)known_load(1 + number);
        (void)known_load(0);
    } else {
        known_store(1, number);
        known_store(2, number);
    }
}

/* Task 0 looks for the last zero, the others write what is left of them plus one. */
static inline void known_lastzero(int number)
{
    if (number > 0) {
        known_store(number, known_load(number - 1) + 1);
        return;
    }
    int at = known_n;
    while (known_load(at) != 0)
        at--;
}

/* A hash table of 128 cells, four items a task. */
static inline void known_indexer(int number)
{
    for (int item = 1; item <= 4; item++) {
        int word = item * 11 + number, hash = word * 7 % 128;
        while (!known_cas(hash, 0, word))
            hash = (hash + 1) % 128;
    }
}

static inline void known_fib(int number)
{
    if (number == 2) {
        (void)known_load(0);
        (void)known_load(1);
        return;
    }
    for (int i = 0; i < known_n; i++) {
        int mine = known_load(number), other = known_load(1 - number);
        known_store(number, mine + other);
    }
}

static inline void known_conditional_ssb(int number)
{
    switch (number) {
    case 0:
        (void)known_load(0);
        break;
    case 1:
        known_store(1, 1);
        break;
    case 2:
        if (known_load(1) == 0) known_store(2, 1);
        break;
    default: {
        int z = known_load(2), y = known_load(1);
        if (z == 1 && y == 0) known_store(0, 1);
    }
    }
}

static inline void known_conditional_nested(int number)
{
    switch (number) {
    case 0:
        known_store(0, 1);
        break;
    case 1:
        known_store(1, 1);
        known_store(0, 2);
        break;
    default:
        if (known_load(1) == 0 && known_load(0) == 0) known_store(2, 1);
    }
}

/* Each task pushes a node on a list whose head is cell 0, then looks at the list. */
static inline void known_list(int number)
{
    int head = known_load(0);
    while (!known_cas(0, head, number + 1))
        head = known_load(0);
    (void)known_load(0);
}

/* Michael and Scott's queue: cell 0 is the head, 1 the tail, 2 + k what follows node k; node 0 is
 * there from the beginning. One task puts four nodes in, the other tries to take one four times. */
static inline void known_enqueue(int node)
{
    int tail = known_load(1), cell = 2 + tail;
    while (!known_cas(cell, 0, node)) {
        int next = known_load(cell);
        if (next) cell = 2 + next;
    }
    (void)known_cas(1, tail, node);
}

static inline void known_dequeue(void)
{
    for (;;) {
        int head = known_load(0), next = known_load(2 + head);
        if (!next || known_cas(0, head, next)) return;
    }
}

static inline void known_queue(int number)
{
    for (int node = 1; node <= 4; node++) {
        if (number == 0) {
            known_enqueue(node);
        } else {
            known_dequeue();
        }
    }
}

/* GenMC's big0, big1 and big2: two tasks look at cells in turn, two write them in turn. */
static inline void known_look_around(int looks, int cells)
{
    for (int i = 0; i < looks; i++)
        (void)known_load(i % cells);
}

static inline void known_write_around(int first, int cells, int rounds)
{
    for (int i = 0; i < cells * rounds; i++)
        known_store(first + i % cells, 1 + i / cells);
}

static inline void known_big0(int number)
{
    static const int looks[] = {7, 3};
    if (number < 2) {
        known_look_around(looks[number], 4);
    } else {
        known_write_around(number == 2 ? 0 : 2, 2, 3);
    }
}

static inline void known_big1(int number)
{
    static const int looks[] = {8, 6};
    if (number < 2) {
        known_look_around(looks[number], 4);
    } else {
        known_write_around(number == 2 ? 0 : 2, 2, 3);
    }
}

static inline void known_big2(int number)
{
    if (number < 2) {
        known_look_around(5 - number, 3);
    } else {
        known_write_around(0, 3, 2);
    }
}

#endif
