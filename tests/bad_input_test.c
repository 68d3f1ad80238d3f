/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every view of `tutti trace` before every bad file: one sentence with file and line, exit code 2,
 * little memory, and never a crash. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define FOLDER "tests/data/trace/"

/* A view, with a place for its file. `page` is made in the test's own folder. */
static const char *const views[] = {
    "check %s",
    "cat %s",
    "tree %s",
    "lanes %s",
    "waits %s",
    "path %s",
    "stats %s",
    "choices %s",
    "chrome %s",
    "stats --json %s",
    "diff %s " FOLDER "good.jsonl",
    "diff " FOLDER "good.jsonl %s",
    "html %s -o $T/page.html",
};
#define VIEWS (sizeof views / sizeof *views)

static char folder[] = "/tmp/tutti_bad_input_test_XXXXXX";

/* Runs a shell command; its exit code and what it wrote to standard error. */
static int run(char errors[4096], const char *format, ...)
{
    char command[3000];
    va_list list;
    int used = snprintf(command, sizeof command, "T=%s; { ", folder);
    va_start(list, format);
    used += vsnprintf(command + used, sizeof command - (size_t)used, format, list);
    va_end(list);
    snprintf(command + used, sizeof command - (size_t)used, "; } 2>&1 >/dev/null");
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(errors, 1, 4095, pipe);
    errors[size] = '\0';
    int status = pclose(pipe);
    if (!WIFEXITED(status)) fail_msg("%s\nended by a signal: %s", command, errors);
    return WEXITSTATUS(status);
}

/* `tutti trace VIEW` of a file, behind a command that makes its input, if any. */
static int show(char errors[4096], const char *input, const char *view, const char *file)
{
    const char *place = strstr(view, "%s");
    return run(errors, "%s tools/tutti trace %.*s%s%s", input, (int)(place - view), view, file,
               place + 2);
}

static void assert_sentence(const char *view, const char *file, int code, const char *errors)
{
    char start[300];
    int size = snprintf(start, sizeof start, "%s:", file);
    const char *end = strchr(errors, '\n');
    if (code != 2 || strncmp(errors, start, (size_t)size) != 0 || errors[size] < '1' ||
        errors[size] > '9' || !end || end[1] != '\0' || end[-1] != ')') {
        fail_msg("trace %s of %s: exit code %d, \"%s\"", view, file, code, errors);
    }
}

/* Files that some view can show: whole lines without an end, and what is new to this tutti. */
static bool is_readable(const char *name)
{
    return strcmp(name, "good.jsonl") == 0 || strcmp(name, "unknown.jsonl") == 0 ||
           strcmp(name, "cut_whole_lines.jsonl") == 0 || strncmp(name, "lies_", 5) == 0;
}

static void test_bad_files(void **state)
{
    (void)state;
    char path[600], errors[4096];
    size_t files = 0;
    DIR *list = opendir(FOLDER);
    assert_non_null(list);
    for (const struct dirent *entry; (entry = readdir(list));) {
        if (entry->d_name[0] == '.' || is_readable(entry->d_name)) continue;
        snprintf(path, sizeof path, FOLDER "%s", entry->d_name);
        for (size_t i = 0; i < VIEWS; i++) {
            int code = show(errors, "", views[i], path);
            assert_sentence(views[i], path, code, errors);
        }
        files++;
    }
    closedir(list);
    assert_true(files > 25);
}

/* Rules that are broken are for `check` to tell; the others show what they can. */
static void test_lies(void **state)
{
    (void)state;
    static const char *const files[] = {FOLDER "lies_ids.jsonl", FOLDER "lies_states.jsonl",
                                        FOLDER "lies_tree.jsonl"};
    char errors[4096];
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        for (size_t i = 0; i < VIEWS; i++) {
            int code = show(errors, "", views[i], files[f]);
            if (i == 0) {
                assert_sentence(views[i], files[f], code, errors);
            } else if (!strstr(errors, "the trace ends here without run.end") && *errors) {
                fail_msg("trace %s of %s: %d, %s", views[i], files[f], code, errors);
            }
        }
    }
}

/* A trace without an end is shown as far as it goes; the sentence and the code say so. */
static void test_no_end(void **state)
{
    (void)state;
    char errors[4096];
    for (size_t i = 1; i < VIEWS; i++) {
        int code = show(errors, "", views[i], FOLDER "cut_whole_lines.jsonl");
        bool told = strstr(errors, FOLDER "cut_whole_lines.jsonl:5: the trace ends here") != NULL;
        if (!told || code != 2) {
            fail_msg("trace %s: %d, %s", views[i], code, errors);
        }
    }
    assert_int_equal(show(errors, "", views[0], FOLDER "cut_whole_lines.jsonl"), 2);
}

