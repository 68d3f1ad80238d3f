/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/watchdog.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/os_file_priv.h"
#include "tutti/instruments/os_sampler_priv.h"

#define STEP_DEFAULT_NS  (100 * TUTTI_MS)
#define READY_DEFAULT_NS TUTTI_S
enum { YIELDS_DEFAULT = 10000, CANCELS_DEFAULT = 100, STANDARD_ERROR = 2 };

/* What was told of a task already. */
enum told { TOLD_STEP = 1, TOLD_STARVED = 2, TOLD_BUSY = 4, TOLD_IGNORED = 8 };

struct watched {
    uint64_t id;
    char name[TUTTI_NAME_MAX];
    int64_t ready_ns;    /* since when it has been ready */
    uint32_t yields;     /* in a row */
    uint64_t scope;      /* of the cancellation delivered last, */
    uint32_t deliveries; /* and how often */
    const char *op;      /* the call it stopped in last, and where */
    const struct tutti_site *site;
    unsigned told;
};

struct tutti_watchdog {
    struct tutti_sink sink;
    struct tutti_watchdog_options options;
    struct idmap tasks; /* of all that live */
    struct watched *running;
    int64_t step_ns; /* since when */
    uint64_t findings;
    struct sampler *sampler; /* or NULL */
};

static int64_t clock_of_system(void *context)
{
    (void)context;
    return sampler_now_ns();
}

static void print_error(void *context, const char *text)
{
    int error;
    (void)context;
    (void)file_write(STANDARD_ERROR, text, strlen(text), &error);
}

static int64_t now_of(const struct tutti_watchdog *watchdog)
{
    return watchdog->options.now(watchdog->options.context);
}

/* Tells of a task, once for each sort. */
static void tell(struct tutti_watchdog *watchdog, struct watched *task, enum told sort,
                 enum tutti_warn_kind kind, int64_t t_ns, const char *what)
{
    char text[TUTTI_NAME_MAX + 256], at[160] = "";
    if (task->told & (unsigned)sort) return;
    task->told |= (unsigned)sort;
    watchdog->findings++;
    if (task->site) snprintf(at, sizeof at, " at %.120s:%u", task->site->file, task->site->line);
    snprintf(text, sizeof text, "tutti: task \"%s\" #%" PRIu64 " %s%s\n", task->name, task->id,
             what, at);
    watchdog->options.report(watchdog->options.context, text);
    struct tutti_sink *sink = watchdog->options.tell;
    struct tutti_trace_event warning = {.kind = TUTTI_EVENT_WARN,
                                        .code = (uint8_t)kind,
                                        .t_ns = t_ns,
                                        .task = task->id,
                                        .name = what,
                                        .site = task->site};
    if (sink && sink->mask & TUTTI_EVENT_BIT(WARN)) (void)sink->event(sink, &warning);
}

static void on_ready(struct tutti_watchdog *watchdog, struct watched *task,
                     const struct tutti_trace_event *event)
{
    char what[128];
    task->ready_ns = now_of(watchdog);
    if (event->code != TUTTI_READY_YIELD) {
        task->yields = 0;
    } else if (++task->yields == watchdog->options.yields_max) {
        snprintf(what, sizeof what, "yielded %u times without ever waiting: is it busy waiting?",
                 task->yields);
        tell(watchdog, task, TOLD_BUSY, TUTTI_WARN_BUSY, event->t_ns, what);
    }
}

static void on_run(struct tutti_watchdog *watchdog, struct watched *task,
                   const struct tutti_trace_event *event)
{
    char what[128];
    watchdog->running = task;
    watchdog->step_ns = now_of(watchdog);
    int64_t waited_ns = watchdog->step_ns - task->ready_ns;
    if (waited_ns >= watchdog->options.ready_max_ns) {
        snprintf(what, sizeof what, "was ready for %" PRId64 " ms before it ran: it starved",
                 waited_ns / TUTTI_MS);
        tell(watchdog, task, TOLD_STARVED, TUTTI_WARN_STARVED, event->t_ns, what);
    }
    if (watchdog->sampler) sampler_begin(watchdog->sampler, task->id, task->name);
}

/* The step is over, by a park or by the task's end. */
static void on_stop(struct tutti_watchdog *watchdog, struct watched *task,
                    const struct tutti_trace_event *event)
{
    char what[128];
    if (watchdog->running != task) return;
    watchdog->running = NULL;
    if (watchdog->sampler) sampler_end(watchdog->sampler);
    int64_t took_ns = now_of(watchdog) - watchdog->step_ns;
    if (took_ns < watchdog->options.step_max_ns) return;
    snprintf(what, sizeof what, "ran for %" PRId64 " ms without a checkpoint, until %s",
             took_ns / TUTTI_MS, event->kind == TUTTI_EVENT_TASK_EXIT ? "its end" : task->op);
    tell(watchdog, task, TOLD_STEP, TUTTI_WARN_SLOW_STEP, event->t_ns, what);
}

