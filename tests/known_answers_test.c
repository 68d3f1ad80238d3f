/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How many traces programs have of which that is known exactly, by each preference of the search.
 *
 * dscheck's naive counter is the two of them: where each task increments at once there are the two
 * traces that its tests/traces/naive_counter shows, where it reads and then writes there are four.
 */
#include "known_traces.h"

static const struct known known_all[] = {
    {"writers", known_writer, 0, 2, 2},
    {"writers", known_writer, 0, 3, 6},
    {"writers", known_writer, 0, 4, 24},
    {"writers", known_writer, 0, 5, 120},
    {"writers", known_writer, 0, 6, 720},
    {"writers", known_writer, 0, 7, 5040},
    {"writers and a reader", known_writers_reader, 1, 5, 720},
    {"readers", known_readers, 1, 2, 4},
    {"readers", known_readers, 1, 8, 256},
    {"readers", known_readers, 1, 13, 8192},
    {"ainc", known_ainc, 0, 2, 2},
    {"ainc", known_ainc, 0, 3, 6},
    {"ainc", known_ainc, 0, 4, 24},
    {"ainc", known_ainc, 0, 5, 120},
    {"ainc", known_ainc, 0, 6, 720},
    {"ainc", known_ainc, 0, 7, 5040},
    {"binc", known_binc, 0, 2, 4},
    {"binc", known_binc, 0, 3, 36},
    {"binc", known_binc, 0, 4, 576},
    {"cinc", known_cinc, 0, 2, 8},
    {"cinc", known_cinc, 0, 3, 216},
    {"cinc", known_cinc, 0, 4, 13824},
    {"inc", known_inc, 0, 2, 4},
    {"inc", known_inc, 0, 3, 36},
    {"inc", known_inc, 0, 4, 576},
    {"cas", known_cas_once, 0, 2, 2},
    {"cas", known_cas_once, 0, 3, 3},
    {"cas", known_cas_once, 0, 4, 4},
    {"cas", known_cas_once, 0, 5, 5},
    {"naive counter, safe", known_ainc, 0, 2, 2},
    {"naive counter", known_inc, 0, 2, 4},
    {"rw", known_rw, 0, 2, 4},
    {"rw", known_rw, 0, 3, 36},
    {"rw", known_rw, 0, 4, 576},
    {"casrot", known_casrot, 0, 2, 2},
    {"casrot", known_casrot, 0, 3, 5},
    {"casrot", known_casrot, 0, 4, 14},
    {"casrot", known_casrot, 0, 5, 43},
    {"casrot", known_casrot, 0, 6, 144},
    {"casrot", known_casrot, 0, 7, 523},
    {"casrot", known_casrot, 0, 8, 2048},
    {"casw", known_casw, 0, 2, 6},
    {"casw", known_casw, 0, 3, 66},
    {"casw", known_casw, 0, 4, 1200},
    {"wcas", known_wcas, 1, 2, 5},
    {"wcas", known_wcas, 1, 3, 13},
    {"wcas", known_wcas, 1, 4, 33},
    {"wcas", known_wcas, 1, 5, 81},
    {"wcas", known_wcas, 1, 6, 193},
    {"wcas", known_wcas, 1, 7, 449},
    {"wcas", known_wcas, 1, 8, 1025},
    {"wcas", known_wcas, 1, 9, 2305},
    {"CoA", known_coa, 1, 1, 4},
    {"CoA", known_coa, 1, 2, 15},
    {"CoA", known_coa, 1, 3, 130},
    {"lastzero", known_lastzero, 1, 1, 2},
    {"lastzero", known_lastzero, 1, 2, 5},
    {"lastzero", known_lastzero, 1, 3, 12},
    {"lastzero", known_lastzero, 1, 4, 28},
    {"lastzero", known_lastzero, 1, 5, 64},
    {"lastzero", known_lastzero, 1, 10, 3328},
    {"indexer", known_indexer, 0, 12, 8},
    {"indexer", known_indexer, 0, 15, 4096},
    {"fib_bench", known_fib, 2, 1, 11},
    {"fib_bench", known_fib, 1, 2, 140},
    {"fib_bench", known_fib, 0, 3, 1698},
    {"conditional_ssb", known_conditional_ssb, 0, 4, 7},
    {"conditional_nested", known_conditional_nested, 0, 3, 8},
    {"list", known_list, 0, 3, 360},
    {"Michael and Scott's queue", known_queue, 0, 2, 16},
    {"spinlock", known_spinlock, 0, 2, 2},
    {"spinlock", known_spinlock, 0, 3, 6},
    {"spinlock", known_spinlock, 0, 4, 24},
    {"eratosthenes", known_eratosthenes, -3, 5, 398},
    {"Lamport's fast mutex", known_lamport, 0, 2, 16},
    {"Szymanski", known_szymanski, 0, 2, 6},
    {"Peterson", known_peterson, 0, 2, 4},
    {"Dekker", known_dekker, 0, 2, 3},
    {"commits", known_commits, 0, 2, 1734},
    {"big0", known_big0, 0, 4, 69112},
};
enum { KNOWN = sizeof known_all / sizeof *known_all };

static uint64_t known_runs[KNOWN][TUTTI_DPOR_ORDERS];

static void have_the_known_numbers_of_traces(void **state)
{
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        for (int order = TUTTI_DPOR_FIRST; order < TUTTI_DPOR_ORDERS; order++)
            known_runs[i][order] = known_expect(&known_all[i], (enum tutti_dpor_order)order);
    }
}

/* A twentieth of the runs, if that is two or more, knows about how many there are: within a factor
 * of four, as the strategy begins. That is by the first preference; by the last, of five. There is
 * one exception, too small to be told (sim/phases.c): the list, of 360 runs.                     */
static void a_twentieth_knows_how_many_there_are(void **state)
{
    enum { LEAST = 40 };
    (void)state;
    for (size_t i = 0; i < KNOWN; i++) {
        for (int order = TUTTI_DPOR_FIRST; order <= TUTTI_DPOR_LAST; order++) {
            uint64_t runs = known_runs[i][order];
            if (runs < LEAST) continue;
            known_now = &known_all[i];
            known_n = known_now->n;
            double guess =
                traces_guess(known_main, NULL, &census_bounds, (enum tutti_dpor_order)order, runs);
            double factor = order == TUTTI_DPOR_FIRST ? 4 : 5;
            if (known_now->task == known_list) factor = 11;
            if (guess <= factor && guess >= 1 / factor) continue;
            fail_msg("%s(%d): %.3g times the %llu runs there are", known_now->name, known_now->n,
                     guess, (unsigned long long)runs);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(have_the_known_numbers_of_traces),
                                       cmocka_unit_test(a_twentieth_knows_how_many_there_are)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
