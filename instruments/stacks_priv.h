/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/stacks_priv.h - the stacks of a run's tasks in words, kept for later. */
#ifndef TUTTI_INSTRUMENTS_STACKS_PRIV_H
#define TUTTI_INSTRUMENTS_STACKS_PRIV_H

#include "tutti/instruments/text.h"

/* Tasks whose stacks are taken; to walk over one takes some 20 us. */
enum { STACKS_MAX = 1000 };

/* All-zero is none. */
struct stacks {
    uint32_t count;
    uint64_t tasks[STACKS_MAX];
    size_t at[STACKS_MAX];  /* where in the text each begins, ended by NUL */
    struct tutti_text text; /* "inner app.c:12 < outer app.c:20" */
};

/* Takes those of the calling thread's run, of tasks that do not run, instead of what was there;
 * none where there is no memory. Not for signal handlers.                                        */
void stacks_take(struct stacks *stacks);
void stacks_free(struct stacks *stacks);

#endif
