/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reading traces: each way a file can be bad is told in its own words, with file and line. The
 * files are in tests/data/trace. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "trace_script.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/trace_check.h"

#define FOLDER "tests/data/trace/"

/* Reads a file to its end: "" or the error. To be freed. */
static char *read_whole(const char *path)
{
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    int rc = tutti_reader_open(&reader, path);
    while (rc >= 0 && (rc = tutti_reader_next(reader, &record)) > 0) {
    }
    assert_true((rc < 0) == (*tutti_reader_error(reader) != '\0'));
    /* An error stays. */
    if (rc < 0) assert_int_equal(tutti_reader_next(reader, &record), rc);
    char *error = strdup(tutti_reader_error(reader));
    tutti_reader_close(reader);
    return error;
}

static const struct {
    const char *file;
    int line;
    const char *reason;
} bad[] = {
    {"empty.jsonl", 1, "the file is empty, 0 bytes: nothing was traced"},
    {"binary.jsonl", 1, "not a tutti trace: it holds binary data"},
    {"text.jsonl", 1, "not a tutti trace: its first line is not JSON"},
    {"array.jsonl", 1, "not a tutti trace: its first line is JSON, but no object"},
    {"other.jsonl", 1, "not a tutti trace: its first line is JSON, but no run.begin"},
    {"no_version.jsonl", 1, "not a tutti trace: its first line is JSON, but no run.begin"},
    {"not_begin.jsonl", 1, "not a tutti trace: its first line is JSON, but no run.begin"},
    {"newer.jsonl", 1,
     "the trace is of version 2, and this tutti (" TUTTI_VERSION
     ") reads versions up to 1 (use the tutti that wrote it: 3.0.0, or newer)"},
    {"older.jsonl", 1, "the trace is of version 0, and the first one is 1 ("},
    {"cut_first.jsonl", 1, "the trace is cut in the middle of its first line"},
    {"cut.jsonl", 6,
     "the trace is cut in the middle of this line: the run crashed or the file was cut (write it "
     "again, or take the whole lines with `head -n 5`)"},
    {"rubbish.jsonl", 3, "not JSON: invalid token near '?'"},
    {"half_line.jsonl", 2, "not JSON: "},
    {"number.jsonl", 2, "not JSON: "},
    {"duplicate.jsonl", 2, "not JSON: duplicate object key"},
    {"no_field.jsonl", 2, "task.spawn without \"parent\""},
    {"no_n.jsonl", 2, "no \"n\", \"t\" and \"e\": not a line of a trace"},
    {"bad_n.jsonl", 2, "\"n\" is 0, \"t\" is 0: they begin at 1 and at 0"},
    {"bad_type.jsonl", 2, "\"task\" of task.spawn is not an integer"},
    {"bad_id.jsonl", 2, "\"task\" of task.spawn is not an id"},
    {"bad_range.jsonl", 2, "\"done\" of loop.woke is not in its range"},
    {"bad_name.jsonl", 2, "\"name\" of task.spawn is not a string"},
    {"bad_utf8.jsonl", 2, "not JSON: "},
    {"bad_nul.jsonl", 2, "not JSON: "},
    {"bad_bool.jsonl", 2, "\"caught\" of scope.close is not true or false"},
    {"bad_word.jsonl", 3, "\"why\" of task.ready is \"magic\", which is none of the 7 words"},
    {"bad_at.jsonl", 2, "\"at\" of task.spawn is not a place FILE:LINE"},
    {"bad_level.jsonl", 1, "\"level\" of run.begin is not integer"},
    {"bad_hash.jsonl", 6, "\"hash\" of run.end is not 16 hex digits"},
    {"after_end.jsonl", 7, "a line after run.end, which is the last of a trace"},
    {"two.jsonl", 3, "run.begin again: a second trace begins here"},
};

