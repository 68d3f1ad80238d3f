/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The program is told by its environment to play back; what it does is seen in its new trace. */
#include "recording.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace_check.h"

bool is_recording(const struct tutti_reader *reader)
{
    const char *clock = tutti_reader_start(reader)->clock;
    return clock && strcmp(clock, "recorded") == 0;
}

/* Line 1 of the recording: what it was called with. */
struct call {
    json_t *head;
    char **arguments; /* with the program's name, NULL at the end */
    char *test;       /* of a program with tutti_tests that was not told which */
};

static void free_call(struct call *call)
{
    json_decref(call->head);
    free(call->arguments);
    free(call->test);
}

/* The arguments of then. A program with a table of tests makes one run a test; this is of one. */
static bool read_call(struct call *call, const struct tutti_trace_record *first, char *program,
                      bool table)
{
    call->head = json_loadb(first->text, first->size, 0, NULL);
    const json_t *args = json_object_get(call->head, "args");
    const char *test = json_string_value(json_object_get(call->head, "test"));
    size_t count = json_array_size(args), used = 1;
    call->arguments = calloc(count + 2, sizeof *call->arguments);
    if (!call->head || !call->arguments) return false;
    call->arguments[0] = program;
    if (table && test && *test) {
        struct tutti_text text = {0};
        tutti_text_print(&text, "--test=%s", test);
        call->test = text.bytes;
        call->arguments[used++] = text.bytes;
        return !text.failed;
    }
    for (size_t i = 0; i < count; i++) {
        const char *argument = json_string_value(json_array_get(args, i));
        /* execv only reads them. */
        if (argument) call->arguments[used++] = (char *)(uintptr_t)argument;
    }
    return true;
}

/* What the new trace says. */
struct outcome {
    uint64_t events;
    bool ended;
    enum tutti_outcome how;
};

static int read_outcome(const char *path, struct outcome *outcome)
{
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    *outcome = (struct outcome){0};
    int rc = tutti_reader_open(&reader, path);
    while (rc >= 0 && (rc = tutti_reader_next(reader, &record)) == 1) {
        outcome->events++;
        if (!record->known || record->event.kind != TUTTI_EVENT_RUN_END) continue;
        outcome->ended = true;
        outcome->how = (enum tutti_outcome)record->event.code;
    }
    tutti_reader_close(reader);
    return rc;
}

/* Are the traces one, as far as the recording goes? Says how it came out. */
static int compare(const char *path, const char *name, const char *trace)
{
    struct tutti_trace_difference difference;
    struct outcome then, now;
    int rc = tutti_trace_compare(path, trace, &difference);
    if (rc < 0) return command_bad("the traces cannot be compared: %s", difference.message);
    bool good = read_outcome(path, &then) >= 0 && read_outcome(trace, &now) >= 0;
    bool cut = good && rc > 0 && !difference.a[0] && !then.ended;
    if (good && (rc == 0 || cut)) {
        printf("%s\nidentical%s, %" PRIu64 " events%s\n",
               now.ended ? tutti_outcome_text(now.how) : "no end", cut ? " as far as it goes" : "",
               cut ? then.events : now.events, then.ended ? "" : " (the recording has no run.end)");
        return now.ended && now.how == TUTTI_OUTCOME_OK ? EXIT_NOTHING : EXIT_FOUND;
    }
    printf("the traces differ in line %" PRIu64 ":\n  %s: %s\n  this run: %s\n", difference.line,
           name, difference.a[0] ? difference.a : "(no such line)",
           difference.b[0] ? difference.b : "(no such line)");
    return EXIT_FOUND;
}

/* Runs it, with its new trace at `trace`. */
static int play(const char *path, const char *name, char *program, char **arguments,
                const char *trace, int level)
{
    struct tutti_text playback = {0}, record = {0};
    tutti_text_print(&playback, "%s,name=%s", path, name);
    tutti_text_print(&record, "%s,level=%d", trace, level);
    const char *const variables[2][2] = {{"TUTTI_PLAYBACK", playback.bytes},
                                         {"TUTTI_RECORD", record.bytes}};
    bool failed = playback.failed || record.failed;
    int status = failed ? -1 : program_run(program, arguments, variables);
    tutti_text_free(&playback);
    tutti_text_free(&record);
    if (failed) return command_bad("out of memory (free some)");
    if (status < 0) return EXIT_BAD;
    struct outcome now;
    if (read_outcome(trace, &now) < 0) {
        return command_bad("replay: %s told nothing of its run: is it the program that was "
                           "recorded, and calls tutti_environment_run? (its exit code: %d)",
                           program, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
    if (WIFSIGNALED(status)) {
        printf("the program was ended by signal %d (%s)\n", WTERMSIG(status),
               program_signal(WTERMSIG(status)));
    }
    return compare(path, name, trace);
}

/* `--trace=FILE` is all there is to say; NULL: nothing is said. */
static int read_options(int count, char **options, const char **trace)
{
    *trace = NULL;
    for (int i = 0; i < count; i++) {
        if (strncmp(options[i], "--trace=", strlen("--trace=")) != 0) {
            return command_bad("replay: a recording is played back as it was made, without "
                               "\"%.60s\"; --trace=FILE is all that can be said (see tutti replay "
                               "--help)",
                               options[i]);
        }
        *trace = options[i] + strlen("--trace=");
    }
    if (!*trace || **trace) return 0;
    return command_bad("replay: --trace= wants the name of a file");
}

int recording_replay(const char *path, const char *name, char *program, int count, char **options)
{
    struct tutti_reader *reader;
    const struct tutti_trace_record *first;
    struct call call = {0};
    const char *trace;
    char temporary[4096];
    bool table;
    int rc = read_options(count, options, &trace);
    if (rc == 0) rc = program_check_real(program, &table);
    if (rc != 0) return rc;
    rc = tutti_reader_open(&reader, path);
    if (rc == 0) rc = tutti_reader_next(reader, &first);
    int level = rc == 1 ? (int)tutti_reader_start(reader)->level : 0;
    if (level < 1 || level > 4) {
        rc = command_bad("%s:1: the recording has no level from 1 to 4 (record the program anew)",
                         name);
    } else if (!read_call(&call, first, program, table)) {
        rc = command_bad("out of memory (free some)");
    } else if (trace) {
        rc = play(path, name, program, call.arguments, trace, level);
    } else if (!program_temporary(temporary, sizeof temporary)) {
        rc = EXIT_BAD;
    } else {
        rc = play(path, name, program, call.arguments, temporary, level);
        program_remove(temporary);
    }
    tutti_reader_close(reader);
    free_call(&call);
    return rc;
}
