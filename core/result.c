/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/result.h"

#include "tutti/core/run_priv.h"

static int result_run(void *arg)
{
    struct tutti_result *result = *(struct tutti_result **)arg;
    int rc = result->fn(result->arg);
    result->code = rc;
    tutti_event_set(&result->done);
    return rc;
}

int tutti_nursery_start_result_at(struct tutti_nursery *nursery, struct tutti_result *result,
                                  const char *name, int (*fn)(void *arg), void *arg,
                                  const struct tutti_site *site)
{
    if (!fn) return tutti_error_at(site, false, TUTTI_EINVALID, "the task's function is NULL");
    *result = (struct tutti_result){.code = TUTTI_ESTATE, .fn = fn, .arg = arg};
    tutti_event_init_at(&result->done, name, site);
    return tutti_nursery_start_at(nursery, name, false, result_run, &result, sizeof result, site);
}

bool tutti_result_is_done(const struct tutti_result *result)
{
    object_look(&result->done.lot.object);
    return result->done.is_set;
}

int tutti_result_wait_at(struct tutti_result *result, int *code, const struct tutti_site *site)
{
    int rc = tutti_event_wait_at(&result->done, site);
    if (rc == 0 && code) *code = result->code;
    return rc;
}
