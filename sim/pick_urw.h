/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/pick_urw.h - strategy urw: a random walk that is uniform over interleavings (Zhao, Wolff,
 * Mathur, Roychoudhury, "Selectively uniform concurrency testing", ASPLOS 2025, without the
 * selection).
 *
 * Who goes on is chosen by weight: by how many steps each still has to take. How many that are is
 * what the runs before have shown, the most of each task; the first run is a plain random walk. If
 * the numbers of steps are the same in all runs and nobody waits, every interleaving is as likely
 * as the others, while a plain random walk prefers those in which a task is ahead. Values are by
 * chance. Never complete.                                                                        */
#ifndef TUTTI_SIM_PICK_URW_H
#define TUTTI_SIM_PICK_URW_H

#include "tutti/sim/by_chance.h"

TUTTI_BEGIN

/* Those that come later than so many have weight 1. */
enum { TUTTI_URW_TASKS_MAX = 256, TUTTI_URW_SLOTS = 2 * TUTTI_URW_TASKS_MAX };

struct tutti_pick_urw {
    struct tutti_by_chance by;
    uint32_t known; /* tasks, timers and cancellers that were seen */
    struct tutti_urw_task {
        uint64_t key;
        uint32_t most; /* steps in any run before */
        uint32_t now;  /* in this one */
    } tasks[TUTTI_URW_TASKS_MAX];
    uint16_t slots[TUTTI_URW_SLOTS]; /* by key: index in tasks + 1; 0: free */
};

/* Readies it for run 0 of the seed; `items` are the caller's. */
TUTTI_API void tutti_pick_urw_init(struct tutti_pick_urw *urw, const struct tutti_bounds *bounds,
                                   struct tutti_take *items, uint32_t room, uint64_t seed);

TUTTI_END
#endif
