/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The loop's thread is interrupted by a signal; the handler copies registers and stack, and goes on
 * at once. Unwinding takes locks of the loader, which the interrupted code may hold: so it is done
 * here, later, on the copy.                                                                      */
#define _GNU_SOURCE
#include "tutti/instruments/os_sampler_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/core/limits.h"
#include "tutti/instruments/backtrace_priv.h"
#include "tutti/instruments/unwind_copy_priv.h"

/* Nobody else's by custom; ignored by default, so a late one does no harm. */
enum { SIGNAL_LOOK = SIGURG, FRAMES_MAX = 64 };
#define PERIOD_MIN_NS (5 * TUTTI_MS)
#define ANSWER_MAX_NS TUTTI_S

struct sampler {
    pthread_t thread, loop;
    int64_t step_max_ns;
    void (*report)(void *context, const char *text);
    void *context;
    struct sigaction before; /* the signal's, to be put back */
    sem_t stop, taken;
    _Atomic uint64_t reports;
    /* of the present step; what is not atomic is for the loop's thread alone */
    _Atomic int64_t began_ns; /* 0: there is none */
    _Atomic uint64_t step;
    uint64_t task;
    const char *name;
    /* what the handler leaves, between `wanted` and the post of `taken` */
    _Atomic bool wanted;
    uint64_t copy_step, copy_task;
    char copy_name[TUTTI_NAME_MAX];
    struct unwind_copy copy;
};

/* The calling thread's. */
static _Thread_local struct sampler *sampled;

int64_t sampler_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * TUTTI_S + now.tv_nsec;
}

/* As much of the stack as there is, up to the copy's size: by the system, because a plain read past
 * its end would be a fault; page by page, because one that is missing stops the whole read. */
static size_t copy_stack(struct unwind_copy *copy)
{
    size_t done = 0, page = 4096 - copy->sp % 4096;
    for (; done < sizeof copy->bytes; done += page, page = 4096) {
        if (page > sizeof copy->bytes - done) page = sizeof copy->bytes - done;
        struct iovec to = {.iov_base = copy->bytes + done, .iov_len = page};
        struct iovec from = {.iov_base = (void *)(copy->sp + done), .iov_len = page};
        if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != (ssize_t)page) break;
    }
    return done;
}

static void on_look(int number, siginfo_t *info, void *ucontext)
{
    struct sampler *sampler = sampled;
    int error = errno;
    (void)number, (void)info;
    if (!sampler || !atomic_exchange(&sampler->wanted, false)) return;
    sampler->copy_step = atomic_load(&sampler->step);
    sampler->copy_task = sampler->task;
    sampler->copy_name[0] = '\0';
    if (sampler->name) memcpy(sampler->copy_name, sampler->name, sizeof sampler->copy_name);
    unwind_copy_registers(&sampler->copy, ucontext);
    sampler->copy.size = copy_stack(&sampler->copy);
    (void)sem_post(&sampler->taken);
    errno = error;
}

/* False: not in this time. */
static bool wait_for(sem_t *semaphore, int64_t ns)
{
    int64_t until_ns = sampler_now_ns() + ns;
    struct timespec until = {.tv_sec = until_ns / TUTTI_S, .tv_nsec = until_ns % TUTTI_S};
    int rc;
    do {
        rc = sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
    } while (rc < 0 && errno == EINTR);
    return rc == 0;
}

static void report(struct sampler *sampler, int64_t ns)
{
    struct unwind_frame frames[FRAMES_MAX];
    struct tutti_text text = {0};
    size_t count = unwind_copy_walk(&sampler->copy, frames, FRAMES_MAX);
    struct symbols *symbols = symbols_open();
    tutti_text_print(&text,
                     "tutti: task \"%s\" #%" PRIu64 " has been running for %" PRId64
                     " ms without reaching a checkpoint; it is in\n",
                     sampler->copy_name, sampler->copy_task, ns / TUTTI_MS);
    backtrace_print(&text, 2, frames, count, symbols);
    symbols_close(symbols);
    if (!text.failed) sampler->report(sampler->context, text.bytes);
    tutti_text_free(&text);
    atomic_fetch_add(&sampler->reports, 1);
}

