/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A failure that one schedule of many shows: two tasks, and the first does its thing if the second
 * was before it.                                                                                 */
#ifndef TUTTI_TESTS_PAIR_H
#define TUTTI_TESTS_PAIR_H

#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"

struct pair {
    int (*fn)(void);
    bool second_was_first;
};

static int first(void *arg)
{
    const struct pair *pair = arg;
    TUTTI_TRY(tutti_checkpoint());
    return pair->second_was_first ? pair->fn() : 0;
}

static int second(void *arg)
{
    TUTTI_TRY(tutti_checkpoint());
    ((struct pair *)arg)->second_was_first = true;
    return 0;
}

static int start_both(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, first, arg));
    return tutti_nursery_start(nursery, second, arg);
}

static int run_pair(int (*fn)(void))
{
    struct pair pair = {.fn = fn};
    return tutti_nursery_run(start_both, &pair);
}

#endif
