/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/limiter.h - capacity limiter: at most so many at a time, and it is known who.
 *
 * Each of `total` tokens is borrowed by a task, or on behalf of anything that has an address. A
 * borrower has at most one token at a time, and only it gives the token back. Waiters are served
 * first come first served. The record of borrowing is the caller's, so nothing here needs memory.
 * The struct may live on a stack, as long as nothing is borrowed and no task waits when it goes
 * away. */
#ifndef TUTTI_CORE_LIMITER_H
#define TUTTI_CORE_LIMITER_H

#include "tutti/core/held.h"
#include "tutti/core/park.h"
#include "tutti/core/task.h"

TUTTI_BEGIN

/* A total without limit. */
#define TUTTI_LIMITER_INFINITE UINT32_MAX

/* One borrowing. The caller's, from acquiring to releasing; acquiring fills it. */
struct tutti_borrow {
    struct tutti_held held;           /* of the borrower, if that is a task */
    struct tutti_borrow *next, *prev; /* among the limiter's */
    struct tutti_limiter *limiter;    /* NULL after the release */
    const void *borrower;
    bool has; /* it has the token; false: it waits for one */
};

struct tutti_limiter {
    struct tutti_lot lot;              /* the object's holder is the oldest borrower */
    struct tutti_borrow *first, *last; /* in order of borrowing */
    uint32_t borrowed, total;          /* somebody waits only while borrowed >= total */
};

/* Makes a limiter with `total` tokens (0 is allowed; or TUTTI_LIMITER_INFINITE) and a name that is
 * kept (or NULL). Not a checkpoint. */
#define tutti_limiter_init(limiter, name, total)                                                   \
    tutti_limiter_init_at(limiter, name, total, TUTTI_HERE)
TUTTI_API void tutti_limiter_init_at(struct tutti_limiter *limiter, const char *name,
                                     uint32_t total, const struct tutti_site *site);

/* Borrows a token for the calling task, or for `borrower` (not NULL); waits until there is one.
 * Returns 0, TUTTI_ECANCELED (nothing borrowed), TUTTI_ESTATE when the borrower has or waits for
 * one already, TUTTI_EINVALID, or TUTTI_EBROKEN when it had to wait and limiter->lot was broken.
 * For another borrower than the calling task that check looks at every token that is borrowed. A
 * task that ends with a token gives it back, and the run ends with TUTTI_ELEAK. */
#define tutti_limiter_acquire(limiter, borrow)                                                     \
    tutti_limiter_acquire_at(limiter, borrow, tutti_task_self(), TUTTI_HERE)
#define tutti_limiter_acquire_for(limiter, borrow, borrower)                                       \
    tutti_limiter_acquire_at(limiter, borrow, borrower, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_limiter_acquire_at(struct tutti_limiter *limiter,
                                              struct tutti_borrow *borrow, const void *borrower,
                                              const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK. Not checkpoints. */
#define tutti_limiter_acquire_nowait(limiter, borrow)                                              \
    tutti_limiter_acquire_nowait_at(limiter, borrow, tutti_task_self(), TUTTI_HERE)
#define tutti_limiter_acquire_for_nowait(limiter, borrow, borrower)                                \
    tutti_limiter_acquire_nowait_at(limiter, borrow, borrower, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_limiter_acquire_nowait_at(struct tutti_limiter *limiter,
                                                             struct tutti_borrow *borrow,
                                                             const void *borrower,
                                                             const struct tutti_site *site);
/* Gives the token to the first who waits, or back. Of something not borrowed from this limiter, or
 * of another task's token, it panics. Not a checkpoint. */
#define tutti_limiter_release(limiter, borrow) tutti_limiter_release_at(limiter, borrow, TUTTI_HERE)
TUTTI_API void tutti_limiter_release_at(struct tutti_limiter *limiter, struct tutti_borrow *borrow,
                                        const struct tutti_site *site);
/* Changes the number of tokens. More: waiters get theirs. Fewer: nobody loses one; until enough are
 * given back nobody gets one. Not a checkpoint. */
#define tutti_limiter_set_total(limiter, total)                                                    \
    tutti_limiter_set_total_at(limiter, total, TUTTI_HERE)
TUTTI_API void tutti_limiter_set_total_at(struct tutti_limiter *limiter, uint32_t total,
                                          const struct tutti_site *site);

struct tutti_limiter_stats {
    uint32_t borrowed, total, waiting;
};
/* What it is like now. Not a checkpoint. */
TUTTI_API struct tutti_limiter_stats tutti_limiter_statistics(const struct tutti_limiter *limiter);

TUTTI_END
#endif
