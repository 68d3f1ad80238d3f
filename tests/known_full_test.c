/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* known_answers_test's large ones, by the last preference, with which lastzero blocks no run. */
#include "known_traces.h"

static void have_the_known_numbers_of_traces(void **state)
{
    static const struct known all[] = {
        {"casw", known_casw, 0, 5, 32880},       {"CoA", known_coa, 1, 4, 2028},
        {"CoA", known_coa, 1, 5, 49776},         {"lastzero", known_lastzero, 1, 15, 147456},
        {"fib_bench", known_fib, -2, 5, 218243}, {"big1", known_big1, 0, 4, 1820474},
        {"big2", known_big2, 0, 4, 5284890},
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        (void)known_expect(&all[i], TUTTI_DPOR_LAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(have_the_known_numbers_of_traces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
