/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/model.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/model_priv.h"

int tutti_model_open(struct tutti_model **model)
{
    *model = calloc(1, sizeof **model);
    if (!*model) return TUTTI_ENOMEMORY;
    (*model)->tables = calloc(1, sizeof *(*model)->tables);
    if ((*model)->tables) return 0;
    free(*model);
    *model = NULL;
    return TUTTI_ENOMEMORY;
}

struct tutti_thing *tutti_model_find(const struct tutti_model *model, uint64_t id)
{
    return idmap_get(&model->tables->things, id);
}

const struct tutti_thing *tutti_model_named(const struct tutti_model *model, uint64_t id)
{
    const struct tutti_thing *thing = tutti_model_find(model, id);
    const struct tutti_model *whole = model->tables->whole;
    return thing || !whole ? thing : tutti_model_find(whole, id);
}

/* The thing of an id if it is of this kind. */
static struct tutti_thing *find(const struct tutti_model *model, uint64_t id,
                                enum tutti_thing_kind kind)
{
    struct tutti_thing *thing = tutti_model_find(model, id);
    return thing && thing->kind == kind ? thing : NULL;
}

static const char *keep(struct tutti_model *model, const char *text)
{
    const char *kept = intern_text(&model->tables->texts, text);
    if (!kept) model->tables->failed = true;
    return kept ? kept : "";
}

const char *model_at(char buffer[MODEL_AT_MAX], const struct tutti_site *site)
{
    char *digit = buffer + MODEL_AT_MAX - 1;
    uint32_t line = site->line;
    *digit = '\0';
    do {
        *--digit = (char)('0' + line % 10);
        line /= 10;
    } while (line > 0);
    *--digit = ':';
    size_t size = strlen(site->file), room = (size_t)(digit - buffer);
    if (size > room) size = room;
    memcpy(digit - size, site->file, size);
    return digit - size;
}

static const char *keep_at(struct tutti_model *model, const struct tutti_site *site)
{
    char buffer[MODEL_AT_MAX];
    return site ? keep(model, model_at(buffer, site)) : NULL;
}

void model_hang(struct tutti_thing *thing, struct tutti_thing *owner)
{
    thing->owner = owner;
    if (owner->last) {
        owner->last->beside = thing;
    } else {
        owner->first = thing;
    }
    owner->last = thing;
}

/* Makes a thing and hangs it below its owner. NULL: no memory. */
static struct tutti_thing *make(struct tutti_model *model, uint64_t id, enum tutti_thing_kind kind,
                                uint64_t owner, const struct tutti_trace_event *event)
{
    struct tutti_thing *thing = id ? calloc(1, sizeof *thing) : NULL;
    if (!thing || !idmap_set(&model->tables->things, id, thing)) {
        model->tables->failed |= id != 0;
        free(thing);
        return NULL;
    }
    thing->id = id;
    thing->kind = kind;
    thing->name = keep(model, event->name ? event->name : "");
    thing->at = keep_at(model, event->site);
    struct tutti_thing *its = tutti_model_find(model, owner);
    if (its && its != thing) model_hang(thing, its);
    if (model->last) {
        model->last->next = thing;
    } else {
        model->first = thing;
    }
    model->last = thing;
    return thing;
}

static void set_state(struct tutti_model *model, struct tutti_thing *task,
                      enum tutti_task_state state)
{
    if (model->running == task) model->running = NULL;
    if (state == TUTTI_TASK_RUNNING) model->running = task;
    task->task.state = state;
    task->task.since_ns = model->now_ns;
}

static void apply_spawn(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *task = make(model, event->task, TUTTI_THING_TASK, event->obj, event);
    model->tasks++;
    if (!task) return;
    task->task.parent = event->by;
    task->task.since_ns = model->now_ns;
    task->task.until_ns = TUTTI_NEVER;
    struct tutti_thing *nursery = find(model, event->obj, TUTTI_THING_NURSERY);
    if (nursery) nursery->nursery.alive++;
}

static void apply_exit(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *task = find(model, event->task, TUTTI_THING_TASK);
    if (!task || task->gone) return;
    set_state(model, task, TUTTI_TASK_EXITED);
    task->gone = true;
    task->task.outcome = event->code;
    task->task.error = event->arg;
    task->task.checkpoints = event->count;
    struct tutti_thing *nursery = task->owner;
    if (nursery && nursery->kind == TUTTI_THING_NURSERY) nursery->nursery.alive--;
}

/* Takes a thing out of its owner's list. */
static void unhang(struct tutti_thing *thing)
{
    struct tutti_thing *before = NULL;
    for (struct tutti_thing *at = thing->owner->first; at != thing; at = at->beside)
        before = at;
    if (before) {
        before->beside = thing->beside;
    } else {
        thing->owner->first = thing->beside;
    }
    if (thing->owner->last == thing) thing->owner->last = before;
    thing->beside = NULL;
}

