/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/encode_priv.h"
#include "tutti/instruments/os_file_priv.h"
#include "tutti/instruments/ring.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace_head_priv.h"

/* One write(2) for so many bytes. */
#define BUFFER_SIZE (64u * 1024)

/* A line is made behind `used` and belongs to the trace from the moment `used` is raised: a fault
 * in the middle of it leaves whole lines only.                                                   */
struct tutti_trace {
    struct tutti_ring ring;
    int fd;     /* -1: in memory */
    char *path; /* NULL: in memory */
    struct tutti_text memory;
    int error;        /* the first one */
    bool ended;       /* run.end was made */
    bool crashing;    /* no memory may be asked for */
    uint64_t n;       /* lines made */
    uint64_t written; /* lines written completely */
    uint64_t hash;
    size_t used;
    char buffer[BUFFER_SIZE];
};

static uint64_t count_lines(const char *bytes, size_t size)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < size; i++) {
        lines += bytes[i] == '\n';
    }
    return lines;
}

/* Gives bytes to the file or to memory. */
static int trace_put(struct tutti_trace *trace, const char *bytes, size_t size)
{
    size_t done = size;
    if (trace->error < 0) return trace->error;
    if (trace->path) {
        done = file_write(trace->fd, bytes, size, &trace->error);
    } else {
        tutti_text_add(&trace->memory, bytes, size);
        if (trace->memory.failed) {
            trace->error = TUTTI_ENOMEMORY;
            done = 0;
        }
    }
    trace->written += count_lines(bytes, done);
    return trace->error;
}

static int trace_empty(struct tutti_trace *trace)
{
    int rc = trace_put(trace, trace->buffer, trace->used);
    if (rc == 0) trace->used = 0;
    return rc;
}

/* The last line. Its bytes are the same on both ways; a test holds them together. */
static char *make_end(struct tutti_trace *trace, char *line, const struct tutti_trace_event *event)
{
    if (trace->crashing) {
        return encode_hash(encode_event(line, event, trace->n + 1), "hash", trace->hash);
    }
    int size = tail_line(line, ENCODE_LINE_MAX, event, trace->n + 1, trace->hash);
    if (size < 0) trace->error = size;
    return size < 0 ? NULL : line + size;
}

static int trace_take(void *context, const struct tutti_trace_event *event)
{
    struct tutti_trace *trace = context;
    if (event->kind == TUTTI_EVENT_RUN_BEGIN && !trace->ended) return 0; /* written by the opener */
    if (trace->ended && trace->error == 0) trace->error = TUTTI_ESTATE;
    if (trace->error == 0 && BUFFER_SIZE - trace->used <= ENCODE_LINE_MAX) trace_empty(trace);
    if (trace->error < 0) return trace->error;
    bool end = event->kind == TUTTI_EVENT_RUN_END;
    char *line = trace->buffer + trace->used;
    char *stop = end ? make_end(trace, line, event) : encode_event(line, event, trace->n + 1);
    if (!stop) return trace->error;
    *stop++ = '\n';
    if (!end) trace->hash = hash_bytes(trace->hash, line, (size_t)(stop - line));
    trace->ended = end;
    trace->used += (size_t)(stop - line);
    trace->n++;
    return 0;
}

static void trace_free(struct tutti_trace *trace)
{
    tutti_text_free(&trace->memory);
    free(trace->path);
    free(trace);
}

/* Opens the file if there is to be one, and writes the first line at once: a run that dies without
 * a word leaves a file that says whose it was.                                                   */
static int trace_begin(struct tutti_trace *trace, const char *path,
                       const struct tutti_trace_header *header, int level)
{
    struct tutti_text head = {0};
    if (path) {
        size_t size = strlen(path) + 1;
        trace->path = malloc(size);
        if (!trace->path) return TUTTI_ENOMEMORY;
        memcpy(trace->path, path, size);
    }
    int rc = head_line(&head, header, level);
    if (rc == 0 && path) rc = trace->fd = file_create(path);
    if (rc >= 0) rc = trace_put(trace, head.bytes, head.size);
    tutti_text_free(&head);
    trace->n = 1;
    return rc;
}

