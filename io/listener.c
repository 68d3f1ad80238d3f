/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/listener.h"

#include <errno.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/task.h"
#include "tutti/io/address_text.h"
#include "tutti/io/fail_priv.h"

void tutti_listener_init(struct tutti_listener *listener, const struct tutti_listener_kind *kind)
{
    *listener = (struct tutti_listener){.kind = kind};
}

int tutti_listener_accept_at(struct tutti_listener *listener, union tutti_accepted *accepted,
                             const struct tutti_site *site)
{
    if (!listener || !listener->kind) {
        return tutti_error_at(site, false, TUTTI_EINVALID,
                              "there is no listener: it was never opened");
    }
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (listener->accepting) {
        return tutti_error_at(
            site, false, TUTTI_EBUSY, "another task accepts by this %s listener, since %s:%u",
            listener->kind->name, listener->accepting->file, listener->accepting->line);
    }
    if (listener->closed) {
        return tutti_error_at(site, false, TUTTI_ECLOSED, "this %s listener was closed",
                              listener->kind->name);
    }
    listener->accepting = site;
    int rc = listener->kind->accept(listener, &accepted->stream, site);
    listener->accepting = NULL;
    return rc;
}

void tutti_listener_close(struct tutti_listener *listener)
{
    if (!listener || !listener->kind || listener->closed) return;
    listener->closed = true;
    listener->kind->close(listener);
}

/* Errors of one connection, or of the network on its way: not the listener's. accept(2) says that
 * Linux passes them on, and that they are to be tried again.                                     */
