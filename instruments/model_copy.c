/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tutti/instruments/model_priv.h"

/* Holders are the only part of a thing that is memory of its own. */
static bool copy_holders(struct tutti_thing_object *object)
{
    struct tutti_holder *holders = NULL;
    if (object->holders_count > 0) {
        holders = malloc(object->holders_count * sizeof *holders);
        if (!holders) return false;
        memcpy(holders, object->holders, object->holders_count * sizeof *holders);
    }
    object->holders = holders;
    object->holders_room = object->holders_count;
    return true;
}

static bool copy_thing(struct tutti_model *copy, const struct tutti_thing *thing)
{
    struct tutti_thing *new = malloc(sizeof *new);
    if (!new) return false;
    *new = *thing;
    new->owner = new->first = new->last = new->beside = new->next = NULL;
    bool good = thing->kind != TUTTI_THING_OBJECT || copy_holders(&new->object);
    if (!good || !idmap_set(&copy->tables->things, new->id, new)) {
        if (good && thing->kind == TUTTI_THING_OBJECT) free(new->object.holders);
        free(new);
        return false;
    }
    if (copy->last) {
        copy->last->next = new;
    } else {
        copy->first = new;
    }
    copy->last = new;
    return true;
}

/* What a thing owns hangs below its copy, in the same order. */
static void copy_owned(struct tutti_model *copy, const struct tutti_thing *thing)
{
    struct tutti_thing *owner = tutti_model_find(copy, thing->id);
    for (const struct tutti_thing *owned = thing->first; owned; owned = owned->beside) {
        if (!owned->gone) model_hang(tutti_model_find(copy, owned->id), owner);
    }
}

struct tutti_model *model_copy(const struct tutti_model *model, const struct tutti_model *whole)
{
    struct tutti_model *copy;
    if (tutti_model_open(&copy) < 0) return NULL;
    struct tutti_model_tables *tables = copy->tables;
    *copy = *model;
    copy->tables = tables;
    copy->first = copy->last = NULL;
    tables->whole = whole;
    for (const struct tutti_thing *thing = model->first; thing; thing = thing->next) {
        if (thing->gone || copy_thing(copy, thing)) continue;
        tutti_model_close(copy);
        return NULL;
    }
    for (const struct tutti_thing *thing = model->first; thing; thing = thing->next) {
        if (!thing->gone) copy_owned(copy, thing);
    }
    if (model->running) copy->running = tutti_model_find(copy, model->running->id);
    return copy;
}
