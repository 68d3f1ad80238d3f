/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The export for Perfetto against the rules of its importer: slices of a thread nest (ours do not
 * even overlap), arrows bind to slices that are open at both ends, pairs match. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "bank_run.h"
#include "trace_script.h"
#include "tutti/instruments/chrome.h"

/* What an event of the export says; times in ns. */
struct item {
    char phase;
    json_int_t pid, tid, id;
    int64_t at, end;
    const char *name, *category;
};

struct export
{
    json_t *json;
    struct item *items;
    size_t count;
};

static int64_t nanoseconds(const json_t *event, const char *key)
{
    const json_t *value = json_object_get(event, key);
    assert_true(json_is_number(value));
    return llround(json_number_value(value) * 1000);
}

static struct export export_of(const char *text, size_t size, enum tutti_chrome_axis axis)
{
    struct export export = {0};
    struct tutti_reader *reader;
    struct tutti_text out = {0};
    json_error_t error;
    assert_int_equal(tutti_reader_open_memory(&reader, "text", text, size), 0);
    assert_int_equal(tutti_chrome_export(reader, axis, tutti_view_collect, &out), 0);
    tutti_reader_close(reader);
    export.json = json_loadb(out.bytes, out.size, JSON_REJECT_DUPLICATES, &error);
    if (!export.json) fail_msg("%s", error.text);
    tutti_text_free(&out);
    assert_string_equal(json_string_value(json_object_get(export.json, "displayTimeUnit")), "ns");
    json_t *events = json_object_get(export.json, "traceEvents");
    export.items = calloc(json_array_size(events) + 1, sizeof *export.items);
    size_t index;
    json_t *event;
    json_array_foreach(events, index, event)
    {
        struct item *item = &export.items[export.count++];
        const char *phase = json_string_value(json_object_get(event, "ph"));
        assert_int_equal(strlen(phase), 1);
        assert_true(json_is_integer(json_object_get(event, "pid")));
        assert_true(json_is_integer(json_object_get(event, "tid")));
        *item = (struct item){.phase = *phase,
                              .pid = json_integer_value(json_object_get(event, "pid")),
                              .tid = json_integer_value(json_object_get(event, "tid")),
                              .id = json_integer_value(json_object_get(event, "id")),
                              .at = nanoseconds(event, "ts"),
                              .name = json_string_value(json_object_get(event, "name")),
                              .category = json_string_value(json_object_get(event, "cat"))};
        assert_non_null(item->name);
        assert_true(item->at >= 0);
        item->end = item->at;
        if (*phase == 'X') item->end += nanoseconds(event, "dur");
        if (*phase == 'i') assert_non_null(json_object_get(event, "s"));
        if (*phase == 'C' || *phase == 'M') assert_non_null(json_object_get(event, "args"));
        if (*phase == 'f') {
            assert_string_equal(json_string_value(json_object_get(event, "bp")), "e");
        }
        assert_non_null(strchr("XMCibestf", *phase));
    }
    return export;
}

static void export_free(struct export *export)
{
    json_decref(export->json);
    free(export->items);
}

