/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stack switching on x86-64 (System V ABI): rbx, rbp, r12-r15 are the callee's to keep.
 *
 * Leaving by a jump, not by `ret`: the return predictor expects the caller of the task that stops,
 * and each return that it does not expect costs as much as two switches. What an indirect jump
 * leads to is learned from the way there. The same holds for all returns that follow on the other
 * stack, so there should be none: calls that wait jump here as the last thing they do, and leave
 * the user's code as the only one to return to (run_switch).                                    */

    .text
    .globl context_switch
    .hidden context_switch
    .type context_switch, @function
    .align 16
context_switch:                 /* rdi = where to save sp, rsi = sp to continue with, edx = what
                                   the call returns that stopped there */
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
    popq %rcx
    movl %edx, %eax
    jmp *%rcx
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

    .globl async_landing
    .hidden async_landing
    .type async_landing, @function
    .align 16
async_landing:                  /* an audited function returned here (core/async.h) */
    .cfi_startproc
    .cfi_undefined rip
    pushq %rax
    pushq %rdx                  /* keeps the stack aligned, and a second word of the result */
    movl %eax, %edi
    call async_landed
    movq %rax, %r11
    popq %rdx
    popq %rax
    jmpq *%r11
    .cfi_endproc
    .size async_landing, . - async_landing

    .section .note.GNU-stack, "", @progbits
