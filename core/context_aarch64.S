/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stack switching on AArch64 (AAPCS64): x19-x29, the link register and d8-d15 are the callee's to
 * keep. Leaving by a jump, not by `ret`: context_x86_64.S says why. */

    .text
    .globl context_switch
    .hidden context_switch
    .type context_switch, %function
    .align 4
context_switch:                 /* x0 = where to save sp, x1 = sp to continue with, w2 = what the
                                   call returns that stopped there */
    .cfi_startproc
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    mov w0, w2
    br x30
    .cfi_endproc
    .size context_switch, . - context_switch

    .globl context_leave
    .hidden context_leave
    .type context_leave, %function
    .align 4
context_leave:                  /* x0 = sp to continue with, w1 = what the call returns there */
    .cfi_startproc
    mov sp, x0
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    mov w0, w1
    ret
    .cfi_endproc
    .size context_leave, . - context_leave

    .globl context_make
    .hidden context_make
    .type context_make, %function
    .align 4
context_make:                   /* x0 = where to save sp, x1 = top, x2 = entry, x3 = arg */
    .cfi_startproc
    sub x1, x1, #160
    stp x2, x3, [x1, #0]        /* x19 = entry, x20 = arg */
    stp xzr, xzr, [x1, #16]
    stp xzr, xzr, [x1, #32]
    stp xzr, xzr, [x1, #48]
    stp xzr, xzr, [x1, #64]
    adr x9, context_start
    stp xzr, x9, [x1, #80]      /* x29 = 0 ends the chain of frames */
    stp xzr, xzr, [x1, #96]
    stp xzr, xzr, [x1, #112]
    stp xzr, xzr, [x1, #128]
    stp xzr, xzr, [x1, #144]
    str x1, [x0]
    mov w0, #0
    ret
    .cfi_endproc
    .size context_make, . - context_make

    .type context_start, %function
    .align 4
context_start:
    .cfi_startproc
    .cfi_undefined x30          /* unwinders stop here */
    mov x0, x20
    adr x30, context_end
    br x19
context_end:
    brk #1
    .cfi_endproc
    .size context_start, . - context_start

    .globl async_landing
    .hidden async_landing
    .type async_landing, %function
    .align 4
async_landing:                  /* an audited function returned here (core/async.h) */
    .cfi_startproc
    .cfi_undefined x30
    stp x0, x1, [sp, #-16]!
    bl async_landed
    mov x16, x0
    ldp x0, x1, [sp], #16
    mov x30, x16                /* the caller finds it where a call leaves it */
    br x16
    .cfi_endproc
    .size async_landing, . - async_landing

    .section .note.GNU-stack, "", %progbits
