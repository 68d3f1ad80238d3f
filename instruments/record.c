/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A world around a world: it passes everything on, and tells of it in between. What the clock shows
 * is counted from its first reading on, so a recording does not say when it was made. */
#include "tutti/instruments/record.h"

#include <stdio.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/core/task.h"
#include "tutti/core/token.h"
#include "tutti/instruments/record_priv.h"

struct tutti_record {
    struct tutti_world world;
    struct tutti_clock clock;
    struct tutti_io io;
    struct tutti_sink sink;
    const struct tutti_world *base;
    struct tutti_trace *trace;
    int64_t base_ns, now_ns;
    bool begun;               /* the clock was read */
    bool ended;               /* nothing comes in any more */
    bool lost;                /* there was no memory for something that came */
    struct tutti_op *at_once; /* the latest that was done when it was started */
    struct tutti_op *done;    /* of those that waiting gave: the first that was not told of */
    struct tutti_text text;
};

/* To the trace, as far as it wants it. */
static int give(struct tutti_record *record, const struct tutti_trace_event *event)
{
    struct tutti_sink *sink = tutti_trace_sink(record->trace);
    return sink->mask >> event->kind & 1 ? sink->event(sink, event) : 0;
}

static int64_t record_now(struct tutti_clock *clock)
{
    struct tutti_record *record = TUTTI_CONTAINER(clock, struct tutti_record, clock);
    struct tutti_clock *base = record->base->clock;
    if (record->ended) return record->now_ns;
    int64_t now_ns = base->now(base);
    if (!record->begun) {
        record->begun = true;
        record->base_ns = now_ns;
        return 0;
    }
    record->now_ns = now_ns - record->base_ns;
    const struct tutti_trace_event event = {
        .kind = TUTTI_EVENT_CLOCK_READ, .t_ns = record->now_ns, .arg = record->now_ns};
    (void)give(record, &event); /* what is wrong with the trace its closing tells */
    return record->now_ns;
}

static int record_start(struct tutti_io *io, struct tutti_op *op)
{
    struct tutti_record *record = TUTTI_CONTAINER(io, struct tutti_record, io);
    struct tutti_io *base = record->base->io;
    int rc = base->start(base, op);
    record->at_once = rc == TUTTI_IO_DONE ? op : NULL;
    return rc;
}

static void record_stop(struct tutti_io *io, struct tutti_op *op)
{
    struct tutti_io *base = TUTTI_CONTAINER(io, struct tutti_record, io)->base->io;
    base->stop(base, op);
}

static struct tutti_op *record_wait(struct tutti_io *io, int64_t until_ns)
{
    struct tutti_record *record = TUTTI_CONTAINER(io, struct tutti_record, io);
    struct tutti_io *base = record->base->io;
    bool bound = until_ns != TUTTI_NEVER;
    record->done =
        base->wait(base, bound ? tutti_time_add(until_ns, record->base_ns) : TUTTI_NEVER);
    return record->done;
}

static void record_wake(struct tutti_io *io)
{
    struct tutti_io *base = TUTTI_CONTAINER(io, struct tutti_record, io)->base->io;
    base->wake(base);
}

static uint32_t record_end(struct tutti_io *io)
{
    struct tutti_record *record = TUTTI_CONTAINER(io, struct tutti_record, io);
    struct tutti_io *base = record->base->io;
    record->ended = true;
    return base->end ? base->end(base) : 0;
}

static uint32_t record_posts(struct tutti_io *io, const struct tutti_token *token)
{
    struct tutti_record *record = TUTTI_CONTAINER(io, struct tutti_record, io);
    struct tutti_io *base = record->base->io;
    uint32_t posts = base->posts ? base->posts(base, token) : tutti_token_waiting(token);
    if (posts > 0) {
        const struct tutti_trace_event event = {.kind = TUTTI_EVENT_POST_SEEN,
                                                .t_ns = record->now_ns,
                                                .obj = token->object.id,
                                                .count = token->looks,
                                                .arg = posts};
        (void)give(record, &event);
    }
    return posts;
}

