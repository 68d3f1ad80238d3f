/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The path of a Unix listener. A socket's file outlives who made it, and whether somebody still
 * serves it cannot be seen without connecting. So beside PATH there is PATH.lock, locked by whoever
 * serves it: who has the lock may remove what is there. The kernel lets go of it however the
 * process ends.                                                                                  */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"

#define LOCK_SUFFIX ".lock"
typedef char lock_name[TUTTI_PATH_MAX + sizeof LOCK_SUFFIX];

static void lock_name_of(const struct unix_path *path, char *name, size_t size)
{
    snprintf(name, size, "%s%s", path->text, LOCK_SUFFIX);
}

/* Opens and locks the lock file. It may be removed between the two, by whoever had it: then what is
 * locked is not what others would lock, and it is tried again.                                   */
static int lock(struct unix_path *path)
{
    lock_name name;
    lock_name_of(path, name, sizeof name);
    for (;;) {
        struct stat mine, now;
        int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) return -errno;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
            int rc = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
            close(fd);
            return rc;
        }
        if (fstat(fd, &mine) == 0 && stat(name, &now) == 0 && mine.st_ino == now.st_ino &&
            mine.st_dev == now.st_dev) {
            path->lock_fd = fd;
            return 0;
        }
        close(fd);
    }
}

/* A socket that is left there is removed; anything else is somebody's file. */
static int remove_stale(const struct unix_path *path)
{
    struct stat there;
    if (lstat(path->text, &there) < 0) return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(there.st_mode)) return -EEXIST;
    return unlink(path->text) < 0 && errno != ENOENT ? -errno : 0;
}

int path_claim(const struct tutti_address *address, int fd, int64_t mode, struct unix_path **made)
{
    struct unix_path *path = calloc(1, sizeof *path);
    if (!path) return TUTTI_ENOMEMORY;
    memcpy(path->text, address->path, address->path_length);
    int rc = lock(path);
    if (rc < 0) {
        free(path);
        return rc;
    }
    rc = remove_stale(path);
    /* bind() makes the file with the socket's own mode, less the umask: never more than asked. */
    if (rc == 0 && mode && fchmod(fd, (mode_t)mode) < 0) rc = -errno;
    if (rc < 0) {
        path_release(path);
        return rc;
    }
    *made = path;
    return 0;
}

void path_bound(struct unix_path *path, int64_t mode)
{
    struct stat there;
    if (mode) (void)!chmod(path->text, (mode_t)mode); /* what the umask took */
    if (lstat(path->text, &there) < 0) return;
    path->device = there.st_dev;
    path->inode = there.st_ino;
}

void path_release(struct unix_path *path)
{
    struct stat there;
    lock_name name;
    lock_name_of(path, name, sizeof name);
    bool mine = path->inode && lstat(path->text, &there) == 0 && there.st_ino == path->inode &&
                there.st_dev == path->device;
    if (mine) (void)unlink(path->text);
    (void)unlink(name);
    close(path->lock_fd);
    free(path);
}
