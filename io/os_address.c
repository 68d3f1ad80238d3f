/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses to and from the system's form. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <string.h>

#include "tutti/io/os_real_priv.h"

socklen_t address_out(const struct tutti_address *address, union any_address *out)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(address->port),
                              .sin6_scope_id = address->scope};
    socklen_t head = offsetof(struct sockaddr_un, sun_path);
    memset(out, 0, sizeof *out);
    switch (address->family) {
    case TUTTI_FAMILY_IPV4:
        memcpy(&v4.sin_addr, address->ip, sizeof v4.sin_addr);
        memcpy(out, &v4, sizeof v4);
        return sizeof v4;
    case TUTTI_FAMILY_IPV6:
        memcpy(&v6.sin6_addr, address->ip, sizeof v6.sin6_addr);
        memcpy(out, &v6, sizeof v6);
        return sizeof v6;
    case TUTTI_FAMILY_UNIX:
        if (address->path_length > TUTTI_PATH_MAX) return 0;
        out->unix_path.sun_family = AF_UNIX;
        memcpy(out->unix_path.sun_path, address->path, address->path_length);
        /* A path has a NUL behind it, an abstract name has not. */
        if (!address->path_length) return head;
        return head + address->path_length + (address->path[0] ? 1 : 0);
    default:
        return 0;
    }
}

static void unix_in(const union any_address *in, socklen_t length, struct tutti_address *address)
{
    size_t head = offsetof(struct sockaddr_un, sun_path);
    size_t size = length > head ? length - head : 0;
    const char *path = in->unix_path.sun_path;
    if (size > 0 && path[0]) size = strnlen(path, size);
    if (size > TUTTI_PATH_MAX) size = TUTTI_PATH_MAX;
    address->family = TUTTI_FAMILY_UNIX;
    address->path_length = (uint8_t)size;
    memcpy(address->path, path, size);
}

void address_in(const union any_address *in, socklen_t length, struct tutti_address *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    *address = (struct tutti_address){.family = TUTTI_FAMILY_NONE};
    if (length < sizeof in->any.sa_family) return;
    switch (in->any.sa_family) {
    case AF_INET:
        memcpy(&v4, in, sizeof v4);
        address->family = TUTTI_FAMILY_IPV4;
        address->port = ntohs(v4.sin_port);
        memcpy(address->ip, &v4.sin_addr, sizeof v4.sin_addr);
        break;
    case AF_INET6:
        memcpy(&v6, in, sizeof v6);
        address->family = TUTTI_FAMILY_IPV6;
        address->port = ntohs(v6.sin6_port);
        address->scope = v6.sin6_scope_id;
        memcpy(address->ip, &v6.sin6_addr, sizeof v6.sin6_addr);
        break;
    case AF_UNIX:
        unix_in(in, length, address);
        break;
    default:
        break;
    }
}
