/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every sort of socket, paths, options, what is left behind: in the real world. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "real_run.h"
#include "tutti/instruments/trace.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/tutti.h"

static int bound(struct tutti_socket *socket, const struct tutti_address *at,
                 enum tutti_socket_type type, struct tutti_address *address)
{
    TUTTI_TRY(tutti_socket_open(socket, (enum tutti_family)at->family, type));
    TUTTI_TRY(tutti_socket_bind(socket, at));
    return tutti_socket_address(socket, address);
}

static int udp_between(enum tutti_family family)
{
    struct tutti_socket a, b;
    struct tutti_address at_a, at_b, from, loopback = tutti_address_loopback(family, 0);
    char buffer[8];
    TUTTI_TRY(bound(&a, &loopback, TUTTI_SOCKET_DATAGRAM, &at_a));
    TUTTI_TRY(bound(&b, &loopback, TUTTI_SOCKET_DATAGRAM, &at_b));
    tutti_check(tutti_socket_send_to(&a, "one", 3, &at_b) == 3);
    tutti_check(tutti_socket_send_to(&a, "", 0, &at_b) == 0);
    tutti_check(tutti_socket_send_to(&a, "far too long", 12, &at_b) == 12);
    tutti_check(tutti_socket_send_to(&a, "four", 4, &at_b) == 4);
    tutti_check(tutti_socket_receive_from(&b, buffer, sizeof buffer, &from) == 3);
    tutti_check(memcmp(buffer, "one", 3) == 0 && tutti_address_equal(&from, &at_a));
    tutti_check(tutti_socket_receive_from(&b, buffer, sizeof buffer, &from) == 0);
    struct tutti_piece pieces[] = {{buffer, 2}, {buffer + 2, 6}};
    struct tutti_message message = {.pieces = pieces, .pieces_count = 2};
    tutti_check(tutti_socket_receive_message(&b, &message, 0) == 8);
    tutti_check(message.flags == TUTTI_IO_TRUNCATED && memcmp(buffer, "far too ", 8) == 0);
    tutti_check(tutti_socket_connect(&b, &at_a) == 0);
    tutti_check(tutti_socket_receive_flags(&b, buffer, sizeof buffer, TUTTI_IO_PEEK) == 4);
    tutti_check(tutti_socket_receive(&b, buffer, sizeof buffer) == 4);
    tutti_check(tutti_socket_send(&b, "back", 4) == 4);
    tutti_check(tutti_socket_receive(&a, buffer, sizeof buffer) == 4);
    tutti_socket_close(&a);
    /* Nobody is there any more: the second one is told. */
    tutti_check(tutti_socket_send(&b, "x", 1) == 1);
    tutti_check(tutti_socket_receive(&b, buffer, sizeof buffer) == -ECONNREFUSED);
    tutti_socket_close(&b);
    return 0;
}

static int udp(void *arg)
{
    (void)arg;
    TUTTI_TRY(udp_between(TUTTI_FAMILY_IPV4));
    return real_has_ipv6() ? udp_between(TUTTI_FAMILY_IPV6) : 0;
}

/* A folder of the test's own, for paths. */
static char folder[64];

static const char *path_in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int unix_datagrams(void *arg)
{
    struct tutti_socket a, b;
    struct tutti_address at_a, at_b, got, from;
    char buffer[8];
    const char *path = path_in_folder("datagrams");
    (void)arg;
    TUTTI_TRY(tutti_address_unix(path, strlen(path), &at_a));
    TUTTI_TRY(bound(&a, &at_a, TUTTI_SOCKET_DATAGRAM, &got));
    tutti_check(tutti_address_equal(&got, &at_a));
    TUTTI_TRY(tutti_address_unix("\0tutti\0test", 11, &at_b)); /* abstract, with a NUL inside */
    at_b.path_length += (uint8_t)snprintf(at_b.path + 11, 20, "%d", getpid());
    TUTTI_TRY(bound(&b, &at_b, TUTTI_SOCKET_DATAGRAM, &got));
    tutti_check(tutti_address_equal(&got, &at_b));
    tutti_check(tutti_socket_send_to(&b, "hello", 5, &at_a) == 5);
    tutti_check(tutti_socket_receive_from(&a, buffer, sizeof buffer, &from) == 5);
    tutti_check(tutti_address_equal(&from, &at_b));
    tutti_socket_close(&a);
    tutti_socket_close(&b);
    unlink(path);
    return 0;
}

