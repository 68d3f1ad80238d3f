/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/playback_priv.h"
#include "tutti/instruments/read_priv.h"
#include "tutti/instruments/record_priv.h"

#define RECORD_IT "(record the program anew, with --record=FILE)"
#define DAMAGED   "(the file was changed after it was written: record the program anew)"

static int no_memory(struct tutti_reader *reader)
{
    return read_fail(reader, TUTTI_ENOMEMORY, "out of memory (free some)");
}

/* One entry more; NULL: no memory. */
static struct log_entry *add(struct log *log, enum log_kind kind, uint64_t line)
{
    if (log->count == log->room) {
        size_t room = log->room ? log->room * 2 : 1024;
        struct log_entry *entries = realloc(log->entries, room * sizeof *entries);
        if (!entries) return NULL;
        log->entries = entries;
        log->room = room;
    }
    log->entries[log->count] = (struct log_entry){.line = line, .kind = kind};
    return &log->entries[log->count++];
}

static int add_read(struct log *log, struct tutti_reader *reader,
                    const struct tutti_trace_record *record)
{
    int64_t now_ns = record->event.arg;
    if (now_ns < log->now_ns) {
        return read_fail(reader, TUTTI_EINVALID,
                         "the clock shows %" PRId64 " ns after %" PRId64 " " DAMAGED, now_ns,
                         log->now_ns);
    }
    struct log_entry *entry = add(log, LOG_READ, record->line);
    if (!entry) return no_memory(reader);
    entry->number = log->now_ns = now_ns;
    return 0;
}

/* `start`: where, in the bytes, what this operation brought begins. */
static int add_done(struct log *log, struct tutti_reader *reader,
                    const struct tutti_trace_record *record, size_t start)
{
    if (record->event.obj == 0 || idmap_get(&log->done, record->event.obj)) {
        return read_fail(reader, TUTTI_EINVALID,
                         "the operation #%" PRIu64 " ends a second time, or was none " DAMAGED,
                         record->event.obj);
    }
    struct log_entry *entry = add(log, LOG_DONE, record->line);
    /* Not the entry itself, which moves: its number. */
    if (!entry || !idmap_set(&log->done, record->event.obj, (void *)(uintptr_t)log->count)) {
        return no_memory(reader);
    }
    entry->id = record->event.obj;
    entry->number = record->event.arg;
    entry->at = start;
    entry->size = log->bytes.size - start;
    return 0;
}

static int add_posts(struct log *log, struct tutti_reader *reader, struct idmap *last,
                     const struct tutti_trace_record *record)
{
    const struct tutti_trace_event *event = &record->event;
    struct log_posts *before = idmap_get(last, event->obj);
    bool late = before && event->count <= before->look;
    if (event->obj == 0 || event->arg < 1 || event->arg > INT32_MAX || late) {
        return read_fail(reader, TUTTI_EINVALID,
                         "the looks at token #%" PRIu64
                         " are in no order, or find nothing " DAMAGED,
                         event->obj);
    }
    struct log_posts *posts = malloc(sizeof *posts);
    if (!posts || !idmap_set(last, event->obj, posts)) {
        free(posts);
        return no_memory(reader);
    }
    *posts = (struct log_posts){
        .line = record->line, .look = event->count, .posts = (uint32_t)event->arg};
    if (before) {
        before->next = posts;
        return 0;
    }
    if (idmap_set(&log->tokens, event->obj, posts)) return 0;
    free(posts);
    return no_memory(reader);
}

struct reading {
    struct log *log;
    struct tutti_reader *reader;
    struct idmap last; /* id of a token -> its last struct log_posts */
    uint64_t bringing; /* the operation whose pieces these are; 0: none */
    size_t start;      /* of its bytes */
};

/* A piece of what an operation brought. */
static int add_piece(struct reading *reading, const struct tutti_trace_event *event)
{
    struct tutti_text *bytes = &reading->log->bytes;
    if (reading->bringing != event->obj) {
        reading->bringing = event->obj;
        reading->start = bytes->size;
    }
    if (event->name && !base64_get(bytes, event->name)) {
        return read_fail(reading->reader, TUTTI_EINVALID, "\"data\" is no base64 " DAMAGED);
    }
    return bytes->failed ? no_memory(reading->reader) : 0;
}

static int add_event(struct reading *reading, const struct tutti_trace_record *record)
{
    const struct tutti_trace_event *event = &record->event;
    int rc;
    switch (event->kind) {
    case TUTTI_EVENT_CLOCK_READ:
        return add_read(reading->log, reading->reader, record);
    case TUTTI_EVENT_IO_DATA:
        return add_piece(reading, event);
    case TUTTI_EVENT_IO_DONE:
        rc = add_piece(reading, event);
        reading->bringing = 0;
        return rc < 0 ? rc : add_done(reading->log, reading->reader, record, reading->start);
    case TUTTI_EVENT_POST_SEEN:
        return add_posts(reading->log, reading->reader, &reading->last, record);
    case TUTTI_EVENT_RUN_DROP:
        return read_fail(reading->reader, TUTTI_EINVALID,
                         "events are missing, so the run cannot be repeated " RECORD_IT);
    case TUTTI_EVENT_RUN_END:
        reading->log->ended = true;
        reading->log->steps = event->arg > 0 ? (uint64_t)event->arg : 0;
        return 0;
    default:
        return 0;
    }
}

int log_read(struct log *log, struct tutti_reader *reader)
{
    const struct tutti_trace_record *record;
    struct reading reading = {.log = log, .reader = reader};
    const char *clock = tutti_reader_start(reader)->clock;
    size_t size = strlen(reader->name) + 1;
    *log = (struct log){.name = malloc(size)};
    if (!log->name) return no_memory(reader);
    memcpy(log->name, reader->name, size);
    if (!clock || strcmp(clock, "recorded") != 0) {
        return read_fail(reader, TUTTI_EINVALID,
                         "the trace is no recording: it does not have what came in from the real "
                         "world " RECORD_IT);
    }
    int rc;
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        log->last_line = record->line;
        rc = record->known ? add_event(&reading, record) : 0;
        if (rc < 0) break;
    }
    idmap_free(&reading.last);
    return rc;
}

void log_free(struct log *log)
{
    for (size_t i = 0; i < log->tokens.size; i++) {
        for (struct log_posts *posts = log->tokens.slots[i].value, *next; posts; posts = next) {
            next = posts->next;
            free(posts);
        }
    }
    idmap_free(&log->tokens);
    idmap_free(&log->done);
    tutti_text_free(&log->bytes);
    free(log->entries);
    free(log->name);
}
