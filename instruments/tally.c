/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/tally_priv.h"

#include <stdlib.h>

#include "tutti/core/error.h"

/* Sums of times do not wrap, whatever a damaged trace says. */
static void add_ns(int64_t *sum, int64_t ns)
{
    if (ns > 0) *sum = *sum > INT64_MAX - ns ? INT64_MAX : *sum + ns;
}

static void wait_begins(struct tally_wait *wait)
{
    wait->count++;
    wait->open++;
}

static void wait_goes_on(struct tally_wait *wait, int64_t ns, uint64_t steps)
{
    add_ns(&wait->total_ns, ns);
    wait->steps += steps;
    if (ns > wait->longest_ns) wait->longest_ns = ns;
}

static uint64_t mix(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t hash = (a ^ b * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 32 ^ c) * UINT64_C(0x9e3779b97f4a7c15);
    return (hash ^ hash >> 29) | 1;
}

static bool is_same(const struct tally_part *a, const struct tally_part *b)
{
    /* Texts and places are kept once each: the same one is at the same address. */
    return a->object == b->object && a->holder == b->holder && a->op == b->op && a->site == b->site;
}

/* The part of an object's waits that is like this one, made when there is none. NULL: no memory. */
static struct tally_part *part_of(struct tally *tally, struct tally_object *object,
                                  const struct tally_part *like)
{
    struct tally_part **first = like->holder ? &object->holders : &object->places;
    struct tally_part **last = like->holder ? &object->holders_last : &object->places_last;
    uint64_t hash =
        mix(object->thing->id, (uintptr_t)like->op ^ like->holder, (uintptr_t)like->site);
    struct tally_part *chain = idmap_get(&tally->parts, hash), *found = chain;
    while (found && !is_same(found, like))
        found = found->same;
    if (found) return found;
    struct tally_part *part = malloc(sizeof *part);
    if (!part || !idmap_set(&tally->parts, hash, part)) {
        free(part);
        return NULL;
    }
    *part = *like;
    part->same = chain;
    if (*last) {
        (*last)->next = part;
    } else {
        *first = part;
    }
    *last = part;
    return part;
}

/* Time in the state that ends now. */
static void leave_state(struct tally_task *task, int64_t now_ns, uint64_t steps)
{
    int64_t ns = now_ns - task->since_ns;
    uint64_t meanwhile = steps - task->since_step;
    switch (task->state) {
    case TUTTI_TASK_RUNNING:
        add_ns(&task->run_ns, ns);
        if (ns > task->step_longest_ns) task->step_longest_ns = ns;
        break;
    case TUTTI_TASK_READY:
        add_ns(&task->ready_ns, ns);
        break;
    case TUTTI_TASK_WAITING:
        add_ns(&task->wait_ns, ns);
        if (ns > task->wait_longest_ns) task->wait_longest_ns = ns;
        if (task->object) wait_goes_on(&task->object->wait, ns, meanwhile);
        if (task->from) wait_goes_on(&task->from->wait, ns, meanwhile);
        if (task->holder) wait_goes_on(&task->holder->wait, ns, meanwhile);
        break;
    default:
        break;
    }
}

static void enter_state(struct tally_task *task, enum tutti_task_state state, int64_t now_ns,
                        uint64_t steps)
{
    leave_state(task, now_ns, steps);
    if (task->object) task->object->wait.open--;
    if (task->from) task->from->wait.open--;
    if (task->holder) task->holder->wait.open--;
    task->object = NULL;
    task->from = task->holder = NULL;
    task->state = state;
    task->since_ns = now_ns;
    task->since_step = steps;
}

/* A task parks for an object: whose waits are these? The model does not know of the event yet. */
static int count_park(struct tally *tally, struct tally_task *task,
                      const struct tutti_trace_event *event)
{
    struct tally_object *object = idmap_get(&tally->objects_of, event->obj);
    task->parks++;
    if (!object) return 0;
    struct tally_part place = {.object = object, .op = event->name, .site = event->site};
    task->object = object;
    wait_begins(&object->wait);
    if (!tally->model) return 0;
    const struct tutti_thing *now = tutti_model_find(tally->model, event->obj);
    task->from = part_of(tally, object, &place);
    if (!task->from) return TUTTI_ENOMEMORY;
    wait_begins(&task->from->wait);
    if (!now || now->kind != TUTTI_THING_OBJECT || now->object.holders_count == 0) return 0;
    struct tally_part holder = {.object = object, .holder = now->object.holders[0].task};
    if (holder.holder == 0) return 0;
    task->holder = part_of(tally, object, &holder);
    if (!task->holder) return TUTTI_ENOMEMORY;
    wait_begins(&task->holder->wait);
    return 0;
}