static int accepts(void *arg)
{
    struct tutti_socket_listener *listener = arg;
    union tutti_accepted accepted;
    char buffer[16];
    TUTTI_TRY(tutti_listener_accept(&listener->listener, &accepted));
    int n = tutti_stream_receive(&accepted.stream, buffer, sizeof buffer);
    tutti_check(n == 3); /* of two records, or of two writes, the first */
    TUTTI_TRY(tutti_stream_send_all(&accepted.stream, buffer, (size_t)n));
    tutti_stream_close_forcefully(&accepted.stream);
    return 0;
}

static int unix_round(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_socket_listener *listener = arg;
    struct tutti_socket_stream stream;
    int64_t pid, uid;
    char buffer[16];
    TUTTI_TRY(tutti_nursery_start(nursery, accepts, listener));
    TUTTI_TRY(tutti_listener_connect(listener, &stream));
    TUTTI_TRY(tutti_socket_get(&stream.socket, TUTTI_OPTION_PEER_PID, &pid));
    TUTTI_TRY(tutti_socket_get(&stream.socket, TUTTI_OPTION_PEER_UID, &uid));
    tutti_check(pid == getpid() && uid == (int64_t)getuid());
    TUTTI_TRY(tutti_stream_send_all(&stream.stream, "abc", 3));
    tutti_check(tutti_stream_receive(&stream.stream, buffer, sizeof buffer) == 3);
    tutti_check(tutti_stream_receive(&stream.stream, buffer, sizeof buffer) == 0);
    tutti_stream_close_forcefully(&stream.stream);
    return 0;
}

static int unix_streams(void *arg)
{
    static const struct tutti_listen_options records = {.seqpacket = true, .mode = 0600};
    struct tutti_socket_listener listener;
    struct tutti_address abstract;
    struct stat status;
    (void)arg;
    TUTTI_TRY(tutti_unix_listen(&listener, path_in_folder("stream"), NULL));
    TUTTI_TRY(tutti_nursery_run(unix_round, &listener));
    tutti_listener_close(&listener.listener);
    tutti_check(stat(path_in_folder("stream"), &status) < 0 && errno == ENOENT);
    TUTTI_TRY(tutti_unix_listen(&listener, path_in_folder("records"), &records));
    tutti_check(stat(path_in_folder("records"), &status) == 0);
    tutti_check((status.st_mode & 0777) == 0600);
    TUTTI_TRY(tutti_nursery_run(unix_round, &listener));
    tutti_listener_close(&listener.listener);
    TUTTI_TRY(tutti_address_unix("\0tutti-stream", 13, &abstract));
    abstract.path_length += (uint8_t)snprintf(abstract.path + 13, 20, "%d", getpid());
    TUTTI_TRY(tutti_listen(&listener, &abstract, NULL));
    TUTTI_TRY(tutti_nursery_run(unix_round, &listener));
    tutti_listener_close(&listener.listener);
    return 0;
}

/* A Unix listener whose queue is full does not say when there is room: connecting tries again. */
enum { CROWD = 5 };

struct crowd {
    struct tutti_socket_listener listener;
    int connected;
};

static int joins(void *arg)
{
    struct crowd *crowd = arg;
    struct tutti_socket_stream stream;
    TUTTI_TRY(tutti_listener_connect(&crowd->listener, &stream));
    crowd->connected++;
    return tutti_stream_close(&stream.stream);
}

static int crowd_body(struct tutti_nursery *nursery, void *arg)
{
    struct crowd *crowd = arg;
    union tutti_accepted accepted;
    for (int i = 0; i < CROWD; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, joins, crowd));
    TUTTI_TRY(tutti_wait_all_blocked(0)); /* each has tried, and waits or is done */
    tutti_check(crowd->connected > 0 && crowd->connected < CROWD);
    for (int i = 0; i < CROWD; i++) {
        TUTTI_TRY(tutti_listener_accept(&crowd->listener.listener, &accepted));
        tutti_stream_close_forcefully(&accepted.stream);
    }
    return 0;
}

