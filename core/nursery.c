/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/nursery.h"

#include "tutti/core/park_priv.h"
#include "tutti/core/scope_priv.h"

static uint8_t outcome_of(int rc)
{
    if (rc >= 0) return TUTTI_OUTCOME_OK;
    return rc == TUTTI_ECANCELED ? TUTTI_OUTCOME_CANCELLED : TUTTI_OUTCOME_ERROR;
}

/* Fills in a nursery that is being opened: before its scope is entered, */
static inline void nursery_make(struct tutti_nursery *nursery, struct tutti_task *task)
{
    const size_t first = offsetof(struct tutti_nursery, first);
    mem_clear(&nursery->first, offsetof(struct tutti_nursery, room) - first);
    nursery->task = task;
    nursery->outer = task->innermost;
    nursery->daemon = task->daemon;
}

/* and afterwards. */
static inline void nursery_name(struct run *run, struct tutti_nursery *nursery, const char *name,
                                const struct tutti_site *site)
{
    nursery->object.id = run_id(run);
    nursery->object.path = path_hash(nursery->scope.path, PATH_OBJECT, 0);
    nursery->object.kind = TUTTI_OBJECT_NURSERY;
    nursery->object.name = name;
    nursery->object.site = site;
    nursery->object.holder = NULL;
    nursery->task->innermost = nursery;
}

static TUTTI_NOINLINE int open_any(struct run *run, struct tutti_nursery *nursery, const char *name,
                                   const struct tutti_site *site)
{
    nursery_make(nursery, run->current);
    nursery->scope.state = SCOPE_UNUSED; /* until it is entered */
    nursery->object = (struct tutti_object){.id = 0};
    int rc = scope_enter_here(run, &nursery->scope, nursery, TUTTI_NEVER, site);
    if (rc < 0) return rc;
    nursery_name(run, nursery, name, site);
    EMIT(run, NURSERY_OPEN, .obj = nursery->object.id, .task = nursery->task->id,
         .by = nursery->scope.id, .name = name, .site = site);
    return 0;
}

/* open_any, short: where nothing can fail and nobody listens. */
int tutti_nursery_open_at(struct tutti_nursery *nursery, const char *name,
                          const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    if (TUTTI_UNLIKELY(run->slow || run->heap_reserved == run->heap_size ||
                       task->scope == &nursery->scope)) {
        return open_any(run, nursery, name, site);
    }
    run->heap_reserved++;
    nursery_make(nursery, task);
    scope_begin(run, task, &nursery->scope, nursery, TUTTI_NEVER, site);
    nursery_name(run, nursery, name, site);
    return 0;
}

int tutti_nursery_open_with_at(struct tutti_nursery *nursery,
                               const struct tutti_nursery_options *options,
                               const struct tutti_site *site)
{
    int rc = tutti_nursery_open_at(nursery, options ? options->name : NULL, site);
    if (rc < 0 || !options) return rc;
    nursery->max_tasks = options->max_tasks;
    nursery->loose = options->max_tasks > 0;
    nursery->daemon |= options->daemon;
    nursery->room = (struct tutti_lot){.object = nursery->object};
    return 0;
}

/* Something that was waited for is over: a place is free, or the opener may go on. */
void nursery_poke(struct run *run, struct tutti_nursery *nursery)
{
    while (nursery_ordinary(nursery) < nursery->max_tasks && nursery->room.first) {
        nursery->pending++;
        tutti_waiter_wake(nursery->room.first, 0);
    }
    struct tutti_park *join = nursery->join;
    if (!join || nursery_ordinary(nursery)) return;
    nursery->join = NULL; /* until it runs another task may come and go */
    if (TUTTI_LIKELY(!run->slow)) {
        task_wake_plain(run, nursery->task, 0);
    } else {
        park_wake(run, join, 0, TUTTI_READY_WAKE);
    }
}