static int trace_new(struct tutti_trace **out, const char *path,
                     const struct tutti_trace_header *header, int level)
{
    *out = NULL;
    if (level < 1 || level > TUTTI_TRACE_LEVEL_MAX) return TUTTI_EINVALID;
    struct tutti_trace *trace = malloc(sizeof *trace);
    if (!trace) return TUTTI_ENOMEMORY;
    /* Not zeroed as a whole: most of it is room. */
    tutti_ring_init(&trace->ring, tutti_trace_mask(level), trace_take, trace);
    trace->fd = -1;
    trace->path = NULL;
    trace->memory = (struct tutti_text){0};
    trace->error = 0;
    trace->ended = trace->crashing = false;
    trace->n = trace->written = trace->used = 0;
    trace->hash = HASH_START;
    int rc = trace_begin(trace, path, header, level);
    if (rc < 0) {
        if (trace->fd >= 0) (void)file_close(trace->fd);
        trace_free(trace);
        return rc;
    }
    *out = trace;
    return 0;
}

int tutti_trace_open(struct tutti_trace **trace, const char *path,
                     const struct tutti_trace_header *header, int level)
{
    return trace_new(trace, path, header, level);
}

int tutti_trace_open_memory(struct tutti_trace **trace, const struct tutti_trace_header *header,
                            int level)
{
    return trace_new(trace, NULL, header, level);
}

struct tutti_sink *tutti_trace_sink(struct tutti_trace *trace)
{
    return &trace->ring.sink;
}

const char *tutti_trace_text(struct tutti_trace *trace, size_t *size)
{
    if (size) *size = 0;
    if (trace->path) return NULL;
    if (tutti_ring_drain(&trace->ring) < 0 || trace_empty(trace) < 0) return NULL;
    if (size) *size = trace->memory.size;
    return trace->memory.bytes;
}

int tutti_trace_flush(struct tutti_trace *trace)
{
    if (!trace->path) return 0;
    trace->crashing = true;
    int rc = tutti_ring_drain(&trace->ring);
    if (rc == 0) rc = trace_empty(trace);
    trace->crashing = false;
    return rc;
}

/* One sentence about a trace that could not be written to its end. */
static void explain(const struct tutti_trace *trace, char *message, size_t size)
{
    const char *name = trace->path ? trace->path : "(trace in memory)";
    unsigned long long line = trace->written;
    if (trace->error == TUTTI_ESTATE) {
        snprintf(message, size,
                 "%s:%llu: a second run began after run.end and is not in the trace (open one "
                 "trace for each run)",
                 name, line);
    } else {
        const char *reason =
            trace->error == TUTTI_ENOMEMORY ? "out of memory" : strerror(-trace->error);
        snprintf(message, size,
                 "%s:%llu: the trace could not be written: %s; all that happened after this line "
                 "is lost (make room, or write it elsewhere, and run again)",
                 name, line, reason);
    }
}

int tutti_trace_close(struct tutti_trace *trace, struct tutti_trace_result *result)
{
    struct tutti_trace_result dummy;
    if (!result) result = &dummy;
    *result = (struct tutti_trace_result){0};
    if (!trace) return 0;
    if (tutti_ring_drain(&trace->ring) == 0 || trace->error == TUTTI_ESTATE) {
        int kept = trace->error;
        trace->error = 0;
        if (trace_empty(trace) == 0) trace->error = kept;
    }
    if (trace->fd >= 0) {
        int rc = file_close(trace->fd);
        if (trace->error == 0) trace->error = rc;
    }
    int error = trace->error;
    result->hash = trace->hash;
    result->lines = trace->n;
    result->ended = trace->ended;
    if (error < 0) explain(trace, result->message, sizeof result->message);
    trace_free(trace);
    return error;
}
