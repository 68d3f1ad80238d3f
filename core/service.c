/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/service.h"

#include "tutti/core/run_priv.h"

/* A service: on its own stack, in the list of its nursery. Its scope is what ends it. Not open
 * before its first step, when nothing can be cancelled yet; then it shields the service. */
struct tutti_service {
    struct tutti_service *older, *newer;
    struct tutti_nursery *nursery;
    struct tutti_scope scope;
    int (*fn)(void *arg);
    void *arg;
    const struct tutti_site *site;
    bool stop; /* to be cancelled as soon as the scope is open */
};

static void service_unlink(struct tutti_service *service)
{
    struct tutti_nursery *nursery = service->nursery;
    if (service->newer) {
        service->newer->older = service->older;
    } else {
        nursery->service = service->older;
    }
    if (service->older) service->older->newer = service->newer;
    nursery->services--; /* until it has ended it counts as any other child */
}

static int service_run(void *arg)
{
    struct tutti_service *service = arg;
    struct run *run = run_require_task(service->site);
    heap_unreserve(run); /* what was reserved is for this: it cannot fail */
    int rc = scope_enter(run, &service->scope, NULL, TUTTI_NEVER, service->site);
    TUTTI_ASSERT(rc == 0);
    service->scope.internal = true;
    tutti_scope_set_shield(&service->scope, true);
    if (service->stop) scope_cancel(run, &service->scope, TUTTI_CANCEL_TEARDOWN, service->site);
    rc = scope_leave(run, &service->scope, service->fn(service->arg), service->site);
    service_unlink(service);
    return rc;
}

/* Ends the service started last, if it was not told so already. */
void service_stop(struct run *run, struct tutti_nursery *nursery)
{
    struct tutti_service *service = nursery->service;
    nursery->stopping = true;
    service->stop = true;
    scope_cancel(run, &service->scope, TUTTI_CANCEL_TEARDOWN, service->site);
}

int tutti_nursery_start_service_at(struct tutti_nursery *nursery, const char *name,
                                   int (*fn)(void *arg), void *arg, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    int rc = nursery_start_check(nursery, name, fn != NULL, 0, site);
    if (rc < 0) return rc;
    struct tutti_service mine = {
        .older = nursery->service, .nursery = nursery, .fn = fn, .arg = arg, .site = site};
    const struct task_plan plan = {
        .name = name, .fn = service_run, .arg = &mine, .copy_size = sizeof mine, .site = site};
    if (!heap_reserve(run)) goto no_memory;
    struct tutti_task *task = task_start(run, nursery, &plan);
    if (!task) {
        heap_unreserve(run);
        goto no_memory;
    }
    struct tutti_service *its = task->arg;
    if (its->older) its->older->newer = its;
    nursery->service = its;
    nursery->services++;
    nursery->loose = true;
    return 0;
no_memory:
    return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for another task");
}
