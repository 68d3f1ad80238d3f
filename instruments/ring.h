/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/ring.h - a sink that copies events now and hands them on later.
 *
 * The hot path copies a record and, where an event has a text that is valid during the call only,
 * its text; it neither allocates nor formats. At the idle moment, and when it is full, every event
 * goes to `take` in order: full means "hand on now", nothing is dropped. It is always emptied as a
 * whole, so it is filled from its start each time.                                               */
#ifndef TUTTI_INSTRUMENTS_RING_H
#define TUTTI_INSTRUMENTS_RING_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* Records kept: 72 KiB of them stay in a core's second-level cache. */
#define TUTTI_RING_EVENTS 1024
/* Bytes for copied texts; at least some thirty of the longest. */
#define TUTTI_RING_TEXT (32u * 1024)
/* Bytes of a text that are kept. A longer one is cut in the trace and ends with "...". */
#define TUTTI_TRACE_TEXT_MAX 1024

/* About 110 KiB: not for a task's stack. */
struct tutti_ring {
    struct tutti_sink sink; /* what a world is given: &ring->sink */
    /* Takes one event of the ring. Negative: broken, the ring takes and gives nothing more. */
    int (*take)(void *context, const struct tutti_trace_event *event);
    void *context;
    uint64_t copied;       /* kinds whose `name` has to be copied, one bit each */
    uint32_t first, count; /* events not yet handed on: first to count - 1 */
    uint32_t text_used;
    int error; /* what take returned, once negative */
    struct tutti_trace_event events[TUTTI_RING_EVENTS];
    char text[TUTTI_RING_TEXT];
};

/* Fills a ring for the kinds of `mask` (tutti_trace_mask). */
TUTTI_API void tutti_ring_init(struct tutti_ring *ring, uint64_t mask,
                               int (*take)(void *context, const struct tutti_trace_event *event),
                               void *context);

/* Hands on everything in it. Returns 0 or what take returned. When take was interrupted by a fault
 * it may be called again from the signal handler: it goes on with the event that was being taken.
 */
TUTTI_API int tutti_ring_drain(struct tutti_ring *ring);

TUTTI_END
#endif
