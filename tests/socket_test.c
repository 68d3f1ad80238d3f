/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sockets and pipes in the real world: waiting, sending, receiving, closing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "real_run.h"
#include "tutti/tutti.h"

/* A TCP connection over the loopback. */
struct link {
    struct tutti_socket near, far, listener;
};

static int link_connect(void *arg)
{
    struct link *link = arg;
    struct tutti_address address;
    TUTTI_TRY(tutti_socket_address(&link->listener, &address));
    return tutti_socket_connect(&link->near, &address);
}

static int link_body(struct tutti_nursery *nursery, void *arg)
{
    struct link *link = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, link_connect, link));
    return tutti_socket_accept(&link->listener, &link->far, NULL);
}

static int link_open(struct link *link, enum tutti_family family)
{
    struct tutti_address address = tutti_address_loopback(family, 0);
    TUTTI_TRY(tutti_socket_open(&link->listener, family, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_socket_bind(&link->listener, &address));
    TUTTI_TRY(tutti_socket_listen(&link->listener, 8));
    TUTTI_TRY(tutti_socket_open(&link->near, family, TUTTI_SOCKET_STREAM));
    int rc = tutti_nursery_run(link_body, link);
    tutti_socket_close(&link->listener);
    return rc;
}

static void link_close(struct link *link)
{
    tutti_socket_close(&link->near);
    tutti_socket_close(&link->far);
}

/* A call that a task of its own makes. */
struct waiter {
    struct tutti_handle handle;
    struct tutti_socket socket;
    uint32_t flags;
    int result;
    bool done;
};

static int polls(void *arg)
{
    struct waiter *waiter = arg;
    waiter->result = tutti_poll(waiter->handle, waiter->flags);
    waiter->done = true;
    return 0;
}

static int receives_one(void *arg)
{
    struct waiter *waiter = arg;
    char byte;
    waiter->result = tutti_socket_receive(&waiter->socket, &byte, 1);
    waiter->done = true;
    return 0;
}

/* Sends until there is no more room; returns how many bytes that were. */
static int fill_one(void *arg)
{
    static const char data[65536];
    return tutti_socket_send(arg, data, sizeof data);
}

static int fill(struct tutti_socket *socket)
{
    int sum = 0, rc;
    while ((rc = tutti_move_on_after(20 * TUTTI_MS, fill_one, socket)) > 0)
        sum += rc;
    return rc < 0 ? rc : sum;
}

static int drain(struct tutti_socket *socket, int count)
{
    static char data[65536];
    while (count > 0) {
        int rc = tutti_socket_receive(socket, data, sizeof data);
        tutti_check(rc > 0);
        count -= rc;
    }
    return count;
}

/* T81: ready to write at once, to read once there is something; one waits a direction. */
static int waits(struct tutti_nursery *nursery, void *arg)
{
    struct link *link = arg;
    struct waiter reader = {.handle = link->near.handle, .flags = TUTTI_POLL_READ};
    char byte = 'x';
    tutti_check(tutti_poll(link->near.handle, TUTTI_POLL_WRITE) == TUTTI_POLL_WRITE);
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &reader));
    TUTTI_TRY(tutti_wait_all_blocked(5 * TUTTI_MS));
    tutti_check(!reader.done);
    tutti_check(tutti_poll(link->near.handle, TUTTI_POLL_READ) == TUTTI_EBUSY);
    tutti_check(tutti_socket_receive(&link->near, &byte, 1) == TUTTI_EBUSY);
    tutti_check(tutti_poll(link->near.handle, TUTTI_POLL_WRITE) == TUTTI_POLL_WRITE);
    tutti_check(tutti_socket_send(&link->far, &byte, 1) == 1);
    while (!reader.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(reader.result == TUTTI_POLL_READ);
    tutti_check(tutti_poll(link->near.handle, TUTTI_POLL_READ) == TUTTI_POLL_READ);
    tutti_check(tutti_socket_receive(&link->near, &byte, 1) == 1);
    return 0;
}

static int T81_one_waits_a_direction(void *arg)
{
    struct link link;
    (void)arg;
    TUTTI_TRY(link_open(&link, TUTTI_FAMILY_IPV4));
    int rc = tutti_nursery_run(waits, &link);
    link_close(&link);
    return rc;
}

