/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/limits.h"
#include "tutti/instruments/playback_priv.h"

enum { NAP_NS = 100 * 1000 };

void playback_nap(void)
{
    const struct timespec nap = {.tv_nsec = NAP_NS};
    (void)nanosleep(&nap, NULL); /* a signal ends it: so much the better */
}

int64_t playback_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * TUTTI_S + now.tv_nsec;
}

void playback_say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vdprintf(STDERR_FILENO, format, list);
    va_end(list);
}

struct called {
    int (*fn)(void *arg);
    void *arg;
    int result;
};

static void *call(void *data)
{
    struct called *called = data;
    called->result = called->fn(called->arg);
    return NULL;
}

/* In a thread, because that is where it was called: with its stack, in no run, without signals. */
bool playback_call(int (*fn)(void *arg), void *arg, int *result)
{
    struct called called = {.fn = fn, .arg = arg};
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool made = pthread_create(&thread, NULL, call, &called) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (made) pthread_join(thread, NULL);
    *result = called.result;
    return made;
}
