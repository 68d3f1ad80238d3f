/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cache_users.h - a cache of one page that is slow to fetch, two tasks that want it, and the test
 * around them. Included by the two forms of the cache.                                           */
#ifndef TUTTI_EXAMPLES_CACHE_USERS_H
#define TUTTI_EXAMPLES_CACHE_USERS_H

#include "tutti/core/async.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

enum { PAGE = 42 };

struct cache {
    int page; /* 0: not there yet */
};

/* The page, fetched if need be, or an error. Promises to be a checkpoint. */
static int cache_get(struct cache *cache);

/* Asks the server. A checkpoint, each time. */
static int page_fetch(void)
{
    TUTTI_ASYNC;
    TUTTI_TRY(tutti_checkpoint());
    return PAGE;
}

static int read_page(void *arg)
{
    int page = cache_get(arg);
    if (page < 0) return page;
    tutti_check(page == PAGE);
    return 0;
}

static int two_readers(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "early", read_page, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "late", read_page, arg));
    return 0;
}

static int cache_test(void *arg)
{
    struct cache cache = {.page = 0};
    (void)arg;
    return tutti_nursery_run(two_readers, &cache);
}

#endif
