/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What people see of a trace as a whole: waits, path, stats, choices, diff. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "bank_run.h"
#include "trace_script.h"
#include "tutti/instruments/view.h"

typedef int view(struct tutti_reader *reader, const struct tutti_view_options *options,
                 tutti_print *print, void *context);

/* A view of a trace in memory; the text is to be freed with tutti_text_free. */
static struct tutti_text text_of(view *show, const char *trace, size_t size,
                                 const struct tutti_view_options *options)
{
    struct tutti_reader *reader;
    struct tutti_text out = {0};
    assert_int_equal(tutti_reader_open_memory(&reader, "text", trace, size), 0);
    int rc = show(reader, options, tutti_view_collect, &out);
    if (rc < 0) fail_msg("%d %s", rc, tutti_reader_error(reader));
    tutti_reader_close(reader);
    return out;
}

static void assert_view(view *show, const char *trace, size_t size,
                        const struct tutti_view_options *options, const char *wanted)
{
    struct tutti_text out = text_of(show, trace, size, options);
    assert_string_equal(out.bytes, wanted);
    tutti_text_free(&out);
}

/* Nothing is wider than the page. */
static void assert_narrow(const char *text, size_t width)
{
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n"), characters = 0;
        for (size_t i = 0; i < size; i++) {
            characters += ((unsigned char)line[i] & 0xc0) != 0x80;
        }
        if (characters > width) fail_msg("%zu columns: %.*s", characters, (int)size, line);
        line += size + 1;
    }
}

static struct tutti_trace *two_tellers(const char **text, size_t *size)
{
    struct tutti_trace *trace;
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 3), 0);
    assert_int_equal(script_play(trace), 0);
    *text = tutti_trace_text(trace, size);
    return trace;
}

static const struct tutti_view_options narrow = {.width = 80};

static void test_waits(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = two_tellers(&text, &size);
    assert_view(
        tutti_view_waits, text, size, &narrow,
        "object                                   waits     total   longest    steps  now\n"
        "lock \"account A\" #2                          1       4us       4us        1    1\n"
        "  in lock.acquire bank.c:43                  1       4us       4us        1    1\n"
        "  held by teller 1 #6                        1       4us       4us        1    1\n"
        "lock \"account B\" #3                          1       0us       0us        0    1\n"
        "  in lock.acquire bank.c:43                  1       0us       0us        0    1\n"
        "  held by teller 2 #7                        1       0us       0us        0    1\n");
    struct tutti_view_options one = {.width = 80, .rows = 1};
    struct tutti_text out = text_of(tutti_view_waits, text, size, &one);
    assert_non_null(strstr(out.bytes, "\n... and 1 more objects\n"));
    assert_null(strstr(out.bytes, "account B"));
    tutti_text_free(&out);
    tutti_trace_close(trace, NULL);
}

static void test_path(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = two_tellers(&text, &size);
    assert_view(tutti_view_path, text, size, &narrow,
                "the critical path has 3 steps, 0us running, 0us ready, 104us waiting\n"
                "       0us ..        0us       0us  main #1 runs\n"
                "       0us ..        0us       0us  teller 1 #6 runs\n"
                "       0us ..      104us     104us  teller 1 #6 waits in sleep at bank.c:40\n"
                "     104us ..      104us       0us  teller 1 #6 runs\n");
    tutti_trace_close(trace, NULL);
}

/* In a real run the path has no holes: each piece begins where the one before it ends. */
static void test_path_is_whole(void **state)
{
    (void)state;
    size_t size;
    struct tutti_trace *trace = bank_run(20, 3, &size);
    struct tutti_view_options options = {.width = 100, .rows = 1000000};
    struct tutti_text out =
        text_of(tutti_view_path, tutti_trace_text(trace, &size), size, &options);
    char from[40], to[40], last[40] = "0us";
    const char *line = strchr(out.bytes, '\n') + 1;
    size_t rows = 0;
    for (; *line; line = strchr(line, '\n') + 1, rows++) {
        assert_int_equal(sscanf(line, " %39s .. %39s", from, to), 2);
        assert_string_equal(from, last);
        memcpy(last, to, sizeof last);
    }
    assert_true(rows > 20);
    assert_narrow(out.bytes, 100);
    tutti_text_free(&out);
    tutti_trace_close(trace, NULL);
}

static void test_stats(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = two_tellers(&text, &size);
    assert_view(tutti_view_stats, text, size, &narrow,
                "bank transfer: deadlock after 104us\n"
                "32 events, 5 steps, 1 choices, 3 tasks, 2 objects\n"
                "\n"
                "task                       steps     ready   waiting   longest   wakes  cancels\n"
                "teller 1 #6                    2       0us     104us       0us       0        0\n"
                "teller 2 #7                    2       0us     104us       0us       0        0\n"
                "main #1                        1       0us     104us       0us       2        0\n"
                "\n"
                "object                        effects    waits     total   longest     queue\n"
                "lock \"account A\" #2                 1        1       4us       4us         0\n"
                "lock \"account B\" #3                 1        1       0us       0us         0\n");
    tutti_trace_close(trace, NULL);
}

