/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/real.h - the real world: the system's monotonic clock, its sleep, its random bytes. */
#ifndef TUTTI_IO_REAL_H
#define TUTTI_IO_REAL_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* The calling thread's real world, for tutti_run: made at the first call, closed when the thread
 * ends, the same every time in between. Copy it to change a door. Its operations so far: random;
 * the others complete with TUTTI_EUNSUPPORTED. When the system has no descriptor for it, its
 * `error` says why and tutti_run returns that. Not for use in a task.                           */
TUTTI_API const struct tutti_world *tutti_world_real(void);

/* A descriptor that is readable when a loop in the calling thread's real world is to be stepped
 * before its timeout (core/loop.h): to be polled for reading, never read. The world's; valid as
 * long as it is. Negative: the world's error. */
TUTTI_API int tutti_world_real_descriptor(void);

TUTTI_END
#endif
