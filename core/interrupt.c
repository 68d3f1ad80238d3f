/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/interrupt.h"

#include "tutti/core/run_priv.h"

void tutti_interrupt_at(const char *text, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (run->root.cancelled) return;
    const struct tutti_cancel_info info = {.why = TUTTI_CANCEL_INTERRUPT,
                                           .task = run->current ? run->current->id : 0,
                                           .at_ns = run_now(run),
                                           .site = site,
                                           .text = text};
    EMIT(run, WARN, .code = TUTTI_WARN_INTERRUPT, .task = info.task,
         .name = text ? text : "everything is cancelled", .site = site);
    scope_cancel_info(run, &run->root, &info);
}

int tutti_interrupt_post(void *text)
{
    tutti_interrupt(text);
    return 0;
}
