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
        if (task->place) wait_goes_on(&task->place->wait, ns, meanwhile);
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
    if (task->place) task->place->wait.open--;
    if (task->holder) task->holder->wait.open--;
    task->object = NULL;
    task->place = task->holder = NULL;
    task->state = state;
    task->since_ns = now_ns;
    task->since_step = steps;
}

/* A task parks for an object: whose waits are these? The model does not know of the event yet. */
static int count_park(struct tally *tally, struct tally_task *task,
                      const struct tutti_trace_event *event)
{
    struct tally_object *object = idmap_get(&tally->objects_of, event->obj);
    const struct tutti_thing *now = tutti_model_find(tally->model, event->obj);
    task->parks++;
    if (!object) return 0;
    struct tally_part place = {.object = object, .op = event->name, .site = event->site};
    task->object = object;
    task->place = part_of(tally, object, &place);
    if (!task->place) return TUTTI_ENOMEMORY;
    wait_begins(&object->wait);
    wait_begins(&task->place->wait);
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

static int count_event(struct tally *tally, const struct tutti_trace_event *event)
{
    struct tally_task *task = idmap_get(&tally->tasks_of, event->task);
    struct tally_object *object = idmap_get(&tally->objects_of, event->obj);
    tally->kinds[event->kind]++;
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
    default:
        return 0;
    }
}

/* An account for each task and each object that was ever made. */
static int open_accounts(struct tally *tally)
{
    const struct tutti_thing *thing = tally->history->whole->first;
    size_t tasks = 0, objects = 0;
    for (; thing; thing = thing->next) {
        tasks += thing->kind == TUTTI_THING_TASK;
        objects += thing->kind == TUTTI_THING_OBJECT;
    }
    tally->tasks = calloc(tasks + 1, sizeof *tally->tasks);
    tally->objects = calloc(objects + 1, sizeof *tally->objects);
    if (!tally->tasks || !tally->objects) return TUTTI_ENOMEMORY;
    for (thing = tally->history->whole->first; thing; thing = thing->next) {
        bool good = true;
        if (thing->kind == TUTTI_THING_TASK) {
            struct tally_task *task = &tally->tasks[tally->tasks_count++];
            task->thing = thing;
            good = idmap_set(&tally->tasks_of, thing->id, task);
        } else if (thing->kind == TUTTI_THING_OBJECT) {
            struct tally_object *object = &tally->objects[tally->objects_count++];
            object->thing = thing;
            good = idmap_set(&tally->objects_of, thing->id, object);
        }
        if (!good) return TUTTI_ENOMEMORY;
    }
    return 0;
}

int tally_read(struct tally *tally, const struct tutti_history *history)
{
    *tally = (struct tally){.history = history};
    int rc = tutti_model_open(&tally->model);
    if (rc == 0) rc = open_accounts(tally);
    for (size_t i = 0; rc == 0 && i < history->count; i++) {
        const struct tutti_trace_event *event = &history->events[i].event;
        struct tutti_trace_record record = {
            .event = *event, .known = true, .n = history->events[i].n};
        rc = count_event(tally, event);
        if (rc == 0) rc = tutti_model_apply(tally->model, &record);
    }
    for (size_t i = 0; rc == 0 && i < tally->tasks_count; i++) {
        leave_state(&tally->tasks[i], tally->end_ns, tally->steps);
    }
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
        free_parts(tally->objects[i].places);
        free_parts(tally->objects[i].holders);
    }
    tutti_model_close(tally->model);
    free(tally->tasks);
    free(tally->objects);
    idmap_free(&tally->tasks_of);
    idmap_free(&tally->objects_of);
    idmap_free(&tally->parts);
}
