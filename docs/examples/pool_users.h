/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* pool_users.h - a pool of one connection, two tasks that use it, and the test around them.
 * Included by the two forms of the pool after pool_acquire's declaration below.                  */
#ifndef TUTTI_EXAMPLES_POOL_USERS_H
#define TUTTI_EXAMPLES_POOL_USERS_H

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

struct connection {
    int queries; /* sent so far */
};

struct pool {
    struct connection *idle;
    bool opened; /* the one connection it may open */
    struct tutti_lot waiters;
};

/* Hands out a connection that answers; waits for one if need be. A checkpoint. */
static int pool_acquire(struct pool *pool, struct connection **connection);

/* Asks the server whether it is still there. A checkpoint. */
static int connection_ping(struct connection *connection)
{
    connection->queries++;
    return tutti_checkpoint();
}

/* Takes a connection back: straight to the first who waits, if anybody does. */
static void pool_release(struct pool *pool, struct connection *connection)
{
    struct tutti_waiter *first = pool->waiters.first;
    if (first) {
        *(struct connection **)first->data = connection;
        tutti_waiter_wake(first, 0);
    } else {
        pool->idle = connection;
    }
}

/* The idle connection, a new one, or the next one that comes back. */
static int pool_take(struct pool *pool, struct connection **connection)
{
    struct tutti_park wait = TUTTI_PARK_INIT("pool.take", &pool->waiters.object, TUTTI_HERE);
    struct tutti_waiter waiter;
    if (pool->idle) {
        *connection = pool->idle;
        pool->idle = NULL;
        return 0;
    }
    if (!pool->opened) {
        *connection = tutti_malloc(sizeof **connection);
        pool->opened = *connection != NULL;
        return pool->opened ? 0 : TUTTI_ENOMEMORY;
    }
    tutti_lot_join(&pool->waiters, &wait, &waiter, connection);
    return tutti_park(&wait);
}

static int query(void *arg)
{
    struct pool *pool = arg;
    struct connection *connection;
    TUTTI_TRY(pool_acquire(pool, &connection));
    int rc = tutti_checkpoint(); /* the query */
    connection->queries++;
    pool_release(pool, connection);
    return rc;
}

static int query_impatiently(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, query, arg);
}

static int ask_twice(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "patient", query, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "impatient", query_impatiently, arg));
    return 0;
}

static int pool_test(void *arg)
{
    struct pool pool = {.idle = NULL};
    (void)arg;
    tutti_lot_init(&pool.waiters, "connections");
    TUTTI_TRY(tutti_nursery_run(ask_twice, &pool));
    tutti_free(pool.idle);
    return 0;
}

#endif
