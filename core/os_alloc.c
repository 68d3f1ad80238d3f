/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Memory from the C library, for worlds that bring none of their own. */
#include <stdlib.h>

#include "tutti/core/limits.h"
#include "tutti/core/os_priv.h"
#include "tutti/core/sanitize_priv.h"

/* The ends of the program in memory, in one piece with its data: the linker's names for them. */
extern const char __executable_start[] __attribute__((weak)), _end[] __attribute__((weak));

bool os_is_of_program(const void *address)
{
    const char *at = address;
    return at >= __executable_start && at < _end;
}

static void *resize(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    (void)alloc, (void)old_size;
    if (size > 0) return realloc(old, size);
    free(old);
    return NULL;
}

struct tutti_alloc *os_alloc_default(void)
{
    static struct tutti_alloc alloc = {.resize = resize};
    return &alloc;
}

size_t os_stack_size_default(void)
{
#ifdef SANITIZE_ADDRESS
    return TUTTI_STACK_SIZE_ASAN;
#else
    return TUTTI_STACK_SIZE_DEFAULT;
#endif
}
