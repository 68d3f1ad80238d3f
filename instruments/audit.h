/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/audit.h - which functions are not the checkpoints they promise to be.
 *
 * A sink that counts the calls of functions that begin with TUTTI_ASYNC (core/async.h), over as
 * many runs as it is given to. A call that returned a negative code owes nothing; one that
 * succeeded must have passed a cancel point and a schedule point. Functions are told apart by their
 * place, so a struct in memory shared by processes forked from one serves all of them, one after
 * the other.                                                                                     */
#ifndef TUTTI_INSTRUMENTS_AUDIT_H
#define TUTTI_INSTRUMENTS_AUDIT_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* Functions there is room for; calls of others are counted as lost. */
enum { TUTTI_AUDIT_FUNCTIONS = 256 };

/* One function's calls. */
struct tutti_audited {
    const struct tutti_site *site; /* of its TUTTI_ASYNC, with the function's name */
    uint64_t calls, successes;
    uint64_t uncancelled; /* successes without a cancel point */
    uint64_t unscheduled; /* without a schedule point */
    uint64_t failed;      /* without one or the other: the promise is broken */
    bool fresh;           /* it was broken since the last tutti_audit_run */
};

/* The caller's, as long as a run may use it. */
struct tutti_audit {
    struct tutti_sink sink; /* for a world, or for a tee */
    uint32_t count;
    uint64_t lost; /* calls of functions for which there was no room */
    struct tutti_audited functions[TUTTI_AUDIT_FUNCTIONS]; /* in order of their first call's end */
};

/* Readies it: nothing was seen yet. */
TUTTI_API void tutti_audit_init(struct tutti_audit *audit);
/* Another run begins: no function's promise is broken in it so far. */
TUTTI_API void tutti_audit_run(struct tutti_audit *audit);

TUTTI_END
#endif
