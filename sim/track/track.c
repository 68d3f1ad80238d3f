/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "track_priv.h"

/* The program's own data, all in one piece: the linker's names for its ends. */
extern const char __data_start[] __attribute__((weak)), _end[] __attribute__((weak));

/* Regions found lately. */
enum { REGIONS_KEPT = 4 };
static TUTTI_FAST_TLS _Thread_local struct {
    const struct tutti_footprint *of; /* whose changes they are as of */
    uint32_t changes, next;
    struct tutti_region regions[REGIONS_KEPT];
} lately;

/* The address's region; `other` has room for one that is not kept. */
static const struct tutti_region *look_up(const struct tutti_footprint *footprint, const char *at,
                                          struct tutti_region *other)
{
    if (lately.of != footprint || lately.changes != footprint->changes) {
        for (int i = 0; i < REGIONS_KEPT; i++)
            lately.regions[i].size = 0;
        lately.of = footprint;
        lately.changes = footprint->changes;
    }
    for (int i = 0; i < REGIONS_KEPT; i++) {
        const struct tutti_region *region = &lately.regions[i];
        if ((size_t)(at - region->low) < region->size) return region;
    }
    *other = tutti_region_of(at);
    if (!other->size && at >= __data_start && at < _end) {
        other->size = (size_t)(_end - other->low); /* what it counts from is before them */
    }
    if (other->size) lately.regions[lately.next++ % REGIONS_KEPT] = *other;
    return other;
}

/* Where a word of a stack is in the table of shared ones, or would be. */
static uint64_t *shared_slot(const struct tutti_footprint *footprint, uint64_t word)
{
    uint32_t at = (uint32_t)word & (footprint->shared_size - 1);
    while (footprint->shared[at] && footprint->shared[at] != word) {
        at = (at + 1) & (footprint->shared_size - 1);
    }
    return &footprint->shared[at];
}

/* Three quarters full: from then on all words count as shared, which is slow, but right. */
static bool is_full(const struct tutti_footprint *footprint)
{
    return footprint->shared_count >= footprint->shared_size / 4 * 3;
}

static bool is_shared(const struct tutti_footprint *footprint, uint64_t word)
{
    return !footprint->shared || is_full(footprint) || *shared_slot(footprint, word) == word;
}

/* Another task's stack. */
static void share(struct tutti_footprint *footprint, uint64_t word)
{
    if (is_shared(footprint, word)) return;
    *shared_slot(footprint, word) = word;
    footprint->shared_count++;
    footprint->shared_grew = true;
}

/* Notes an access, one entry a word and step, as far as a small table remembers them. */
static void note_once(struct tutti_footprint *footprint, uint64_t word, enum tutti_access_mode mode)
{
    enum { REMEMBERED = 64 };
    static TUTTI_FAST_TLS _Thread_local uint32_t places[REMEMBERED];
    uint32_t *place = &places[word % REMEMBERED];
    if (*place < footprint->count && footprint->items[*place].object == word) {
        footprint->items[*place].mode |= (uint32_t)mode;
        return;
    }
    *place = footprint->count;
    tutti_access_note(footprint, word, mode);
}

void track_tell(const void *address, size_t size, enum tutti_access_mode mode, unsigned wanted)
{
    tutti_access_point(address);
    if (wanted & TUTTI_ACCESS_NOTED) track_note(tutti_footprint(), address, size, mode);
}

/* What is not of the task's own alone; out of the way of what is. */
static TUTTI_NOINLINE void note_words(struct tutti_footprint *footprint, const char *at,
                                      size_t size, enum tutti_access_mode mode, bool own)
{
    struct tutti_region other;
    const struct tutti_region *region = look_up(footprint, at, &other);
    uint64_t offset = (uint64_t)((uintptr_t)at - (uintptr_t)region->low);
    if (region->elsewhere) footprint->elsewhere = true;
    for (uint64_t word = offset / 8; word <= (offset + size - 1) / 8; word++) {
        uint64_t object = tutti_access_word(region->path, word);
        if (own && !is_shared(footprint, object)) continue;
        if (!own && region->stack_of) share(footprint, object);
        note_once(footprint, object, mode);
    }
}

void track_note(struct tutti_footprint *footprint, const void *address, size_t size,
                enum tutti_access_mode mode)
{
    const char *at = address;
    bool own = at >= footprint->stack_low && at < footprint->stack_high;
    if (own && footprint->shared && !footprint->shared_count) return;
    note_words(footprint, at, size, mode, own);
}
