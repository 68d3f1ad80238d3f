/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/tee.h"

#include <stdio.h>

#include "tutti/core/error.h"
#include "tutti/instruments/os_file_priv.h"

enum { STANDARD_ERROR = 2 };

/* Drops the places of what was removed, and asks for what the rest wants. */
static void tee_settle(struct tutti_tee *tee)
{
    uint32_t kept = 0;
    tee->unsettled = tee->depth > 0;
    if (tee->unsettled) return; /* somebody is walking over the places */
    tee->sink.mask = 0;
    for (uint32_t i = 0; i < tee->count; i++) {
        if (!tee->sinks[i]) continue;
        tee->sink.mask |= tee->sinks[i]->mask;
        tee->sinks[kept++] = tee->sinks[i];
    }
    tee->count = kept;
    tutti_sink_changed();
}

static uint32_t place_of(const struct tutti_tee *tee, const struct tutti_sink *sink)
{
    uint32_t at = 0;
    while (at < tee->count && tee->sinks[at] != sink)
        at++;
    return at;
}

static void tee_failed(struct tutti_tee *tee, uint32_t at, const struct tutti_trace_event *event,
                       int rc)
{
    char text[160];
    int error;
    int length =
        snprintf(text, sizeof text, "tutti: a sink failed with %s at a %s and was removed\n",
                 tutti_error_name(rc), tutti_trace_table[event->kind].text);
    tee->sinks[at] = NULL;
    tee->unsettled = true;
    tee->failed = rc;
    if (!tee->quiet) (void)file_write(STANDARD_ERROR, text, (size_t)length, &error);
    struct tutti_trace_event warning = {.kind = TUTTI_EVENT_WARN,
                                        .code = TUTTI_WARN_SINK,
                                        .t_ns = event->t_ns,
                                        .name = "a sink failed and was removed"};
    if (tee->sink.mask & TUTTI_EVENT_BIT(WARN)) (void)tee->sink.event(&tee->sink, &warning);
}

static int tee_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_tee *tee = TUTTI_CONTAINER(sink, struct tutti_tee, sink);
    uint64_t bit = UINT64_C(1) << event->kind;
    uint32_t count = tee->count; /* who is added now does not get this one */
    tee->depth++;
    for (uint32_t i = 0; i < count; i++) {
        struct tutti_sink *one = tee->sinks[i];
        if (!one || !(one->mask & bit)) continue;
        int rc = one->event(one, event);
        if (rc < 0 && tee->sinks[i] == one) tee_failed(tee, i, event, rc);
    }
    tee->depth--;
    if (TUTTI_UNLIKELY(tee->unsettled)) tee_settle(tee);
    return 0;
}

static void tee_idle(struct tutti_sink *sink)
{
    struct tutti_tee *tee = TUTTI_CONTAINER(sink, struct tutti_tee, sink);
    tee->depth++;
    for (uint32_t i = 0; i < tee->count; i++) {
        if (tee->sinks[i] && tee->sinks[i]->idle) tee->sinks[i]->idle(tee->sinks[i]);
    }
    tee->depth--;
    if (tee->unsettled) tee_settle(tee);
}

void tutti_tee_init(struct tutti_tee *tee)
{
    *tee = (struct tutti_tee){.sink = {.event = tee_event, .idle = tee_idle}};
}

int tutti_tee_add(struct tutti_tee *tee, struct tutti_sink *sink)
{
    if (!sink || !sink->event) return TUTTI_EINVALID;
    if (place_of(tee, sink) < tee->count) return 0;
    if (tee->count == TUTTI_TEE_MAX) return TUTTI_EBUSY;
    tee->sinks[tee->count++] = sink;
    tee_settle(tee);
    return 0;
}

int tutti_tee_remove(struct tutti_tee *tee, struct tutti_sink *sink)
{
    uint32_t at = place_of(tee, sink);
    if (!sink || at == tee->count) return TUTTI_EINVALID;
    tee->sinks[at] = NULL;
    tee_settle(tee);
    return 0;
}
