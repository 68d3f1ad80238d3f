/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/mem.h - memory from the world's alloc door.
 *
 * What is taken here and not given back before the run ends is reported with the place where it was
 * taken, and the run ends with TUTTI_ELEAK. In the simulator any of these calls can be made to
 * fail. Inside a run only. */
#ifndef TUTTI_CORE_MEM_H
#define TUTTI_CORE_MEM_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* `size` bytes, all zero, aligned for any type; NULL: no memory. Yours until tutti_free. */
#define tutti_malloc(size) tutti_malloc_at(size, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE void *tutti_malloc_at(size_t size, const struct tutti_site *site);
/* Gives it back; NULL: nothing. Memory that is not tutti_malloc's, or was given back, panics. */
#define tutti_free(pointer) tutti_free_at(pointer, TUTTI_HERE)
TUTTI_API void tutti_free_at(void *pointer, const struct tutti_site *site);

TUTTI_END
#endif
