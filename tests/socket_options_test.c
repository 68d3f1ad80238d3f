/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Each option of sockets, as the system has it; second handles for one socket; sockets that were
 * made elsewhere; and how many tasks wait for any: in the real world. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "real_run.h"
#include "tutti/tutti.h"

/* One that is set: on a socket of this sort, to a value; the system calls it so, and then says
 * `told` of it. */
struct setting {
    enum tutti_option option;
    uint8_t family, type;
    int level, name;
    int64_t value, told;
};

#define TCP(option, level, name, value, told)                                                      \
    {                                                                                              \
        TUTTI_OPTION_##option, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM, level, name, value, told    \
    }

static const struct setting settings[] = {
    TCP(NODELAY, IPPROTO_TCP, TCP_NODELAY, 1, 1),
    TCP(NOTSENT_LOWAT, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4321, 4321),
    TCP(KEEPALIVE, SOL_SOCKET, SO_KEEPALIVE, 1, 1),
    TCP(KEEPIDLE_S, IPPROTO_TCP, TCP_KEEPIDLE, 17, 17),
    TCP(KEEPINTERVAL_S, IPPROTO_TCP, TCP_KEEPINTVL, 18, 18),
    TCP(KEEPCOUNT, IPPROTO_TCP, TCP_KEEPCNT, 19, 19),
    TCP(USER_TIMEOUT_MS, IPPROTO_TCP, TCP_USER_TIMEOUT, 2500, 2500),
    TCP(CORK, IPPROTO_TCP, TCP_CORK, 1, 1),
    TCP(QUICKACK, IPPROTO_TCP, TCP_QUICKACK, 0, 0),
    TCP(FASTOPEN, IPPROTO_TCP, TCP_FASTOPEN, 16, 16),
    TCP(DEFER_ACCEPT_S, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1, 1),
    TCP(REUSE_ADDRESS, SOL_SOCKET, SO_REUSEADDR, 1, 1),
    TCP(REUSE_PORT, SOL_SOCKET, SO_REUSEPORT, 1, 1),
    TCP(BIND_LATE, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1, 1),
    TCP(RECEIVE_BUFFER, SOL_SOCKET, SO_RCVBUF, 16384, 32768),
    TCP(SEND_BUFFER, SOL_SOCKET, SO_SNDBUF, 16384, 32768),
    TCP(TTL, IPPROTO_IP, IP_TTL, 9, 9),
    {TUTTI_OPTION_BROADCAST, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_DATAGRAM, SOL_SOCKET, SO_BROADCAST, 1,
     1},
    {TUTTI_OPTION_V6ONLY, TUTTI_FAMILY_IPV6, TUTTI_SOCKET_STREAM, IPPROTO_IPV6, IPV6_V6ONLY, 1, 1},
    {TUTTI_OPTION_TTL, TUTTI_FAMILY_IPV6, TUTTI_SOCKET_STREAM, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9,
     9},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

static int one_setting(const struct setting *setting, const struct tutti_socket *socket)
{
    struct tutti_socket copy = *socket;
    int64_t value = -1;
    int number = -1;
    socklen_t size = sizeof number;
    TUTTI_TRY(tutti_socket_set(&copy, setting->option, setting->value));
    TUTTI_TRY(tutti_socket_get(&copy, setting->option, &value));
    int fd = tutti_real_descriptor(socket->handle);
    tutti_check(getsockopt(fd, setting->level, setting->name, &number, &size) == 0);
    if (value != setting->told || number != setting->told) {
        print_error("option %d: %lld for us, %d for the system\n", (int)setting->option,
                    (long long)value, number);
    }
    tutti_check(value == setting->told && number == setting->told);
    tutti_check(tutti_socket_set(&copy, setting->option, -1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_set(&copy, setting->option, INT64_MAX) == TUTTI_EINVALID);
    return 0;
}

static int what_is_set(void *arg)
{
    (void)arg;
    for (int i = 0; i < SETTINGS; i++) {
        const struct setting *setting = &settings[i];
        struct tutti_socket socket;
        int rc = tutti_socket_open(&socket, (enum tutti_family)setting->family,
                                   (enum tutti_socket_type)setting->type);
        if (rc == -EAFNOSUPPORT) continue; /* a machine without IPv6 */
        TUTTI_TRY(rc);
        TUTTI_TRY(one_setting(setting, &socket));
        tutti_socket_close(&socket);
    }
    return 0;
}

static int told(const struct tutti_socket *socket, enum tutti_option option)
{
    struct tutti_socket copy = *socket;
    int64_t value = -77;
    TUTTI_TRY(tutti_socket_get(socket, option, &value));
    tutti_check(tutti_socket_set(&copy, option, 0) == TUTTI_EINVALID);
    return (int)value;
}

/* Those that are only told, on two sockets that are connected. */
static int what_is_told(void *arg)
{
    struct tutti_socket a, b;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    tutti_check(told(&a, TUTTI_OPTION_PEER_PID) == getpid());
    tutti_check(told(&a, TUTTI_OPTION_PEER_UID) == (int)getuid());
    tutti_check(told(&a, TUTTI_OPTION_PEER_GID) == (int)getgid());
    tutti_check(told(&a, TUTTI_OPTION_ERROR) == 0);
    tutti_check(told(&a, TUTTI_OPTION_UNREAD) == 0 && told(&a, TUTTI_OPTION_UNSENT) == 0);
    tutti_check(told(&a, TUTTI_OPTION_READY) == TUTTI_POLL_WRITE);
    tutti_check(tutti_socket_send(&b, "four", 4) == 4);
    tutti_check(told(&a, TUTTI_OPTION_UNREAD) == 4);
    tutti_check(told(&b, TUTTI_OPTION_UNSENT) > 0); /* the system counts more than our bytes */
    tutti_check(told(&a, TUTTI_OPTION_READY) == (TUTTI_POLL_READ | TUTTI_POLL_WRITE));
    tutti_check(told(&a, TUTTI_OPTION_SHUT) == 0);
    TUTTI_TRY(tutti_socket_shutdown(&a, TUTTI_POLL_WRITE));
    tutti_check(told(&a, TUTTI_OPTION_SHUT) == TUTTI_POLL_WRITE);
    tutti_check(told(&b, TUTTI_OPTION_SHUT) == 0); /* the other side did so, not this one */
    TUTTI_TRY(tutti_socket_shutdown(&a, TUTTI_POLL_READ));
    tutti_check(told(&a, TUTTI_OPTION_SHUT) == (TUTTI_POLL_READ | TUTTI_POLL_WRITE));
    tutti_check(told(&b, TUTTI_OPTION_READY) & TUTTI_POLL_HANGUP);
    tutti_socket_close(&a);
    tutti_socket_close(&b);
    return 0;
}

/* Close-on-exec, unless it is to be inherited; and no linger but at once, or none. */
static int inherited_and_linger(void *arg)
{
    struct tutti_socket a;
    int64_t value = -1;
    (void)arg;
    TUTTI_TRY(tutti_socket_open(&a, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    int fd = tutti_real_descriptor(a.handle);
    TUTTI_TRY(tutti_socket_get(&a, TUTTI_OPTION_INHERITED, &value));
    tutti_check(value == 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC);
    TUTTI_TRY(tutti_socket_set(&a, TUTTI_OPTION_INHERITED, 1));
    TUTTI_TRY(tutti_socket_get(&a, TUTTI_OPTION_INHERITED, &value));
    tutti_check(value == 1 && !(fcntl(fd, F_GETFD) & FD_CLOEXEC));
    TUTTI_TRY(tutti_socket_set(&a, TUTTI_OPTION_INHERITED, 0));
    tutti_check(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    tutti_check(tutti_socket_set(&a, TUTTI_OPTION_INHERITED, 2) == TUTTI_EINVALID);
    tutti_check(tutti_socket_set(&a, TUTTI_OPTION_INHERITED, -1) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_socket_set(&a, TUTTI_OPTION_LINGER_S, 0));
    TUTTI_TRY(tutti_socket_get(&a, TUTTI_OPTION_LINGER_S, &value));
    tutti_check(value == 0);
    TUTTI_TRY(tutti_socket_set(&a, TUTTI_OPTION_LINGER_S, -1));
    TUTTI_TRY(tutti_socket_get(&a, TUTTI_OPTION_LINGER_S, &value));
    tutti_check(value == -1);
    tutti_check(tutti_socket_set(&a, TUTTI_OPTION_LINGER_S, 1) == TUTTI_EINVALID);
    tutti_check(tutti_socket_get(&a, TUTTI_OPTIONS_COUNT, &value) == TUTTI_EINVALID);
    tutti_check(tutti_socket_get(&a, (enum tutti_option) - 1, &value) == TUTTI_EINVALID);
    tutti_socket_close(&a);
    return 0;
}

struct hears {
    struct tutti_socket socket;
    int result;
    char byte;
};

static int hears(void *arg)
{
    struct hears *hears = arg;
    hears->result = tutti_socket_receive(&hears->socket, &hears->byte, 1);
    return 0;
}

/* Each handle has a reader of its own, whichever is served; closing one leaves the other. */
static int two_readers(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_socket *pair = arg, copy;
    TUTTI_TRY(tutti_socket_duplicate(&pair[0], &copy));
    tutti_check(copy.family == TUTTI_FAMILY_UNIX && copy.type == TUTTI_SOCKET_STREAM);
    struct hears one = {.socket = pair[0]}, two = {.socket = copy};
    TUTTI_TRY(tutti_nursery_start(nursery, hears, &one));
    TUTTI_TRY(tutti_nursery_start(nursery, hears, &two));
    TUTTI_TRY(tutti_wait_all_blocked(TUTTI_MS));
    tutti_socket_close(&pair[0]);
    tutti_check(tutti_socket_send(&pair[1], "x", 1) == 1);
    while (!two.result)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(one.result == TUTTI_ECLOSED && two.result == 1 && two.byte == 'x');
    tutti_check(tutti_socket_send(&copy, "y", 1) == 1);
    tutti_check(tutti_socket_receive(&pair[1], &one.byte, 1) == 1 && one.byte == 'y');
    /* This one has the number that was closed: it waits as any other. */
    TUTTI_TRY(tutti_socket_duplicate(&copy, &pair[0]));
    struct hears three = {.socket = pair[0]};
    TUTTI_TRY(tutti_nursery_start(nursery, hears, &three));
    TUTTI_TRY(tutti_wait_all_blocked(TUTTI_MS));
    tutti_check(tutti_socket_send(&pair[1], "z", 1) == 1);
    while (!three.result)
        TUTTI_TRY(tutti_checkpoint());
    tutti_check(three.result == 1 && three.byte == 'z');
    tutti_socket_close(&pair[0]);
    tutti_socket_close(&copy);
    tutti_check(tutti_socket_receive(&pair[1], &one.byte, 1) == 0);
    tutti_check(tutti_socket_duplicate(&copy, &pair[0]) == TUTTI_ECLOSED);
    return 0;
}

static int duplicated(void *arg)
{
    struct tutti_socket pair[2];
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&pair[0], &pair[1], TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_nursery_run(two_readers, pair));
    tutti_socket_close(&pair[1]);
    return 0;
}

/* A listener goes on at a second handle: this is how one is handed over without a gap. */
static int listener_duplicated(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    struct tutti_socket_listener first, second;
    struct tutti_socket_stream stream;
    struct tutti_socket copy;
    union tutti_accepted accepted;
    (void)arg;
    TUTTI_TRY(tutti_listen(&first, &address, NULL));
    TUTTI_TRY(tutti_socket_duplicate(&first.socket, &copy));
    tutti_check(fcntl(tutti_real_descriptor(copy.handle), F_GETFD) & FD_CLOEXEC);
    tutti_socket_listener_init(&second, &copy);
    tutti_listener_close(&first.listener);
    TUTTI_TRY(tutti_listener_connect(&second, &stream));
    TUTTI_TRY(tutti_listener_accept(&second.listener, &accepted));
    tutti_check(tutti_socket_send(&accepted.socket.socket, "x", 1) == 1);
    tutti_check(told(&stream.socket, TUTTI_OPTION_READY) & TUTTI_POLL_READ);
    tutti_check(told(&accepted.socket.socket, TUTTI_OPTION_ERROR) == 0); /* it is a socket */
    tutti_stream_close_forcefully(&accepted.stream);
    tutti_stream_close_forcefully(&stream.stream);
    tutti_listener_close(&second.listener);
    return 0;
}

static int adopts(int fd, struct tutti_socket *socket)
{
    struct tutti_handle handle;
    TUTTI_TRY(tutti_real_adopt(fd, &handle));
    return tutti_socket_of_handle(handle, socket);
}

/* Sockets of somebody else's: what they are is found out. */
static int adopted(void *arg)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct tutti_socket_listener listener;
    struct tutti_socket_stream stream;
    struct tutti_handle reader, writer;
    struct tutti_socket socket_of;
    union tutti_accepted accepted;
    int fds[2];
    (void)arg;
    for (int i = 0; i < 3; i++) {
        tutti_check(socketpair(AF_UNIX, types[i], 0, fds) == 0);
        TUTTI_TRY(adopts(fds[0], &socket_of));
        tutti_check(socket_of.family == TUTTI_FAMILY_UNIX && socket_of.type == i);
        tutti_check(tutti_socket_send(&socket_of, "x", 1) == 1);
        tutti_socket_close(&socket_of);
        close(fds[1]);
    }
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    tutti_check(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0);
    TUTTI_TRY(adopts(fd, &socket_of));
    tutti_check(socket_of.family == TUTTI_FAMILY_IPV4 && socket_of.type == TUTTI_SOCKET_STREAM);
    tutti_socket_listener_init(&listener, &socket_of);
    TUTTI_TRY(tutti_listener_connect(&listener, &stream));
    TUTTI_TRY(tutti_listener_accept(&listener.listener, &accepted));
    tutti_stream_close_forcefully(&accepted.stream);
    tutti_stream_close_forcefully(&stream.stream);
    tutti_listener_close(&listener.listener);
    TUTTI_TRY(tutti_pipe_open(&reader, &writer));
    tutti_check(tutti_socket_of_handle(reader, &socket_of) == TUTTI_EINVALID);
    tutti_handle_close(reader);
    tutti_handle_close(writer);
    tutti_check(tutti_socket_of_handle(reader, &socket_of) == TUTTI_ECLOSED);
    return 0;
}

static bool blocks(int fd)
{
    return !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

/* What is taken over does not block, for all who share it, until it is given back. */
static int blocking_again(void *arg)
{
    struct tutti_handle first, second;
    int fds[2], copies[2];
    (void)arg;
    tutti_check(pipe(fds) == 0);
    copies[0] = dup(fds[0]);
    copies[1] = dup(fds[0]);
    TUTTI_TRY(tutti_real_adopt(fds[0], &first));
    tutti_check(!blocks(copies[1]) && blocks(fds[1]));
    TUTTI_TRY(tutti_real_adopt(copies[0], &second));
    tutti_handle_close(first);
    tutti_check(!blocks(copies[1])); /* for there is a second one */
    tutti_handle_close(second);
    tutti_check(blocks(copies[1]));
    TUTTI_TRY(tutti_real_adopt(copies[1], &first));
    tutti_check(tutti_real_release(first) == copies[1] && blocks(copies[1]));
    close(copies[1]);
    close(fds[1]);
    /* A second handle of ours is one more that has it. */
    tutti_check(socketpair(AF_UNIX, SOCK_STREAM, 0, copies) == 0);
    struct tutti_socket one, two;
    int left = dup(copies[0]);
    TUTTI_TRY(adopts(copies[0], &one));
    TUTTI_TRY(tutti_socket_duplicate(&one, &two));
    tutti_socket_close(&one);
    tutti_check(!blocks(left));
    tutti_socket_close(&two);
    tutti_check(blocks(left));
    close(left);
    close(copies[1]);
    return 0;
}

/* One that did not block before goes on so. */
static int never_blocking(void *arg)
{
    struct tutti_handle first;
    int fds[2];
    (void)arg;
    tutti_check(pipe2(fds, O_NONBLOCK) == 0);
    TUTTI_TRY(tutti_real_adopt(fds[0], &first));
    tutti_check(tutti_real_release(first) == fds[0] && !blocks(fds[0]));
    close(fds[0]);
    close(fds[1]);
    return 0;
}

/* Streams of a pipe that was taken over; and what is below a stream. */
static int streams_of_handles(void *arg)
{
    struct tutti_socket_stream reader, writer, sockets[2];
    struct tutti_memory_pair memory;
    struct tutti_handle ends[2];
    int fds[2];
    char byte;
    (void)arg;
    tutti_check(pipe(fds) == 0);
    TUTTI_TRY(tutti_real_adopt(fds[0], &ends[0]));
    TUTTI_TRY(tutti_real_adopt(fds[1], &ends[1]));
    tutti_reader_stream_init(&reader, ends[0]);
    tutti_writer_stream_init(&writer, ends[1]);
    TUTTI_TRY(tutti_stream_send_all(&writer.stream, "x", 1));
    tutti_check(tutti_stream_receive(&reader.stream, &byte, 1) == 1 && byte == 'x');
    tutti_check(tutti_stream_send_all(&reader.stream, "x", 1) == TUTTI_EUNSUPPORTED);
    tutti_check(tutti_stream_receive(&writer.stream, &byte, 1) == TUTTI_EUNSUPPORTED);
    tutti_check(tutti_stream_socket(&reader.stream) == &reader.socket);
    TUTTI_TRY(tutti_stream_close(&writer.stream));
    tutti_check(tutti_stream_receive(&reader.stream, &byte, 1) == 0);
    TUTTI_TRY(tutti_stream_close(&reader.stream));
    TUTTI_TRY(tutti_socket_stream_pair(&sockets[0], &sockets[1]));
    tutti_check(told(tutti_stream_socket(&sockets[0].stream), TUTTI_OPTION_PEER_PID) == getpid());
    TUTTI_TRY(tutti_stream_close(&sockets[0].stream));
    TUTTI_TRY(tutti_stream_close(&sockets[1].stream));
    tutti_memory_pair_init(&memory);
    tutti_check(!tutti_stream_socket(&memory.a.stream) && !tutti_stream_socket(NULL));
    TUTTI_TRY(tutti_stream_close(&memory.a.stream));
    return tutti_stream_close(&memory.b.stream);
}

/* How a task waits. */
struct wait {
    struct tutti_handle handle, other;
    enum tutti_op_kind kind;
    uint32_t flags;
};

static int waits(void *arg)
{
    const struct wait *wait = arg;
    char byte;
    struct tutti_op op = {.kind = wait->kind,
                          .handle = wait->handle,
                          .other = wait->other,
                          .flags = wait->flags,
                          .buffer = &byte,
                          .length = 1};
    int rc = tutti_op_perform(&op);
    return rc == TUTTI_ECLOSED ? 0 : rc;
}

static int counts(uint32_t reading, uint32_t writing)
{
    struct tutti_run_now now = tutti_run_statistics();
    if (now.tasks_reading != reading || now.tasks_writing != writing) {
        print_error("%u wait to read, %u to write\n", now.tasks_reading, now.tasks_writing);
    }
    tutti_check(now.tasks_reading == reading && now.tasks_writing == writing);
    tutti_check(now.ops_pending >= reading && now.ops_pending >= writing);
    return 0;
}

struct crowd {
    struct tutti_socket pairs[5][2], listener;
    struct tutti_handle reader, writer;
    struct tutti_scope scope;
};

/* Leaves no room to write to. */
static void fill(struct tutti_socket *socket)
{
    static const char data[4096];
    int fd = tutti_real_descriptor(socket->handle);
    while (send(fd, data, sizeof data, MSG_DONTWAIT) > 0) {
    }
    while (send(fd, data, 1, MSG_DONTWAIT) > 0) {
    }
}

static int waits_in_scope(void *arg)
{
    struct crowd *crowd = arg;
    struct wait wait = {.handle = crowd->pairs[4][0].handle, .kind = TUTTI_OP_RECV};
    TUTTI_TRY(tutti_scope_enter(&crowd->scope));
    return tutti_scope_close(&crowd->scope, waits(&wait));
}

static int in_all_ways(struct tutti_nursery *nursery, void *arg)
{
    struct crowd *crowd = arg;
    const uint32_t both = TUTTI_POLL_READ | TUTTI_POLL_WRITE;
    struct wait all[] = {
        {.handle = crowd->listener.handle, .kind = TUTTI_OP_ACCEPT},
        {.handle = crowd->pairs[0][0].handle, .kind = TUTTI_OP_RECV},
        {.handle = crowd->pairs[0][0].handle, .kind = TUTTI_OP_SEND},
        {.handle = crowd->pairs[1][0].handle, .kind = TUTTI_OP_POLL, .flags = TUTTI_POLL_URGENT},
        {.handle = crowd->pairs[2][0].handle, .kind = TUTTI_OP_POLL, .flags = both},
        {crowd->reader, crowd->pairs[3][0].handle, TUTTI_OP_SPLICE, 0},
    };
    enum { ALL = sizeof all / sizeof *all };
    fill(&crowd->pairs[0][0]);
    fill(&crowd->pairs[2][0]);
    TUTTI_TRY(counts(0, 0));
    for (int i = 0; i < ALL; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, waits, &all[i]));
    TUTTI_TRY(tutti_nursery_start(nursery, waits_in_scope, crowd));
    TUTTI_TRY(tutti_wait_all_blocked(TUTTI_MS));
    TUTTI_TRY(counts(6, 3)); /* who waits for both counts twice */
    tutti_scope_cancel(&crowd->scope);
    TUTTI_TRY(tutti_wait_all_blocked(TUTTI_MS));
    TUTTI_TRY(counts(5, 3));
    for (int i = 0; i < ALL; i++)
        tutti_handle_close(all[i].handle);
    TUTTI_TRY(tutti_wait_all_blocked(TUTTI_MS));
    return counts(0, 0);
}

/* T81: how many tasks wait to read and to write. */
static int T81_statistics(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    struct crowd crowd = {.scope = TUTTI_SCOPE_INIT};
    (void)arg;
    for (int i = 0; i < 5; i++)
        TUTTI_TRY(tutti_socket_pair(&crowd.pairs[i][0], &crowd.pairs[i][1], TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_pipe_open(&crowd.reader, &crowd.writer));
    TUTTI_TRY(tutti_socket_open(&crowd.listener, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_socket_bind(&crowd.listener, &address));
    TUTTI_TRY(tutti_socket_listen(&crowd.listener, 1));
    TUTTI_TRY(tutti_nursery_run(in_all_ways, &crowd));
    for (int i = 0; i < 5; i++) {
        tutti_socket_close(&crowd.pairs[i][0]);
        tutti_socket_close(&crowd.pairs[i][1]);
    }
    tutti_handle_close(crowd.writer);
    return 0;
}

REAL_MAIN(REAL(T81_statistics), REAL(what_is_set), REAL(what_is_told), REAL(inherited_and_linger),
          REAL(duplicated), REAL(listener_duplicated), REAL(adopted), REAL(blocking_again),
          REAL(never_blocking), REAL(streams_of_handles))
