/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Last words: to standard error, and what a stack overflow looks like on POSIX systems. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tutti/core/run_priv.h"

/* Enough for AddressSanitizer's own handler, which ours may call. */
enum { SIGNAL_STACK_SIZE = 128 * 1024 };

static struct sigaction previous_segv, previous_bus;
static _Atomic bool handlers_set;
static _Thread_local bool signal_stack_set;

void report_write(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDERR_FILENO, text, length);
        if (n <= 0) return; /* there is nowhere to complain that the complaint was lost */
        text += n;
        length -= (size_t)n;
    }
}

void report_abort(void)
{
    abort();
}

/* Hands the signal to who had it before us; the faulting instruction is then tried again. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    const struct sigaction *previous = number == SIGBUS ? &previous_bus : &previous_segv;
    if (previous->sa_flags & SA_SIGINFO) {
        previous->sa_sigaction(number, info, context);
    } else if (previous->sa_handler == SIG_DFL || previous->sa_handler == SIG_IGN) {
        signal(number, SIG_DFL);
        if (info->si_code <= 0) raise(number); /* nothing will fault again: it was sent */
    } else {
        previous->sa_handler(number);
    }
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    struct tutti_task *task = run_current ? run_current->current : NULL;
    if (!task || !stack_in_guard(&task->stack, info->si_addr)) {
        pass_on(number, info, context);
        return;
    }
    char text[512];
    snprintf(text, sizeof text,
             "stack overflow in task \"%s\" #%llu: its %zu bytes "
             "are not enough (options.stack_size); started",
             task->name, (unsigned long long)task->id,
             (size_t)(task->stack.high - task->stack.low));
    fault_report(task->started, text);
    signal(number, SIG_DFL);
}

void fault_install(void)
{
    if (!signal_stack_set) {
        stack_t now;
        signal_stack_set = true;
        if (sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE)) {
            void *memory = mmap(NULL, SIGNAL_STACK_SIZE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            stack_t mine = {.ss_sp = memory, .ss_size = SIGNAL_STACK_SIZE};
            if (memory != MAP_FAILED) (void)sigaltstack(&mine, NULL);
        }
    }
    if (handlers_set) return;
    handlers_set = true;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGSEGV, &action, &previous_segv);
    (void)sigaction(SIGBUS, &action, &previous_bus);
}
