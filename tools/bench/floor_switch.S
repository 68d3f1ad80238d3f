/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The floor's switch (x86-64): six registers the callee keeps, the stack pointer, a jump. */

    .text
    .globl floor_switch
    .hidden floor_switch
    .type floor_switch, @function
    .align 16
floor_switch:                   /* rdi = where to save sp, rsi = sp to continue with */
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    popq %rcx
    jmp *%rcx
    .size floor_switch, . - floor_switch

    .section .note.GNU-stack, "", @progbits
