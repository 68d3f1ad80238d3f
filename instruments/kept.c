/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/kept_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/instruments/model_priv.h"
#include "tutti/instruments/ring_priv.h"

static void append(struct kept *kept, struct kept_event *event)
{
    event->before = kept->last;
    event->after = NULL;
    if (kept->last) {
        kept->last->after = event;
    } else {
        kept->first = event;
    }
    kept->last = event;
    kept->lines++;
}

static void unlink_event(struct kept *kept, struct kept_event *event)
{
    if (event->before) {
        event->before->after = event->after;
    } else {
        kept->first = event->after;
    }
    if (event->after) {
        event->after->before = event->before;
    } else {
        kept->last = event->before;
    }
    kept->lines--;
}

/* Drops what a slot has. */
static void drop(struct kept *kept, struct kept_event **slot)
{
    if (!*slot) return;
    unlink_event(kept, *slot);
    if (kept->texts >> (*slot)->event.kind & 1) {
        free(*slot);
    } else {
        (*slot)->after = kept->spare;
        kept->spare = *slot;
    }
    *slot = NULL;
}

/* A copy of an event, at the end of the list. NULL: no memory. */
static struct kept_event *copy_event(struct kept *kept, const struct tutti_trace_event *event)
{
    bool texts = event->name && (kept->texts >> event->kind & 1);
    size_t size = texts ? ring_text_size(event->name) : 0;
    bool spare = kept->spare && !(kept->texts >> event->kind & 1);
    struct kept_event *copy = spare ? kept->spare : malloc(sizeof *copy + size + 1);
    if (spare) kept->spare = copy->after;
    if (!copy) {
        kept->failed = true;
        return NULL;
    }
    copy->event = *event;
    copy->take = NULL;
    if (texts) {
        memcpy(copy->text, event->name, size);
        copy->text[size] = '\0';
        copy->event.name = copy->text;
    }
    append(kept, copy);
    return copy;
}

/* This event instead of the slot's. */
static void put(struct kept *kept, struct kept_event **slot, const struct tutti_trace_event *event)
{
    bool texts = kept->texts >> event->kind & 1;
    if (*slot && !texts) {
        unlink_event(kept, *slot);
        (*slot)->event = *event;
        append(kept, *slot);
        return;
    }
    drop(kept, slot);
    *slot = copy_event(kept, event);
}

static uint64_t *count_of(struct kept *kept, uint8_t kind)
{
    switch (kind) {
    case TUTTI_EVENT_TASK_SPAWN:
        return &kept->tasks;
    case TUTTI_EVENT_NURSERY_OPEN:
        return &kept->nurseries;
    case TUTTI_EVENT_SCOPE_OPEN:
        return &kept->scopes;
    default:
        return &kept->others;
    }
}

static void make(struct kept *kept, uint64_t id, const struct tutti_trace_event *event)
{
    if (id == 0 || idmap_get(&kept->things, id)) return;
    struct kept_thing *thing = calloc(1, sizeof *thing);
    if (!thing || !idmap_set(&kept->things, id, thing)) {
        kept->failed = true;
        free(thing);
        return;
    }
    thing->id = id;
    put(kept, &thing->slots[KEPT_MADE], event);
    if (id > kept->ids) kept->ids = id;
    ++*count_of(kept, event->kind);
}

static void drop_take(struct kept *kept, struct kept_thing *object, uint64_t task)
{
    struct kept_event *before = NULL, *take = object->takes;
    for (; take && take->event.task != task; take = take->take)
        before = take;
    if (!take) { /* as the model has it: then the one that has it longest */
        before = NULL;
        take = object->takes;
    }
    if (!take) return;
    if (before) {
        before->take = take->take;
    } else {
        object->takes = take->take;
    }
    if (object->takes_last == take) object->takes_last = before;
    drop(kept, &take);
}

static void unmake(struct kept *kept, struct kept_thing *thing)
{
    if (!thing) return;
    struct kept_event *made = thing->slots[KEPT_MADE];
    if (made) --*count_of(kept, made->event.kind);
    while (thing->takes)
        drop_take(kept, thing, 0);
    for (int slot = 0; slot < KEPT_SLOTS; slot++)
        drop(kept, &thing->slots[slot]);
    idmap_remove(&kept->things, thing->id);
    free(thing);
}

static void step(struct kept *kept, struct kept_thing *task, const struct tutti_trace_event *event)
{
    if (!task) return;
    struct kept_event **slots = task->slots;
    switch (event->kind) {
    case TUTTI_EVENT_TASK_READY:
        put(kept, slots[KEPT_PARK] ? &slots[KEPT_WOKEN] : &slots[KEPT_READY], event);
        break;
    case TUTTI_EVENT_TASK_RUN:
        if (slots[KEPT_WOKEN]) {
            drop(kept, &slots[KEPT_READY]);
            slots[KEPT_READY] = slots[KEPT_WOKEN];
            slots[KEPT_WOKEN] = NULL;
        }
        drop(kept, &slots[KEPT_PARK]);
        put(kept, &slots[KEPT_RUN], event);
        break;
    default:
        put(kept, &slots[KEPT_PARK], event);
    }
}

