/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/ring.h"

#include <string.h>

#include "tutti/instruments/ring_priv.h"

_Static_assert(TUTTI_RING_TEXT >= 16 * (TUTTI_TRACE_TEXT_MAX + 2),
               "long texts are no special case");

/* TEXT fields, from the table. */
uint64_t ring_texts(void)
{
    uint64_t found = 0;
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        const struct tutti_trace_info *info = &tutti_trace_table[kind];
        for (int i = 0; i < info->fields_count; i++) {
            if (info->fields[i].type == TUTTI_FIELD_TEXT) found |= UINT64_C(1) << kind;
        }
    }
    return found;
}

/* Copies a text with one byte more than is written, so that the writer sees that it is too long. */
static void ring_copy_name(struct tutti_ring *ring, struct tutti_trace_event *event, size_t size)
{
    char *copy = ring->text + ring->text_used;
    memcpy(copy, event->name, size);
    copy[size] = '\0';
    event->name = copy;
    ring->text_used += (uint32_t)size + 1;
}

static int ring_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_ring *ring = TUTTI_CONTAINER(sink, struct tutti_ring, sink);
    size_t size = 0;
    bool copy = event->name && (ring->copied >> event->kind & 1);
    if (TUTTI_UNLIKELY(ring->error < 0)) return ring->error;
    if (copy) size = ring_text_size(event->name);
    if (ring->count == TUTTI_RING_EVENTS || (copy && TUTTI_RING_TEXT - ring->text_used <= size)) {
        int rc = tutti_ring_drain(ring);
        if (rc < 0) return rc;
    }
    ring->events[ring->count] = *event;
    if (copy) ring_copy_name(ring, &ring->events[ring->count], size);
    ring->count++;
    return 0;
}

static void ring_idle(struct tutti_sink *sink)
{
    /* An error is kept in the ring and told by the next event. */
    (void)tutti_ring_drain(TUTTI_CONTAINER(sink, struct tutti_ring, sink));
}

void tutti_ring_init(struct tutti_ring *ring, uint64_t mask,
                     int (*take)(void *context, const struct tutti_trace_event *event),
                     void *context)
{
    ring->sink = (struct tutti_sink){.mask = mask, .event = ring_event, .idle = ring_idle};
    ring->take = take;
    ring->context = context;
    ring->copied = ring_texts();
    ring->first = ring->count = ring->text_used = 0;
    ring->error = 0;
}

int tutti_ring_drain(struct tutti_ring *ring)
{
    while (ring->error == 0 && ring->first < ring->count) {
        int rc = ring->take(ring->context, &ring->events[ring->first]);
        if (rc < 0) {
            ring->error = rc;
        } else {
            ring->first++;
        }
    }
    if (ring->error == 0) ring->first = ring->count = ring->text_used = 0;
    return ring->error;
}
