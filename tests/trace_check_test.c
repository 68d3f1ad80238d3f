/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The rules between events: each is broken once, by one line of an else good trace. And comparing.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "trace_script.h"
#include "tutti/instruments/trace_check.h"

/* A small run: main opens a nursery, a child waits for an event that main sets. */
static const char *const run[] = {
    /* 2 */ "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,\"name\":\"main\","
            "\"at\":\"a.c:1\"",
    /* 3 */ "\"t\":0,\"e\":\"task.ready\",\"task\":1,\"why\":\"spawn\",\"by\":0",
    /* 4 */ "\"t\":0,\"e\":\"task.run\",\"task\":1",
    /* 5 */ "\"t\":0,\"e\":\"scope.open\",\"scope\":2,\"task\":1,\"parent\":0,\"at\":\"a.c:2\"",
    /* 6 */ "\"t\":0,\"e\":\"nursery.open\",\"nursery\":3,\"task\":1,\"scope\":2,\"at\":\"a.c:2\"",
    /* 7 */ "\"t\":0,\"e\":\"obj.new\",\"obj\":4,\"kind\":\"event\",\"task\":1,\"at\":\"a.c:3\"",
    /* 8 */
    "\"t\":0,\"e\":\"task.spawn\",\"task\":5,\"parent\":1,\"nursery\":3,\"name\":\"kid\","
    "\"at\":\"a.c:4\"",
    /* 9 */ "\"t\":0,\"e\":\"task.ready\",\"task\":5,\"why\":\"spawn\",\"by\":1",
    /* 10 */ "\"t\":0,\"e\":\"task.park\",\"task\":1,\"op\":\"yield\",\"ck\":1",
    /* 11 */ "\"t\":0,\"e\":\"task.ready\",\"task\":1,\"why\":\"yield\",\"by\":1",
    /* 12 */
    "\"t\":0,\"e\":\"choice\",\"kind\":\"run\",\"of\":2,\"pick\":1,\"key\":5,"
    "\"what\":\"task\"",
    /* 13 */ "\"t\":0,\"e\":\"task.run\",\"task\":5",
    /* 14 */ "\"t\":0,\"e\":\"task.park\",\"task\":5,\"op\":\"event.wait\",\"obj\":4,\"ck\":1",
    /* 15 */ "\"t\":0,\"e\":\"task.run\",\"task\":1",
    /* 16 */ "\"t\":0,\"e\":\"obj.op\",\"task\":1,\"obj\":4,\"op\":\"event.set\"",
    /* 17 */ "\"t\":0,\"e\":\"task.ready\",\"task\":5,\"why\":\"wake\",\"by\":1,\"obj\":4",
    /* 18 */ "\"t\":0,\"e\":\"task.park\",\"task\":1,\"op\":\"nursery.join\",\"obj\":3,\"ck\":1",
    /* 19 */ "\"t\":7,\"e\":\"task.run\",\"task\":5",
    /* 20 */ "\"t\":7,\"e\":\"task.ready\",\"task\":1,\"why\":\"wake\",\"by\":5,\"obj\":3",
    /* 21 */ "\"t\":7,\"e\":\"task.exit\",\"task\":5,\"outcome\":\"ok\",\"steps\":2,\"ck\":1",
    /* 22 */ "\"t\":7,\"e\":\"task.run\",\"task\":1",
    /* 23 */ "\"t\":7,\"e\":\"nursery.close\",\"nursery\":3,\"outcome\":\"ok\"",
    /* 24 */ "\"t\":7,\"e\":\"scope.close\",\"scope\":2,\"caught\":false",
    /* 25 */ "\"t\":7,\"e\":\"obj.free\",\"obj\":4",
    /* 26 */ "\"t\":7,\"e\":\"task.exit\",\"task\":1,\"outcome\":\"ok\",\"steps\":3,\"ck\":2",
};
enum { RUN_LINES = sizeof run / sizeof *run };

