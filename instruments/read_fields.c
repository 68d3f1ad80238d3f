/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/read_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"

#define DAMAGED "(the file was changed or damaged after it was written: write the trace again)"

static int wrong(struct tutti_reader *reader, const char *key, const char *what)
{
    return read_fail(reader, TUTTI_EINVALID, "\"%s\" of %s is not %s " DAMAGED, key,
                     reader->record.kind, what);
}

/* The size of the member decides what fits. */
bool read_store(struct tutti_trace_event *event, const struct tutti_trace_field *field,
                int64_t number)
{
    char *member = (char *)event + field->offset;
    if (field->size == sizeof number) {
        memcpy(member, &number, sizeof number);
        return true;
    }
    if (number < 0 || number > (field->size == 4 ? (int64_t)UINT32_MAX : UINT8_MAX)) return false;
    uint32_t four = (uint32_t)number;
    if (field->size == sizeof four) {
        memcpy(member, &four, sizeof four);
    } else {
        *(unsigned char *)member = (unsigned char)number;
    }
    return true;
}

/* "file.c:12" into a site of the reader's. */
static bool store_at(struct tutti_reader *reader, const char *at)
{
    const char *colon = strrchr(at, ':');
    char *end;
    if (!colon || colon[1] < '0' || colon[1] > '9') return false;
    unsigned long line = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || line > UINT32_MAX) return false;
    size_t size = (size_t)(colon - at);
    char *file = realloc(reader->file, size + 1);
    if (!file) return false;
    memcpy(file, at, size);
    file[size] = '\0';
    reader->file = file;
    reader->site = (struct tutti_site){.file = file, .line = (uint32_t)line, .function = ""};
    reader->record.event.site = &reader->site;
    return true;
}

static int read_word(struct tutti_reader *reader, const struct tutti_trace_field *field,
                     const char *word)
{
    int known = 0;
    for (; field->words[known]; known++) {
        if (strcmp(field->words[known], word) == 0) {
            read_store(&reader->record.event, field, known);
            return 0;
        }
    }
    return read_fail(reader, TUTTI_EINVALID,
                     "\"%s\" of %s is \"%.40s\", which is none of the %d words it may be "
                     "(a newer tutti wrote it, or the file was changed: use the same tutti)",
                     field->key, reader->record.kind, word, known);
}

static int read_integer(struct tutti_reader *reader, const struct tutti_trace_field *field,
                        const json_t *value)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value)) return wrong(reader, field->key, "an integer");
    if (field->type == TUTTI_FIELD_ID && number < 0) return wrong(reader, field->key, "an id");
    if (!read_store(&reader->record.event, field, number)) {
        return wrong(reader, field->key, "in its range");
    }
    return 0;
}

/* A field of run.begin, run.end or run.sofar that is no member of the event: its type only. */
static int read_extra(struct tutti_reader *reader, const struct tutti_trace_field *field,
                      const json_t *value)
{
    const char *type = field->words[0];
    bool right = strcmp(type, "integer") == 0 ? json_is_integer(value)
                 : strcmp(type, "array") == 0 ? json_is_array(value)
                                              : json_is_string(value);
    if (!right) return wrong(reader, field->key, type);
    if (reader->record.event.kind == TUTTI_EVENT_RUN_BEGIN) return 0;
    char *end;
    const char *digits = json_string_value(value);
    reader->record.hash = strtoull(digits, &end, 16);
    return *end != '\0' || end - digits != 16 ? wrong(reader, field->key, "16 hex digits") : 0;
}

static int read_field(struct tutti_reader *reader, const struct tutti_trace_field *field,
                      const json_t *value)
{
    switch (field->type) {
    case TUTTI_FIELD_TEXT:
    case TUTTI_FIELD_OP:
        if (!json_is_string(value)) return wrong(reader, field->key, "a string");
        reader->record.event.name = json_string_value(value);
        return 0;
    case TUTTI_FIELD_AT:
        if (!json_is_string(value) || !store_at(reader, json_string_value(value))) {
            return wrong(reader, field->key, "a place FILE:LINE");
        }
        return 0;
    case TUTTI_FIELD_WORD:
        if (!json_is_string(value)) return wrong(reader, field->key, "a string");
        return read_word(reader, field, json_string_value(value));
    case TUTTI_FIELD_BOOL:
        if (!json_is_boolean(value)) return wrong(reader, field->key, "true or false");
        read_store(&reader->record.event, field, json_is_true(value));
        return 0;
    case TUTTI_FIELD_EXTRA:
        return read_extra(reader, field, value);
    default:
        return read_integer(reader, field, value);
    }
}

/* Which kind is this text? TUTTI_EVENT_KINDS: none of ours. */
static int find_kind(const char *text)
{
    int kind = 0;
    while (kind < TUTTI_EVENT_KINDS && strcmp(tutti_trace_table[kind].text, text) != 0) {
        kind++;
    }
    return kind;
}

/* n, t and e, which every line has. */
static int read_common(struct tutti_reader *reader)
{
    struct tutti_trace_record *record = &reader->record;
    const json_t *n = json_object_get(reader->json, "n");
    const json_t *t = json_object_get(reader->json, "t");
    const json_t *e = json_object_get(reader->json, "e");
    if (!json_is_integer(n) || !json_is_integer(t) || !json_is_string(e)) {
        return read_fail(reader, TUTTI_EINVALID,
                         "no \"n\", \"t\" and \"e\": not a line of a trace " DAMAGED);
    }
    if (json_integer_value(n) < 1 || json_integer_value(t) < 0) {
        return read_fail(reader, TUTTI_EINVALID,
                         "\"n\" is %" JSON_INTEGER_FORMAT ", \"t\" is %" JSON_INTEGER_FORMAT
                         ": they begin at 1 and at 0 " DAMAGED,
                         json_integer_value(n), json_integer_value(t));
    }
    record->n = (uint64_t)json_integer_value(n);
    record->kind = json_string_value(e);
    record->event.t_ns = json_integer_value(t);
    return 0;
}

int read_fields(struct tutti_reader *reader)
{
    struct tutti_trace_record *record = &reader->record;
    record->event = (struct tutti_trace_event){0};
    record->hash = 0;
    int rc = read_common(reader);
    if (rc < 0) return rc;
    int kind = find_kind(record->kind);
    record->known = kind < TUTTI_EVENT_KINDS;
    if (!record->known) {
        reader->skipped_events++;
        return 0;
    }
    const struct tutti_trace_info *info = &tutti_trace_table[kind];
    size_t found = 3;
    record->event.kind = (uint8_t)kind;
    for (int i = 0; i < info->fields_count; i++) {
        const struct tutti_trace_field *field = &info->fields[i];
        const json_t *value = json_object_get(reader->json, field->key);
        if (field->type == TUTTI_FIELD_TIME) read_store(&record->event, field, TUTTI_NEVER);
        if (!value && !field->optional) {
            return read_fail(reader, TUTTI_EINVALID, "%s without \"%s\" " DAMAGED, info->text,
                             field->key);
        }
        if (!value) continue;
        found++;
        rc = read_field(reader, field, value);
        if (rc < 0) return rc;
    }
    reader->skipped_keys += json_object_size(reader->json) - found;
    return 0;
}