/* A member ended badly: it is noted, and the rest is cancelled (R33). */
static void nursery_fail(struct run *run, struct tutti_nursery *nursery, int rc,
                         struct tutti_error *record, enum tutti_cancel_why why,
                         const struct tutti_site *site)
{
    if (TOUCHES(run)) touch_failure(run, nursery, rc);
    if (rc == TUTTI_ECANCELED) {
        nursery->cancelled = true;
        error_drop(run, record);
    } else if (!nursery->code) {
        nursery->code = rc;
        nursery->error = record;
    } else {
        error_also(run, nursery->error, record, &nursery->object);
    }
    scope_cancel(run, &nursery->scope, why, site);
}

void nursery_child_failed(struct run *run, struct tutti_task *task, int rc)
{
    struct tutti_nursery *nursery = task->nursery;
    struct tutti_error *record = error_take(run, task, rc, task->started);
    if (nursery == &run->system) {
        system_task_failed(run, rc, record, task->started);
    } else {
        nursery_fail(run, nursery, rc, record, TUTTI_CANCEL_CHILD, task->started);
    }
}

static inline bool nursery_is_busy(const struct tutti_nursery *nursery)
{
    return nursery->children || nursery->pending;
}

static inline void nursery_join(struct run *run, struct tutti_nursery *nursery,
                                const struct tutti_site *site)
{
    if (TUTTI_UNLIKELY(!nursery_is_busy(nursery))) {
        task_yield(run, run->current, "nursery.close", &nursery->object, site);
        if (!nursery_is_busy(nursery)) return;
    }
    do {
        if (TOUCHES(run)) touch_join_again(run, nursery);
        if (TUTTI_UNLIKELY(!nursery_ordinary(nursery))) service_stop(run, nursery);
        struct tutti_park *wait = park_own(run, "nursery.join", &nursery->object, site);
        wait->shielded = true; /* cancellations are reported by its children (R7, R35) */
        nursery->join = wait;
        (void)park_here(run, wait);
        /* While the opener was ready but not yet running, a task may have been started. */
    } while (TUTTI_UNLIKELY(nursery_is_busy(nursery)));
}

/* All have ended: the rest of closing. */
static TUTTI_NOINLINE int close_any(struct run *run, struct tutti_nursery *nursery, int rc,
                                    const struct tutti_site *site)
{
    struct tutti_task *task = run->current;
    if (TOUCHES(run)) touch_joined(run, nursery);
    task->innermost = nursery->outer;
    int merged = nursery->code ? nursery->code : nursery->cancelled ? TUTTI_ECANCELED : rc;
    if (nursery->error) {
        nursery->error->cancelled_too |= nursery->cancelled;
        error_drop(run, task->error);
        task->error = nursery->error;
        nursery->error = NULL;
    }
    EMIT(run, NURSERY_CLOSE, .obj = nursery->object.id, .code = outcome_of(merged));
    int result = scope_leave_here(run, &nursery->scope, merged, site);
    if (merged == TUTTI_ECANCELED && result == 0 && rc > 0) result = rc;
    nursery->result = result;
    return result;
}

/* close_any, short: nobody listens, and nothing failed, which would have cancelled the scope. */
static inline int close_here(struct run *run, struct tutti_nursery *nursery, int rc,
                             const struct tutti_site *site)
{
    struct tutti_scope *scope = &nursery->scope;
    if (TUTTI_UNLIKELY(run->slow || scope->effective || scope->timer.slot || scope->reached)) {
        return close_any(run, nursery, rc, site);
    }
    nursery->task->innermost = nursery->outer;
    scope_end(run, nursery->task, scope);
    nursery->result = rc;
    return rc;
}

static TUTTI_NOINLINE void body_failed(struct run *run, struct tutti_nursery *nursery, int rc,
                                       const struct tutti_site *site)
{
    struct tutti_error *record = error_take(run, run->current, rc, site);
    nursery_fail(run, nursery, rc, record, TUTTI_CANCEL_BODY, site);
}