/* The run with another line `line` (NULL: without it), or with one more before it. */
static void write_run(struct script *script, int line, const char *instead, bool insert)
{
    script_begin(script, SCRIPT_HEAD("3"));
    for (int i = 0; i < RUN_LINES; i++) {
        if (i + 2 == line && instead) script_line(script, instead);
        if (i + 2 != line || insert) script_line(script, run[i]);
    }
}

static int check(const struct script *script, struct tutti_check_result *result)
{
    struct tutti_reader *reader;
    int rc = tutti_reader_open_memory(&reader, "run", script->text, script->size);
    if (rc < 0) fail_msg("%s", tutti_reader_error(reader));
    rc = tutti_trace_check(reader, result);
    assert_true((rc < 0) == (*result->message != '\0'));
    tutti_reader_close(reader);
    return rc;
}

static void test_good_run(void **state)
{
    (void)state;
    static struct script script;
    struct tutti_check_result result;
    write_run(&script, 0, NULL, false);
    script_end(&script, "ok", 5, 1, 2);
    if (check(&script, &result) < 0) fail_msg("%s", result.message);
    assert_int_equal(result.lines, RUN_LINES + 2);
    assert_int_equal(result.tasks, 2);
    assert_int_equal(result.steps, 5);
    assert_int_equal(result.choices, 1);
    assert_true(result.hash == script.hash);
}

