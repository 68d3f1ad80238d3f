/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "trace_command.h"
#include "tutti/instruments/view.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct tutti_lanes_options options = {.width = (uint32_t)settings->width,
                                          .rows = (uint32_t)settings->last};
    return tutti_view_lanes(reader, &options, trace_print, NULL);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_lanes = {
    .name = "lanes",
    .options = "width last",
    .files = 1,
    .run = run,
    .help =
        "usage: tutti trace lanes FILE [--width=COLUMNS] [--last=ROWS]\n"
        "\n"
        "Prints a line for each step and a column for each task: * it runs, | it is ready, . it "
        "waits,\n"
        "! the explorer cancels a scope of it, ~ its timer fires early. Then [pick/of] where there "
        "was\n"
        "a choice, and what the step did. The last line tells how the run ended. A page is as "
        "wide\n"
        "as the terminal, or 100 columns, unless said otherwise; tasks that do not fit are "
        "counted.\n"
        "\n"
        "example:\n"
        "  tutti trace lanes fail.jsonl --last=20 --width=80\n",
};