static void test_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[200], start[600];
        snprintf(path, sizeof path, FOLDER "%s", bad[i].file);
        int size = snprintf(start, sizeof start, "%s:%d: %s", path, bad[i].line, bad[i].reason);
        char *error = read_whole(path);
        if (strncmp(error, start, (size_t)size) != 0) fail_msg("%s\nis not\n%s", error, start);
        /* One line that says what to do. */
        assert_null(strchr(error, '\n'));
        if (error[strlen(error) - 1] != ')') fail_msg("%s", error);
        free(error);
    }
}

static void test_no_file(void **state)
{
    (void)state;
    char *error = read_whole("tests/data/none.jsonl");
    assert_non_null(strstr(error, "none.jsonl:1: cannot be read: No such file or directory ("));
    free(error);
    error = read_whole("tests/data");
    assert_string_equal(error, "tests/data:1: cannot be read: Is a directory (give the name of a "
                               "trace, or - for standard input)");
    free(error);
}

/* The writer's own form of the events is what the good file has. */
static void test_good_file(void **state)
{
    (void)state;
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    assert_int_equal(tutti_reader_open(&reader, FOLDER "good.jsonl"), 0);
    const struct tutti_trace_start *start = tutti_reader_start(reader);
    assert_string_equal(start->prog, "bank");
    assert_string_equal(start->test, "transfer");
    assert_string_equal(start->world, "sim");
    assert_string_equal(start->seed, "0x1d");
    assert_string_equal(start->policy, "random");
    assert_string_equal(start->list, "1;step;run;c1;");
    assert_int_equal(start->level, 3);
    for (unsigned line = 1; line <= 6; line++) {
        assert_int_equal(tutti_reader_next(reader, &record), 1);
        assert_true(record->known);
        assert_int_equal(record->line, line);
        assert_int_equal(record->n, line);
        if (line != 2) continue;
        assert_int_equal(record->event.kind, TUTTI_EVENT_TASK_SPAWN);
        assert_int_equal(record->event.task, 1);
        assert_string_equal(record->event.name, "main");
        assert_string_equal(record->event.site->file, "bank.c");
        assert_int_equal(record->event.site->line, 90);
    }
    assert_int_equal(tutti_reader_next(reader, &record), 0);
    assert_null(tutti_reader_unended(reader));
    assert_int_equal(tutti_reader_belongs(reader, "some/where/bank"), 0);
    assert_int_equal(tutti_reader_belongs(reader, "pool"), TUTTI_EINVALID);
    assert_string_equal(tutti_reader_error(reader),
                        FOLDER "good.jsonl:1: a trace of the program \"bank\", not of \"pool\" "
                               "(give the program that wrote it)");
    tutti_reader_close(reader);
}

/* A crash leaves whole lines: they are good, and there is a note. */
static void test_no_end_is_readable(void **state)
{
    (void)state;
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    int lines = 0;
    assert_int_equal(tutti_reader_open(&reader, FOLDER "cut_whole_lines.jsonl"), 0);
    while (tutti_reader_next(reader, &record) == 1) {
        lines++;
    }
    assert_int_equal(lines, 5);
    assert_string_equal(tutti_reader_error(reader), "");
    assert_non_null(strstr(tutti_reader_unended(reader),
                           "cut_whole_lines.jsonl:5: the trace ends here without run.end: the run "
                           "crashed or the file was cut ("));
    tutti_reader_close(reader);
}

static void test_unknown_is_skipped(void **state)
{
    (void)state;
    struct tutti_reader *reader;
    struct tutti_check_result result;
    assert_int_equal(tutti_reader_open(&reader, FOLDER "unknown.jsonl"), 0);
    assert_int_equal(tutti_trace_check(reader, &result), 0);
    assert_int_equal(result.skipped_events, 1);
    assert_int_equal(result.skipped_keys, 1);
    assert_int_equal(result.lines, 7);
    tutti_reader_close(reader);
}

