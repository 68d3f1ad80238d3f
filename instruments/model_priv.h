/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/model_priv.h - the model's own tables, for the one that copies models. */
#ifndef TUTTI_INSTRUMENTS_MODEL_PRIV_H
#define TUTTI_INSTRUMENTS_MODEL_PRIV_H

#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/intern_priv.h"
#include "tutti/instruments/model.h"

struct tutti_model_tables {
    struct idmap things;
    struct intern texts;
    const struct tutti_model *whole; /* a copy's: knows things the copy does not; else NULL */
    bool failed;                     /* there was no memory */
};

/* Room for any place as text. */
enum { MODEL_AT_MAX = 1200 };
/* A place as "file.c:12", somewhere in the buffer; cut if it is too long. By hand, for it is part
 * of most events. */
const char *model_at(char buffer[MODEL_AT_MAX], const struct tutti_site *site);

/* Makes a thing the last of its owner's. */
void model_hang(struct tutti_thing *thing, struct tutti_thing *owner);

/* What a word of obj.op does: 1 takes the object, -1 gives it back, 0 neither. */
int model_effect(const char *op);

/* A model in the state of this one, without the things that are gone. It uses the texts of `texts`,
 * which must outlive it. NULL: no memory. */
struct tutti_model *model_copy(const struct tutti_model *model, const struct tutti_model *whole);

#endif
