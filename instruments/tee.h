/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/tee.h - one sink that hands on to several, added and removed while the run goes on.
 *
 * Each gets the kinds of its mask, in order of adding. One that fails is removed, said on standard
 * error and told to the others as a `warn`; they and the run go on.                             */
#ifndef TUTTI_INSTRUMENTS_TEE_H
#define TUTTI_INSTRUMENTS_TEE_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* Sinks a tee has room for: trace, checker, hooks, and some of a test's own. */
enum { TUTTI_TEE_MAX = 16 };

/* The caller's, as long as a run may use it. All-zero is not ready: tutti_tee_init. */
struct tutti_tee {
    struct tutti_sink sink;                  /* what a world is given: &tee->sink */
    struct tutti_sink *sinks[TUTTI_TEE_MAX]; /* NULL: removed during the event of now */
    uint32_t count;                          /* places used */
    uint32_t depth;                          /* events being handed on, one inside the other */
    bool unsettled;                          /* something was added or removed meanwhile */
    bool quiet;                              /* do not say on standard error which sink failed */
    int failed; /* the code of the sink that failed last; 0: none did */
};

/* Makes a tee without sinks. */
TUTTI_API void tutti_tee_init(struct tutti_tee *tee);
/* Adds a sink, with the mask it has now; the event that is being told it does not get. Adding one
 * that is there is nothing. It stays the caller's. Returns 0, TUTTI_EINVALID (NULL, or no event
 * function) or TUTTI_EBUSY (no place is left). In the run's thread, like removing.              */
TUTTI_API TUTTI_MUST_USE int tutti_tee_add(struct tutti_tee *tee, struct tutti_sink *sink);
/* Removes a sink, which is not called any more, not even with the event that is being told. Returns
 * 0 or TUTTI_EINVALID (it is not there).                                                        */
TUTTI_API TUTTI_MUST_USE int tutti_tee_remove(struct tutti_tee *tee, struct tutti_sink *sink);

TUTTI_END
#endif
