/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Lines of the writer are what jansson would write: random events of all kinds, nasty texts. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "trace_script.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/ring.h"

/* xorshift64*: the same events in every run of the test. */
static uint64_t random_state;
static uint64_t random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static const char *const texts[] = {
    "",
    "plain",
    "quote \" backslash \\ slash /",
    "\b\f\n\r\t\x01\x1f\x7f",
    "gr\xc3\xbc\xc3\x9f e \xe2\x82\xac \xf0\x9f\x8e\xbb",
    "cut \xe2\x82",
    "\xff\xfe lone \x80",
    "overlong \xc0\xaf \xe0\x80\xaf",
    "surrogate \xed\xa0\x80",
    "too far \xf4\x90\x80\x80 \xf8\x88\x80\x80\x80",
};

static int64_t random_number(void)
{
    static const int64_t numbers[] = {0, 1, -1, 10, 4096, INT64_MAX, INT64_MIN, TUTTI_NEVER - 1};
    uint64_t random = random_next();
    if (random % 3 == 0) return numbers[random / 3 % (sizeof numbers / sizeof *numbers)];
    return (int64_t)(random >> (random % 61));
}

/* Random bytes, random length; often a known text. */
static const char *random_text(char buffer[3000])
{
    uint64_t random = random_next();
    if (random % 4 == 0) return texts[random / 4 % (sizeof texts / sizeof *texts)];
    size_t size = random % 50 == 1 ? random / 50 % 2999 : random / 50 % 40;
    for (size_t i = 0; i < size; i++) {
        buffer[i] = (char)(random_next() % 255 + 1);
    }
    buffer[size] = '\0';
    return buffer;
}

/* How many words the coded field in this member has. */
static size_t words_of(const struct tutti_trace_info *info, size_t offset)
{
    size_t count = 0;
    for (int i = 0; i < info->fields_count; i++) {
        const struct tutti_trace_field *field = &info->fields[i];
        if (field->type != TUTTI_FIELD_WORD || field->offset != offset) continue;
        while (field->words[count]) {
            count++;
        }
    }
    return count ? count : 1;
}

/* A random event of a kind, its texts in the two buffers. */
/* Of those that stand between the first line and the last. */
enum { FIRST_INSIDE = TUTTI_EVENT_RUN_SOFAR + 1 };

static struct tutti_trace_event random_event(int kind, char name[3000], char file[3000],
                                             struct tutti_site *site)
{
    const struct tutti_trace_info *info = &tutti_trace_table[kind];
    size_t codes = words_of(info, offsetof(struct tutti_trace_event, code));
    size_t codes2 = words_of(info, offsetof(struct tutti_trace_event, code2));
    *site = (struct tutti_site){random_text(file), (uint32_t)random_next(), "f"};
    return (struct tutti_trace_event){.kind = (uint8_t)kind,
                                      .t_ns = (int64_t)(random_next() >> 11),
                                      .task = random_next() >> (1 + random_next() % 60),
                                      .obj = random_next() >> (1 + random_next() % 60),
                                      .by = random_next() >> (1 + random_next() % 60),
                                      .arg = random_number(),
                                      .count = (uint32_t)random_next(),
                                      .name = random_next() % 5 ? random_text(name) : NULL,
                                      .site = random_next() % 5 ? site : NULL,
                                      .code = (uint8_t)(random_next() % codes),
                                      .code2 = (uint8_t)(random_next() % codes2),
                                      .flag = random_next() % 2};
}

static void assert_line_is_jansson(const char *line, size_t size)
{
    json_error_t error;
    json_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
    if (!json) fail_msg("%s in %.*s", error.text, (int)size, line);
    char *again = json_dumps(json, JSON_COMPACT);
    assert_int_equal(strlen(again), size);
    assert_memory_equal(again, line, size);
    free(again);
    json_decref(json);
}

