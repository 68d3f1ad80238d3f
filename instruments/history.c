/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/history.h"

#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/instruments/encode_priv.h"
#include "tutti/instruments/model_priv.h"

/* A keyframe after so many events, or after four times as many as there are things to copy. */
enum { KEY_EVENTS = 16384, KEY_COPIES = 4 };

struct keyframe {
    size_t count; /* events that are in it */
    struct tutti_model *model;
};

struct tutti_history_tables {
    struct tutti_model *whole; /* while reading: the state now */
    struct tutti_history_event *events;
    size_t events_room;
    struct keyframe *keys; /* in order; the first is empty */
    size_t keys_count, keys_room;
    struct intern texts;     /* of the events */
    struct idmap sites;      /* by the text of a place, as it is interned */
    struct tutti_model *now; /* the state that was asked for last */
    size_t now_count;        /* events that are in it */
};

static int keep_key(struct tutti_history *history)
{
    struct tutti_history_tables *tables = history->tables;
    if (tables->keys_count == tables->keys_room) {
        size_t room = tables->keys_room ? tables->keys_room * 2 : 16;
        struct keyframe *keys = realloc(tables->keys, room * sizeof *keys);
        if (!keys) return TUTTI_ENOMEMORY;
        tables->keys = keys;
        tables->keys_room = room;
    }
    struct tutti_model *model = model_copy(tables->whole, tables->whole);
    if (!model) return TUTTI_ENOMEMORY;
    tables->keys[tables->keys_count++] = (struct keyframe){history->count, model};
    return 0;
}

/* How many events the next keyframe is away. */
static size_t key_distance(const struct tutti_model *model)
{
    size_t alive = 0;
    for (const struct tutti_thing *thing = model->first; thing; thing = thing->next) {
        alive += !thing->gone;
    }
    return alive > KEY_EVENTS / KEY_COPIES ? alive * KEY_COPIES : KEY_EVENTS;
}

/* The kept copy of a place. NULL: no memory. */
static const struct tutti_site *keep_site(struct tutti_history_tables *tables,
                                          const struct tutti_site *site)
{
    char buffer[MODEL_AT_MAX];
    const char *key = intern_text(&tables->texts, model_at(buffer, site));
    const char *file = intern_text(&tables->texts, site->file);
    if (!key || !file) return NULL;
    struct tutti_site *kept = idmap_get(&tables->sites, (uintptr_t)key);
    if (kept) return kept;
    kept = malloc(sizeof *kept);
    if (!kept || !idmap_set(&tables->sites, (uintptr_t)key, kept)) {
        free(kept);
        return NULL;
    }
    *kept = (struct tutti_site){.file = file, .line = site->line, .function = ""};
    return kept;
}

static int keep_event(struct tutti_history *history, const struct tutti_trace_record *record)
{
    struct tutti_history_tables *tables = history->tables;
    if (history->count == tables->events_room) {
        size_t room = tables->events_room ? tables->events_room * 2 : 1024;
        struct tutti_history_event *events = realloc(tables->events, room * sizeof *events);
        if (!events) return TUTTI_ENOMEMORY;
        history->events = tables->events = events;
        tables->events_room = room;
    }
    struct tutti_history_event *kept = &tables->events[history->count];
    *kept = (struct tutti_history_event){record->event, record->n,
                                         hash_bytes(HASH_START, record->text, record->size)};
    if (record->event.name) {
        kept->event.name = intern_text(&tables->texts, record->event.name);
        if (!kept->event.name) return TUTTI_ENOMEMORY;
    }
    if (record->event.site) {
        kept->event.site = keep_site(tables, record->event.site);
        if (!kept->event.site) return TUTTI_ENOMEMORY;
    }
    history->count++;
    return 0;
}

static int apply(struct tutti_model *model, const struct tutti_history_event *event)
{
    struct tutti_trace_record record = {.event = event->event, .known = true, .n = event->n};
    return tutti_model_apply(model, &record);
}

static int read_all(struct tutti_history *history, struct tutti_reader *reader)
{
    struct tutti_history_tables *tables = history->tables;
    const struct tutti_trace_record *record;
    size_t next_key = 0;
    int rc;
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        if (!record->known) continue;
        if (history->count == next_key) {
            rc = keep_key(history);
            next_key += key_distance(tables->whole);
        }
        if (rc >= 0) rc = keep_event(history, record);
        if (rc >= 0) rc = apply(tables->whole, &history->events[history->count - 1]);
        if (rc < 0) return rc;
    }
    return rc;
}

int tutti_history_open(struct tutti_history **out, struct tutti_reader *reader)
{
    struct tutti_history *history = calloc(1, sizeof *history);
    *out = NULL;
    if (!history) return TUTTI_ENOMEMORY;
    history->tables = calloc(1, sizeof *history->tables);
    int rc = history->tables ? tutti_model_open(&history->tables->whole) : TUTTI_ENOMEMORY;
    if (rc == 0) history->whole = history->tables->whole;
    if (rc == 0) rc = read_all(history, reader);
    if (rc < 0) {
        tutti_history_close(history);
        return rc;
    }
    *out = history;
    return 0;
}

/* How many events have a number of at most n. They count up, but in a damaged trace. */
static size_t count_until(const struct tutti_history *history, uint64_t n)
{
    size_t low = 0, high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->events[middle].n <= n) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Makes `now` a state that is at most at `count`, and as near as there is one. */
static int go_near(struct tutti_history_tables *tables, size_t count)
{
    size_t low = 0, high = tables->keys_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (tables->keys[middle].count <= count) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const struct keyframe *key = &tables->keys[low];
    if (tables->now && tables->now_count <= count && tables->now_count >= key->count) return 0;
    tutti_model_close(tables->now);
    tables->now = model_copy(key->model, tables->whole);
    tables->now_count = key->count;
    return tables->now ? 0 : TUTTI_ENOMEMORY;
}

int tutti_history_at(struct tutti_history *history, uint64_t n, const struct tutti_model **model)
{
    struct tutti_history_tables *tables = history->tables;
    size_t count = count_until(history, n);
    *model = history->whole; /* of a trace without events */
    if (tables->keys_count == 0) return 0;
    int rc = go_near(tables, count);
    while (rc == 0 && tables->now_count < count) {
        rc = apply(tables->now, &history->events[tables->now_count++]);
    }
    *model = tables->now;
    return rc;
}

void tutti_history_close(struct tutti_history *history)
{
    if (!history) return;
    struct tutti_history_tables *tables = history->tables;
    for (size_t i = 0; tables && i < tables->keys_count; i++) {
        tutti_model_close(tables->keys[i].model);
    }
    for (size_t i = 0; tables && i < tables->sites.size; i++) {
        free(tables->sites.slots[i].value);
    }
    if (tables) {
        tutti_model_close(tables->now);
        tutti_model_close(tables->whole);
        idmap_free(&tables->sites);
        intern_free(&tables->texts);
        free(tables->keys);
        free(tables->events);
    }
    free(tables);
    free(history);
}