static int count_step(struct tally *tally, const struct tutti_trace_event *event)
{
    struct tally_task *task = idmap_get(&tally->tasks_of, event->task);
    struct tally_task *by = idmap_get(&tally->tasks_of, event->by);
    tally->steps += event->kind == TUTTI_EVENT_TASK_RUN;
    if (!task) return 0;
    switch (event->kind) {
    case TUTTI_EVENT_TASK_READY:
        enter_state(task, TUTTI_TASK_READY, event->t_ns, tally->steps);
        if (by && by != task) by->wakes++;
        task->woken += event->code != TUTTI_READY_SPAWN && event->code != TUTTI_READY_YIELD;
        return 0;
    case TUTTI_EVENT_TASK_RUN:
        enter_state(task, TUTTI_TASK_RUNNING, event->t_ns, tally->steps);
        task->steps++;
        return 0;
    case TUTTI_EVENT_TASK_EXIT:
        enter_state(task, TUTTI_TASK_EXITED, event->t_ns, tally->steps);
        return 0;
    default:
        enter_state(task, TUTTI_TASK_WAITING, event->t_ns, tally->steps);
        return count_park(tally, task, event);
    }
}

int tally_count(struct tally *tally, const struct tutti_trace_event *event)
{
    struct tally_task *task = idmap_get(&tally->tasks_of, event->task);
    struct tally_object *object = idmap_get(&tally->objects_of, event->obj);
    tally->kinds[event->kind]++;
    tally->events++;
    tally->end_ns = event->t_ns;
    switch (event->kind) {
    case TUTTI_EVENT_TASK_READY:
    case TUTTI_EVENT_TASK_RUN:
    case TUTTI_EVENT_TASK_PARK:
    case TUTTI_EVENT_TASK_EXIT:
        return count_step(tally, event);
    case TUTTI_EVENT_TASK_CANCELLED:
        if (task) task->cancels++;
        return 0;
    case TUTTI_EVENT_OBJ_OP:
        if (!object) return 0;
        object->effects++;
        if (event->count > object->queue_max) object->queue_max = event->count;
        return 0;
    case TUTTI_EVENT_CHOICE:
        tally->choices++;
        return 0;
    case TUTTI_EVENT_WARN:
        tally->panicked = event->code == TUTTI_WARN_PANIC;
        return 0;
    case TUTTI_EVENT_RUN_SOFAR:
        tally->sofar = true;
        return 0;
    case TUTTI_EVENT_RUN_END:
        tally->ended = true;
        tally->outcome = event->code;
        return 0;
    default:
        return 0;
    }
}

/* Room for one pointer more. */
static void *more(void *list, size_t count, size_t *room)
{
    if (list && count < *room) return list;
    size_t larger = *room ? *room * 2 : 64;
    void *moved = realloc(list, larger * sizeof(void *));
    if (moved) *room = larger;
    return moved;
}

static int open_task(struct tally *tally, const struct tutti_thing *thing)
{
    struct tally_task **tasks = more(tally->tasks, tally->tasks_count, &tally->tasks_room);
    struct tally_task *task = calloc(1, sizeof *task);
    if (tasks) tally->tasks = tasks;
    if (!tasks || !task || (thing->id && !idmap_set(&tally->tasks_of, thing->id, task))) {
        free(task);
        return TUTTI_ENOMEMORY;
    }
    task->thing = thing;
    task->place = tally->tasks_count;
    tally->tasks[tally->tasks_count++] = task;
    if (thing->id) {
        tally->tasks_made++;
    } else {
        tally->tasks_rest = task;
    }
    return 0;
}

static int open_object(struct tally *tally, const struct tutti_thing *thing)
{
    struct tally_object **objects =
        more(tally->objects, tally->objects_count, &tally->objects_room);
    struct tally_object *object = calloc(1, sizeof *object);
    if (objects) tally->objects = objects;
    if (!objects || !object || (thing->id && !idmap_set(&tally->objects_of, thing->id, object))) {
        free(object);
        return TUTTI_ENOMEMORY;
    }
    object->thing = thing;
    object->place = tally->objects_count;
    tally->objects[tally->objects_count++] = object;
    if (thing->id) {
        tally->objects_made++;
    } else {
        tally->objects_rest = object;
    }
    return 0;
}

int tally_open_account(struct tally *tally, const struct tutti_thing *thing)
{
    if (thing->kind == TUTTI_THING_TASK) return open_task(tally, thing);
    return thing->kind == TUTTI_THING_OBJECT ? open_object(tally, thing) : 0;
}

