/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/system.h"

#include "tutti/core/run_priv.h"

/* The run's own nursery is opened by its first task, so that runs without one pay nothing. */
static bool system_open(struct run *run, const struct tutti_site *site)
{
    struct tutti_nursery *system = &run->system;
    if (system->scope.state == SCOPE_OPEN) return true;
    *system = (struct tutti_nursery){.daemon = true};
    if (!scope_enter_root(run, &system->scope, system, site)) return false;
    system->object = (struct tutti_object){
        .id = run_id(run), .kind = TUTTI_OBJECT_NURSERY, .name = "system", .site = site};
    system->object.path = path_hash(system->scope.path, PATH_OBJECT, 0);
    system->loose = true;
    EMIT(run, NURSERY_OPEN, .obj = system->object.id, .by = system->scope.id, .name = "system",
         .site = site);
    return true;
}

int tutti_system_start_at(const char *name, int (*fn)(void *arg), void *arg,
                          const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!fn || !name) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "the task's %s is NULL",
                              fn ? "name" : "function");
    }
    TOUCH(run, 2, STARTS, READ);
    if (run->main_ended) {
        return tutti_error_at(site, false, TUTTI_ECLOSED, "the first task has ended");
    }
    const struct task_plan plan = {.name = name, .fn = fn, .arg = arg, .site = site};
    if (!system_open(run, site) || !task_start(run, &run->system, &plan)) {
        return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for another task");
    }
    return 0;
}

/* Nobody can handle it: everything is cancelled, and the run's result is this (R40). */
void system_task_failed(struct run *run, int rc, struct tutti_error *record,
                        const struct tutti_site *site)
{
    if (rc == TUTTI_ECANCELED) {
        error_drop(run, record);
        return;
    }
    if (!run->crashed) {
        run->crashed = true;
        run->crash = record;
    } else {
        error_also(run, run->crash, record, &run->system.object);
    }
    EMIT(run, WARN, .code = TUTTI_WARN_CRASH, .task = run->current->id,
         .name = "a system task failed: everything is cancelled", .site = site);
    scope_cancel(run, &run->root, TUTTI_CANCEL_CRASH, site);
}

/* The first task has ended: the system tasks are to end (R39). */
void system_main_ended(struct run *run)
{
    TOUCH(run, 2, STARTS, WRITE);
    run->main_ended = true;
    run->root.task = NULL;
    if (run->system.scope.state == SCOPE_OPEN) {
        scope_cancel(run, &run->system.scope, TUTTI_CANCEL_SHUTDOWN, NULL);
    }
}

/* No task is left: what the run ends with if one of its own failed. */
void system_close(struct run *run)
{
    struct tutti_nursery *system = &run->system;
    if (run->over || system->scope.state != SCOPE_OPEN) return;
    TUTTI_ASSERT(!system->children);
    EMIT(run, NURSERY_CLOSE, .obj = system->object.id,
         .code = run->crashed ? TUTTI_OUTCOME_ERROR : TUTTI_OUTCOME_OK);
    EMIT(run, SCOPE_CLOSE, .obj = system->scope.id);
    system->scope.state = SCOPE_CLOSED;
    heap_unreserve(run);
    if (!run->crashed) return;
    if (run->code < 0 && run->code != TUTTI_ECANCELED) {
        error_also(run, run->crash, run->error, &system->object);
    } else {
        error_drop(run, run->error);
    }
    run->error = run->crash;
    run->code = TUTTI_EINTERNAL;
}
