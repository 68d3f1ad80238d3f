/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* known_spins.h - algorithms for mutual exclusion and other loops of which GenMC's tests say how
 * many executions they have (tests/correct/synthetic, sequentially consistent). What they wait for
 * is an assumption, here as there. */
#ifndef TUTTI_TESTS_KNOWN_SPINS_H
#define TUTTI_TESTS_KNOWN_SPINS_H

#include "known_memory.h"

/* A lock of one word that is taken once it is free: barrier3, less its barrier. */
static inline void known_spinlock(int number)
{
    (void)number;
    KNOWN_ASSUME(known_cas(0, 0, 1));
    known_store(0, 0);
}

/* Each task stamps a word until n of its stamps were still there when it looked again. That has no
 * end, so six rounds of a loop are made (GenMC's -unroll=6, which its test asks for); a task that
 * has made them ends there, and what was done so far is a trace that counts, unlike where an
 * assumption does not hold. */
static inline void known_commits(int number)
{
    enum { ROUNDS = 6 };
    int commits = 0;
    for (int round = 0; round < ROUNDS && commits < known_n; round++) {
        known_store(0, number + 1);
        commits += known_load(0) == number + 1;
    }
}

/* Two tasks sieve the same n numbers, from 2 on. */
static inline void known_eratosthenes(int number)
{
    (void)number;
    for (int i = 0; i < known_n; i++) {
        if (known_load(i)) continue;
        known_store(i, 1);
        for (int k = 2 * i + 2; k < known_n; k += i + 2)
            known_store(k, 2);
    }
}

/* Lamport, "A fast mutual exclusion algorithm", 1987, the second: who wants in, x and y. */
enum { LAMPORT_X = 10, LAMPORT_Y, LAMPORT_WANTS = 20 };

static inline void known_lamport(int number)
{
    int me = number + 1;
    for (;;) {
        known_store(LAMPORT_WANTS + me, 1);
        known_store(LAMPORT_X, me);
        if (known_load(LAMPORT_Y)) {
            known_store(LAMPORT_WANTS + me, 0);
            KNOWN_ASSUME(known_load(LAMPORT_Y) == 0);
            continue;
        }
        known_store(LAMPORT_Y, me);
        if (known_load(LAMPORT_X) == me) break;
        known_store(LAMPORT_WANTS + me, 0);
        for (int other = 1; other <= known_n; other++)
            KNOWN_ASSUME(known_load(LAMPORT_WANTS + other) == 0);
        if (known_load(LAMPORT_Y) == me) break;
        KNOWN_ASSUME(known_load(LAMPORT_Y) == 0);
    }
    known_store(LAMPORT_Y, 0);
    known_store(LAMPORT_WANTS + me, 0);
}

/* What two tasks do when they are in: they write cell 2, and look at it. */
static inline void known_inside(int number, int looks)
{
    known_store(2, number + 1);
    for (int i = 0; i < looks; i++)
        assert_int_equal(known_load(2), number + 1);
}

/* Szymanski's, of two tasks, whose flags are cells 0 and 1. */
static inline void known_szymanski(int number)
{
    int mine = number, other = 1 - number;
    known_store(mine, 1);
    KNOWN_ASSUME(known_load(other) < 3);
    known_store(mine, 3);
    if (known_load(other) == 1) {
        known_store(mine, 2);
        KNOWN_ASSUME(known_load(other) == 4);
    }
    known_store(mine, 4);
    KNOWN_ASSUME(known_load(other) < 2);
    known_inside(number, 2);
    KNOWN_ASSUME(known_load(other) < 2 || known_load(other) > 3);
    known_store(mine, 0);
}

/* Peterson's: flags, and in cell 3 whose turn it is not. */
static inline void known_peterson(int number)
{
    known_store(number, 1);
    known_store(3, number + 1);
    KNOWN_ASSUME(known_load(1 - number) == 0 || known_load(3) != number + 1);
    known_inside(number, 1);
    known_store(number, 0);
}

/* Dekker's, without a turn: at most one goes in. */
static inline void known_dekker(int number)
{
    known_store(number, 1);
    if (known_load(1 - number) == 0) known_inside(number, 1);
}

#endif
