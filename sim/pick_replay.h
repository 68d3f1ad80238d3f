/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_replay.h - takes what a list says; past its end option 0.
 *
 * Strict, for lists: a number that is no option of its choice stops the run as a mismatch. Loose,
 * for the shrinker: a number other than 0 means the candidate that was taken, wherever it stands
 * among the options now; if it is not there, the number if it is an option, else 0.              */
#ifndef TUTTI_SIM_PICK_REPLAY_H
#define TUTTI_SIM_PICK_REPLAY_H

#include "tutti/sim/picker.h"

TUTTI_BEGIN

struct tutti_pick_replay {
    struct tutti_picker picker;
    struct tutti_takes wanted; /* the caller's; strict: only the numbers count */
    bool loose;
};

/* Readies it for one run; `items` are the caller's and not those of `wanted`. */
TUTTI_API void tutti_pick_replay_init(struct tutti_pick_replay *replay,
                                      const struct tutti_bounds *bounds, struct tutti_take *items,
                                      uint32_t room, const struct tutti_takes *wanted, bool loose);

/* After a run: did it take all that was wanted? Else the list is of another program, and
 * picker.why says so.                                                                            */
TUTTI_API bool tutti_pick_replay_whole(struct tutti_pick_replay *replay);

TUTTI_END
#endif
