/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "page.h"
#include "tutti/core/error.h"

/* Letters in a line of base64: editors dislike lines of megabytes. */
#define LINE_LETTERS 1024

static void put(struct page_stream *stream, int64_t value)
{
    char bytes[10];
    size_t size = 0;
    uint64_t rest = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
    for (; rest >= 0x80; rest >>= 7) {
        bytes[size++] = (char)(rest | 0x80);
    }
    bytes[size++] = (char)rest;
    tutti_text_add(&stream->bytes, bytes, size);
}

/* The difference to the value before. It may wrap around: only in a trace that lies. */
static void put_next(struct page_stream *stream, int64_t value)
{
    put(stream, (int64_t)((uint64_t)value - (uint64_t)stream->last));
    stream->last = value;
}

static uint32_t number_of(struct page_run *run, uint64_t id)
{
    uint32_t known = run->ids.used;
    uint32_t number = page_table_id(&run->ids, id);
    if (run->ids.used > known) put_next(&run->id_list, (int64_t)id);
    return number;
}

static uint32_t number_of_place(struct page_run *run, const struct tutti_site *site)
{
    char place[1100];
    if (!site) return 0;
    snprintf(place, sizeof place, "%.1024s:%u", site->file, (unsigned)site->line);
    return page_table_text(&run->texts, place);
}

/* A member of the event that is a number, by its offset and size. */
static int64_t member(const struct tutti_trace_event *event, const struct tutti_trace_field *field)
{
    const char *at = (const char *)event + field->offset;
    uint64_t wide = 0;
    uint32_t half = 0;
    switch (field->size) {
    case sizeof wide:
        memcpy(&wide, at, sizeof wide);
        return (int64_t)wide;
    case sizeof half:
        memcpy(&half, at, sizeof half);
        return half;
    default:
        return *(const unsigned char *)at;
    }
}

static void add_field(struct page_run *run, struct page_stream *stream,
                      const struct tutti_trace_event *event, const struct tutti_trace_field *field)
{
    switch (field->type) {
    case TUTTI_FIELD_ID:
        put_next(stream, number_of(run, (uint64_t)member(event, field)));
        break;
    case TUTTI_FIELD_TEXT:
    case TUTTI_FIELD_OP:
        put_next(stream, page_table_text(&run->texts, event->name));
        break;
    case TUTTI_FIELD_AT:
        put_next(stream, number_of_place(run, event->site));
        break;
    case TUTTI_FIELD_TIME: {
        int64_t ns = member(event, field);
        bool never = ns == TUTTI_NEVER;
        put(stream, never ? 0 : 1);
        if (!never) put_next(stream, ns);
        break;
    }
    case TUTTI_FIELD_EXTRA:
        break;
    default:
        put_next(stream, member(event, field));
    }
}

static void add_record(struct page_run *run, const struct tutti_trace_record *record)
{
    const struct tutti_trace_event *event = &record->event;
    if (!record->known) return; /* counted by the reader */
    const struct tutti_trace_info *info = &tutti_trace_table[event->kind];
    char kind = (char)event->kind;
    tutti_text_add(&run->kinds.bytes, &kind, 1);
    put_next(&run->times, event->t_ns);
    put(&run->numbers, (int64_t)(record->n - (uint64_t)run->numbers.last - 1));
    run->numbers.last = (int64_t)record->n;
    for (int i = 0; i < info->fields_count; i++) {
        add_field(run, &run->fields[event->kind][i], event, &info->fields[i]);
    }
    if (record->hash) run->hash = record->hash; /* run.end's */
    run->events++;
}

static void add_sized(struct tutti_text *out, const char *bytes, size_t size)
{
    char head[4];
    for (int i = 0; i < 4; i++) {
        head[i] = (char)(size >> (8 * i));
    }
    tutti_text_add(out, head, sizeof head);
    tutti_text_add(out, bytes ? bytes : "", size);
    out->failed |= size > UINT32_MAX;
}

static void add_stream(struct tutti_text *out, const struct page_stream *stream)
{
    add_sized(out, stream->bytes.bytes, stream->bytes.size);
    out->failed |= stream->bytes.failed;
}

/* All of a run as bytes. */
static void join(struct tutti_text *out, const struct page_run *run, const char *meta)
{
    add_sized(out, meta, strlen(meta));
    add_stream(out, &run->kinds);
    add_stream(out, &run->times);
    add_stream(out, &run->numbers);
    add_stream(out, &run->id_list);
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        for (int i = 0; i < tutti_trace_table[kind].fields_count; i++) {
            add_stream(out, &run->fields[kind][i]);
        }
    }
    out->failed |= run->ids.failed || run->texts.failed;
}

static void add_base64(struct tutti_text *out, const unsigned char *bytes, size_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char line[LINE_LETTERS + 1];
    size_t used = 0;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (left > 1) three |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2) three |= bytes[i + 2];
        line[used++] = letters[three >> 18];
        line[used++] = letters[three >> 12 & 63];
        line[used++] = left > 1 ? letters[three >> 6 & 63] : '=';
        line[used++] = left > 2 ? letters[three & 63] : '=';
        if (used < LINE_LETTERS && left > 3) continue;
        line[used++] = '\n';
        tutti_text_add(out, line, used);
        used = 0;
    }
}

static int add_deflated(struct tutti_text *out, const struct tutti_text *bytes)
{
    uLongf size = compressBound(bytes->size);
    unsigned char *packed = malloc(size);
    int rc = TUTTI_ENOMEMORY;
    if (packed && compress2(packed, &size, (const Bytef *)bytes->bytes, bytes->size,
                            Z_DEFAULT_COMPRESSION) == Z_OK) {
        add_base64(out, packed, size);
        rc = out->failed ? TUTTI_ENOMEMORY : 0;
    }
    free(packed);
    return rc;
}

static void run_free(struct page_run *run)
{
    page_table_free(&run->ids);
    page_table_free(&run->texts);
    tutti_text_free(&run->kinds.bytes);
    tutti_text_free(&run->times.bytes);
    tutti_text_free(&run->numbers.bytes);
    tutti_text_free(&run->id_list.bytes);
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        for (int i = 0; i < PAGE_FIELDS_MAX; i++) {
            tutti_text_free(&run->fields[kind][i].bytes);
        }
    }
    free(run);
}

int page_encode(struct tutti_text *out, struct tutti_reader *reader, const char *file)
{
    const struct tutti_trace_record *record;
    struct page_run *run = calloc(1, sizeof *run);
    struct tutti_text bytes = {0};
    int rc;
    if (!run) return TUTTI_ENOMEMORY;
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        TUTTI_ASSERT(tutti_trace_table[kind].fields_count <= PAGE_FIELDS_MAX);
    }
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        add_record(run, record);
    }
    char *meta = rc == 0 ? page_meta(run, reader, file) : NULL;
    if (meta) join(&bytes, run, meta);
    run_free(run);
    if (rc == 0) rc = meta && !bytes.failed ? add_deflated(out, &bytes) : TUTTI_ENOMEMORY;
    free(meta);
    tutti_text_free(&bytes);
    return rc;
}
