/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Operations on descriptors: tried at once if the descriptor may be ready, else when epoll says
 * that it is. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"

/* What concerns each direction: an error or a hang-up ends the waiting of both. */
enum {
    EVENTS_BOTH = EPOLLERR | EPOLLHUP,
    EVENTS_IN = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EVENTS_BOTH,
    EVENTS_OUT = EPOLLOUT | EVENTS_BOTH
};

static int64_t try_poll(struct real *real, struct slot *slot, struct tutti_op *op);

static int64_t (*const attempts[TUTTI_OP_KINDS])(struct real *real, struct slot *slot,
                                                 struct tutti_op *op) = {
    [TUTTI_OP_CONNECT] = try_connect, [TUTTI_OP_ACCEPT] = try_accept,
    [TUTTI_OP_RECV] = try_recv,       [TUTTI_OP_SEND] = try_send,
    [TUTTI_OP_POLL] = try_poll,       [TUTTI_OP_SENDFILE] = try_sendfile,
    [TUTTI_OP_SPLICE] = try_splice,
};

/* Does `op` use this direction of op->handle? */
static bool uses(const struct tutti_op *op, enum direction direction)
{
    switch (op->kind) {
    case TUTTI_OP_ACCEPT:
    case TUTTI_OP_RECV:
    case TUTTI_OP_SPLICE:
        return direction == IN;
    case TUTTI_OP_POLL:
        return op->flags &
               (direction == IN ? TUTTI_POLL_READ | TUTTI_POLL_URGENT : TUTTI_POLL_WRITE);
    default:
        return direction == OUT;
    }
}

/* Epoll is told of a descriptor once. Those that it does not take (files) are always ready. */
static int64_t make_known(struct real *real, struct slot *slot)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET,
                                .data = {.u64 = slot_tag(slot)}};
    if (slot->known && slot->sort != SORT_WATCH) return 0;
    /* Whose descriptor it is may have closed it and got the number again: it is told anew. */
    if (slot->known && epoll_ctl(real->epoll_fd, EPOLL_CTL_MOD, slot->fd, &event) == 0) return 0;
    if (epoll_ctl(real->epoll_fd, EPOLL_CTL_ADD, slot->fd, &event) < 0) {
        if (errno == EEXIST) return TUTTI_EBUSY; /* two watches of one descriptor */
        return errno == ENOMEM || errno == ENOSPC ? TUTTI_ENOMEMORY : -errno;
    }
    slot->known = true;
    return 0;
}

uint32_t poll_flags(short events)
{
    return (events & POLLIN ? (unsigned)TUTTI_POLL_READ : 0) |
           (events & POLLRDHUP ? (unsigned)TUTTI_POLL_READ : 0) |
           (events & POLLOUT ? (unsigned)TUTTI_POLL_WRITE : 0) |
           (events & POLLPRI ? (unsigned)TUTTI_POLL_URGENT : 0) |
           (events & POLLERR ? (unsigned)TUTTI_POLL_ERROR : 0) |
           (events & POLLHUP ? (unsigned)TUTTI_POLL_HANGUP : 0);
}

/* Asks the system, and corrects the ready bits by what it says. */
static int64_t try_poll(struct real *real, struct slot *slot, struct tutti_op *op)
{
    struct pollfd ask = {.fd = slot->fd};
    (void)real;
    if (op->flags & TUTTI_POLL_READ) ask.events |= POLLIN | POLLRDHUP;
    if (op->flags & TUTTI_POLL_WRITE) ask.events |= POLLOUT;
    if (op->flags & TUTTI_POLL_URGENT) ask.events |= POLLPRI;
    if (poll(&ask, 1, 0) < 0) return errno == EINTR ? -EAGAIN : -errno;
    if (ask.revents & POLLNVAL) return -EBADF;
    uint32_t ready = poll_flags(ask.revents);
    if (!ready) {
        if (op->flags & TUTTI_POLL_READ) slot->ready[IN] = false;
        if (op->flags & TUTTI_POLL_WRITE) slot->ready[OUT] = false;
    }
    return ready ? (int64_t)ready : -EAGAIN;
}

/* A poll of ours need not ask while a bit says that it would wait. */
static bool may_be_ready(const struct slot *slot, const struct tutti_op *op)
{
    if (slot->sort == SORT_WATCH || op->kind == TUTTI_OP_CONNECT) return true;
    if (op->kind == TUTTI_OP_POLL && op->flags & TUTTI_POLL_URGENT) return true;
    return (uses(op, IN) && slot->ready[IN]) || (uses(op, OUT) && slot->ready[OUT]);
}