static const struct {
    int line;
    bool insert;
    const char *instead;
    const char *reason;
} broken[] = {
    {2, false, NULL, "task is #1, which was never made"},
    {19, false, "\"t\":7,\"e\":\"task.run\",\"task\":1",
     "task.run names task #1, which is waiting since line 18, where a ready task is wanted"},
    {22, true, "\"t\":6,\"e\":\"loop.woke\",\"done\":0", "t is 6 after 7, time never falls"},
    {4, true,
     "\"t\":0,\"e\":\"task.spawn\",\"task\":1,\"parent\":0,\"nursery\":0,\"name\":\"b\","
     "\"at\":\"a.c:1\"",
     "a new id names task #1, which is ready since line 3, where one that was never used is"},
    {4, true,
     "\"t\":0,\"e\":\"task.spawn\",\"task\":0,\"parent\":0,\"nursery\":0,\"name\":\"b\","
     "\"at\":\"a.c:1\"",
     "a new task has the id 0, the runtime's"},
    {5, true,
     "\"t\":0,\"e\":\"task.spawn\",\"task\":9,\"parent\":8,\"nursery\":0,\"name\":\"b\","
     "\"at\":\"a.c:1\"",
     "parent is #8, which was never made"},
    {5, true,
     "\"t\":0,\"e\":\"task.spawn\",\"task\":9,\"parent\":1,\"nursery\":1,\"name\":\"b\","
     "\"at\":\"a.c:1\"",
     "nursery names task #1, which is running since line 4, where an open nursery is wanted"},
    {24, true,
     "\"t\":7,\"e\":\"task.spawn\",\"task\":9,\"parent\":1,\"nursery\":3,\"name\":\"b\","
     "\"at\":\"a.c:1\"",
     "nursery names nursery #3, which is gone since line 23, where an open nursery is wanted"},
    {22, true, "\"t\":7,\"e\":\"task.ready\",\"task\":5,\"why\":\"wake\",\"by\":1",
     "task names task #5, which is gone since line 21, where an open task is wanted"},
    {5, true, "\"t\":0,\"e\":\"task.ready\",\"task\":1,\"why\":\"wake\",\"by\":0",
     "task.ready names task #1, which is running since line 4, where a waiting task is wanted"},
    {15, true, "\"t\":0,\"e\":\"task.ready\",\"task\":5,\"why\":\"wake\",\"by\":44",
     "by is #44, which was never made"},
    {10, true, "\"t\":0,\"e\":\"task.run\",\"task\":5",
     "task #5 runs while task #1 is running since line 4"},
    {13, false, "\"t\":0,\"e\":\"task.run\",\"task\":1",
     "task #1 runs, but the choice of line 12 took task #5"},
    {12, false,
     "\"t\":0,\"e\":\"choice\",\"kind\":\"run\",\"of\":2,\"pick\":2,\"key\":5,"
     "\"what\":\"task\"",
     "pick is 2 of 2 options, it is below of"},
    {12, false,
     "\"t\":0,\"e\":\"choice\",\"kind\":\"run\",\"of\":1,\"pick\":0,\"key\":5,"
     "\"what\":\"task\"",
     "of is 1, and a choice has two options or more"},
    {12, false,
     "\"t\":0,\"e\":\"choice\",\"kind\":\"run\",\"of\":2,\"pick\":1,\"key\":6,"
     "\"what\":\"cancel\"",
     "key is #6, which was never made"},
    {14, false, "\"t\":0,\"e\":\"task.park\",\"task\":1,\"op\":\"yield\",\"ck\":1",
     "task.park names task #1, which is ready since line 11, where a running task is wanted"},
    {26, true, "\"t\":7,\"e\":\"task.park\",\"task\":1,\"op\":\"yield\",\"obj\":4,\"ck\":1",
     "obj names object #4, which is gone since line 25, where one that is still there is wanted"},
    {26, true, "\"t\":7,\"e\":\"obj.op\",\"task\":1,\"obj\":4,\"op\":\"event.set\"",
     "obj names object #4, which is gone since line 25"},
    {26, true, "\"t\":7,\"e\":\"obj.free\",\"obj\":4",
     "obj names object #4, which is gone since line 25, where an open object is wanted"},
    {7, true, "\"t\":0,\"e\":\"nursery.close\",\"nursery\":2,\"outcome\":\"ok\"",
     "nursery names scope #2, which is open since line 5, where an open nursery is wanted"},
    {19, true, "\"t\":0,\"e\":\"nursery.close\",\"nursery\":3,\"outcome\":\"ok\"",
     "nursery #3 closes while 1 of its tasks did not exit"},
    {22, true, "\"t\":7,\"e\":\"task.exit\",\"task\":1,\"outcome\":\"ok\",\"steps\":1,\"ck\":0",
     "task.exit names task #1, which is ready since line 20, where the running task is wanted"},
    {24, false, "\"t\":7,\"e\":\"loop.woke\",\"done\":0",
     "task #1 exits with scope #2 of line 5 still open"},
    {25, true, "\"t\":7,\"e\":\"scope.close\",\"scope\":2,\"caught\":false",
     "scope names scope #2, which is gone since line 24, where an open scope is wanted"},
    {25, true, "\"t\":7,\"e\":\"scope.cancel\",\"scope\":2,\"why\":\"call\",\"by\":1",
     "scope names scope #2, which is gone since line 24, where an open scope is wanted"},
    {7, true, "\"t\":0,\"e\":\"scope.cancel\",\"scope\":2,\"why\":\"call\",\"by\":17",
     "by is #17, which was never made"},
    {7, true, "\"t\":0,\"e\":\"io.done\",\"io\":4,\"res\":1", "io is #4, which was never made"},
    {7, true, "\"t\":0,\"e\":\"io.data\",\"io\":4,\"data\":\"YQ==\"",
     "io is #4, which was never made"},
    {7, true, "\"t\":0,\"e\":\"post.seen\",\"obj\":2,\"look\":1,\"posts\":1",
     "obj names scope #2, which is open since line 5, where an open object is wanted"},
    {7, true, "\"t\":0,\"e\":\"clock.read\",\"ns\":1",
     "clock.read has ns 1 and t 0, which are one time"},
    {7, true, "\"t\":0,\"e\":\"loop.wait\",\"ops\":0",
     "the world sleeps while task #1 is running since line 4"},
    {7, true, "\"t\":0,\"e\":\"task.cancelled\",\"task\":1,\"scope\":9,\"op\":\"x\"",
     "scope is #9, which was never made"},
    {7, true, "\"t\":0,\"e\":\"warn\",\"kind\":\"leaked\",\"obj\":9", "obj is #9, which was never"},
};

