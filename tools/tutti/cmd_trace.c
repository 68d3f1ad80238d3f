/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "tutti/core/error.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/instruments/view.h"

static const char help[] = "usage: tutti trace check|cat|tree|lanes FILE ...\n"
                           "\n"
                           "  check FILE      is it a whole and lawful trace?\n"
                           "  cat FILE        every event, with names\n"
                           "  tree FILE [N]   the tasks alive after event N, or at the end\n"
                           "  lanes FILE      a line each step, a column each task\n"
                           "\n"
                           "FILE may be - for standard input. tutti trace VIEW --help tells more.\n"
                           "exit codes: 0 good, 2 wrong usage or input\n"
                           "\n"
                           "example:\n"
                           "  tutti trace tree fail.jsonl\n";

/* Options of all views; each takes some of them. */
struct settings {
    const char *program;
    uint64_t n;
    struct tutti_lanes_options lanes;
};

static int print_out(void *context, const char *text, size_t size)
{
    (void)context;
    return fwrite(text, 1, size, stdout) == size ? 0 : TUTTI_EBROKEN;
}

static int show_check(struct tutti_reader *reader, const struct settings *settings)
{
    struct tutti_check_result result;
    int rc = settings->program ? tutti_reader_belongs(reader, settings->program) : 0;
    if (rc == 0) rc = tutti_trace_check(reader, &result);
    if (rc < 0) return rc;
    printf("good: %" PRIu64 " lines, %" PRIu64 " tasks, %" PRIu64 " steps, %" PRIu64
           " choices, hash %016" PRIx64 "\n",
           result.lines, result.tasks, result.steps, result.choices, result.hash);
    return 0;
}

static int show_cat(struct tutti_reader *reader, const struct settings *settings)
{
    (void)settings;
    return tutti_view_cat(reader, print_out, NULL);
}

static int show_tree(struct tutti_reader *reader, const struct settings *settings)
{
    return tutti_view_tree(reader, settings->n, print_out, NULL);
}

static int show_lanes(struct tutti_reader *reader, const struct settings *settings)
{
    return tutti_view_lanes(reader, &settings->lanes, print_out, NULL);
}

static const struct view {
    const char *name;
    int (*show)(struct tutti_reader *reader, const struct settings *settings);
    const char *help;
} views[] = {
    {"check", show_check,
     "usage: tutti trace check FILE [--program=NAME]\n"
     "\n"
     "Checks a trace: the form of every line, the rules between events, the hash, the end; and\n"
     "that it is of the program NAME, if that is given. Says what is wrong in one sentence with\n"
     "file, line and reason.\n"
     "\n"
     "example:\n"
     "  tutti trace check fail.jsonl --program=semaphore_lost_wakeup\n"},
    {"cat", show_cat,
     "usage: tutti trace cat FILE\n"
     "\n"
     "Prints a line for each event: its number, the time, what happened, with the names of things\n"
     "beside their numbers.\n"
     "\n"
     "example:\n"
     "  tutti trace cat fail.jsonl | grep task.park\n"},
    {"tree", show_tree,
     "usage: tutti trace tree FILE [N]\n"
     "\n"
     "Prints the tasks that are alive after event N (the number `cat` shows; the last if there is\n"
     "no N), each below the nursery it lives in: what it does, on which object, since when, "
     "where,\n"
     "and who holds the object.\n"
     "\n"
     "example:\n"
     "  tutti trace tree fail.jsonl 46\n"},
    {"lanes", show_lanes,
     "usage: tutti trace lanes FILE [--width=COLUMNS] [--last=ROWS]\n"
     "\n"
     "Prints a line for each step and a column for each task: * it runs, | it is ready, . it "
     "waits,\n"
     "! the explorer cancels a scope of it, ~ its timer fires early. Then [pick/of] where there "
     "was\n"
     "a choice, and what the step did. The last line tells how the run ended. --width is 100\n"
     "columns unless said otherwise; tasks that do not fit are counted.\n"
     "\n"
     "example:\n"
     "  tutti trace lanes fail.jsonl --last=20 --width=80\n"},
};

/* A whole number of at least 1. */
static bool read_number(const char *text, uint64_t max, uint64_t *number)
{
    char *end;
    *number = 0;
    if (*text < '0' || *text > '9') return false;
    *number = strtoull(text, &end, 10);
    return *end == '\0' && *number >= 1 && *number <= max;
}

