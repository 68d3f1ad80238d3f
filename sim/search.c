/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/search.h"

#include "tutti/core/error.h"

/* The picker has no run after this one. */
static void finish(struct tutti_search *search)
{
    if (search->picker->mismatch) {
        tutti_verdict_set(&search->verdict, TUTTI_VERDICT_NONDETERMINISM, "%s",
                          search->picker->why);
        search->end = TUTTI_SEARCH_FOUND;
    } else if (search->picker->full) {
        tutti_verdict_set(&search->verdict, TUTTI_VERDICT_LIMIT, "%s", search->picker->why);
        search->end = TUTTI_SEARCH_FOUND;
    } else {
        search->end = TUTTI_SEARCH_COMPLETE;
    }
}

void tutti_search_go(struct tutti_search *search, uint64_t slice)
{
    struct tutti_picker *picker = search->picker;
    TUTTI_ASSERT(search->end == TUTTI_SEARCH_GOES_ON && !search->running);
    for (; slice > 0 && !search->stop; slice--) {
        if (search->runs_max && search->runs >= search->runs_max) {
            search->end = TUTTI_SEARCH_RUNS;
            return;
        }
        search->running = true;
        search->run(search->context, picker, &search->verdict);
        search->running = false;
        search->runs++;
        if (picker->takes.count > search->longest) search->longest = picker->takes.count;
        if (TUTTI_UNLIKELY(search->verdict.kind != TUTTI_VERDICT_OK)) {
            search->end = TUTTI_SEARCH_FOUND;
            return;
        }
        if (TUTTI_UNLIKELY(!picker->next(picker))) {
            finish(search);
            return;
        }
        if (TUTTI_UNLIKELY(search->call && *search->call) &&
            !search->called(search->called_context)) {
            return;
        }
    }
}