/* T81: a reader and a writer of one socket wake independently of each other. */
static int two_waiters(struct tutti_nursery *nursery, void *arg)
{
    struct link *link = arg;
    int filled = fill(&link->near);
    struct waiter reader = {.handle = link->near.handle, .flags = TUTTI_POLL_READ};
    struct waiter writer = {.handle = link->near.handle, .flags = TUTTI_POLL_WRITE};
    tutti_check(filled > 0);
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &reader));
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &writer));
    TUTTI_TRY(tutti_wait_all_blocked(5 * TUTTI_MS));
    tutti_check(!reader.done && !writer.done);
    tutti_check(tutti_run_statistics().ops_pending == 2);
    TUTTI_TRY(drain(&link->far, filled));
    while (!writer.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(!reader.done && writer.result == TUTTI_POLL_WRITE);
    tutti_check(tutti_socket_send(&link->far, "y", 1) == 1);
    while (!reader.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(reader.result & TUTTI_POLL_READ);
    return 0;
}

static int T81_both_directions(void *arg)
{
    struct link link;
    (void)arg;
    TUTTI_TRY(link_open(&link, TUTTI_FAMILY_IPV4));
    int rc = tutti_nursery_run(two_waiters, &link);
    link_close(&link);
    return rc;
}

/* T81: closing wakes both, and the handle stays closed, whoever gets its number next. */
static int close_under(struct tutti_nursery *nursery, void *arg)
{
    struct link *link = arg;
    struct tutti_socket next, next_2;
    char byte;
    tutti_check(fill(&link->near) > 0);
    struct waiter reader = {.socket = link->near};
    struct waiter writer = {.handle = link->near.handle, .flags = TUTTI_POLL_WRITE};
    TUTTI_TRY(tutti_nursery_start(nursery, receives_one, &reader));
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &writer));
    TUTTI_TRY(tutti_wait_all_blocked(5 * TUTTI_MS));
    int number = tutti_real_descriptor(link->near.handle);
    tutti_socket_close(&link->near);
    TUTTI_TRY(tutti_socket_pair(&next, &next_2, TUTTI_SOCKET_STREAM));
    tutti_check(tutti_real_descriptor(next.handle) == number ||
                tutti_real_descriptor(next_2.handle) == number);
    tutti_check(tutti_socket_send(&next_2, "z", 1) == 1);
    while (!reader.done || !writer.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(reader.result == TUTTI_ECLOSED && writer.result == TUTTI_ECLOSED);
    tutti_check(tutti_socket_receive(&link->near, &byte, 1) == TUTTI_ECLOSED);
    tutti_check(tutti_socket_send(&link->near, &byte, 1) == TUTTI_ECLOSED);
    tutti_check(tutti_poll(link->near.handle, TUTTI_POLL_READ) == TUTTI_ECLOSED);
    tutti_check(tutti_real_descriptor(link->near.handle) == TUTTI_ECLOSED);
    tutti_socket_close(&link->near); /* again: nothing, and nobody else's */
    tutti_check(tutti_socket_receive(&next, &byte, 1) == 1 && byte == 'z');
    tutti_socket_close(&next);
    tutti_socket_close(&next_2);
    return 0;
}

static int T81_closing_wakes(void *arg)
{
    struct link link;
    (void)arg;
    TUTTI_TRY(link_open(&link, real_has_ipv6() ? TUTTI_FAMILY_IPV6 : TUTTI_FAMILY_IPV4));
    int rc = tutti_nursery_run(close_under, &link);
    link_close(&link);
    return rc;
}

/* T81: descriptors of others, closed in four ways behind our back: no run wedges or crashes. */
enum un_notified { CLOSED, REUSED, REPLACED, DUPLICATE_LEFT, UN_NOTIFIED_WAYS };

static int un_notified_one(struct tutti_nursery *nursery, void *arg)
{
    enum un_notified how = *(enum un_notified *)arg;
    int fds[2], others[2], spare = -1;
    struct waiter reader = {.flags = TUTTI_POLL_READ};
    tutti_check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    tutti_check(socketpair(AF_UNIX, SOCK_STREAM, 0, others) == 0);
    TUTTI_TRY(tutti_real_watch(fds[0], &reader.handle));
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &reader));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    if (how == DUPLICATE_LEFT) spare = dup(fds[0]);
    if (how == REUSED || how == REPLACED) {
        tutti_check(dup2(others[0], fds[0]) == fds[0]);
    } else {
        close(fds[0]);
    }
    /* What happens to it now may wake the waiter or not. */
    tutti_check(write(how == REPLACED ? others[1] : fds[1], "x", 1) == (how == CLOSED ? -1 : 1) ||
                errno == EPIPE);
    (void)!tutti_wait_all_blocked(2 * TUTTI_MS);
    tutti_handle_close(reader.handle);
    while (!reader.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(reader.result == TUTTI_ECLOSED || reader.result > 0);
    if (how == REUSED || how == REPLACED) close(fds[0]);
    if (spare >= 0) close(spare);
    close(fds[1]);
    close(others[0]);
    close(others[1]);
    return 0;
}

