/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* main() of a program that defines tutti_tests, in the simulated world. */
#include <stdio.h>

#include "program.h"

/* What a program is, for commands that are given one: they look for it in the file. */
__attribute__((used)) static const char marker[] = "tutti-program/1:sim";

static const char help[] =
    "usage: %s [run|explore|replay LIST] [options]\n"
    "\n"
    "Rehearses the tests of this program in a simulated world.\n"
    "\n"
    "  run           each test once, nothing out of the ordinary happens (no command: the same)\n"
    "  explore       one test again and again, each time with other choices, until a run fails;\n"
    "                then that run is shrunk, verified and shown\n"
    "  replay LIST   one test with the choices of a list; @FILE: of the list in FILE, @-: of the\n"
    "                one on standard input (too long a list is no argument)\n"
    "\n"
    "of all three:\n"
    "  --test=NAME         which test; else: run takes all, the others take the first\n"
    "  --seed=N            decimal or 0x; what random begins with, the test's own, too (1)\n"
    "  --steps=N           a run of more steps has failed; 0: no bound (100000)\n"
    "  --stack=BYTES       of each task, 16384 or more (64 KiB; 256 KiB with AddressSanitizer)\n"
    "  --hang=SECONDS      a run that takes longer has failed (10)\n"
    "  --quiet             only the result\n"
    "of explore:\n"
    "  --strategy=S        auto, unless another is given: plain, cancels, then dpor if it ends in\n"
    "                      time, else portfolio. One run of each trace, that is of all that\n"
    "                      differ only in the order of steps that have nothing in common: dpor.\n"
    "                      All runs, depth first: dfs; with a bound: delays, preemptions. The\n"
    "                      plain run: plain; cancelled everywhere: cancels; and then a scope\n"
    "                      around: cleanup; timers early and in other orders: deadlines. By the\n"
    "                      seed: random, pct, pos, surw, urw. Turns of several: portfolio\n"
    "  --bound=K           of delays (2), preemptions (2), cancels (1), deadlines (1); depth of\n"
    "                      pct (3)\n"
    "  --jobs=N            N processes search side by side; 0: one for each processor (1)\n"
    "  --cancel=K          at most K scopes of a run are cancelled (1)\n"
    "  --cancel-nurseries  the scopes of nurseries, too\n"
    "  --cancel-run        a scope around the whole test, too: what is there when it is given up?\n"
    "  --access-points     accesses of tracked programs to shared memory are schedule points\n"
    "  --lag=K             at most K timers of a run fire while tasks are ready (0)\n"
    "  --kinds=LIST        what is chosen: of run,io,fault,alloc,user (run,user)\n"
    "  --max-runs=N        at most N runs (or --runs=N); 0: no bound (0)\n"
    "  --max-time=SECONDS  at most so long\n"
    "  --resume=FILE       dpor, dfs and those bounded likewise: goes on where FILE says, if it\n"
    "                      is there, and keeps there where it stands if it is stopped\n"
    "  --isolate=fork      a process of its own for each run: for tests with state in globals\n"
    "of explore and replay:\n"
    "  --trace=FILE        where the trace of the run goes (explore: PROGRAM.TEST.trace.jsonl)\n"
    "  --audit             report functions with TUTTI_ASYNC that succeed without a checkpoint\n"
    "of replay:\n"
    "  --against=FILE      compares the run's trace with this one, from line 2 on\n"
    "  --called=NAME       what to call that one\n"
    "  --times=N           replays N times and compares all traces\n"
    "alone:\n"
    "  --list              the tests, one a line\n"
    "  --help              this\n"
    "\n"
    "exit codes: 0 nothing found, 1 found, 2 wrong usage or input, 130 interrupted (Ctrl-C or\n"
    "SIGTERM) before anything was found; what there is to report is printed all the same\n"
    "\n"
    "example: %s explore --test=%s --cancel=1\n";

static void show_tests(void)
{
    for (const struct tutti_test *test = tutti_tests; test->name; test++) {
        printf("%s%s%s\n", test->name, test->about ? "  " : "", test->about ? test->about : "");
    }
}

int main(int count, char **arguments)
{
    struct settings settings;
    int rc = settings_read(&settings, count, arguments);
    if (rc != 0) return rc;
    switch (settings.command) {
    case COMMAND_HELP:
        printf(help, settings.program, settings.program,
               tutti_tests[0].name ? tutti_tests[0].name : "NAME");
        break;
    case COMMAND_LIST:
        show_tests();
        break;
    case COMMAND_RUN:
        rc = do_run(&settings);
        break;
    case COMMAND_EXPLORE:
        rc = do_explore(&settings);
        break;
    case COMMAND_REPLAY:
        rc = do_replay(&settings);
        break;
    }
    if (fflush(stdout) == 0 && !ferror(stdout)) return rc;
    return bad(&settings, "the output cannot be written (make room, or write it elsewhere)");
}