/* What each kind of operation can be done with. */
static bool fits(const struct slot *slot, const struct tutti_op *op)
{
    bool watch = slot->sort == SORT_WATCH, listener = slot->sort == SORT_LISTENER;
    if (op->kind == TUTTI_OP_POLL) return uses(op, IN) || uses(op, OUT);
    if (op->kind == TUTTI_OP_ACCEPT) return listener;
    if (op->kind == TUTTI_OP_CONNECT) {
        return op->detail && (slot->sort == SORT_STREAM || slot->sort == SORT_DATAGRAM);
    }
    return !watch && !listener;
}

/* The far end of a splice waits in the other direction, of another slot. */
static struct slot *far_end(struct real *real, const struct tutti_op *op, int64_t *error)
{
    return op->kind == TUTTI_OP_SPLICE ? slot_find(real, op->other, error) : NULL;
}

static void wait_for(struct slot *slot, struct slot *far, struct tutti_op *op,
                     struct tutti_op *value)
{
    for (int d = 0; d < DIRECTIONS; d++) {
        if (uses(op, (enum direction)d)) slot->waiting[d] = value;
    }
    if (far) far->waiting[OUT] = value;
}

/* Tries, or waits: the result of an operation that is complete, or -EAGAIN. */
static int64_t begin(struct real *real, struct tutti_op *op)
{
    int64_t error;
    struct slot *slot = slot_find(real, op->handle, &error);
    if (!slot) return error;
    if (!fits(slot, op)) return TUTTI_EINVALID;
    struct slot *far = far_end(real, op, &error);
    if (op->kind == TUTTI_OP_SPLICE && !far) return error;
    if (far && far->sort == SORT_WATCH) return TUTTI_EINVALID;
    if ((far && far->waiting[OUT]) || (uses(op, IN) && slot->waiting[IN]) ||
        (uses(op, OUT) && slot->waiting[OUT])) {
        return TUTTI_EBUSY;
    }
    if (may_be_ready(slot, op)) {
        int64_t result = attempts[op->kind](real, slot, op);
        if (result != -EAGAIN) return result;
    }
    error = make_known(real, slot);
    if (error == 0 && far) error = make_known(real, far);
    if (error == -EPERM && op->kind == TUTTI_OP_POLL) return op->flags & 3;
    if (error < 0) return error;
    wait_for(slot, far, op, op);
    return -EAGAIN;
}

int ready_start(struct real *real, struct tutti_op *op)
{
    int64_t result = begin(real, op);
    if (result == -EAGAIN) return TUTTI_IO_PENDING;
    op->result = result;
    return TUTTI_IO_DONE;
}

/* It does not wait any more, and is complete. */
static void finish(struct real *real, struct tutti_op *op, int64_t result)
{
    int64_t error;
    struct slot *slot = slot_find(real, op->handle, &error);
    struct slot *far = far_end(real, op, &error);
    if (slot) wait_for(slot, far, op, NULL);
    real_done(real, op, result);
}

void ready_stop(struct real *real, struct tutti_op *op)
{
    int64_t error;
    struct slot *slot = slot_find(real, op->handle, &error);
    bool waits = slot && (slot->waiting[IN] == op || slot->waiting[OUT] == op);
    if (waits) finish(real, op, TUTTI_ECANCELED); /* else it is complete already */
}

/* What waits in a direction that is ready is tried again. */
static void retry(struct real *real, struct slot *slot, enum direction direction, uint32_t events)
{
    struct tutti_op *op = slot->waiting[direction];
    if (!op) return;
    int64_t error, result;
    struct slot *near = op->kind == TUTTI_OP_SPLICE ? slot_find(real, op->handle, &error) : slot;
    if (op->kind == TUTTI_OP_POLL) {
        /* The events are those of the system's poll; what was not asked for is no reason. */
        uint32_t asked = op->flags | TUTTI_POLL_ERROR | TUTTI_POLL_HANGUP;
        result = poll_flags((short)events) & asked;
        if (result == 0) return;
    } else {
        result = attempts[op->kind](real, near, op);
        if (result == -EAGAIN) return;
    }
    finish(real, op, result);
}

void ready_event(struct real *real, uint64_t tag, uint32_t events)
{
    struct slot *slot = slot_tagged(real, tag);
    if (!slot) return; /* of a descriptor that was closed since */
    if (events & (EPOLLRDHUP | EPOLLPRI | EVENTS_BOTH)) slot->rough = true;
    if (events & EVENTS_IN) slot->ready[IN] = true;
    if (events & EVENTS_OUT) slot->ready[OUT] = true;
    if (events & EVENTS_IN) retry(real, slot, IN, events);
    if (events & EVENTS_OUT) retry(real, slot, OUT, events);
}

void ready_close(struct real *real, struct slot *slot, int64_t result)
{
    for (int d = 0; d < DIRECTIONS; d++) {
        if (slot->waiting[d]) finish(real, slot->waiting[d], result);
    }
}
