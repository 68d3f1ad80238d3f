/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_command.h"
#include "tutti/instruments/view.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct tutti_view_options options = trace_options(settings);
    return tutti_view_choices(reader, &options, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_choices = {
    .name = "choices",
    .options = "width",
    .files = 1,
    .run = run,
    .help = "usage: tutti trace choices FILE [--width=COLUMNS]\n"
            "\n"
            "Prints each choice of the run: its number, its event, when, of which kind, which "
            "option of how many,\n"
            "and what it did. The last line is the list that repeats the run with tutti replay.\n"
            "\n"
            "example:\n"
            "  tutti trace choices fail.jsonl\n",
};
