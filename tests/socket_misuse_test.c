/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What programs do wrong with sockets: each has its documented error, and nothing else happens. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "real_run.h"
#include "tutti/tutti.h"

static char buffer[8];
static struct tutti_piece piece = {buffer, sizeof buffer};
static struct tutti_message message = {.pieces = &piece, .pieces_count = 1};

/* Every call with this handle gives `expected`. */
static int all_give(struct tutti_socket socket, int expected)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 1);
    struct tutti_socket other;
    int64_t value = 0;
    struct tutti_socket copy = socket;
    tutti_check(tutti_socket_duplicate(&socket, &other) == expected);
    tutti_check(tutti_socket_of_handle(socket.handle, &other) == expected);
    tutti_check(tutti_socket_bind(&socket, &address) == expected);
    tutti_check(tutti_socket_listen(&socket, 1) == expected);
    tutti_check(tutti_socket_accept(&socket, &other, NULL) == expected);
    tutti_check(tutti_socket_connect(&copy, &address) == expected);
    tutti_check(tutti_socket_receive(&socket, buffer, 1) == expected);
    tutti_check(tutti_socket_send(&socket, buffer, 1) == expected);
    tutti_check(tutti_socket_receive_message(&socket, &message, 0) == expected);
    tutti_check(tutti_socket_send_message(&socket, &message, 0) == expected);
    tutti_check(tutti_socket_send_to(&socket, buffer, 1, &address) == expected);
    tutti_check(tutti_socket_send_file(&socket, socket.handle, 0, 1, NULL) == expected);
    tutti_check(tutti_splice(socket.handle, socket.handle, 1) == expected);
    tutti_check(tutti_poll(socket.handle, TUTTI_POLL_READ) == expected);
    tutti_check(tutti_socket_shutdown(&socket, TUTTI_POLL_WRITE) == expected);
    tutti_check(tutti_socket_address(&socket, &address) == expected);
    tutti_check(tutti_socket_peer(&socket, &address) == expected);
    tutti_check(tutti_socket_set(&socket, TUTTI_OPTION_NODELAY, 1) == expected);
    tutti_check(tutti_socket_get(&socket, TUTTI_OPTION_NODELAY, &value) == expected);
    tutti_check(tutti_real_descriptor(socket.handle) == expected);
    tutti_check(tutti_real_release(socket.handle) == expected);
    tutti_socket_close(&socket);
    tutti_socket_reset(&socket);
    return 0;
}

static int closed(void *arg)
{
    struct tutti_socket a, b;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    tutti_socket_close(&a);
    TUTTI_TRY(all_give(a, TUTTI_ECLOSED));
    tutti_socket_close(&b);
    return 0;
}

static int never_opened(void *arg)
{
    struct tutti_socket none = {.family = TUTTI_FAMILY_NONE};
    struct tutti_socket rubbish = {.handle = {.index = 12345, .world = 1, .generation = 99}};
    struct tutti_socket_stream stream = {.stream = {.kind = NULL}};
    (void)arg;
    TUTTI_TRY(all_give(none, TUTTI_EINVALID));
    TUTTI_TRY(all_give(rubbish, TUTTI_EINVALID));
    tutti_check(tutti_stream_receive(&stream.stream, buffer, 1) == TUTTI_EINVALID);
    return 0;
}

