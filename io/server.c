/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/server.h"

#include <errno.h>

#include "tutti/core/error.h"
#include "tutti/core/finish.h"
#include "tutti/core/span.h"
#include "tutti/core/task.h"
#include "tutti/io/fail_priv.h"

/* One connection: copied to the stack of its task. */
struct connection {
    struct tutti_server *server;
    union tutti_accepted accepted;
};

/* One listener, in the task that accepts. */
struct acceptor {
    struct tutti_server *server;
    struct tutti_nursery *handlers;
    struct tutti_listener *listener;
    struct connection connection; /* the next one */
};

static int serve_one(void *arg)
{
    struct connection *connection = arg;
    struct tutti_stream *stream = &connection->accepted.stream;
    int rc = connection->server->handler(stream, connection->server->arg);
    tutti_stream_close_forcefully(stream);
    return rc < 0 ? rc : 0;
}

static bool short_of_something(int rc)
{
    return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM || rc == -ENOBUFS ||
           rc == TUTTI_ENOMEMORY;
}

/* 1: there is a connection. */
static int accept_one(void *arg)
{
    struct acceptor *acceptor = arg;
    int rc = tutti_listener_accept(acceptor->listener, &acceptor->connection.accepted);
    return rc < 0 ? rc : 1;
}

/* Room for a handler first, if there is a bound: who is accepted is served. */
static int start_handler(struct acceptor *acceptor)
{
    struct connection *connection = &acceptor->connection;
    size_t size = offsetof(struct connection, accepted) + acceptor->listener->kind->stream_size;
    int rc = tutti_nursery_start_copy(acceptor->handlers, serve_one, connection, size);
    if (rc == TUTTI_EWOULDBLOCK) {
        rc = tutti_nursery_start_wait_copy(acceptor->handlers, serve_one, connection, size);
    }
    if (rc < 0) {
        tutti_stream_close_forcefully(&connection->accepted.stream);
    } else {
        acceptor->server->accepted++;
    }
    return rc;
}

static int breathe(void *arg)
{
    (void)arg;
    return tutti_sleep(TUTTI_ACCEPT_PAUSE_NS);
}

static int accept_all(void *arg)
{
    struct acceptor *acceptor = arg;
    acceptor->connection.server = acceptor->server;
    while (!tutti_finishing()) {
        int rc = tutti_until_finish(accept_one, acceptor);
        if (rc == 1) rc = start_handler(acceptor);
        if (short_of_something(rc)) {
            acceptor->server->pauses++;
            tutti_log(TUTTI_LOG_WARN, "accepting pauses: %s", io_reason(rc));
            rc = tutti_until_finish(breathe, NULL);
        }
        if (rc < 0) return rc;
    }
    return 0;
}

static int accept_from_all(struct tutti_server *server, struct tutti_nursery *handlers,
                           struct tutti_starting *starting)
{
    struct tutti_nursery nursery;
    struct acceptor acceptor = {.server = server, .handlers = handlers};
    int rc = tutti_nursery_open_named(&nursery, "acceptors");
    if (rc < 0) return rc;
    for (uint32_t i = 0; i < server->listeners_count && rc == 0; i++) {
        acceptor.listener = server->listeners[i];
        rc = tutti_nursery_start_copy(&nursery, accept_all, &acceptor, sizeof acceptor);
    }
    if (rc == 0) rc = tutti_started(starting, (intptr_t)server);
    if (rc < 0) tutti_nursery_cancel(&nursery);
    return tutti_nursery_close(&nursery, rc);
}

static void close_listeners(struct tutti_server *server)
{
    for (uint32_t i = 0; i < server->listeners_count; i++)
        tutti_listener_close(server->listeners[i]);
}

static int check(const struct tutti_server *server)
{
    bool right = server && server->listeners_count && server->listeners && server->handler;
    for (uint32_t i = 0; right && i < server->listeners_count; i++) {
        const struct tutti_listener *listener = server->listeners[i];
        right = listener && listener->kind && listener->kind->stream_size <= TUTTI_ACCEPTED_MAX;
    }
    if (right) return 0;
    return tutti_error(TUTTI_EINVALID, "a server needs listeners that are open, and a handler");
}

int tutti_serve(struct tutti_starting *starting, void *arg)
{
    struct tutti_server *server = arg;
    struct tutti_nursery own;
    const struct tutti_nursery_options options = {
        .name = "handlers", .max_tasks = server ? server->connections_max : 0};
    TUTTI_TRY(check(server));
    server->accepted = server->pauses = 0;
    if (server->nursery) {
        int rc = accept_from_all(server, server->nursery, starting);
        close_listeners(server);
        return rc;
    }
    int rc = tutti_nursery_open_with(&own, &options);
    if (rc == 0) {
        rc = accept_from_all(server, &own, starting);
        close_listeners(server);
        return tutti_nursery_close(&own, rc);
    }
    close_listeners(server);
    return rc;
}
