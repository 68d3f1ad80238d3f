/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/idmap_priv.h"

#include <stdlib.h>

/* Where an id's search begins. */
static size_t home_of(const struct idmap *map, uint64_t id)
{
    return (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (map->size - 1);
}

/* The slot of an id, or the empty one where it would be. */
static struct idmap_slot *find(const struct idmap *map, uint64_t id)
{
    size_t at = home_of(map, id);
    while (map->slots[at].id != 0 && map->slots[at].id != id) {
        at = (at + 1) & (map->size - 1);
    }
    return &map->slots[at];
}

void *idmap_get(const struct idmap *map, uint64_t id)
{
    return id != 0 && map->size > 0 ? find(map, id)->value : NULL;
}

static bool grow(struct idmap *map)
{
    struct idmap larger = {.size = map->size ? map->size * 2 : 64, .count = map->count};
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots) return false;
    for (size_t i = 0; i < map->size; i++) {
        if (map->slots[i].id != 0) *find(&larger, map->slots[i].id) = map->slots[i];
    }
    free(map->slots);
    *map = larger;
    return true;
}

bool idmap_set(struct idmap *map, uint64_t id, void *value)
{
    if (map->count * 4 >= map->size * 3 && !grow(map)) return false;
    struct idmap_slot *slot = find(map, id);
    map->count += slot->id == 0;
    *slot = (struct idmap_slot){.id = id, .value = value};
    return true;
}

/* The slots after it that were pushed past their home move up (Knuth, volume 3, 6.4, algorithm R).
 */
void idmap_remove(struct idmap *map, uint64_t id)
{
    if (!idmap_get(map, id)) return;
    size_t hole = (size_t)(find(map, id) - map->slots), mask = map->size - 1;
    for (size_t at = (hole + 1) & mask; map->slots[at].id != 0; at = (at + 1) & mask) {
        size_t from_home = (at - home_of(map, map->slots[at].id)) & mask;
        if (from_home < ((at - hole) & mask)) continue; /* its home is behind the hole */
        map->slots[hole] = map->slots[at];
        hole = at;
    }
    map->slots[hole] = (struct idmap_slot){0};
    map->count--;
}

void idmap_free(struct idmap *map)
{
    free(map->slots);
    *map = (struct idmap){0};
}
