/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "page.h"

struct page_slot {
    uint64_t key;    /* an id, or the hash of a text */
    size_t at;       /* of a text: where it is in `all` */
    uint32_t number; /* 0: the slot is free */
};

static uint64_t mix(uint64_t key)
{
    key = (key ^ (key >> 32)) * UINT64_C(0x9e3779b97f4a7c15);
    return key ^ (key >> 29);
}

/* The slot of a key, or the free one where it belongs. `text` NULL: keys are ids. */
static struct page_slot *find(const struct page_table *table, uint64_t key, const char *text)
{
    uint32_t mask = table->size - 1;
    for (uint32_t at = (uint32_t)mix(key) & mask;; at = (at + 1) & mask) {
        struct page_slot *slot = &table->slots[at];
        if (slot->number == 0) return slot;
        if (slot->key != key) continue;
        if (!text || strcmp(table->all.bytes + slot->at, text) == 0) return slot;
    }
}

/* Room for one more: at most half of the slots are used. */
static bool grow(struct page_table *table)
{
    if (table->used < table->size / 2) return true;
    struct page_table larger = *table;
    larger.size = table->size ? table->size * 2 : 1024;
    larger.slots = larger.size > table->size ? calloc(larger.size, sizeof *larger.slots) : NULL;
    if (!larger.slots) {
        table->failed = true;
        return false;
    }
    for (uint32_t i = 0; i < table->size; i++) {
        const struct page_slot *old = &table->slots[i];
        if (old->number == 0) continue;
        uint32_t at = (uint32_t)mix(old->key) & (larger.size - 1);
        while (larger.slots[at].number != 0) {
            at = (at + 1) & (larger.size - 1);
        }
        larger.slots[at] = *old;
    }
    free(table->slots);
    *table = larger;
    return true;
}

uint32_t page_table_id(struct page_table *table, uint64_t id)
{
    if (id == 0 || !grow(table)) return 0;
    struct page_slot *slot = find(table, id, NULL);
    if (slot->number == 0) *slot = (struct page_slot){.key = id, .number = ++table->used};
    return slot->number;
}

uint32_t page_table_text(struct page_table *table, const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    if (!text || !grow(table)) return 0;
    for (const char *byte = text; *byte; byte++) {
        hash = (hash ^ (unsigned char)*byte) * UINT64_C(0x100000001b3);
    }
    struct page_slot *slot = find(table, hash, text);
    if (slot->number != 0) return slot->number;
    size_t at = table->all.size;
    tutti_text_add(&table->all, text, strlen(text) + 1);
    table->failed |= table->all.failed;
    if (table->failed) return 0;
    *slot = (struct page_slot){.key = hash, .at = at, .number = ++table->used};
    return slot->number;
}

void page_table_free(struct page_table *table)
{
    free(table->slots);
    tutti_text_free(&table->all);
    *table = (struct page_table){0};
}
