/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

const char *os_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

void *os_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void os_unshare(void *memory, size_t size)
{
    if (memory) (void)munmap(memory, size);
}

uint32_t os_process(void)
{
    return (uint32_t)getpid();
}

bool os_process_lives(uint32_t process)
{
    return kill((pid_t)process, 0) == 0 || errno != ESRCH;
}

uint32_t os_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > TUTTI_JOBS_MAX ? TUTTI_JOBS_MAX : (uint32_t)cores;
}

bool os_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

void os_remove(const char *path)
{
    struct stat about;
    if (lstat(path, &about) == 0 && S_ISREG(about.st_mode)) (void)unlink(path);
}

bool os_plain(const char *path)
{
    struct stat about;
    return stat(path, &about) < 0 || S_ISREG(about.st_mode);
}

bool os_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool os_temporary(char *path, size_t size, int *error)
{
    const char *folder = os_variable("TMPDIR");
    int length = snprintf(path, size, "%s/tutti-XXXXXX", folder ? folder : "/tmp");
    int fd = length > 0 && (size_t)length < size ? mkstemp(path) : -1;
    *error = fd < 0 ? -errno : 0;
    if (fd < 0) return false;
    (void)close(fd);
    return true;
}
