/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The cache of cache_hit.c, put right: a hit is a checkpoint of its own. */
#include "cache_users.h"

static int cache_get(struct cache *cache)
{
    TUTTI_ASYNC;
    if (cache->page) {
        TUTTI_TRY(tutti_checkpoint());
        return cache->page;
    }
    int page = page_fetch();
    if (page > 0) cache->page = page;
    return page;
}

const struct tutti_test tutti_tests[] = {
    {"cache_hit", cache_test, "a hit is a checkpoint, too"},
    {NULL, NULL, NULL},
};
