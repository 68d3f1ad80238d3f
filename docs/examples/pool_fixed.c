/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The pool of pool_leak.c, corrected: whatever goes wrong after the connection was taken, it goes
 * back. Clean under every schedule with any one cancellation.                                    */
#include "pool_users.h"

static int pool_acquire(struct pool *pool, struct connection **connection)
{
    TUTTI_TRY(pool_take(pool, connection));
    int rc = connection_ping(*connection);
    if (rc < 0) pool_release(pool, *connection);
    return rc;
}

const struct tutti_test tutti_tests[] = {
    {"pool", pool_test, "the corrected pool: clean under every schedule"},
    {NULL, NULL, NULL},
};
