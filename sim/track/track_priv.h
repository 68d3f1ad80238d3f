/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/track/track_priv.h - noting accesses of tracked objects. Not a public header. */
#ifndef TUTTI_SIM_TRACK_TRACK_PRIV_H
#define TUTTI_SIM_TRACK_TRACK_PRIV_H

#include "tutti/core/access.h"

/* Out of the way: somebody wants footprints. */
void track_note(struct tutti_footprint *footprint, const void *address, size_t size,
                enum tutti_access_mode mode);

static inline void track(const void *address, size_t size, enum tutti_access_mode mode)
{
    struct tutti_footprint *footprint = tutti_footprint();
    if (TUTTI_UNLIKELY(footprint && size > 0)) track_note(footprint, address, size, mode);
}

static inline void track_read(const void *address, size_t size)
{
    track(address, size, TUTTI_ACCESS_READ);
}

static inline void track_write(const void *address, size_t size)
{
    track(address, size, TUTTI_ACCESS_WRITE);
}

#endif
