/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/sequencer.h - a test says in which order blocks of several tasks run.
 *
 *     TUTTI_TRY(tutti_sequencer_enter(&order, 2));    waits until block 1 was left
 *     ...
 *     tutti_sequencer_leave(&order);
 *
 * Positions count from 0; each is for one block. A sequence in which somebody gave up can never
 * come to its end: it is broken for all.                                                         */
#ifndef TUTTI_SIM_SEQUENCER_H
#define TUTTI_SIM_SEQUENCER_H

#include "tutti/core/park.h"

TUTTI_BEGIN

struct tutti_sequencer {
    struct tutti_lot lot; /* who waits; broken with the sequence */
    uint32_t next;        /* the position whose turn it is */
    bool entered;         /* that block runs */
};

/* Makes a sequence, at position 0, with a name that is kept (or NULL). Not a checkpoint. */
#define tutti_sequencer_init(sequencer, name) tutti_sequencer_init_at(sequencer, name, TUTTI_HERE)
TUTTI_API void tutti_sequencer_init_at(struct tutti_sequencer *sequencer, const char *name,
                                       const struct tutti_site *site);

/* Waits until the block before was left. Returns 0, TUTTI_ESTATE when the position was taken
 * before, or TUTTI_EBROKEN when the calling task or another one was cancelled while it waited here:
 * never TUTTI_ECANCELED.                                                                        */
#define tutti_sequencer_enter(sequencer, position)                                                 \
    tutti_sequencer_enter_at(sequencer, position, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_sequencer_enter_at(struct tutti_sequencer *sequencer, uint32_t position,
                                              const struct tutti_site *site);

/* Leaves the block that runs: the next one may. Panics when none runs. Not a checkpoint. */
#define tutti_sequencer_leave(sequencer) tutti_sequencer_leave_at(sequencer, TUTTI_HERE)
TUTTI_API void tutti_sequencer_leave_at(struct tutti_sequencer *sequencer,
                                        const struct tutti_site *site);

TUTTI_END
#endif
