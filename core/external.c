/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/external.h"

#include "tutti/core/run_priv.h"

void tutti_external_begin_at(const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (run->external == UINT32_MAX) tutti_panic_at(site, "too much work outside the run");
    TOUCH(run, 0, WORLD, ADD);
    run->external++;
}

void tutti_external_end_at(const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!run->external) tutti_panic_at(site, "no work outside the run is counted: nothing ends");
    TOUCH(run, 0, WORLD, ADD);
    run->external--;
    if (run->asleep) run_nudge(run);
}

uint32_t tutti_external_count(void)
{
    if (run_current) TOUCH(run_current, 0, WORLD, READ);
    return run_current ? run_current->external : 0;
}
