/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real world on Linux. One a thread; an eventfd ends its sleep from outside. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"
#include "tutti/io/real.h"

/* Events that are taken at once; more stay for the next look. */
enum { EVENTS_AT_ONCE = 128 };

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
static int64_t now_random(struct real *real, struct tutti_op *op)
{
    size_t done = 0;
    (void)real;
    while (done < op->length) {
        ssize_t n = getrandom((char *)op->buffer + done, op->length - done, 0);
        if (n < 0 && errno != EINTR) return -errno;
        if (n > 0) done += (size_t)n;
    }
    return (int64_t)op->length;
}

/* The kinds that are done at once. */
static int64_t (*const at_once[TUTTI_OP_KINDS])(struct real *real, struct tutti_op *op) = {
    [TUTTI_OP_SOCKET] = now_socket,       [TUTTI_OP_PAIR] = now_pair,
    [TUTTI_OP_PIPE] = now_pipe,           [TUTTI_OP_BIND] = now_bind,
    [TUTTI_OP_LISTEN] = now_listen,       [TUTTI_OP_SHUTDOWN] = now_shutdown,
    [TUTTI_OP_CLOSE] = now_close,         [TUTTI_OP_ADDRESS] = now_address,
    [TUTTI_OP_OPTION] = now_option,       [TUTTI_OP_RANDOM] = now_random,
    [TUTTI_OP_DUPLICATE] = now_duplicate,
};

/* The others: how they are started, and asked to end. */
static const struct kind {
    int (*start)(struct real *real, struct tutti_op *op);
    void (*stop)(struct real *real, struct tutti_op *op);
} kinds[TUTTI_OP_KINDS] = {
    [TUTTI_OP_CONNECT] = {ready_start, ready_stop},  [TUTTI_OP_ACCEPT] = {ready_start, ready_stop},
    [TUTTI_OP_RECV] = {ready_start, ready_stop},     [TUTTI_OP_SEND] = {ready_start, ready_stop},
    [TUTTI_OP_POLL] = {ready_start, ready_stop},     [TUTTI_OP_SPLICE] = {ready_start, ready_stop},
    [TUTTI_OP_SENDFILE] = {ready_start, ready_stop}, [TUTTI_OP_RESOLVE] = {lookup_start, job_stop},
    [TUTTI_OP_CALL] = {worker_call_start, job_stop},
};

static int real_start(struct tutti_io *io, struct tutti_op *op)
{
    struct real *real = TUTTI_CONTAINER(io, struct real, io);
    if ((unsigned)op->kind < TUTTI_OP_KINDS) {
        if (kinds[op->kind].start) return kinds[op->kind].start(real, op);
        if (at_once[op->kind]) {
            op->result = at_once[op->kind](real, op);
            return TUTTI_IO_DONE;
        }
    }
    op->result = TUTTI_EUNSUPPORTED;
    return TUTTI_IO_DONE;
}

static void real_stop(struct tutti_io *io, struct tutti_op *op)
{
    kinds[op->kind].stop(TUTTI_CONTAINER(io, struct real, io), op);
}

