/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/schema.h"

#include <jansson.h>
#include <string.h>

#include "tutti/instruments/ring.h"
#include "tutti/instruments/trace.h"

/* One of the shared definitions. */
static json_t *reference(const char *name)
{
    return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

static json_t *words_of(const struct tutti_trace_field *field)
{
    json_t *list = json_array();
    for (int code = 0; field->words[code]; code++) {
        json_array_append_new(list, json_string(field->words[code]));
    }
    return json_pack("{s:o}", "enum", list);
}

/* The type of a field that the sink adds, which is a word of event.def. */
static json_t *extra_of(const struct tutti_trace_field *field)
{
    bool hash = strcmp(field->key, "hash") == 0;
    return hash ? reference("hash") : json_pack("{s:s}", "type", field->words[0]);
}

/* What a number may be where the reader's struct decides: 32 bits or 64. */
static json_t *number_of(const struct tutti_trace_field *field)
{
    return reference(field->size == sizeof(uint32_t) ? "count" : "number");
}

static json_t *value_of(const struct tutti_trace_field *field)
{
    switch (field->type) {
    case TUTTI_FIELD_ID:
        return reference("id");
    case TUTTI_FIELD_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case TUTTI_FIELD_TEXT:
    case TUTTI_FIELD_OP:
        return reference("text");
    case TUTTI_FIELD_WORD:
        return words_of(field);
    case TUTTI_FIELD_AT:
        return reference("at");
    case TUTTI_FIELD_EXTRA:
        return extra_of(field);
    default:
        return number_of(field);
    }
}

/* "if it is this event, then it has these keys". */
static json_t *rule_of(const struct tutti_trace_info *info)
{
    json_t *properties = json_object(), *required = json_array();
    for (int i = 0; i < info->fields_count; i++) {
        const struct tutti_trace_field *field = &info->fields[i];
        json_object_set_new(properties, field->key, value_of(field));
        if (!field->optional) json_array_append_new(required, json_string(field->key));
    }
    return json_pack("{s:{s:{s:{s:s}}},s:{s:s,s:o,s:o}}", "if", "properties", "e", "const",
                     info->text, "then", "description", info->meaning, "properties", properties,
                     "required", required);
}

static json_t *definitions(void)
{
    return json_pack("{s:{s:s,s:i},s:{s:s},s:{s:s,s:i,s:I},s:{s:s,s:i},s:{s:s,s:s},s:{s:s,s:s}}",
                     "id", "type", "integer", "minimum", 0, "number", "type", "integer", "count",
                     "type", "integer", "minimum", 0, "maximum", (json_int_t)UINT32_MAX, "text",
                     "type", "string", "maxLength", TUTTI_TRACE_TEXT_MAX, "at", "type", "string",
                     "pattern", ":[0-9]+$", "hash", "type", "string", "pattern", "^[0-9a-f]{16}$");
}

char *tutti_trace_schema(void)
{
    json_t *rules = json_array();
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        json_array_append_new(rules, rule_of(&tutti_trace_table[kind]));
    }
    json_t *schema = json_pack(
        "{s:s,s:s,s:i,s:s,s:{s:{s:s,s:i},s:{s:s,s:i},s:{s:s}},s:[s,s,s],s:o,s:o}", "$schema",
        "https://json-schema.org/draft/2020-12/schema", "title", "a line of a tutti trace",
        "version", TUTTI_TRACE_VERSION, "type", "object", "properties", "n", "type", "integer",
        "minimum", 1, "t", "type", "integer", "minimum", 0, "e", "type", "string", "required", "n",
        "t", "e", "$defs", definitions(), "allOf", rules);
    char *text = schema ? json_dumps(schema, JSON_INDENT(1)) : NULL;
    json_decref(schema);
    return text;
}