static bool of_connection(int rc)
{
    switch (-rc) {
    case EPERM: /* a firewall rule */
    case ECONNABORTED:
    case ECONNRESET:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOSR:
    case EOPNOTSUPP:
    case ESOCKTNOSUPPORT:
    case EPROTONOSUPPORT:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

static int socket_accept(struct tutti_listener *listener, struct tutti_stream *stream,
                         const struct tutti_site *site)
{
    struct tutti_socket_listener *mine =
        TUTTI_CONTAINER(listener, struct tutti_socket_listener, listener);
    struct tutti_socket socket = mine->socket;
    struct tutti_op op;
    int rc;
    do {
        op = (struct tutti_op){.kind = TUTTI_OP_ACCEPT, .handle = mine->socket.handle};
        rc = tutti_op_perform_at(&op, site);
    } while (of_connection(rc));
    if (rc < 0) return io_fail(rc, "accept", NULL, site);
    socket.handle = op.other;
    tutti_socket_stream_init(TUTTI_CONTAINER(stream, struct tutti_socket_stream, stream), &socket);
    return 0;
}

static void socket_close(struct tutti_listener *listener)
{
    tutti_socket_close(&TUTTI_CONTAINER(listener, struct tutti_socket_listener, listener)->socket);
}

static const struct tutti_listener_kind socket_kind = {
    .name = "socket",
    .stream_size = sizeof(struct tutti_socket_stream),
    .accept = socket_accept,
    .close = socket_close,
};

void tutti_socket_listener_init(struct tutti_socket_listener *listener,
                                const struct tutti_socket *socket)
{
    tutti_listener_init(&listener->listener, &socket_kind);
    listener->socket = *socket;
}

static int prepare(struct tutti_socket *socket, const struct tutti_address *address,
                   const struct tutti_listen_options *options, const struct tutti_site *site)
{
    struct tutti_address copy = *address;
    struct tutti_op bind = {.kind = TUTTI_OP_BIND,
                            .handle = socket->handle,
                            .flags = TUTTI_BIND_REPLACE,
                            .offset = options->mode,
                            .detail = &copy};
    uint32_t backlog = options->backlog;
    if (address->family != TUTTI_FAMILY_UNIX) {
        TUTTI_TRY(tutti_socket_set_at(socket, TUTTI_OPTION_REUSE_ADDRESS, 1, site));
        if (options->reuse_port) {
            TUTTI_TRY(tutti_socket_set_at(socket, TUTTI_OPTION_REUSE_PORT, 1, site));
        }
    }
    if (address->family == TUTTI_FAMILY_IPV6) {
        TUTTI_TRY(tutti_socket_set_at(socket, TUTTI_OPTION_V6ONLY, !options->both, site));
    }
    TUTTI_TRY(io_fail(tutti_op_now_at(&bind, site), "listen at", address, site));
    if (!backlog || backlog > TUTTI_BACKLOG_MAX) backlog = TUTTI_BACKLOG_MAX;
    struct tutti_op listen = {.kind = TUTTI_OP_LISTEN, .handle = socket->handle, .length = backlog};
    return io_fail(tutti_op_now_at(&listen, site), "listen at", address, site);
}

int tutti_listen_at(struct tutti_socket_listener *listener, const struct tutti_address *address,
                    const struct tutti_listen_options *options, const struct tutti_site *site)
{
    static const struct tutti_listen_options defaults;
    struct tutti_socket socket;
    if (!options) options = &defaults;
    bool records = options->seqpacket && address->family == TUTTI_FAMILY_UNIX;
    int rc = tutti_socket_open_at(&socket, (enum tutti_family)address->family,
                                  records ? TUTTI_SOCKET_SEQPACKET : TUTTI_SOCKET_STREAM, site);
    if (rc < 0) return rc;
    rc = prepare(&socket, address, options, site);
    if (rc < 0) {
        tutti_socket_close(&socket);
        return rc;
    }
    tutti_socket_listener_init(listener, &socket);
    return 0;
}

/* Is it for want of a family? One that is compiled in and switched off has sockets, and not even
 * the address by which a machine reaches itself, which a file of hosts may name all the same. */
static bool of_family(int rc, const struct tutti_address *address)
{
    struct tutti_address self =
        tutti_address_loopback((enum tutti_family)address->family, address->port);
    return rc == -EAFNOSUPPORT || (rc == -EADDRNOTAVAIL && address->family == TUTTI_FAMILY_IPV6 &&
                                   tutti_address_equal(&self, address));
}

/* Listens at each, or at none. *again: the port that the system chose for the first one is taken at
 * another.                                                                                       */
static int listen_each(struct tutti_socket_listener *listeners,
                       const struct tutti_address *addresses, uint32_t count,
                       const struct tutti_listen_options *options, uint32_t *made, bool *again,
                       const struct tutti_site *site)
{
    int rc = 0;
    uint16_t port = 0;
    *made = 0;
    *again = false;
    for (uint32_t i = 0; i < count && rc == 0; i++) {
        struct tutti_address address = addresses[i];
        if (!address.port) address.port = port;
        rc = tutti_listen_at(&listeners[*made], &address, options, site);
        *again = rc == -EADDRINUSE && address.port != addresses[i].port;
        if (rc == 0 && address.family != TUTTI_FAMILY_UNIX) {
            rc = tutti_socket_address(&listeners[*made].socket, &address);
            port = address.port;
            ++*made;
        } else if (rc == 0) {
            ++*made;
        } else if (of_family(rc, &address) && (*made || i + 1 < count)) {
            rc = 0; /* the others will do */
        }
    }
    if (rc == 0) return 0;
    while (*made > 0)
        tutti_listener_close(&listeners[--*made].listener);
    return rc;
}

int tutti_listen_all_at(struct tutti_socket_listener *listeners,
                        const struct tutti_address *addresses, uint32_t count,
                        const struct tutti_listen_options *options, uint32_t *made,
                        const struct tutti_site *site)
{
    enum {
        TRIES_MAX = 32
    }; /* a free port that is taken elsewhere is rare; so many are no chance */
    bool again = true;
    int rc = 0;
    *made = 0;
    if (!count) return tutti_error_at(site, false, TUTTI_EINVALID, "no address to listen at");
    for (int tries = 0; again && tries < TRIES_MAX; tries++)
        rc = listen_each(listeners, addresses, count, options, made, &again, site);
    return rc;
}

static int unix_address(const char *path, struct tutti_address *address)
{
    return tutti_address_unix(path, path ? strlen(path) : 0, address);
}

int tutti_unix_listen_at(struct tutti_socket_listener *listener, const char *path,
                         const struct tutti_listen_options *options, const struct tutti_site *site)
{
    struct tutti_address address;
    TUTTI_TRY(unix_address(path, &address));
    return tutti_listen_at(listener, &address, options, site);
}

static int connect_to(struct tutti_socket_stream *stream, const struct tutti_address *address,
                      enum tutti_socket_type type, const struct tutti_site *site)
{
    struct tutti_socket socket;
    int rc = tutti_socket_open_at(&socket, (enum tutti_family)address->family, type, site);
    if (rc < 0) return rc;
    rc = tutti_socket_connect_at(&socket, address, site);
    if (rc < 0) return rc; /* it is closed */
    tutti_socket_stream_init(stream, &socket);
    return 0;
}

int tutti_unix_connect_at(struct tutti_socket_stream *stream, const char *path,
                          const struct tutti_site *site)
{
    struct tutti_address address;
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = unix_address(path, &address);
    if (rc == 0) rc = connect_to(stream, &address, TUTTI_SOCKET_STREAM, site);
    return rc;
}

int tutti_listener_connect_at(const struct tutti_socket_listener *listener,
                              struct tutti_socket_stream *stream, const struct tutti_site *site)
{
    static const uint8_t all[sizeof((struct tutti_address *)0)->ip];
    struct tutti_address address;
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_socket_address(&listener->socket, &address);
    if (rc < 0) return rc;
    bool ip = address.family != TUTTI_FAMILY_UNIX;
    if (ip && memcmp(address.ip, all, sizeof all) == 0) {
        address = tutti_address_loopback((enum tutti_family)address.family, address.port);
    }
    return connect_to(stream, &address, (enum tutti_socket_type)listener->socket.type, site);
}
