/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/audit.h"

/* The function's entry; NULL: there is no room. */
static struct tutti_audited *entry_of(struct tutti_audit *audit, const struct tutti_site *site)
{
    uint32_t at = 0;
    while (at < audit->count && audit->functions[at].site != site)
        at++;
    if (at == TUTTI_AUDIT_FUNCTIONS) return NULL;
    if (at == audit->count) {
        audit->functions[at] = (struct tutti_audited){.site = site};
        audit->count++;
    }
    return &audit->functions[at];
}

static int audit_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_audit *audit = TUTTI_CONTAINER(sink, struct tutti_audit, sink);
    bool cancels = event->count > 0, schedules = event->obj > 0;
    struct tutti_audited *function = entry_of(audit, event->site);
    if (!function) {
        audit->lost++;
        return 0;
    }
    function->calls++;
    if (event->arg < 0) return 0;
    function->successes++;
    function->uncancelled += !cancels;
    function->unscheduled += !schedules;
    if (cancels && schedules) return 0;
    function->failed++;
    function->fresh = true;
    return 0;
}

void tutti_audit_init(struct tutti_audit *audit)
{
    audit->sink = (struct tutti_sink){.mask = TUTTI_EVENT_BIT(ASYNC_END), .event = audit_event};
    audit->count = 0;
    audit->lost = 0;
}

void tutti_audit_run(struct tutti_audit *audit)
{
    for (uint32_t i = 0; i < audit->count; i++) {
        audit->functions[i].fresh = false;
    }
}
