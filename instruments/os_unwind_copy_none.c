/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/unwind_copy_priv.h"

bool unwind_copy_works(void)
{
    return false;
}

void unwind_copy_registers(struct unwind_copy *copy, const void *ucontext)
{
    (void)copy, (void)ucontext;
}

size_t unwind_copy_walk(struct unwind_copy *copy, struct unwind_frame *frames, size_t max)
{
    (void)copy, (void)frames, (void)max;
    return 0;
}