static void on_cancelled(struct tutti_watchdog *watchdog, struct watched *task,
                         const struct tutti_trace_event *event)
{
    char what[128];
    if (task->scope != event->obj) task->deliveries = 0;
    task->scope = event->obj;
    task->site = event->site;
    if (++task->deliveries != watchdog->options.cancels_max) return;
    snprintf(what, sizeof what, "was told %u times that it is cancelled, and goes on",
             task->deliveries);
    tell(watchdog, task, TOLD_IGNORED, TUTTI_WARN_IGNORED_CANCEL, event->t_ns, what);
}

static int on_spawn(struct tutti_watchdog *watchdog, const struct tutti_trace_event *event)
{
    struct watched *task = calloc(1, sizeof *task);
    if (!task || !idmap_set(&watchdog->tasks, event->task, task)) {
        free(task);
        return TUTTI_ENOMEMORY;
    }
    task->id = event->task;
    snprintf(task->name, sizeof task->name, "%s", event->name ? event->name : "");
    return 0;
}

static void on_exit_of(struct tutti_watchdog *watchdog, struct watched *task)
{
    idmap_remove(&watchdog->tasks, task->id);
    free(task);
}

static int watchdog_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_watchdog *watchdog = TUTTI_CONTAINER(sink, struct tutti_watchdog, sink);
    if (event->kind == TUTTI_EVENT_TASK_SPAWN) return on_spawn(watchdog, event);
    struct watched *task = idmap_get(&watchdog->tasks, event->task);
    if (!task) return 0; /* it was there before the watchdog came */
    switch (event->kind) {
    case TUTTI_EVENT_TASK_READY:
        on_ready(watchdog, task, event);
        break;
    case TUTTI_EVENT_TASK_RUN:
        on_run(watchdog, task, event);
        break;
    case TUTTI_EVENT_TASK_PARK:
        task->op = event->name;
        task->site = event->site;
        on_stop(watchdog, task, event);
        break;
    case TUTTI_EVENT_TASK_CANCELLED:
        on_cancelled(watchdog, task, event);
        break;
    default:
        on_stop(watchdog, task, event);
        on_exit_of(watchdog, task);
    }
    return 0;
}

/* A setting, or its default. */
static int64_t or_default(int64_t given, int64_t value)
{
    return given ? given : value;
}

int tutti_watchdog_open(struct tutti_watchdog **watchdog,
                        const struct tutti_watchdog_options *options)
{
    *watchdog = NULL;
    if (options->step_max_ns < 0 || options->ready_max_ns < 0) return TUTTI_EINVALID;
    struct tutti_watchdog *made = calloc(1, sizeof *made);
    if (!made) return TUTTI_ENOMEMORY;
    made->sink =
        (struct tutti_sink){.mask = TUTTI_EVENT_BIT(TASK_SPAWN) | TUTTI_EVENT_BIT(TASK_READY) |
                                    TUTTI_EVENT_BIT(TASK_RUN) | TUTTI_EVENT_BIT(TASK_PARK) |
                                    TUTTI_EVENT_BIT(TASK_CANCELLED) | TUTTI_EVENT_BIT(TASK_EXIT),
                            .event = watchdog_event};
    made->options = *options;
    struct tutti_watchdog_options *mine = &made->options;
    mine->step_max_ns = or_default(mine->step_max_ns, STEP_DEFAULT_NS);
    mine->ready_max_ns = or_default(mine->ready_max_ns, READY_DEFAULT_NS);
    if (!mine->yields_max) mine->yields_max = YIELDS_DEFAULT;
    if (!mine->cancels_max) mine->cancels_max = CANCELS_DEFAULT;
    if (!mine->now) mine->now = clock_of_system;
    if (!mine->report) mine->report = print_error;
    int rc = 0;
    if (mine->samples) {
        rc = sampler_open(&made->sampler, mine->step_max_ns, mine->report, mine->context);
    }
    if (rc < 0) {
        tutti_watchdog_close(made);
        return rc;
    }
    *watchdog = made;
    return 0;
}

struct tutti_sink *tutti_watchdog_sink(struct tutti_watchdog *watchdog)
{
    return &watchdog->sink;
}

uint64_t tutti_watchdog_findings(const struct tutti_watchdog *watchdog)
{
    return watchdog->findings + (watchdog->sampler ? sampler_reports(watchdog->sampler) : 0);
}

void tutti_watchdog_close(struct tutti_watchdog *watchdog)
{
    if (!watchdog) return;
    sampler_close(watchdog->sampler);
    for (size_t i = 0; i < watchdog->tasks.size; i++) {
        free(watchdog->tasks.slots[i].value);
    }
    idmap_free(&watchdog->tasks);
    free(watchdog);
}
