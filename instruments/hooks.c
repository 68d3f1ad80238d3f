/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/hooks.h"

typedef int hook(struct tutti_hooks *hooks, const struct tutti_trace_event *event);

/* The hook for a kind of event; NULL: none is set. */
static hook *hook_for(const struct tutti_hooks *hooks, unsigned kind)
{
    switch (kind) {
#define TUTTI_HOOK(name, KIND)                                                                     \
    case TUTTI_EVENT_##KIND:                                                                       \
        return hooks->name;
        TUTTI_HOOKS
#undef TUTTI_HOOK
    default:
        return NULL;
    }
}

static int call_hook(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_hooks *hooks = TUTTI_CONTAINER(sink, struct tutti_hooks, sink);
    hook *fn = hook_for(hooks, event->kind);
    return fn ? fn(hooks, event) : 0;
}

struct tutti_sink *tutti_hooks_sink(struct tutti_hooks *hooks)
{
    hooks->sink = (struct tutti_sink){.event = call_hook};
    for (unsigned kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        if (hook_for(hooks, kind)) hooks->sink.mask |= UINT64_C(1) << kind;
    }
    return &hooks->sink;
}
