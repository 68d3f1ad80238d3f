/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Core alone, for another CPU: built static by a cross compiler and run by an emulator. */
#include <stdio.h>

#include "core_cases.h"
#include "tiny_world.h"
#include "tutti/core/async.h"

static int audited_seen;

/* Audited calls return through code that knows the CPU. */
static int audited(int key)
{
    TUTTI_ASYNC;
    if (key == 1) return key;
    TUTTI_TRY(tutti_checkpoint());
    return key;
}

static int audited_calls(void *arg)
{
    (void)arg;
    return audited(1) == 1 && audited(2) == 2 ? 0 : TUTTI_ECHECK;
}

static int count_audited(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink;
    audited_seen = audited_seen * 100 + (int)event->arg * 10 + (int)event->count;
    return 0;
}

static int run_audited(void)
{
    struct tutti_sink sink = {.mask = TUTTI_EVENT_BIT(ASYNC_END), .event = count_audited};
    struct tiny_world tiny;
    tiny_world_init(&tiny);
    tiny.world.sink = &sink;
    int rc = tutti_run(&tiny.world, audited_calls, NULL);
    bool ok = rc == 0 && audited_seen == 1021; /* 1 without a point, 2 with one */
    printf("audit %s\n", ok ? "ok" : "failed");
    return !ok;
}

static int run_case(const char *name, int (*fn)(void *arg))
{
    struct tiny_world tiny;
    tiny_world_init(&tiny);
    int rc = tutti_run(&tiny.world, fn, NULL);
    printf("%s %s\n", name, rc == 0 ? "ok" : tutti_error_name(rc));
    return rc == 0 ? 0 : 1;
}

int main(void)
{
    int failed = run_case("T01", T01_basic_interleave);
    failed += run_case("T23", T23_cancel_scope_nesting);
    failed += run_case("T47", T47_parking_lot_cancel);
    failed += run_audited();
    return failed;
}
