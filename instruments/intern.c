/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/intern_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/instruments/encode_priv.h"

static char **find(const struct intern *intern, const char *text)
{
    uint64_t hash = hash_bytes(HASH_START, text, strlen(text));
    size_t at = (size_t)(hash ^ hash >> 32) & (intern->size - 1);
    while (intern->slots[at] && strcmp(intern->slots[at], text) != 0) {
        at = (at + 1) & (intern->size - 1);
    }
    return &intern->slots[at];
}

static bool grow(struct intern *intern)
{
    struct intern larger = {.size = intern->size ? intern->size * 2 : 64, .count = intern->count};
    larger.slots = calloc(larger.size, sizeof *larger.slots);
    if (!larger.slots) return false;
    for (size_t i = 0; i < intern->size; i++) {
        if (intern->slots[i]) *find(&larger, intern->slots[i]) = intern->slots[i];
    }
    free(intern->slots);
    *intern = larger;
    return true;
}

const char *intern_text(struct intern *intern, const char *text)
{
    if (intern->count * 4 >= intern->size * 3 && !grow(intern)) return NULL;
    char **slot = find(intern, text);
    if (*slot) return *slot;
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (!copy) return NULL;
    memcpy(copy, text, size);
    *slot = copy;
    intern->count++;
    return copy;
}

void intern_free(struct intern *intern)
{
    for (size_t i = 0; i < intern->size; i++) {
        free(intern->slots[i]);
    }
    free(intern->slots);
    *intern = (struct intern){0};
}
