/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/os_sampler_priv.h"
#include "tutti/instruments/tally_priv.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace.h"
#include "tutti/instruments/trace_head_priv.h"

/* The account of those that were too many. */
struct rest {
    struct tutti_thing thing;
    uint64_t count;
    char name[64];
};

struct tutti_statistics {
    struct tutti_sink sink;
    struct tally tally;
    struct rest tasks, objects;
    size_t each;
    bool real;
    int64_t began_ns; /* real: the system's time when the run began; 0: it did not yet */
    char *prog, *test;
};

/* A copy of a text, valid UTF-8. NULL: no memory. */
static char *copy_text(const char *text)
{
    struct tutti_text valid = {0};
    if (text) head_valid(&valid, text, strlen(text));
    tutti_text_add(&valid, "", 1);
    if (!valid.failed) return valid.bytes;
    tutti_text_free(&valid);
    return NULL;
}

static void free_thing(const struct tutti_thing *thing)
{
    if (thing->id == 0) return; /* a rest's */
    free((char *)thing->name);
    free((struct tutti_thing *)thing);
}

static void forget(struct tutti_statistics *statistics)
{
    struct tally *tally = &statistics->tally;
    for (size_t i = 0; i < tally->tasks_count; i++)
        free_thing(tally->tasks[i]->thing);
    for (size_t i = 0; i < tally->objects_count; i++)
        free_thing(tally->objects[i]->thing);
    tally_free(tally);
    *tally = (struct tally){0};
    statistics->tasks.count = statistics->objects.count = 0;
    statistics->began_ns = 0;
}

/* An account for what this event makes. */
static int meet(struct tally *tally, const struct tutti_trace_event *event)
{
    bool task = event->kind == TUTTI_EVENT_TASK_SPAWN;
    bool io = event->kind == TUTTI_EVENT_IO_SUBMIT;
    uint64_t id = task ? event->task : event->obj;
    if (id == 0 || idmap_get(task ? &tally->tasks_of : &tally->objects_of, id)) return 0;
    struct tutti_thing *thing = calloc(1, sizeof *thing);
    if (!thing) return TUTTI_ENOMEMORY;
    thing->id = id;
    thing->kind = task ? TUTTI_THING_TASK : TUTTI_THING_OBJECT;
    thing->name = copy_text(event->name);
    if (!task) {
        thing->object.kind = io ? TUTTI_OBJECT_OTHER : event->code;
        thing->object.is_io = io;
    }
    int rc = thing->name ? tally_open_account(tally, thing) : TUTTI_ENOMEMORY;
    if (rc < 0) free_thing(thing);
    return rc;
}

/* Makes the rest's account if there is none. */
static int open_rest(struct tally *tally, struct rest *rest, enum tutti_thing_kind kind, bool there)
{
    rest->thing = (struct tutti_thing){.kind = kind, .name = rest->name};
    return there ? 0 : tally_open_account(tally, &rest->thing);
}

static int part_with_task(struct tutti_statistics *statistics, uint64_t id)
{
    struct tally *tally = &statistics->tally;
    struct tally_task *task = idmap_get(&tally->tasks_of, id);
    if (!task || tally->tasks_count <= statistics->each) return 0;
    int rc = open_rest(tally, &statistics->tasks, TUTTI_THING_TASK, tally->tasks_rest);
    if (rc < 0) return rc;
    const struct tutti_thing *thing = task->thing;
    tally_close_task(tally, task);
    free_thing(thing);
    statistics->tasks.count++;
    return 0;
}

static int part_with_object(struct tutti_statistics *statistics, uint64_t id)
{
    struct tally *tally = &statistics->tally;
    struct tally_object *object = idmap_get(&tally->objects_of, id);
    if (!object || object->wait.open > 0 || tally->objects_count <= statistics->each) return 0;
    int rc = open_rest(tally, &statistics->objects, TUTTI_THING_OBJECT, tally->objects_rest);
    if (rc < 0) return rc;
    const struct tutti_thing *thing = object->thing;
    tally_close_object(tally, object);
    free_thing(thing);
    statistics->objects.count++;
    return 0;
}

static int count(struct tutti_statistics *statistics, const struct tutti_trace_event *event)
{
    struct tally *tally = &statistics->tally;
    int rc = 0;
    switch (event->kind) {
    case TUTTI_EVENT_TASK_SPAWN:
    case TUTTI_EVENT_OBJ_NEW:
    case TUTTI_EVENT_IO_SUBMIT:
        rc = meet(tally, event);
        return rc < 0 ? rc : tally_count(tally, event);
    case TUTTI_EVENT_TASK_EXIT:
        rc = tally_count(tally, event);
        return rc < 0 ? rc : part_with_task(statistics, event->task);
    case TUTTI_EVENT_OBJ_FREE:
    case TUTTI_EVENT_IO_DONE:
        rc = tally_count(tally, event);
        return rc < 0 ? rc : part_with_object(statistics, event->obj);
    default:
        return tally_count(tally, event);
    }
}

static int statistics_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_statistics *statistics = TUTTI_CONTAINER(sink, struct tutti_statistics, sink);
    if (event->kind == TUTTI_EVENT_RUN_BEGIN) forget(statistics);
    if (!statistics->real) return count(statistics, event);
    struct tutti_trace_event now = *event;
    int64_t now_ns = sampler_now_ns();
    if (statistics->began_ns == 0) statistics->began_ns = now_ns;
    now.t_ns = now_ns - statistics->began_ns;
    return count(statistics, &now);
}

int tutti_statistics_open(struct tutti_statistics **out,
                          const struct tutti_statistics_options *options)
{
    static const struct tutti_statistics_options defaults;
    if (!options) options = &defaults;
    struct tutti_statistics *statistics = calloc(1, sizeof *statistics);
    *out = NULL;
    if (!statistics) return TUTTI_ENOMEMORY;
    statistics->sink = (struct tutti_sink){.mask = tutti_trace_mask(3), .event = statistics_event};
    statistics->each = options->each ? options->each : TUTTI_STATISTICS_EACH;
    statistics->real = options->real;
    statistics->prog = copy_text(options->prog);
    statistics->test = copy_text(options->test);
    if (!statistics->prog || !statistics->test) {
        tutti_statistics_close(statistics);
        return TUTTI_ENOMEMORY;
    }
    *out = statistics;
    return 0;
}

struct tutti_sink *tutti_statistics_sink(struct tutti_statistics *statistics)
{
    return &statistics->sink;
}

/* The rest is called by how many it stands for, in the copy that is printed. */
static void name_rest(struct rest *rest, const struct rest *its)
{
    *rest = *its;
    rest->thing.name = rest->name;
    snprintf(rest->name, sizeof rest->name, "%" PRIu64 " that are gone", its->count);
}

int tutti_statistics_print(const struct tutti_statistics *statistics,
                           const struct tutti_view_options *options, tutti_print *print,
                           void *context)
{
    struct rest tasks, objects;
    struct tally now;
    int rc = tally_copy(&now, &statistics->tally);
    name_rest(&tasks, &statistics->tasks);
    name_rest(&objects, &statistics->objects);
    if (rc == 0) {
        if (now.tasks_rest) now.tasks_rest->thing = &tasks.thing;
        if (now.objects_rest) now.objects_rest->thing = &objects.thing;
        tally_settle(&now);
        rc = view_tally(&now, statistics->prog, statistics->test, options, print, context);
    }
    tally_free(&now);
    return rc;
}

void tutti_statistics_close(struct tutti_statistics *statistics)
{
    if (!statistics) return;
    forget(statistics);
    free(statistics->prog);
    free(statistics->test);
    free(statistics);
}
