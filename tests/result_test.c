/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Result cells: what one task returned, while its nursery is still open. */
#include "rehearsed.h"

#include "tutti/core/result.h"
#include "tutti/core/scope.h"

static int twice(void *arg)
{
    TUTTI_TRY(tutti_sleep(*(int *)arg));
    return 2 * *(int *)arg;
}

static int fails(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_error(-5, "no");
}

static int gather_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_result results[3];
    int numbers[] = {3, 1, 2}, code = 0;
    (void)arg;
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start_result(nursery, &results[i], twice, &numbers[i]));
        tutti_check(!tutti_result_is_done(&results[i]) && results[i].code == TUTTI_ESTATE);
    }
    TUTTI_TRY(tutti_result_wait(&results[1], NULL));
    tutti_check(tutti_now() == 1 && !tutti_result_is_done(&results[0]));
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_result_wait(&results[i], &code));
        tutti_check(code == 2 * numbers[i] && results[i].code == code);
    }
    tutti_check(tutti_now() == 3);
    return 0;
}

static int gather(void *arg)
{
    return tutti_nursery_run(gather_body, arg);
}

struct held {
    struct tutti_result result;
    int waited;
};

static int failing_body(struct tutti_nursery *nursery, void *arg)
{
    struct held *held = arg;
    TUTTI_TRY(tutti_nursery_start_result(nursery, &held->result, fails, NULL));
    held->waited = tutti_result_wait(&held->result, NULL);
    return held->waited;
}

/* A failure is in the cell, and the nursery's: who waits inside it is cancelled by it. */
static int failure(void *arg)
{
    struct held held = {.waited = 1};
    (void)arg;
    tutti_check(tutti_nursery_run(failing_body, &held) == -5);
    tutti_check(held.result.code == -5 && tutti_result_is_done(&held.result));
    tutti_check(held.waited == 0 || held.waited == TUTTI_ECANCELED);
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    tutti_check(tutti_nursery_start_result(&nursery, &held.result, NULL, NULL) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    return tutti_nursery_start_result(&nursery, &held.result, fails, NULL) == TUTTI_ECLOSED ? 0
                                                                                            : -1;
}

/* Every schedule, with one cancellation: of the wait for the result, or of the task. */
static int yields_7(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    return 7;
}

static int gives_7(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, yields_7, arg);
}

static int waits(void *arg)
{
    struct held *held = arg;
    int code = -1;
    held->waited = tutti_result_wait(&held->result, &code);
    tutti_check(held->waited == 0 ? code == 7 || code == 0 : code == -1);
    return held->waited;
}

static int held_body(struct tutti_nursery *nursery, void *arg)
{
    struct held *held = arg;
    TUTTI_TRY(tutti_nursery_start_result(nursery, &held->result, gives_7, NULL));
    return tutti_move_on_at(TUTTI_NEVER, waits, held);
}

static int result_or_cancel(void *arg)
{
    struct held held = {.waited = 1};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(held_body, &held));
    tutti_check(tutti_result_is_done(&held.result) && held.result.done.lot.count == 0);
    tutti_check(held.waited == 0 || (held.waited == TUTTI_ECANCELED && held.result.code == 7));
    return 0;
}

REHEARSE_MAIN(REHEARSED(gather), REHEARSED(failure), REHEARSED_ALL(result_or_cancel, 1, 8))
