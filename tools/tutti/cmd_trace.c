/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* `tutti trace`: which view, its options, and what all views do alike. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compressed.h"
#include "trace_command.h"

static const struct trace_command *const commands[] = {
    &trace_check, &trace_cat,   &trace_tree,    &trace_lanes,  &trace_html, &trace_waits,
    &trace_path,  &trace_stats, &trace_choices, &trace_schema, &trace_diff, &trace_chrome,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static const char help[] =
    "usage: tutti trace VIEW FILE ...\n"
    "\n"
    "  check FILE      is it a whole and lawful trace?\n"
    "  cat FILE        every event, with names\n"
    "  tree FILE [N]   the tasks alive after event N, or at the end\n"
    "  lanes FILE      a line each step, a column each task\n"
    "  waits FILE      who waited for what, how long, and who had it\n"
    "  path FILE       the critical path\n"
    "  stats FILE      totals of the run, its tasks and its objects\n"
    "  diff A B        where two runs part\n"
    "  choices FILE    each choice, and the list that repeats the run\n"
    "  chrome FILE     for Perfetto and chrome://tracing\n"
    "  html A [B] -o PAGE  a page for a browser; two are compared\n"
    "  schema          the JSON Schema of a line\n"
    "\n"
    "FILE may be - for standard input; FILE.gz and FILE.zst are decompressed. On a terminal\n"
    "there are colours, unless NO_COLOR is set. tutti trace VIEW --help tells more.\n"
    "exit codes: 0 good, 1 two traces differ, 2 wrong usage or input; also when the trace has no\n"
    "end, because the run crashed: then all that there is is shown\n"
    "\n"
    "example:\n"
    "  tutti trace tree fail.jsonl\n";

static const struct option {
    const char *name;
    enum { OPTION_NUMBER, OPTION_TEXT, OPTION_FLAG } type;
    size_t offset; /* in struct trace_settings */
} options[] = {
    {"width", OPTION_NUMBER, offsetof(struct trace_settings, width)},
    {"last", OPTION_NUMBER, offsetof(struct trace_settings, last)},
    {"rows", OPTION_NUMBER, offsetof(struct trace_settings, rows)},
    {"json", OPTION_FLAG, offsetof(struct trace_settings, json)},
    {"axis", OPTION_TEXT, offsetof(struct trace_settings, axis)},
    {"program", OPTION_TEXT, offsetof(struct trace_settings, program)},
    {"output", OPTION_TEXT, offsetof(struct trace_settings, output)},
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

/* Is this one of the words? */
static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length) {
        bool starts = at == words || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0')) return true;
    }
    return false;
}

/* The option that the argument `--NAME...` means; NULL: this view has none of that name. */
static const struct option *find_option(const struct trace_command *command, const char *argument)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        size_t length = strlen(options[i].name);
        if (strncmp(argument, "--", 2) != 0) continue;
        if (strncmp(argument + 2, options[i].name, length) != 0) continue;
        if (argument[2 + length] != '=' && argument[2 + length] != '\0') continue;
        return has_word(command->options, options[i].name) ? &options[i] : NULL;
    }
    return NULL;
}

static int read_option(struct trace_settings *settings, const struct trace_command *command,
                       const char *argument)
{
    const struct option *option = find_option(command, argument);
    const char *value = strchr(argument, '=');
    if (!option) {
        return command_bad("trace %s: there is no option \"%.60s\" (see tutti trace %s --help)",
                           command->name, argument, command->name);
    }
    char *member = (char *)settings + option->offset;
    if (option->type == OPTION_FLAG) {
        if (value) {
            return command_bad("trace %s: --%s stands alone, without \"=\" (see tutti trace %s "
                               "--help)",
                               command->name, option->name, command->name);
        }
        *(bool *)member = true;
        return 0;
    }
    value = value ? value + 1 : "";
    if (option->type == OPTION_NUMBER) {
        uint64_t number;
        if (!read_number(value, 1000000000, &number)) {
            return command_bad("trace %s: \"%.60s\" wants a number from 1 up (see tutti trace %s "
                               "--help)",
                               command->name, argument, command->name);
        }
        memcpy(member, &number, sizeof number);
        return 0;
    }
    if (!*value) {
        return command_bad(
            "trace %s: \"%.60s\" wants a text: --%s=TEXT (see tutti trace %s --help)",
            command->name, argument, option->name, command->name);
    }
    memcpy(member, &value, sizeof value);
    return 0;
}

