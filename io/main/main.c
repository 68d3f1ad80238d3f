/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* main() of a program that defines tutti_tests, in the real world: real clock, real I/O. */
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/test.h"
#include "tutti/core/world.h"
#include "tutti/instruments/dump.h"
#include "tutti/instruments/environment.h"
#include "tutti/io/real.h"

enum { EXIT_FOUND = 1, EXIT_USAGE = 2 };

/* What a program is, for commands that are given one: they look for it in the file. */
__attribute__((used)) static const char marker[] = "tutti-program/1:real";

static void usage(const char *program)
{
    printf("usage: %s [--test=NAME | --list | --help]\n"
           "Runs a test, or all of them, in the real world: real time, plain order.\n"
           "Exit code: 0 all passed, 1 one failed, 2 wrong usage.\n"
           "example: %s --test=%s\n",
           program, program, tutti_tests[0].name ? tutti_tests[0].name : "NAME");
}

static void list(void)
{
    for (const struct tutti_test *test = tutti_tests; test->name; test++) {
        printf("%s%s%s\n", test->name, test->about ? "  " : "", test->about ? test->about : "");
    }
}

/* Tasks that wait for ever are shown with their stacks. */
static int run(const struct tutti_test *test)
{
    const struct tutti_options options = {.deadlock = tutti_dump_print};
    struct tutti_world world = *tutti_world_real();
    world.options = &options;
    int rc = tutti_environment_run(&world, test->name, test->main, NULL);
    printf("%s: %s", test->name, rc < 0 ? "FAILED" : "ok");
    if (rc < 0) printf(" with %s (%s)", tutti_error_name(rc), tutti_error_text(rc));
    printf("\n");
    return rc < 0 ? EXIT_FOUND : 0;
}

static int run_all(const char *only)
{
    int worst = 0, ran = 0;
    for (const struct tutti_test *test = tutti_tests; test->name; test++) {
        if (only && strcmp(only, test->name) != 0) continue;
        int code = run(test);
        if (code > worst) worst = code;
        ran++;
    }
    if (ran) return worst;
    if (only) {
        fprintf(stderr, "there is no test \"%s\"; --list shows those there are\n", only);
    } else {
        fprintf(stderr, "the program's table tutti_tests is empty: there is nothing to run\n");
    }
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(argv[0]);
            return 0;
        }
        if (strcmp(argv[i], "--list") == 0) {
            list();
            return 0;
        }
        if (strncmp(argv[i], "--test=", strlen("--test=")) != 0) {
            fprintf(stderr, "%s: unknown argument \"%s\"; --help shows what there is\n", argv[0],
                    argv[i]);
            return EXIT_USAGE;
        }
        only = argv[i] + strlen("--test=");
    }
    return run_all(only);
}
