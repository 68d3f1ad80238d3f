/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_plain.h - strategy plain: option 0 always, once. What the program does when nothing out
 * of the ordinary happens.                                                                       */
#ifndef TUTTI_SIM_PICK_PLAIN_H
#define TUTTI_SIM_PICK_PLAIN_H

#include "tutti/sim/picker.h"

TUTTI_BEGIN

/* All of it is the common part. */
struct tutti_pick_plain {
    struct tutti_picker picker;
};

/* Readies it for its one run; `items` are the caller's. */
TUTTI_API void tutti_pick_plain_init(struct tutti_pick_plain *plain,
                                     const struct tutti_bounds *bounds, struct tutti_take *items,
                                     uint32_t room);

TUTTI_END
#endif
