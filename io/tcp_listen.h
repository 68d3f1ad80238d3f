/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/tcp_listen.h - listeners at all addresses of a host. */
#ifndef TUTTI_IO_TCP_LISTEN_H
#define TUTTI_IO_TCP_LISTEN_H

#include "tutti/io/listener.h"
#include "tutti/io/resolve.h"

TUTTI_BEGIN

/* Listens at `port` (0: a free one, the same at all) of each address of a host: a name
 * ("localhost"), a number, or NULL for all addresses of this machine, IPv6 and IPv4. *made says how
 * many listeners there are, the first ones of the array, which has room for `room` (1 or more;
 * further addresses are left out; TUTTI_ADDRESSES_MAX is always enough). Families that this system
 * does not have, or has switched off, are left out unless it has none of them. `options`, of
 * listener.h, may be NULL; with its `both`, NULL is one listener for both families. Returns 0, or
 * an error of tutti_resolve or of tutti_listen, and then none is open. */
#define tutti_tcp_listen(listeners, room, host, port, options, made)                               \
    tutti_tcp_listen_at(listeners, room, host, TUTTI_TEXT, port, options, made, TUTTI_HERE)
/* The same for a host of `length` bytes or TUTTI_TEXT. */
TUTTI_CHECKPOINT int tutti_tcp_listen_at(struct tutti_socket_listener *listeners, uint32_t room,
                                         const char *host, size_t length, int port,
                                         const struct tutti_listen_options *options, uint32_t *made,
                                         const struct tutti_site *site);

TUTTI_END
#endif
