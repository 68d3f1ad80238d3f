/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* recorded_programs.h - programs in the real world that take in something by each of its doors. */
#ifndef TUTTI_TESTS_RECORDED_PROGRAMS_H
#define TUTTI_TESTS_RECORDED_PROGRAMS_H

#include <pthread.h>
#include <semaphore.h>

#include "real_run.h"

#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/span.h"
#include "tutti/core/sync.h"
#include "tutti/core/token.h"
#include "tutti/io/resolve.h"
#include "tutti/io/socket_stream.h"
#include "tutti/io/worker.h"

/* What comes in is told in the trace, so that two traces that are one say that it was the same. */
static void tell(const char *what, const void *bytes, size_t size)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
    tutti_log(TUTTI_LOG_INFO, "%s: %zu bytes, %016llx, at %lld", what, size,
              (unsigned long long)hash, (long long)tutti_now());
}

/* How a run is to differ from the one before it; 0: not. */
enum change { SAME, SLEEPS_MORE, READS_LESS, ASKS_MORE, RETURNS_OTHER, POSTS_MORE };
static enum change change;

enum { BULK = 100000 };

static int send_bulk(void *arg)
{
    struct tutti_stream *stream = arg;
    char *bulk = tutti_malloc(BULK);
    int rc = bulk ? tutti_random(bulk, BULK) : TUTTI_ENOMEMORY;
    if (rc >= 0) rc = tutti_stream_send_all(stream, bulk, BULK);
    tutti_free(bulk);
    return rc < 0 ? rc : tutti_stream_send_eof(stream);
}

static int receive_bulk(void *arg)
{
    struct tutti_stream *stream = arg;
    static char buffer[7777];
    size_t room = change == READS_LESS ? 99 : sizeof buffer;
    int count;
    while ((count = tutti_stream_receive(stream, buffer, room)) > 0)
        tell("bulk", buffer, (size_t)count);
    return count;
}

struct ends {
    struct tutti_socket_stream a, b;
};

static int both_ends(struct tutti_nursery *nursery, void *arg)
{
    struct ends *ends = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, send_bulk, &ends->a.stream));
    return receive_bulk(&ends->b.stream);
}

/* Bytes by chance go through a pair of sockets, far more than one piece of a recording. */
static int bulk(void *arg)
{
    struct ends ends;
    (void)arg;
    TUTTI_TRY(tutti_socket_stream_pair(&ends.a, &ends.b));
    int rc = tutti_nursery_run(both_ends, &ends);
    tutti_stream_close_forcefully(&ends.a.stream);
    tutti_stream_close_forcefully(&ends.b.stream);
    return rc;
}

