/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/idmap_priv.h - from ids to what they stand for: an open hash table. Ids of a trace
 * may be any numbers (the file may be damaged), so they are no indices. All-zero is the empty map.
 */
#ifndef TUTTI_INSTRUMENTS_IDMAP_PRIV_H
#define TUTTI_INSTRUMENTS_IDMAP_PRIV_H

#include "tutti/core/base.h"

struct idmap_slot {
    uint64_t id; /* 0: empty */
    void *value;
};
struct idmap {
    struct idmap_slot *slots;
    size_t size, count; /* a power of two, less than three quarters full; or 0 */
};

/* The value of an id; NULL: unknown, as 0 always is. */
void *idmap_get(const struct idmap *map, uint64_t id);
/* Sets the value of an id other than 0, instead of an earlier one. False: no memory. */
bool idmap_set(struct idmap *map, uint64_t id, void *value);
/* Takes an id out, if it is in. */
void idmap_remove(struct idmap *map, uint64_t id);
void idmap_free(struct idmap *map);

#endif
