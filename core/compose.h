/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/compose.h - several functions at once, in a nursery of their own: all, or the first.
 *
 * No futures: a branch's result is a field of the caller's array, written once the branch has
 * ended, and the call returns when all branches have. */
#ifndef TUTTI_CORE_COMPOSE_H
#define TUTTI_CORE_COMPOSE_H

#include "tutti/core/nursery.h"

TUTTI_BEGIN

/* One of the functions. */
struct tutti_branch {
    const char *name; /* of its task; copied; NULL: "branch" */
    int (*fn)(void *arg);
    void *arg;
    int result; /* filled: what fn returned; TUTTI_ECANCELED if it was not started */
};
#define TUTTI_BRANCH(fn_, arg_)                                                                    \
    {                                                                                              \
        .name = #fn_, .fn = (fn_), .arg = (arg_)                                                   \
    }

/* "No branch has won." */
#define TUTTI_NO_BRANCH UINT32_MAX

/* Runs `count` branches at once and waits for all. The first failure cancels the others, and its
 * code is returned, else 0; TUTTI_ECANCELED if a cancellation from outside ended a branch. What
 * each one returned is in its result. Other tasks run; not itself the source of a cancellation.
 * TUTTI_EINVALID when a function is NULL, TUTTI_ENOMEMORY when not all could be started.        */
#define tutti_gather(branches, count) tutti_gather_at(branches, count, TUTTI_HERE)
TUTTI_SCHEDULES TUTTI_MUST_USE int tutti_gather_at(struct tutti_branch *branches, uint32_t count,
                                                   const struct tutti_site *site);

/* Runs `count` branches (1 or more) at once; the first one that ends well cancels the others. When
 * all have ended it returns the winner's result, and its number in *winner (which may be NULL). It
 * does so too if a cancellation from outside came after that: what was won is not lost. A branch
 * that fails, first or on its way out, is a failure of the whole: its code is returned; *winner is
 * the branch that had ended well before, or TUTTI_NO_BRANCH. Look at the results of losers, too:
 * one may have ended well in the same moment. Otherwise like tutti_gather.                      */
#define tutti_race(branches, count, winner) tutti_race_at(branches, count, winner, TUTTI_HERE)
TUTTI_SCHEDULES TUTTI_MUST_USE int tutti_race_at(struct tutti_branch *branches, uint32_t count,
                                                 uint32_t *winner, const struct tutti_site *site);

TUTTI_END
#endif
