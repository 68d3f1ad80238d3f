/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/mem.h"

#include <stdio.h>
#include <string.h>

#include "tutti/core/run_priv.h"

/* In front of each block: all of a run's blocks are in one list, the newest first. */
struct mem_block {
    struct mem_block *next, *prev;
    size_t size;
    const struct tutti_site *site; /* who took it; NULL: core itself */
    uint64_t task, path;
    uint64_t ours;  /* MAGIC, for as long as it is */
    uint64_t spare; /* pads the header to a multiple of 16 */
};

#define MAGIC UINT64_C(0x7475747469206d65)

_Static_assert(sizeof(struct mem_block) % 16 == 0, "blocks are aligned for any type");

static void *resize(struct run *run, void *old, size_t old_size, size_t size)
{
    struct tutti_alloc *alloc = run->world->alloc;
    if (size > 0 && choose_value(run, TUTTI_CHOICE_ALLOC, 2) == 1) {
        EMIT(run, FAULT, .code = TUTTI_FAULT_ALLOC, .arg = (int64_t)size);
        return NULL;
    }
    return alloc->resize(alloc, old, old_size, size);
}

void *mem_take(struct run *run, size_t size, const struct tutti_site *site)
{
    if (size > SIZE_MAX - sizeof(struct mem_block)) return NULL;
    struct mem_block *block = resize(run, NULL, 0, sizeof *block + size);
    if (!block) return NULL;
    memset(block, 0, sizeof *block + size);
    block->next = run->blocks;
    if (block->next) block->next->prev = block;
    run->blocks = block;
    block->size = size;
    block->site = site;
    struct tutti_task *task = run->current;
    uint32_t *made = task ? &task->made : &run->made;
    block->task = task ? task->id : 0;
    block->path = path_hash(task ? task->path : 0, PATH_BLOCK, ++*made);
    block->ours = MAGIC;
    if (TOUCHES(run)) run->footprint->changes++;
    return block + 1;
}

void mem_give(struct run *run, void *pointer, const struct tutti_site *site)
{
    struct mem_block *block = (struct mem_block *)pointer - 1;
    if (block->ours != MAGIC) {
        tutti_panic_at(site, "tutti_free of memory that tutti_malloc did not give, or twice");
    }
    block->ours = 0;
    if (TOUCHES(run)) run->footprint->changes++;
    if (block->prev) block->prev->next = block->next;
    if (block->next) block->next->prev = block->prev;
    if (run->blocks == block) run->blocks = block->next;
    (void)resize(run, block, sizeof *block + block->size, 0);
}

/* The block that an address is in. False: none. */
bool mem_region(const struct run *run, const char *address, struct tutti_region *region)
{
    for (const struct mem_block *block = run->blocks; block; block = block->next) {
        const char *low = (const char *)(block + 1);
        if (address < low || address >= low + block->size) continue;
        *region = (struct tutti_region){.low = low, .size = block->size, .path = block->path};
        return true;
    }
    return false;
}

/* Makes an array of core's own larger. It starts in the run itself: small runs take no memory. */
bool mem_grow(struct run *run, void **array, const void *inline_array, size_t item, uint32_t old,
              uint32_t count)
{
    if (count <= old) return false; /* 2^32 tasks and scopes: the counter's end */
    bool inside = *array == inline_array;
    void *larger = resize(run, inside ? NULL : *array, inside ? 0 : item * old, item * count);
    if (!larger) return false;
    if (inside) memcpy(larger, inline_array, item * old);
    *array = larger;
    return true;
}

void mem_drop(struct run *run, void *array, const void *inline_array, size_t bytes)
{
    if (array != inline_array) (void)resize(run, array, bytes, 0);
}

/* Did the program leave something behind? Then `text` says what, and *site where it was taken. */
bool mem_leaks(struct run *run, char *text, size_t size, const struct tutti_site **site)
{
    size_t count = 0, bytes = 0;
    const struct mem_block *oldest = NULL;
    for (const struct mem_block *block = run->blocks; block; block = block->next) {
        if (!block->site) continue;
        oldest = block;
        count++;
        bytes += block->size;
    }
    if (!oldest) return false;
    *site = oldest->site;
    snprintf(text, size, "%zu allocation%s (%zu bytes) left behind, the oldest by task #%llu",
             count, count == 1 ? "" : "s", bytes, (unsigned long long)oldest->task);
    return true;
}

void mem_free_all(struct run *run)
{
    while (run->blocks)
        mem_give(run, run->blocks + 1, NULL);
}

void *tutti_malloc_at(size_t size, const struct tutti_site *site)
{
    return mem_take(run_require(site), size, site);
}

void tutti_free_at(void *pointer, const struct tutti_site *site)
{
    if (pointer) mem_give(run_require(site), pointer, site);
}
