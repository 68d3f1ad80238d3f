/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <string.h>

#include "tutti/instruments/unwind_priv.h"

/* What core/context_x86_64.S leaves at a saved stack pointer. */
struct saved {
    greg_t r15, r14, r13, r12, rbx, rbp, rip;
};

static void continue_at(unw_context_t *context, const void *sp)
{
    const struct saved *saved = sp;
    greg_t *registers = context->uc_mcontext.gregs;
    registers[REG_R15] = saved->r15;
    registers[REG_R14] = saved->r14;
    registers[REG_R13] = saved->r13;
    registers[REG_R12] = saved->r12;
    registers[REG_RBX] = saved->rbx;
    registers[REG_RBP] = saved->rbp;
    registers[REG_RIP] = saved->rip;
    registers[REG_RSP] = (greg_t)(saved + 1);
}

size_t unwind_walk(const void *sp, bool names, struct unwind_frame *frames, size_t max)
{
    unw_context_t context;
    unw_cursor_t cursor;
    size_t count = 0;
    unw_word_t word;
    unw_getcontext(&context);
    if (sp) continue_at(&context, sp);
    if (unw_init_local(&cursor, &context) < 0) return 0;
    do {
        if (count == max || unw_get_reg(&cursor, UNW_REG_IP, &word) < 0 || word == 0) break;
        if (unw_is_signal_frame(&cursor) > 0) count = 0; /* all so far was the handler */
        struct unwind_frame *frame = &frames[count++];
        *frame = (struct unwind_frame){.pc = (uintptr_t)word};
        /* A name that is too long is cut, which is said by a code that does not matter here. */
        if (names) (void)unw_get_proc_name(&cursor, frame->name, sizeof frame->name, &word);
        frame->name[sizeof frame->name - 1] = '\0';
    } while (unw_step(&cursor) > 0);
    return count;
}
