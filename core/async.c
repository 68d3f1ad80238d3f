/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/async.h"

#include "tutti/core/context_priv.h"
#include "tutti/core/run_priv.h"

/* The call that is on its way from its cleanup to async_landing: nothing else runs in between. */
static TUTTI_FAST_TLS _Thread_local struct {
    void *back;
    struct tutti_async call;
} leaving;

/* Both ABIs: below the frame's pointer lies the caller's, above it the return address. */
enum { BACK_OF_FRAME = 1 };

struct tutti_async tutti_async_enter(const struct tutti_site *site, void **frame)
{
    struct run *run = run_current;
    struct tutti_async call = {.site = site};
    if (TUTTI_LIKELY(!run || !EMITS(run, ASYNC_END) || !run->current)) return call;
    call.back = frame + BACK_OF_FRAME;
    call.cancel = run->current->cancel_points;
    call.schedule = run->current->schedule_points;
    return call;
}

/* Not inline: compilers drop a store into the frame of a function that is about to return. */
TUTTI_NOINLINE void tutti_async_leave(struct tutti_async *call)
{
    if (TUTTI_LIKELY(!call->back)) return;
    leaving.back = *call->back;
    leaving.call = *call;
    *call->back = (void *)(uintptr_t)async_landing;
}

/* Called by async_landing with what the function returns; where it is to go on. */
void *async_landed(int code)
{
    struct run *run = run_current;
    const struct tutti_async *call = &leaving.call;
    if (run && run->current) {
        EMIT(run, ASYNC_END, .task = run->current->id, .name = call->site->function, .arg = code,
             .count = (uint32_t)(run->current->cancel_points - call->cancel),
             .obj = run->current->schedule_points - call->schedule, .site = call->site);
    }
    return leaving.back;
}