static int read_option(struct settings *settings, const struct view *view, const char *option)
{
    const char *value = strchr(option, '=');
    size_t length = value ? (size_t)(value - option) : strlen(option);
    uint64_t number;
    bool lanes = view->show == show_lanes, check = view->show == show_check;
    value = value ? value + 1 : "";
    if (check && length == 9 && memcmp(option, "--program", length) == 0 && *value) {
        settings->program = value;
        return 0;
    }
    bool width = lanes && length == 7 && memcmp(option, "--width", length) == 0;
    bool last = lanes && length == 6 && memcmp(option, "--last", length) == 0;
    if (!width && !last) {
        return command_bad("trace %s: there is no option \"%.60s\" (see tutti trace %s --help)",
                           view->name, option, view->name);
    }
    if (!read_number(value, 1000000000, &number)) {
        return command_bad("trace lanes: \"%.60s\" wants a number from 1 up (see tutti trace lanes "
                           "--help)",
                           option);
    }
    if (width) settings->lanes.width = (uint32_t)number;
    if (last) settings->lanes.rows = (uint32_t)number;
    return 0;
}

static int read_arguments(struct settings *settings, const struct view *view, int count,
                          char **arguments, const char **path)
{
    *path = NULL;
    for (int i = 0; i < count; i++) {
        const char *argument = arguments[i];
        if (argument[0] == '-' && argument[1] != '\0') {
            int rc = read_option(settings, view, argument);
            if (rc != 0) return rc;
        } else if (!*path) {
            *path = argument;
        } else if (view->show != show_tree || settings->n != 0) {
            return command_bad("trace %s: one file, and \"%.60s\" is too much (see tutti trace %s "
                               "--help)",
                               view->name, argument, view->name);
        } else if (!read_number(argument, UINT64_MAX, &settings->n)) {
            return command_bad("trace tree: \"%.60s\" is no number of an event, from 1 up (see "
                               "tutti trace tree --help)",
                               argument);
        }
    }
    if (*path) return 0;
    return command_bad("trace %s: which file? (see tutti trace %s --help)", view->name, view->name);
}

/* What is no error, but should be known. */
static void add_notes(const struct tutti_reader *reader)
{
    const char *unended = tutti_reader_unended(reader);
    uint64_t events = tutti_reader_skipped_events(reader), keys = tutti_reader_skipped_keys(reader);
    fflush(stdout);
    if (unended) fprintf(stderr, "note: %s\n", unended);
    if (events || keys) {
        fprintf(stderr,
                "note: %" PRIu64 " events and %" PRIu64 " keys are unknown to this tutti "
                "and were skipped\n",
                events, keys);
    }
}

static int show(const struct view *view, const struct settings *settings, const char *path)
{
    struct tutti_reader *reader;
    int rc = tutti_reader_open(&reader, path);
    if (rc == 0) rc = view->show(reader, settings);
    if (rc == 0) {
        add_notes(reader);
        rc = command_done(EXIT_NOTHING);
    } else if (rc == TUTTI_EBROKEN) {
        rc = command_done(EXIT_BAD);
    } else {
        const char *error = tutti_reader_error(reader);
        fflush(stdout);
        fprintf(stderr, "%s\n", *error ? error : "tutti: out of memory (free some)");
        rc = EXIT_BAD;
    }
    tutti_reader_close(reader);
    return rc;
}

int cmd_trace(int count, char **arguments)
{
    struct settings settings = {0};
    const char *name = count > 0 ? arguments[0] : "";
    const char *path;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        const struct view *view = &views[i];
        if (strcmp(view->name, name) != 0) continue;
        if (command_wants_help(count - 1, arguments + 1)) {
            fputs(view->help, stdout);
            return command_done(EXIT_NOTHING);
        }
        int rc = read_arguments(&settings, view, count - 1, arguments + 1, &path);
        return rc != 0 ? rc : show(view, &settings, path);
    }
    if (command_wants_help(count, arguments)) {
        fputs(help, stdout);
        return command_done(EXIT_NOTHING);
    }
    if (count < 1) return command_bad("trace: check, cat, tree or lanes? (see tutti trace --help)");
    return command_bad("trace: there is no view \"%.60s\" (see tutti trace --help)", name);
}
