/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Pipes, and what goes from one descriptor to another without coming by here. These calls raise
 * SIGPIPE where send() can be told not to.                                                       */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"

#ifndef RWF_NOSIGNAL
#define RWF_NOSIGNAL 0x100 /* Linux 6.18; older headers lack it, older kernels refuse it */
#endif

/* Of a splice whose ends say that they are ready. */
enum { TRIES_MAX = 16 };

/* SIGPIPE is blocked in this thread for a call; if the call raised it, it is taken away. */
struct quiet {
    sigset_t before, pipe;
    bool pending; /* it was there before: not ours to take */
};

static void quiet_begin(struct quiet *quiet)
{
    sigset_t pending;
    sigemptyset(&quiet->pipe);
    sigaddset(&quiet->pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &quiet->pipe, &quiet->before);
    quiet->pending = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE);
}

static void quiet_end(struct quiet *quiet, ssize_t result)
{
    static const struct timespec no_time;
    int saved = errno;
    if (result < 0 && saved == EPIPE && !quiet->pending) {
        while (sigtimedwait(&quiet->pipe, NULL, &no_time) < 0 && errno == EINTR) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
    errno = saved;
}

ssize_t quiet_write(int fd, const void *data, size_t length)
{
    static _Atomic(bool) refused;
    struct quiet quiet;
    if (!atomic_load_explicit(&refused, memory_order_relaxed)) {
        const struct iovec piece = {.iov_base = (void *)(uintptr_t)data, .iov_len = length};
        ssize_t n = pwritev2(fd, &piece, 1, -1, RWF_NOSIGNAL);
        if (n >= 0 || (errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS)) return n;
        atomic_store_explicit(&refused, true, memory_order_relaxed);
    }
    quiet_begin(&quiet);
    ssize_t n = write(fd, data, length);
    quiet_end(&quiet, n);
    return n;
}

int64_t try_sendfile(struct real *real, struct slot *slot, struct tutti_op *op)
{
    int64_t error;
    struct quiet quiet;
    struct slot *from = slot_find(real, op->other, &error);
    if (!from) return error;
    if (from->sort == SORT_WATCH) return TUTTI_EINVALID;
    off_t offset = op->offset;
    ssize_t n;
    quiet_begin(&quiet);
    do {
        n = sendfile(slot->fd, from->fd, &offset, op->length);
    } while (n < 0 && errno == EINTR);
    quiet_end(&quiet, n);
    if (n >= 0) return n;
    if (errno != EAGAIN) return -errno;
    slot->ready[OUT] = false;
    return -EAGAIN;
}

/* Which end is not ready? EAGAIN does not say, and a bit may be cleared only when that is sure. */
static int64_t ask_both(struct slot *from, struct slot *to)
{
    struct pollfd ends[] = {{.fd = from->fd, .events = POLLIN}, {.fd = to->fd, .events = POLLOUT}};
    if (poll(ends, 2, 0) < 0) return errno == EINTR ? 1 : -errno;
    from->ready[IN] = ends[0].revents != 0;
    to->ready[OUT] = ends[1].revents != 0;
    return from->ready[IN] && to->ready[OUT];
}

int64_t try_splice(struct real *real, struct slot *slot, struct tutti_op *op)
{
    int64_t error;
    struct quiet quiet;
    struct slot *to = slot_find(real, op->other, &error);
    if (!to) return error;
    for (int tries = 0;; tries++) {
        quiet_begin(&quiet);
        ssize_t n =
            splice(slot->fd, NULL, to->fd, NULL, op->length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        quiet_end(&quiet, n);
        if (n >= 0) return n;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -errno;
        /* Both ready, and EAGAIN all the same: it became so in between. */
        int64_t both = ask_both(slot, to);
        if (both < 0) return both;
        if (!both) return -EAGAIN;
        if (tries == TRIES_MAX) return TUTTI_EWOULDBLOCK; /* rather than wait for ever */
    }
}
