/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/rehearse.h"

#include <stdio.h>

#include "tutti/core/error.h"
#include "tutti/core/scope.h"

static enum tutti_verdict_kind kind_of(enum tutti_outcome outcome)
{
    switch (outcome) {
    case TUTTI_OUTCOME_OK:
        return TUTTI_VERDICT_OK;
    case TUTTI_OUTCOME_DEADLOCK:
        return TUTTI_VERDICT_DEADLOCK;
    case TUTTI_OUTCOME_CHECK:
        return TUTTI_VERDICT_CHECK;
    case TUTTI_OUTCOME_LEAK:
        return TUTTI_VERDICT_LEAK;
    case TUTTI_OUTCOME_LIMIT:
        return TUTTI_VERDICT_LIMIT;
    default:
        return TUTTI_VERDICT_ERROR;
    }
}

/* Why the picker stopped the run. */
static void judge_stopped(const struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    if (picker->mismatch) {
        tutti_verdict_set(verdict, TUTTI_VERDICT_NONDETERMINISM, "%s", picker->why);
    } else if (picker->why[0]) {
        tutti_verdict_set(verdict, TUTTI_VERDICT_LIMIT, "%s", picker->why);
    } else {
        tutti_verdict_set(verdict, TUTTI_VERDICT_LIMIT, "more than %u choices in one run",
                          picker->takes.room);
    }
}

/* The test in a scope that is cancelled as any other; then the test is over, and that is all. */
static int main_in_scope(void *context)
{
    const struct tutti_rehearsal *rehearsal = context;
    return tutti_move_on_at(TUTTI_NEVER, rehearsal->main, rehearsal->arg);
}

void tutti_rehearse(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    struct tutti_rehearsal *rehearsal = context;
    struct tutti_run_stats stats;
    tutti_sim_world_reset(&rehearsal->sim);
    rehearsal->sim.world.pick = &picker->pick;
    int code = picker->cancel_run
                   ? tutti_run(&rehearsal->sim.world, main_in_scope, rehearsal)
                   : tutti_run(&rehearsal->sim.world, rehearsal->main, rehearsal->arg);
    if (TUTTI_LIKELY(code >= 0 || picker->dropped)) {
        verdict->kind = TUTTI_VERDICT_OK;
        return;
    }
    tutti_run_last(&stats);
    if (picker->mismatch || picker->full) {
        judge_stopped(picker, verdict);
    } else {
        tutti_verdict_set(verdict, kind_of(stats.outcome), "%s", stats.message);
    }
    verdict->code = code;
    verdict->steps = stats.steps;
    if (verdict->kind == TUTTI_VERDICT_DEADLOCK) verdict->waits = stats.waits;
    if (stats.site) {
        verdict->line = stats.site->line;
        snprintf(verdict->file, sizeof verdict->file, "%s", stats.site->file);
    }
}
