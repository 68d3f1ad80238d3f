/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/scope.h"

#include "tutti/core/scope_priv.h"

/* The next scope of the tree below `top`, parents first, in order of opening; `inside`: with what
 * is inside `scope`. No recursion: thousands of scopes may be nested. */
struct tutti_scope *scope_next(struct tutti_scope *top, struct tutti_scope *scope, bool inside)
{
    if (inside && scope->first) return scope->first;
    while (scope != top && !scope->next)
        scope = scope->parent;
    return scope == top ? NULL : scope->next;
}

/* Hands a cancellation to the tasks whose innermost scope this is. */
static void scope_deliver(struct run *run, struct tutti_scope *scope)
{
    if (scope->task && scope->task->scope == scope) park_cancel(run, scope->task);
    if (!scope->nursery) return;
    for (struct tutti_task *task = scope->nursery->first; task; task = task->sibling_next) {
        if (task->scope == scope) park_cancel(run, task);
    }
}

/* A scope of which a task inside learns that it is to finish: the one that was asked. */
static const struct tutti_scope *scope_asked(const struct tutti_scope *scope)
{
    while (!scope->asked)
        scope = scope->parent;
    return scope;
}

/* It is cancelled from now on. The tree below does not know yet. */
static void scope_mark(struct run *run, struct tutti_scope *scope,
                       const struct tutti_cancel_info *info)
{
    TOUCH(run, scope->path, STATE, WRITE);
    scope->cancelled = true;
    scope->info = *info;
    if (scope->state != SCOPE_OPEN) return; /* no part of the tree, or no longer (R22) */
    heap_disarm(run, &scope->timer);
    if (scope == &run->root) return; /* which has no id: a warning tells its cause */
    EMIT(run, SCOPE_CANCEL, .obj = scope->id, .code = (uint8_t)info->why, .by = info->task,
         .name = info->text, .site = info->site);
}

/* What is around it was asked to finish, and it opted in to be ended by that. */
static void scope_mark_finished(struct run *run, struct tutti_scope *scope)
{
    struct tutti_cancel_info info = scope_asked(scope)->info;
    info.why = TUTTI_CANCEL_FINISH;
    info.at_ns = run_now(run);
    scope_mark(run, scope, &info);
}

/* Whose cancellation code inside sees: of all that hold, the one that came first (R26). */
static struct tutti_scope *scope_source(struct tutti_scope *scope, const struct tutti_scope *outer)
{
    bool inherits = outer && outer->effective;
    bool own = scope->cancelled && (!inherits || !scope->source || scope->source == scope);
    return own ? scope : inherits ? outer->source : NULL;
}

/* Recomputes who is cancelled, and who is asked to finish, in the tree below `top`, after its own
 * flags changed (R10). */
void scope_refresh(struct run *run, struct tutti_scope *top)
{
    for (struct tutti_scope *scope = top; scope;) {
        const struct tutti_scope *outer = scope->shield ? NULL : scope->parent;
        TOUCH(run, scope->path, STATE, READ);
        bool finishing = scope->asked || (outer && outer->finishing);
        bool changed = finishing != scope->finishing;
        scope->finishing = finishing;
        if (finishing && scope->soft && !scope->cancelled) scope_mark_finished(run, scope);
        struct tutti_scope *source = scope_source(scope, outer);
        bool effective = source != NULL, delivers = effective && !scope->effective;
        changed = changed || source != scope->source || effective != scope->effective;
        scope->source = source;
        scope->effective = effective;
        if (delivers) scope_deliver(run, scope);
        scope = scope_next(top, scope, changed);
    }
}

void scope_cancel_info(struct run *run, struct tutti_scope *scope,
                       const struct tutti_cancel_info *info)
{
    TOUCH(run, scope->path, STATE, READ);
    if (scope->cancelled || scope->state == SCOPE_UNUSED) return; /* the first cause stays (R26) */
    scope_mark(run, scope, info);
    if (scope->state == SCOPE_OPEN) scope_refresh(run, scope);
}

void scope_cancel(struct run *run, struct tutti_scope *scope, enum tutti_cancel_why why,
                  const struct tutti_site *site)
{
    const struct tutti_cancel_info info = {.why = why,
                                           .task = run->current ? run->current->id : 0,
                                           .at_ns = run_now(run),
                                           .site = site};
    scope_cancel_info(run, scope, &info);
}

/* Its deadline has passed. */
void scope_expire(struct run *run, struct tutti_scope *scope)
{
    struct tutti_cancel_info info = {.why = TUTTI_CANCEL_DEADLINE};
    if (scope->deadline_why == TUTTI_CANCEL_GRACE) info = scope->info; /* who asked, and where */
    info.why = scope->deadline_why;
    info.at_ns = run_now(run);
    scope_cancel_info(run, scope, &info);
}

void scope_tell_open(struct run *run, const struct tutti_scope *scope)
{
    EMIT(run, SCOPE_OPEN, .obj = scope->id, .task = scope->task->id, .by = scope->parent->id,
         .arg = scope->deadline_ns, .site = scope->site);
    (void)scope;
}

void scope_tell_close(struct run *run, const struct tutti_scope *scope)
{
    EMIT(run, SCOPE_CLOSE, .obj = scope->id, .flag = scope->caught);
    (void)scope;
}