static void larger(int64_t *most, int64_t ns)
{
    if (ns > *most) *most = ns;
}

void tally_close_task(struct tally *tally, struct tally_task *task)
{
    struct tally_task *rest = tally->tasks_rest, *last = tally->tasks[--tally->tasks_count];
    rest->steps += task->steps;
    rest->parks += task->parks;
    rest->wakes += task->wakes;
    rest->woken += task->woken;
    rest->cancels += task->cancels;
    add_ns(&rest->run_ns, task->run_ns);
    add_ns(&rest->ready_ns, task->ready_ns);
    add_ns(&rest->wait_ns, task->wait_ns);
    larger(&rest->step_longest_ns, task->step_longest_ns);
    larger(&rest->wait_longest_ns, task->wait_longest_ns);
    tally->tasks[task->place] = last;
    last->place = task->place;
    idmap_remove(&tally->tasks_of, task->thing->id);
    free(task);
}

void tally_close_object(struct tally *tally, struct tally_object *object)
{
    struct tally_object *rest = tally->objects_rest;
    struct tally_object *last = tally->objects[--tally->objects_count];
    rest->effects += object->effects;
    rest->wait.count += object->wait.count;
    rest->wait.steps += object->wait.steps;
    add_ns(&rest->wait.total_ns, object->wait.total_ns);
    larger(&rest->wait.longest_ns, object->wait.longest_ns);
    larger(&rest->queue_max, object->queue_max);
    tally->objects[object->place] = last;
    last->place = object->place;
    idmap_remove(&tally->objects_of, object->thing->id);
    free(object);
}

void tally_settle(struct tally *tally)
{
    for (size_t i = 0; i < tally->tasks_count; i++)
        leave_state(tally->tasks[i], tally->end_ns, tally->steps);
}

int tally_read(struct tally *tally, const struct tutti_history *history)
{
    *tally = (struct tally){0};
    int rc = tutti_model_open(&tally->model);
    /* Also what an event names before it is made: the trace may be damaged. */
    for (const struct tutti_thing *thing = history->whole->first; rc == 0 && thing;
         thing = thing->next)
        rc = tally_open_account(tally, thing);
    for (size_t i = 0; rc == 0 && i < history->count; i++) {
        const struct tutti_trace_event *event = &history->events[i].event;
        struct tutti_trace_record record = {
            .event = *event, .known = true, .n = history->events[i].n};
        rc = tally_count(tally, event);
        if (rc == 0) rc = tutti_model_apply(tally->model, &record);
    }
    if (rc == 0) tally_settle(tally);
    return rc;
}

int tally_copy(struct tally *copy, const struct tally *tally)
{
    int rc = 0;
    *copy = *tally;
    copy->tasks = NULL;
    copy->objects = NULL;
    copy->tasks_count = copy->objects_count = copy->tasks_room = copy->objects_room = 0;
    copy->tasks_of = copy->objects_of = copy->parts = (struct idmap){0};
    copy->model = NULL;
    copy->tasks_made = copy->objects_made = 0;
    for (size_t i = 0; rc == 0 && i < tally->objects_count; i++) {
        struct tally_object *object = tally->objects[i];
        rc = open_object(copy, object->thing);
        if (rc < 0) break;
        struct tally_object *its = copy->objects[i];
        *its = *object;
        its->places = its->places_last = its->holders = its->holders_last = NULL;
        object->copy = its;
    }
    for (size_t i = 0; rc == 0 && i < tally->tasks_count; i++) {
        rc = open_task(copy, tally->tasks[i]->thing);
        if (rc < 0) break;
        struct tally_task *its = copy->tasks[i];
        *its = *tally->tasks[i];
        if (its->object) its->object = its->object->copy;
        its->from = its->holder = NULL;
    }
    copy->tasks_made = tally->tasks_made;
    copy->objects_made = tally->objects_made;
    return rc;
}

static void free_parts(struct tally_part *part)
{
    while (part) {
        struct tally_part *next = part->next;
        free(part);
        part = next;
    }
}

void tally_free(struct tally *tally)
{
    for (size_t i = 0; i < tally->objects_count; i++) {
        free_parts(tally->objects[i]->places);
        free_parts(tally->objects[i]->holders);
        free(tally->objects[i]);
    }
    for (size_t i = 0; i < tally->tasks_count; i++)
        free(tally->tasks[i]);
    tutti_model_close(tally->model);
    free(tally->tasks);
    free(tally->objects);
    idmap_free(&tally->tasks_of);
    idmap_free(&tally->objects_of);
    idmap_free(&tally->parts);
}
