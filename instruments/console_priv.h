/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/console_priv.h - the two sides of a console: the run's (console.c), and the thread
 * that serves the socket (os_console.c). Not a public header.                                    */
#ifndef TUTTI_INSTRUMENTS_CONSOLE_PRIV_H
#define TUTTI_INSTRUMENTS_CONSOLE_PRIV_H

#include "tutti/instruments/dump.h"
#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/unwind_priv.h"

enum { CONSOLE_VERSION = 1 };
/* Rows of an answer; further ones are only counted. */
enum { CONSOLE_ROWS_MAX = 10000 };

/* What the thread wants of the run. */
enum console_what { CONSOLE_NOTHING, CONSOLE_TASKS, CONSOLE_STACK };

struct console_request {
    enum console_what what;
    bool each;     /* tasks: equal ones are not folded */
    uint64_t task; /* stack: whose */
};

/* What the run says. Made in its thread, told in the other one. */
struct console_answer {
    struct tutti_text text; /* tasks: the whole line */
    int64_t cost_ns;        /* tasks: how long the run was held up */
    bool found;             /* stack: the task lives */
    size_t count;
    struct unwind_frame frames[TUTTI_BACKTRACE_MAX];
};

/* What is known of a task's work since somebody connected. */
struct console_tally {
    int64_t busy_ns;
    uint64_t wakes;
};

/* os_console.c */
struct door;
/* What the run does for the thread. */
struct door_calls {
    void (*listen)(void *context);      /* in a signal handler, at any instant */
    void (*wake)(void *context);        /* there, too, or in the door's thread: end the wait */
    uint64_t (*running)(void *context); /* in the door's thread: the task whose step it is, or 0 */
    void *context;
};
/* Opens the door at $TUTTI_CONSOLE for the calling thread's run; NULL: there is to be none, or
 * there can be none, which it has said on standard error. */
struct door *door_open(const struct door_calls *calls);
/* Is anything wanted of the run? Starts the thread if somebody has just connected. */
bool door_is_wanted(struct door *door);
/* Is somebody connected? */
bool door_is_watched(struct door *door);
/* What is wanted, and where the answer goes: to be followed by door_answered(). */
struct console_request door_begin(struct door *door, struct console_answer **answer);
void door_answered(struct door *door);
/* NULL is allowed. */
void door_close(struct door *door);

/* console_rows.c: adds the line that describes all tasks. False: no memory. */
bool console_rows(struct tutti_text *text, const struct idmap *tallies, bool each);

#endif