/* json_dumps(json_loads(line)) is the line. */
static void test_lines_are_jansson_s(void **state)
{
    (void)state;
    static char name[3000], file[3000];
    struct tutti_site site;
    random_state = 29;
    for (int round = 0; round < 400; round++) {
        struct tutti_trace *trace;
        size_t size;
        assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 4), 0);
        struct tutti_sink *sink = tutti_trace_sink(trace);
        for (int kind = FIRST_INSIDE; kind <= TUTTI_EVENT_KINDS; kind++) {
            /* run.end comes last; names in the file are static for the writer */
            int now = kind == TUTTI_EVENT_KINDS ? TUTTI_EVENT_RUN_END : kind;
            struct tutti_trace_event event = random_event(now, name, file, &site);
            assert_int_equal(sink->event(sink, &event), 0);
            sink->idle(sink);
        }
        const char *line = tutti_trace_text(trace, &size), *end = line + size;
        int lines = 0;
        for (; line < end; lines++) {
            const char *newline = memchr(line, '\n', (size_t)(end - line));
            assert_non_null(newline);
            assert_line_is_jansson(line, (size_t)(newline - line));
            line = newline + 1;
        }
        assert_int_equal(lines, 2 + TUTTI_EVENT_KINDS - FIRST_INSIDE);
        assert_int_equal(tutti_trace_close(trace, NULL), 0);
    }
}

/* What the reader makes of one event of a trace in memory. */
static void read_back(const char *text, size_t size, struct tutti_reader **reader,
                      const struct tutti_trace_record **record)
{
    int rc = tutti_reader_open_memory(reader, "memory", text, size);
    if (rc < 0) fail_msg("%s", tutti_reader_error(*reader));
    for (int i = 0; i < 2; i++) {
        rc = tutti_reader_next(*reader, record);
        if (rc != 1) fail_msg("%s", tutti_reader_error(*reader));
    }
}

/* Fields that the table has come back as they were; the others are 0. */
static void test_events_come_back(void **state)
{
    (void)state;
    static char name[3000], file[3000];
    struct tutti_site site;
    random_state = 31;
    for (int round = 0; round < 2000; round++) {
        struct tutti_trace *traces[2];
        struct tutti_reader *reader;
        const struct tutti_trace_record *record;
        size_t sizes[2];
        int kind = FIRST_INSIDE + round % (TUTTI_EVENT_KINDS - FIRST_INSIDE);
        struct tutti_trace_event event = random_event(kind, name, file, &site);
        /* Mended bytes become three: so short that the mended text is not cut. */
        name[TUTTI_TRACE_TEXT_MAX / 3] = file[TUTTI_TRACE_TEXT_MAX / 3] = '\0';
        assert_int_equal(tutti_trace_open_memory(&traces[0], &script_header, 4), 0);
        assert_int_equal(tutti_trace_open_memory(&traces[1], &script_header, 4), 0);
        struct tutti_sink *sink = tutti_trace_sink(traces[0]);
        assert_int_equal(sink->event(sink, &event), 0);
        const char *text = tutti_trace_text(traces[0], &sizes[0]);
        read_back(text, sizes[0], &reader, &record);
        assert_true(record->known);
        /* Written again it gives the same bytes: nothing was lost on the way. */
        sink = tutti_trace_sink(traces[1]);
        assert_int_equal(sink->event(sink, &record->event), 0);
        const char *again = tutti_trace_text(traces[1], &sizes[1]);
        assert_string_equal(again, text);
        assert_int_equal(sizes[0], sizes[1]);
        assert_int_equal(tutti_reader_skipped_keys(reader), 0);
        tutti_reader_close(reader);
        assert_int_equal(tutti_trace_close(traces[0], NULL), 0);
        assert_int_equal(tutti_trace_close(traces[1], NULL), 0);
    }
}

/* Reads one line that stands behind a head, and writes what was read. */
static char *written_again(const char *line)
{
    static char text[40000];
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    struct tutti_trace *trace;
    int size = snprintf(text, sizeof text, "%s%s\n", SCRIPT_HEAD("4"), line);
    read_back(text, (size_t)size, &reader, &record);
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 4), 0);
    struct tutti_sink *sink = tutti_trace_sink(trace);
    assert_int_equal(sink->event(sink, &record->event), 0);
    char *again = strdup(strchr(tutti_trace_text(trace, NULL), '\n') + 1);
    assert_int_equal(tutti_trace_close(trace, NULL), 0);
    tutti_reader_close(reader);
    return again;
}

/* The two ways to read a line, with jansson and without, find the same in it: a space before the
 * first key is enough for the other way. */