/* Its scopes that were directly inside the old nursery's are inside the new one's. */
static void apply_move(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *task = find(model, event->task, TUTTI_THING_TASK);
    struct tutti_thing *nursery = find(model, event->obj, TUTTI_THING_NURSERY);
    if (!task || task->gone || !nursery) return;
    struct tutti_thing *old = task->owner;
    if (!old || old->kind != TUTTI_THING_NURSERY || old == nursery) return;
    unhang(task);
    model_hang(task, nursery);
    old->nursery.alive--;
    nursery->nursery.alive++;
    for (struct tutti_thing *scope = task->first; scope; scope = scope->beside) {
        if (scope->kind != TUTTI_THING_SCOPE || scope->gone) continue;
        if (scope->scope.parent == old->nursery.scope) scope->scope.parent = nursery->nursery.scope;
    }
}

/* task.ready, task.run, task.park */
static void apply_step(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *task = find(model, event->task, TUTTI_THING_TASK);
    model->steps += event->kind == TUTTI_EVENT_TASK_RUN;
    if (!task || task->gone) return;
    struct tutti_thing_task *state = &task->task;
    if (event->kind == TUTTI_EVENT_TASK_READY) {
        set_state(model, task, TUTTI_TASK_READY);
        state->why = event->code;
        state->by = event->by;
        state->until_ns = TUTTI_NEVER;
    } else if (event->kind == TUTTI_EVENT_TASK_RUN) {
        set_state(model, task, TUTTI_TASK_RUNNING);
        state->steps++;
    } else {
        set_state(model, task, TUTTI_TASK_WAITING);
        state->op = keep(model, event->name);
        state->op_at = keep_at(model, event->site);
        state->object = event->obj;
        state->until_ns = event->arg;
        state->checkpoints = event->count;
    }
}

static void apply_nursery(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *nursery;
    if (event->kind == TUTTI_EVENT_NURSERY_OPEN) {
        nursery = make(model, event->obj, TUTTI_THING_NURSERY, event->task, event);
        struct tutti_thing *scope = find(model, event->by, TUTTI_THING_SCOPE);
        if (nursery) nursery->nursery.scope = event->by;
        if (scope) scope->scope.nursery = event->obj;
        return;
    }
    nursery = find(model, event->obj, TUTTI_THING_NURSERY);
    if (!nursery) return;
    nursery->gone = true;
    nursery->nursery.outcome = event->code;
}

static void apply_scope(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *scope = find(model, event->obj, TUTTI_THING_SCOPE);
    if (event->kind == TUTTI_EVENT_SCOPE_OPEN) {
        scope = make(model, event->obj, TUTTI_THING_SCOPE, event->task, event);
        if (scope) scope->scope.parent = event->by;
    }
    if (!scope) return;
    struct tutti_thing_scope *state = &scope->scope;
    switch (event->kind) {
    case TUTTI_EVENT_SCOPE_OPEN:
    case TUTTI_EVENT_SCOPE_SET:
        state->until_ns = event->arg;
        state->shield = event->flag;
        break;
    case TUTTI_EVENT_SCOPE_CLOSE:
        scope->gone = true;
        state->caught = event->flag;
        break;
    case TUTTI_EVENT_SCOPE_FINISH:
        state->asked = true;
        break;
    default:
        state->cancelled = true;
        state->why = event->code;
        state->by = event->by;
        state->cancelled_ns = model->now_ns;
        state->cancelled_at = keep_at(model, event->site);
    }
}

int model_effect(const char *op)
{
    static const char *const takes[] = {"lock", "read", "borrow", "acquire", "try"};
    static const char *const gives[] = {"unlock", "unread", "return", "release", "done", "failed"};
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++) {
        if (strcmp(op, takes[i]) == 0) return 1;
    }
    for (size_t i = 0; i < sizeof gives / sizeof *gives; i++) {
        if (strcmp(op, gives[i]) == 0) return -1;
    }
    return 0;
}

static void add_holder(struct tutti_model *model, struct tutti_thing_object *object, uint64_t task)
{
    if (object->holders_count == object->holders_room) {
        uint32_t room = object->holders_room ? object->holders_room * 2 : 2;
        struct tutti_holder *holders = realloc(object->holders, room * sizeof *holders);
        if (!holders) {
            model->tables->failed = true;
            return;
        }
        object->holders = holders;
        object->holders_room = room;
    }
    object->holders[object->holders_count++] = (struct tutti_holder){task, model->now_ns};
}

