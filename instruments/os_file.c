/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#define _GNU_SOURCE
#include "tutti/instruments/os_file_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int open_again(const char *path, int flags)
{
    int fd;
    do {
        fd = open(path, flags | O_CLOEXEC, 0666);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int file_create(const char *path)
{
    return open_again(path, O_WRONLY | O_CREAT | O_TRUNC);
}

int file_open(const char *path)
{
    if (strcmp(path, "-") == 0) return STDIN_FILENO;
    return open_again(path, O_RDONLY);
}

int64_t file_read(int fd, char *bytes, size_t size)
{
    ssize_t count;
    do {
        count = read(fd, bytes, size);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

size_t file_write(int fd, const char *bytes, size_t size, int *error)
{
    size_t done = 0;
    *error = 0;
    while (done < size) {
        ssize_t count = write(fd, bytes + done, size - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            *error = -errno;
            break;
        }
        done += (size_t)count;
    }
    return done;
}

int file_close(int fd)
{
    if (fd == STDIN_FILENO) return 0;
    /* After EINTR the descriptor is gone on Linux; closing again could hit another file. */
    return close(fd) < 0 && errno != EINTR ? -errno : 0;
}
