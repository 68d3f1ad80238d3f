/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/os_door_priv.h - the socket of a console. Not a public header. */
#ifndef TUTTI_INSTRUMENTS_OS_DOOR_PRIV_H
#define TUTTI_INSTRUMENTS_OS_DOOR_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

/* A path that is listened at. */
struct door_path {
    int fd;
    char path[108]; /* as long as the system's */
    dev_t device;
    ino_t inode;
};

/* Listens at a path, mode 0600; takes over a socket that nobody serves. NULL, or a sentence's part
 * that says why not.                                                                            */
const char *door_listen(struct door_path *door, const char *path);
/* Closes it; the file goes, if it still is this one's. */
void door_unlisten(struct door_path *door);

#endif
