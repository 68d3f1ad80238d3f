/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* known_answers_test's large ones, by one preference each: about a minute. */
#include "known_traces.h"

static void have_the_known_numbers_of_traces(void **state)
{
    static const struct known big1 = {"big1", known_big1, 0, 4, 1820474};
    static const struct known big2 = {"big2", known_big2, 0, 4, 5284890};
    (void)state;
    (void)known_expect(&big1, TUTTI_DPOR_LAST);
    (void)known_expect(&big2, TUTTI_DPOR_FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(have_the_known_numbers_of_traces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