static int call_back(void *arg)
{
    struct tutti_socket socket;
    char word[8];
    TUTTI_TRY(tutti_socket_open(&socket, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    int rc = tutti_socket_connect(&socket, arg);
    if (rc >= 0) rc = tutti_socket_send(&socket, "knock", 5);
    if (rc >= 0) rc = tutti_socket_receive(&socket, word, sizeof word);
    if (rc > 0) tell("answer", word, (size_t)rc);
    tutti_socket_close(&socket);
    return rc;
}

struct server {
    struct tutti_socket listener, peer;
    struct tutti_address address;
};

static int answer_one(struct tutti_nursery *nursery, void *arg)
{
    struct server *server = arg;
    struct tutti_address from;
    char word[8];
    TUTTI_TRY(tutti_nursery_start(nursery, call_back, &server->address));
    TUTTI_TRY(tutti_socket_accept(&server->listener, &server->peer, &from));
    tell("peer", &from.port, sizeof from.port);
    int rc = tutti_socket_receive(&server->peer, word, sizeof word);
    if (rc > 0) tell("call", word, (size_t)rc);
    if (rc > 0) rc = tutti_socket_send(&server->peer, "come in", 7);
    tutti_socket_close(&server->peer);
    return rc;
}

/* A listener at a port by chance, and a call to it. */
static int network(void *arg)
{
    struct tutti_address any = {.family = TUTTI_FAMILY_IPV4, .ip = {127, 0, 0, 1}};
    struct server server;
    (void)arg;
    TUTTI_TRY(tutti_socket_open(&server.listener, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM));
    int rc = tutti_socket_bind(&server.listener, &any);
    if (rc >= 0) rc = tutti_socket_listen(&server.listener, 5);
    if (rc >= 0) rc = tutti_socket_address(&server.listener, &server.address);
    if (rc >= 0) tell("port", &server.address.port, sizeof server.address.port);
    if (rc >= 0) rc = tutti_nursery_run(answer_one, &server);
    tutti_socket_close(&server.listener);
    return rc;
}

/* A message with a handle that is passed on, options, a receive that is cancelled. */
static int receive_for_ever(void *arg)
{
    char byte;
    return tutti_socket_receive(arg, &byte, 1);
}

static int messages(void *arg)
{
    struct tutti_socket a, b;
    struct tutti_handle reader, writer, passed = {0};
    struct tutti_address from;
    char text[16], more[16];
    struct tutti_piece out[] = {{"one", 3}, {"two", 3}}, in[] = {{text, 4}, {more, sizeof more}};
    struct tutti_message there = {
        .pieces = out, .pieces_count = 2, .handles = &reader, .handles_count = 1};
    struct tutti_message here = {.pieces = in,
                                 .pieces_count = 2,
                                 .handles = &passed,
                                 .handles_room = 1,
                                 .flags = 77,
                                 .address = &from};
    int64_t unread;
    (void)arg;
    TUTTI_TRY(tutti_socket_pair(&a, &b, TUTTI_SOCKET_STREAM));
    TUTTI_TRY(tutti_pipe_open(&reader, &writer));
    TUTTI_TRY(tutti_move_on_after(2 * TUTTI_MS, receive_for_ever, &b));
    TUTTI_TRY(tutti_socket_send_message(&a, &there, 0));
    TUTTI_TRY(tutti_socket_get(&b, TUTTI_OPTION_RECEIVE_BUFFER, &unread));
    tell("option", &unread, sizeof unread);
    int rc = tutti_socket_receive_message(&b, &here, 0);
    tutti_check(rc == 6 && here.handles_count == 1);
    tell("flags", &here.flags, sizeof here.flags);
    tell("message", text, 4);
    tell("rest", more, 2);
    tutti_handle_close(reader);
    tutti_handle_close(passed);
    tutti_handle_close(writer);
    tutti_socket_close(&a);
    tutti_socket_close(&b);
    return rc;
}

static int add_up(void *arg)
{
    int *numbers = arg, sum = 0;
    for (int i = 0; i < 4; i++)
        sum += numbers[i]++;
    return change == RETURNS_OTHER ? sum + 1 : sum;
}

/* A function in a thread, a name, times that nobody can know before. */
static int others(void *arg)
{
    struct tutti_address found[4];
    int numbers[4] = {1, 2, 3, 4};
    (void)arg;
    int rc = tutti_worker_call(add_up, numbers);
    tutti_check(rc < 0 || numbers[3] == 5);
    tell("sum", &rc, sizeof rc);
    TUTTI_TRY(rc);
    rc = tutti_resolve("localhost", 80, found, 4);
    for (int i = 0; i < rc; i++)
        tell("name", found[i].ip, sizeof found[i].ip);
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_sleep(200 * TUTTI_US));
        tell("time", "", 0);
    }
    if (change == SLEEPS_MORE) TUTTI_TRY(tutti_sleep(1));
    if (change == ASKS_MORE) TUTTI_TRY(bulk(NULL));
    return 0;
}

enum { POSTS = 40 };
static struct tutti_token token;
static struct tutti_post posts[POSTS], one_more;
static struct tutti_event enough;
static sem_t eight_called;
static int calls;

static int on_post(void *arg)
{
    tell("post", arg, 1);
    if (++calls % 8 == 0) sem_post(&eight_called);
    if (calls == POSTS) tutti_event_set(&enough);
    return 0;
}

static void *post_all(void *arg)
{
    (void)arg;
    for (int i = 0; i < POSTS; i++) {
        posts[i] = (struct tutti_post){.fn = on_post, .arg = ""};
        assert_int_equal(tutti_token_post(&token, &posts[i], 0), 0);
        while (i % 8 == 7 && sem_wait(&eight_called) < 0)
            continue;
    }
    return NULL;
}

/* A thread posts, and waits now and then until that was heard. */
static int from_outside(void *arg)
{
    pthread_t thread;
    (void)arg;
    calls = 0;
    sem_init(&eight_called, 0, 0);
    tutti_event_init(&enough, "enough");
    TUTTI_TRY(tutti_token_open(&token, "thread"));
    tutti_check(pthread_create(&thread, NULL, post_all, NULL) == 0);
    int rc = tutti_event_wait(&enough);
    pthread_join(thread, NULL);
    one_more = (struct tutti_post){.fn = on_post, .arg = ""};
    if (change == POSTS_MORE) (void)!tutti_token_post(&token, &one_more, 0);
    tutti_token_close(&token);
    return rc;
}

static int all_parts(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_nursery_start(nursery, bulk, NULL));
    TUTTI_TRY(tutti_nursery_start(nursery, network, NULL));
    TUTTI_TRY(tutti_nursery_start(nursery, messages, NULL));
    TUTTI_TRY(tutti_nursery_start(nursery, others, NULL));
    return tutti_nursery_start(nursery, from_outside, NULL);
}

static int everything(void *arg)
{
    (void)arg;
    return tutti_nursery_run(all_parts, NULL);
}

#endif
