/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/track.h - seeing what a program reads and writes, without a word in its source.
 *
 * Objects that are compiled with the options of TUTTI_TRACK_MEMORY (tools/bazel/tutti.bzl) call
 * functions of ThreadSanitizer's interface at each access; they are defined here, and note the
 * access in the footprint of the step (core/access.h), if an explorer wants one. Calls of mem* and
 * str* are sent to functions of ours of the same effect by sim/track_names.h.
 *
 * - Memory of tutti_malloc and stacks of tasks are known by who made them, so they are the same in
 *   every run; other memory by its distance from the program's own data. What plain malloc gives is
 *   therefore known by its address, which may be another's in the next run: share blocks of
 *   tutti_malloc.
 * - A task's own stack is private until another task touches a word of it. From then on that word
 *   is shared, and the search begins again.
 * - Unseen is what other functions of the C library and of libraries compiled without the options
 *   touch. They are listed at the end of a search.
 * - With access points each access to memory that is not the task's own stack is a schedule point,
 *   so that data races show as what they are.                                                    */
#ifndef TUTTI_SIM_TRACK_H
#define TUTTI_SIM_TRACK_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Functions that the tracked objects of this program call and nobody looks into, then NULL; the
 * array itself is not there in a program without tracked objects. */
extern const char *const tutti_track_unseen[] __attribute__((weak));

TUTTI_END
#endif
