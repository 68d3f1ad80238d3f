/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/run_priv.h"

/* Sends one event to the sink; `t_ns` is filled in here. A sink that fails is dropped at once. */
void emit(struct run *run, struct tutti_trace_event *event)
{
    struct tutti_sink *sink = run->world->sink;
    event->t_ns = run_now(run);
    if (TUTTI_UNLIKELY(sink->event(sink, event) < 0)) {
        static const char text[] =
            "tutti: the trace sink failed and was removed; the run goes on without a trace\n";
        run->events = 0;
        report_write(text, sizeof text - 1);
    }
}