/* The operation that core tells the end of. */
static struct tutti_op *ended_op(struct tutti_record *record, uint64_t id)
{
    struct tutti_op *op = record->at_once;
    if (!op || op->id != id) {
        op = record->done;
        TUTTI_ASSERT(op && op->id == id);
        record->done = op->next;
    }
    record->at_once = NULL;
    return op;
}

/* An operation's end, with what it brought: in pieces, the last of which goes with it. */
static int give_done(struct tutti_record *record, const struct tutti_trace_event *event)
{
    char piece[PIECE_TEXT + 1];
    struct tutti_text *text = &record->text;
    struct tutti_trace_event told = *event;
    struct brought brought = {.out = text};
    text->size = 0;
    brought_pass(&brought, ended_op(record, event->obj));
    record->lost |= text->failed;
    text->failed = false;
    told.name = text->size > 0 ? piece : NULL;
    for (size_t at = 0; at < text->size; at += PIECE_BYTES) {
        bool last = text->size - at <= PIECE_BYTES;
        told.kind = last ? TUTTI_EVENT_IO_DONE : TUTTI_EVENT_IO_DATA;
        base64_put(piece, text->bytes + at, last ? text->size - at : PIECE_BYTES);
        int rc = give(record, &told);
        if (rc < 0 || last) return rc;
    }
    return give(record, &told);
}

static int record_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_record *record = TUTTI_CONTAINER(sink, struct tutti_record, sink);
    struct tutti_sink *other = record->base->sink;
    int rc = event->kind == TUTTI_EVENT_IO_DONE ? give_done(record, event) : give(record, event);
    if (!other || !(other->mask >> event->kind & 1)) return other ? 0 : rc;
    return other->event(other, event);
}

static void record_idle(struct tutti_sink *sink)
{
    struct tutti_record *record = TUTTI_CONTAINER(sink, struct tutti_record, sink);
    struct tutti_sink *own = tutti_trace_sink(record->trace), *other = record->base->sink;
    own->idle(own);
    if (other && other->idle) other->idle(other);
}

int tutti_record_open(struct tutti_record **out, const struct tutti_world *base, const char *path,
                      const struct tutti_trace_header *header, int level)
{
    struct tutti_trace_header mine = *header;
    *out = NULL;
    if (base->error < 0) return base->error;
    struct tutti_record *record = calloc(1, sizeof *record);
    if (!record) return TUTTI_ENOMEMORY;
    mine.clock = "recorded";
    int rc = path ? tutti_trace_open(&record->trace, path, &mine, level)
                  : tutti_trace_open_memory(&record->trace, &mine, level);
    if (rc < 0) {
        free(record);
        return rc;
    }
    record->base = base;
    record->clock.now = record_now;
    record->io = (struct tutti_io){record_start, record_stop, record_wait,
                                   record_wake,  record_end,  record_posts};
    /* All events: which of them are told decides when the clock is read. */
    record->sink =
        (struct tutti_sink){tutti_trace_mask(TUTTI_TRACE_LEVEL_MAX), record_event, record_idle};
    record->world = *base;
    record->world.clock = &record->clock;
    record->world.io = &record->io;
    record->world.sink = &record->sink;
    *out = record;
    return 0;
}

const struct tutti_world *tutti_record_world(struct tutti_record *record)
{
    return &record->world;
}

struct tutti_trace *tutti_record_trace(struct tutti_record *record)
{
    return record->trace;
}

int tutti_record_close(struct tutti_record *record, struct tutti_trace_result *result)
{
    if (!record) return tutti_trace_close(NULL, result);
    int rc = tutti_trace_close(record->trace, result);
    if (rc == 0 && record->lost) {
        rc = TUTTI_ENOMEMORY;
        if (result) {
            snprintf(result->message, sizeof result->message,
                     "there was no memory to record all that came in: the run cannot be repeated "
                     "(free some, and record it again)");
        }
    }
    tutti_text_free(&record->text);
    free(record);
    return rc;
}
