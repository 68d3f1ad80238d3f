/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/cover.h - which cancellations there could have been, and which there were.
 *
 * A cancel point is a scope (by its path) and a number k: the k-th choice of a run at which that
 * scope may be cancelled, nothing having been cancelled before. It is reached when such a choice
 * is asked, and cancelled at when the scope's canceller is taken there. A pair is a cancel point
 * that was cancelled at and the next scope and number after it, k counted on; it is reached and
 * cancelled at likewise, so there are pairs only where two cancellations a run are allowed. Both
 * are counted over all runs of a search, each once.                                              */
#ifndef TUTTI_SIM_COVER_H
#define TUTTI_SIM_COVER_H

#include "tutti/sim/picker.h"

TUTTI_BEGIN

enum { TUTTI_COVER_POINTS = 1 << 14, TUTTI_COVER_PAIRS = 1 << 17, TUTTI_COVER_SCOPES = 64 };

struct tutti_coverage {
    uint32_t reached, cancelled; /* cancel points */
    uint32_t pairs_reached, pairs_cancelled;
    bool more; /* there were more than there is room for: these are counted no further */
};

/* Large: not for a stack. Plain memory without pointers to itself. */
struct tutti_cover {
    uint32_t (*inner)(struct tutti_pick *pick, const struct tutti_choice *choice);
    struct tutti_coverage counts;
    struct {
        uint64_t path;
        uint32_t offered;
    } scopes[TUTTI_COVER_SCOPES]; /* of this run */
    uint32_t scopes_count;
    uint32_t cancels;                    /* taken in this run */
    uint64_t first;                      /* the point of the first of them */
    uint64_t points[TUTTI_COVER_POINTS]; /* by hash; lowest bit: cancelled at; 0: free */
    uint64_t pairs[TUTTI_COVER_PAIRS];
};

/* Listens to what a picker is asked and answers, from now on; counts are kept. The cover must live
 * as long as the picker.                                                                         */
TUTTI_API void tutti_cover_watch(struct tutti_cover *cover, struct tutti_picker *picker);

TUTTI_END
#endif