static void test_two_ways_to_read(void **state)
{
    (void)state;
    static char name[3000], file[3000], line[20000], other[20010];
    struct tutti_site site;
    random_state = 37;
    for (int round = 0; round < 3000; round++) {
        struct tutti_trace *trace;
        int kind = FIRST_INSIDE + round % (TUTTI_EVENT_KINDS - FIRST_INSIDE);
        struct tutti_trace_event event = random_event(kind, name, file, &site);
        assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 4), 0);
        struct tutti_sink *sink = tutti_trace_sink(trace);
        assert_int_equal(sink->event(sink, &event), 0);
        const char *text = strchr(tutti_trace_text(trace, NULL), '\n') + 1;
        snprintf(line, sizeof line, "%.*s", (int)strcspn(text, "\n"), text);
        snprintf(other, sizeof other, "{ %s", line + 1);
        assert_int_equal(tutti_trace_close(trace, NULL), 0);
        char *fast = written_again(line), *slow = written_again(other);
        assert_string_equal(fast, slow);
        free(fast);
        free(slow);
    }
}

static void assert_name_written(const char *name, const char *wanted)
{
    struct tutti_trace *trace;
    struct tutti_trace_event event = {.kind = TUTTI_EVENT_TASK_SPAWN, .task = 1, .name = name};
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 2), 0);
    struct tutti_sink *sink = tutti_trace_sink(trace);
    assert_int_equal(sink->event(sink, &event), 0);
    const char *text = strchr(tutti_trace_text(trace, NULL), '\n') + 1;
    char line[8192];
    snprintf(line, sizeof line,
             "{\"n\":2,\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,"
             "\"name\":\"%s\"}\n",
             wanted);
    assert_string_equal(text, line);
    assert_int_equal(tutti_trace_close(trace, NULL), 0);
}

static void test_names_made_valid(void **state)
{
    (void)state;
    static char name[2000], wanted[2000];
    assert_name_written("a\"b\\c/d", "a\\\"b\\\\c/d");
    assert_name_written("\b\f\n\r\t\x01\x1f\x7f", "\\b\\f\\n\\r\\t\\u0001\\u001F\x7f");
    assert_name_written("\xc3\xbc", "\xc3\xbc");
    assert_name_written("\xff", "\xef\xbf\xbd");
    assert_name_written("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
    assert_name_written("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    /* The longest that is kept whole, and one more, which is cut and says so. */
    memset(name, 'x', TUTTI_TRACE_TEXT_MAX);
    name[TUTTI_TRACE_TEXT_MAX] = '\0';
    assert_name_written(name, name);
    memset(name, 'x', TUTTI_TRACE_TEXT_MAX + 1);
    memset(wanted, 'x', TUTTI_TRACE_TEXT_MAX - 3);
    memcpy(wanted + TUTTI_TRACE_TEXT_MAX - 3, "...", 4);
    assert_name_written(name, wanted);
    /* A character that the cut would split goes as a whole. */
    memcpy(name + TUTTI_TRACE_TEXT_MAX - 4, "\xc3\xbc", 2);
    memcpy(wanted + TUTTI_TRACE_TEXT_MAX - 4, "...", 4);
    assert_name_written(name, wanted);
}

static void test_optional_fields(void **state)
{
    (void)state;
    const struct tutti_trace_event events[] = {
        {.kind = TUTTI_EVENT_TASK_PARK, .task = 1, .name = "sleep", .arg = 0},
        {.kind = TUTTI_EVENT_TASK_PARK, .task = 1, .name = "sleep", .arg = TUTTI_NEVER},
        {.kind = TUTTI_EVENT_SCOPE_SET, .obj = 2, .arg = 5, .flag = true},
        {.kind = TUTTI_EVENT_SCOPE_CLOSE, .obj = 2},
    };
    struct tutti_trace *trace;
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 3), 0);
    struct tutti_sink *sink = tutti_trace_sink(trace);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        assert_int_equal(sink->event(sink, &events[i]), 0);
    }
    assert_string_equal(
        strchr(tutti_trace_text(trace, NULL), '\n') + 1,
        "{\"n\":2,\"t\":0,\"e\":\"task.park\",\"task\":1,\"op\":\"sleep\",\"until\":0,\"ck\":0}\n"
        "{\"n\":3,\"t\":0,\"e\":\"task.park\",\"task\":1,\"op\":\"sleep\",\"ck\":0}\n"
        "{\"n\":4,\"t\":0,\"e\":\"scope.set\",\"scope\":2,\"until\":5,\"shield\":true}\n"
        "{\"n\":5,\"t\":0,\"e\":\"scope.close\",\"scope\":2,\"caught\":false}\n");
    assert_int_equal(tutti_trace_close(trace, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_jansson_s), cmocka_unit_test(test_events_come_back),
        cmocka_unit_test(test_two_ways_to_read),    cmocka_unit_test(test_names_made_valid),
        cmocka_unit_test(test_optional_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
