/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/resolve.h - addresses of hosts by their names.
 *
 * A number ("192.0.2.7", "::1") is its own address, and nobody is asked. A name goes through the
 * run's resolver: one that the program set, as tests do, else the world's, which in the real world
 * is the system's getaddrinfo in a worker thread (/etc/hosts, DNS, whatever it is set up for); a
 * look-up that is cancelled goes on there, and its answer is dropped. Names are UTF-8; what is not
 * ASCII is encoded as IDNA 2008 has it (UTS 46, non-transitional), before any resolver is asked. */
#ifndef TUTTI_IO_RESOLVE_H
#define TUTTI_IO_RESOLVE_H

#include "tutti/core/op.h"

TUTTI_BEGIN

/* Instead of a length: up to the NUL. */
#define TUTTI_TEXT SIZE_MAX

/* Finds the addresses of `host`, for `port`, the best first, and writes up to `room` (1 or more) of
 * them to `addresses`. Returns how many, or
 *   TUTTI_EINVALID      the host is NULL, empty, has a NUL, a space or a control character, an
 * empty part, or is no name by the rules of IDNA; the port is not 0 to 65535; TUTTI_ETOOLONG it has
 * more than 253 bytes, or a part of more than 63; TUTTI_ENONAME       there is no such name, or it
 * has no address; TUTTI_ENAMESERVICE  whoever should know did not answer, or failed: it may be
 * better later; TUTTI_ECANCELED, TUTTI_ENOMEMORY, TUTTI_EUNSUPPORTED (this world has no names), or
 * what a resolver of the program's returned. The record names the host. */
#define tutti_resolve(host, port, addresses, room)                                                 \
    tutti_resolve_at(host, TUTTI_TEXT, port, addresses, room, TUTTI_HERE)
/* The same for a host of `length` bytes. */
#define tutti_resolve_bytes(host, length, port, addresses, room)                                   \
    tutti_resolve_at(host, length, port, addresses, room, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_resolve_at(const char *host, size_t length, int port,
                                      struct tutti_address *addresses, uint32_t room,
                                      const struct tutti_site *site);

/* The other way round: writes the name of the host at an IP address, whatever its port, to `name`,
 * ended by a NUL; TUTTI_HOST_MAX + 1 bytes are always enough. It is what whoever runs that network
 * says, and proves nothing. Returns its length, TUTTI_ENONAME (it has none, or the run's resolver
 * gives none), TUTTI_ETOOLONG (`size` is too small), TUTTI_EINVALID (no IP address), or as above.
 */
#define tutti_resolve_back(address, name, size)                                                    \
    tutti_resolve_back_at(address, name, size, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_resolve_back_at(const struct tutti_address *address, char *name,
                                           size_t size, const struct tutti_site *site);

/* Who looks names up instead of the world: at the head of something of yours. */
struct tutti_resolver {
    /* Writes up to lookup->room addresses for lookup->host, which is ASCII, to lookup->addresses,
     * with lookup->port; returns how many (0 is TUTTI_ENONAME), or a negative code. It may wait. */
    int (*lookup)(struct tutti_resolver *resolver, const struct tutti_lookup *lookup);
    /* Writes the name of the host at an address to `name`, TUTTI_HOST_MAX + 1 bytes; returns its
     * length (0 is TUTTI_ENONAME), or a negative code. It may wait. NULL: no address has one. */
    int (*name_of)(struct tutti_resolver *resolver, const struct tutti_address *address,
                   char *name);
};
/* The run's resolver from now on; NULL: the world's. It must live as long as it is set. *previous,
 * unless NULL, is the one before. Returns 0 or TUTTI_ENOMEMORY. Not a checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_resolver_set(struct tutti_resolver *resolver,
                                                struct tutti_resolver **previous);

TUTTI_END
#endif
