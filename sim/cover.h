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

/* What was counted, by all who search side by side. Large: not for a stack. Plain memory without
 * pointers, all zeros at first.                                                                  */
struct tutti_cover_table {
    TUTTI_ATOMIC(uint32_t) reached;
    TUTTI_ATOMIC(uint32_t) cancelled;
    TUTTI_ATOMIC(uint32_t) pairs_reached;
    TUTTI_ATOMIC(uint32_t) pairs_cancelled;
    TUTTI_ATOMIC(bool) more;
    /* by hash; lowest bit: cancelled at; 0: free */
    TUTTI_ATOMIC(uint64_t) points[TUTTI_COVER_POINTS];
    TUTTI_ATOMIC(uint64_t) pairs[TUTTI_COVER_PAIRS];
};

/* Who listens to one picker. */
struct tutti_cover {
    uint32_t (*inner)(struct tutti_pick *pick, const struct tutti_choice *choice);
    struct tutti_cover_table *table;
    struct {
        uint64_t path;
        uint32_t offered;
    } scopes[TUTTI_COVER_SCOPES]; /* of this run */
    uint32_t scopes_count;
    uint32_t cancels; /* taken in this run */
    uint64_t first;   /* the point of the first of them */
};

/* Listens to what a picker is asked and answers, from now on; counts are added to the table. Cover
 * and table must live as long as the picker.                                                     */
TUTTI_API void tutti_cover_watch(struct tutti_cover *cover, struct tutti_cover_table *table,
                                 struct tutti_picker *picker);

/* The counts so far. */
TUTTI_API struct tutti_coverage tutti_cover_counts(const struct tutti_cover_table *table);

TUTTI_END
#endif
