/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is done to a scope by its user, before it is entered, while it is open and after that. */
#include <stdio.h>

#include "tutti/core/run_priv.h"
#include "tutti/core/scope.h"

int tutti_scope_enter_at(struct tutti_scope *scope, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (scope->state == SCOPE_OPEN || scope->state == SCOPE_CLOSED) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "a scope is entered once: it was entered at %s:%u", scope->site->file,
                              scope->site->line);
    }
    if (scope->state != SCOPE_READY) {
        return tutti_error_at(site, false, TUTTI_ESTATE, "no scope made by TUTTI_SCOPE_INIT");
    }
    TOUCH(run, 0, STATE, WRITE); /* that of all scopes that are yet to be entered: see path */
    const struct tutti_scope plan = *scope;
    int64_t deadline_ns = plan.deadline_ns;
    if (plan.relative) deadline_ns = tutti_time_add(run_now(run), deadline_ns);
    /* what it was cancelled for comes before its deadline: that must not fire first */
    int rc = scope_enter(run, scope, NULL, plan.cancelled ? TUTTI_NEVER : deadline_ns, site);
    if (rc < 0) {
        *scope = plan;
        return rc;
    }
    TOUCH(run, scope->path, STATE, WRITE);
    scope->deadline_ns = deadline_ns;
    if (plan.shield) tutti_scope_set_shield(scope, true);
    if (plan.cancelled) scope_cancel_info(run, scope, &plan.info);
    if (plan.soft) tutti_scope_set_soft(scope, true);
    return 0;
}

void tutti_scope_cancel_at(struct tutti_scope *scope, const char *text,
                           const struct tutti_site *site)
{
    struct run *run = run_require(site);
    const struct tutti_cancel_info info = {.why = TUTTI_CANCEL_CALL,
                                           .task = run->current ? run->current->id : 0,
                                           .at_ns = run_now(run),
                                           .site = site,
                                           .text = text};
    scope_cancel_info(run, scope, &info);
}

static void scope_tell(struct run *run, const struct tutti_scope *scope)
{
    EMIT(run, SCOPE_SET, .obj = scope->id, .arg = scope->deadline_ns, .flag = scope->shield);
    (void)scope;
}

void scope_move_deadline(struct run *run, struct tutti_scope *scope, int64_t deadline_ns)
{
    TOUCH(run, scope->path, STATE, WRITE);
    scope->deadline_ns = deadline_ns;
    scope->deadline_why = TUTTI_CANCEL_DEADLINE;
    if (!scope->cancelled) heap_arm(run, &scope->timer, deadline_ns);
    scope_tell(run, scope);
}

/* A deadline before the entry is of one kind only, until it is taken away. */
static int scope_plan_deadline(struct tutti_scope *scope, int64_t ns, bool relative,
                               const struct tutti_site *site)
{
    TOUCH(run_current, 0, STATE, WRITE);
    if (scope->deadline_ns != TUTTI_NEVER && ns != TUTTI_NEVER && scope->relative != relative) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "the scope has %s deadline, and is yet to be entered",
                              scope->relative ? "a relative" : "an absolute");
    }
    scope->deadline_ns = ns;
    scope->relative = relative && ns != TUTTI_NEVER;
    return 0;
}

int tutti_scope_set_deadline_at(struct tutti_scope *scope, int64_t deadline_ns,
                                const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (scope->state == SCOPE_READY) return scope_plan_deadline(scope, deadline_ns, false, site);
    if (scope->state == SCOPE_OPEN) scope_move_deadline(run, scope, deadline_ns);
    return 0;
}

int tutti_scope_set_relative_deadline_at(struct tutti_scope *scope, int64_t ns,
                                         const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (ns < 0) return tutti_error_at(site, false, TUTTI_EINVALID, "a negative time to a deadline");
    if (scope->state == SCOPE_READY) return scope_plan_deadline(scope, ns, true, site);
    if (scope->state != SCOPE_OPEN) return 0;
    scope_move_deadline(run, scope, tutti_time_add(run_now(run), ns));
    return 0;
}

int tutti_scope_deadline_at(const struct tutti_scope *scope, int64_t *deadline_ns,
                            const struct tutti_site *site)
{
    struct run *run = run_require(site);
    TOUCH(run, scope->path, STATE, READ);
    if (scope->state == SCOPE_READY && scope->relative) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "the scope's deadline counts from its entry, to come");
    }
    *deadline_ns = scope->deadline_ns;
    return 0;
}

int tutti_scope_relative_deadline_at(const struct tutti_scope *scope, int64_t *ns,
                                     const struct tutti_site *site)
{
    struct run *run = run_require(site);
    TOUCH(run, scope->path, STATE, READ);
    bool never = scope->deadline_ns == TUTTI_NEVER;
    if (scope->state == SCOPE_READY && !scope->relative && !never) {
        return tutti_error_at(site, false, TUTTI_ESTATE,
                              "the scope's deadline is absolute until it is entered");
    }
    bool as_it_is = never || scope->state == SCOPE_READY;
    *ns = as_it_is ? scope->deadline_ns : tutti_time_add(scope->deadline_ns, -run_now(run));
    return 0;
}

void tutti_scope_set_shield_at(struct tutti_scope *scope, bool shield,
                               const struct tutti_site *site)
{
    struct run *run = run_require(site);
    TOUCH(run, scope->path, STATE, WRITE);
    if (scope->state == SCOPE_READY) scope->shield = shield;
    if (scope->state != SCOPE_OPEN || scope->shield == shield) return;
    scope->shield = shield;
    scope_tell(run, scope);
    scope_refresh(run, scope);
}

bool tutti_scope_called(const struct tutti_scope *scope)
{
    struct run *run = run_current;
    if (run) TOUCH(run, scope->path, STATE, READ);
    return scope->cancelled;
}

const struct tutti_cancel_info *tutti_scope_reason(const struct tutti_scope *scope)
{
    struct run *run = run_current;
    if (run && TOUCHES(run)) touch_chain(run, scope);
    if (scope->state == SCOPE_OPEN) return scope->source ? &scope->source->info : NULL;
    return scope->cancelled ? &scope->info : NULL;
}

const struct tutti_cancel_info *tutti_cancel_reason_at(const struct tutti_site *site)
{
    return tutti_scope_reason(run_require_task(site)->current->scope);
}

size_t tutti_cancel_print(const struct tutti_cancel_info *info, char *buffer, size_t size)
{
    char by[32] = "", at[200] = "";
    if (info->task) snprintf(by, sizeof by, " of task #%llu", (unsigned long long)info->task);
    if (info->site) snprintf(at, sizeof at, ", %s:%u", info->site->file, info->site->line);
    int length =
        snprintf(buffer, size, "%s%s at %lld ns%s%s%s", tutti_cancel_why_text(info->why), by,
                 (long long)info->at_ns, at, info->text ? ": " : "", info->text ? info->text : "");
    return length < 0 ? 0 : (size_t)length;
}
