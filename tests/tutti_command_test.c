/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The `tutti` command as a user meets it: what it prints, and its exit codes. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tutti/sim/plan.h"

#define FOLDER "tests/data/trace/"

static char folder[] = "/tmp/tutti_command_test_XXXXXX"; /* for programs made here */

/* Leaves out where the programs are: it is another folder in each run. */
static void remove_folder(char *text)
{
    size_t length = strlen(folder) + 1;
    for (char *at = text; (at = strstr(at, folder));) {
        memmove(at, at + length, strlen(at + length) + 1);
    }
}

/* Runs `tutti ARGUMENTS` by a shell; returns the exit code and what it printed (both channels). */
static int tutti(char output[8192], const char *format, ...)
{
    char command[2000];
    va_list list;
    int used = snprintf(command, sizeof command, "T=%s; exec 2>&1; tools/tutti ", folder);
    va_start(list, format);
    vsnprintf(command + used, sizeof command - (size_t)used, format, list);
    va_end(list);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(output, 1, 8191, pipe);
    output[size] = '\0';
    remove_folder(output);
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void write_program(const char *name, const char *text, size_t size, mode_t mode)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

/* A trace whose list is longer than an argument may be: 14 bytes, and 200,000 for the numbers. */
static void write_long_trace(void)
{
    static const char head[] = "{\"n\":1,\"t\":0,\"e\":\"run.begin\",\"v\":1,\"prog\":\"long_one\","
                               "\"test\":\"\",\"args\":[],\"version\":\"\",\"world\":\"\","
                               "\"seed\":\"\",\"policy\":\"\",\"level\":1,"
                               "\"list\":\"1;step;run;c1;";
    static char text[sizeof head + 200000 + 3];
    size_t size = sizeof head - 1;
    memcpy(text, head, size);
    for (int i = 0; i < 100000; i++) {
        text[size++] = '1';
        text[size++] = i < 99999 ? '.' : '1';
    }
    memcpy(text + size, "\"}\n", 3);
    write_program("long.jsonl", text, size + 3, 0644);
}

/* Programs that print their arguments instead of exploring; the mark is what makes them ours. */
static int make_programs(void **state)
{
    static const char ours[] = "#!/bin/sh\necho \"$@\"\nexit 1\ntutti-program/1:sim";
    static const char real[] = "#!/bin/sh\necho ran\ntutti-program/1:real";
    static const char shows[] = "#!/bin/sh\nwc -c <${2#@}\nexit 1\ntutti-program/1:sim";
    static const char other[] = "#!/bin/sh\necho ran\ntutti-program/1:simulated";
    (void)state;
    if (!mkdtemp(folder)) return -1;
    write_program("bank", ours, sizeof ours, 0755);
    write_program("pool", ours, sizeof ours, 0755);
    write_program("asleep", ours, sizeof ours, 0644);
    write_program("real", real, sizeof real, 0755);
    write_program("other", other, sizeof other, 0755);
    write_program("long_one", shows, sizeof shows, 0755);
    write_long_trace();
    write_program("mark_only", "tutti-program/1:sim", sizeof "tutti-program/1:sim", 0755);
    /* The mark lies across the piece in which the file is read. */
    static char large[(1 << 20) + 100];
    memset(large, '\n', sizeof large);
    memcpy(large, "#!/bin/sh\necho large\nexit 0\n", strlen("#!/bin/sh\necho large\nexit 0\n"));
    memcpy(large + (1 << 20) - 10, "tutti-program/1:sim", sizeof "tutti-program/1:sim");
    write_program("large", large, sizeof large, 0755);
    return 0;
}

static int remove_programs(void **state)
{
    char command[400];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static const struct {
    const char *arguments;
    int code;
    const char *output; /* its beginning */
} calls[] = {
    {"", 2, "tutti: which command? explore, replay, trace or top (see tutti --help)\n"},
    {"sing", 2, "tutti: there is no command \"sing\" (see tutti --help)\n"},
    {"--sing", 2, "tutti: there is no option \"--sing\" (see tutti --help)\n"},
    {"--help", 0, "usage: tutti COMMAND ...\n"},
    {"--version", 0, "tutti 0.1.0\n"},
    {"--version > /dev/full", 2, "tutti: the output cannot be written: No space left on device ("},
    {"explore --help", 0, "usage: tutti explore PROGRAM [options]\n"},
    {"explore", 2, "tutti: explore: which program? It comes first, then its options ("},
    {"explore --seed=1 $T/bank", 2, "tutti: explore: which program? It comes first"},
    {"explore none", 2, "tutti: none: there is no such file (give the path of a program)\n"},
    {"explore tests", 2, "tutti: tests: this is a directory (give the path of a program)\n"},
    {"explore /dev/null", 2, "tutti: /dev/null: this is no regular file (give the path"},
    {"explore $T/asleep", 2, "tutti: asleep: this file is not executable (allow it"},
    {"explore $T/real", 2,
     "tutti: real: this is the real-world build of a tutti "
     "program, which makes no choices (give the one linked "},
    {"explore $T/other", 2, "tutti: other: not a rehearsed tutti program (link it "},
    {"explore tools/tutti", 2, "tutti: tools/tutti: not a rehearsed tutti program (link it with "},
    {"explore $T/mark_only", 2, "tutti: mark_only: cannot be run: Exec format error"},
    {"explore $T/bank --runs=9 'two words'", 1, "explore --runs=9 two words\n"},
    {"explore $T/large", 0, "large\n"},
    {"replay -h", 0, "usage: tutti replay LIST|TRACE PROGRAM [options]\n"},
    {"replay '1;step;run;c1;1'", 2,
     "tutti: replay: a choice list or a trace, and then the program"},
    {"replay '1;step;run;c1;1.2' $T/bank --test=x", 1, "replay 1;step;run;c1;1.2 --test=x\n"},
    {"replay 1.2 $T/bank", 2,
     "tutti: replay: \"1.2\" does not say what its numbers mean (give the "
     "whole list, like '1;step;run;c1;1.2.0.1')\n"},
    {"replay @any/file $T/bank", 1, "replay @any/file\n"},
    {"replay $T/long.jsonl $T/long_one 2>/dev/null", 1, "200014\n"},
    {"replay none $T/bank", 2, "tutti: none: there is no such file, and it is no choice list ("},
    {"replay - $T/bank", 2, "tutti: replay: a trace on standard input cannot be compared with ("},
    {"replay none tests", 2, "tutti: tests: this is a directory"},
    {"replay " FOLDER "good.jsonl $T/bank --quiet", 1,
     "replay 1;step;run;c1; --test=transfer --against=" FOLDER "good.jsonl --quiet\n"},
    {"replay " FOLDER "good.jsonl $T/bank --test=other", 1,
     "replay 1;step;run;c1; --against=" FOLDER "good.jsonl --test=other\n"},
    {"replay " FOLDER "good.jsonl $T/pool", 2,
     FOLDER "good.jsonl:1: a trace of the program \"bank\", not of \"pool\" (give the program that "
            "wrote it)\n"},
    {"replay " FOLDER "cut.jsonl $T/bank", 2, FOLDER "cut.jsonl:6: the trace is cut in the middle"},
    {"replay " FOLDER "good.jsonl $T/bank --trace=tests/../" FOLDER "good.jsonl", 2,
     "tutti: replay: --trace=tests/../" FOLDER
     "good.jsonl would overwrite the trace it is compared"},
    {"trace --help", 0, "usage: tutti trace VIEW FILE ...\n"},
    {"trace", 2, "tutti: trace: which view? (see tutti trace --help)\n"},
    {"trace sing", 2, "tutti: trace: there is no view \"sing\" (see tutti trace --help)\n"},
    {"trace check", 2, "tutti: trace check: which file? (see tutti trace check --help)\n"},
    {"trace cat --sing x", 2,
     "tutti: trace cat: there is no option \"--sing\" (see tutti trace cat"},
    {"trace cat x y", 2, "tutti: trace cat: one file, and \"y\" is too much (see tutti trace cat"},
    {"trace tree x y", 2,
     "tutti: trace tree: \"y\" is no number of an event, from 1 up (see tutti"},
    {"trace lanes --last=0 x", 2, "tutti: trace lanes: \"--last=0\" wants a number from 1 up (see"},
    {"trace check --help", 0, "usage: tutti trace check FILE [--program=NAME]\n"},
    {"trace cat --help", 0, "usage: tutti trace cat FILE\n"},
    {"trace tree --help", 0, "usage: tutti trace tree FILE [N] [--width=COLUMNS]\n"},
    {"trace lanes --help", 0, "usage: tutti trace lanes FILE [--width=COLUMNS] [--last=ROWS]\n"},
    {"trace check " FOLDER "good.jsonl", 0, "good: 6 lines, 1 tasks, 1 steps, 0 choices, hash "},
    {"trace check - < " FOLDER "good.jsonl", 0, "good: 6 lines, "},
    {"trace check " FOLDER "good.jsonl --program=a/bank", 0, "good: 6 lines, "},
    {"trace check " FOLDER "good.jsonl --program=pool", 2,
     FOLDER "good.jsonl:1: a trace of the program \"bank\", not of \"pool\" ("},
    {"trace check " FOLDER "unknown.jsonl", 0, "good: 7 lines, "},
    {"trace check none", 2, "none:1: cannot be read: No such file or directory (give the name of "},
    {"trace check " FOLDER "empty.jsonl", 2, FOLDER "empty.jsonl:1: the file is empty, 0 bytes"},
    {"trace check " FOLDER "binary.jsonl", 2, FOLDER "binary.jsonl:1: not a tutti trace: it holds"},
    {"trace check - < " FOLDER "rubbish.jsonl", 2, "(standard input):3: not JSON: invalid token"},
    {"trace check " FOLDER "newer.jsonl", 2,
     FOLDER "newer.jsonl:1: the trace is of version 2, and"},
    {"trace check " FOLDER "cut_whole_lines.jsonl", 2,
     FOLDER "cut_whole_lines.jsonl:5: the trace ends here without run.end: the run crashed or the "
            "file was cut (write the trace again)\n"},
    {"trace tree " FOLDER "cut_whole_lines.jsonl 2>/dev/null | tail -n 1", 0, "no task is alive\n"},
    {"trace tree " FOLDER "good.jsonl 4", 0,
     "after event 4, at 0us\n`- main #1: running since 0us\n"},
    {"trace lanes --width=80 --last=5 " FOLDER "good.jsonl", 0,
     "   step    time  main\n      1     0us  *    exits\n    end     0us  ok\n"},
    {"trace lanes " FOLDER "cut.jsonl", 2,
     FOLDER "cut.jsonl:6: the trace is cut in the middle of "},
    {"trace cat " FOLDER "rubbish.jsonl 2>&1 | tail -n 1", 0, FOLDER "rubbish.jsonl:3: not JSON: "},
    {"trace cat " FOLDER "unknown.jsonl 2>&1 | tail -n 1", 0,
     "note: 1 events and 1 keys are unknown to this tutti and were skipped\n"},
    {"trace cat " FOLDER "good.jsonl > /dev/full", 2,
     "tutti: the output cannot be written: No spa"},
};

static void test_calls(void **state)
{
    (void)state;
    static char output[8192];
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int code = tutti(output, "%s", calls[i].arguments);
        if (strncmp(output, calls[i].output, strlen(calls[i].output)) != 0) {
            fail_msg("tutti %s\nprints\n%s\nand not\n%s", calls[i].arguments, output,
                     calls[i].output);
        }
        if (code != calls[i].code) {
            fail_msg("tutti %s\nexits with %d, not %d", calls[i].arguments, code, calls[i].code);
        }
        bool help = strncmp(output, "usage:", 6) == 0;
        if (help && !strstr(output, "\nexample:\n  tutti ")) fail_msg("no example: %s", output);
        /* Errors are one line. */
        if (calls[i].code == 2) assert_string_equal(strchr(output, '\n'), "\n");
    }
}

/* The command's help is text of its own: nothing else would tell of a strategy it lacks. */
static void help_names_each_strategy(void **state)
{
    (void)state;
    static char output[8192];
    assert_int_equal(tutti(output, "explore --help"), 0);
    for (unsigned i = 0; i < TUTTI_STRATEGIES; i++) {
        const char *name = tutti_strategy_text((enum tutti_strategy)i);
        const char *at = output;
        while ((at = strstr(at, name)) && (at[-1] != ' ' || !strchr(",; \n", at[strlen(name)]))) {
            at++;
        }
        if (!at) fail_msg("explore --help does not name %s", name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls),
        cmocka_unit_test(help_names_each_strategy),
    };
    return cmocka_run_group_tests(tests, make_programs, remove_programs);
}
