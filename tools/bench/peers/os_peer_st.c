/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rows of core_bench and scale_bench as State Threads does them (Debian's libst-dev): peer_st ROW
 * SIZE prints ns an operation, or what the row's name says. Exit code 3: it has nothing like it. */
#define _GNU_SOURCE
#include <st.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SWITCHES = 200000, STACK = 64 * 1024, NOTHING = 3 };

static size_t count, left;
static double start_ns;

static double clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double each(size_t n)
{
    return (clock_ns(CLOCK_MONOTONIC) - start_ns) / (double)n;
}

static st_thread_t start(void *(*fn)(void *arg), void *arg, int joinable)
{
    st_thread_t thread = st_thread_create(fn, arg, joinable, STACK);
    if (!thread) exit(NOTHING);
    return thread;
}

static void *rotate(void *arg)
{
    while (left > 0) {
        left--;
        st_sleep(0);
    }
    return arg;
}

static double switch_row(size_t tasks)
{
    left = tasks;
    for (size_t i = 0; i < tasks; i++)
        start(rotate, NULL, 0);
    st_sleep(0);
    left = SWITCHES;
    start_ns = clock_ns(CLOCK_MONOTONIC);
    while (left > 0)
        st_sleep(0);
    return each(SWITCHES);
}

static void *count_up(void *arg)
{
    count++;
    return arg;
}

static double group_row(size_t n)
{
    start_ns = clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < n; i++)
        st_thread_join(start(count_up, NULL, 1), NULL);
    return each(n);
}

static double cold_row(size_t n)
{
    start_ns = clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < n; i++)
        start(count_up, NULL, 0);
    return each(n);
}

/* It has no channels: two conditions and a slot. */
static st_cond_t filled, emptied;
static size_t slot;

static void *receive_all(void *arg)
{
    for (;;) {
        while (!slot)
            st_cond_wait(filled);
        count += slot;
        slot = 0;
        st_cond_signal(emptied);
    }
    return arg;
}

static double message_row(size_t n)
{
    filled = st_cond_new();
    emptied = st_cond_new();
    start(receive_all, NULL, 0);
    start_ns = clock_ns(CLOCK_MONOTONIC);
    for (size_t i = n; i > 0; i--) {
        slot = i;
        st_cond_signal(filled);
        while (slot)
            st_cond_wait(emptied);
    }
    return each(n);
}

static void *sleep_for(void *arg)
{
    st_usleep((st_utime_t)(uintptr_t)arg);
    count++;
    return NULL;
}

static double sleepers_row(size_t n)
{
    uint64_t state = 1;
    for (size_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        start(sleep_for, (void *)(uintptr_t)((state >> 33) * 100000 >> 31), 0);
    }
    while (count < n)
        st_usleep(1000);
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e6;
}

static double memory(void)
{
    char line[128];
    unsigned long kibibytes;
    double bytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) exit(NOTHING);
    while (fgets(line, sizeof line, status)) {
        if (sscanf(line, "VmRSS: %lu", &kibibytes) == 1 ||
            sscanf(line, "VmPTE: %lu", &kibibytes) == 1) {
            bytes += 1024.0 * (double)kibibytes;
        }
    }
    fclose(status);
    return bytes;
}

static void *wait_for_ever(void *arg)
{
    st_cond_wait(filled);
    return arg;
}

static double parked_row(size_t n)
{
    filled = st_cond_new();
    double before = memory();
    for (size_t i = 0; i < n; i++)
        start(wait_for_ever, NULL, 0);
    st_sleep(0);
    return (memory() - before) / (double)n;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        double (*row)(size_t size);
    } rows[] = {{"switch, 2 tasks", switch_row},
                {"switch, 100 tasks", switch_row},
                {"switch, 10,000 tasks", switch_row},
                {"start + join, own nursery", group_row},
                {"cold start, guarded", cold_row},
                {"rendezvous message", message_row},
                {"100,000 sleepers, CPU ms", sleepers_row},
                {"100,000 parked, bytes a task", parked_row},
                {"1,000,000 parked, bytes a task", parked_row}};
    if (argc != 3 || st_init() < 0) return NOTHING;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, argv[1]) != 0) continue;
        printf("%f\n", rows[i].row(strtoul(argv[2], NULL, 10)));
        return 0;
    }
    return NOTHING;
}
