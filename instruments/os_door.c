/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The path of a console. Whether somebody serves what is there is found out by connecting: a lock
 * would be one descriptor more for as long as the program runs. Two programs that take over the
 * same path in the same microseconds may both believe they have it; the later one does. */
#define _GNU_SOURCE
#include "tutti/instruments/os_door_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 8 };

static const struct sockaddr *general(const struct sockaddr_un *address)
{
    return (const struct sockaddr *)address;
}

/* Removes a socket that nobody serves. */
static const char *remove_stale(const struct sockaddr_un *address)
{
    struct stat there;
    if (lstat(address->sun_path, &there) < 0) return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISSOCK(there.st_mode)) return "there is a file that is no socket; remove it";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return strerror(errno);
    int error = connect(fd, general(address), sizeof *address) < 0 ? errno : 0;
    close(fd);
    if (error == 0 || error == EAGAIN) return "a running program serves it; give another path";
    if (error != ECONNREFUSED && error != EPROTOTYPE) return strerror(error);
    if (error == EPROTOTYPE) return "there is a socket of another sort; remove it";
    return unlink(address->sun_path) < 0 && errno != ENOENT ? strerror(errno) : NULL;
}

/* bind() makes the file with the socket's own mode, less the umask: never more than 0600. */
static const char *bind_at(int fd, const struct sockaddr_un *address)
{
    if (fchmod(fd, 0600) < 0) return strerror(errno);
    if (bind(fd, general(address), sizeof *address) == 0) return NULL;
    if (errno != EADDRINUSE) return strerror(errno);
    const char *why = remove_stale(address);
    if (why) return why;
    return bind(fd, general(address), sizeof *address) < 0 ? strerror(errno) : NULL;
}

const char *door_listen(struct door_path *door, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;
    *door = (struct door_path){.fd = -1};
    if (strlen(path) >= sizeof address.sun_path) return "longer than the 107 bytes of a socket";
    memcpy(address.sun_path, path, strlen(path));
    memcpy(door->path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const char *why = fd < 0 ? strerror(errno) : bind_at(fd, &address);
    if (!why && listen(fd, BACKLOG) < 0) why = strerror(errno);
    if (why) {
        if (fd >= 0) close(fd);
        return why;
    }
    (void)chmod(path, 0600); /* what the umask took */
    if (lstat(path, &there) == 0) {
        door->device = there.st_dev;
        door->inode = there.st_ino;
    }
    door->fd = fd;
    return NULL;
}

void door_unlisten(struct door_path *door)
{
    struct stat there;
    bool mine = lstat(door->path, &there) == 0 && there.st_dev == door->device &&
                there.st_ino == door->inode;
    if (mine) (void)unlink(door->path);
    close(door->fd);
}
