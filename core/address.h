/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/address.h - where a socket is: what operations (core/op.h) are given and give back.
 *
 * A plain value, to be copied. How it is read from text and written as text is in
 * io/address_text.h. */
#ifndef TUTTI_CORE_ADDRESS_H
#define TUTTI_CORE_ADDRESS_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Which sort of address. */
enum tutti_family { TUTTI_FAMILY_NONE, TUTTI_FAMILY_IPV4, TUTTI_FAMILY_IPV6, TUTTI_FAMILY_UNIX };

/* Bytes of the path of a Unix socket, at most; the system has room for no more. */
enum { TUTTI_PATH_MAX = 107 };

/* An address; all zeros: none. */
struct tutti_address {
    uint8_t family;      /* enum tutti_family */
    uint8_t path_length; /* Unix: bytes of path; 0: no name */
    uint16_t port;       /* IP: as a plain number */
    uint32_t scope;      /* IPv6: the number of the interface, of link-local addresses; else 0 */
    uint8_t ip[16];      /* IPv4: in the first four, first byte first */
    char path[TUTTI_PATH_MAX + 1]; /* Unix; beginning with a NUL: an abstract name */
};

TUTTI_END
#endif
