/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/filter.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/inspect.h"
#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/trace.h"

struct tutti_filter {
    struct tutti_sink sink, *to;
    uint64_t passes; /* kinds that are handed on at all */
    bool by_task;
    uint64_t gone;       /* the task that exited last: its last step may still be told of */
    uint64_t of_tasks;   /* kinds of which only those of some tasks are handed on */
    struct idmap wanted; /* tasks that were looked at: yes or no */
    uint64_t *tasks;
    size_t tasks_count;
    char *names; /* NULL: none */
    uint64_t dropped, untold;
};

/* What `wanted` maps to. */
static char yes, no;

/* Does the text match the pattern? Where a star's text was too short it takes a byte more; only the
 * last star need be tried again.                                                                 */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *again = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            again = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool is_wanted(const struct tutti_filter *filter, uint64_t id, const char *name)
{
    for (size_t i = 0; i < filter->tasks_count; i++) {
        if (filter->tasks[i] == id) return true;
    }
    return filter->names && name && matches(filter->names, name);
}

/* Looks at a task once. `name`: NULL if it is not known yet. Returns whether it is wanted, or
 * TUTTI_ENOMEMORY. */
static int look(struct tutti_filter *filter, uint64_t id, const char *name)
{
    const char *known = idmap_get(&filter->wanted, id);
    if (known || id == 0) return known == &yes;
    const struct tutti_task *task = name ? NULL : tutti_inspect_find(id);
    bool wanted = is_wanted(filter, id, task ? tutti_task_name(task) : name);
    if (!name && !task) return wanted;
    return idmap_set(&filter->wanted, id, wanted ? &yes : &no) ? wanted : TUTTI_ENOMEMORY;
}

/* Is this one handed on? Or TUTTI_ENOMEMORY. */
static int choose(struct tutti_filter *filter, const struct tutti_trace_event *event)
{
    if (!filter->by_task) return 1;
    bool spawn = event->kind == TUTTI_EVENT_TASK_SPAWN;
    if (event->kind == TUTTI_EVENT_RUN_BEGIN) idmap_free(&filter->wanted);
    if (event->kind == TUTTI_EVENT_TASK_EXIT) {
        idmap_remove(&filter->wanted, filter->gone);
        filter->gone = event->task;
    }
    int wanted = spawn || (filter->of_tasks >> event->kind & 1)
                     ? look(filter, event->task, spawn ? event->name : NULL)
                     : 1;
    return spawn && wanted >= 0 ? 1 : wanted;
}

static int filter_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_filter *filter = TUTTI_CONTAINER(sink, struct tutti_filter, sink);
    struct tutti_sink *to = filter->to;
    uint64_t bit = UINT64_C(1) << event->kind;
    int wanted = choose(filter, event);
    if (wanted < 0) return wanted;
    if (wanted == 0) {
        filter->dropped++;
        filter->untold++;
    }
    if (wanted == 0 || !(filter->passes & bit)) return 0;
    if (filter->untold > 0 && to->mask & TUTTI_EVENT_BIT(RUN_DROP)) {
        struct tutti_trace_event dropped = {
            .kind = TUTTI_EVENT_RUN_DROP, .t_ns = event->t_ns, .arg = (int64_t)filter->untold};
        filter->untold = 0;
        int rc = to->event(to, &dropped);
        if (rc < 0) return rc;
    }
    return to->event(to, event);
}

static void filter_idle(struct tutti_sink *sink)
{
    struct tutti_sink *to = TUTTI_CONTAINER(sink, struct tutti_filter, sink)->to;
    if (to->idle) to->idle(to);
}

/* What tasks do: kinds of level 3 and 4 with a task, spans and logs. */
static uint64_t kinds_of_tasks(void)
{
    uint64_t kinds = TUTTI_EVENT_BIT(SPAN_BEGIN) | TUTTI_EVENT_BIT(SPAN_END) | TUTTI_EVENT_BIT(LOG);
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        const struct tutti_trace_info *info = &tutti_trace_table[kind];
        for (int i = 0; info->level >= 3 && i < info->fields_count; i++) {
            if (strcmp(info->fields[i].key, "task") == 0) kinds |= UINT64_C(1) << kind;
        }
    }
    return kinds;
}

static int choose_tasks(struct tutti_filter *filter, const struct tutti_filter_options *options)
{
    size_t size = options->names ? strlen(options->names) + 1 : 0;
    size_t count = options->tasks ? options->tasks_count : 0;
    filter->tasks = calloc(count + 1, sizeof *filter->tasks);
    filter->names = options->names ? malloc(size) : NULL;
    if (!filter->tasks || (options->names && !filter->names)) return TUTTI_ENOMEMORY;
    if (options->names) memcpy(filter->names, options->names, size);
    if (count > 0) memcpy(filter->tasks, options->tasks, count * sizeof *filter->tasks);
    filter->tasks_count = count;
    filter->by_task = count > 0 || options->names;
    filter->of_tasks = kinds_of_tasks();
    /* To learn names, to forget them, and that ids begin anew. */
    if (filter->by_task) {
        filter->sink.mask |=
            TUTTI_EVENT_BIT(RUN_BEGIN) | TUTTI_EVENT_BIT(TASK_SPAWN) | TUTTI_EVENT_BIT(TASK_EXIT);
    }
    return 0;
}

int tutti_filter_open(struct tutti_filter **out, struct tutti_sink *to,
                      const struct tutti_filter_options *options)
{
    static const struct tutti_filter_options defaults;
    *out = NULL;
    if (!options) options = &defaults;
    if (!to || !to->event || options->level < 0 || options->level > TUTTI_TRACE_LEVEL_MAX) {
        return TUTTI_EINVALID;
    }
    struct tutti_filter *filter = calloc(1, sizeof *filter);
    if (!filter) return TUTTI_ENOMEMORY;
    filter->to = to;
    filter->passes = to->mask & (options->kinds ? options->kinds : UINT64_MAX) &
                     (options->level ? tutti_trace_mask(options->level) : UINT64_MAX);
    filter->sink = (struct tutti_sink){filter->passes, filter_event, filter_idle};
    int rc = choose_tasks(filter, options);
    if (rc < 0) {
        tutti_filter_close(filter);
        return rc;
    }
    *out = filter;
    return 0;
}

struct tutti_sink *tutti_filter_sink(struct tutti_filter *filter)
{
    return &filter->sink;
}

uint64_t tutti_filter_dropped(const struct tutti_filter *filter)
{
    return filter->dropped;
}

void tutti_filter_close(struct tutti_filter *filter)
{
    if (!filter) return;
    idmap_free(&filter->wanted);
    free(filter->tasks);
    free(filter->names);
    free(filter);
}
