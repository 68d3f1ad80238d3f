/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The smaller proofs; and docs/proofs.md has the numbers of all of them. With --print the program
 * prints that page's table.                                                                      */
#include "proofs.h"

static void all_traces_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROOFS; i++) {
        for (uint32_t cancels = 0; cancels <= PROOF_CANCELS; cancels++) {
            if (proofs[i].traces[cancels] <= PROOFS_QUICK) proof_holds(&proofs[i], cancels);
        }
    }
}

static void row_of(const struct proof *one, char *text, size_t size)
{
    char capacity[24] = "unbounded";
    if (one->capacity != TUTTI_CHAN_UNBOUNDED) {
        snprintf(capacity, sizeof capacity, "%zu", one->capacity);
    }
    snprintf(text, size, "| %s | %s | %llu | %llu | %llu |\n", one->name, capacity,
             (unsigned long long)one->traces[0], (unsigned long long)one->traces[1],
             (unsigned long long)one->traces[2]);
}

static void the_page_has_these_numbers(void **state)
{
    static char page[1 << 14];
    char row[128];
    (void)state;
    FILE *file = fopen("docs/proofs.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    (void)fclose(file);
    for (size_t i = 0; i < PROOFS; i++) {
        row_of(&proofs[i], row, sizeof row);
        if (!strstr(page, row)) fail_msg("docs/proofs.md lacks %s", row);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_traces_hold),
        cmocka_unit_test(the_page_has_these_numbers),
    };
    char row[128];
    if (argc < 2 || strcmp(argv[1], "--print") != 0) {
        return cmocka_run_group_tests(tests, NULL, NULL);
    }
    for (size_t i = 0; i < PROOFS; i++) {
        row_of(&proofs[i], row, sizeof row);
        (void)fputs(row, stdout);
    }
    return 0;
}
