/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_command.h"
#include "tutti/instruments/view.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct tutti_view_options options = trace_options(settings);
    return tutti_view_path(reader, &options, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_path = {
    .name = "path",
    .options = "width rows",
    .files = 1,
    .run = run,
    .help = "usage: tutti trace path FILE [--width=COLUMNS] [--rows=N]\n"
            "\n"
            "Prints the critical path: from the last step of the run backwards, what each step "
            "waited for, be it\n"
            "the task that woke it, a timer or the world. To make the run shorter, shorten "
            "something on it. The\n"
            "last N rows, 50 unless said otherwise; the sums are of the whole path.\n"
            "\n"
            "example:\n"
            "  tutti trace path pass.jsonl\n",
};
