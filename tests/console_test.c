/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The run's side of a console, in programs that a terminal's test cannot have: one that only
 * yields, one that is stuck, one that deadlocks, one with a sink of its own. In real time and with
 * a thread that plays the peer, for a console is a thread and a socket; nothing is waited for but
 * answers. What peers see of a program is in top_test.py. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/core/loop.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/instruments/console.h"
#include "tutti/instruments/hooks.h"
#include "tutti/io/real.h"

enum { ANSWER_SIZE = 64 * 1024, VISITS = 20 };

static char path[64], answer[ANSWER_SIZE];
static _Atomic bool done;
static struct tutti_event event;

static int visit(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, path, sizeof path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Receives one line to `answer`. */
static void receive(int fd)
{
    size_t length = 0;
    do {
        assert_true(length < sizeof answer - 1);
        assert_int_equal(recv(fd, answer + length, 1, 0), 1);
    } while (answer[length++] != '\n');
    answer[length] = '\0';
}

static void ask(int fd, const char *request)
{
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    receive(fd);
}

/* The peer: looks, leaves, and comes again. */
static void *look_often(void *arg)
{
    (void)arg;
    for (int i = 0; i < VISITS; i++) {
        int fd = visit();
        receive(fd);
        ask(fd, "{\"get\":\"tasks\"}\n");
        assert_non_null(strstr(answer, "\"name\":\"yielder\""));
        close(fd);
    }
    atomic_store(&done, true);
    return NULL;
}

/* A peer that wants one answer. */
static void *look_once(void *request)
{
    int fd = visit();
    receive(fd);
    ask(fd, request);
    close(fd);
    atomic_store(&done, true);
    return NULL;
}

static int yielder(void *arg)
{
    (void)arg;
    while (!atomic_load(&done))
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int two_yielders(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_nursery_start(nursery, yielder, NULL));
    return tutti_nursery_start(nursery, yielder, NULL);
}

/* Never waits, never looks at the world: only the signal can reach it. */
static int only_yields(void *peer)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, peer == NULL ? look_often : look_once, peer), 0);
    int rc = tutti_nursery_run(two_yielders, NULL);
    pthread_join(thread, NULL);
    return rc;
}

static int only_yields_often(void *arg)
{
    (void)arg;
    return only_yields(NULL);
}

static void answers_between_yields(void **state)
{
    (void)state;
    atomic_store(&done, false);
    assert_int_equal(tutti_console_run(tutti_world_real(), only_yields_often, NULL), 0);
    assert_int_equal(access(path, F_OK), -1);
}

/* Stuck until the peer was told so. */
static int stuck(void *arg)
{
    static char request[] = "{\"get\":\"tasks\"}\n";
    pthread_t thread;
    (void)arg;
    assert_int_equal(pthread_create(&thread, NULL, look_once, request), 0);
    while (!atomic_load(&done))
        TUTTI_TRY(tutti_checkpoint());
    pthread_join(thread, NULL);
    atomic_store(&done, false);
    assert_int_equal(pthread_create(&thread, NULL, look_once, request), 0);
    while (!atomic_load(&done)) {
    }
    pthread_join(thread, NULL);
    return tutti_checkpoint();
}

static void tells_that_it_is_late(void **state)
{
    (void)state;
    atomic_store(&done, false);
    assert_int_equal(tutti_console_run(tutti_world_real(), stuck, NULL), 0);
    assert_non_null(strstr(answer, "{\"late\":"));
}

static int waits_for_ever(void *arg)
{
    (void)arg;
    tutti_event_init(&event, "never");
    return tutti_event_wait(&event);
}

/* A console is no outside that could wake somebody. */
static void deadlock_is_a_result(void **state)
{
    const struct tutti_options quiet = {.quiet = true};
    struct tutti_world world = *tutti_world_real();
    (void)state;
    world.options = &quiet;
    assert_int_equal(tutti_console_run(&world, waits_for_ever, NULL), TUTTI_EDEADLOCK);
}

static int yields_told;

static int on_yield(struct tutti_hooks *hooks, const struct tutti_trace_event *told)
{
    (void)hooks;
    yields_told += strcmp(told->name, "checkpoint") == 0;
    return 0;
}

