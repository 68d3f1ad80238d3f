/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A cache whose hits are no checkpoints: a task that reads many pages from it lets nobody else run,
 * and no deadline ends it, as soon as all of them are there. No run fails by that, and in the plain
 * run both readers find the cache empty. `tutti explore --audit` reports cache_get, with a run in
 * which the second reader comes late enough for a hit. */
#include "cache_users.h"

static int cache_get(struct cache *cache)
{
    TUTTI_ASYNC;
    if (cache->page) return cache->page; /* at once: no checkpoint */
    int page = page_fetch();
    if (page > 0) cache->page = page;
    return page;
}

const struct tutti_test tutti_tests[] = {
    {"cache_hit", cache_test, "a hit returns without a checkpoint"},
    {NULL, NULL, NULL},
};
