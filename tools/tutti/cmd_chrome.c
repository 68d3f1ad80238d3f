/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "trace_command.h"
#include "tutti/instruments/chrome.h"

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    bool steps = settings->axis && strcmp(settings->axis, "steps") == 0;
    return tutti_chrome_export(reader, steps ? TUTTI_CHROME_STEPS : TUTTI_CHROME_TIME, trace_print,
                               NULL);
}

static int run(const struct trace_settings *settings)
{
    const char *axis = settings->axis;
    if (axis && strcmp(axis, "steps") != 0 && strcmp(axis, "time") != 0) {
        return command_bad("trace chrome: \"--axis=%.60s\" is neither time nor steps (see tutti "
                           "trace chrome --help)",
                           axis);
    }
    return trace_show(settings, show);
}

const struct trace_command trace_chrome = {
    .name = "chrome",
    .options = "axis output",
    .files = 1,
    .run = run,
    .help = "usage: tutti trace chrome FILE [--axis=time|steps] [-o FILE]\n"
            "\n"
            "Prints the trace as Chrome's Trace Event JSON, which https://ui.perfetto.dev and "
            "chrome://tracing\n"
            "open. A nursery is a process there, a task a thread; slices say whether it runs, is "
            "ready or waits,\n"
            "arrows lead from the step that woke a task to the step it was woken for. In virtual "
            "time most steps\n"
            "take no time: --axis=steps gives each step a microsecond instead.\n"
            "\n"
            "example:\n"
            "  tutti trace chrome fail.jsonl --axis=steps -o fail.json\n",
};
