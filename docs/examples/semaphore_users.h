/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* semaphore_users.h - three tasks that take turns at a semaphore of one, and the test around them.
 * Included after a `struct semaphore` with init, acquire and release.                            */
#ifndef TUTTI_EXAMPLES_SEMAPHORE_USERS_H
#define TUTTI_EXAMPLES_SEMAPHORE_USERS_H

#include "tutti/core/nursery.h"
#include "tutti/core/test.h"

static int use(void *arg)
{
    struct semaphore *semaphore = arg;
    TUTTI_TRY(semaphore_acquire(semaphore));
    int rc = tutti_checkpoint(); /* the work */
    semaphore_release(semaphore);
    return rc;
}

/* A user that may be told to give up: the scope is what the explorer cancels. */
static int use_impatiently(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, use, arg);
}

static int take_turns(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "first", use, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "impatient", use_impatiently, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "last", use, arg));
    return 0;
}

static int semaphore_test(void *arg)
{
    struct semaphore semaphore;
    (void)arg;
    semaphore_init(&semaphore, 1);
    TUTTI_TRY(tutti_nursery_run(take_turns, &semaphore));
    tutti_check(semaphore.value == 1);
    return 0;
}

#endif
