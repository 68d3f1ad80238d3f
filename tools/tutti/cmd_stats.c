/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_command.h"
#include "tutti/instruments/view.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct tutti_view_options options = trace_options(settings);
    return tutti_view_stats(reader, &options, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_stats = {
    .name = "stats",
    .options = "json width rows",
    .files = 1,
    .run = run,
    .help = "usage: tutti trace stats FILE [--json] [--width=COLUMNS] [--rows=N]\n"
            "\n"
            "Prints totals: of the run, of each task (steps, time ready and waiting, longest step, "
            "tasks it woke,\n"
            "cancellations it saw) and of each object (effects, waits, longest queue). N rows a "
            "table, 50 unless\n"
            "said otherwise. --json gives all of it, and how many events of each kind, as one line "
            "of JSON.\n"
            "\n"
            "example:\n"
            "  tutti trace stats fail.jsonl --json | python3 -m json.tool\n",
};
