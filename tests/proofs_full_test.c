/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The larger proofs: see proofs_test.c. */
#include "proofs.h"

static void all_traces_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROOFS; i++) {
        for (uint32_t cancels = 0; cancels <= PROOF_CANCELS; cancels++) {
            if (proofs[i].traces[cancels] > PROOFS_QUICK) proof_holds(&proofs[i], cancels);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_traces_hold)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
