/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/track/track_priv.h - noting accesses of tracked objects. Not a public header. */
#ifndef TUTTI_SIM_TRACK_TRACK_PRIV_H
#define TUTTI_SIM_TRACK_TRACK_PRIV_H

#include "tutti/core/access.h"

/* Out of the way: somebody wants footprints. */
void track_note(struct tutti_footprint *footprint, const void *address, size_t size,
                enum tutti_access_mode mode);
/* The access is told of, after others had their turn if that is wanted. */
void track_tell(const void *address, size_t size, enum tutti_access_mode mode, unsigned wanted);

static inline void track(const void *address, size_t size, enum tutti_access_mode mode)
{
    struct tutti_footprint *footprint;
    unsigned wanted = tutti_access_wanted(&footprint);
    if (TUTTI_LIKELY(!wanted) || size == 0) return;
    if (TUTTI_LIKELY(wanted == TUTTI_ACCESS_NOTED)) {
        track_note(footprint, address, size, mode);
    } else {
        track_tell(address, size, mode, wanted);
    }
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