static int T81_closed_behind_our_back(void *arg)
{
    (void)arg;
    signal(SIGPIPE, SIG_IGN); /* of this test's own write */
    for (int how = 0; how < UN_NOTIFIED_WAYS; how++) {
        enum un_notified way = (enum un_notified)how;
        TUTTI_TRY(tutti_nursery_run(un_notified_one, &way));
    }
    signal(SIGPIPE, SIG_DFL);
    return 0;
}

/* One that was closed behind our back, and whose number a socket of ours has since: whoever polls
 * it is told, and neither its handle nor what it waits for reaches the socket. */
static int number_taken(struct tutti_nursery *nursery, void *arg)
{
    struct waiter polled = {.flags = TUTTI_POLL_READ}, reader = {.flags = TUTTI_POLL_READ};
    struct tutti_socket a, b;
    bool early = *(bool *)arg; /* it polls before, else only afterwards */
    int fds[2];
    tutti_check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    TUTTI_TRY(tutti_real_watch(fds[0], &polled.handle));
    if (early) TUTTI_TRY(tutti_nursery_start(nursery, polls, &polled));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    close(fds[0]);
    close(fds[1]);
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    tutti_check(tutti_real_descriptor(a.handle) == fds[0]);
    reader.handle = a.handle;
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &reader));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    if (!early) TUTTI_TRY(tutti_nursery_start(nursery, polls, &polled));
    while (!polled.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(polled.result == -EBADF);
    tutti_check(tutti_real_descriptor(polled.handle) == -EBADF);
    tutti_handle_close(polled.handle);
    tutti_check(!reader.done && tutti_socket_send(&b, "x", 1) == 1);
    while (!reader.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(reader.result == TUTTI_POLL_READ);
    tutti_socket_close(&a);
    tutti_socket_close(&b);
    return 0;
}

static int T81_number_taken(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        bool early = i == 0;
        TUTTI_TRY(tutti_nursery_run(number_taken, &early));
    }
    return 0;
}

