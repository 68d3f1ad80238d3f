/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/read_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace.h"

/* How every first line of ours begins. */
#define FIRST        "{\"n\":1,\"t\":0,\"e\":\"run.begin\""
#define GIVE_A_TRACE "(give a file that was written with --trace=FILE)"

int read_fail(struct tutti_reader *reader, int error, const char *format, ...)
{
    va_list list;
    int size = snprintf(reader->message, sizeof reader->message / 2, "%s:%llu: ", reader->name,
                        (unsigned long long)(reader->lines.line > 0 ? reader->lines.line : 1));
    size_t used = size < 0 ? 0 : (size_t)size;
    if (used >= sizeof reader->message / 2) used = sizeof reader->message / 2 - 1;
    va_start(list, format);
    vsnprintf(reader->message + used, sizeof reader->message - used, format, list);
    va_end(list);
    /* It may quote the file, and goes to a terminal. */
    for (char *byte = reader->message; *byte; byte++) {
        if ((unsigned char)*byte < 0x20 || *byte == 0x7f) *byte = '?';
    }
    reader->error = error;
    return error;
}

/* The file as a whole cannot be read. */
static int fail_file(struct tutti_reader *reader, int error)
{
    if (error == TUTTI_ENOMEMORY) return read_fail(reader, error, "out of memory (free some)");
    if (error == TUTTI_EINVALID) {
        return read_fail(reader, error,
                         "the compressed data are damaged or cut from here on (compress the trace "
                         "again)");
    }
    return read_fail(reader, error,
                     "cannot be read: %s (give the name of a trace, or - for "
                     "standard input)",
                     strerror(-error));
}

static bool is_binary(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 && byte != '\t' && byte != '\r') return true;
    }
    return false;
}

static int not_a_trace(struct tutti_reader *reader, const char *why)
{
    return read_fail(reader, TUTTI_EINVALID, "not a tutti trace: %s " GIVE_A_TRACE, why);
}

static int fail_cut(struct tutti_reader *reader)
{
    uint64_t line = reader->lines.line;
    if (line <= 1) {
        return read_fail(reader, TUTTI_EINVALID,
                         "the trace is cut in the middle of its first "
                         "line: the run crashed or the file was cut (write the trace again)");
    }
    return read_fail(reader, TUTTI_EINVALID,
                     "the trace is cut in the middle of this line: the run crashed or the file was "
                     "cut (write it again, or take the whole lines with `head -n %llu`)",
                     (unsigned long long)line - 1);
}

/* The line as JSON, or an error. `first`: whatever is wrong with line 1 makes it no trace. */
static int parse(struct tutti_reader *reader, int state, const char *text, size_t size)
{
    json_error_t error;
    bool first = reader->lines.line == 1;
    bool ours = size >= strlen(FIRST) && memcmp(text, FIRST, strlen(FIRST)) == 0;
    if (state == LINES_CUT && (!first || ours)) return fail_cut(reader);
    if (first && is_binary(text, size)) return not_a_trace(reader, "it holds binary data");
    json_decref(reader->json);
    reader->json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (first && !reader->json) return not_a_trace(reader, "its first line is not JSON");
    if (first && !json_is_object(reader->json)) {
        return not_a_trace(reader, "its first line is JSON, but no object");
    }
    if (!reader->json) {
        return read_fail(reader, TUTTI_EINVALID,
                         "not JSON: %s (the file was changed or damaged "
                         "after it was written: write the trace again)",
                         error.text);
    }
    return 0;
}

/* The scratch holds the texts of a line: never more than the line and a NUL. */
static int make_room(struct tutti_reader *reader, size_t size)
{
    if (size < reader->scratch_room) return 0;
    char *scratch = realloc(reader->scratch, size + 1024);
    if (!scratch) return fail_file(reader, TUTTI_ENOMEMORY);
    reader->scratch = scratch;
    reader->scratch_room = size + 1024;
    return 0;
}

