/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Core alone, for another CPU: built static by a cross compiler and run by an emulator. */
#include <stdio.h>

#include "core_cases.h"
#include "tiny_world.h"

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
    return failed;
}