/* What is polled, and taken over later by the same number: polling ends, and the socket works. */
static int polled_then_adopted(struct tutti_nursery *nursery, void *arg)
{
    struct waiter polled = {.flags = TUTTI_POLL_READ};
    struct waiter reader = {.socket = {.family = TUTTI_FAMILY_UNIX}};
    int fds[2];
    (void)arg;
    tutti_check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    TUTTI_TRY(tutti_real_watch(fds[0], &polled.handle));
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &polled));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    TUTTI_TRY(tutti_real_adopt(fds[0], &reader.socket.handle));
    while (!polled.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(polled.result == -EBADF);
    TUTTI_TRY(tutti_nursery_start(nursery, receives_one, &reader));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    tutti_handle_close(polled.handle);
    tutti_check(!reader.done && write(fds[1], "x", 1) == 1);
    while (!reader.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(reader.result == 1);
    tutti_socket_close(&reader.socket);
    close(fds[1]);
    return 0;
}

static int watch_taken_over(void *arg)
{
    return tutti_nursery_run(polled_then_adopted, arg);
}

/* T81: descriptors of others are polled, and are not touched otherwise. */
static int T81_watch(void *arg)
{
    struct tutti_handle end, file, nothing, same;
    int fds[2];
    char byte;
    (void)arg;
    tutti_check(pipe(fds) == 0);
    TUTTI_TRY(tutti_real_watch(fds[0], &end));
    tutti_check(write(fds[1], "ab", 2) == 2);
    /* As long as there is something, whatever was read in between. */
    tutti_check(tutti_poll(end, TUTTI_POLL_READ) == TUTTI_POLL_READ);
    tutti_check(read(fds[0], &byte, 1) == 1);
    tutti_check(tutti_poll(end, TUTTI_POLL_READ) == TUTTI_POLL_READ);
    tutti_check(read(fds[0], &byte, 1) == 1);
    close(fds[1]);
    tutti_check(tutti_poll(end, TUTTI_POLL_READ) & TUTTI_POLL_HANGUP);
    tutti_check(!(fcntl(fds[0], F_GETFL) & O_NONBLOCK));
    struct tutti_socket as_socket = {.handle = end};
    tutti_check(tutti_socket_receive(&as_socket, &byte, 1) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_real_watch(fds[0], &same));
    tutti_handle_close(same);
    tutti_handle_close(end);
    tutti_check(fcntl(fds[0], F_GETFD) >= 0);
    close(fds[0]);
    /* A file is always ready; what is no descriptor is told at once. */
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    TUTTI_TRY(tutti_real_watch(fd, &file));
    tutti_check(tutti_poll(file, TUTTI_POLL_READ) == TUTTI_POLL_READ);
    tutti_handle_close(file);
    close(fd);
    tutti_check(tutti_real_watch(fd, &nothing) == -EBADF);
    tutti_check(tutti_real_watch(-1, &nothing) == -EBADF);
    return 0;
}

/* A result wins over a cancellation; what is cancelled took nothing. */
static int cancelled_receive(struct tutti_nursery *nursery, void *arg)
{
    struct link *link = arg;
    static struct waiter reader; /* outlives this body */
    reader = (struct waiter){.socket = link->near};
    TUTTI_TRY(tutti_nursery_start(nursery, receives_one, &reader));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    tutti_check(tutti_socket_send(&link->far, "q", 1) == 1);
    tutti_nursery_cancel(nursery);
    return 0;
}

static int cancellation(void *arg)
{
    struct link link;
    char byte = 0;
    (void)arg;
    TUTTI_TRY(link_open(&link, TUTTI_FAMILY_IPV4));
    TUTTI_TRY(tutti_nursery_run(cancelled_receive, &link));
    tutti_check(tutti_socket_receive(&link.near, &byte, 1) == 1 && byte == 'q');
    link_close(&link);
    return 0;
}

/* R4: what need not wait looks once, has its effect and yields once; a cancellation that comes in
 * that yield undoes nothing, one that was there before lets nothing happen. */
static int cancels(void *arg)
{
    tutti_scope_cancel(arg);
    return 0;
}

static int ready_calls(struct tutti_nursery *nursery, void *arg)
{
    const struct tutti_task *self = tutti_task_self();
    struct link *link = arg;
    struct tutti_scope scope;
    int64_t unread;
    char byte = 0;
    uint64_t looks = tutti_task_cancel_points(self), points = tutti_task_schedule_points(self);
    tutti_check(tutti_socket_send(&link->near, "a", 1) == 1);
    tutti_check(tutti_poll(link->far.handle, TUTTI_POLL_READ) == TUTTI_POLL_READ);
    tutti_check(tutti_socket_receive(&link->far, &byte, 1) == 1 && byte == 'a');
    tutti_check(tutti_task_cancel_points(self) == looks + 3);
    tutti_check(tutti_task_schedule_points(self) == points + 3);
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    TUTTI_TRY(tutti_nursery_start(nursery, cancels, &scope));
    int rc = tutti_socket_send(&link->near, "b", 1);
    tutti_check(rc == 1 && tutti_scope_called(&scope));
    rc = tutti_socket_send(&link->near, "c", 1);
    tutti_check(rc == TUTTI_ECANCELED);
    rc = tutti_socket_receive(&link->far, &byte, 1);
    tutti_check(rc == TUTTI_ECANCELED && byte == 'a');
    TUTTI_TRY(tutti_scope_close(&scope, rc));
    TUTTI_TRY(tutti_socket_get(&link->far, TUTTI_OPTION_UNREAD, &unread));
    tutti_check(unread == 1);
    return 0;
}

static int R4_ready_at_once(void *arg)
{
    struct link link;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&link.near, &link.far, TUTTI_SOCKET_STREAM));
    int rc = tutti_nursery_run(ready_calls, &link);
    link_close(&link);
    return rc;
}

