/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tools/tutti/trace_command.h - what the views of `tutti trace` share. Each is a cmd_NAME.c with
 * one struct trace_command, which cmd_trace.c has in its table. */
#ifndef TUTTI_TOOLS_TRACE_COMMAND_H
#define TUTTI_TOOLS_TRACE_COMMAND_H

#include "command.h"
#include "tutti/core/error.h"
#include "tutti/instruments/view.h"

/* What the command line said; each view takes some of it. */
struct trace_settings {
    const char *files[2]; /* NULL: not given */
    uint64_t event;       /* [N]; 0: not given */
    uint64_t width, last, rows;
    const char *program, *output, *axis;
    bool json;
};

struct trace_command {
    const char *name;
    const char *options; /* those it takes: "width last" */
    int files;           /* files it wants at most; the first always */
    bool event;          /* takes the number of an event behind its file */
    int (*run)(const struct trace_settings *settings); /* returns the exit code */
    const char *help; /* begins with "usage:", ends with an example */
};

extern const struct trace_command trace_cat, trace_check, trace_choices, trace_chrome, trace_diff,
    trace_html, trace_lanes, trace_path, trace_schema, trace_stats, trace_tree, trace_waits;

/* What a view returns when it said itself what is wrong. */
#define TRACE_TOLD TUTTI_EBUSY

/* Opens the trace, shows it by `show`, says what should be known besides. `show` returns 0, the
 * reader's error, or TUTTI_EBROKEN when standard output is. Returns the exit code.               */
int trace_show(const struct trace_settings *settings,
               int (*show)(struct tutti_reader *reader, const struct trace_settings *settings));
/* The two halves of it. After closing: what should be known goes to standard error, an error, too;
 * `rc` is what came of showing it. Returns the exit code. */
int trace_open(struct tutti_reader **reader, const char *path);
int trace_close(struct tutti_reader *reader, int rc);
/* The settings that several views of the library have. */
struct tutti_view_options trace_options(const struct trace_settings *settings);
/* Columns of the terminal; 0: standard output is none. */
uint32_t paint_columns(void);
/* For tutti_print: standard output, in colours on a terminal. */
int trace_print(void *context, const char *text, size_t size);

#endif
