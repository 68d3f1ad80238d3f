/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tools/tutti/command.h - what the subcommands of `tutti` share. */
#ifndef TUTTI_TOOLS_COMMAND_H
#define TUTTI_TOOLS_COMMAND_H

#include "tutti/core/base.h"

/* Exit codes; explore and replay hand on the program's own. */
enum { EXIT_NOTHING = 0, EXIT_FOUND = 1, EXIT_BAD = 2 };

/* Each gets its arguments without its own name, NULL at the end; returns the exit code. */
int cmd_explore(int count, char **arguments);
int cmd_replay(int count, char **arguments);
int cmd_trace(int count, char **arguments);
int cmd_top(int count, char **arguments);

/* Says on standard error, in one line, why the command cannot go on; returns EXIT_BAD. */
int command_bad(const char *format, ...) TUTTI_PRINTF(1, 2);
/* Is --help, -h or help among the arguments? */
bool command_wants_help(int count, char **arguments);
/* Flushes standard output: `code`, or EXIT_BAD and a line when it could not be written. */
int command_done(int code);

/* Is this a file that can be run, and one of ours? Returns 0, or EXIT_BAD after a line that says
 * why not. Nothing of the file is executed. */
int program_check(const char *path);
/* The same of a program in the real world, whatever it is linked with. *table: it has tutti_tests
 * and //io:main. */
int program_check_real(const char *path, bool *table);
/* Runs it with these arguments and two more variables in its environment, and waits. Returns how it
 * ended, as waitpid tells, or -1 after a line that says why it could not be run. */
int program_run(const char *path, char **arguments, const char *const variables[2][2]);
/* What a signal means: "Segmentation fault". */
const char *program_signal(int number);
/* An empty file of our own, in `path` with room for `size`; false after a line. */
bool program_temporary(char *path, size_t size);
void program_remove(const char *path);
/* The name this command was called by: programs print it in the commands they suggest. */
void program_called(const char *name);
/* What stands for a text that may be too long to be an argument: the text, or, in `name`, @ and the
 * name of a file that has it and goes away with the program.                                     */
char *program_argument(char *text, char *name, size_t size);
/* Becomes `path` with these arguments (NULL at the end); comes back, with EXIT_BAD, only when that
 * is not possible.                                                                              */
int program_become(const char *path, char **arguments);
/* Is there a file (or anything else) of this name? */
bool program_exists(const char *path);
/* Is it a regular file, which can be read again? */
bool program_is_file(const char *path);
/* Are these two names of one file that exists? */
bool program_same_file(const char *a, const char *b);

#endif