/* The other side's end says nothing about room to write: who waits for that waits on. */
static int write_after_end(struct tutti_nursery *nursery, void *arg)
{
    static const char data[4096];
    struct waiter writer = {.flags = TUTTI_POLL_WRITE};
    const int *fds = arg;
    char byte;
    TUTTI_TRY(tutti_real_watch(fds[0], &writer.handle));
    while (send(fds[0], data, sizeof data, MSG_DONTWAIT) > 0)
        continue;
    tutti_check(shutdown(fds[1], SHUT_WR) == 0);
    tutti_check(tutti_poll(writer.handle, TUTTI_POLL_READ) == TUTTI_POLL_READ);
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &writer));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    tutti_check(!writer.done);
    while (recv(fds[1], &byte, 1, MSG_DONTWAIT) > 0)
        continue;
    while (!writer.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(writer.result == TUTTI_POLL_WRITE);
    tutti_handle_close(writer.handle);
    return 0;
}

static int half_closed(void *arg)
{
    int fds[2];
    (void)arg;
    tutti_check(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    int rc = tutti_nursery_run(write_after_end, fds);
    close(fds[0]);
    close(fds[1]);
    return rc;
}

/* Who waits below a stream keeps others from it, and breaks nothing. */
static int poll_below(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_socket_stream near, far;
    struct waiter reader = {.flags = TUTTI_POLL_READ};
    char byte;
    (void)arg;
    TUTTI_TRY(tutti_socket_stream_pair(&near, &far));
    reader.handle = near.socket.handle;
    TUTTI_TRY(tutti_nursery_start(nursery, polls, &reader));
    TUTTI_TRY(tutti_wait_all_blocked(2 * TUTTI_MS));
    tutti_check(tutti_stream_receive(&near.stream, &byte, 1) == TUTTI_EBUSY);
    TUTTI_TRY(tutti_stream_send_all(&far.stream, "x", 1));
    while (!reader.done)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(tutti_stream_receive(&near.stream, &byte, 1) == 1);
    tutti_stream_free(&near.stream);
    tutti_stream_free(&far.stream);
    return 0;
}

static int busy_below(void *arg)
{
    return tutti_nursery_run(poll_below, arg);
}

/* To a listener that takes nobody any more. */
struct crowd {
    struct tutti_address address;
    struct tutti_socket in[4], *last;
};

static int connects(void *arg)
{
    struct crowd *crowd = arg;
    return tutti_socket_connect(crowd->last, &crowd->address);
}

static int crowded(void *arg)
{
    struct crowd crowd = {.address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0)};
    struct tutti_socket listener;
    int rc = 1, count = 0;
    (void)arg;
    TUTTI_TRY(tutti_socket_open(&listener, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_socket_bind(&listener, &crowd.address));
    TUTTI_TRY(tutti_socket_listen(&listener, 0));
    TUTTI_TRY(tutti_socket_address(&listener, &crowd.address));
    for (bool open = true; open && count < 4; count++) {
        crowd.last = &crowd.in[count];
        TUTTI_TRY(tutti_socket_open(crowd.last, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
        rc = tutti_move_on_after(20 * TUTTI_MS, connects, &crowd);
        open = tutti_real_descriptor(crowd.last->handle) >= 0;
        tutti_check(rc == 0);
    }
    tutti_check(count > 1 && count < 4); /* the last one was cancelled, and is closed */
    for (int i = 0; i < count; i++)
        tutti_socket_close(&crowd.in[i]);
    tutti_socket_close(&listener);
    return 0;
}

/* Connecting cannot be undone: refused or cancelled, the socket is closed. */
static int connect_closes(void *arg)
{
    struct tutti_socket socket;
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    (void)arg;
    TUTTI_TRY(tutti_socket_open(&socket, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_socket_bind(&socket, &address));
    TUTTI_TRY(tutti_socket_address(&socket, &address));
    struct tutti_socket other;
    TUTTI_TRY(tutti_socket_open(&other, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    tutti_check(tutti_socket_connect(&other, &address) == -ECONNREFUSED);
    const struct tutti_error *error = tutti_error_record(-ECONNREFUSED);
    tutti_check(error && strstr(error->message, "connect to 127.0.0.1:"));
    tutti_check(tutti_real_descriptor(other.handle) == TUTTI_ECLOSED);
    tutti_socket_close(&socket);
    return crowded(NULL);
}

REAL_MAIN(REAL(T81_one_waits_a_direction), REAL(T81_both_directions), REAL(T81_closing_wakes),
          REAL(T81_closed_behind_our_back), REAL(T81_number_taken), REAL(watch_taken_over),
          REAL(T81_watch), REAL(cancellation), REAL(R4_ready_at_once), REAL(half_closed),
          REAL(busy_below), REAL(connect_closes))
