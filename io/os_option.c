/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Options of sockets, by one table. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "tutti/core/error.h"
#include "tutti/io/os_real_priv.h"

/* Options that are an int for the system, too. */
static const struct plain {
    int level, name;
} plain[TUTTI_OPTIONS_COUNT] = {
    [TUTTI_OPTION_NODELAY] = {IPPROTO_TCP, TCP_NODELAY},
    [TUTTI_OPTION_NOTSENT_LOWAT] = {IPPROTO_TCP, TCP_NOTSENT_LOWAT},
    [TUTTI_OPTION_KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE},
    [TUTTI_OPTION_KEEPIDLE_S] = {IPPROTO_TCP, TCP_KEEPIDLE},
    [TUTTI_OPTION_KEEPINTERVAL_S] = {IPPROTO_TCP, TCP_KEEPINTVL},
    [TUTTI_OPTION_KEEPCOUNT] = {IPPROTO_TCP, TCP_KEEPCNT},
    [TUTTI_OPTION_USER_TIMEOUT_MS] = {IPPROTO_TCP, TCP_USER_TIMEOUT},
    [TUTTI_OPTION_CORK] = {IPPROTO_TCP, TCP_CORK},
    [TUTTI_OPTION_QUICKACK] = {IPPROTO_TCP, TCP_QUICKACK},
    [TUTTI_OPTION_FASTOPEN] = {IPPROTO_TCP, TCP_FASTOPEN},
    [TUTTI_OPTION_DEFER_ACCEPT_S] = {IPPROTO_TCP, TCP_DEFER_ACCEPT},
    [TUTTI_OPTION_REUSE_ADDRESS] = {SOL_SOCKET, SO_REUSEADDR},
    [TUTTI_OPTION_REUSE_PORT] = {SOL_SOCKET, SO_REUSEPORT},
    [TUTTI_OPTION_V6ONLY] = {IPPROTO_IPV6, IPV6_V6ONLY},
    [TUTTI_OPTION_BIND_LATE] = {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT},
    [TUTTI_OPTION_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF},
    [TUTTI_OPTION_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF},
    [TUTTI_OPTION_BROADCAST] = {SOL_SOCKET, SO_BROADCAST},
    [TUTTI_OPTION_ERROR] = {SOL_SOCKET, SO_ERROR},
};

static int64_t set(struct slot *slot, const struct plain *option, int value)
{
    int rc = setsockopt(slot->fd, option->level, option->name, &value, sizeof value);
    return rc < 0 ? -errno : 0;
}

static int64_t get(struct slot *slot, const struct plain *option, int64_t *value)
{
    int number = 0;
    socklen_t size = sizeof number;
    if (getsockopt(slot->fd, option->level, option->name, &number, &size) < 0) return -errno;
    *value = number;
    return 0;
}

/* More than 0 seconds would have close() hold the whole run. */
static int64_t linger(struct slot *slot, int64_t *value, bool sets)
{
    struct linger linger = {.l_onoff = *value == 0};
    socklen_t size = sizeof linger;
    if (sets) {
        if (*value > 0) return TUTTI_EINVALID;
        int rc = setsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
        return rc < 0 ? -errno : 0;
    }
    if (getsockopt(slot->fd, SOL_SOCKET, SO_LINGER, &linger, &size) < 0) return -errno;
    *value = linger.l_onoff ? linger.l_linger : -1;
    return 0;
}

/* Close-on-exec, the other way round. */
static int64_t inherited(struct slot *slot, int64_t *value, bool sets)
{
    int flags = fcntl(slot->fd, F_GETFD);
    if (flags < 0) return -errno;
    if (!sets) {
        *value = !(flags & FD_CLOEXEC);
        return 0;
    }
    if (*value < 0 || *value > 1) return TUTTI_EINVALID;
    flags = *value ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC;
    return fcntl(slot->fd, F_SETFD, flags) < 0 ? -errno : 0;
}

static int64_t ready(struct slot *slot, int64_t *value)
{
    struct pollfd ask = {.fd = slot->fd, .events = POLLIN | POLLRDHUP | POLLOUT | POLLPRI};
    if (poll(&ask, 1, 0) < 0) return -errno;
    *value = poll_flags(ask.revents);
    return 0;
}

static int64_t waiting(struct slot *slot, unsigned long question, int64_t *value)
{
    int number = 0;
    if (ioctl(slot->fd, question, &number) < 0) return -errno;
    *value = number;
    return 0;
}

static int64_t peer(struct slot *slot, int64_t option, int64_t *value)
{
    struct ucred who;
    socklen_t size = sizeof who;
    if (getsockopt(slot->fd, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) return -errno;
    *value = option == TUTTI_OPTION_PEER_PID
                 ? who.pid
                 : (int64_t)(option == TUTTI_OPTION_PEER_UID ? who.uid : who.gid);
    return 0;
}

static int64_t type(struct slot *slot, int64_t *value)
{
    static const struct plain option = {SOL_SOCKET, SO_TYPE};
    int64_t rc = get(slot, &option, value);
    *value = *value == SOCK_STREAM      ? TUTTI_SOCKET_STREAM
             : *value == SOCK_SEQPACKET ? TUTTI_SOCKET_SEQPACKET
                                        : TUTTI_SOCKET_DATAGRAM;
    return rc;
}

/* Those that are only told. */
static int64_t tell(struct slot *slot, int64_t option, int64_t *value)
{
    switch (option) {
    case TUTTI_OPTION_UNREAD:
        return waiting(slot, SIOCINQ, value);
    case TUTTI_OPTION_UNSENT:
        return waiting(slot, SIOCOUTQ, value);
    case TUTTI_OPTION_PEER_PID:
    case TUTTI_OPTION_PEER_UID:
    case TUTTI_OPTION_PEER_GID:
        return peer(slot, option, value);
    case TUTTI_OPTION_SHUT:
        *value = slot->shut;
        return 0;
    case TUTTI_OPTION_FAMILY:
        *value = slot->family;
        return 0;
    case TUTTI_OPTION_TYPE:
        return type(slot, value);
    case TUTTI_OPTION_READY:
        return ready(slot, value);
    default:
        return TUTTI_EINVALID;
    }
}

int64_t now_option(struct real *real, struct tutti_op *op)
{
    static const struct plain ttl = {IPPROTO_IP, IP_TTL}, hops = {IPPROTO_IPV6, IPV6_UNICAST_HOPS};
    int64_t error, *value = op->detail;
    struct slot *slot = slot_find_socket(real, op->handle, &error);
    if (!slot) return error;
    if (!value || op->offset < 0 || op->offset >= TUTTI_OPTIONS_COUNT) return TUTTI_EINVALID;
    bool sets = op->flags != 0;
    if (op->offset == TUTTI_OPTION_LINGER_S) return linger(slot, value, sets);
    if (op->offset == TUTTI_OPTION_INHERITED) return inherited(slot, value, sets);
    const struct plain *option = &plain[op->offset];
    if (op->offset == TUTTI_OPTION_TTL) {
        option = slot->family == TUTTI_FAMILY_IPV6 ? &hops : &ttl;
    } else if (!option->level && !option->name) {
        return sets ? TUTTI_EINVALID : tell(slot, op->offset, value);
    }
    if (sets) {
        bool right = op->offset != TUTTI_OPTION_ERROR && *value >= 0 && *value <= INT32_MAX;
        return right ? set(slot, option, (int)*value) : TUTTI_EINVALID;
    }
    int64_t rc = get(slot, option, value);
    if (op->offset == TUTTI_OPTION_ERROR) *value = -*value;
    return rc;
}
