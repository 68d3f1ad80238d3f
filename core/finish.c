/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/finish.h"

#include "tutti/core/run_priv.h"

int tutti_scope_finish_at(struct tutti_scope *scope, int64_t grace_ns,
                          const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (grace_ns < 0) return tutti_error_at(site, false, TUTTI_EINVALID, "a negative grace time");
    TOUCH(run, scope->path, STATE, READ);
    if (scope->state == SCOPE_READY) {
        return tutti_error_at(site, false, TUTTI_ESTATE, "a scope asked before it is entered");
    }
    if (scope->state != SCOPE_OPEN || scope->cancelled) return 0;
    int64_t deadline_ns = tutti_time_add(run_now(run), grace_ns);
    uint64_t by = run->current ? run->current->id : 0;
    TOUCH(run, scope->path, STATE, WRITE);
    if (!scope->asked) {
        scope->info = (struct tutti_cancel_info){
            .why = TUTTI_CANCEL_NOT, .task = by, .at_ns = run_now(run), .site = site};
    }
    EMIT(run, SCOPE_FINISH, .obj = scope->id, .by = by, .site = site);
    if (deadline_ns < scope->deadline_ns) {
        scope_move_deadline(run, scope, deadline_ns);
        scope->deadline_why = TUTTI_CANCEL_GRACE;
    }
    if (scope->asked) return 0;
    scope->asked = true;
    scope_refresh(run, scope);
    return 0;
}

void tutti_scope_set_soft_at(struct tutti_scope *scope, bool soft, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (scope->state != SCOPE_OPEN && scope->state != SCOPE_READY) return;
    TOUCH(run, scope->path, STATE, WRITE);
    scope->soft = soft;
    if (soft && scope->finishing) scope_refresh(run, scope);
}

bool tutti_finishing_at(const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (TOUCHES(run)) touch_chain(run, run->current->scope);
    return run->current->scope->finishing;
}

int tutti_until_finish_at(int (*fn)(void *arg), void *arg, const struct tutti_site *site)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    struct run *run = run_require_task(site);
    if (!fn) return tutti_error_at(site, false, TUTTI_EINVALID, "the function is NULL");
    scope.soft = true;
    int rc = tutti_scope_enter_at(&scope, site);
    if (rc < 0) return rc;
    return scope_leave(run, &scope, fn(arg), site);
}