/* Memory is bounded: a line of more than 1 MiB is an error, at line 1 and later. */
static void test_long_lines(void **state)
{
    (void)state;
    size_t size = 3 << 20;
    char *text = malloc(size);
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    assert_non_null(text);
    memset(text, 'x', size);
    assert_int_equal(tutti_reader_open_memory(&reader, "long", text, size), TUTTI_EINVALID);
    assert_non_null(strstr(tutti_reader_error(reader), "long:1: not a tutti trace: its first line "
                                                       "is over 1 MiB long ("));
    tutti_reader_close(reader);
    memcpy(text, SCRIPT_HEAD("3"), strlen(SCRIPT_HEAD("3")));
    assert_int_equal(tutti_reader_open_memory(&reader, "long", text, size), 0);
    assert_int_equal(tutti_reader_next(reader, &record), 1);
    assert_int_equal(tutti_reader_next(reader, &record), TUTTI_EINVALID);
    assert_non_null(
        strstr(tutti_reader_error(reader), "long:2: a line of more than 1048576 bytes"));
    tutti_reader_close(reader);
    /* And from a file, which is read in pieces. */
    char path[] = "/tmp/long.jsonl_XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    char *error = read_whole(path);
    assert_non_null(strstr(error, ":2: a line of more than 1048576 bytes"));
    free(error);
    assert_int_equal(unlink(path), 0);
    free(text);
}

/* Any beginning of a good file is a crash or a cut, never something else. */
static void test_every_cut(void **state)
{
    (void)state;
    char text[4096];
    FILE *file = fopen(FOLDER "good.jsonl", "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    for (size_t cut = 1; cut < size; cut++) {
        struct tutti_reader *reader;
        struct tutti_check_result result;
        int rc = tutti_reader_open_memory(&reader, "cut", text, cut);
        if (rc == 0) rc = tutti_trace_check(reader, &result);
        assert_int_equal(rc, TUTTI_EINVALID);
        const char *error = tutti_reader_error(reader);
        bool told = strstr(error, "cut") && strstr(error, "the run crashed or the file was cut");
        /* Before the first line says whose it is, it is nobody's. */
        if (cut >= 28 && !told) fail_msg("%s", error);
        tutti_reader_close(reader);
    }
}

static void assert_list(const char *list, const char *choices, const char *wanted)
{
    static struct script script;
    struct tutti_reader *reader;
    char head[400];
    snprintf(
        head, sizeof head,
        "{\"n\":1,\"t\":0,\"e\":\"run.begin\",\"v\":1,\"prog\":\"b\",\"test\":\"\",\"args\":[],"
        "\"version\":\"\",\"world\":\"\",\"seed\":\"\",\"policy\":\"\",\"level\":1%s%s%s}\n",
        list ? ",\"list\":\"" : "", list ? list : "", list ? "\"" : "");
    script_begin(&script, head);
    for (; *choices; choices++) {
        char line[200];
        snprintf(line, sizeof line,
                 "\"t\":0,\"e\":\"choice\",\"kind\":\"run\",\"of\":9,\"pick\":%c,\"key\":1,"
                 "\"what\":\"task\"",
                 *choices);
        script_line(&script, line);
    }
    int rc = tutti_reader_open_memory(&reader, "list", script.text, script.size);
    if (rc < 0) fail_msg("%s", tutti_reader_error(reader));
    char *found = tutti_reader_list(reader);
    if (wanted) {
        assert_string_equal(found, wanted);
    } else {
        assert_null(found);
        assert_non_null(strstr(tutti_reader_error(reader),
                               "list:1: the trace does not tell how its "
                               "choices were asked"));
    }
    free(found);
    tutti_reader_close(reader);
}

static void test_choice_list(void **state)
{
    (void)state;
    assert_list("1;step;run;c1;", "12010", "1;step;run;c1;1.2.0.1");
    assert_list("1;step;run,io;c1;", "", "1;step;run,io;c1;");
    assert_list("1;step;run;c1;", "000", "1;step;run;c1;");
    assert_list("1;step;run;c1;3.1", "12", "1;step;run;c1;3.1");
    assert_list(NULL, "12", NULL);
    assert_list("1;step", "12", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_files),          cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_good_file),          cmocka_unit_test(test_no_end_is_readable),
        cmocka_unit_test(test_unknown_is_skipped), cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_every_cut),          cmocka_unit_test(test_choice_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
