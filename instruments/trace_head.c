/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/trace_head_priv.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/encode_priv.h"

void head_valid(struct tutti_text *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length((const unsigned char *)text + i, size - i);
        tutti_text_add(out, length ? text + i : "\xef\xbf\xbd", length ? length : 3);
        i += length ? length : 1;
    }
}

/* A JSON string of any text: bytes that are not UTF-8 become U+FFFD. NULL: no memory. */
static json_t *json_text(const char *text)
{
    size_t size = text ? strlen(text) : 0;
    json_t *json = json_stringn(text ? text : "", size);
    if (json) return json;
    struct tutti_text valid = {0};
    head_valid(&valid, text, size);
    json = valid.failed ? NULL : json_stringn(valid.bytes, valid.size);
    tutti_text_free(&valid);
    return json;
}

/* Sets a key to a new value; jansson refuses NULL, which is how lack of memory shows. */
static int set(json_t *line, const char *key, json_t *value)
{
    return json_object_set_new(line, key, value) < 0 ? TUTTI_ENOMEMORY : 0;
}

static json_t *json_list(const char *const *texts)
{
    json_t *array = json_array();
    for (; array && texts && *texts; texts++) {
        if (json_array_append_new(array, json_text(*texts)) < 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static int set_start(json_t *line, uint64_t n, int64_t t_ns, enum tutti_trace_kind kind)
{
    int rc = set(line, "n", json_integer((json_int_t)n));
    if (rc == 0) rc = set(line, "t", json_integer(t_ns));
    if (rc == 0) rc = set(line, "e", json_string(tutti_trace_table[kind].text));
    return rc;
}

/* JSON has no larger ones, and no run has so many. */
static int set_size(json_t *line, const char *key, uint64_t size)
{
    return size && size <= INT64_MAX ? set(line, key, json_integer((json_int_t)size)) : 0;
}

static int set_header(json_t *line, const struct tutti_trace_header *header, int level)
{
    char seed[24];
    snprintf(seed, sizeof seed, "0x%" PRIx64, header->seed);
    int rc = set_start(line, 1, 0, TUTTI_EVENT_RUN_BEGIN);
    if (rc == 0) rc = set(line, "v", json_integer(TUTTI_TRACE_VERSION));
    if (rc == 0) rc = set(line, "prog", json_text(header->prog));
    if (rc == 0) rc = set(line, "test", json_text(header->test));
    if (rc == 0) rc = set(line, "args", json_list(header->args));
    if (rc == 0) rc = set(line, "version", json_string(TUTTI_VERSION));
    if (rc == 0 && header->build) rc = set(line, "build", json_text(header->build));
    if (rc == 0) rc = set(line, "world", json_text(header->world));
    if (rc == 0 && header->clock) rc = set(line, "clock", json_text(header->clock));
    if (rc == 0) rc = set(line, "seed", json_string(seed));
    if (rc == 0) rc = set(line, "policy", json_text(header->policy));
    if (rc == 0) rc = set_size(line, "steps", header->steps_max);
    if (rc == 0) rc = set_size(line, "stack", header->stack_size);
    if (rc == 0) rc = set(line, "level", json_integer(level));
    if (rc == 0 && header->list) rc = set(line, "list", json_text(header->list));
    return rc;
}

static int add_bytes(const char *bytes, size_t size, void *out)
{
    tutti_text_add(out, bytes, size);
    return ((struct tutti_text *)out)->failed ? -1 : 0;
}

int head_line(struct tutti_text *out, const struct tutti_trace_header *header, int level)
{
    json_t *line = json_object();
    int rc = line ? set_header(line, header, level) : TUTTI_ENOMEMORY;
    if (rc == 0 && json_dump_callback(line, add_bytes, out, JSON_COMPACT) < 0) rc = TUTTI_ENOMEMORY;
    tutti_text_add(out, "\n", 1);
    json_decref(line);
    return out->failed ? TUTTI_ENOMEMORY : rc;
}

static int set_summary(json_t *line, const struct tutti_trace_event *event, uint64_t n,
                       uint64_t hash)
{
    const char *const *outcomes = tutti_trace_table[TUTTI_EVENT_RUN_END].fields[0].words;
    uint8_t code = event->code < TUTTI_WORDS_END_outcome ? event->code : TUTTI_OUTCOME_ERROR;
    char digits[24];
    snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    int rc = set_start(line, n, event->t_ns, TUTTI_EVENT_RUN_END);
    if (rc == 0) rc = set(line, "outcome", json_string(outcomes[code]));
    if (rc == 0) rc = set(line, "steps", json_integer(event->arg));
    if (rc == 0) rc = set(line, "choices", json_integer((json_int_t)event->obj));
    if (rc == 0) rc = set(line, "tasks", json_integer((json_int_t)event->task));
    if (rc == 0) rc = set(line, "hash", json_string(digits));
    return rc;
}

int tail_line(char *out, size_t room, const struct tutti_trace_event *event, uint64_t n,
              uint64_t hash)
{
    json_t *line = json_object();
    int rc = line ? set_summary(line, event, n, hash) : TUTTI_ENOMEMORY;
    size_t size = rc == 0 ? json_dumpb(line, out, room, JSON_COMPACT) : 0;
    json_decref(line);
    if (rc < 0) return rc;
    return size == 0 || size > room ? TUTTI_ENOMEMORY : (int)size;
}
