/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef PIDFD_SELF_THREAD
#define PIDFD_SELF_THREAD (-10000)
#endif

enum { PAGE = 4096, GUARDS_AT_ONCE = 32 };

int64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static cpu_set_t allowed; /* before it stayed on one */

void bench_roam(void)
{
    if (CPU_COUNT(&allowed) > 0) (void)sched_setaffinity(0, sizeof allowed, &allowed);
}

void bench_stay(void)
{
    cpu_set_t set;
    int cpu = sched_getcpu();
    if (cpu < 0 || sched_getaffinity(0, sizeof allowed, &allowed) < 0) return;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set); /* not allowed: then it may wander */
}

void *bench_map(size_t size)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    (void)madvise(memory, size, MADV_NOHUGEPAGE);
    return memory;
}

void bench_unmap(void *memory, size_t size)
{
    munmap(memory, size);
}

double bench_side_by_side(int copies, void (*loop)(size_t size), size_t size)
{
    int64_t start_ns = bench_now_ns();
    int made = 0, failed = 0, status;
    for (; made < copies; made++) {
        pid_t pid = fork();
        if (pid < 0) break;
        if (pid > 0) continue;
        loop(size);
        _exit(0);
    }
    for (int i = 0; i < made; i++) {
        if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) failed++;
    }
    return made == copies && !failed ? (double)(bench_now_ns() - start_ns) : -1;
}

/* By a call for each page: where there is none for many. */
static void guard_each(char *first, size_t count, size_t distance)
{
    for (size_t i = 0; i < count; i++) {
        char *page = first + i * distance;
        if (madvise(page, PAGE, MADV_GUARD_INSTALL) == 0) continue;
        if (mprotect(page, PAGE, PROT_NONE) != 0) {
            perror("mprotect");
            exit(2);
        }
    }
}

size_t bench_guard(void *first, size_t count, size_t distance)
{
    struct iovec pages[GUARDS_AT_ONCE];
    if (count > GUARDS_AT_ONCE) count = GUARDS_AT_ONCE;
    for (size_t i = 0; i < count; i++)
        pages[i] = (struct iovec){.iov_base = (char *)first + i * distance, .iov_len = PAGE};
    long bytes =
        syscall(SYS_process_madvise, PIDFD_SELF_THREAD, pages, count, MADV_GUARD_INSTALL, 0);
    if (bytes != (long)count * PAGE) guard_each(first, count, distance);
    return count;
}

int64_t bench_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

double bench_memory(void)
{
    char line[128];
    double bytes = 0;
    unsigned long kibibytes;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) return -1;
    while (fgets(line, sizeof line, status)) {
        bool counts = sscanf(line, "VmRSS: %lu", &kibibytes) == 1 ||
                      sscanf(line, "VmPTE: %lu", &kibibytes) == 1;
        if (counts) bytes += 1024.0 * (double)kibibytes;
    }
    fclose(status);
    return bytes;
}

double bench_peer(const char *program, const char *name, size_t size)
{
    char command[512];
    double number = -1;
    snprintf(command, sizeof command, "'%s' '%s' %zu", program, name, size);
    FILE *pipe = popen(command, "r");
    if (!pipe) return -1;
    if (fscanf(pipe, "%lf", &number) != 1) number = -1;
    return pclose(pipe) == 0 ? number : -1;
}
