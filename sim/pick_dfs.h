/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_dfs.h - strategy depth-first: all runs within the bounds, each once.
 *
 * An odometer over the choice list: the last number that can still be raised is raised, what is
 * behind it begins anew at 0. While a run repeats what the one before did, it is compared with
 * it: if it is asked something else the program is not deterministic, and the run is stopped.    */
#ifndef TUTTI_SIM_PICK_DFS_H
#define TUTTI_SIM_PICK_DFS_H

#include "tutti/sim/picker.h"

TUTTI_BEGIN

struct tutti_pick_dfs {
    struct tutti_picker picker;
    uint32_t prefix; /* choices of the run before that are repeated; the last with a new number */
    bool complete;   /* after next() said no: there is no other run within the bounds */
    /* Yours to lower: lists with more numbers other than 0 are left out (delay bounding, Emmi,
     * Qadeer and Rakamaric, POPL 2011, with the plain run as the deterministic scheduler).      */
    uint32_t deviations_max;
};

/* Readies it for the first run; `items` are the caller's. */
TUTTI_API void tutti_pick_dfs_init(struct tutti_pick_dfs *dfs, const struct tutti_bounds *bounds,
                                   struct tutti_take *items, uint32_t room);

TUTTI_END
#endif