static int unix_crowd(void *arg)
{
    static const struct tutti_listen_options narrow = {.backlog = 1};
    struct crowd crowd = {.connected = 0};
    (void)arg;
    TUTTI_TRY(tutti_unix_listen(&crowd.listener, path_in_folder("crowd"), &narrow));
    TUTTI_TRY(tutti_nursery_run(crowd_body, &crowd));
    tutti_listener_close(&crowd.listener.listener);
    tutti_check(crowd.connected == CROWD);
    return 0;
}

/* A path that was left behind is taken over; one that is served, or is no socket, is not. */
static int unix_paths(void *arg)
{
    struct tutti_socket_listener one, two;
    struct tutti_socket_stream stream;
    struct tutti_socket left;
    struct tutti_address address;
    char path[128];
    (void)arg;
    snprintf(path, sizeof path, "%s", path_in_folder("stale"));
    TUTTI_TRY(tutti_address_unix(path, strlen(path), &address));
    TUTTI_TRY(bound(&left, &address, TUTTI_SOCKET_STREAM, &address));
    tutti_socket_close(&left); /* as a crash would leave it: the file stays */
    tutti_check(access(path, F_OK) == 0);
    tutti_check(tutti_unix_connect(&stream, path) == -ECONNREFUSED);
    TUTTI_TRY(tutti_unix_listen(&one, path, NULL));
    tutti_check(tutti_unix_listen(&two, path, NULL) == -EADDRINUSE);
    TUTTI_TRY(tutti_unix_connect(&stream, path));
    tutti_stream_close_forcefully(&stream.stream);
    tutti_listener_close(&one.listener);
    tutti_check(access(path, F_OK) < 0);
    tutti_check(access(path_in_folder("stale.lock"), F_OK) < 0);
    /* Somebody's file stays what it is. */
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    tutti_check(fd >= 0);
    close(fd);
    tutti_check(tutti_unix_listen(&one, path, NULL) == -EEXIST);
    tutti_check(unlink(path) == 0);
    tutti_check(tutti_unix_listen(&one, path_in_folder("no/such/folder"), NULL) == -ENOENT);
    return 0;
}

/* Urgent data of TCP, options, half close. */
static int tcp_pair(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_socket_stream *ends = arg;
    struct tutti_socket_listener listener;
    union tutti_accepted accepted;
    struct tutti_address address = tutti_address_any(TUTTI_FAMILY_IPV4, 0);
    (void)nursery;
    TUTTI_TRY(tutti_listen(&listener, &address, NULL));
    TUTTI_TRY(tutti_listener_connect(&listener, &ends[0]));
    TUTTI_TRY(tutti_listener_accept(&listener.listener, &accepted));
    ends[1] = accepted.socket;
    tutti_listener_close(&listener.listener);
    return 0;
}