/* What this tutti does not know is skipped and counted. */
static void test_unknown(void **state)
{
    (void)state;
    char errors[4096];
    for (size_t i = 0; i < VIEWS; i++) {
        int code = show(errors, "", views[i], FOLDER "unknown.jsonl");
        const char *note = "note: 1 events and 1 keys are unknown to this tutti and were skipped\n";
        if (strcmp(errors, note) != 0 || code == 2) {
            fail_msg("trace %s: %d, %s", views[i], code, errors);
        }
    }
}

/* Two GB without a newline: read no further than a line may be long, in little memory. */
static void test_endless_line(void **state)
{
    (void)state;
    enum { MEMORY_KB = 64 * 1024 };
    char errors[4096];
    struct rusage usage;
    for (size_t i = 0; i < VIEWS; i++) {
        int code = show(errors,
                        "{ head -n 1 " FOLDER "good.jsonl; head -c 2000000000 /dev/zero | "
                        "tr '\\0' x; } 2>/dev/null |",
                        views[i], "-");
        assert_sentence(views[i], "(standard input)", code, errors);
        assert_non_null(strstr(errors, ":2: a line of more than 1048576 bytes"));
        code =
            show(errors, "head -c 2000000000 /dev/zero | tr '\\0' x 2>/dev/null |", views[i], "-");
        assert_sentence(views[i], "(standard input)", code, errors);
    }
    /* The mark is what makes a program one of ours. */
    int code = run(errors, "printf 'tutti-program/1:sim\\0' >$T/program; chmod +x $T/program; "
                           "head -c 2000000000 /dev/zero | tr '\\0' x 2>/dev/null | "
                           "tools/tutti replay /dev/stdin $T/program");
    assert_sentence("replay", "/dev/stdin", code, errors);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    if (usage.ru_maxrss > MEMORY_KB) fail_msg("%ld KiB", usage.ru_maxrss);
}

/* Compressed files: read by their names, and told when they are damaged. */
static void test_compressed(void **state)
{
    (void)state;
    char errors[4096], path[200];
    static const char *const names[] = {"good.jsonl.gz", "good.jsonl.zst"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "tests/data/compressed/%s", names[i]);
        assert_int_equal(show(errors, "", "check %s", path), 0);
        assert_string_equal(errors, "");
        assert_int_equal(run(errors, "tools/tutti trace diff %s " FOLDER "good.jsonl", path), 0);
        int cut =
            run(errors, "head -c 150 %s > $T/cut_%s; cd $T; $OLDPWD/tools/tutti trace cat cut_%s",
                path, names[i], names[i]);
        char wanted[100];
        snprintf(wanted, sizeof wanted, "cut_%s:1: the compressed data are damaged or cut",
                 names[i]);
        if (cut != 2 || strncmp(errors, wanted, strlen(wanted)) != 0) fail_msg("%s", errors);
        snprintf(path, sizeof path, "none_%s", names[i]);
        assert_int_equal(show(errors, "", "check %s", path), 2);
        assert_non_null(strstr(errors, ":1: cannot be read: No such file or directory ("));
    }
}

/* Nobody reads on: not a word. Colours: where they are wanted. */
static void test_pipes_and_colours(void **state)
{
    (void)state;
    char errors[4096];
    assert_int_equal(run(errors, "tools/tutti trace schema | head -n 1"), 0);
    assert_string_equal(errors, "");
    assert_int_equal(run(errors, "trap '' PIPE; tools/tutti trace schema | true"), 0);
    assert_string_equal(errors, "");
    assert_int_equal(run(errors, "tools/tutti trace stats " FOLDER "good.jsonl | grep -q '\033'"),
                     1);
    assert_int_equal(run(errors, "CLICOLOR_FORCE=1 tools/tutti trace stats " FOLDER
                                 "good.jsonl | grep -q '\033'"),
                     0);
    assert_int_equal(run(errors, "NO_COLOR=1 CLICOLOR_FORCE=1 tools/tutti trace stats " FOLDER
                                 "good.jsonl | grep -q '\033'"),
                     1);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_no_end),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_endless_line),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_pipes_and_colours),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