static int by_thread(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if ((x->phase == 'X') != (y->phase == 'X')) return x->phase == 'X' ? -1 : 1;
    if (x->pid != y->pid) return x->pid < y->pid ? -1 : 1;
    if (x->tid != y->tid) return x->tid < y->tid ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Sorts slices to the front; returns their number. */
static size_t check_slices(struct export *export)
{
    size_t count = 0;
    qsort(export->items, export->count, sizeof *export->items, by_thread);
    while (count < export->count && export->items[count].phase == 'X')
        count++;
    for (size_t i = 0; i < count; i++) {
        const struct item *now = &export->items[i], *next = &export->items[i + 1];
        assert_true(now->end > now->at);
        bool together = i + 1 < count && next->pid == now->pid && next->tid == now->tid;
        if (together && next->at < now->end) {
            fail_msg("\"%s\" at %lld overlaps \"%s\" at %lld", now->name, (long long)now->at,
                     next->name, (long long)next->at);
        }
    }
    return count;
}

/* The slice strictly around a moment of a thread. */
static const struct item *slice_around(const struct export *export, size_t slices,
                                       const struct item *item)
{
    struct item key = *item;
    key.phase = 'X';
    size_t low = 0, high = slices;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (by_thread(&export->items[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct item *slice = low > 0 ? &export->items[low - 1] : NULL;
    bool around = slice && slice->pid == item->pid && slice->tid == item->tid &&
                  slice->at < item->at && slice->end > item->at;
    return around ? slice : NULL;
}

static int by_number(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Beginnings and ends, one of each for each number; what they must agree in is told by `check`. */
static size_t check_pairs(const struct export *export, char begin, char end,
                          void (*check)(const struct item *begin, const struct item *end))
{
    struct item *begins = calloc(export->count + 1, sizeof *begins);
    struct item *ends = calloc(export->count + 1, sizeof *ends);
    size_t count = 0, others = 0;
    for (size_t i = 0; i < export->count; i++) {
        if (export->items[i].phase == begin) begins[count++] = export->items[i];
        if (export->items[i].phase == end) ends[others++] = export->items[i];
    }
    assert_int_equal(count, others);
    qsort(begins, count, sizeof *begins, by_number);
    qsort(ends, count, sizeof *ends, by_number);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(begins[i].id, ends[i].id);
        assert_true(i == 0 || begins[i].id != begins[i - 1].id);
        assert_string_equal(begins[i].name, ends[i].name);
        assert_string_equal(begins[i].category, ends[i].category);
        assert_true(begins[i].at <= ends[i].at);
        check(&begins[i], &ends[i]);
    }
    free(begins);
    free(ends);
    return count;
}

static const struct export *checked;
static size_t checked_slices;

static void check_flow(const struct item *begin, const struct item *end)
{
    const struct item *from = slice_around(checked, checked_slices, begin);
    const struct item *to = slice_around(checked, checked_slices, end);
    if (!from || !to) fail_msg("arrow %lld hangs in the air", (long long)begin->id);
    assert_string_equal(from->category, "running");
    assert_string_equal(to->category, "running");
}

static void check_async(const struct item *begin, const struct item *end)
{
    assert_int_equal(begin->pid, end->pid);
}

static size_t flows_of(struct export *export)
{
    checked = export;
    checked_slices = check_slices(export);
    assert_true(checked_slices > 0);
    check_pairs(export, 'b', 'e', check_async);
    return check_pairs(export, 's', 'f', check_flow);
}

static size_t count_of(const struct export *export, char phase, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < export->count; i++) {
        count += export->items[i].phase == phase && strcmp(export->items[i].name, name) == 0;
    }
    return count;
}

/* A real run on both axes: most of its steps take no time. */
static void test_real_run(void **state)
{
    (void)state;
    size_t size;
    struct tutti_trace *trace = bank_run(50, 3, &size);
    const char *text = tutti_trace_text(trace, &size);
    for (int axis = TUTTI_CHROME_TIME; axis <= TUTTI_CHROME_STEPS; axis++) {
        struct export export = export_of(text, size, (enum tutti_chrome_axis)axis);
        assert_true(flows_of(&export) > 100);
        assert_int_equal(count_of(&export, 'M', "thread_name"), 8);
        assert_int_equal(count_of(&export, 'M', "thread_sort_index"), 8);
        assert_true(count_of(&export, 'M', "process_name") > 1);
        assert_true(count_of(&export, 'i', "scope.cancel") > 0);
        assert_true(count_of(&export, 'i', "task.cancelled") > 0);
        assert_true(count_of(&export, 'C', "ready tasks") > 0);
        assert_true(count_of(&export, 'X', "lock.acquire") > 0);
        export_free(&export);
    }
    tutti_trace_close(trace, NULL);
}

/* A deadlock, as the bank of the script: what waits, waits to the end. */
static void test_deadlock(void **state)
{
    (void)state;
    struct tutti_trace *trace;
    size_t size;
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 3), 0);
    assert_int_equal(script_play(trace), 0);
    const char *text = tutti_trace_text(trace, &size);
    struct export export = export_of(text, size, TUTTI_CHROME_TIME);
    flows_of(&export);
    assert_int_equal(count_of(&export, 'X', "lock.acquire"), 2);
    for (size_t i = 0; i < export.count; i++) {
        if (export.items[i].phase != 'X') continue;
        if (strcmp(export.items[i].name, "lock.acquire") != 0) continue;
        assert_true(export.items[i].end >= 104000);
    }
    export_free(&export);
    tutti_trace_close(trace, NULL);
}

/* Operations of the world are pairs, also those that never end, and names are escaped. */
static void test_pairs(void **state)
{
    (void)state;
    static struct script script;
    script_begin(&script, SCRIPT_HEAD("3"));
    script_line(&script, "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,"
                         "\"name\":\"a \\\"b\\\" \\n </script>\"");
    script_line(&script, "\"t\":0,\"e\":\"task.ready\",\"task\":1,\"why\":\"spawn\",\"by\":0");
    script_line(&script, "\"t\":0,\"e\":\"task.run\",\"task\":1");
    script_line(&script, "\"t\":0,\"e\":\"io.submit\",\"io\":2,\"task\":1,\"op\":\"read\"");
    script_line(&script, "\"t\":0,\"e\":\"io.submit\",\"io\":3,\"task\":1,\"op\":\"recv\"");
    script_line(&script, "\"t\":0,\"e\":\"task.park\",\"task\":1,\"op\":\"io.read\",\"obj\":2,"
                         "\"ck\":1");
    script_line(&script, "\"t\":7,\"e\":\"io.done\",\"io\":2,\"res\":64");
    script_line(&script, "\"t\":7,\"e\":\"task.ready\",\"task\":1,\"why\":\"io\",\"by\":0");
    struct export export = export_of(script.text, script.size, TUTTI_CHROME_TIME);
    flows_of(&export);
    assert_int_equal(check_pairs(&export, 'b', 'e', check_async), 2);
    assert_int_equal(count_of(&export, 'X', "ready"), 1); /* the other took no time */
    export_free(&export);
}

static void test_low_level(void **state)
{
    (void)state;
    struct tutti_trace *trace;
    struct tutti_reader *reader;
    struct tutti_text out = {0};
    size_t size;
    assert_int_equal(tutti_trace_open_memory(&trace, &script_header, 2), 0);
    const char *text = tutti_trace_text(trace, &size);
    assert_int_equal(tutti_reader_open_memory(&reader, "text", text, size), 0);
    assert_int_equal(tutti_chrome_export(reader, TUTTI_CHROME_TIME, tutti_view_collect, &out),
                     TUTTI_EINVALID);
    assert_string_equal(tutti_reader_error(reader),
                        "text:1: the trace is of level 2, and chrome needs level 3 (write it again "
                        "with a higher level)");
    assert_int_equal(out.size, 0);
    tutti_reader_close(reader);
    tutti_trace_close(trace, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_run),
        cmocka_unit_test(test_deadlock),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_low_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
