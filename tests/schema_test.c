/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The JSON Schema of a line, with the part of JSON Schema that it uses as a validator: lines of the
 * writer pass, and what the reader refuses in a field the schema refuses, too. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <regex.h>
#include <stdlib.h>

#include "bank_run.h"
#include "trace_script.h"
#include "tutti/core/event.h"
#include "tutti/instruments/schema.h"

static json_t *schema;

static const char *text_of(const json_t *rule, const char *key)
{
    return json_string_value(json_object_get(rule, key));
}

static bool has_type(const char *type, const json_t *value)
{
    if (strcmp(type, "integer") == 0) return json_is_integer(value);
    if (strcmp(type, "string") == 0) return json_is_string(value);
    if (strcmp(type, "boolean") == 0) return json_is_boolean(value);
    if (strcmp(type, "array") == 0) return json_is_array(value);
    assert_string_equal(type, "object");
    return json_is_object(value);
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

static bool matches(const char *pattern, const char *text)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool match = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return match;
}

static bool is_valid(const json_t *rule, const json_t *value);

static bool is_valid_object(const json_t *rule, const json_t *value)
{
    const char *key;
    size_t index;
    json_t *part;
    json_object_foreach(json_object_get(rule, "properties"), key, part)
    {
        const json_t *member = json_object_get(value, key);
        if (member && !is_valid(part, member)) return false;
    }
    json_array_foreach(json_object_get(rule, "required"), index, part)
    {
        if (!json_object_get(value, json_string_value(part))) return false;
    }
    json_array_foreach(json_object_get(rule, "allOf"), index, part)
    {
        if (!is_valid(part, value)) return false;
    }
    const json_t *condition = json_object_get(rule, "if");
    return !condition || !is_valid(condition, value) ||
           is_valid(json_object_get(rule, "then"), value);
}

static bool is_valid(const json_t *rule, const json_t *value)
{
    size_t index;
    json_t *word;
    const char *reference = text_of(rule, "$ref");
    if (reference) {
        const char *name = reference + strlen("#/$defs/");
        const json_t *definition = json_object_get(json_object_get(schema, "$defs"), name);
        assert_non_null(definition);
        return is_valid(definition, value);
    }
    const char *type = text_of(rule, "type"), *constant = text_of(rule, "const");
    if (type && !has_type(type, value)) return false;
    const char *text = json_string_value(value);
    if (constant && (!text || strcmp(constant, text) != 0)) return false;
    const json_t *words = json_object_get(rule, "enum");
    bool found = !words;
    json_array_foreach(words, index, word)
    {
        found |= json_equal(word, value) != 0;
    }
    const json_t *least = json_object_get(rule, "minimum"),
                 *most = json_object_get(rule, "maximum");
    if (least && json_integer_value(value) < json_integer_value(least)) return false;
    if (most && json_integer_value(value) > json_integer_value(most)) return false;
    const char *pattern = text_of(rule, "pattern");
    if (pattern && !matches(pattern, text)) return false;
    const json_t *length = json_object_get(rule, "maxLength");
    if (length && characters(text) > (size_t)json_integer_value(length)) return false;
    return found && is_valid_object(rule, value);
}

static bool is_line(const char *line, size_t size)
{
    json_t *json = json_loadb(line, size, 0, NULL);
    assert_non_null(json);
    bool valid = is_valid(schema, json);
    json_decref(json);
    return valid;
}

/* Every line of real runs, of every level. */
static void test_real_lines(void **state)
{
    (void)state;
    for (int level = 1; level <= TUTTI_TRACE_LEVEL_MAX; level++) {
        size_t size;
        struct tutti_trace *trace = bank_run(3, level, &size);
        const char *line = tutti_trace_text(trace, &size), *end = line + size;
        while (line < end) {
            const char *newline = memchr(line, '\n', (size_t)(end - line));
            if (!is_line(line, (size_t)(newline - line))) {
                fail_msg("%.*s", (int)(newline - line), line);
            }
            line = newline + 1;
        }
        tutti_trace_close(trace, NULL);
    }
}

static const struct {
    const char *line;
    bool valid;
} lines[] = {
    {"{\"n\":1,\"t\":0,\"e\":\"of a newer tutti\",\"x\":[]}", true},
    {"{\"n\":1,\"t\":0,\"e\":\"task.run\",\"task\":1,\"new key\":null}", true},
    {"{\"n\":1,\"t\":0}", false},
    {"{\"n\":0,\"t\":0,\"e\":\"task.run\",\"task\":1}", false},
    {"{\"n\":1,\"t\":-1,\"e\":\"task.run\",\"task\":1}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"task.run\"}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"task.run\",\"task\":-1}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"task.run\",\"task\":\"1\"}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"loop.woke\",\"done\":4294967295}", true},
    {"{\"n\":1,\"t\":0,\"e\":\"loop.woke\",\"done\":4294967296}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"task.ready\",\"task\":1,\"why\":\"magic\",\"by\":0}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"scope.close\",\"scope\":1,\"caught\":1}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"warn\",\"kind\":\"check\",\"at\":\"nowhere\"}", false},
    {"{\"n\":1,\"t\":0,\"e\":\"warn\",\"kind\":\"check\",\"at\":\"a.c:7\"}", true},
    {"{\"n\":9,\"t\":0,\"e\":\"run.end\",\"outcome\":\"ok\",\"steps\":1,\"choices\":0,\"tasks\":1,"
     "\"hash\":\"12\"}",
     false},
};

static void test_good_and_bad_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (is_line(lines[i].line, strlen(lines[i].line)) != lines[i].valid) {
            fail_msg("%s", lines[i].line);
        }
    }
}

/* Each kind of the table has its rule, with its level's meaning and all of its keys. */
static void test_all_kinds(void **state)
{
    (void)state;
    const json_t *rules = json_object_get(schema, "allOf");
    assert_int_equal(json_array_size(rules), TUTTI_EVENT_KINDS);
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        const struct tutti_trace_info *info = &tutti_trace_table[kind];
        const json_t *then = json_object_get(json_array_get(rules, (size_t)kind), "then");
        const json_t *keys = json_object_get(then, "properties");
        assert_string_equal(text_of(then, "description"), info->meaning);
        assert_int_equal(json_object_size(keys), info->fields_count);
        for (int i = 0; i < info->fields_count; i++) {
            assert_non_null(json_object_get(keys, info->fields[i].key));
        }
    }
}

static int make_schema(void **state)
{
    (void)state;
    char *text = tutti_trace_schema();
    schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    return schema ? 0 : -1;
}

static int free_schema(void **state)
{
    (void)state;
    json_decref(schema);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_lines),
        cmocka_unit_test(test_good_and_bad_lines),
        cmocka_unit_test(test_all_kinds),
    };
    return cmocka_run_group_tests(tests, make_schema, free_schema);
}
