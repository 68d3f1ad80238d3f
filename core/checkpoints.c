/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/checkpoints.h"

#include "tutti/core/run_priv.h"
#include "tutti/core/test.h"

struct tutti_points tutti_points_begin(const struct tutti_site *site)
{
    const struct tutti_task *task = run_require_task(site)->current;
    return (struct tutti_points){task->cancel_points, task->schedule_points, site};
}

/* Did both counters move, or neither, as wanted? */
static bool as_claimed(const struct tutti_points *points, bool wanted)
{
    const struct tutti_task *task = run_require_task(points->site)->current;
    return (task->cancel_points > points->cancel) == wanted &&
           (task->schedule_points > points->schedule) == wanted;
}

static void points_claim(struct tutti_points *points, bool wanted, const char *text)
{
    const struct tutti_site *site = points->site;
    if (!site) return; /* the cleanup of a block that came to its end */
    bool holds = as_claimed(points, wanted);
    points->site = NULL;
    if (!holds) tutti_check_failed(site, text);
}

void tutti_points_check(struct tutti_points *points)
{
    points_claim(points, true, "no checkpoint in the block");
}

void tutti_points_check_none(struct tutti_points *points)
{
    points_claim(points, false, "a checkpoint in the block");
}

int tutti_assert_points(bool wanted, const char *text, int (*fn)(void *arg), void *arg,
                        const struct tutti_site *site)
{
    struct tutti_points points = tutti_points_begin(site);
    if (!fn) return tutti_error_at(site, false, TUTTI_EINVALID, "the function is NULL");
    int rc = fn(arg);
    if (rc >= 0 || !wanted) points_claim(&points, wanted, text);
    return rc;
}
