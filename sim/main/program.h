/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/main/program.h - what the files of the main() of rehearsed programs share. */
#ifndef TUTTI_SIM_MAIN_PROGRAM_H
#define TUTTI_SIM_MAIN_PROGRAM_H

#include <stdio.h>

#include "tutti/core/test.h"
#include "tutti/instruments/tee.h"
#include "tutti/sim/explore.h"
#include "tutti/sim/rehearse.h"

/* The last is what a shell says of a program that Ctrl-C ended. */
enum { EXIT_NOTHING = 0, EXIT_FOUND = 1, EXIT_BAD = 2, EXIT_INTERRUPTED = 130 };

enum command { COMMAND_RUN, COMMAND_EXPLORE, COMMAND_REPLAY, COMMAND_LIST, COMMAND_HELP };

#define SEED_DEFAULT  UINT64_C(1)
#define STEPS_DEFAULT UINT64_C(100000)

/* The command line, understood. */
struct settings {
    const char *program;          /* as it was typed */
    const char *tutti;            /* the `tutti` command that started it; NULL: none did */
    const char *const *arguments; /* as they were typed, NULL at the end */
    enum command command;
    const struct tutti_test *test; /* the one to explore or replay; NULL (run): all */
    bool test_named;               /* --test */
    const char *list;              /* replay: the text, or @ and the name of a file */
    const char *against;           /* replay: a trace to compare with, or NULL */
    const char *called;            /* replay: what that is called; NULL: as it is named */
    const char *resume;            /* where the search is kept, or NULL */
    bool resumed;                  /* and it was there */
    const char *trace;             /* where the trace goes; NULL: the default */
    struct tutti_explore_options options;
    uint64_t steps_max, times;
    uint64_t stack_size; /* 0: the default */
    bool seed_given, steps_given, quiet, audit;
};

/* settings.c: reads the command line. Returns 0, or EXIT_BAD after a line on standard error. */
int settings_read(struct settings *settings, int count, char **arguments);
/* Says on standard error, in one line, why it cannot go on; returns EXIT_BAD. */
int bad(const struct settings *settings, const char *format, ...) TUTTI_PRINTF(2, 3);

/* A test as the explorer runs it, with or without a trace. Its runs are in child processes. */
struct performance {
    struct tutti_rehearsal rehearsal;
    const struct settings *settings;
    const char *list;          /* the choice list of a replay */
    const char *path;          /* where the trace goes; NULL: no trace */
    struct tutti_trace *trace; /* in the child, during the run */
    volatile int *trace_error; /* what the child says of its trace: 0, or why it is incomplete */
    bool incomplete;           /* a trace of a replay is */
    bool stacked;              /* a deadlock's stacks are kept: */
    char *stacks;              /* by the child; "" none */
    struct audit *audit;       /* --audit, or NULL */
    struct tutti_tee tee;      /* trace and audit at once */
};

/* perform.c: makes a performance of a test and its explorer, both to be closed. Returns 0, or
 * EXIT_BAD after a line on standard error.                                                       */
int performance_open(struct performance *performance, struct tutti_explorer **explorer,
                     const struct settings *settings, const struct tutti_test *test);
void performance_close(struct performance *performance, struct tutti_explorer *explorer);
/* Runs a list once and writes the trace to `path` (NULL: none). Returns 0, or
 * EXIT_INTERRUPTED or EXIT_BAD after a line on standard error. If that is for the trace only,
 * `incomplete` is set and there is a verdict.                                                    */
int performance_replay(struct performance *performance, struct tutti_explorer *explorer,
                       const struct tutti_list *list, const char *path, bool silent,
                       struct tutti_verdict *verdict);
/* tell.c: says them, if there are any. */
void tell_stacks(const struct performance *performance);
/* A trace, and what it is called where it is talked of. */
struct named_trace {
    const char *path, *name;
};
/* Compares two traces from line 2 on. Says what differs, if anything does, and returns 0 (same),
 * EXIT_FOUND or EXIT_BAD. An `a` without run.end need only be how `b` begins: then it sets *cut
 * (NULL: it is different).                                                                       */
