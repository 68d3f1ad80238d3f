/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* scarce.h - an allocator that has memory for so many calls, and counts what is out. */
#ifndef TUTTI_TESTS_SCARCE_H
#define TUTTI_TESTS_SCARCE_H

#include <stdlib.h>

#include "tutti/core/world.h"

struct scarce {
    struct tutti_alloc alloc;
    int calls_left;
    size_t bytes;
};

static inline void *scarce_resize(struct tutti_alloc *alloc, void *old, size_t old_size,
                                  size_t size)
{
    struct scarce *scarce = TUTTI_CONTAINER(alloc, struct scarce, alloc);
    if (size > 0 && scarce->calls_left-- <= 0) return NULL;
    scarce->bytes = scarce->bytes - (old ? old_size : 0) + size;
    if (size > 0) return realloc(old, size);
    free(old);
    return NULL;
}

#endif