static int tcp_extras(void *arg)
{
    struct tutti_socket_stream ends[2];
    struct tutti_socket *near = &ends[0].socket, *far = &ends[1].socket;
    struct tutti_address address, peer;
    int64_t value;
    char buffer[16];
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(tcp_pair, ends));
    TUTTI_TRY(tutti_socket_address(near, &address));
    TUTTI_TRY(tutti_socket_peer(far, &peer));
    tutti_check(tutti_address_equal(&address, &peer));
    TUTTI_TRY(tutti_socket_get(near, TUTTI_OPTION_NODELAY, &value));
    tutti_check(value == 1);
    TUTTI_TRY(tutti_socket_get(far, TUTTI_OPTION_NOTSENT_LOWAT, &value));
    tutti_check(value == TUTTI_NOTSENT_MAX);
    TUTTI_TRY(tutti_socket_set(near, TUTTI_OPTION_KEEPALIVE, 1));
    TUTTI_TRY(tutti_socket_set(near, TUTTI_OPTION_KEEPIDLE_S, 17));
    TUTTI_TRY(tutti_socket_get(near, TUTTI_OPTION_KEEPIDLE_S, &value));
    tutti_check(value == 17);
    TUTTI_TRY(tutti_socket_get(near, TUTTI_OPTION_LINGER_S, &value));
    tutti_check(value == -1);
    tutti_check(tutti_socket_set(near, TUTTI_OPTION_LINGER_S, 5) == TUTTI_EINVALID);
    tutti_check(tutti_socket_set(near, TUTTI_OPTION_ERROR, 5) == TUTTI_EINVALID);
    tutti_check(tutti_socket_set(near, TUTTI_OPTION_NODELAY, INT64_MAX) == TUTTI_EINVALID);
    tutti_check(tutti_socket_send(near, "before", 6) == 6);
    tutti_check(tutti_socket_send_flags(near, "!", 1, TUTTI_IO_URGENT) == 1);
    tutti_check(tutti_socket_send(near, "after", 5) == 5);
    tutti_check(tutti_poll(far->handle, TUTTI_POLL_URGENT) & TUTTI_POLL_URGENT);
    tutti_check(tutti_socket_receive_flags(far, buffer, 1, TUTTI_IO_URGENT) == 1);
    tutti_check(buffer[0] == '!');
    /* A count ends at the urgent byte; what is behind it is not forgotten. */
    int n = 0;
    while (n < 11) {
        int rc = tutti_socket_receive(far, buffer + n, sizeof buffer - (size_t)n);
        tutti_check(rc > 0);
        n += rc;
    }
    tutti_check(n == 11 && memcmp(buffer, "beforeafter", 11) == 0);
    TUTTI_TRY(tutti_stream_send_eof(&ends[0].stream));
    tutti_check(tutti_stream_receive(&ends[1].stream, buffer, sizeof buffer) == 0);
    TUTTI_TRY(tutti_stream_send_all(&ends[1].stream, "still", 5));
    tutti_check(tutti_stream_receive(&ends[0].stream, buffer, sizeof buffer) == 5);
    tutti_socket_reset(far);
    tutti_check(tutti_stream_receive(&ends[0].stream, buffer, sizeof buffer) == TUTTI_EBROKEN);
    tutti_check(tutti_error_record(TUTTI_EBROKEN) &&
                strstr(tutti_error_record(TUTTI_EBROKEN)->message, "reset by peer"));
    tutti_stream_close_forcefully(&ends[0].stream);
    tutti_stream_close_forcefully(&ends[1].stream);
    return 0;
}

/* No memory is taken before there is something to receive: more than there is shows when. */
static int receive_far_too_much(void *arg)
{
    void *data;
    return tutti_socket_receive_when_ready((struct tutti_socket *)arg, SIZE_MAX / 4, &data);
}

static int when_ready(void *arg)
{
    struct tutti_socket a, b;
    void *data;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    tutti_check(tutti_move_on_after(TUTTI_MS, receive_far_too_much, &b) == 0);
    tutti_check(tutti_socket_send(&a, "!", 1) == 1);
    tutti_check(receive_far_too_much(&b) == TUTTI_ENOMEMORY);
    tutti_check(tutti_socket_receive_when_ready(&b, 100, &data) == 1);
    tutti_free(data);
    tutti_check(tutti_socket_send(&a, "data", 4) == 4);
    tutti_check(tutti_socket_receive_when_ready(&b, 100, &data) == 4);
    tutti_check(memcmp(data, "data", 4) == 0);
    tutti_free(data);
    tutti_socket_close(&a);
    tutti_check(tutti_socket_receive_when_ready(&b, 100, &data) == 0);
    tutti_socket_close(&b);
    return 0;
}

/* A handle taken over, given away again, and one nobody closes. */
static int taken_over(void *arg)
{
    struct tutti_socket a, b;
    struct tutti_handle handle;
    char byte;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    int fd = tutti_real_release(a.handle);
    tutti_check(fd >= 0 && write(fd, "f", 1) == 1);
    tutti_check(tutti_socket_send(&a, "x", 1) == TUTTI_ECLOSED);
    tutti_check(tutti_socket_receive(&b, &byte, 1) == 1 && byte == 'f');
    TUTTI_TRY(tutti_real_adopt(fd, &handle));
    tutti_check(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    tutti_handle_close(handle);
    tutti_check(tutti_socket_receive(&b, &byte, 1) == 0);
    tutti_socket_close(&b);
    return 0;
}

static int leaves_open(void *arg)
{
    struct tutti_socket a, b;
    (void)arg;
    return tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM);
}