enum { YIELDS = 1000 };

static int yields_and_is_seen(void *arg)
{
    static char request[] = "{\"get\":\"stack\",\"task\":1}\n";
    pthread_t thread;
    (void)arg;
    assert_int_equal(pthread_create(&thread, NULL, look_once, request), 0);
    int count = 0;
    while (!atomic_load(&done) || count < YIELDS) {
        TUTTI_TRY(tutti_checkpoint());
        count++;
    }
    pthread_join(thread, NULL);
    assert_int_equal(yields_told, count);
    return 0;
}

/* Who comes and goes changes nothing for the program's own sink. */
static void own_sink_misses_nothing(void **state)
{
    struct tutti_hooks hooks = {.task_parked = on_yield};
    struct tutti_world world = *tutti_world_real();
    (void)state;
    atomic_store(&done, false);
    world.sink = tutti_hooks_sink(&hooks);
    assert_int_equal(tutti_console_run(&world, yields_and_is_seen, NULL), 0);
    assert_non_null(strstr(answer, "\"found\":true"));
}

static int waits_for_host(void *arg)
{
    (void)arg;
    return tutti_event_wait(&event);
}

/* In a loop of somebody else's, which steps the run when its descriptor says so and not otherwise:
 * a request makes it say so. The host looks now and then whether the peer has its answer. */
static void answers_in_a_loop(void **state)
{
    static char request[] = "{\"get\":\"tasks\"}\n";
    struct tutti_world mine;
    struct tutti_loop *loop;
    pthread_t thread;
    int64_t timeout_ns = 0;
    (void)state;
    atomic_store(&done, false);
    struct tutti_console *console = tutti_console_open(tutti_world_real(), &mine);
    assert_non_null(console);
    assert_int_equal(tutti_loop_open(&loop, &mine, waits_for_host, NULL), 0);
    tutti_event_init(&event, "host");
    while (timeout_ns == 0)
        assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    assert_true(timeout_ns == TUTTI_NEVER);
    assert_int_equal(pthread_create(&thread, NULL, look_once, request), 0);
    while (!atomic_load(&done)) {
        struct pollfd fd = {.fd = tutti_world_real_descriptor(), .events = POLLIN};
        if (poll(&fd, 1, 20) <= 0) continue;
        assert_int_equal(tutti_loop_step(loop, &timeout_ns), TUTTI_LOOP_MORE);
    }
    pthread_join(thread, NULL);
    assert_non_null(strstr(answer, "\"name\":\"main\""));
    assert_non_null(strstr(answer, "\"op\":\"event.wait\""));
    tutti_event_set(&event);
    while (tutti_loop_step(loop, &timeout_ns) == TUTTI_LOOP_MORE) {
    }
    assert_int_equal(tutti_loop_close(loop), 0);
    tutti_console_close(console);
    assert_int_equal(access(path, F_OK), -1);
}

static int seven(void *arg)
{
    (void)arg;
    return 7;
}

static void without_a_path_just_a_run(void **state)
{
    (void)state;
    char keep[sizeof path];
    memcpy(keep, path, sizeof path);
    unsetenv("TUTTI_CONSOLE");
    assert_int_equal(tutti_console_run(tutti_world_real(), seven, NULL), 7);
    setenv("TUTTI_CONSOLE", "", 1);
    assert_int_equal(tutti_console_run(tutti_world_real(), seven, NULL), 7);
    assert_int_equal(tutti_console_run(NULL, seven, NULL), TUTTI_EINVALID);
    setenv("TUTTI_CONSOLE", keep, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_between_yields), cmocka_unit_test(tells_that_it_is_late),
        cmocka_unit_test(deadlock_is_a_result),   cmocka_unit_test(own_sink_misses_nothing),
        cmocka_unit_test(answers_in_a_loop),      cmocka_unit_test(without_a_path_just_a_run),
    };
    snprintf(path, sizeof path, "/tmp/tutti-console-%ld", (long)getpid());
    setenv("TUTTI_CONSOLE", path, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