/* As if it had been started there: the nursery it came from may be gone soon. Its scopes directly
 * inside that one's are inside the new one's, as in the model. */
static void move(struct kept *kept, struct kept_thing *task, const struct tutti_trace_event *event)
{
    struct kept_thing *to = idmap_get(&kept->things, event->obj);
    struct kept_event *spawned = task ? task->slots[KEPT_MADE] : NULL;
    if (!spawned || spawned->event.kind != TUTTI_EVENT_TASK_SPAWN) return;
    struct kept_thing *from = idmap_get(&kept->things, spawned->event.obj);
    spawned->event.obj = event->obj;
    if (!from || !from->slots[KEPT_MADE] || !to || !to->slots[KEPT_MADE]) return;
    uint64_t outer = from->slots[KEPT_MADE]->event.by;
    for (struct kept_event *at = kept->first; at; at = at->after) {
        struct tutti_trace_event *scope = &at->event;
        if (scope->kind != TUTTI_EVENT_SCOPE_OPEN || scope->task != event->task) continue;
        if (scope->by == outer) scope->by = to->slots[KEPT_MADE]->event.by;
    }
}

static void effect(struct kept *kept, struct kept_thing *object,
                   const struct tutti_trace_event *event)
{
    if (!object) return;
    int what = model_effect(event->name);
    if (what == 0) put(kept, &object->slots[KEPT_EFFECT], event);
    if (what < 0) drop_take(kept, object, event->task);
    struct kept_event *take = what > 0 ? copy_event(kept, event) : NULL;
    if (!take) return;
    if (object->takes_last) {
        object->takes_last->take = take;
    } else {
        object->takes = take;
    }
    object->takes_last = take;
}

static void change_scope(struct kept *kept, struct kept_thing *scope,
                         const struct tutti_trace_event *event)
{
    if (!scope) return;
    bool set = event->kind == TUTTI_EVENT_SCOPE_SET;
    bool cancel = event->kind == TUTTI_EVENT_SCOPE_CANCEL;
    put(kept, &scope->slots[set ? KEPT_SET : cancel ? KEPT_CANCEL : KEPT_FINISH], event);
}

void kept_add(struct kept *kept, const struct tutti_trace_event *event)
{
    switch (event->kind) {
    case TUTTI_EVENT_TASK_SPAWN:
        make(kept, event->task, event);
        break;
    case TUTTI_EVENT_NURSERY_OPEN:
    case TUTTI_EVENT_SCOPE_OPEN:
    case TUTTI_EVENT_OBJ_NEW:
    case TUTTI_EVENT_IO_SUBMIT:
    case TUTTI_EVENT_SPAN_BEGIN:
        make(kept, event->obj, event);
        break;
    case TUTTI_EVENT_TASK_EXIT:
        unmake(kept, idmap_get(&kept->things, event->task));
        break;
    case TUTTI_EVENT_NURSERY_CLOSE:
    case TUTTI_EVENT_SCOPE_CLOSE:
    case TUTTI_EVENT_OBJ_FREE:
    case TUTTI_EVENT_IO_DONE:
    case TUTTI_EVENT_SPAN_END:
        unmake(kept, idmap_get(&kept->things, event->obj));
        break;
    case TUTTI_EVENT_TASK_READY:
    case TUTTI_EVENT_TASK_RUN:
    case TUTTI_EVENT_TASK_PARK:
        step(kept, idmap_get(&kept->things, event->task), event);
        break;
    case TUTTI_EVENT_TASK_MOVE:
        move(kept, idmap_get(&kept->things, event->task), event);
        break;
    case TUTTI_EVENT_SCOPE_SET:
    case TUTTI_EVENT_SCOPE_CANCEL:
    case TUTTI_EVENT_SCOPE_FINISH:
        change_scope(kept, idmap_get(&kept->things, event->obj), event);
        break;
    case TUTTI_EVENT_OBJ_OP:
        effect(kept, idmap_get(&kept->things, event->obj), event);
        break;
    default:
        break;
    }
}

static void free_list(struct kept_event *event)
{
    while (event) {
        struct kept_event *next = event->after;
        free(event);
        event = next;
    }
}

void kept_free(struct kept *kept)
{
    free_list(kept->first);
    free_list(kept->spare);
    for (size_t i = 0; i < kept->things.size; i++)
        free(kept->things.slots[i].value);
    idmap_free(&kept->things);
    *kept = (struct kept){.texts = kept->texts};
}
