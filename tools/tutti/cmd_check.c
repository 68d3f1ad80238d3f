/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "trace_command.h"
#include "tutti/instruments/trace_check.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct tutti_check_result result;
    int rc = settings->program ? tutti_reader_belongs(reader, settings->program) : 0;
    if (rc == 0) rc = tutti_trace_check(reader, &result);
    if (rc < 0) return rc;
    printf("good: %" PRIu64 " lines, %" PRIu64 " tasks, %" PRIu64 " steps, %" PRIu64
           " choices, hash %016" PRIx64 "\n",
           result.lines, result.tasks, result.steps, result.choices, result.hash);
    return 0;
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_check = {
    .name = "check",
    .options = "program",
    .files = 1,
    .run = run,
    .help =
        "usage: tutti trace check FILE [--program=NAME]\n"
        "\n"
        "Checks a trace: the form of every line, the rules between events, the hash, the end; and\n"
        "that it is of the program NAME, if that is given. Says what is wrong in one sentence "
        "with\n"
        "file, line and reason.\n"
        "\n"
        "example:\n"
        "  tutti trace check fail.jsonl --program=semaphore_lost_wakeup\n",
};