int scope_enter(struct run *run, struct tutti_scope *scope, struct tutti_nursery *nursery,
                int64_t deadline_ns, const struct tutti_site *site)
{
    return scope_enter_here(run, scope, nursery, deadline_ns, site);
}

/* Opens the scope of a nursery that is nobody's but the run's. False: no memory. */
bool scope_enter_root(struct run *run, struct tutti_scope *scope, struct tutti_nursery *nursery,
                      const struct tutti_site *site)
{
    if (!heap_reserve(run)) return false;
    *scope = (struct tutti_scope){.nursery = nursery,
                                  .site = site,
                                  .source = run->root.source,
                                  .deadline_ns = TUTTI_NEVER,
                                  .id = run_id(run),
                                  .path = path_hash(2, PATH_SCOPE, 0),
                                  .timer = {.kind = TIMER_SCOPE, .daemon = true},
                                  .state = SCOPE_OPEN,
                                  .deadline_why = TUTTI_CANCEL_DEADLINE,
                                  .effective = run->root.effective,
                                  .internal = true};
    scope_append(&run->root, scope);
    EMIT(run, SCOPE_OPEN, .obj = scope->id, .arg = TUTTI_NEVER, .site = site);
    return true;
}

/* The scopes directly inside `from` are directly inside `to` from now on, as cancelled as that. */
void scope_move_all(struct run *run, struct tutti_scope *from, struct tutti_scope *to)
{
    while (from->first) {
        struct tutti_scope *scope = from->first;
        scope_unlink(scope);
        scope_append(to, scope);
        scope_refresh(run, scope);
    }
}

/* Is a cancellation among what this error stands for? */
bool scope_hides_cancellation(const struct tutti_task *task, int rc)
{
    return rc < 0 && task->error && task->error->code == rc && task->error->cancelled_too;
}

/* A scope cannot be closed, because another one must be before it, or it is not open. */
void scope_misnested(const struct tutti_task *task, const struct tutti_scope *scope,
                     const struct tutti_site *site)
{
    if (scope->state != SCOPE_OPEN) {
        tutti_panic_at(site, "a scope or nursery is closed that is not open");
    }
    tutti_panic_at(site,
                   "the scope opened at %s:%u is closed before the one opened inside it, or by "
                   "another task: the calling task's innermost is the one of %s:%u",
                   scope->site->file, scope->site->line,
                   task->scope_site ? task->scope_site->file : "(none)",
                   task->scope_site ? task->scope_site->line : 0);
}

int scope_leave(struct run *run, struct tutti_scope *scope, int rc, const struct tutti_site *site)
{
    return scope_leave_here(run, scope, rc, site);
}

int tutti_scope_open_at(struct tutti_scope *scope, int64_t deadline_ns,
                        const struct tutti_site *site)
{
    return scope_enter_here(run_require_task(site), scope, NULL, deadline_ns, site);
}

int tutti_scope_close_at(struct tutti_scope *scope, int rc, const struct tutti_site *site)
{
    return scope_leave_here(run_require_task(site), scope, rc, site);
}

int64_t tutti_effective_deadline_at(const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (TOUCHES(run)) touch_chain(run, run->current->scope);
    return scope_deadline(run->current->scope);
}

/* Until when a task whose innermost scope this is may work. */
int64_t scope_deadline(const struct tutti_scope *innermost)
{
    int64_t deadline_ns = TUTTI_NEVER;
    for (const struct tutti_scope *scope = innermost; scope; scope = scope->parent) {
        if (scope->effective) return TUTTI_ALREADY;
        if (scope->deadline_ns < deadline_ns) deadline_ns = scope->deadline_ns;
        if (scope->shield) break;
    }
    return deadline_ns;
}

int tutti_scope_run(unsigned how, int64_t time_ns, int (*fn)(void *arg), void *arg,
                    const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_scope scope;
    bool relative = how & TUTTI_SCOPE_RELATIVE;
    if (!fn || (relative && time_ns < 0)) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "%s",
                              fn ? "a negative time" : "the function is NULL");
    }
    int64_t deadline_ns = relative ? tutti_time_add(run_now(run), time_ns) : time_ns;
    int rc = scope_enter(run, &scope, NULL, deadline_ns, site);
    if (rc < 0) return rc;
    if (how & TUTTI_SCOPE_SHIELD) tutti_scope_set_shield_at(&scope, true, site);
    rc = scope_leave(run, &scope, fn(arg), site);
    if (!(how & TUTTI_SCOPE_FAIL) || !scope.caught) return rc;
    return tutti_error_at(site, false, TUTTI_ETOOSLOW, "not done in the time given");
}

struct tutti_scope *tutti_scope_block_begin(struct tutti_scope *scope, int64_t deadline_ns,
                                            const struct tutti_site *site)
{
    *scope = (struct tutti_scope){.state = SCOPE_UNUSED};
    return scope_enter(run_require_task(site), scope, NULL, deadline_ns, site) == 0 ? scope : NULL;
}

void tutti_scope_block_end(struct tutti_scope **scope)
{
    if (!*scope) return;
    struct tutti_scope *leaving = *scope;
    *scope = NULL;
    /* A block has no code of its own: what surfaced inside it stands for one. */
    int rc = leaving->reached ? TUTTI_ECANCELED : 0;
    (void)scope_leave(run_require_task(leaving->site), leaving, rc, leaving->site);
}
