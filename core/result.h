/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/result.h - what a child came to: a cell that waits for it.
 *
 * A nursery says whether all went well; a result cell says what one task returned, before the
 * nursery closes. That the task failed is the nursery's business all the same. */
#ifndef TUTTI_CORE_RESULT_H
#define TUTTI_CORE_RESULT_H

#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"

TUTTI_BEGIN

/* The caller's; it outlives the task. Filled by tutti_nursery_start_result. */
struct tutti_result {
    struct tutti_event done; /* set when the task's function has returned */
    int code;                /* what it returned; TUTTI_ESTATE until then */
    int (*fn)(void *arg);
    void *arg;
};

/* Starts fn(arg) in the nursery, and keeps what it returns. Returns what tutti_nursery_start
 * returns; unless 0, the cell waits for nothing. Not a checkpoint. */
#define tutti_nursery_start_result(nursery, result, fn, arg)                                       \
    tutti_nursery_start_result_at(nursery, result, #fn, fn, arg, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_nursery_start_result_at(struct tutti_nursery *nursery,
                                                           struct tutti_result *result,
                                                           const char *name, int (*fn)(void *arg),
                                                           void *arg,
                                                           const struct tutti_site *site);

/* Waits until the task's function has returned; *code (if not NULL) is then what it returned.
 * Returns 0 or TUTTI_ECANCELED: the caller's cancellation, not the task's. */
#define tutti_result_wait(result, code) tutti_result_wait_at(result, code, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_result_wait_at(struct tutti_result *result, int *code,
                                          const struct tutti_site *site);

/* Has it returned? Then result->code is what. Not a checkpoint. */
TUTTI_API bool tutti_result_is_done(const struct tutti_result *result);

TUTTI_END
#endif
