/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/encode_priv.h"
#include "tutti/instruments/record_priv.h"
#include "tutti/instruments/view_priv.h"

/* Is there nothing to show, or nothing that the line does not show already? */
static bool is_absent(const struct tutti_trace_event *event, const struct tutti_trace_field *field)
{
    /* The thing just made is called by its kind and name. */
    if (strcmp(field->key, "name") == 0) return event->kind != TUTTI_EVENT_SPAN_BEGIN;
    if (event->kind == TUTTI_EVENT_OBJ_NEW && strcmp(field->key, "kind") == 0) return true;
    switch (field->type) {
    case TUTTI_FIELD_ID:
        return event_number(event, field) == 0 && strcmp(field->key, "by") != 0;
    case TUTTI_FIELD_TEXT:
    case TUTTI_FIELD_OP:
        return !event->name || !*event->name;
    case TUTTI_FIELD_AT:
        return !event->site;
    case TUTTI_FIELD_TIME:
        return event_number(event, field) == TUTTI_NEVER;
    case TUTTI_FIELD_EXTRA:
        return true;
    default:
        return field->optional && event_number(event, field) == 0;
    }
}

/* Does the name of the thing say what the key says? `task teller 1`, but not `lock lock "A"`. */
static bool key_is_needed(const char *key)
{
    return strcmp(key, "nursery") != 0 && strcmp(key, "scope") != 0 && strcmp(key, "obj") != 0 &&
           strcmp(key, "io") != 0;
}

/* What an operation brought: how much, and how it begins if that is a text. */
static void add_data(struct tutti_text *out, const char *base64)
{
    enum { BEGINNING = 32 };
    struct tutti_text bytes = {0};
    if (!base64_get(&bytes, base64)) {
        tutti_text_print(out, "that is no base64");
    } else {
        size_t shown = bytes.size < BEGINNING ? bytes.size : BEGINNING;
        bool text = true;
        for (size_t i = 0; i < shown; i++) {
            char c = bytes.bytes[i];
            text = text && ((c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t');
        }
        tutti_text_print(out, "%zu bytes", bytes.size);
        if (text && shown > 0) {
            const char *more = shown < bytes.size ? "..." : "";
            bytes.bytes[shown] = '\0';
            tutti_text_add(out, ": ", 2);
            view_plain(out, bytes.bytes);
            tutti_text_print(out, "%s", more);
        }
    }
    tutti_text_free(&bytes);
}

static void add_field(struct tutti_text *out, const struct tutti_model *model,
                      const struct tutti_trace_event *event, const struct tutti_trace_field *field)
{
    char buffer[VIEW_TIME_MAX];
    int64_t value = event_number(event, field);
    bool known = field->type == TUTTI_FIELD_ID && tutti_model_named(model, (uint64_t)value);
    tutti_text_add(out, "  ", 2);
    if (!known || key_is_needed(field->key)) tutti_text_print(out, "%s ", field->key);
    switch (field->type) {
    case TUTTI_FIELD_ID:
        view_thing(out, model, (uint64_t)value, VIEW_FULL);
        break;
    case TUTTI_FIELD_TEXT:
    case TUTTI_FIELD_OP:
        if (strcmp(field->key, "data") == 0) {
            add_data(out, event->name);
        } else {
            view_plain(out, event->name);
        }
        break;
    case TUTTI_FIELD_AT:
        view_plain(out, event->site->file);
        tutti_text_print(out, ":%" PRIu32, event->site->line);
        break;
    case TUTTI_FIELD_WORD:
        tutti_text_print(out, "%s", field->words[value]);
        break;
    case TUTTI_FIELD_BOOL:
        tutti_text_print(out, value ? "yes" : "no");
        break;
    case TUTTI_FIELD_TIME:
        tutti_text_print(out, "%s", view_time(value, buffer));
        break;
    default:
        tutti_text_print(out, "%" PRId64, value);
    }
}

void view_event(struct tutti_text *out, const struct tutti_model *model,
                const struct tutti_trace_event *event)
{
    const struct tutti_trace_info *info = &tutti_trace_table[event->kind];
    struct tutti_trace_event copy = *event;
    struct tutti_site site = event->site ? *event->site : (struct tutti_site){.file = ""};
    site.file = tutti_base_name(site.file);
    if (copy.site) copy.site = &site;
    tutti_text_print(out, "%s", info->text);
    for (int i = 0; i < info->fields_count; i++) {
        if (!is_absent(&copy, &info->fields[i])) add_field(out, model, &copy, &info->fields[i]);
    }
}

static void add_start(struct tutti_text *out, const struct tutti_trace_start *start)
{
    const struct {
        const char *key, *text;
    } parts[] = {{"prog", start->prog},      {"test", start->test}, {"world", start->world},
                 {"policy", start->policy},  {"seed", start->seed}, {"list", start->list},
                 {"version", start->version}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].text || !*parts[i].text) continue;
        tutti_text_print(out, "  %s ", parts[i].key);
        view_plain(out, parts[i].text);
    }
    tutti_text_print(out, "  level %" PRId64, start->level);
}

static void add_line(struct tutti_text *out, const struct tutti_model *model,
                     const struct tutti_reader *reader, const struct tutti_trace_record *record)
{
    char buffer[VIEW_TIME_MAX];
    const struct tutti_trace_info *info = &tutti_trace_table[record->event.kind];
    tutti_text_print(out, "%7" PRIu64 " %10s  ", record->n, view_time(record->event.t_ns, buffer));
    size_t start = out->size;
    view_plain(out, record->kind);
    /* The first field brings its own two spaces. */
    size_t width = out->size - start;
    tutti_text_print(out, "%*s", width < 14 ? (int)(14 - width) : 0, "");
    if (!record->known) {
        tutti_text_print(out, "  (unknown to this tutti, left out)");
    } else if (record->event.kind == TUTTI_EVENT_RUN_BEGIN) {
        add_start(out, tutti_reader_start(reader));
    } else {
        for (int i = 0; i < info->fields_count; i++) {
            if (is_absent(&record->event, &info->fields[i])) continue;
            add_field(out, model, &record->event, &info->fields[i]);
        }
    }
    tutti_text_add(out, "\n", 1);
}

int tutti_view_cat(struct tutti_reader *reader, tutti_print *print, void *context)
{
    const struct tutti_trace_record *record;
    struct tutti_model *model;
    struct tutti_text line = {0};
    int rc = tutti_model_open(&model);
    if (rc < 0) return rc;
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        rc = tutti_model_apply(model, record);
        line.size = 0;
        add_line(&line, model, reader, record);
        if (rc == 0) rc = line.failed ? TUTTI_ENOMEMORY : print(context, line.bytes, line.size);
        if (rc < 0) break;
    }
    tutti_text_free(&line);
    tutti_model_close(model);
    return rc;
}
