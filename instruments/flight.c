/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/flight.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/task.h"
#include "tutti/instruments/encode_priv.h"
#include "tutti/instruments/flight_priv.h"
#include "tutti/instruments/kept_priv.h"
#include "tutti/instruments/os_file_priv.h"
#include "tutti/instruments/ring_priv.h"
#include "tutti/instruments/sift_priv.h"
#include "tutti/instruments/stacks_priv.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace_head_priv.h"

enum { BUFFER_SIZE = 64 * 1024, STANDARD_ERROR = 2 };

/* Events are put into one half until it is full. Then the other one, which is older, goes into what
 * is kept, and is filled anew: so there are always the last `room` events at least.              */
struct half {
    struct tutti_trace_event *events;
    char *text;
    uint32_t count;
    size_t text_used;
};

struct tutti_flight {
    struct tutti_sink sink;
    struct half halves[2];
    uint32_t now; /* the half that is being filled */
    uint32_t room;
    size_t text_room;
    uint64_t folded; /* events that are not in the halves any more */
    struct kept kept;
    struct sift sift;
    struct stacks stacks;                 /* to be written before the end */
    const struct tutti_trace_event *last; /* while it writes: one that is in no half; or NULL */
    atomic_bool wanted;                   /* the file was asked for */
    atomic_bool busy;                     /* something here is being changed */
    atomic_bool folding;                  /* and that is what is kept */
    bool always, quiet;
    bool dying; /* the file with the process's last words is written, or being written */
    int error;  /* of the last writing */
    char *path;
    struct tutti_text head; /* line 1 */
    /* while it writes */
    int fd;
    uint64_t n, hash;
    size_t used;
    char buffer[BUFFER_SIZE];
};

/* The event that was stored last; NULL: there is none. */
static const struct tutti_trace_event *last_of(const struct tutti_flight *flight)
{
    const struct half *half = &flight->halves[flight->now];
    if (half->count == 0) half = &flight->halves[!flight->now];
    return half->count ? &half->events[half->count - 1] : NULL;
}

static void empty(struct tutti_flight *flight)
{
    int error;
    size_t done = file_write(flight->fd, flight->buffer, flight->used, &error);
    if (done < flight->used && flight->error == 0) flight->error = error;
    flight->used = 0;
}

static void put_line(struct tutti_flight *flight, const struct tutti_trace_event *event)
{
    if (BUFFER_SIZE - flight->used <= ENCODE_LINE_MAX) empty(flight);
    char *line = flight->buffer + flight->used;
    char *end = encode_event(line, event, ++flight->n);
    if (event->kind == TUTTI_EVENT_RUN_END || event->kind == TUTTI_EVENT_RUN_SOFAR)
        end = encode_hash(end, "hash", flight->hash);
    *end++ = '\n';
    flight->hash = hash_bytes(flight->hash, line, (size_t)(end - line));
    flight->used += (size_t)(end - line);
}

/* What the events that are gone have left. Its lines have the times of their events, so the two
 * lines before them have the time of the first. */
static void put_past(struct tutti_flight *flight, int64_t first_ns)
{
    const struct kept *kept = &flight->kept;
    bool whole = !kept->failed && !atomic_load(&flight->folding);
    int64_t t_ns = whole && kept->first ? kept->first->event.t_ns : first_ns;
    uint64_t told = whole ? kept->lines : 0;
    struct tutti_trace_event dropped = {.kind = TUTTI_EVENT_RUN_DROP,
                                        .t_ns = t_ns,
                                        .arg = (int64_t)(flight->folded - told),
                                        .obj = kept->ids};
    struct tutti_trace_event snap = {.kind = TUTTI_EVENT_RUN_SNAP,
                                     .t_ns = t_ns,
                                     .task = kept->tasks,
                                     .by = kept->nurseries,
                                     .obj = kept->scopes,
                                     .count = (uint32_t)kept->others,
                                     .arg = (int64_t)kept->lines};
    put_line(flight, &dropped);
    if (!whole) return;
    put_line(flight, &snap);
    for (const struct kept_event *event = kept->first; event; event = event->after)
        put_line(flight, &event->event);
}

