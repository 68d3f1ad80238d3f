/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/verdict.h - what became of one run, without pointers: it crosses from a child process to its
 * parent.                                                                                        */
#ifndef TUTTI_SIM_VERDICT_H
#define TUTTI_SIM_VERDICT_H

#include "tutti/sim/picker.h"

TUTTI_BEGIN

enum tutti_verdict_kind {
    TUTTI_VERDICT_OK,
    TUTTI_VERDICT_CHECK, /* a check or an assert failed */
    TUTTI_VERDICT_ERROR, /* an error out of main */
    TUTTI_VERDICT_DEADLOCK,
    TUTTI_VERDICT_LEAK,           /* memory or a lock left behind */
    TUTTI_VERDICT_LIMIT,          /* more steps or choices than allowed */
    TUTTI_VERDICT_CRASH,          /* a signal, a panic, an exit() in the middle */
    TUTTI_VERDICT_HANG,           /* a task that never yields, or a run that takes too long */
    TUTTI_VERDICT_NONDETERMINISM, /* the same choices, but not the same run */
    TUTTI_VERDICT_MISMATCH,       /* the list to be replayed does not fit the program */
    TUTTI_VERDICT_KINDS
};

struct tutti_verdict {
    enum tutti_verdict_kind kind;
    int code;        /* what tutti_run returned; 0 if it did not return */
    int signal;      /* crash: which; 0: none */
    uint32_t line;   /* where it failed, */
    char file[160];  /* "" if that is not known */
    char place[400]; /* crash, hang: the functions on the stack, the innermost first; "" unknown */
    char message[512]; /* one line */
    uint64_t waits;    /* deadlock: what the tasks wait in (struct tutti_run_stats) */
    char task[48];     /* hang: the task that ran; "" if that is not known */
    uint64_t steps;    /* of a run that came to its end */
};

/* Runs a test once: choices by the picker, outcome into the verdict. What an explorer is given, so
 * that it can be tried with anything that chooses.                                               */
typedef void tutti_run_once(void *context, struct tutti_picker *picker,
                            struct tutti_verdict *verdict);

/* A word for a kind: "deadlock", "crash". Static. */
TUTTI_API const char *tutti_verdict_text(enum tutti_verdict_kind kind);
/* The same failure? Of one kind, with one code or signal, at one file and line. Deadlocks: tasks
 * wait in the same places. Hangs: in the task of one name, as far as it is known.                */
TUTTI_API bool tutti_verdict_alike(const struct tutti_verdict *a, const struct tutti_verdict *b);
/* Sets kind and message, in the manner of printf, and clears the rest. */
TUTTI_API void tutti_verdict_set(struct tutti_verdict *verdict, enum tutti_verdict_kind kind,
                                 const char *format, ...) TUTTI_PRINTF(3, 4);

TUTTI_END
#endif
