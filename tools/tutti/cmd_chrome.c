/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace_command.h"
#include "tutti/instruments/chrome.h"

/* Opened when there is something to write, so that a bad trace leaves what was there alone. */
struct target {
    const char *path; /* NULL: standard output */
    FILE *file;
    int error; /* of the file */
};

static int print(void *context, const char *text, size_t size)
{
    struct target *target = context;
    if (!target->path) return fwrite(text, 1, size, stdout) == size ? 0 : TUTTI_EBROKEN;
    if (!target->file) target->file = fopen(target->path, "wb");
    if (target->file && fwrite(text, 1, size, target->file) == size) return 0;
    target->error = errno;
    return TUTTI_EBROKEN;
}

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    bool steps = settings->axis && strcmp(settings->axis, "steps") == 0;
    struct target target = {.path = settings->output};
    int rc =
        tutti_chrome_export(reader, steps ? TUTTI_CHROME_STEPS : TUTTI_CHROME_TIME, print, &target);
    if (target.file && fclose(target.file) != 0 && target.error == 0) target.error = errno;
    if (target.error == 0) return rc;
    command_bad("%s: cannot be written: %s (make room, or give another name)", target.path,
                strerror(target.error));
    return TRACE_TOLD;
}

static int run(const struct trace_settings *settings)
{
    const char *axis = settings->axis;
    if (axis && strcmp(axis, "steps") != 0 && strcmp(axis, "time") != 0) {
        return command_bad("trace chrome: \"--axis=%.60s\" is neither time nor steps (see tutti "
                           "trace chrome --help)",
                           axis);
    }
    if (settings->output && program_same_file(settings->output, settings->files[0])) {
        return command_bad("trace chrome: -o %s would overwrite the trace it is made from (give "
                           "another name)",
                           settings->output);
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
