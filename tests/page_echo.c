/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An echo server and its clients in one real run, traced: page_test.py makes a page of it.
 * Argument: the file for the trace. */
#include <stdio.h>

#include "tutti/core/error.h"
#include "tutti/core/finish.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/instruments/trace.h"
#include "tutti/io/address_text.h"
#include "tutti/io/real.h"
#include "tutti/io/server.h"
#include "tutti/io/socket_stream.h"

enum { CLIENTS = 24, ROUNDS = 30, MESSAGE = 200 };

struct town {
    struct tutti_socket_listener listener;
    struct tutti_scope open; /* the server's hours */
};

static int echo(struct tutti_stream *stream, void *arg)
{
    char buffer[1024];
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
    struct town *town = arg;
    struct tutti_listener *const listeners[] = {&town->listener.listener};
    struct tutti_server server = {.listeners = listeners, .listeners_count = 1, .handler = echo};
    TUTTI_TRY(tutti_scope_enter(&town->open));
    return tutti_scope_close(&town->open, tutti_serve(NULL, &server));
}

static int talk(struct tutti_stream *stream)
{
    char message[MESSAGE] = "hello", answer[MESSAGE];
    for (int i = 0; i < ROUNDS; i++) {
        TUTTI_TRY(tutti_stream_send_all(stream, message, sizeof message));
        for (size_t got = 0; got < sizeof message;) {
            int rc = tutti_stream_receive(stream, answer, sizeof answer - got);
            if (rc <= 0) return rc < 0 ? rc : TUTTI_EBROKEN;
            got += (size_t)rc;
        }
    }
    return 0;
}

static int client(void *arg)
{
    struct town *town = arg;
    struct tutti_socket_stream stream;
    TUTTI_TRY(tutti_listener_connect(&town->listener, &stream));
    int rc = talk(&stream.stream);
    int closed = tutti_stream_close(&stream.stream);
    return rc < 0 ? rc : closed;
}

static int clients(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < CLIENTS; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, client, arg));
    }
    return 0;
}

static int open_town(struct tutti_nursery *nursery, void *arg)
{
    struct town *town = arg;
    TUTTI_TRY(tutti_nursery_start_named(nursery, "server", serve, arg));
    TUTTI_TRY(tutti_nursery_run(clients, arg));
    return tutti_scope_finish(&town->open, TUTTI_S);
}

static int run(void *arg)
{
    struct town town = {.open = TUTTI_SCOPE_INIT};
    (void)arg;
    struct tutti_address any;
    TUTTI_TRY(tutti_address_ip("127.0.0.1", 0, &any));
    TUTTI_TRY(tutti_listen(&town.listener, &any, NULL));
    return tutti_nursery_run(open_town, &town);
}

int main(int argc, char **argv)
{
    struct tutti_trace *trace;
    struct tutti_trace_header header = {.prog = "page_echo", .world = "real", .policy = "plain"};
    struct tutti_trace_result result;
    if (argc != 2) return 2;
    int rc = tutti_trace_open(&trace, argv[1], &header, 4);
    if (rc < 0) {
        fprintf(stderr, "%s: code %d\n", argv[1], rc);
        return 2;
    }
    struct tutti_world world = *tutti_world_real();
    world.sink = tutti_trace_sink(trace);
    rc = tutti_run(&world, run, NULL);
    if (tutti_trace_close(trace, &result) < 0) fprintf(stderr, "%s\n", result.message);
    return rc < 0;
}
