/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sockets when memory or descriptors are short: each request for memory refused in turn, the run's
 * and those of the real world itself (the linker hands its calloc and realloc to this file).     */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "real_run.h"
#include "scarce.h"
#include "tutti/tutti.h"

static _Thread_local int calls_left = -1; /* of the world's own; -1: any number */

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool refuse(void)
{
    if (calls_left == 0) return true;
    if (calls_left > 0) calls_left--;
    return false;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refuse() ? NULL : __real_realloc(old, size);
}

/* Somewhat of everything: a server, three clients, a pipe, a pair, a lock file. */
static int echo(struct tutti_stream *stream, void *arg)
{
    char buffer[16];
    int rc;
    (void)arg;
    while ((rc = tutti_stream_receive(stream, buffer, sizeof buffer)) > 0) {
        rc = tutti_stream_send_all(stream, buffer, (size_t)rc);
        if (rc < 0) break;
    }
    return rc == TUTTI_EBROKEN ? 0 : rc; /* a client that ran out of memory is no failure here */
}

static int client(const struct tutti_socket_listener *listener)
{
    struct tutti_socket_stream stream;
    char buffer[16];
    int rc = tutti_listener_connect(listener, &stream);
    if (rc < 0) return rc;
    rc = tutti_stream_send_all(&stream.stream, "abc", 3);
    if (rc == 0) rc = tutti_stream_receive(&stream.stream, buffer, sizeof buffer);
    tutti_stream_close_forcefully(&stream.stream);
    return rc < 0 ? rc : 0;
}

static int more_things(void)
{
    struct tutti_socket_stream reader, writer;
    struct tutti_stream *stream;
    struct tutti_socket a, b;
    int rc = tutti_pipe_stream_pair(&reader, &writer);
    if (rc < 0) return rc;
    tutti_stream_close_forcefully(&reader.stream);
    tutti_stream_close_forcefully(&writer.stream);
    rc = tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM);
    if (rc < 0) return rc;
    tutti_socket_close(&b);
    rc = tutti_socket_stream_new(&stream, &a);
    if (rc == 0) tutti_stream_free(stream);
    return rc;
}

static char path[64];

static int with_server(struct tutti_nursery *nursery, void *arg)
{
    static struct tutti_server server;
    struct tutti_socket_listener *listeners = arg;
    static struct tutti_listener *both[2];
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    TUTTI_TRY(tutti_listen(&listeners[0], &address, NULL));
    TUTTI_TRY(tutti_unix_listen(&listeners[1], path, NULL));
    both[0] = &listeners[0].listener;
    both[1] = &listeners[1].listener;
    server = (struct tutti_server){.listeners = both, .listeners_count = 2, .handler = echo};
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve, &server, NULL));
    TUTTI_TRY(client(&listeners[0]));
    TUTTI_TRY(client(&listeners[1]));
    TUTTI_TRY(client(&listeners[0]));
    TUTTI_TRY(more_things());
    tutti_nursery_cancel(nursery);
    return 0;
}

static int scenario(void *arg)
{
    struct tutti_socket_listener listeners[2] = {{.listener = {.kind = NULL}}};
    (void)arg;
    int rc = tutti_nursery_run(with_server, listeners);
    tutti_listener_close(&listeners[0].listener);
    tutti_listener_close(&listeners[1].listener);
    return rc;
}

static int in_time(void *arg)
{
    return tutti_fail_after(20 * TUTTI_S, scenario, arg);
}

static const struct tutti_options quiet = {.quiet = true};

/* The run's own memory. A connection that is refused for want of it is no hang: the client is told
 * by its end. */
static void memory_of_the_run(void **state)
{
    struct tutti_world world = *tutti_world_real();
    int rc = TUTTI_ENOMEMORY, before = real_descriptors(), refused = 0;
    (void)state;
    world.options = &quiet;
    for (int n = 0; n < 60; n++) {
        struct scarce scarce = {.alloc = {scarce_resize}, .calls_left = n};
        world.alloc = &scarce.alloc;
        rc = tutti_run(&world, in_time, NULL);
        refused += rc < 0;
        if (rc < 0) assert_int_equal(rc, TUTTI_ENOMEMORY);
        assert_int_equal(scarce.bytes, 0);
        assert_int_equal(real_descriptors(), before);
        assert_int_equal(access(path, F_OK), -1);
    }
    assert_int_equal(rc, 0);
    assert_true(refused > 0);
}

