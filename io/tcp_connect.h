/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/tcp_connect.h - a connection to a host by name, on whichever of its addresses answers first.
 *
 * A name has several addresses as a rule, of two families, and some of them may not work. They are
 * tried in the order in which they were found, but for one thing: the second is of another family
 * than the first, if there is one (RFC 8305, section 4, with one address of the first family). An
 * attempt begins when the one before it has failed, or has gone on for 250 ms (section 5). The
 * first connection counts; all others are closed before the call returns, however it returns. */
#ifndef TUTTI_IO_TCP_CONNECT_H
#define TUTTI_IO_TCP_CONNECT_H

#include "tutti/io/resolve.h"
#include "tutti/io/socket_stream.h"

TUTTI_BEGIN

#define TUTTI_CONNECT_DELAY_NS (250 * TUTTI_MS)

/* All zeros: as without. */
struct tutti_connect_options {
    /* How long an attempt has before the next one begins beside it. 0: TUTTI_CONNECT_DELAY_NS;
     * TUTTI_NEVER: until it has failed. Negative: TUTTI_EINVALID. */
    int64_t delay_ns;
    /* From where: its family is the only one that is tried; its port may be 0. NULL: the system
     * decides. */
    const struct tutti_address *local;
};

/* Connects to a port (1 to 65535) of a host, a name or a number, and makes *stream of it, for the
 * caller to close. Returns 0, an error of tutti_resolve, or, when no address could be reached, the
 * code of the first attempt that failed (-ECONNREFUSED, ...): its record has those of all attempts
 * below it, in the order in which they failed. TUTTI_ECANCELED: no connection is left; but one that
 * was there before the cancellation is given out. */
#define tutti_tcp_connect(stream, host, port)                                                      \
    tutti_tcp_connect_at(stream, host, TUTTI_TEXT, port, NULL, TUTTI_HERE)
/* The same with options (NULL: none), for a host of `length` bytes or TUTTI_TEXT. */
#define tutti_tcp_connect_with(stream, host, length, port, options)                                \
    tutti_tcp_connect_at(stream, host, length, port, options, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_tcp_connect_at(struct tutti_socket_stream *stream, const char *host,
                                          size_t length, int port,
                                          const struct tutti_connect_options *options,
                                          const struct tutti_site *site);

TUTTI_END
#endif
