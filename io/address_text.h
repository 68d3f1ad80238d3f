/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/address_text.h - addresses of sockets from text and as text.
 *
 * Nothing here asks anybody: names of hosts are not looked up, only numbers are read. None of these
 * is a checkpoint, and all but tutti_address_unix and tutti_address_ip may be called outside a run.
 */
#ifndef TUTTI_IO_ADDRESS_TEXT_H
#define TUTTI_IO_ADDRESS_TEXT_H

#include "tutti/core/address.h"

TUTTI_BEGIN

enum { TUTTI_PORT_MAX = 65535, TUTTI_ADDRESS_TEXT_MAX = 176 };

/* Reads a number as it stands in texts: "192.0.2.7", "2001:db8::1", "fe80::1%3" (the interface as
 * a number). Is it one? If so *address is it, with port 0. */
TUTTI_API bool tutti_address_read(const char *text, struct tutti_address *address);

/* The same, with a port, for users: returns 0 or TUTTI_EINVALID, when `text` is no such number or
 * `port` is not within 0 and 65535, with a record that says which. */
TUTTI_API TUTTI_MUST_USE int tutti_address_ip(const char *text, int port,
                                              struct tutti_address *address);

/* The address of a Unix socket with the `length` bytes of a name at `path`: a path, or, beginning
 * with a NUL, an abstract name, which may have further ones. Returns 0 or TUTTI_EINVALID, with a
 * record: an empty name, more than TUTTI_PATH_MAX bytes, a path with a NUL. */
TUTTI_API TUTTI_MUST_USE int tutti_address_unix(const char *path, size_t length,
                                                struct tutti_address *address);

/* All addresses of this host (for listening), and the one by which it reaches itself; IPv4, IPv6.
 */
TUTTI_API struct tutti_address tutti_address_any(enum tutti_family family, uint16_t port);
TUTTI_API struct tutti_address tutti_address_loopback(enum tutti_family family, uint16_t port);

/* Is it the same address, port included? */
TUTTI_API bool tutti_address_equal(const struct tutti_address *a, const struct tutti_address *b);

/* Writes it as text, always NUL-terminated: "192.0.2.7:80", "[2001:db8::1]:80" (as RFC 5952 has
 * it), "/run/app.sock", "@name" for an abstract one, "nowhere" for none. Returns the length the
 * whole text has; TUTTI_ADDRESS_TEXT_MAX bytes are always enough. */
TUTTI_API size_t tutti_address_print(const struct tutti_address *address, char *buffer,
                                     size_t size);

TUTTI_END
#endif
