/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/span.h - what a program says about itself: spans and lines of a log, in the trace.
 *
 * Beside what the runtime tells they say what it was good for: which request, which transfer. They
 * cost nothing but a look while nobody listens, change nothing in a run, and are no checkpoints. */
#ifndef TUTTI_CORE_SPAN_H
#define TUTTI_CORE_SPAN_H

#include "tutti/core/event.h"

TUTTI_BEGIN

/* Something that takes a while, and may overlap anything: scopes, steps, other spans, tasks. */
struct tutti_span {
    uint64_t id; /* its number in the trace; 0: it has ended, or never began */
};

/* Begins a span. The name is copied into the trace, and needs to live no longer than the call. In a
 * task. */
#define tutti_span_begin(span, name) tutti_span_begin_at(span, name, TUTTI_HERE)
TUTTI_API void tutti_span_begin_at(struct tutti_span *span, const char *name,
                                   const struct tutti_site *site);
/* Ends it, in this task or in another; nothing if it has ended already. In a task. */
TUTTI_API void tutti_span_end(struct tutti_span *span);

/* A line of the log, in the manner of printf; cut after some 500 bytes. Nothing is formatted while
 * nobody listens. In a task. */
#define tutti_log(level, ...) tutti_log_at(level, TUTTI_HERE, __VA_ARGS__)
TUTTI_API void tutti_log_at(enum tutti_log_level level, const struct tutti_site *site,
                            const char *format, ...) TUTTI_PRINTF(3, 4);

TUTTI_END
#endif
