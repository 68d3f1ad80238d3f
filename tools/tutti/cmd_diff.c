/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "trace_command.h"

/* Both are open. */
static int show(struct tutti_reader *a, struct tutti_reader *b,
                const struct trace_settings *settings)
{
    struct tutti_view_options options = trace_options(settings);
    return tutti_view_diff(a, b, &options, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    struct tutti_reader *a = NULL, *b = NULL;
    if (!settings->files[1]) {
        return command_bad("trace diff: two files are wanted (see tutti trace diff --help)");
    }
    int rc = trace_open(&a, settings->files[0]);
    if (rc == 0) rc = trace_open(&b, settings->files[1]);
    if (rc == 0) rc = show(a, b, settings);
    bool bad = b && *tutti_reader_error(b) != '\0';
    int code = trace_close(a, rc < 0 && bad ? 0 : rc);
    int code_b = b ? trace_close(b, rc < 0 && !bad ? 0 : rc) : EXIT_NOTHING;
    if (rc < 0 || code != EXIT_NOTHING || code_b != EXIT_NOTHING) return EXIT_BAD;
    return rc > 0 ? EXIT_FOUND : EXIT_NOTHING;
}

const struct trace_command trace_diff = {
    .name = "diff",
    .options = "width",
    .files = 2,
    .run = run,
    .help = "usage: tutti trace diff A B [--width=COLUMNS]\n"
            "\n"
            "Compares two runs: the first lines that differ, the first choice that does, and the "
            "first task that\n"
            "does something else than in the other run, with what it does in each. Two runs of one "
            "program with\n"
            "the same choices have the same lines from the second on; of a passing and a failing "
            "run the last part\n"
            "is the one that shows the cause.\n"
            "\n"
            "exit codes: 0 the same, 1 they differ, 2 wrong usage or input\n"
            "\n"
            "example:\n"
            "  tutti trace diff pass.jsonl fail.jsonl\n",
};