/* Whoever has it longest gives it back when the task itself has none: semaphores allow that. */
static void drop_holder(struct tutti_thing_object *object, uint64_t task)
{
    uint32_t at = 0;
    while (at < object->holders_count && object->holders[at].task != task)
        at++;
    if (at == object->holders_count) at = 0;
    if (object->holders_count == 0) return;
    object->holders_count--;
    memmove(object->holders + at, object->holders + at + 1,
            (object->holders_count - at) * sizeof *object->holders);
}

static void apply_effect(struct tutti_model *model, struct tutti_thing_object *object,
                         const struct tutti_trace_event *event)
{
    int effect = model_effect(event->name);
    object->queue = event->count;
    if (effect > 0) add_holder(model, object, event->task);
    if (effect < 0) drop_holder(object, event->task);
}

static void apply_object(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *object = find(model, event->obj, TUTTI_THING_OBJECT);
    switch (event->kind) {
    case TUTTI_EVENT_OBJ_NEW:
        object = make(model, event->obj, TUTTI_THING_OBJECT, event->task, event);
        if (object) object->object.kind = event->code;
        break;
    case TUTTI_EVENT_IO_SUBMIT:
        object = make(model, event->obj, TUTTI_THING_OBJECT, event->task, event);
        if (object) object->object.is_io = true;
        break;
    case TUTTI_EVENT_OBJ_FREE:
    case TUTTI_EVENT_IO_DONE:
        if (object) object->gone = true;
        break;
    default: /* obj.op */
        if (object) apply_effect(model, &object->object, event);
    }
}

static void apply_stack(struct tutti_model *model, const struct tutti_trace_event *event)
{
    struct tutti_thing *task = find(model, event->task, TUTTI_THING_TASK);
    if (task) task->task.stack = keep(model, event->name);
}

static void apply_rest(struct tutti_model *model, const struct tutti_trace_event *event)
{
    switch (event->kind) {
    case TUTTI_EVENT_CHOICE:
        model->choices++;
        break;
    case TUTTI_EVENT_TASK_STACK:
        apply_stack(model, event);
        break;
    case TUTTI_EVENT_WARN:
        model->warning = keep(model, event->name ? event->name : "");
        model->warning_at = keep_at(model, event->site);
        model->warning_kind = event->code;
        break;
    case TUTTI_EVENT_RUN_SOFAR:
        model->sofar = true;
        break;
    case TUTTI_EVENT_RUN_END:
        model->ended = true;
        model->outcome = event->code;
        model->running = NULL;
        break;
    default:
        break;
    }
}

int tutti_model_apply(struct tutti_model *model, const struct tutti_trace_record *record)
{
    const struct tutti_trace_event *event = &record->event;
    model->n = record->n;
    model->now_ns = event->t_ns;
    if (!record->known) return 0;
    switch (event->kind) {
    case TUTTI_EVENT_TASK_SPAWN:
        apply_spawn(model, event);
        break;
    case TUTTI_EVENT_TASK_EXIT:
        apply_exit(model, event);
        break;
    case TUTTI_EVENT_TASK_MOVE:
        apply_move(model, event);
        break;
    case TUTTI_EVENT_TASK_READY:
    case TUTTI_EVENT_TASK_RUN:
    case TUTTI_EVENT_TASK_PARK:
        apply_step(model, event);
        break;
    case TUTTI_EVENT_NURSERY_OPEN:
    case TUTTI_EVENT_NURSERY_CLOSE:
        apply_nursery(model, event);
        break;
    case TUTTI_EVENT_SCOPE_OPEN:
    case TUTTI_EVENT_SCOPE_SET:
    case TUTTI_EVENT_SCOPE_CLOSE:
    case TUTTI_EVENT_SCOPE_CANCEL:
    case TUTTI_EVENT_SCOPE_FINISH:
        apply_scope(model, event);
        break;
    case TUTTI_EVENT_OBJ_NEW:
    case TUTTI_EVENT_OBJ_FREE:
    case TUTTI_EVENT_OBJ_OP:
    case TUTTI_EVENT_IO_SUBMIT:
    case TUTTI_EVENT_IO_DONE:
        apply_object(model, event);
        break;
    default:
        apply_rest(model, event);
    }
    return model->tables->failed ? TUTTI_ENOMEMORY : 0;
}

void tutti_model_close(struct tutti_model *model)
{
    if (!model) return;
    while (model->first) {
        struct tutti_thing *thing = model->first;
        model->first = thing->next;
        if (thing->kind == TUTTI_THING_OBJECT) free(thing->object.holders);
        free(thing);
    }
    idmap_free(&model->tables->things);
    intern_free(&model->tables->texts);
    free(model->tables);
    free(model);
}
