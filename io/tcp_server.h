/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/tcp_server.h - a server at a port of this machine, in one call. */
#ifndef TUTTI_IO_TCP_SERVER_H
#define TUTTI_IO_TCP_SERVER_H

#include "tutti/io/server.h"
#include "tutti/io/tcp_listen.h"

TUTTI_BEGIN

/* What is served where. Yours; outlives the call. */
struct tutti_tcp_server {
    struct tutti_server server; /* its handler and the like; its listeners are set by the call */
    const char *host;           /* as of tutti_tcp_listen; NULL: all addresses of this machine */
    int port;                   /* 0: a free one */
    struct tutti_listen_options options; /* of listener.h */
    /* Set: where it listens. NULL and 0 when it does not (yet, or any more). */
    struct tutti_socket_listener *sockets;
    uint32_t sockets_count;
    struct tutti_address address; /* set, and stays: that of the first, with the port */
};

/* Listens at all addresses of a host, as tutti_tcp_listen does, and serves there, as tutti_serve
 * does: what is said of these two holds. For tutti_nursery_start_ready: it is ready once it
 * accepts, and says `server`, a struct tutti_tcp_server, in which address.port is the port then;
 * called directly, `starting` is NULL. Returns what tutti_serve returns, an error of
 * tutti_tcp_listen, TUTTI_ENOMEMORY, or TUTTI_EINVALID: NULL, or no handler. */
TUTTI_CHECKPOINT int tutti_serve_tcp(struct tutti_starting *starting, void *server);

TUTTI_END
#endif