static void put_half(struct tutti_flight *flight, const struct half *half, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        put_line(flight, &half->events[i]);
}

/* The stacks, and what ends the file: the run's end, or that it is whole without it. */
static void put_end(struct tutti_flight *flight, const struct tutti_trace_event *before,
                    const struct tutti_trace_event *end)
{
    int64_t t_ns = before ? before->t_ns : 0;
    struct tutti_trace_event here = {.kind = TUTTI_EVENT_RUN_SOFAR, .t_ns = t_ns};
    for (uint32_t i = 0; i < flight->stacks.count; i++) {
        struct tutti_trace_event stack = {.kind = TUTTI_EVENT_TASK_STACK,
                                          .t_ns = t_ns,
                                          .task = flight->stacks.tasks[i],
                                          .name = flight->stacks.text.bytes + flight->stacks.at[i]};
        put_line(flight, &stack);
    }
    put_line(flight, end ? end : &here);
}

static void put_all(struct tutti_flight *flight)
{
    const struct half *old = &flight->halves[!flight->now], *new = &flight->halves[flight->now];
    const struct tutti_trace_event *first = old->count   ? old->events
                                            : new->count ? new->events
                                                         : flight->last;
    const struct tutti_trace_event *last = last_of(flight);
    const struct tutti_trace_event *end = last && last->kind == TUTTI_EVENT_RUN_END ? last : NULL;
    flight->n = 1;
    flight->hash = HASH_START;
    flight->used = 0;
    (void)file_write(flight->fd, flight->head.bytes, flight->head.size, &flight->error);
    if (flight->folded > 0) put_past(flight, first ? first->t_ns : 0);
    put_half(flight, old, old->count - (end && !new->count));
    put_half(flight, new, new->count - (end && new->count));
    if (flight->last) put_line(flight, flight->last);
    put_end(flight, flight->last ? flight->last : last, end);
    empty(flight);
}

/* Says what became of the file; without memory. */
static void report(const struct tutti_flight *flight)
{
    static const char good[] = "tutti: the last events of the run are in ";
    static const char bad[] = "tutti: the last events of the run could not be written to ";
    const char *reason = flight->error < 0 ? tutti_error_name(flight->error) : NULL;
    int error;
    if (flight->quiet) return;
    (void)file_write(STANDARD_ERROR, reason ? bad : good, (reason ? sizeof bad : sizeof good) - 1,
                     &error);
    (void)file_write(STANDARD_ERROR, flight->path, strlen(flight->path), &error);
    if (reason) {
        (void)file_write(STANDARD_ERROR, ": ", 2, &error);
        (void)file_write(STANDARD_ERROR, reason, strlen(reason), &error);
    }
    (void)file_write(STANDARD_ERROR, "\n", 1, &error);
}

/* With an event that is the last one because the process ends: whatever that has interrupted will
 * not go on, so what is there is written, without what was just being changed.                   */
static int write_with(struct tutti_flight *flight, const struct tutti_trace_event *last)
{
    if (atomic_exchange(&flight->busy, true) && !last) return TUTTI_EBUSY;
    flight->last = last;
    flight->error = 0;
    flight->fd = file_create(flight->path);
    if (flight->fd < 0) {
        flight->error = flight->fd;
    } else {
        put_all(flight);
        int rc = file_close(flight->fd);
        if (flight->error == 0) flight->error = rc;
    }
    flight->last = NULL;
    atomic_store(&flight->busy, false);
    report(flight);
    return flight->error;
}

int tutti_flight_write(struct tutti_flight *flight)
{
    return write_with(flight, NULL);
}

/* Between two instants of the run: there is time for the stacks. */
static void write_asked(struct tutti_flight *flight)
{
    stacks_take(&flight->stacks);
    (void)write_with(flight, NULL);
    stacks_free(&flight->stacks);
}