/* The world's: a thread each time, for a world of its own that knows no descriptor yet. */
struct attempt {
    int calls, rc, left;
};

static void *attempts(void *arg)
{
    struct attempt *attempt = arg;
    calls_left = attempt->calls;
    struct tutti_world world = *tutti_world_real();
    world.options = &quiet;
    attempt->rc = tutti_run(&world, in_time, NULL);
    attempt->left = calls_left;
    calls_left = -1;
    return NULL;
}

static void memory_of_the_world(void **state)
{
    struct attempt attempt = {.rc = -1};
    int before = real_descriptors(), refused = 0;
    (void)state;
    for (attempt.calls = 0; attempt.calls < 100; attempt.calls++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, attempts, &attempt), 0);
        pthread_join(thread, NULL);
        if (attempt.left > 0) break; /* it had all it wanted */
        refused += attempt.rc == TUTTI_ENOMEMORY;
        assert_true(attempt.rc == 0 || attempt.rc == TUTTI_ENOMEMORY);
        assert_int_equal(real_descriptors(), before);
    }
    assert_int_equal(attempt.rc, 0);
    assert_true(refused >= 3); /* the world, its table, the lock of the path */
}

/* Without descriptors a server waits until there are some. */
static int allows_more(void *arg)
{
    struct tutti_server *server = arg;
    while (!server->pauses)
        TUTTI_TRY(tutti_sleep(TUTTI_MS));
    struct rlimit limit;
    tutti_check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max < 256 ? limit.rlim_max : 256;
    tutti_check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    return 0;
}

static int starved(struct tutti_nursery *nursery, void *arg)
{
    static struct tutti_server server;
    static struct tutti_listener *one[1];
    struct tutti_socket_listener *listener = arg;
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    struct tutti_socket_stream stream;
    struct rlimit limit;
    char buffer[16];
    TUTTI_TRY(tutti_listen(listener, &address, NULL));
    one[0] = &listener->listener;
    server = (struct tutti_server){.listeners = one, .listeners_count = 1, .handler = echo};
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve, &server, NULL));
    TUTTI_TRY(tutti_listener_connect(listener, &stream)); /* this one gets through */
    TUTTI_TRY(tutti_stream_send_all(&stream.stream, "1", 1));
    tutti_check(tutti_stream_receive(&stream.stream, buffer, sizeof buffer) == 1);
    struct tutti_socket_stream second;
    struct tutti_socket socket;
    TUTTI_TRY(tutti_socket_open(&socket, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_socket_address(&listener->socket, &address));
    tutti_check(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 4; /* less than are open: no new one */
    tutti_check(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    TUTTI_TRY(tutti_socket_connect(&socket, &address));
    tutti_socket_stream_init(&second, &socket);
    TUTTI_TRY(tutti_nursery_start(nursery, allows_more, &server));
    TUTTI_TRY(tutti_stream_send_all(&second.stream, "2", 1));
    tutti_check(tutti_stream_receive(&second.stream, buffer, sizeof buffer) == 1);
    tutti_check(server.pauses > 0 && server.accepted == 2);
    tutti_stream_close_forcefully(&stream.stream);
    tutti_stream_close_forcefully(&second.stream);
    tutti_nursery_cancel(nursery);
    return 0;
}

/* Real time: the pause is on the real clock, a tenth of a second. */
static int no_descriptors(void *arg)
{
    struct tutti_socket_listener listener;
    (void)arg;
    return tutti_nursery_run(starved, &listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_the_run),
        cmocka_unit_test(memory_of_the_world),
        REAL(no_descriptors),
    };
    snprintf(path, sizeof path, "/tmp/tutti-scarce-%d", getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