void real_done(struct real *real, struct tutti_op *op, int64_t result)
{
    op->result = result;
    op->next = NULL;
    if (real->done_last) {
        real->done_last->next = op;
    } else {
        real->done_first = op;
    }
    real->done_last = op;
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

void real_post(struct real *real, struct posted *posted)
{
    struct posted *last = atomic_load(&real->posted);
    do {
        posted->next = last;
    } while (!atomic_compare_exchange_weak(&real->posted, &last, posted));
    real_wake(&real->io);
}

/* Calls what threads handed over, first come first. */
static void take_posted(struct real *real)
{
    struct posted *newest = atomic_exchange(&real->posted, NULL), *oldest = NULL;
    while (newest) {
        struct posted *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct posted *next = oldest->next;
        oldest->fn(oldest);
        oldest = next;
    }
}

/* epoll_pwait2 came with Linux 5.11; before it a wait is a whole number of milliseconds. */
static int wait_for_events(struct real *real, struct epoll_event *events, int64_t left_ns)
{
    struct timespec timeout = {.tv_sec = left_ns / TUTTI_S, .tv_nsec = left_ns % TUTTI_S};
    if (left_ns == 0) return epoll_wait(real->epoll_fd, events, EVENTS_AT_ONCE, 0);
    if (left_ns == TUTTI_NEVER) return epoll_wait(real->epoll_fd, events, EVENTS_AT_ONCE, -1);
    if (!real->coarse) {
        int n = epoll_pwait2(real->epoll_fd, events, EVENTS_AT_ONCE, &timeout, NULL);
        if (n >= 0 || errno != ENOSYS) return n;
        real->coarse = true;
    }
    int64_t left_ms = (left_ns - 1) / TUTTI_MS + 1;
    return epoll_wait(real->epoll_fd, events, EVENTS_AT_ONCE,
                      left_ms < INT32_MAX ? (int)left_ms : INT32_MAX);
}

static struct tutti_op *real_wait(struct tutti_io *io, int64_t until_ns)
{
    struct real *real = TUTTI_CONTAINER(io, struct real, io);
    struct epoll_event events[EVENTS_AT_ONCE];
    int64_t left_ns = TUTTI_NEVER;
    if (real->done_first) {
        left_ns = 0;
    } else if (until_ns != TUTTI_NEVER) {
        left_ns = until_ns - real_now(&real->clock);
        if (left_ns < 0) left_ns = 0;
    }
    int count = wait_for_events(real, events, left_ns);
    for (int i = 0; i < count; i++) {
        uint64_t wakes;
        if (events[i].data.u64 != 0) {
            ready_event(real, events[i].data.u64, events[i].events);
        } else if (read(real->wake_fd, &wakes, sizeof wakes) < 0) {
            /* somebody was faster */
        }
    }
    take_posted(real);
    struct tutti_op *done = real->done_first;
    real->done_first = real->done_last = NULL;
    return done;
}

static uint32_t real_end(struct tutti_io *io)
{
    struct real *real = TUTTI_CONTAINER(io, struct real, io);
    uint32_t open = slot_drop_all(real);
    job_end_all(real);
    take_posted(real);
    real->done_first = real->done_last = NULL;
    return open;
}

static void real_close(void *data)
{
    struct real *real = data;
    slot_drop_all(real);
    job_settle();
    for (uint32_t i = 0; i < real->chunks_count; i++)
        free(real->chunks[i]);
    free(real->chunks);
    if (real->epoll_fd >= 0) close(real->epoll_fd);
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
    return world->error < 0 ? world->error : TUTTI_CONTAINER(world->io, struct real, io)->epoll_fd;
}

/* Makes the world's own descriptors; returns 0 or why not. */
static int open_descriptors(struct real *real)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = 0}};
    real->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    real->epoll_fd = real->wake_fd < 0 ? -1 : epoll_create1(EPOLL_CLOEXEC);
    if (real->epoll_fd < 0) return -errno;
    return epoll_ctl(real->epoll_fd, EPOLL_CTL_ADD, real->wake_fd, &event) < 0 ? -errno : 0;
}

const struct tutti_world *tutti_world_real(void)
{
    static const struct tutti_world no_memory = {.error = TUTTI_ENOMEMORY};
    static _Atomic(uint32_t) worlds;
    pthread_once(&real_once, real_key_make);
    struct real *real = pthread_getspecific(real_key);
    if (real) return &real->world;
    real = calloc(1, sizeof *real);
    if (!real || pthread_setspecific(real_key, real) != 0) {
        free(real);
        return &no_memory;
    }
    real->clock.now = real_now;
    real->io = (struct tutti_io){real_start, real_stop, real_wait, real_wake, real_end, NULL};
    real->id = atomic_fetch_add(&worlds, 1) + 1;
    real->world = (struct tutti_world){
        .clock = &real->clock, .io = &real->io, .outside = true, .error = open_descriptors(real)};
    return &real->world;
}
