/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/scope_priv.h - entering and leaving a scope, in line, for those whose time counts. All
 * others call scope_enter and scope_leave. */
#ifndef TUTTI_CORE_SCOPE_PRIV_H
#define TUTTI_CORE_SCOPE_PRIV_H

#include "tutti/core/run_priv.h"

/* What is rare, and told: scope.c. */
void scope_tell_open(struct run *run, const struct tutti_scope *scope);
void scope_tell_close(struct run *run, const struct tutti_scope *scope);
TUTTI_NORETURN void scope_misnested(const struct tutti_task *task, const struct tutti_scope *scope,
                                    const struct tutti_site *site);
bool scope_hides_cancellation(const struct tutti_task *task, int rc);

/* Makes `scope` the last of those directly inside its parent. */
static inline void scope_append(struct tutti_scope *parent, struct tutti_scope *scope)
{
    scope->parent = parent;
    scope->prev = parent->last;
    scope->next = NULL;
    if (parent->last) {
        parent->last->next = scope;
    } else {
        parent->first = scope;
    }
    parent->last = scope;
}

static inline void scope_unlink(struct tutti_scope *scope)
{
    struct tutti_scope *parent = scope->parent;
    if (scope->prev) {
        scope->prev->next = scope->next;
    } else {
        parent->first = scope->next;
    }
    if (scope->next) {
        scope->next->prev = scope->prev;
    } else {
        parent->last = scope->prev;
    }
}

/* Fills in the scope, for which room for a timer is reserved, and makes it the task's innermost. */
static inline void scope_begin(struct run *run, struct tutti_task *task, struct tutti_scope *scope,
                               struct tutti_nursery *nursery, int64_t deadline_ns,
                               const struct tutti_site *site)
{
    struct tutti_scope *parent = task->scope;
    /* What is in front of `info` is set below. */
    mem_clear(&scope->info, sizeof *scope - offsetof(struct tutti_scope, info));
    scope->first = scope->last = NULL;
    scope->nursery = nursery;
    scope->task = task;
    scope->site = site;
    scope->outer_site = task->scope_site;
    scope->source = parent->source;
    scope->deadline_ns = deadline_ns;
    scope->id = run_id(run);
    scope->path = path_hash(task->path, PATH_SCOPE, task->scopes++);
    scope->timer.kind = TIMER_SCOPE;
    scope->timer.daemon = task->daemon;
    scope->state = SCOPE_OPEN;
    scope->deadline_why = TUTTI_CANCEL_DEADLINE;
    scope->effective = parent->effective;
    scope->finishing = parent->finishing;
    scope_append(parent, scope);
    task->scope = scope;
    task->scope_site = site;
    task->depth++;
}

static inline int scope_enter_here(struct run *run, struct tutti_scope *scope,
                                   struct tutti_nursery *nursery, int64_t deadline_ns,
                                   const struct tutti_site *site)
{
    struct tutti_task *task = run->current;
    if (scope == task->scope) {
        tutti_panic_at(site, "a scope or nursery is opened that is open already, since %s:%u",
                       task->scope_site->file, task->scope_site->line);
    }
    if (!heap_reserve(run)) {
        return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory to open a scope");
    }
    scope_begin(run, task, scope, nursery, deadline_ns, site);
    TOUCH(run, scope->path, OPENED, WRITE);
    if (EMITS(run, SCOPE_OPEN)) scope_tell_open(run, scope);
    if (deadline_ns != TUTTI_NEVER) {
        heap_arm(run, &scope->timer, deadline_ns);
        if (deadline_ns <= run_now(run)) scope_expire(run, scope);
    }
    return 0;
}

/* The scope, which has no timer, is no longer the task's innermost. */
static inline void scope_end(struct run *run, struct tutti_task *task, struct tutti_scope *scope)
{
    heap_unreserve(run);
    scope_unlink(scope);
    scope->state = SCOPE_CLOSED;
    scope->source = NULL; /* what is around it may be gone before it is */
    task->scope = scope->parent;
    task->scope_site = scope->outer_site;
    task->depth--;
}

static inline int scope_leave_here(struct run *run, struct tutti_scope *scope, int rc,
                                   const struct tutti_site *site)
{
    struct tutti_task *task = run->current;
    if (TUTTI_UNLIKELY(scope->state != SCOPE_OPEN || task->scope != scope || scope->task != task)) {
        scope_misnested(task, scope, site);
    }
    struct tutti_scope *parent = scope->parent;
    if (TOUCHES(run)) touch_close(run, scope);
    /* It absorbs iff the cancellation cannot be seen from outside it (R17 to R19). */
    bool absorbs = scope->effective && (scope->shield || !parent->effective);
    scope->caught =
        TUTTI_UNLIKELY(absorbs) && (rc == TUTTI_ECANCELED || scope_hides_cancellation(task, rc));
    if (scope->timer.slot) heap_disarm(run, &scope->timer);
    if (scope->reached && !absorbs) parent->reached = true;
    scope_end(run, task, scope);
    if (EMITS(run, SCOPE_CLOSE)) scope_tell_close(run, scope);
    return scope->caught && rc == TUTTI_ECANCELED ? 0 : rc;
}

#endif
