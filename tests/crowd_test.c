/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Ten thousand clients of an echo server at once, and what each of them costs while it is silent.
 * The clients are plain sockets of another process: only the server is measured.                 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "real_run.h"
#include "tutti/tutti.h"

enum { CLIENTS = 10000, SPARE = 100, ROUNDS = 2 };

/* What the clients' process and the server tell each other, a byte at a time. */
static int orders[2], news[2];

static void tell(int fd)
{
    if (write(fd, "x", 1) != 1) _exit(3);
}

static void hear(int fd)
{
    char byte;
    if (read(fd, &byte, 1) != 1) _exit(4);
}

/* All connect; then each asks and is answered, as often as told; at last they end. */
static int clients(uint16_t port)
{
    static int fds[CLIENTS];
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&to, sizeof to) < 0) return 5;
    }
    for (int round = 0; round < ROUNDS; round++) {
        tell(news[1]);
        hear(orders[0]);
        for (int i = 0; i < CLIENTS; i++) {
            if (send(fds[i], &i, sizeof i, MSG_NOSIGNAL) != sizeof i) return 6;
        }
        for (int i = 0; i < CLIENTS; i++) {
            int answer;
            if (recv(fds[i], &answer, sizeof answer, MSG_WAITALL) != sizeof answer) return 7;
            if (answer != i) return 8;
        }
    }
    tell(news[1]);
    hear(orders[0]);
    return 0;
}

/* Memory of this process, in bytes: what is resident, and the tables of its pages. */
static size_t memory(void)
{
    size_t kib, sum = 0;
    char line[256];
    FILE *status = fopen("/proc/self/status", "re");
    tutti_check(status);
    while (fgets(line, sizeof line, status)) {
        if (sscanf(line, "VmRSS: %zu kB", &kib) == 1) sum += kib * 1024;
        if (sscanf(line, "VmPTE: %zu kB", &kib) == 1) sum += kib * 1024;
    }
    fclose(status);
    return sum;
}

static struct tutti_socket_listener listener;
static struct tutti_listener *const listeners[] = {&listener.listener};
static struct tutti_server server;

/* The page that it has anyway is enough while it waits; a buffer is taken when there is something.
 */
static int echo(struct tutti_stream *stream, void *arg)
{
    enum { BUFFER = 16 * 1024 };
    int rc;
    (void)arg;
    while ((rc = tutti_stream_wait_receive(stream)) == 0) {
        char *buffer = tutti_malloc(BUFFER);
        if (!buffer) return TUTTI_ENOMEMORY;
        rc = tutti_stream_receive(stream, buffer, BUFFER);
        if (rc > 0) rc = tutti_stream_send_all(stream, buffer, (size_t)rc) < 0 ? -1 : 1;
        tutti_free(buffer);
        if (rc <= 0) break;
    }
    return 0;
}

/* Waits until the clients' process has said something. */
static int heard(void)
{
    struct tutti_handle handle;
    TUTTI_TRY(tutti_real_watch(news[0], &handle));
    int rc = tutti_poll(handle, TUTTI_POLL_READ);
    tutti_handle_close(handle);
    if (rc < 0) return rc;
    hear(news[0]);
    return 0;
}

static int crowd(struct tutti_nursery *nursery, void *arg)
{
    size_t before = *(size_t *)arg;
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve, &server, NULL));
    for (int round = 0; round <= ROUNDS; round++) {
        TUTTI_TRY(heard());
        while (server.accepted < CLIENTS)
            TUTTI_TRY(tutti_sleep(TUTTI_MS));
        TUTTI_TRY(tutti_wait_all_blocked(TUTTI_MS));
        size_t each = (memory() - before) / CLIENTS;
        print_message("%s: %zu bytes a silent connection\n",
                      round ? "answered, all" : "connected, all", each);
        tell(orders[1]);
    }
    while (nursery->children > 1)
        TUTTI_TRY(tutti_sleep(TUTTI_MS));
    tutti_nursery_cancel(nursery);
    return 0;
}

static pid_t child;

static int ten_thousand(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    (void)arg;
    server = (struct tutti_server){.listeners = listeners, .listeners_count = 1, .handler = echo};
    TUTTI_TRY(tutti_listen(&listener, &address, NULL));
    TUTTI_TRY(tutti_socket_address(&listener.socket, &address));
    child = fork();
    tutti_check(child >= 0);
    if (child == 0) _exit(clients(address.port));
    size_t before = memory();
    return tutti_nursery_run(crowd, &before);
}

/* Raises the limit of descriptors as far as it goes; is that enough? */
static bool room_for_clients(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return false;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return false;
    if (limit.rlim_cur >= CLIENTS + SPARE) return true;
    print_message("not run: the limit of descriptors is %llu and cannot be raised to %d\n",
                  (unsigned long long)limit.rlim_cur, CLIENTS + SPARE);
    return false;
}

static void all_are_served(void **state)
{
    int status = -1, before;
    (void)state;
    if (!room_for_clients()) skip();
    (void)tutti_world_real();
    assert_int_equal(pipe(orders), 0);
    assert_int_equal(pipe(news), 0);
    before = real_descriptors();
    int rc = tutti_run(tutti_world_real(), ten_thousand, NULL);
    if (child > 0 && rc < 0) kill(child, SIGKILL);
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(rc, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(server.accepted, CLIENTS);
    assert_int_equal(real_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_are_served)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