static json_int_t sum_of(const json_t *list, const char *key)
{
    json_int_t sum = 0;
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        sum += json_integer_value(json_object_get(item, key));
    }
    return sum;
}

/* As JSON: the sums of the parts are the whole. */
static void test_stats_json(void **state)
{
    (void)state;
    size_t size;
    struct tutti_trace *trace = bank_run(20, 3, &size);
    static const struct tutti_view_options as_json = {.json = true};
    struct tutti_text out =
        text_of(tutti_view_stats, tutti_trace_text(trace, &size), size, &as_json);
    json_t *json = json_loadb(out.bytes, out.size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    const json_t *tasks = json_object_get(json, "tasks"),
                 *objects = json_object_get(json, "objects");
    const json_t *kinds = json_object_get(json, "kinds");
    assert_int_equal(json_array_size(tasks), 8);
    assert_int_equal(json_array_size(objects), 2);
    assert_int_equal(sum_of(tasks, "steps"), json_integer_value(json_object_get(json, "steps")));
    assert_int_equal(sum_of(tasks, "parks"),
                     json_integer_value(json_object_get(kinds, "task.park")));
    assert_int_equal(sum_of(objects, "effects"),
                     json_integer_value(json_object_get(kinds, "obj.op")));
    assert_int_equal(sum_of(tasks, "cancels"),
                     json_integer_value(json_object_get(kinds, "task.cancelled")));
    assert_true(sum_of(tasks, "cancels") > 0 && sum_of(objects, "wait_ns") > 0);
    const char *key;
    json_t *count;
    json_int_t events = 0;
    json_object_foreach((json_t *)kinds, key, count)
    {
        events += json_integer_value(count);
    }
    assert_int_equal(events, json_integer_value(json_object_get(json, "events")));
    json_decref(json);
    tutti_text_free(&out);
    tutti_trace_close(trace, NULL);
}

static void test_choices(void **state)
{
    (void)state;
    const char *text;
    size_t size;
    struct tutti_trace *trace = two_tellers(&text, &size);
    assert_view(tutti_view_choices, text, size, &narrow,
                " choice   event       time  kind  option    what was taken\n"
                "      1      14        0us  run   [1/2]     runs teller 2 #7\n"
                "list 1;step;run;c1;1\n");
    tutti_trace_close(trace, NULL);
}

#define TAKES(lock) "\"t\":0,\"e\":\"obj.op\",\"task\":%c,\"obj\":" lock ",\"op\":\"lock\""
#define PARKS                                                                                      \
    "\"t\":0,\"e\":\"task.park\",\"task\":%c,"                                                     \
    "\"op\":\"lock.acquire\",\"obj\":2,\"ck\":1"
#define EXITS(code)                                                                                \
    "\"t\":0,\"e\":\"task.exit\",\"task\":%c,\"outcome\":\"error\",\"err\":-" code                 \
    ",\"steps\":1,\"ck\":1"

/* Two tellers and two locks. `order` is a step for each two letters: who, and whether he locks one
 * (l) or the other (o), waits for the first (p), or exits with a code (x, y). */
static void play(struct script *script, const char *order)
{
    script_begin(script, SCRIPT_HEAD("3"));
    script_line(script, "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,"
                        "\"name\":\"main\"");
    script_line(script,
                "\"t\":0,\"e\":\"obj.new\",\"obj\":2,\"kind\":\"lock\",\"name\":\"account\","
                "\"task\":1,\"at\":\"a.c:1\"");
    script_line(script, "\"t\":0,\"e\":\"obj.new\",\"obj\":5,\"kind\":\"lock\",\"name\":\"other\","
                        "\"task\":1,\"at\":\"a.c:1\"");
    for (int id = 3; id < 5; id++) {
        char line[200];
        snprintf(line, sizeof line,
                 "\"t\":0,\"e\":\"task.spawn\",\"task\":%d,\"parent\":1,\"nursery\":0,"
                 "\"name\":\"teller %d\"",
                 id, id - 2);
        script_line(script, line);
    }
    for (const char *at = order; *at; at += 2) {
        char line[200];
        snprintf(line, sizeof line, "\"t\":0,\"e\":\"task.run\",\"task\":%c", at[0]);
        script_line(script, line);
        const char *format = at[1] == 'l'   ? TAKES("2")
                             : at[1] == 'o' ? TAKES("5")
                             : at[1] == 'p' ? PARKS
                             : at[1] == 'x' ? EXITS("5")
                                            : EXITS("6");
        snprintf(line, sizeof line, format, at[0]);
        script_line(script, line);
    }
}

static int diff_of(const struct script *a, const struct script *b, struct tutti_text *out)
{
    struct tutti_reader *left, *right;
    assert_int_equal(tutti_reader_open_memory(&left, "a", a->text, a->size), 0);
    assert_int_equal(tutti_reader_open_memory(&right, "b", b->text, b->size), 0);
    int rc = tutti_view_diff(left, right, &narrow, tutti_view_collect, out);
    tutti_reader_close(left);
    tutti_reader_close(right);
    return rc;
}

static void test_diff(void **state)
{
    (void)state;
    static struct script pass, fail;
    struct tutti_text out = {0};
    play(&pass, "3l4p");
    play(&fail, "4l3p");
    assert_int_equal(diff_of(&pass, &fail, &out), 1);
    assert_string_equal(
        out.bytes,
        "lines      the first that differ:\n"
        "  a  event 7 at 0us: task.run  task teller 1 #3\n"
        "  b  event 7 at 0us: task.run  task teller 2 #4\n"
        "choices    the same, 0\n"
        "behaviour  the first task that does something else: teller 1 #3\n"
        "  a  event 8 at 0us: obj.op  task teller 1 #3  lock \"account\" #2  op lock\n"
        "  b  event 10 at 0us: task.park  task teller 1 #3  op lock.acquire  lock \"acco..\n"
        "  a  ran until then: teller 1\n"
        "  b  ran until then: teller 2, teller 1\n");
    assert_narrow(out.bytes, 80);
    tutti_text_free(&out);
    /* Another order of the same doing. */
    play(&pass, "3l4l");
    play(&fail, "4l3l");
    assert_int_equal(diff_of(&pass, &fail, &out), 1);
    assert_non_null(strstr(out.bytes, "behaviour  every task does the same\n"));
    tutti_text_free(&out);
    assert_int_equal(diff_of(&pass, &pass, &out), 0);
    assert_string_equal(out.bytes, "lines      the same, 9 from the second on\n");
    tutti_text_free(&out);
    /* The same call for another object, the same end with another code. */
    play(&fail, "3l4o");
    assert_int_equal(diff_of(&pass, &fail, &out), 1);
    assert_non_null(strstr(out.bytes, "something else: teller 2 #4\n"));
    tutti_text_free(&out);
    play(&pass, "3x");
    play(&fail, "3y");
    assert_int_equal(diff_of(&pass, &fail, &out), 1);
    assert_non_null(strstr(out.bytes, "something else: teller 1 #3\n"));
    tutti_text_free(&out);
    play(&pass, "3l4l");
    /* One of them ends early: that is the last thing to be told. */
    play(&fail, "3l");
    assert_int_equal(diff_of(&pass, &fail, &out), 1);
    assert_non_null(strstr(out.bytes, "something else: teller 2 #4\n"));
    assert_non_null(strstr(out.bytes, "  b  nothing more, the trace ends\n"));
    tutti_text_free(&out);
}

/* Real runs, which differ in everything but what their tasks do. */
static void test_diff_of_runs(void **state)
{
    (void)state;
    struct tutti_trace *traces[2];
    struct tutti_reader *readers[2];
    struct tutti_text out = {0};
    size_t sizes[2];
    for (int i = 0; i < 2; i++) {
        traces[i] = bank_run(10 + (size_t)i, 3, &sizes[i]);
        const char *text = tutti_trace_text(traces[i], &sizes[i]);
        assert_int_equal(tutti_reader_open_memory(&readers[i], "text", text, sizes[i]), 0);
    }
    assert_int_equal(tutti_view_diff(readers[0], readers[1], &narrow, tutti_view_collect, &out), 1);
    assert_non_null(strstr(out.bytes, "something else: clerk #6\n"));
    assert_non_null(strstr(out.bytes, "task.exit  task clerk #6"));
    assert_narrow(out.bytes, 80);
    tutti_text_free(&out);
    for (int i = 0; i < 2; i++) {
        tutti_reader_close(readers[i]);
        tutti_trace_close(traces[i], NULL);
    }
}

/* Pages of 80 and of 100 columns are not wider, whatever is on them. */
static void test_widths(void **state)
{
    (void)state;
    static view *const views[] = {tutti_view_waits, tutti_view_path, tutti_view_stats,
                                  tutti_view_choices};
    size_t size;
    struct tutti_trace *trace = bank_run(5, 3, &size);
    const char *text = tutti_trace_text(trace, &size);
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        for (uint32_t width = 80; width <= 100; width += 20) {
            struct tutti_view_options options = {.width = width};
            struct tutti_text out = text_of(views[i], text, size, &options);
            assert_narrow(out.bytes, width);
            tutti_text_free(&out);
        }
    }
    tutti_trace_close(trace, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),         cmocka_unit_test(test_path),
        cmocka_unit_test(test_path_is_whole), cmocka_unit_test(test_stats),
        cmocka_unit_test(test_stats_json),    cmocka_unit_test(test_choices),
        cmocka_unit_test(test_diff),          cmocka_unit_test(test_diff_of_runs),
        cmocka_unit_test(test_widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
