/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

static const char help[] =
    "usage: tutti explore PROGRAM [options]\n"
    "\n"
    "Runs the tests of PROGRAM (an executable linked with //sim:main) again and again, each time\n"
    "with other choices, until one run fails; shrinks that run and prints its choice list. The\n"
    "program takes the same options when it is run by itself.\n"
    "\n"
    "  --test=NAME         the test to explore (--list names them)\n"
    "  --strategy=S        auto, dpor, dfs, delays, preemptions, cancels, cleanup, deadlines,\n"
    "                      random, pct, pos, surw, urw, portfolio or plain; PROGRAM --help tells\n"
    "                      more\n"
    "  --bound=K           how many delays, preemptions, cancels and so on; the depth of pct\n"
    "  --jobs=N            so many processes search side by side; 0: one for each processor\n"
    "  --seed=N            where random begins; printed before anything runs\n"
    "  --cancel=K          cancel at most K scopes a run\n"
    "  --cancel-nurseries  the scopes of nurseries, too\n"
    "  --cancel-run        a scope around the whole test, too\n"
    "  --access-points     accesses of tracked programs to shared memory are schedule points\n"
    "  --lag=K             let at most K timers a run fire while tasks are ready\n"
    "  --kinds=LIST        what is chosen: of run,io,fault,alloc,user\n"
    "  --max-runs=N        stop after so many runs\n"
    "  --max-time=SECONDS  stop after so long\n"
    "  --steps=N           a run of more steps has failed\n"
    "  --stack=BYTES       of the stack of each task\n"
    "  --hang=SECONDS      a run that takes longer has failed\n"
    "  --resume=FILE       go on where FILE says, and keep there where the search stands\n"
    "  --isolate=fork      a process of its own for each run\n"
    "  --trace=FILE        where the trace of the failing run goes\n"
    "  --audit             report functions with TUTTI_ASYNC that succeed without a checkpoint\n"
    "  --quiet             only the result\n"
    "  --list              the tests, and nothing else\n"
    "\n"
    "PROGRAM --help tells what holds when an option is not given.\n"
    "\n"
    "exit codes: 0 nothing found, 1 a failing run, 2 wrong usage or input, 130 interrupted\n"
    "\n"
    "example:\n"
    "  tutti explore ./semaphore_lost_wakeup --strategy=dfs --cancel=1 --trace=fail.jsonl\n";

int cmd_explore(int count, char **arguments)
{
    if (command_wants_help(count, arguments)) {
        fputs(help, stdout);
        return command_done(EXIT_NOTHING);
    }
    if (count < 1 || arguments[0][0] == '-') {
        return command_bad("explore: which program? It comes first, then its options "
                           "(see tutti explore --help)");
    }
    char *program = arguments[0];
    int rc = program_check(program);
    if (rc != 0) return rc;
    /* PROGRAM explore [options] */
    char **command = calloc((size_t)count + 2, sizeof *command);
    if (!command) return command_bad("out of memory (free some)");
    command[0] = program;
    command[1] = "explore";
    for (int i = 1; i < count; i++) {
        command[i + 1] = arguments[i];
    }
    rc = program_become(program, command);
    free(command);
    return rc;
}
