/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An echo server of tutti beside the least one there is: one loop around epoll, edge-triggered,
 * without tasks. Each serves 50 connections that ask 64 bytes and wait for the answer, in a process
 * of its own on the first processor; who asks is on the second one, and as busy.                 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "tutti/core/error.h"
#include "tutti/io/real.h"
#include "tutti/io/server.h"

enum { MESSAGE = 64, BUFFER = 1024, REQUESTS = 100000, CONNECTIONS_MAX = 1000 };
enum { SERVER_CPU, ASKER_CPU };

static void stay_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set); /* one processor only: then they share it */
}

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(2);
}

/* The floor. */

static void floor_take(int epoll, int listener)
{
    static const int one = 1;
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                    .data = {.fd = fd}};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) give_up("epoll_ctl");
    }
}

static void floor_answer(int fd)
{
    char buffer[BUFFER];
    ssize_t n;
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0) {
        if (send(fd, buffer, (size_t)n, MSG_NOSIGNAL) != n) break;
        if (n < BUFFER) return; /* a short count: there is no more */
    }
    if (n == 0 || errno != EAGAIN) close(fd);
}

static void floor_serve(int listener)
{
    struct epoll_event events[128], event = {.events = EPOLLIN, .data = {.fd = listener}};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) < 0) give_up("epoll");
    for (;;) {
        int count = epoll_wait(epoll, events, 128, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener) {
                floor_take(epoll, listener);
            } else if (events[i].events & EPOLLIN) {
                floor_answer(events[i].data.fd);
            }
        }
    }
}

/* Ours. */

static int echo(struct tutti_stream *stream, void *arg)
{
    char buffer[BUFFER];
    int rc;
    (void)arg;
    while ((rc = tutti_stream_receive(stream, buffer, sizeof buffer)) > 0) {
        rc = tutti_stream_send_all(stream, buffer, (size_t)rc);
        if (rc < 0) break;
    }
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

static int serve(void *arg)
{
    struct tutti_socket_listener listener;
    struct tutti_socket socket = {.family = TUTTI_FAMILY_IPV4};
    struct tutti_listener *const listeners[] = {&listener.listener};
    struct tutti_server server = {.listeners = listeners, .listeners_count = 1, .handler = echo};
    TUTTI_TRY(tutti_real_adopt(*(int *)arg, &socket.handle));
    tutti_socket_listener_init(&listener, &socket);
    return tutti_serve(NULL, &server);
}

static void our_serve(int listener)
{
    exit(tutti_run(tutti_world_real(), serve, &listener) < 0);
}

/* Who asks. */

static int listen_anywhere(struct sockaddr_in *at)
{
    socklen_t size = sizeof *at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (fd < 0 || bind(fd, (struct sockaddr *)at, size) < 0 || listen(fd, CONNECTIONS_MAX) < 0 ||
        getsockname(fd, (struct sockaddr *)at, &size) < 0) {
        give_up("listen");
    }
    return fd;
}

static void ask(int fd)
{
    static const char question[MESSAGE];
    if (send(fd, question, sizeof question, MSG_NOSIGNAL) != sizeof question) give_up("send");
}

/* Connects so many times, has so many questions answered; ns from the first to the last. */
static double ask_all(const struct sockaddr_in *at, size_t connections)
{
    static const int one = 1;
    struct epoll_event events[128];
    int fds[CONNECTIONS_MAX], answered = 0, epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < connections; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fds[i]}};
        if (connect(fds[i], (const struct sockaddr *)at, sizeof *at) < 0) give_up("connect");
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) < 0) give_up("epoll_ctl");
    }
    int64_t start_ns = bench_now_ns();
    for (size_t i = 0; i < connections; i++)
        ask(fds[i]);
    while (answered < REQUESTS) {
        int count = epoll_wait(epoll, events, 128, -1);
        for (int i = 0; i < count; i++, answered++) {
            char answer[BUFFER];
            if (recv(events[i].data.fd, answer, sizeof answer, 0) != MESSAGE) give_up("recv");
            ask(events[i].data.fd);
        }
    }
    int64_t end_ns = bench_now_ns();
    for (size_t i = 0; i < connections; i++)
        close(fds[i]);
    close(epoll);
    return (double)(end_ns - start_ns);
}

/* Of the latest measurement of each: the server's own time. */
static double cpu_of_ours, cpu_of_floor;

static double seconds_of(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static double measure(void (*server)(int listener), size_t connections, double *cpu)
{
    struct sockaddr_in at;
    struct rusage usage;
    int listener = listen_anywhere(&at);
    pid_t child = fork();
    if (child < 0) give_up("fork");
    if (child == 0) {
        stay_on(SERVER_CPU);
        server(listener);
        _exit(0);
    }
    close(listener);
    stay_on(ASKER_CPU);
    double ns = ask_all(&at, connections);
    kill(child, SIGKILL);
    if (wait4(child, NULL, 0, &usage) != child) give_up("wait4");
    *cpu = (seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime)) * 1e6 / REQUESTS;
    return ns / 1e3 / REQUESTS;
}

static double our_row(size_t connections)
{
    return measure(our_serve, connections, &cpu_of_ours);
}

static double floor_row(size_t connections)
{
    return measure(floor_serve, connections, &cpu_of_floor);
}

static double our_cpu_row(size_t connections)
{
    (void)connections;
    return cpu_of_ours;
}

static double floor_cpu_row(size_t connections)
{
    (void)connections;
    return cpu_of_floor;
}

static const struct bench_row rows[] = {
    {"echo, 50 connections, 64 bytes", our_row, floor_row, 50, 1.1, BENCH_OF_FLOOR},
    {"  of that the server's processor time", our_cpu_row, floor_cpu_row, 50, 1.1, BENCH_OF_FLOOR},
    {NULL, NULL, NULL, 0, 0, BENCH_NO_BAR},
};

int main(int argc, char **argv)
{
    static const struct bench_table table = {"echo over TCP, real world, no trace", "us a request",
                                             rows};
    return bench_main(argc, argv, &table);
}
