/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/tcp_server.h"

#include "tutti/core/error.h"
#include "tutti/core/mem.h"

/* A server's listeners, and what tutti_serve takes of them. */
struct listening {
    struct tutti_listener *listeners[TUTTI_ADDRESSES_MAX];
    struct tutti_socket_listener sockets[TUTTI_ADDRESSES_MAX];
};

/* Opens the listeners; after an error there are none. */
static int open_all(struct tutti_tcp_server *server, struct listening *listening)
{
    uint32_t made;
    TUTTI_TRY(tutti_tcp_listen(listening->sockets, TUTTI_ADDRESSES_MAX, server->host, server->port,
                               &server->options, &made));
    int rc = tutti_socket_address(&listening->sockets[0].socket, &server->address);
    for (uint32_t i = 0; i < made; i++) {
        listening->listeners[i] = &listening->sockets[i].listener;
        if (rc < 0) tutti_listener_close(listening->listeners[i]);
    }
    if (rc < 0) return rc;
    server->sockets = listening->sockets;
    server->server.listeners = listening->listeners;
    server->sockets_count = server->server.listeners_count = made;
    return 0;
}

static void forget_all(struct tutti_tcp_server *server)
{
    server->sockets = NULL;
    server->server.listeners = NULL;
    server->sockets_count = server->server.listeners_count = 0;
}

int tutti_serve_tcp(struct tutti_starting *starting, void *arg)
{
    struct tutti_tcp_server *server = arg;
    if (!server || !server->server.handler) {
        return tutti_error(TUTTI_EINVALID, "a server needs a handler");
    }
    forget_all(server);
    struct listening *listening = tutti_malloc(sizeof *listening);
    if (!listening) return tutti_error(TUTTI_ENOMEMORY, "no memory for a server");
    int rc = open_all(server, listening);
    if (rc == 0) rc = tutti_serve(starting, &server->server); /* says `server`: it is the first */
    forget_all(server);
    tutti_free(listening);
    return rc;
}
