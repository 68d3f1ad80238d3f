/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/real.h - the real world: the system's monotonic clock, its sleep, its descriptors, its random
 * bytes.
 *
 * What a program does with sockets it does by io/socket.h, in any world. Here is what only the real
 * one has: descriptors that somebody else made, and the numbers behind handles.
 *
 * A child of fork() shares its parent's epoll and eventfd: once the thread that forks has a real
 * world, the child is for exec() or _exit(). To serve from several processes fork first. */
#ifndef TUTTI_IO_REAL_H
#define TUTTI_IO_REAL_H

#include "tutti/core/op.h"
#include "tutti/core/world.h"

TUTTI_BEGIN

/* The calling thread's real world, for tutti_run: made at the first call, closed when the thread
 * ends, the same every time in between. Copy it to change a door. Kinds of operation that it does
 * not have yet complete with TUTTI_EUNSUPPORTED. When the system has no descriptor for it, its
 * `error` says why and tutti_run returns that. Not for use in a task.                           */
TUTTI_API const struct tutti_world *tutti_world_real(void);

/* A descriptor that is readable when a loop in the calling thread's real world is to be stepped
 * before its timeout (core/loop.h): to be polled for reading, never read. The world's; valid as
 * long as it is. Negative: the world's error. */
TUTTI_API int tutti_world_real_descriptor(void);

/* The following are for tasks of a run in the calling thread's real world. */

/* Takes over descriptor `fd`, of whatever sort: *handle is what operations know it by, and closing
 * that closes it. It becomes close-on-exec, and, for all who share its open file and as long as it
 * is taken over, non-blocking. Of a socket's handle tutti_socket_of_handle makes a socket
 * (io/socket.h). Returns 0, TUTTI_ENOMEMORY or an error of the system; then it is still yours. Not
 * a checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_real_adopt(int fd, struct tutti_handle *handle);
/* Makes a handle with which `fd`, which stays yours and as it is, can be polled (tutti_poll of
 * io/socket.h) and nothing else. Before you close `fd` give the handle back with
 * tutti_handle_close: whoever polls gets TUTTI_ECLOSED. If you do not, they may wait until they are
 * cancelled, or get -EBADF, when the number is given to a new descriptor of tutti's. One handle a
 * descriptor: the second one's poll is TUTTI_EBUSY. Returns 0, TUTTI_ENOMEMORY or an error of the
 * system. Not a checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_real_watch(int fd, struct tutti_handle *handle);

/* The descriptor behind a handle, whose it stays: for calls that tutti has not. Returns it or
 * TUTTI_ECLOSED, TUTTI_EINVALID. Not a checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_real_descriptor(struct tutti_handle handle);
/* The same, and it is yours from now on; the handle is closed, who waits gets TUTTI_ECLOSED. What
 * was taken over blocks again if it did before; what was made here stays non-blocking. Not a
 * checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_real_release(struct tutti_handle handle);

TUTTI_END
#endif