/* No socket at all, as a stream that is none has below it. */
static int null(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 1);
    struct tutti_socket other = {.family = TUTTI_FAMILY_NONE}, *none = NULL;
    int64_t value;
    void *data;
    (void)arg;
    tutti_check(tutti_socket_bind(none, &address) == TUTTI_EINVALID);
    tutti_check(tutti_socket_listen(none, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_accept(none, &other, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_socket_connect(none, &address) == TUTTI_EINVALID);
    tutti_check(tutti_socket_receive(none, buffer, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_receive(none, buffer, 0) == TUTTI_EINVALID);
    tutti_check(tutti_socket_receive_when_ready(none, 1, &data) == TUTTI_EINVALID);
    tutti_check(tutti_socket_receive_from(none, buffer, 1, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send(none, buffer, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send_to(none, buffer, 1, &address) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send_message(none, &message, 0) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send_file(none, other.handle, 0, 1, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_socket_duplicate(none, &other) == TUTTI_EINVALID);
    tutti_check(tutti_socket_shutdown(none, TUTTI_POLL_WRITE) == TUTTI_EINVALID);
    tutti_check(tutti_socket_address(none, &address) == TUTTI_EINVALID);
    tutti_check(tutti_socket_peer(none, &address) == TUTTI_EINVALID);
    tutti_check(tutti_socket_set(none, TUTTI_OPTION_KEEPALIVE, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_get(none, TUTTI_OPTION_KEEPALIVE, &value) == TUTTI_EINVALID);
    tutti_socket_close(none);
    tutti_socket_reset(none);
    return 0;
}

/* A handle of another thread's world. */
static int lends(void *arg)
{
    struct tutti_socket *pair = arg;
    return tutti_socket_pair(&pair[0], &pair[1], TUTTI_SOCKET_STREAM);
}

static void *elsewhere(void *arg)
{
    static const struct tutti_options quiet = {.quiet = true};
    struct tutti_world world = *tutti_world_real();
    world.options = &quiet;
    (void)!tutti_run(&world, lends, arg);
    return NULL;
}

static int foreign(void *arg)
{
    struct tutti_socket pair[2], mine[2];
    pthread_t thread;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&mine[0], &mine[1], TUTTI_SOCKET_STREAM));
    tutti_check(pthread_create(&thread, NULL, elsewhere, pair) == 0);
    pthread_join(thread, NULL);
    TUTTI_TRY(all_give(pair[0], TUTTI_EINVALID));
    tutti_check(tutti_socket_send(&mine[0], "x", 1) == 1); /* the same place in another table */
    tutti_socket_close(&mine[0]);
    tutti_socket_close(&mine[1]);
    return 0;
}

/* The right handle for something else. */
static int wrong_sort(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    struct tutti_handle reader, writer;
    struct tutti_socket listener, other;
    int64_t value;
    (void)arg;
    TUTTI_TRY(tutti_pipe_open(&reader, &writer));
    struct tutti_socket pipe_end = {.handle = reader};
    tutti_check(tutti_socket_accept(&pipe_end, &other, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_socket_bind(&pipe_end, &address) == TUTTI_EINVALID);
    tutti_check(tutti_socket_listen(&pipe_end, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_duplicate(&pipe_end, &other) == TUTTI_EINVALID);
    tutti_check(tutti_socket_shutdown(&pipe_end, TUTTI_POLL_READ) == TUTTI_EINVALID);
    tutti_check(tutti_socket_address(&pipe_end, &address) == TUTTI_EINVALID);
    tutti_check(tutti_socket_get(&pipe_end, TUTTI_OPTION_ERROR, &value) == TUTTI_EINVALID);
    tutti_check(tutti_socket_receive_message(&pipe_end, &message, 0) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send(&pipe_end, "x", 1) == -EBADF); /* the end to read */
    tutti_handle_close(reader);
    tutti_handle_close(writer);
    TUTTI_TRY(tutti_socket_open(&listener, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    tutti_check(tutti_socket_accept(&listener, &other, NULL) == TUTTI_EINVALID); /* not yet */
    tutti_check(tutti_socket_receive(&listener, buffer, 1) == -ENOTCONN);
    tutti_check(tutti_socket_peer(&listener, &address) == -ENOTCONN);
    TUTTI_TRY(tutti_socket_listen(&listener, 1));
    tutti_check(tutti_socket_receive(&listener, buffer, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send(&listener, buffer, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_get(&listener, TUTTI_OPTION_PEER_PID, &value) >= 0);
    tutti_check(tutti_socket_set(&listener, (enum tutti_option)1000, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_shutdown(&listener, 0) == TUTTI_EINVALID);
    tutti_check(tutti_poll(listener.handle, 0) == TUTTI_EINVALID);
    tutti_socket_close(&listener);
    return 0;
}

/* What is only watched can be polled, and nothing else, on whichever side of a call it stands. */
static int watched(void *arg)
{
    struct tutti_socket a, b;
    struct tutti_handle reader, writer, watch;
    int fds[2];
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_pipe_open(&reader, &writer));
    tutti_check(pipe(fds) == 0 && write(fds[1], "x", 1) == 1);
    TUTTI_TRY(tutti_real_watch(fds[0], &watch));
    struct tutti_message passing = message;
    passing.handles = &watch;
    passing.handles_count = 1;
    tutti_check(tutti_socket_send_message(&a, &passing, 0) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send_file(&a, watch, 0, 1, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_splice(watch, a.handle, 1) == TUTTI_EINVALID);
    tutti_handle_close(watch);
    TUTTI_TRY(tutti_real_watch(fds[1], &watch));
    tutti_check(tutti_socket_send(&b, "y", 1) == 1);
    tutti_check(tutti_splice(a.handle, watch, 1) == TUTTI_EINVALID);
    tutti_check(tutti_poll(watch, TUTTI_POLL_WRITE) == TUTTI_POLL_WRITE);
    tutti_handle_close(watch);
    tutti_handle_close(reader);
    tutti_handle_close(writer);
    tutti_socket_close(&a);
    tutti_socket_close(&b);
    close(fds[0]);
    close(fds[1]);
    return 0;
}

/* Arguments out of their range. */
static int out_of_range(void *arg)
{
    struct tutti_address nowhere = {.family = TUTTI_FAMILY_NONE};
    struct tutti_socket a, b;
    struct tutti_handle handles[TUTTI_MESSAGE_HANDLES_MAX + 1];
    struct tutti_message large = message;
    (void)arg;
    tutti_check(tutti_socket_open(&a, TUTTI_FAMILY_NONE, TUTTI_SOCKET_STREAM) == TUTTI_EINVALID);
    tutti_check(tutti_socket_open(&a, (enum tutti_family)77, TUTTI_SOCKET_STREAM) ==
                TUTTI_EINVALID);
    tutti_check(tutti_socket_open(&a, TUTTI_FAMILY_IPV4, (enum tutti_socket_type)7) ==
                TUTTI_EINVALID);
    tutti_check(tutti_socket_open(&a, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_SEQPACKET) < 0);
    tutti_check(tutti_socket_pair(&a, &b, (enum tutti_socket_type)7) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    tutti_check(tutti_socket_receive(&a, buffer, 0) == TUTTI_EINVALID);
    tutti_check(tutti_socket_bind(&a, &nowhere) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send_to(&a, "x", 1, &nowhere) == TUTTI_EINVALID);
    large.pieces_count = TUTTI_MESSAGE_PIECES_MAX + 1;
    tutti_check(tutti_socket_send_message(&a, &large, 0) == TUTTI_EINVALID);
    tutti_check(tutti_socket_receive_message(&a, &large, 0) == TUTTI_EINVALID);
    large = message;
    large.handles = handles;
    large.handles_room = large.handles_count = TUTTI_MESSAGE_HANDLES_MAX + 1;
    tutti_check(tutti_socket_send_message(&a, &large, 0) == TUTTI_EINVALID);
    tutti_check(tutti_socket_receive_message(&a, &large, 0) == TUTTI_EINVALID);
    /* A handle that is closed cannot be passed on. */
    large.handles_count = 1;
    large.handles_room = 0;
    handles[0] = b.handle;
    tutti_socket_close(&b);
    tutti_check(tutti_socket_send_message(&a, &large, 0) == TUTTI_ECLOSED);
    tutti_check(tutti_socket_connect(&a, &nowhere) == TUTTI_EINVALID); /* and closes it */
    tutti_check(tutti_socket_send(&a, "x", 1) == TUTTI_ECLOSED);
    return 0;
}

/* Addresses that cannot be listened at. */
static int bad_addresses(void *arg)
{
    struct tutti_address none = {.family = TUTTI_FAMILY_NONE}, taken;
    struct tutti_address not_ours, both[2];
    struct tutti_socket_listener listener, all[2];
    struct tutti_socket_stream stream;
    char path[300];
    uint32_t made;
    (void)arg;
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    tutti_check(tutti_listen(&listener, &none, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_unix_listen(&listener, path, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_unix_listen(&listener, "", NULL) == TUTTI_EINVALID);
    tutti_check(tutti_unix_listen(&listener, NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_unix_connect(&stream, path) == TUTTI_EINVALID);
    tutti_check(tutti_unix_connect(&stream, "") == TUTTI_EINVALID);
    tutti_check(tutti_unix_connect(&stream, "/tmp/tutti/no/such/path") == -ENOENT);
    tutti_check(tutti_unix_connect(&stream, "/tmp") == -ECONNREFUSED);
    TUTTI_TRY(tutti_address_ip("192.0.2.1", 0, &not_ours));
    tutti_check(tutti_listen(&listener, &not_ours, NULL) == -EADDRNOTAVAIL);
    taken = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    TUTTI_TRY(tutti_listen(&listener, &taken, NULL));
    TUTTI_TRY(tutti_socket_address(&listener.socket, &taken));
    tutti_check(tutti_listen(&all[0], &taken, NULL) == -EADDRINUSE);
    const struct tutti_error *error = tutti_error_record(-EADDRINUSE);
    tutti_check(error && strstr(error->message, "listen at 127.0.0.1:"));
    /* Of several, all or none. */
    both[0] = tutti_address_loopback(TUTTI_FAMILY_IPV6, 0);
    both[1] = taken;
    tutti_check(tutti_listen_all(all, both, 2, NULL, &made) == -EADDRINUSE && made == 0);
    tutti_check(tutti_listen_all(all, both, 0, NULL, &made) == TUTTI_EINVALID);
    both[1] = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    int rc = tutti_listen_all(all, both, 2, NULL, &made);
    tutti_check(rc == 0 && made >= 1);
    while (made > 0)
        tutti_listener_close(&all[--made].listener);
    tutti_listener_close(&listener.listener);
    return 0;
}

/* Several listeners of one port, if all of them say so. */
static int shared_port(void *arg)
{
    static const struct tutti_listen_options share = {.reuse_port = true, .backlog = 5};
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    struct tutti_socket_listener one, two, three;
    (void)arg;
    TUTTI_TRY(tutti_listen(&one, &address, &share));
    TUTTI_TRY(tutti_socket_address(&one.socket, &address));
    TUTTI_TRY(tutti_listen(&two, &address, &share));
    tutti_check(tutti_listen(&three, &address, NULL) == -EADDRINUSE);
    tutti_listener_close(&one.listener);
    tutti_listener_close(&two.listener);
    return 0;
}

REAL_MAIN(REAL(closed), REAL(never_opened), REAL(null), REAL(foreign), REAL(wrong_sort),
          REAL(watched), REAL(out_of_range), REAL(bad_addresses), REAL(shared_port))
