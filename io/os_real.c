/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real world on Linux. One a thread; an eventfd ends its sleep from outside. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/core/op.h"
#include "tutti/io/real.h"

struct real {
    struct tutti_clock clock;
    struct tutti_io io;
    struct tutti_world world;
    int wake_fd;
};

static pthread_key_t real_key;
static pthread_once_t real_once = PTHREAD_ONCE_INIT;

static int64_t real_now(struct tutti_clock *clock)
{
    struct timespec now;
    (void)clock;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * TUTTI_S + now.tv_nsec;
}

/* Fills the buffer, however many calls it takes: signals and sizes over 256 bytes cut it short. */
static int64_t random_bytes(char *buffer, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t n = getrandom(buffer + done, length - done, 0);
        if (n < 0 && errno != EINTR) return -errno;
        if (n > 0) done += (size_t)n;
    }
    return (int64_t)length;
}

static int real_start(struct tutti_io *io, struct tutti_op *op)
{
    (void)io;
    op->result =
        op->kind == TUTTI_OP_RANDOM ? random_bytes(op->buffer, op->length) : TUTTI_EUNSUPPORTED;
    return TUTTI_IO_DONE;
}

static void real_stop(struct tutti_io *io, struct tutti_op *op)
{
    (void)io, (void)op; /* no operation stays pending */
}

static struct tutti_op *real_wait(struct tutti_io *io, int64_t until_ns)
{
    struct real *real = TUTTI_CONTAINER(io, struct real, io);
    struct pollfd poll_fd = {.fd = real->wake_fd, .events = POLLIN};
    struct timespec timeout, *bound = NULL;
    if (until_ns != TUTTI_NEVER) {
        int64_t left_ns = until_ns - real_now(&real->clock);
        if (left_ns < 0) left_ns = 0;
        timeout = (struct timespec){.tv_sec = left_ns / TUTTI_S, .tv_nsec = left_ns % TUTTI_S};
        bound = &timeout;
    }
    if (ppoll(&poll_fd, 1, bound, NULL) > 0) {
        uint64_t wakes;
        if (read(real->wake_fd, &wakes, sizeof wakes) < 0) return NULL; /* somebody was faster */
    }
    return NULL;
}

static void real_wake(struct tutti_io *io)
{
    struct real *real = TUTTI_CONTAINER(io, struct real, io);
    int saved = errno; /* callable from signal handlers */
    uint64_t one = 1;
    if (write(real->wake_fd, &one, sizeof one) < 0) {
        /* the counter is full: a wake is pending already */
    }
    errno = saved;
}

static void real_close(void *data)
{
    struct real *real = data;
    if (real->wake_fd >= 0) close(real->wake_fd);
    free(real);
}

static void real_key_make(void)
{
    if (pthread_key_create(&real_key, real_close) != 0) abort(); /* 1024 keys are in use */
}

int tutti_world_real_descriptor(void)
{
    const struct tutti_world *world = tutti_world_real();
    return world->error < 0 ? world->error : TUTTI_CONTAINER(world->io, struct real, io)->wake_fd;
}

const struct tutti_world *tutti_world_real(void)
{
    static const struct tutti_world no_memory = {.error = TUTTI_ENOMEMORY};
    pthread_once(&real_once, real_key_make);
    struct real *real = pthread_getspecific(real_key);
    if (real) return &real->world;
    real = calloc(1, sizeof *real);
    if (!real || pthread_setspecific(real_key, real) != 0) {
        free(real);
        return &no_memory;
    }
    real->clock.now = real_now;
    real->io = (struct tutti_io){real_start, real_stop, real_wait, real_wake, NULL};
    real->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    real->world = (struct tutti_world){.clock = &real->clock,
                                       .io = &real->io,
                                       .outside = true,
                                       .error = real->wake_fd < 0 ? -errno : 0};
    return &real->world;
}
