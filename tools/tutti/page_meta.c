/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The JSON text at the start of a run's data:
 *
 *   file, events, hash, unended, skipped   what the reader knows
 *   head                                   what line 1 says
 *   kinds   [{"e": "task.spawn", "fields": [[key, type, member, words], ...]}, ...]
 *   texts   all names, operations and places, from number 1 on                                   */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "page.h"

static const char *member_text(size_t offset)
{
    static const struct {
        size_t offset;
        const char *text;
    } members[] = {
#define MEMBER(name) {offsetof(struct tutti_trace_event, name), #name}
        MEMBER(task), MEMBER(obj),   MEMBER(by),   MEMBER(arg),   MEMBER(name),
        MEMBER(site), MEMBER(count), MEMBER(code), MEMBER(code2), MEMBER(flag),
#undef MEMBER
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (members[i].offset == offset) return members[i].text;
    }
    return "";
}

static json_t *field_json(const struct tutti_trace_field *field)
{
    static const char *const types[] = {
        [TUTTI_FIELD_ID] = "id",     [TUTTI_FIELD_INT] = "number", [TUTTI_FIELD_TIME] = "time",
        [TUTTI_FIELD_BOOL] = "bool", [TUTTI_FIELD_TEXT] = "text",  [TUTTI_FIELD_OP] = "text",
        [TUTTI_FIELD_WORD] = "word", [TUTTI_FIELD_AT] = "place",   [TUTTI_FIELD_EXTRA] = "extra",
    };
    json_t *words = json_array();
    if (field->type == TUTTI_FIELD_WORD) {
        for (int i = 0; field->words[i]; i++) {
            json_array_append_new(words, json_string(field->words[i]));
        }
    }
    return json_pack("[s, s, s, o]", field->key, types[field->type], member_text(field->offset),
                     words);
}

static json_t *kinds_json(void)
{
    json_t *kinds = json_array();
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        const struct tutti_trace_info *info = &tutti_trace_table[kind];
        json_t *fields = json_array();
        for (int i = 0; i < info->fields_count; i++) {
            json_array_append_new(fields, field_json(&info->fields[i]));
        }
        json_array_append_new(kinds, json_pack("{s:s, s:s, s:o}", "e", info->text, "meaning",
                                               info->meaning, "fields", fields));
    }
    return kinds;
}

static json_t *texts_json(const struct page_table *table)
{
    json_t *texts = json_array();
    const char *text = table->all.bytes;
    for (uint32_t i = 0; i < table->used; i++) {
        /* Whatever the reader lets through is UTF-8; nothing is lost if it once is not. */
        json_t *json = json_string(text);
        json_array_append_new(texts, json ? json : json_string("?"));
        text += strlen(text) + 1;
    }
    return texts;
}

char *page_meta(const struct page_run *run, const struct tutti_reader *reader, const char *file)
{
    const struct tutti_trace_start *start = tutti_reader_start(reader);
    char hash[17];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)run->hash);
    json_t *name = json_string(file);
    json_t *head = json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:I}", "prog", start->prog,
                             "test", start->test, "version", start->version, "world", start->world,
                             "seed", start->seed, "policy", start->policy, "list", start->list,
                             "level", (json_int_t)start->level);
    json_t *meta =
        json_pack("{s:o, s:I, s:s, s:s?, s:I, s:I, s:o, s:o, s:o}", "file",
                  name ? name : json_string("a trace"), "events", (json_int_t)run->events, "hash",
                  hash, "unended", tutti_reader_unended(reader), "skipped_events",
                  (json_int_t)tutti_reader_skipped_events(reader), "skipped_keys",
                  (json_int_t)tutti_reader_skipped_keys(reader), "head", head, "kinds",
                  kinds_json(), "texts", texts_json(&run->texts));
    char *text = meta ? json_dumps(meta, JSON_COMPACT) : NULL;
    json_decref(meta);
    return text;
}