int traces_compare(struct named_trace a, struct named_trace b, bool *cut);
/* The text of a list, to be freed; NULL: no memory. */
char *list_text(const struct tutti_list *list);

/* tell_audit.c: which functions are no checkpoints. NULL: no memory. */
struct audit;
struct audit *audit_open(uint32_t jobs);
void audit_close(struct audit *audit);
/* Before a run: what listens to it. After it: keeps its choices if they show something. */
struct tutti_sink *audit_begin(struct audit *audit);
void audit_end(struct audit *audit, const struct tutti_picker *picker);
/* Says what came of it, with the runs that show it; returns how many functions are none. */
uint32_t audit_tell(struct audit *audit, const struct settings *settings);

/* keep.c: all of a file, NUL at the end, to be freed. NULL: *error says why. */
char *read_all(const char *path, size_t *length, int *error);
/* Writes a whole file, or leaves what is there. Returns 0 or -errno. */
int write_all(const char *path, const char *text, size_t length);
/* Searches that are stopped today and go on tomorrow. */
struct kept {
    struct tutti_frontier frontier; /* its record and trunk are the kept's own */
    struct tutti_dpor_trunk *trunk;
    bool there; /* there was something to go on with */
};
/* Reads settings->resume, if it is there: it must be of the same search. Returns 0, or EXIT_BAD
 * after a line on standard error. To be closed.                                                  */
int kept_open(struct kept *kept, const struct settings *settings);
/* Writes where the search stands. Returns 0, or EXIT_BAD after a line on standard error. */
int kept_save(struct tutti_explorer *explorer, const struct settings *settings);
void kept_close(struct kept *kept);

/* tell_choice.c: the first choice of the old trace that the new one has not, or has otherwise;
 * nothing if there is none. To standard output. */
void tell_choice(const char *old, const char *new);
/* tell.c: words for people. All to standard output. */
void tell_verdict(const struct tutti_verdict *verdict);
/* The seed, before anything runs. */
void tell_seed(const struct settings *settings);
/* Why two processes make different runs of one list. */
void tell_unstable(void);
void tell_bounds(FILE *out, const struct tutti_bounds *bounds);
/* What a strategy does, and with which bound. */
void tell_strategy(const struct settings *settings);
/* A search without a finding: how far it came. Returns the exit code. */
int tell_nothing(const struct settings *settings, enum tutti_explore_end end,
                 const struct tutti_progress *progress);
/* Which cancellations there were; nothing if none was allowed. */
void tell_coverage(const struct settings *settings, const struct tutti_coverage *coverage);
void tell_views(const char *trace);
/* The command that makes the run again, with further options, and the end of the line. */
void tell_replay(const struct settings *settings, const char *list, const char *more);
void tell_commands(const struct settings *settings, const char *list, const char *trace);
/* 1234567 as "1,234,567", in `text`, which is returned. */
struct grouped {
    char text[32];
};
const char *grouped(struct grouped *grouped, uint64_t number);
/* An estimate: "12,345", or "3.4e+12". */
const char *about(struct grouped *grouped, double number);

/* Each is a command; returns the exit code. */
int do_run(const struct settings *settings);
int do_explore(const struct settings *settings);
int do_replay(struct settings *settings);

/* os_terminal.c: what the system knows about this process. */
const char *os_variable(const char *name);
/* Zeroed memory that child processes share; NULL: none. */
void *os_shared(size_t size);
void os_unshare(void *memory, size_t size);
uint32_t os_process(void); /* the number of this process */
bool os_process_lives(uint32_t process);
uint32_t os_cores(void);          /* processors there are, as many as jobs are any use for */
bool os_terminal(void);           /* is standard error one? */
void os_remove(const char *path); /* if it is a plain file */
bool os_exists(const char *path);
bool os_plain(const char *path); /* may be written and read again: a plain file, or nothing yet */
/* Creates an empty file of its own in the folder for such files; its name in `path`. False: -errno
 * in *error.                                                                                     */
bool os_temporary(char *path, size_t size, int *error);

#endif
