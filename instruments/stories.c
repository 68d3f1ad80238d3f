/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/stories_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"

/* Where a thing stands in the tree of who made what. */
struct story_place {
    uint64_t path;
    uint64_t made[4]; /* a task's: how many things of each kind it made */
    struct story *story;
};

static uint64_t mix(uint64_t path, uint64_t kind, uint64_t ordinal)
{
    uint64_t hash = (path + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 32 ^ (kind << 56 | ordinal)) * UINT64_C(0x9e3779b97f4a7c15);
    return (hash ^ hash >> 29) | 1; /* 0 is no path */
}

static struct story_place *place_of(const struct stories *stories, uint64_t id)
{
    return idmap_get(&stories->paths, id);
}

static uint64_t path_of(const struct stories *stories, uint64_t id)
{
    const struct story_place *place = place_of(stories, id);
    return place ? place->path : id; /* 0, or never made */
}

/* A place for each thing, numbered among what its maker made of its kind. */
static int make_places(struct stories *stories)
{
    const struct tutti_model *whole = stories->history->whole;
    size_t things = 0, tasks = 0;
    for (const struct tutti_thing *thing = whole->first; thing; thing = thing->next) {
        things++;
        tasks += thing->kind == TUTTI_THING_TASK;
    }
    stories->places = calloc(things + 2, sizeof *stories->places);
    stories->stories = calloc(tasks + 1, sizeof *stories->stories);
    if (!stories->places || !stories->stories) return TUTTI_ENOMEMORY;
    struct story_place *next = stories->places + 1, *runtime = stories->places;
    for (const struct tutti_thing *thing = whole->first; thing; thing = thing->next, next++) {
        bool task = thing->kind == TUTTI_THING_TASK;
        uint64_t maker = task ? thing->task.parent : thing->owner ? thing->owner->id : 0;
        struct story_place *by = place_of(stories, maker);
        if (!by) by = runtime;
        next->path = mix(by->path, thing->kind, by->made[thing->kind]++);
        if (!idmap_set(&stories->paths, thing->id, next)) return TUTTI_ENOMEMORY;
        if (!task) continue;
        next->story = &stories->stories[stories->count++];
        *next->story = (struct story){.task = thing->id, .path = next->path};
        if (!idmap_set(&stories->of_path, next->path, next->story)) return TUTTI_ENOMEMORY;
    }
    return 0;
}

/* The task in whose story an event is; 0: it tells what became of a task, not what it did. */
static uint64_t teller(const struct stories *stories, const struct tutti_trace_event *event)
{
    const struct tutti_thing *thing = tutti_model_find(stories->history->whole, event->obj);
    switch (event->kind) {
    case TUTTI_EVENT_TASK_SPAWN:
        return event->by;
    case TUTTI_EVENT_SCOPE_CANCEL:
    case TUTTI_EVENT_SCOPE_FINISH:
        return event->by;
    case TUTTI_EVENT_SCOPE_SET:
    case TUTTI_EVENT_SCOPE_CLOSE:
    case TUTTI_EVENT_NURSERY_CLOSE:
    case TUTTI_EVENT_IO_DONE:
        return thing && thing->owner ? thing->owner->id : 0;
    case TUTTI_EVENT_TASK_EXIT:
    case TUTTI_EVENT_TASK_PARK:
    case TUTTI_EVENT_TASK_CANCELLED:
    case TUTTI_EVENT_NURSERY_OPEN:
    case TUTTI_EVENT_SCOPE_OPEN:
    case TUTTI_EVENT_OBJ_NEW:
    case TUTTI_EVENT_OBJ_OP:
    case TUTTI_EVENT_IO_SUBMIT:
    case TUTTI_EVENT_SPAN_BEGIN:
    case TUTTI_EVENT_SPAN_END:
    case TUTTI_EVENT_LOG:
    case TUTTI_EVENT_TASK_CK:
        return event->task;
    default:
        return 0;
    }
}

static struct story *story_of(const struct stories *stories, const struct tutti_trace_event *event)
{
    uint64_t task = teller(stories, event);
    const struct story_place *place = task ? place_of(stories, task) : NULL;
    return place ? place->story : NULL;
}

/* Sorts the events by task: counts them, gives each story its part, fills the parts. */
static int sort_events(struct stories *stories)
{
    const struct tutti_history *history = stories->history;
    size_t total = 0;
    for (size_t i = 0; i < history->count; i++) {
        struct story *story = story_of(stories, &history->events[i].event);
        if (story) story->end++;
    }
    for (size_t i = 0; i < stories->count; i++) {
        size_t size = stories->stories[i].end;
        stories->stories[i].start = stories->stories[i].end = total;
        total += size;
    }
    stories->own = malloc((total + 1) * sizeof *stories->own);
    if (!stories->own) return TUTTI_ENOMEMORY;
    for (size_t i = 0; i < history->count; i++) {
        struct story *story = story_of(stories, &history->events[i].event);
        if (story) stories->own[story->end++] = i;
    }
    return 0;
}

int stories_read(struct stories *stories, const struct tutti_history *history)
{
    *stories = (struct stories){.history = history};
    int rc = make_places(stories);
    return rc < 0 ? rc : sort_events(stories);
}

const struct story *stories_find(const struct stories *stories, uint64_t path)
{
    return idmap_get(&stories->of_path, path);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_site(const struct tutti_site *a, const struct tutti_site *b)
{
    return a == b || (a && b && a->line == b->line && same_text(a->file, b->file));
}

/* Numbers that a task's own doing decides: not times, and nothing that counts steps. */
static bool same_number(const struct tutti_trace_event *x, const struct tutti_trace_event *y)
{
    switch (x->kind) {
    case TUTTI_EVENT_TASK_EXIT:
    case TUTTI_EVENT_OBJ_NEW:
    case TUTTI_EVENT_OBJ_OP:
    case TUTTI_EVENT_IO_SUBMIT:
    case TUTTI_EVENT_IO_DONE:
        return x->arg == y->arg;
    default:
        return true;
    }
}

bool stories_same(const struct stories *a, const struct tutti_trace_event *x,
                  const struct stories *b, const struct tutti_trace_event *y)
{
    bool same = x->kind == y->kind && x->code == y->code && x->flag == y->flag;
    if (!same || !same_text(x->name, y->name) || !same_site(x->site, y->site)) return false;
    /* The obj of an exit counts steps, which depend on who yielded to whom; a span has no maker. */
    bool counts = x->kind == TUTTI_EVENT_TASK_EXIT || x->kind == TUTTI_EVENT_SPAN_BEGIN ||
                  x->kind == TUTTI_EVENT_SPAN_END;
    return same_number(x, y) && (counts || path_of(a, x->obj) == path_of(b, y->obj));
}

void stories_free(struct stories *stories)
{
    idmap_free(&stories->paths);
    idmap_free(&stories->of_path);
    free(stories->places);
    free(stories->stories);
    free(stories->own);
}