/* What is left open is told, and closed. */
static void leaks_are_told(void **state)
{
    static const struct tutti_options quiet = {.quiet = true};
    struct tutti_world world = *tutti_world_real();
    struct tutti_run_stats stats;
    (void)state;
    world.options = &quiet;
    int before = real_descriptors();
    assert_int_equal(tutti_run(&world, leaves_open, NULL), TUTTI_ELEAK);
    assert_int_equal(real_descriptors(), before);
    tutti_run_last(&stats);
    assert_non_null(strstr(stats.message, "not closed: 2"));
}

/* A run that ends in the middle: its operations are forgotten, its sockets closed, and the next run
 * in the same world hears of neither. */
static int receives_for_ever(void *arg)
{
    char byte;
    return tutti_socket_receive(arg, &byte, 1);
}

static int fails_meanwhile(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_socket *pair = arg;
    TUTTI_TRY(tutti_socket_pair(&pair[0], &pair[1], TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_nursery_start(nursery, receives_for_ever, &pair[0]));
    TUTTI_TRY(tutti_wait_all_blocked(0));
    tutti_check(tutti_socket_send(&pair[1], "x", 1) == 1);
    tutti_check(!"to be seen");
    return 0;
}

static int ends_in_the_middle(void *arg)
{
    return tutti_nursery_run(fails_meanwhile, arg);
}

static int another_run(void *arg)
{
    const struct tutti_socket *old = arg;
    TUTTI_TRY(tutti_sleep(TUTTI_MS));
    tutti_check(tutti_real_descriptor(old->handle) == TUTTI_ECLOSED);
    return 0;
}

static void dropped_in_the_middle(void **state)
{
    static const struct tutti_options quiet = {.quiet = true};
    static struct tutti_socket pair[2];
    struct tutti_world world = *tutti_world_real();
    (void)state;
    world.options = &quiet;
    int before = real_descriptors();
    assert_int_equal(tutti_run(&world, ends_in_the_middle, pair), TUTTI_ECHECK);
    assert_int_equal(real_descriptors(), before);
    assert_int_equal(tutti_run(&world, another_run, pair), 0);
}

/* A trace of the real world keeps the rules of traces, and tells of operations. */
static void traced(void **state)
{
    const struct tutti_trace_header header = {
        .prog = "socket_kinds_test", .test = "udp", .world = "real", .policy = "plain"};
    struct tutti_world world = *tutti_world_real();
    struct tutti_check_result result;
    struct tutti_trace *trace;
    struct tutti_reader *reader;
    size_t size;
    (void)state;
    assert_int_equal(tutti_trace_open_memory(&trace, &header, TUTTI_TRACE_LEVEL_MAX), 0);
    world.sink = tutti_trace_sink(trace);
    assert_int_equal(tutti_run(&world, udp, NULL), 0);
    const char *text = tutti_trace_text(trace, &size);
    assert_non_null(strstr(text, "\"recv\""));
    assert_int_equal(tutti_reader_open_memory(&reader, "memory", text, size), 0);
    int rc = tutti_trace_check(reader, &result);
    if (rc < 0) print_error("%s\n", result.message);
    assert_int_equal(rc, 0);
    tutti_reader_close(reader);
    assert_int_equal(tutti_trace_close(trace, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REAL(udp),
        REAL(unix_datagrams),
        REAL(unix_streams),
        REAL(unix_paths),
        REAL(unix_crowd),
        REAL(tcp_extras),
        REAL(when_ready),
        REAL(taken_over),
        cmocka_unit_test(leaks_are_told),
        cmocka_unit_test(traced),
        cmocka_unit_test(dropped_in_the_middle),
    };
    snprintf(folder, sizeof folder, "/tmp/tutti-XXXXXX");
    if (!mkdtemp(folder)) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(folder) < 0 ? 1 : failed;
}
