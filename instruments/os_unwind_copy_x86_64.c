/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Walks the copy of a stack, by libunwind's interface for other processes: what lies in the copied
 * range is read from the copy, everything else, code and tables, from memory.                    */
#define _GNU_SOURCE
#include <libunwind.h>
#include <string.h>

#include "tutti/instruments/unwind_copy_priv.h"

static int read_word(unw_addr_space_t space, unw_word_t at, unw_word_t *value, int write, void *arg)
{
    const struct unwind_copy *copy = arg;
    (void)space;
    if (write) return -UNW_EINVAL;
    if (at >= copy->sp && at - copy->sp + sizeof *value <= copy->size) {
        memcpy(value, copy->bytes + (at - copy->sp), sizeof *value);
        return 0;
    }
    /* Further up the same stack: it is not copied, and may be something else by now. */
    if (at >= copy->sp && at - copy->sp < UNWIND_STACK_MAX) return -UNW_EINVAL;
    memcpy(value, (const void *)(uintptr_t)at, sizeof *value);
    return 0;
}

static int read_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                         void *arg)
{
    const struct unwind_copy *copy = arg;
    (void)space;
    if (write || number < 0 || number >= UNWIND_REGISTERS) return -UNW_EBADREG;
    *value = copy->registers[number];
    return 0;
}

static int read_float(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write,
                      void *arg)
{
    (void)space, (void)number, (void)value, (void)write, (void)arg;
    return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *arg)
{
    (void)space, (void)cursor, (void)arg;
    return -UNW_EINVAL;
}

bool unwind_copy_works(void)
{
    return true;
}

void unwind_copy_registers(struct unwind_copy *copy, const void *ucontext)
{
    /* libunwind's numbers are DWARF's: rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15, rip */
    static const int order[UNWIND_REGISTERS] = {
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
        REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    const ucontext_t *context = ucontext;
    for (int i = 0; i < UNWIND_REGISTERS; i++) {
        copy->registers[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
    }
    copy->sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

size_t unwind_copy_walk(struct unwind_copy *copy, struct unwind_frame *frames, size_t max)
{
    unw_accessors_t accessors = *unw_get_accessors(unw_local_addr_space);
    unw_cursor_t cursor;
    unw_word_t word;
    size_t count = 0;
    accessors.access_mem = read_word;
    accessors.access_reg = read_register;
    accessors.access_fpreg = read_float;
    accessors.resume = resume;
    unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
    if (!space) return 0;
    int more = unw_init_remote(&cursor, space, copy) == 0;
    while (more > 0 && count < max && unw_get_reg(&cursor, UNW_REG_IP, &word) == 0 && word) {
        struct unwind_frame *frame = &frames[count];
        *frame = (struct unwind_frame){.pc = (uintptr_t)word, .interrupted = count == 0};
        (void)unw_get_proc_name(&cursor, frame->name, sizeof frame->name, &word);
        frame->name[sizeof frame->name - 1] = '\0';
        count++;
        more = unw_step(&cursor);
    }
    unw_destroy_addr_space(space);
    return count;
}
