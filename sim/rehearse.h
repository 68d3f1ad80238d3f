/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/rehearse.h - one run of a test in the simulated world, judged. */
#ifndef TUTTI_SIM_REHEARSE_H
#define TUTTI_SIM_REHEARSE_H

#include "tutti/sim/sim_world.h"
#include "tutti/sim/verdict.h"

TUTTI_BEGIN

struct tutti_rehearsal {
    struct tutti_sim_world sim; /* open; its options and sink are yours to set */
    int (*main)(void *arg);
    void *arg;
};

/* Runs rehearsal->main once, in the calling process: a tutti_run_once whose context is a struct
 * tutti_rehearsal. Not for use in a task.                                                        */
TUTTI_API void tutti_rehearse(void *rehearsal, struct tutti_picker *picker,
                              struct tutti_verdict *verdict);

TUTTI_END
#endif