/* Reads and parses the next line: 1, 0 at the end, or an error. */
static int next_json(struct tutti_reader *reader)
{
    const char *text;
    size_t size;
    int state = lines_next(&reader->lines, &text, &size);
    if (state == TUTTI_ELIMIT && reader->lines.line > 1) {
        return read_fail(reader, TUTTI_EINVALID,
                         "a line of more than %u bytes, which no trace has "
                         "(the file was damaged: write the trace again)",
                         LINES_MAX);
    }
    if (state == TUTTI_ELIMIT) {
        return not_a_trace(reader, is_binary(text, size) ? "it holds binary data"
                                                         : "its first line is over 1 MiB long");
    }
    if (state < 0) return fail_file(reader, state);
    if (state == LINES_NONE) return 0;
    int rc = make_room(reader, size);
    reader->fast =
        rc == 0 && state == LINES_WHOLE && reader->lines.line > 1 && read_fast(reader, text, size);
    if (rc == 0 && !reader->fast) rc = parse(reader, state, text, size);
    if (rc < 0) return rc;
    reader->record.text = text;
    reader->record.size = size;
    reader->record.line = reader->lines.line;
    return 1;
}

/* Is line 1, already parsed, the beginning of a trace of a version we know? */
static int check_start(struct tutti_reader *reader)
{
    json_t *json = reader->json;
    const char *kind = json_string_value(json_object_get(json, "e"));
    const json_t *v = json_object_get(json, "v");
    if (!kind || strcmp(kind, "run.begin") != 0 || !json_is_integer(v)) {
        return not_a_trace(reader, "its first line is JSON, but no run.begin with a version \"v\"");
    }
    if (json_integer_value(v) < 1) {
        return read_fail(reader, TUTTI_EINVALID,
                         "the trace is of version %" JSON_INTEGER_FORMAT ", and the first one is 1 "
                         "(the file was changed after it was written: write the trace again)",
                         json_integer_value(v));
    }
    if (json_integer_value(v) > TUTTI_TRACE_VERSION) {
        const char *version = json_string_value(json_object_get(json, "version"));
        return read_fail(reader, TUTTI_EINVALID,
                         "the trace is of version %" JSON_INTEGER_FORMAT ", and this tutti (%s) "
                         "reads versions up to %d (use the tutti that wrote it: %.40s, or newer)",
                         json_integer_value(v), TUTTI_VERSION, TUTTI_TRACE_VERSION,
                         version ? version : "unknown");
    }
    int rc = read_fields(reader);
    if (rc < 0) return rc;
    struct tutti_trace_start *start = &reader->start;
    start->v = json_integer_value(v);
    start->level = json_integer_value(json_object_get(json, "level"));
    start->steps_max = json_integer_value(json_object_get(json, "steps"));
    start->stack_size = json_integer_value(json_object_get(json, "stack"));
    start->prog = json_string_value(json_object_get(json, "prog"));
    start->test = json_string_value(json_object_get(json, "test"));
    start->version = json_string_value(json_object_get(json, "version"));
    start->world = json_string_value(json_object_get(json, "world"));
    start->seed = json_string_value(json_object_get(json, "seed"));
    start->policy = json_string_value(json_object_get(json, "policy"));
    start->list = json_string_value(json_object_get(json, "list"));
    start->build = json_string_value(json_object_get(json, "build"));
    start->clock = json_string_value(json_object_get(json, "clock"));
    reader->head = json_incref(json);
    return 0;
}

/* A reader without lines. NULL: no memory. */
static struct tutti_reader *make_reader(const char *name)
{
    struct tutti_reader *reader = calloc(1, sizeof *reader);
    size_t length = strlen(name) + 1;
    if (!reader) return NULL;
    reader->lines.fd = -1;
    reader->name = malloc(length);
    if (!reader->name) {
        free(reader);
        return NULL;
    }
    memcpy(reader->name, name, length);
    read_fast_init(reader);
    return reader;
}

/* Reads line 1; `rc` is what opening the lines gave. */
static int start(struct tutti_reader *reader, int rc)
{
    if (rc < 0) return fail_file(reader, rc);
    rc = next_json(reader);
    if (rc == 0) {
        return read_fail(reader, TUTTI_EINVALID,
                         "the file is empty, 0 bytes: nothing was traced " GIVE_A_TRACE);
    }
    return rc < 0 ? rc : check_start(reader);
}

