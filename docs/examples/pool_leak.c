/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A connection pool that loses a connection: acquire() has one in its hands and asks the server
 * whether it is still good, which is a checkpoint. Cancelled there, it returns the cancellation and
 * forgets the connection: nobody can ever use it again. httpcore and asyncpg both had this defect.
 * The plain run passes; exploring with one cancellation finds it, as a deadlock of whoever waits
 * for the connection or as the connection left behind, whichever comes first. */
#include "pool_users.h"

static int pool_acquire(struct pool *pool, struct connection **connection)
{
    TUTTI_TRY(pool_take(pool, connection));
    return connection_ping(*connection); /* cancelled here, the connection is lost */
}

const struct tutti_test tutti_tests[] = {
    {"pool_leak", pool_test, "acquire is cancelled while it validates the connection"},
    {NULL, NULL, NULL},
};
