/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The plain run of tests: batch mode, nobody is asked anything. */
#include <stdlib.h>

#include "program.h"

static int run_one(const struct settings *all, const struct tutti_test *test)
{
    struct settings settings = *all;
    struct performance performance;
    struct tutti_explorer *explorer;
    struct tutti_verdict verdict;
    struct tutti_list list = {.bounds = {.step = false}};
    settings.test = test;
    int rc = performance_open(&performance, &explorer, &settings, test);
    if (rc != 0) return rc;
    rc = performance_replay(&performance, explorer, &list, NULL, false, &verdict);
    if (rc == 0) {
        printf("%s: ", test->name);
        tell_verdict(&verdict);
        rc = verdict.kind == TUTTI_VERDICT_OK ? EXIT_NOTHING : EXIT_FOUND;
    }
    char *text = rc == EXIT_FOUND ? list_text(&list) : NULL;
    if (text) tell_commands(&settings, text, NULL);
    free(text);
    performance_close(&performance, explorer);
    return rc;
}

int do_run(const struct settings *settings)
{
    int worst = 0;
    if (!settings->quiet) tell_seed(settings);
    if (settings->test) return run_one(settings, settings->test);
    for (const struct tutti_test *test = tutti_tests; test->name; test++) {
        int rc = run_one(settings, test);
        if (rc > worst) worst = rc;
        if (rc == EXIT_INTERRUPTED) break;
    }
    return worst;
}
