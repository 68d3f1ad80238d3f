/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_command.h"
#include "tutti/instruments/view.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct tutti_view_options options = trace_options(settings);
    return tutti_view_waits(reader, &options, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_waits = {
    .name = "waits",
    .options = "width rows",
    .files = 1,
    .run = run,
    .help = "usage: tutti trace waits FILE [--width=COLUMNS] [--rows=N]\n"
            "\n"
            "Prints the objects that tasks waited for, the longest waits first: how often, how "
            "long in sum and at\n"
            "most, how many steps others made meanwhile (in virtual time most waits take no time "
            "at all), and how\n"
            "many wait now, at the end. Below each, the calls they waited in, and the tasks that "
            "had it when they\n"
            "began to wait. N objects at most, 50 unless said otherwise.\n"
            "\n"
            "example:\n"
            "  tutti trace waits fail.jsonl --rows=5\n",
};