/* Looks at one step that takes too long. */
static void look(struct sampler *sampler, uint64_t step, int64_t ns)
{
    atomic_store(&sampler->wanted, true);
    if (pthread_kill(sampler->loop, SIGNAL_LOOK) != 0) return;
    if (!wait_for(&sampler->taken, ANSWER_MAX_NS)) {
        if (atomic_exchange(&sampler->wanted, false)) return; /* signals are blocked there */
        while (sem_wait(&sampler->taken) < 0) {
        }
    }
    if (sampler->copy_step == step) report(sampler, ns);
}

static void *watch_loop(void *arg)
{
    struct sampler *sampler = arg;
    int64_t period_ns = sampler->step_max_ns / 4;
    uint64_t told = 0;
    if (period_ns < PERIOD_MIN_NS) period_ns = PERIOD_MIN_NS;
    while (!wait_for(&sampler->stop, period_ns)) {
        uint64_t step = atomic_load(&sampler->step);
        int64_t began_ns = atomic_load(&sampler->began_ns);
        if (began_ns == 0 || step == told || atomic_load(&sampler->step) != step) continue;
        int64_t ns = sampler_now_ns() - began_ns;
        if (ns < sampler->step_max_ns) continue;
        told = step;
        look(sampler, step, ns);
    }
    return NULL;
}

static int start(struct sampler *sampler)
{
    struct sigaction action = {.sa_sigaction = on_look,
                               .sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK};
    sigset_t all, old;
    sigemptyset(&action.sa_mask);
    if (sem_init(&sampler->stop, 0, 0) < 0 || sem_init(&sampler->taken, 0, 0) < 0) return -errno;
    if (sigaction(SIGNAL_LOOK, &action, &sampler->before) < 0) return -errno;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the program's, not ours */
    int rc = -pthread_create(&sampler->thread, NULL, watch_loop, sampler);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc < 0) (void)sigaction(SIGNAL_LOOK, &sampler->before, NULL);
    return rc;
}

int sampler_open(struct sampler **sampler, int64_t step_max_ns,
                 void (*report_to)(void *context, const char *text), void *context)
{
    *sampler = NULL;
    if (!unwind_copy_works()) return TUTTI_EUNSUPPORTED;
    if (sampled) return TUTTI_EBUSY;
    struct sampler *made = calloc(1, sizeof *made);
    if (!made) return TUTTI_ENOMEMORY;
    made->loop = pthread_self();
    made->step_max_ns = step_max_ns;
    made->report = report_to;
    made->context = context;
    sampled = made;
    int rc = start(made);
    if (rc < 0) {
        sampled = NULL;
        free(made);
        return rc;
    }
    *sampler = made;
    return 0;
}

void sampler_begin(struct sampler *sampler, uint64_t task, const char *name)
{
    sampler->task = task;
    sampler->name = name;
    atomic_fetch_add(&sampler->step, 1);
    atomic_store(&sampler->began_ns, sampler_now_ns());
}

void sampler_end(struct sampler *sampler)
{
    atomic_store(&sampler->began_ns, 0);
    sampler->name = NULL;
}

uint64_t sampler_reports(const struct sampler *sampler)
{
    return atomic_load(&sampler->reports);
}

void sampler_close(struct sampler *sampler)
{
    if (!sampler) return;
    (void)sem_post(&sampler->stop);
    (void)pthread_join(sampler->thread, NULL);
    (void)sigaction(SIGNAL_LOOK, &sampler->before, NULL);
    sampled = NULL;
    (void)sem_destroy(&sampler->stop);
    (void)sem_destroy(&sampler->taken);
    free(sampler);
}
