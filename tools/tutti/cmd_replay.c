/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compressed.h"
#include "recording.h"
#include "trace_command.h"
#include "tutti/instruments/text.h"

static const char help[] =
    "usage: tutti replay LIST|TRACE PROGRAM [options]\n"
    "       tutti replay RECORDING PROGRAM [--trace=FILE]\n"
    "\n"
    "Runs PROGRAM (an executable linked with //sim:main) once, with the choices of a list or of a\n"
    "trace. Of a trace, the new run is also compared with the old one, byte by byte. A list in a\n"
    "file is @FILE, one on standard input @-. FILE.gz and FILE.zst are decompressed.\n"
    "A recording of a run in the real world (TUTTI_RECORD=FILE PROGRAM ...) is played back to the\n"
    "program that made it, with the arguments it had then.\n"
    "\n"
    "  --test=NAME    the test to run; a trace knows which\n"
    "  --trace=FILE   write the trace of this run\n"
    "  --times=N      replay N times and compare all traces\n"
    "  --seed=N, --steps=N, --stack=BYTES, --hang=SECONDS, --quiet as in tutti explore --help;\n"
    "                 a trace knows the first three\n"
    "\n"
    "exit codes: 0 the run passes, 1 it fails, 2 wrong usage or input, 130 interrupted\n"
    "\n"
    "example:\n"
    "  tutti replay '1;step;run;c1;1.2.0.1' ./semaphore_lost_wakeup --trace=again.jsonl\n"
    "  tutti replay fail.jsonl ./semaphore_lost_wakeup\n";

/* What is handed to the program. */
struct replay {
    char *list;
    struct tutti_text test, against, called; /* options, or empty */
    const char *recording;                   /* or it is one: the name it can be opened by */
    char unpacked[UNPACKED_NAME];
};

/* A list begins with its version: digits and a semicolon. */
static bool looks_like_list(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == ';';
}

static bool is_bare_numbers(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789. ")] == '\0';
}

/* The list, the test's name and the trace to compare with, from a trace. */
static int read_trace(struct replay *replay, const char *path, const char *program)
{
    struct tutti_reader *reader;
    const char *named = path;
    int rc = trace_open(&reader, path);
    if (rc == 0) rc = tutti_reader_belongs(reader, program);
    bool recording = rc == 0 && is_recording(reader);
    if (rc == 0 && !recording) replay->list = tutti_reader_list(reader);
    if (rc < 0 || (!recording && !replay->list)) {
        const char *error = tutti_reader_error(reader);
        fprintf(stderr, "%s\n", *error ? error : "tutti: out of memory (free some)");
        tutti_reader_close(reader);
        return EXIT_BAD;
    }
    const char *note = tutti_reader_unended(reader);
    if (note) fprintf(stderr, "note: %s\n", note);
    if (*tutti_reader_start(reader)->test) {
        tutti_text_print(&replay->test, "--test=%s", tutti_reader_start(reader)->test);
    }
    tutti_reader_close(reader);
    if (is_compressed(path)) {
        rc = compressed_unpack(path, replay->unpacked);
        if (rc < 0) {
            return command_bad("%s: cannot be unpacked: %s (unpack it yourself)", path,
                               tutti_error_text(rc));
        }
        named = replay->unpacked;
    }
    if (recording) {
        replay->recording = named;
        return 0;
    }
    tutti_text_print(&replay->against, "--against=%s", named);
    if (named != path) tutti_text_print(&replay->called, "--called=%s", path);
    return 0;
}

static int read_choices(struct replay *replay, const char *what, const char *program)
{
    if (strcmp(what, "-") == 0) {
        return command_bad("replay: a trace on standard input cannot be compared with "
                           "(give it as a file; a list there is @-)");
    }
    if (program_exists(what)) return read_trace(replay, what, program);
    if (is_bare_numbers(what)) {
        return command_bad("replay: \"%.60s\" does not say what its numbers mean (give the whole "
                           "list, like '1;step;run;c1;1.2.0.1')",
                           what);
    }
    if (what[0] != '@' && !looks_like_list(what)) {
        return command_bad("%s: there is no such file, and it is no choice list (give a trace, or "
                           "a list like '1;step;run;c1;1.2.0.1')",
                           what);
    }
    size_t size = strlen(what) + 1;
    replay->list = malloc(size);
    if (!replay->list) return command_bad("out of memory (free some)");
    memcpy(replay->list, what, size);
    return 0;
}

/* Then any program will do; whatever is wrong with the file is told later. */
static bool is_file_of_recording(const char *path)
{
    struct tutti_reader *reader;
    if (strcmp(path, "-") == 0 || !program_is_file(path)) return false;
    bool recording = trace_open(&reader, path) == 0 && is_recording(reader);
    tutti_reader_close(reader);
    return recording;
}

/* The value of the last option that begins so; NULL: there is none. */
static const char *option_value(const char *start, int count, char **options)
{
    size_t length = strlen(start);
    for (int i = count - 1; i >= 0; i--) {
        if (strncmp(options[i], start, length) == 0) return options[i] + length;
    }
    return NULL;
}

/* PROGRAM replay LIST [--test=NAME] [--against=FILE] [options] */
static int become(const struct replay *replay, char *program, int count, char **options)
{
    char **command = calloc((size_t)count + 7, sizeof *command);
    if (!command || replay->test.failed || replay->against.failed || replay->called.failed) {
        free(command);
        return command_bad("out of memory (free some)");
    }
    int used = 0;
    char name[40];
    bool named = option_value("--test=", count, options) != NULL;
    command[used++] = program;
    command[used++] = "replay";
    command[used++] = program_argument(replay->list, name, sizeof name);
    if (replay->test.bytes && !named) command[used++] = replay->test.bytes;
    if (replay->against.bytes) command[used++] = replay->against.bytes;
    if (replay->called.bytes) command[used++] = replay->called.bytes;
    for (int i = 0; i < count; i++) {
        command[used++] = options[i];
    }
    int rc = program_become(program, command);
    free(command);
    return rc;
}

int cmd_replay(int count, char **arguments)
{
    struct replay replay = {0};
    if (command_wants_help(count, arguments)) {
        fputs(help, stdout);
        return command_done(EXIT_NOTHING);
    }
    if (count < 2 || arguments[1][0] == '-') {
        return command_bad("replay: a choice list or a trace, and then the program, are wanted "
                           "(see tutti replay --help)");
    }
    const char *trace = option_value("--trace=", count - 2, arguments + 2);
    if (trace && program_same_file(trace, arguments[0])) {
        return command_bad("replay: --trace=%s would overwrite the trace it is compared with (give "
                           "another file)",
                           trace);
    }
    int rc = is_file_of_recording(arguments[0]) ? 0 : program_check(arguments[1]);
    if (rc == 0) rc = read_choices(&replay, arguments[0], arguments[1]);
    if (rc == 0 && replay.recording) {
        rc = recording_replay(replay.recording, arguments[0], arguments[1], count - 2,
                              arguments + 2);
    } else if (rc == 0) {
        rc = become(&replay, arguments[1], count - 2, arguments + 2);
    }
    free(replay.list);
    tutti_text_free(&replay.test);
    tutti_text_free(&replay.against);
    tutti_text_free(&replay.called);
    return rc;
}
