/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stack switching on x86-64 (System V ABI): rbx, rbp, r12-r15 are the callee's to keep.
 *
 * context_switch leaves by a jump, not by `ret`: the return predictor expects the caller of the
 * task that stops, and each return that it does not expect costs as much as two switches. What an
 * indirect jump leads to is learned from the way there. The same holds for all returns that follow
 * on the other stack, so there should be none: calls that wait jump here as the last thing they do,
 * and leave the user's code as the only one to return to (run_switch).
 *
 * A task begins by a jump, too, and ends by context_leave. Its `ret` is the one that the predictor
 * waits for: that of the task that was left for this one. If this one was short, it goes on now. */

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

    .globl context_leave
    .hidden context_leave
    .type context_leave, @function
    .align 16
context_leave:                  /* rdi = sp to continue with, esi = what the call returns there */
    .cfi_startproc
    movq %rdi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    movl %esi, %eax
    ret
    .cfi_endproc
    .size context_leave, . - context_leave

    .globl context_make
    .hidden context_make
    .type context_make, @function
    .align 16
context_make:                   /* rdi = where to save sp, rsi = top, rdx = entry, rcx = arg */
    .cfi_startproc
    leaq context_end(%rip), %rax
    movq %rax, -8(%rsi)         /* where entry would return to */
    leaq context_start(%rip), %rax
    movq %rax, -16(%rsi)        /* six registers below the address to jump to */
    pxor %xmm0, %xmm0
    movups %xmm0, -32(%rsi)     /* rbp: ends the chain of frames; rbx */
    movq %rcx, -40(%rsi)        /* r12 = arg */
    movq %rdx, -48(%rsi)        /* r13 = entry */
    movups %xmm0, -64(%rsi)     /* r14, r15 */
    xorl %eax, %eax             /* what it returns */
    subq $64, %rsi
    movq %rsi, (%rdi)
    ret
    .cfi_endproc
    .size context_make, . - context_make

    .type context_start, @function
    .align 16
context_start:
    .cfi_startproc
    .cfi_undefined rip          /* unwinders stop here */
    movq %r12, %rdi
    jmp *%r13
context_end:
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