int tutti_flight_post(void *flight)
{
    write_asked(flight);
    return 0;
}

void tutti_flight_request(struct tutti_flight *flight)
{
    atomic_store(&flight->wanted, true);
}

bool flight_is_asked(const struct tutti_flight *flight)
{
    return atomic_load(&flight->wanted);
}

/* Fills the older half from its start. */
static struct half *turn(struct tutti_flight *flight)
{
    struct half *half = &flight->halves[!flight->now];
    atomic_store_explicit(&flight->folding, true, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    const uint32_t *left;
    uint32_t count = sift_events(&flight->sift, half->events, half->count, &left);
    for (uint32_t i = 0; i < count; i++) {
        if (left[i] != SIFT_NONE) kept_add(&flight->kept, &half->events[left[i]]);
    }
    if (flight->kept.ids < flight->sift.ids) flight->kept.ids = flight->sift.ids;
    flight->folded += half->count;
    half->count = 0;
    half->text_used = 0;
    flight->now = !flight->now;
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&flight->folding, false, memory_order_relaxed);
    return half;
}

static void forget(struct tutti_flight *flight)
{
    kept_free(&flight->kept);
    stacks_free(&flight->stacks);
    flight->sift.ids = 0;
    flight->folded = 0;
    flight->dying = false;
    for (int i = 0; i < 2; i++) {
        flight->halves[i].count = 0;
        flight->halves[i].text_used = 0;
    }
}

static void store(struct tutti_flight *flight, const struct tutti_trace_event *event)
{
    struct half *half = &flight->halves[flight->now];
    bool texts = event->name && (flight->kept.texts >> event->kind & 1);
    size_t size = texts ? ring_text_size(event->name) : 0;
    if (half->count == flight->room || (texts && flight->text_room - half->text_used <= size)) {
        half = turn(flight);
    }
    struct tutti_trace_event *copy = &half->events[half->count];
    *copy = *event;
    if (texts) {
        char *text = half->text + half->text_used;
        memcpy(text, event->name, size);
        text[size] = '\0';
        copy->name = text;
        half->text_used += size + 1;
    }
    half->count++;
}

static bool is_bad(enum tutti_outcome outcome)
{
    return outcome == TUTTI_OUTCOME_DEADLOCK || outcome == TUTTI_OUTCOME_CHECK ||
           outcome == TUTTI_OUTCOME_LEAK || outcome == TUTTI_OUTCOME_LIMIT ||
           outcome == TUTTI_OUTCOME_PANIC;
}

/* Perhaps in a signal handler: nothing that needs memory is done. What a crash's handler wrote is
 * written anew, and not told again, if core knows better what it was.                            */
static void die(struct tutti_flight *flight, const struct tutti_trace_event *last, bool crash)
{
    bool quiet = flight->quiet;
    if (flight->dying && crash) return;
    flight->quiet |= flight->dying;
    flight->dying = true;
    (void)write_with(flight, last);
    flight->quiet = quiet;
}

void flight_last_words(struct tutti_flight *flight, const char *what)
{
    const struct tutti_task *task = tutti_task_self();
    const struct tutti_trace_event *before = last_of(flight);
    if (before && before->kind == TUTTI_EVENT_RUN_END) return; /* it is not this run's end */
    struct tutti_trace_event last = {.kind = TUTTI_EVENT_WARN,
                                     .code = TUTTI_WARN_PANIC,
                                     .t_ns = before ? before->t_ns : 0,
                                     .task = task ? tutti_task_id(task) : 0,
                                     .name = what};
    die(flight, &last, true);
}

/* The run fails, and its tasks are still there. */
static bool tells_failure(const struct tutti_trace_event *event)
{
    return event->kind == TUTTI_EVENT_WARN &&
           (event->code == TUTTI_WARN_DEADLOCK || event->code == TUTTI_WARN_CHECK ||
            event->code == TUTTI_WARN_LIMIT);
}

