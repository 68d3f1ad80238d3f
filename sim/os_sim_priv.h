/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/os_sim_priv.h - what the simulator wants from the system: memory, child processes that are
 * watched, and how long the search takes. Nothing of it reaches a run. Not a public header.      */
#ifndef TUTTI_SIM_OS_SIM_PRIV_H
#define TUTTI_SIM_OS_SIM_PRIV_H

#include "tutti/core/base.h"

/* Address space at the same place in every process, if that is free, or elsewhere. NULL: none. */
void *os_map_arena(size_t size);
/* Zeroed memory that child processes share with their parent. NULL: none. */
void *os_map_shared(size_t size);
void os_unmap(void *memory, size_t size);

/* ns of real time since some moment. */
int64_t os_real_ns(void);

/* Bytes of memory that the largest child process so far had at most; 0: none ended. */
size_t os_memory_max(void);

/* How a child process ended. */
enum child_end {
    CHILD_DONE,        /* work() returned */
    CHILD_SIGNAL,      /* a signal ended it: `number` */
    CHILD_EXIT,        /* somebody called exit() or the like in the middle: `number` */
    CHILD_HUNG,        /* the beat stood still for hang_ns; it was killed */
    CHILD_INTERRUPTED, /* Ctrl-C or a signal to end, here */
    CHILD_LATE,        /* deadline_ns passed */
    CHILD_NONE         /* no process could be made: `number` is the -errno */
};

/* What a child leaves behind when it does not come to its end. */
struct child_words {
    char message[256]; /* the panic's */
    char file[160];    /* where, if that is known */
    uint32_t line;
    char task[48]; /* the running task; "" none */
    uint64_t task_id;
    char place[400]; /* the functions on its stack, the innermost first; "" unknown */
    int signal;      /* that it got and could not go on after; 0: none */
    bool panicked;   /* the message is of a panic */
    bool asked;      /* it hung, and could still tell its task */
    bool finished;   /* work() returned */
};

struct child {
    void (*work)(void *context);
    void *context;
    bool silent;                   /* what it prints is lost */
    const volatile uint64_t *beat; /* must change every hang_ns; NULL: all of work is one beat */
    const volatile bool *rests;    /* while this is so it need not; NULL: it is never so */
    int64_t hang_ns;
    volatile bool *stop; /* set at the deadline or an interruption: end; or NULL */
    /* In the parent, after its end: is it to be started again? NULL: no. */
    bool (*again)(struct child *child);
    void (*last_words)(void *context); /* in the child when it crashes, if not NULL */
    /* In the child when it crashes or hangs: writes where it is. May be NULL. */
    void (*place)(char *text, size_t size);
    /* results */
    enum child_end end;
    int number;
    const struct child_words *words; /* until the next child */
    /* while it is watched */
    int pid, fd; /* fd -1: it is gone */
    uint64_t seen_beat;
    int64_t moved_ns;
};

/* After its end: was it killed by somebody else, without a word? */
bool os_child_was_killed(const struct child *child);

/* How children are watched. */
struct child_watch {
    int64_t deadline_ns;         /* of os_real_ns; TUTTI_NEVER: none */
    int64_t tick_ns;             /* how often tick() is called meanwhile, in the parent */
    void (*tick)(void *context); /* may be NULL */
    void *tick_context;
};

enum { CHILDREN_MAX = 64 };

/* What a signal is, in words. */
const char *os_signal_text(int number);

/* Between the two, Ctrl-C and a signal to end are for children: none is missed between one and
 * the next. May be nested.                                                                       */
void os_interrupts_begin(void);
void os_interrupts_end(void);

/* Runs each child's work(context) in a process of its own, side by side, and waits for their ends,
 * asleep.                                                                                        */
void os_children_run(struct child *children, uint32_t count, const struct child_watch *watch);

/* Sleeps while *word is `value`, a few ms at most; the word is shared by processes. */
void os_wait_word(const uint32_t *word, uint32_t value);
/* Ends such sleeps. */
void os_wake_word(const uint32_t *word);

#endif
