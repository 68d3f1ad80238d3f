/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Streams of sockets and pipes, held against all that streams must do, in the real
 * world. */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <unistd.h>

#include "real_run.h"

#include "stream_conformance.h"
#include "stream_one_way.h"
#include "stream_two_way.h"
#include "tutti/io/address_text.h"
#include "tutti/io/listener.h"

/* Both ends of a connection, made anew each time. */
static struct tutti_socket_stream near, far;

static int give(struct ends *ends)
{
    *ends = (struct ends){&near.stream, &far.stream, 0};
    return 0;
}

/* A connection to a listener, which is closed again. */
static int connected(struct tutti_socket_listener *listener, struct ends *ends)
{
    union tutti_accepted accepted;
    int rc = tutti_listener_connect(listener, &near);
    if (rc == 0) rc = tutti_listener_accept(&listener->listener, &accepted);
    tutti_listener_close(&listener->listener);
    if (rc < 0) return rc;
    far = accepted.socket;
    return give(ends);
}

static int make_tcp_between(enum tutti_family family, struct ends *ends)
{
    struct tutti_address address = tutti_address_loopback(family, 0);
    struct tutti_socket_listener listener;
    TUTTI_TRY(tutti_listen(&listener, &address, NULL));
    return connected(&listener, ends);
}

static int make_tcp(struct ends *ends)
{
    return make_tcp_between(TUTTI_FAMILY_IPV4, ends);
}

static int make_tcp_v6(struct ends *ends)
{
    return make_tcp_between(real_has_ipv6() ? TUTTI_FAMILY_IPV6 : TUTTI_FAMILY_IPV4, ends);
}

static int make_unix(struct ends *ends)
{
    struct tutti_socket_listener listener;
    char path[64];
    snprintf(path, sizeof path, "/tmp/tutti-stream-%d", getpid());
    TUTTI_TRY(tutti_unix_listen(&listener, path, NULL));
    return connected(&listener, ends);
}

static int make_pair(struct ends *ends)
{
    TUTTI_TRY(tutti_socket_stream_pair(&near, &far));
    return give(ends);
}

static int make_pipe(struct ends *ends)
{
    TUTTI_TRY(tutti_pipe_stream_pair(&far, &near));
    return give(ends);
}

/* Descriptors that somebody else made. */
static int make_adopted(struct ends *ends)
{
    struct tutti_handle handles[2];
    int fds[2];
    tutti_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    TUTTI_TRY(tutti_real_adopt(fds[0], &handles[0]));
    TUTTI_TRY(tutti_real_adopt(fds[1], &handles[1]));
    tutti_handle_stream_init(&near, handles[0]);
    tutti_handle_stream_init(&far, handles[1]);
    return give(ends);
}

/* In memory of its own, given back when it is freed. */
static int make_new(struct ends *ends)
{
    struct tutti_socket a, b;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_socket_stream_new(&ends->left, &a));
    TUTTI_TRY(tutti_socket_stream_new(&ends->right, &b));
    return 0;
}

/* Sends until the system takes no more for a while; returns how many bytes it took. */
struct filling {
    struct tutti_stream *stream;
    size_t sent;
};

static int fill_one(void *arg)
{
    static const char data[4096];
    struct filling *filling = arg;
    return tutti_stream_send_counted(filling->stream, data, sizeof data, &filling->sent);
}

static int fill(struct ends *ends)
{
    struct filling filling = {.stream = ends->left};
    int filled = 0;
    do {
        TUTTI_TRY(tutti_move_on_after(5 * TUTTI_MS, fill_one, &filling));
        filled += (int)filling.sent;
    } while (filling.sent == 4096);
    return filled;
}

static int clog_tcp(struct ends *ends)
{
    TUTTI_TRY(make_tcp(ends));
    return fill(ends);
}

static int clog_pair(struct ends *ends)
{
    TUTTI_TRY(make_pair(ends));
    return fill(ends);
}

static int clog_pipe(struct ends *ends)
{
    TUTTI_TRY(make_pipe(ends));
    return fill(ends);
}

enum { MUCH = 1 << 20 };
#define SETTLE_NS (2 * TUTTI_MS)
static const struct stream_maker makers[] = {
    {"TCP", make_tcp, clog_tcp, true, true, SETTLE_NS, MUCH},
    {"TCP, IPv6", make_tcp_v6, NULL, true, true, SETTLE_NS, MUCH},
    {"Unix path", make_unix, NULL, true, true, SETTLE_NS, MUCH},
    {"socket pair", make_pair, clog_pair, true, true, SETTLE_NS, MUCH},
    {"socket pair, allocated", make_new, NULL, true, true, SETTLE_NS, MUCH},
    {"pipe", make_pipe, clog_pipe, false, false, SETTLE_NS, MUCH},
    {"adopted", make_adopted, NULL, true, false, SETTLE_NS, MUCH},
};
enum { MAKERS = sizeof makers / sizeof *makers };

/* Real time: what waits is seen to wait after SETTLE_NS. */
static void T80_conformance_of_sockets(void **state)
{
    struct real_case one = {.fn = conformance_run};
    void *as_state = &one;
    int runs = 0;
    (void)state;
    for (int i = 0; i < MAKERS * STREAM_POINTS * 2; i++) {
        conformance_turn = (struct conformance_turn){&makers[i / STREAM_POINTS / 2],
                                                     &stream_points[i / 2 % STREAM_POINTS], i % 2};
        if (!conformance_applies(&conformance_turn)) continue;
        print_message("%s%s: %s\n", conformance_turn.maker->name,
                      conformance_turn.flipped ? ", flipped" : "", conformance_turn.point->name);
        real_run(&as_state);
        runs++;
    }
    assert_true(runs > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(T80_conformance_of_sockets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
