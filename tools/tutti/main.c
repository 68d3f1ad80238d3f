/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The `tutti` command: which subcommand, and what they share. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

static const char help[] =
    "usage: tutti COMMAND ...\n"
    "\n"
    "  explore PROGRAM [options]       run a rehearsed program again and again, each time with\n"
    "                                  other choices, until one run fails; shrink that run\n"
    "  replay LIST|TRACE PROGRAM       run a program once with the choices of a list or a trace,\n"
    "                                  or with all that came in, of a recording\n"
    "  trace VIEW FILE                 look into a trace: check, cat, tree, diff, ..., html\n"
    "  top PATH                        look at the tasks of a running program\n"
    "\n"
    "tutti COMMAND --help tells more, tutti --version the version.\n"
    "exit codes: 0 nothing found, 1 something found, 2 wrong usage or input, 130 interrupted\n"
    "\n"
    "example:\n"
    "  tutti explore ./semaphore_lost_wakeup --cancel=1 --trace=fail.jsonl\n"
    "  tutti trace lanes fail.jsonl\n";

int command_bad(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fflush(stdout);
    fputs("tutti: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    return EXIT_BAD;
}

bool command_wants_help(int count, char **arguments)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) return true;
    }
    return count > 0 && strcmp(arguments[0], "help") == 0;
}

int command_done(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    return command_bad("the output cannot be written: %s (make room, or write it elsewhere)",
                       strerror(errno));
}

int main(int count, char **arguments)
{
    const char *command = count > 1 ? arguments[1] : "";
    if (count > 0) program_called(arguments[0]);
    if (count < 2)
        return command_bad("which command? explore, replay, trace or top (see tutti --help)");
    if (strcmp(command, "explore") == 0) return cmd_explore(count - 2, arguments + 2);
    if (strcmp(command, "replay") == 0) return cmd_replay(count - 2, arguments + 2);
    if (strcmp(command, "trace") == 0) return cmd_trace(count - 2, arguments + 2);
    if (strcmp(command, "top") == 0) return cmd_top(count - 2, arguments + 2);
    if (strcmp(command, "--version") == 0) {
        puts("tutti " TUTTI_VERSION);
        return command_done(EXIT_NOTHING);
    }
    if (command_wants_help(1, arguments + 1)) {
        fputs(help, stdout);
        return command_done(EXIT_NOTHING);
    }
    return command_bad("there is no %s \"%.60s\" (see tutti --help)",
                       command[0] == '-' ? "option" : "command", command);
}
