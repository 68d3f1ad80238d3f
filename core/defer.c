/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/defer.h"

#include "tutti/core/run_priv.h"

/* For each one, room for the timer of a scope is reserved: at the end nothing may fail. */
struct deferred {
    struct deferred *next;
    int (*fn)(void *arg);
    void *arg;
    const struct tutti_site *site;
};

int tutti_defer_at(int (*fn)(void *arg), void *arg, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    if (!fn) return tutti_error_at(site, false, TUTTI_EINVALID, "the function is NULL");
    bool reserved = heap_reserve(run);
    struct deferred *deferred = reserved ? mem_take(run, sizeof *deferred, NULL) : NULL;
    if (!deferred) {
        if (reserved) heap_unreserve(run);
        return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory to defer something");
    }
    *deferred = (struct deferred){task->deferred, fn, arg, site};
    task->deferred = deferred;
    return 0;
}

/* Takes the latest and runs it. */
static int defer_next(struct run *run, struct tutti_task *task)
{
    struct deferred *deferred = task->deferred;
    task->deferred = deferred->next;
    int rc = deferred->fn(deferred->arg);
    mem_give(run, deferred, NULL);
    return rc;
}

int defer_run(struct run *run, struct tutti_task *task, int rc)
{
    struct tutti_scope scope;
    bool failed = rc < 0 && rc != TUTTI_ECANCELED;
    bool cancelled = rc == TUTTI_ECANCELED;
    struct tutti_error *first = failed ? error_take(run, task, rc, task->started) : NULL;
    const struct tutti_site *site = task->deferred->site;
    heap_unreserve(run); /* the first one's, for the scope */
    int entered = scope_enter(run, &scope, NULL, TUTTI_NEVER, site);
    TUTTI_ASSERT(entered == 0);
    scope.internal = true;
    tutti_scope_set_shield(&scope, true);
    for (bool more = true; more;) {
        site = task->deferred->site;
        int its = defer_next(run, task);
        if (its < 0 && its != TUTTI_ECANCELED) {
            struct tutti_error *record = error_take(run, task, its, site);
            if (failed) {
                error_also(run, first, record, NULL);
            } else {
                failed = true;
                rc = its;
                first = record;
            }
        }
        more = task->deferred != NULL;
        if (more) heap_unreserve(run);
    }
    (void)scope_leave(run, &scope, 0, site);
    if (!failed) return rc;
    error_drop(run, task->error);
    if (first) first->cancelled_too |= cancelled;
    task->error = first;
    return rc;
}