/* A file, or the number of an event. */
static int read_place(struct trace_settings *settings, const struct trace_command *command,
                      const char *argument, int files)
{
    static const char *const wanted[] = {"no", "one", "two"};
    if (files < command->files) {
        settings->files[files] = argument;
        return 0;
    }
    if (!command->event || settings->event != 0) {
        return command_bad("trace %s: %s file%s, and \"%.60s\" is too much (see tutti trace %s "
                           "--help)",
                           command->name, wanted[command->files], command->files == 1 ? "" : "s",
                           argument, command->name);
    }
    if (read_number(argument, UINT64_MAX, &settings->event)) return 0;
    return command_bad("trace %s: \"%.60s\" is no number of an event, from 1 up (see tutti trace "
                       "%s --help)",
                       command->name, argument, command->name);
}

/* `-o FILE`: the short form of --output=FILE. */
static bool is_output(const struct trace_command *command, const char *argument, const char *next)
{
    return strcmp(argument, "-o") == 0 && next && has_word(command->options, "output");
}

static int read_arguments(struct trace_settings *settings, const struct trace_command *command,
                          int count, char **arguments)
{
    int files = 0;
    for (int i = 0; i < count; i++) {
        const char *argument = arguments[i];
        if (is_output(command, argument, arguments[i + 1])) {
            settings->output = arguments[++i];
            continue;
        }
        bool option = argument[0] == '-' && argument[1] != '\0';
        int rc = option ? read_option(settings, command, argument)
                        : read_place(settings, command, argument, files++);
        if (rc != 0) return rc;
    }
    if (settings->files[0] || command->files == 0) return 0;
    return command_bad("trace %s: which file? (see tutti trace %s --help)", command->name,
                       command->name);
}

struct tutti_view_options trace_options(const struct trace_settings *settings)
{
    return (struct tutti_view_options){.width = (uint32_t)settings->width,
                                       .rows = (uint32_t)settings->rows,
                                       .json = settings->json};
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

int trace_open(struct tutti_reader **reader, const char *path)
{
    if (!is_compressed(path)) return tutti_reader_open(reader, path);
    struct tutti_source *source = compressed_open(path);
    *reader = NULL;
    return source ? tutti_reader_open_source(reader, path, source) : TUTTI_ENOMEMORY;
}

int trace_close(struct tutti_reader *reader, int rc)
{
    if (rc >= 0) {
        add_notes(reader);
        rc = command_done(tutti_reader_unended(reader) ? EXIT_BAD : EXIT_NOTHING);
    } else if (rc == TRACE_TOLD) {
        rc = EXIT_BAD;
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

int trace_show(const struct trace_settings *settings,
               int (*show)(struct tutti_reader *reader, const struct trace_settings *settings))
{
    struct tutti_reader *reader;
    int rc = trace_open(&reader, settings->files[0]);
    if (rc == 0) rc = show(reader, settings);
    return trace_close(reader, rc);
}

int cmd_trace(int count, char **arguments)
{
    struct trace_settings settings = {0};
    const char *name = count > 0 ? arguments[0] : "";
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct trace_command *command = commands[i];
        if (strcmp(command->name, name) != 0) continue;
        if (command_wants_help(count - 1, arguments + 1)) {
            fputs(command->help, stdout);
            return command_done(EXIT_NOTHING);
        }
        int rc = read_arguments(&settings, command, count - 1, arguments + 1);
        if (settings.width == 0) settings.width = paint_columns();
        return rc != 0 ? rc : command->run(&settings);
    }
    if (command_wants_help(count, arguments)) {
        fputs(help, stdout);
        return command_done(EXIT_NOTHING);
    }
    if (count < 1) return command_bad("trace: which view? (see tutti trace --help)");
    return command_bad("trace: there is no view \"%.60s\" (see tutti trace --help)", name);
}
