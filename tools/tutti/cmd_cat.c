/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_command.h"
#include "tutti/instruments/view.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    (void)settings;
    return tutti_view_cat(reader, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_cat = {
    .name = "cat",
    .options = "",
    .files = 1,
    .run = run,
    .help = "usage: tutti trace cat FILE\n"
            "\n"
            "Prints a line for each event: its number, the time, what happened, with the names of "
            "things\n"
            "beside their numbers.\n"
            "\n"
            "example:\n"
            "  tutti trace cat fail.jsonl | grep task.park\n",
};