static int flight_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_flight *flight = TUTTI_CONTAINER(sink, struct tutti_flight, sink);
    if (TUTTI_UNLIKELY(event->kind == TUTTI_EVENT_WARN && event->code == TUTTI_WARN_PANIC)) {
        die(flight, event, false);
        return 0;
    }
    /* A handler that comes in between sees that it is not to write. */
    atomic_store_explicit(&flight->busy, true, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (event->kind == TUTTI_EVENT_RUN_BEGIN) {
        forget(flight);
    } else {
        store(flight, event);
    }
    atomic_signal_fence(memory_order_seq_cst);
    atomic_store_explicit(&flight->busy, false, memory_order_relaxed);
    bool end = event->kind == TUTTI_EVENT_RUN_END && (flight->always || is_bad(event->code));
    bool wanted = atomic_load_explicit(&flight->wanted, memory_order_relaxed);
    if (TUTTI_UNLIKELY(tells_failure(event))) stacks_take(&flight->stacks);
    if (TUTTI_UNLIKELY(end)) {
        (void)write_with(flight, NULL);
        stacks_free(&flight->stacks);
    } else if (TUTTI_UNLIKELY(wanted)) {
        atomic_store(&flight->wanted, false);
        write_asked(flight);
    }
    return 0;
}

static void flight_idle(struct tutti_sink *sink)
{
    struct tutti_flight *flight = TUTTI_CONTAINER(sink, struct tutti_flight, sink);
    if (atomic_exchange(&flight->wanted, false)) write_asked(flight);
}

static bool make_halves(struct tutti_flight *flight)
{
    bool good = sift_open(&flight->sift, flight->room);
    flight->text_room = 64 * 1024 + (size_t)flight->room * 32;
    for (int i = 0; i < 2; i++) {
        struct half *half = &flight->halves[i];
        half->events = calloc(flight->room, sizeof *half->events);
        half->text = malloc(flight->text_room);
        good = good && half->events && half->text;
    }
    return good;
}

int tutti_flight_open(struct tutti_flight **out, const char *path,
                      const struct tutti_trace_header *header,
                      const struct tutti_flight_options *options)
{
    static const struct tutti_flight_options defaults;
    if (!options) options = &defaults;
    int level = options->level ? options->level : 3;
    struct tutti_trace_header head = *header;
    head.list = NULL;
    *out = NULL;
    if (level < 1 || level > TUTTI_TRACE_LEVEL_MAX) return TUTTI_EINVALID;
    struct tutti_flight *flight = calloc(1, sizeof *flight);
    if (!flight) return TUTTI_ENOMEMORY;
    flight->sink = (struct tutti_sink){
        .mask = tutti_trace_mask(level), .event = flight_event, .idle = flight_idle};
    flight->room = options->events ? options->events : TUTTI_FLIGHT_EVENTS;
    flight->always = options->always;
    flight->quiet = options->quiet;
    flight->kept.texts = ring_texts();
    size_t size = strlen(path) + 1;
    flight->path = malloc(size);
    if (flight->path) memcpy(flight->path, path, size);
    int rc = flight->path && make_halves(flight) ? 0 : TUTTI_ENOMEMORY;
    if (rc == 0) rc = head_line(&flight->head, &head, level);
    if (rc < 0) {
        (void)tutti_flight_close(flight);
        return rc;
    }
    *out = flight;
    return 0;
}

struct tutti_sink *tutti_flight_sink(struct tutti_flight *flight)
{
    return &flight->sink;
}

int tutti_flight_close(struct tutti_flight *flight)
{
    if (!flight) return 0;
    int error = flight->error;
    kept_free(&flight->kept);
    for (int i = 0; i < 2; i++) {
        free(flight->halves[i].events);
        free(flight->halves[i].text);
    }
    sift_free(&flight->sift);
    stacks_free(&flight->stacks);
    tutti_text_free(&flight->head);
    free(flight->path);
    free(flight);
    return error;
}