int tutti_reader_open(struct tutti_reader **out, const char *path)
{
    struct tutti_reader *reader = make_reader(strcmp(path, "-") == 0 ? "(standard input)" : path);
    *out = reader;
    return reader ? start(reader, lines_open(&reader->lines, path)) : TUTTI_ENOMEMORY;
}

int tutti_reader_open_source(struct tutti_reader **out, const char *name,
                             struct tutti_source *source)
{
    struct tutti_reader *reader = make_reader(name);
    *out = reader;
    if (reader) return start(reader, lines_open_source(&reader->lines, source));
    source->close(source);
    return TUTTI_ENOMEMORY;
}

int tutti_reader_open_memory(struct tutti_reader **out, const char *name, const void *bytes,
                             size_t size)
{
    struct tutti_reader *reader = make_reader(name);
    *out = reader;
    if (!reader) return TUTTI_ENOMEMORY;
    return start(reader, lines_open_memory(&reader->lines, bytes, bytes ? size : 0));
}

static int finish(struct tutti_reader *reader)
{
    reader->done = true;
    if (reader->ended) return 0;
    /* Not an error for a reader, but the sentence is ready for who calls it one. */
    (void)read_fail(reader, 0,
                    "the trace ends here without run.end: the run crashed or the file "
                    "was cut (write the trace again if that is not what you look into)");
    return 0;
}

int tutti_reader_next(struct tutti_reader *reader, const struct tutti_trace_record **record)
{
    *record = &reader->record;
    if (reader->error < 0) return reader->error;
    if (!reader->started) {
        reader->started = true;
        return 1;
    }
    if (reader->done) return 0;
    int rc = next_json(reader);
    if (rc < 0) return rc;
    if (rc == 0) return finish(reader);
    if (reader->ended) {
        return read_fail(reader, TUTTI_EINVALID,
                         "a line after %s, which is the last of a "
                         "trace (two traces in one file? split it here)",
                         reader->sofar ? "run.sofar" : "run.end");
    }
    if (!reader->fast) rc = read_fields(reader);
    if (rc < 0) return rc;
    uint8_t kind = reader->record.event.kind;
    if (reader->record.known && kind == TUTTI_EVENT_RUN_BEGIN) {
        return read_fail(reader, TUTTI_EINVALID,
                         "run.begin again: a second trace begins here, the "
                         "first has no run.end (split the file here)");
    }
    reader->sofar = reader->record.known && kind == TUTTI_EVENT_RUN_SOFAR;
    reader->ended = reader->sofar || (reader->record.known && kind == TUTTI_EVENT_RUN_END);
    return 1;
}

const char *tutti_reader_error(const struct tutti_reader *reader)
{
    if (!reader) return "out of memory (free some)";
    return reader->error < 0 ? reader->message : "";
}

const struct tutti_trace_start *tutti_reader_start(const struct tutti_reader *reader)
{
    return &reader->start;
}

const char *tutti_reader_unended(const struct tutti_reader *reader)
{
    return reader->done && !reader->ended ? reader->message : NULL;
}

uint64_t tutti_reader_skipped_events(const struct tutti_reader *reader)
{
    return reader->skipped_events;
}

uint64_t tutti_reader_skipped_keys(const struct tutti_reader *reader)
{
    return reader->skipped_keys;
}

const char *tutti_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int tutti_reader_belongs(struct tutti_reader *reader, const char *program)
{
    const char *name = tutti_base_name(program);
    if (reader->error < 0) return reader->error;
    if (strcmp(reader->start.prog, name) == 0) return 0;
    snprintf(
        reader->message, sizeof reader->message,
        "%.400s:1: a trace of the program \"%.200s\", not of \"%.200s\" (give the program that "
        "wrote it)",
        reader->name, reader->start.prog, name);
    reader->error = TUTTI_EINVALID;
    return TUTTI_EINVALID;
}

void tutti_reader_close(struct tutti_reader *reader)
{
    if (!reader) return;
    lines_close(&reader->lines);
    json_decref(reader->json);
    json_decref(reader->head);
    free(reader->file);
    free(reader->scratch);
    free(reader->name);
    free(reader);
}
