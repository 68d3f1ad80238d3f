/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Time and checkpoints: the public functions of task.h that may let other tasks run. */
#include "tutti/core/park_priv.h"

int64_t tutti_time_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return a < 0 ? -TUTTI_NEVER : TUTTI_NEVER;
}

int64_t tutti_now_at(const struct tutti_site *site)
{
    struct run *run = run_require(site);
    TOUCH(run, 0, CLOCK, READ);
    return run_now(run);
}

int tutti_checkpoint_if_cancelled_at(const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    run->current->cancel_points++;
    if (TOUCHES(run)) touch_chain(run, run->current->scope);
    if (TUTTI_LIKELY(!run->current->scope->effective)) {
        EMIT(run, TASK_CK, .task = run->current->id, .site = site);
        return 0;
    }
    /* A loop that ignores its cancellation must not starve the others. */
    task_yield(run, run->current, "checkpoint", NULL, site);
    return task_cancelled(run, run->current, "checkpoint", site);
}

void tutti_yield_shielded_at(const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    (void)task_yield(run, run->current, "yield", NULL, site);
}

int tutti_sleep_until_at(int64_t when_ns, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (when_ns <= run_now(run)) return tutti_checkpoint_at(site);
    struct tutti_park *wait = park_own(run, "sleep", NULL, site);
    wait->until_ns = when_ns;
    return park(run, wait);
}

int tutti_sleep_at(int64_t ns, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (ns < 0) return tutti_error_at(site, false, TUTTI_EINVALID, "a negative time to sleep");
    return tutti_sleep_until_at(tutti_time_add(run_now(run), ns), site);
}