static void test_broken_rules(void **state)
{
    (void)state;
    static struct script script;
    struct tutti_check_result result;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        write_run(&script, broken[i].line, broken[i].instead, broken[i].insert);
        script_end(&script, "ok", 5, 1, 2);
        if (check(&script, &result) != TUTTI_EINVALID) fail_msg("not told: %s", broken[i].reason);
        if (!strstr(result.message, broken[i].reason)) {
            fail_msg("%s\nis not\n%s", result.message, broken[i].reason);
        }
    }
}

/* The line itself is named, and what to do. */
static void test_sentence(void **state)
{
    (void)state;
    static struct script script;
    struct tutti_check_result result;
    write_run(&script, 13, "\"t\":0,\"e\":\"task.run\",\"task\":1", false);
    assert_int_equal(check(&script, &result), TUTTI_EINVALID);
    assert_string_equal(
        result.message,
        "run:13: task #1 runs, but the choice of line 12 took task #5 (the file was "
        "changed, or tutti has a bug: write the trace again and check it)");
}

/* A scope closes before one inside it. */
static void test_scopes_cross(void **state)
{
    (void)state;
    static struct script script;
    struct tutti_check_result result;
    script_begin(&script, SCRIPT_HEAD("2"));
    script_line(&script, run[0]);
    script_line(&script, run[3]);
    script_line(&script, "\"t\":0,\"e\":\"scope.open\",\"scope\":3,\"task\":1,\"parent\":2,"
                         "\"at\":\"a.c:2\"");
    script_line(&script, "\"t\":0,\"e\":\"scope.close\",\"scope\":2,\"caught\":false");
    assert_int_equal(check(&script, &result), TUTTI_EINVALID);
    assert_non_null(strstr(result.message, "run:5: scope #2 closes before scope #3, which task #1 "
                                           "opened inside it at line 4"));
}

static void assert_end_wrong(const char *outcome, int steps, int choices, int tasks,
                             uint64_t hash_change, const char *reason)
{
    static struct script script;
    struct tutti_check_result result;
    write_run(&script, 0, NULL, false);
    script.hash ^= hash_change;
    script_end(&script, outcome, steps, choices, tasks);
    int rc = check(&script, &result);
    assert_int_equal(rc, reason ? TUTTI_EINVALID : 0);
    if (reason) assert_non_null(strstr(result.message, reason));
}

static void test_end(void **state)
{
    (void)state;
    static struct script script;
    struct tutti_check_result result;
    assert_end_wrong("ok", 5, 1, 2, 1, "run:27: the hash is ");
    assert_end_wrong("ok", 6, 1, 2, 0, "run:27: run.end tells of 6 steps, there are 5");
    assert_end_wrong("ok", 5, 2, 2, 0, "run:27: run.end tells of 2 choices, there are 1");
    assert_end_wrong("ok", 5, 1, 3, 0, "run:27: run.end tells of 3 tasks, there are 2");
    /* A picker that stops the run was asked once more. */
    assert_end_wrong("abandoned", 5, 2, 2, 0, NULL);
    write_run(&script, 0, NULL, false);
    assert_int_equal(check(&script, &result), TUTTI_EINVALID);
    assert_string_equal(result.message, "run:26: the trace ends here without run.end: the run "
                                        "crashed or the file was cut (write the trace again)");
}

static void test_numbers_count_up(void **state)
{
    (void)state;
    static struct script script;
    struct tutti_check_result result;
    script_begin(&script, SCRIPT_HEAD("3"));
    script_line(&script, run[0]);
    script.n++;
    script_line(&script, run[1]);
    assert_int_equal(check(&script, &result), TUTTI_EINVALID);
    assert_non_null(strstr(result.message, "run:3: n is 4 after 2, it counts up by one"));
}

