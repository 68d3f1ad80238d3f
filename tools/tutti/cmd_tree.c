/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_command.h"
#include "tutti/instruments/view.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    return tutti_view_tree(reader, settings->event, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_tree = {
    .name = "tree",
    .options = "",
    .files = 1,
    .event = true,
    .run = run,
    .help = "usage: tutti trace tree FILE [N]\n"
            "\n"
            "Prints the tasks that are alive after event N (the number `cat` shows; the last if "
            "there is\n"
            "no N), each below the nursery it lives in: what it does, on which object, since when, "
            "where,\n"
            "and who holds the object.\n"
            "\n"
            "example:\n"
            "  tutti trace tree fail.jsonl 46\n",
};
