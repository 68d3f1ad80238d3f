/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two clerks book into one account. Between two checkpoints nothing else happens, so no booking is
 * lost, and `tutti explore` says how many orders of the two there are that differ: nobody tells it
 * that they share the account, it sees what they read and write (track_memory in BUILD). Threads
 * have no such promise: with `--access-points` each access is a schedule point, as theirs are, and
 * a run is found in which a booking is lost. */
#include <stdio.h>

#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

static struct account {
    long balance;
    char last[32]; /* who booked last */
} account;

static int book(void *arg)
{
    long amount = *(const long *)arg;
    TUTTI_TRY(tutti_checkpoint()); /* the clerk reads the form */
    account.balance += amount;
    snprintf(account.last, sizeof account.last, "%ld", amount);
    return 0;
}

static int two_clerks(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    for (long amount = 1; amount <= 2; amount++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, book, &amount, sizeof amount));
    }
    return 0;
}

static int bookings(void *arg)
{
    account.balance = 0;
    TUTTI_TRY(tutti_nursery_run(two_clerks, arg));
    tutti_check(account.balance == 3);
    return 0;
}

const struct tutti_test tutti_tests[] = {
    {"bookings", bookings, "two tasks add to one number"},
    {NULL, NULL, NULL},
};