/* Levels 1 and 2 have fewer events and no state of tasks. */
static void test_low_levels(void **state)
{
    (void)state;
    static struct script script;
    struct tutti_check_result result;
    script_begin(&script, SCRIPT_HEAD("1"));
    script_line(&script, run[10]);
    script_end(&script, "ok", 5, 1, 2);
    if (check(&script, &result) < 0) fail_msg("%s", result.message);
    script_begin(&script, SCRIPT_HEAD("2"));
    for (int i = 0; i < RUN_LINES; i++) {
        bool level_3 = strstr(run[i], "task.ready") || strstr(run[i], "task.run") ||
                       strstr(run[i], "task.park") || strstr(run[i], "obj.op");
        if (!level_3) script_line(&script, run[i]);
    }
    script_end(&script, "ok", 5, 1, 2);
    if (check(&script, &result) < 0) fail_msg("%s", result.message);
}

static int compare(const char *a, const char *b, struct tutti_trace_difference *difference)
{
    struct tutti_trace_source left = {.text = a, .size = strlen(a)};
    struct tutti_trace_source right = {.text = b, .size = strlen(b)};
    return tutti_trace_compare_sources(&left, &right, difference);
}

static void test_compare(void **state)
{
    (void)state;
    struct tutti_trace_difference found;
    char long_line[1000] = "one\n";
    assert_int_equal(compare("one\ntwo\n", "eins\ntwo\n", &found), 0);
    assert_int_equal(found.line, 0);
    assert_int_equal(compare("one\ntwo\nthree\n", "one\ntwo\ndrei\n", &found), 1);
    assert_int_equal(found.line, 3);
    assert_string_equal(found.a, "three");
    assert_string_equal(found.b, "drei");
    assert_int_equal(compare("one\ntwo\n", "one\ntwo\nthree\n", &found), 1);
    assert_int_equal(found.line, 3);
    assert_string_equal(found.a, "");
    assert_string_equal(found.b, "three");
    assert_int_equal(compare("one\ntwo\nthree\n", "one\n", &found), 1);
    assert_int_equal(found.line, 2);
    assert_string_equal(found.a, "two");
    /* A missing newline is a difference too. */
    assert_int_equal(compare("one\ntwo\n", "one\ntwo", &found), 1);
    assert_int_equal(compare("one\ntwo", "one\ntwo", &found), 0);
    memset(long_line + 4, 'x', sizeof long_line - 5);
    assert_int_equal(compare("one\nx\n", long_line, &found), 1);
    assert_int_equal(strlen(found.b), sizeof found.b - 1);
    assert_non_null(strstr(found.b, "xxx..."));
}

static void test_compare_files(void **state)
{
    (void)state;
    struct tutti_trace_difference found;
    assert_int_equal(
        tutti_trace_compare("tests/data/trace/good.jsonl", "tests/data/trace/newer.jsonl", &found),
        0);
    assert_int_equal(
        tutti_trace_compare("tests/data/trace/good.jsonl", "tests/data/trace/cut.jsonl", &found),
        1);
    assert_int_equal(found.line, 6);
    assert_int_equal(
        tutti_trace_compare("tests/data/trace/none.jsonl", "tests/data/trace/cut.jsonl", &found),
        -2);
    assert_string_equal(found.message, "tests/data/trace/none.jsonl:1: cannot be compared: No such "
                                       "file or directory (give two traces)");
    assert_true(tutti_trace_compare("tests/data/trace/good.jsonl", "tests/data", &found) < 0);
    assert_non_null(strstr(found.message, "tests/data:1: cannot be compared: Is a directory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_run),      cmocka_unit_test(test_broken_rules),
        cmocka_unit_test(test_sentence),      cmocka_unit_test(test_scopes_cross),
        cmocka_unit_test(test_end),           cmocka_unit_test(test_numbers_count_up),
        cmocka_unit_test(test_low_levels),    cmocka_unit_test(test_compare),
        cmocka_unit_test(test_compare_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