int tutti_nursery_close_at(struct tutti_nursery *nursery, int rc, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    if (TUTTI_UNLIKELY(task->scope != &nursery->scope || nursery->task != task)) {
        (void)scope_leave(run, &nursery->scope, rc, site); /* panics */
    }
    if (TUTTI_UNLIKELY(rc < 0)) body_failed(run, nursery, rc, site);
    nursery_join(run, nursery, site);
    return close_here(run, nursery, rc, site);
}

int tutti_nursery_run_at(int (*body)(struct tutti_nursery *nursery, void *arg), void *arg,
                         const char *name, const struct tutti_site *site)
{
    struct tutti_nursery nursery;
    if (!body) return tutti_error_at(site, false, TUTTI_EINVALID, "the nursery's body is NULL");
    int rc = tutti_nursery_open_at(&nursery, name, site);
    if (rc < 0) return rc;
    return tutti_nursery_close_at(&nursery, body(&nursery, arg), site);
}

int tutti_nursery_run_with_at(const struct tutti_nursery_options *options,
                              int (*body)(struct tutti_nursery *nursery, void *arg), void *arg,
                              const char *name, const struct tutti_site *site)
{
    struct tutti_nursery nursery;
    struct tutti_nursery_options own = {.name = NULL};
    if (!body) return tutti_error_at(site, false, TUTTI_EINVALID, "the nursery's body is NULL");
    if (options) own = *options;
    if (!own.name) own.name = name;
    int rc = tutti_nursery_open_with_at(&nursery, &own, site);
    if (rc < 0) return rc;
    return tutti_nursery_close_at(&nursery, body(&nursery, arg), site);
}

/* Says why a task cannot be started like this. */
int nursery_refuses(const struct tutti_nursery *nursery, const char *name, bool has_fn,
                    size_t copy_size, const struct tutti_site *site)
{
    if (!has_fn || !name) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "the task's %s is NULL",
                              has_fn ? "name" : "function");
    }
    if (copy_size > TUTTI_COPY_MAX) {
        return tutti_error_at(site, false, TUTTI_EINVALID,
                              "%zu bytes of arguments are more than the %d a task can copy",
                              copy_size, TUTTI_COPY_MAX);
    }
    TUTTI_ASSERT(nursery->scope.state != SCOPE_OPEN);
    return tutti_error_at(site, false, TUTTI_ECLOSED, "the nursery has closed");
}

/* Takes a place for a task to come, waiting for one if the nursery is bounded and full. It keeps
 * the nursery open: whoever took it starts a task in it, or gives it back and pokes. */
int nursery_take_place(struct run *run, struct tutti_nursery *nursery,
                       const struct tutti_site *site)
{
    if (TUTTI_UNLIKELY(nursery_is_full(nursery))) {
        struct tutti_park wait = TUTTI_PARK_INIT("nursery.start", &nursery->object, site);
        struct tutti_waiter waiter;
        tutti_lot_join(&nursery->room, &wait, &waiter, NULL);
        return park(run, &wait); /* the place was taken for it */
    }
    nursery->pending++;
    nursery->loose = true;
    return 0;
}

/* Starts a task in a place that was taken. NULL: no memory; the place was given back. */
struct tutti_task *nursery_start(struct run *run, struct tutti_nursery *nursery,
                                 const struct task_plan *plan)
{
    nursery->pending--;
    struct tutti_task *task = task_start(run, nursery, plan);
    if (!task) nursery_poke(run, nursery);
    return task;
}

int tutti_nursery_start_wait_at(struct tutti_nursery *nursery, const char *name, bool name_copied,
                                int (*fn)(void *arg), void *arg, size_t copy_size,
                                const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    int rc = nursery_start_check(nursery, name, fn != NULL, copy_size, site);
    if (rc < 0) return rc;
    bool waits = nursery_is_full(nursery);
    if (!waits) TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    rc = nursery_take_place(run, nursery, site);
    if (rc < 0) return rc;
    const struct task_plan plan = {name, name_copied, fn, arg, copy_size, site, NULL};
    if (!nursery_start(run, nursery, &plan)) {
        return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for another task");
    }
    if (!waits) task_yield(run, run->current, "nursery.start", &nursery->object, site);
    return 0;
}
