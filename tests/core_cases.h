/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core_cases.h - the acceptance cases that must hold on every CPU core is built for: T01, T23, T47.
 * Shared by the tests of this machine's CPU and the cross-built program.                         */
#ifndef TUTTI_TESTS_CORE_CASES_H
#define TUTTI_TESTS_CORE_CASES_H

#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

struct interleave {
    int log[6];
    int count;
};

static int interleaved(struct interleave *log, int who)
{
    for (int i = 0; i < 3; i++) {
        log->log[log->count++] = who * 10 + i;
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int interleaved_a(void *arg)
{
    return interleaved(arg, 1);
}

static int interleaved_b(void *arg)
{
    return interleaved(arg, 2);
}

static int t01_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, interleaved_a, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, interleaved_b, arg));
    return 0;
}

/* Two tasks in step: in each pass both run once, in either order. Batch mode only. */
static inline int T01_basic_interleave(void *arg)
{
    struct interleave log = {.count = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(t01_body, &log));
    tutti_check(log.count == 6);
    for (int i = 0; i < 3; i++) {
        int a = log.log[2 * i], b = log.log[2 * i + 1];
        tutti_check((a == 10 + i && b == 20 + i) || (a == 20 + i && b == 10 + i));
    }
    return 0;
}

/* s1 around s2 around s3; s3 and then s2 are cancelled: the outermost cancelled one catches. */
static inline int T23_cancel_scope_nesting(void *arg)
{
    struct tutti_scope s1, s2, s3;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&s1, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&s2, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&s3, TUTTI_NEVER));
    tutti_scope_cancel(&s3);
    tutti_scope_cancel(&s2);
    int rc = tutti_sleep_forever();
    tutti_check(rc == TUTTI_ECANCELED);
    rc = tutti_scope_close(&s3, rc);
    tutti_check(rc == TUTTI_ECANCELED && s3.cancelled && !s3.caught);
    rc = tutti_scope_close(&s2, rc);
    tutti_check(rc == 0 && s2.caught);
    rc = tutti_scope_close(&s1, rc);
    tutti_check(rc == 0 && !s1.cancelled && !s1.caught);
    return rc;
}

struct parked {
    struct tutti_lot lot;
    struct tutti_scope scopes[3];
    int results[3];
    int next;
};

static int park_one(void *arg)
{
    struct parked *parked = *(struct parked **)arg;
    int me = parked->next++;
    TUTTI_TRY(tutti_scope_open(&parked->scopes[me], TUTTI_NEVER));
    int rc = tutti_lot_park(&parked->lot, "case.park");
    parked->results[me] = rc == 0 ? 1 : rc;
    return tutti_scope_close(&parked->scopes[me], rc);
}

static int t47_body(struct tutti_nursery *nursery, void *arg)
{
    struct parked *parked = arg;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, park_one, &parked, sizeof parked));
    }
    while (parked->lot.count < 3)
        TUTTI_TRY(tutti_checkpoint());
    tutti_scope_cancel(&parked->scopes[1]);
    tutti_check(parked->lot.count == 2);
    while (!parked->results[1])
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(parked->results[1] == TUTTI_ECANCELED && parked->scopes[1].caught);
    tutti_check(!parked->results[0] && !parked->results[2]);
    tutti_check(tutti_lot_unpark(&parked->lot, UINT32_MAX) == 2);
    return 0;
}

/* Three are parked, the second is cancelled: it alone leaves the queue, the others are woken. */
static inline int T47_parking_lot_cancel(void *arg)
{
    struct parked parked = {.next = 0};
    (void)arg;
    tutti_lot_init(&parked.lot, "lot");
    TUTTI_TRY(tutti_nursery_run(t47_body, &parked));
    tutti_check(parked.results[0] == 1 && parked.results[2] == 1 && parked.lot.count == 0);
    return 0;
}

#endif
