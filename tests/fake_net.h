/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* fake_net.h - a network that is a table: to each address connecting takes so long, and ends so.
 *
 * It lies over the simulated world, in its time. Sockets can be made, connected, listened with and
 * closed, and are counted: one that is left open at the end of a run is a leak, as in the real
 * world. Listeners share so many callers, and then wait for ever. */
#ifndef TUTTI_TESTS_FAKE_NET_H
#define TUTTI_TESTS_FAKE_NET_H

#include <errno.h>

#include "tutti/core/error.h"
#include "tutti/core/op.h"
#include "tutti/io/resolve.h"
#include "tutti/sim/sim_world.h"

/* What becomes of a connection to an address. */
struct fake_host {
    struct tutti_address address;
    int64_t delay_ns;
    int result;
};

enum { FAKE_HOSTS = 8, FAKE_SOCKETS = 128, FAKE_PORT = 50001 };
struct fake_net {
    struct tutti_io io;
    struct tutti_io *under;
    struct tutti_sim_world *sim;
    struct tutti_resolver resolver; /* gives out all hosts, whatever the name */
    struct fake_host hosts[FAKE_HOSTS];
    uint32_t hosts_count;
    uint8_t no_family; /* there are no sockets of it */
    int bind_result;
    int loopback_v6_result; /* of binding to ::1 */
    uint32_t taken;         /* so many times a port that is asked for is taken */
    uint32_t address_fails; /* asking for an address fails the so-manieth time; 0: never */
    /* Of this run. */
    int64_t started_ns[FAKE_HOSTS]; /* when connecting began; -1: it did not */
    uint32_t order[FAKE_HOSTS];     /* the hosts, as they were connected to */
    uint32_t order_count, lookups;
    uint32_t sockets, open, binds, callers;
    bool is_open[FAKE_SOCKETS];
    struct tutti_address peer[FAKE_SOCKETS];
    struct tutti_op *accepting[FAKE_SOCKETS];
    struct tutti_op *pending[FAKE_HOSTS]; /* to each host */
    int64_t due_ns[FAKE_HOSTS];
};

static struct fake_net fake_net;

static inline void fake_forget(void)
{
    struct fake_net *net = &fake_net;
    net->order_count = net->sockets = net->open = net->binds = net->lookups = 0;
    for (int i = 0; i < FAKE_HOSTS; i++) {
        net->started_ns[i] = -1;
        net->pending[i] = NULL;
    }
    memset(net->accepting, 0, sizeof net->accepting);
}

static inline uint32_t fake_host_of(const struct tutti_address *address)
{
    for (uint32_t i = 0; i < fake_net.hosts_count; i++) {
        if (memcmp(&fake_net.hosts[i].address, address, sizeof *address) == 0) return i;
    }
    return UINT32_MAX;
}

static inline int fake_connect(struct tutti_op *op)
{
    struct fake_net *net = &fake_net;
    uint32_t host = fake_host_of(op->detail);
    if (host == UINT32_MAX || !net->is_open[op->handle.index]) {
        op->result = TUTTI_EINVALID;
        return TUTTI_IO_DONE;
    }
    net->peer[op->handle.index] = net->hosts[host].address;
    net->started_ns[host] = net->sim->now_ns;
    net->order[net->order_count++] = host;
    net->pending[host] = op;
    net->due_ns[host] = net->sim->now_ns + net->hosts[host].delay_ns;
    op->result = net->hosts[host].result;
    return TUTTI_IO_PENDING;
}

static inline int64_t fake_socket(struct tutti_op *op)
{
    struct fake_net *net = &fake_net;
    op->other = (struct tutti_handle){.index = ++net->sockets, .world = 1, .generation = 1};
    net->is_open[net->sockets] = true;
    net->open++;
    return 0;
}

/* There is a caller, or it is closed, or there never will be one. */
static inline int fake_accept(struct tutti_op *op)
{
    struct fake_net *net = &fake_net;
    if (!net->is_open[op->handle.index]) {
        op->result = TUTTI_ECLOSED;
    } else if (net->callers > 0) {
        net->callers--;
        op->result = fake_socket(op);
    } else {
        net->accepting[op->handle.index] = op;
        return TUTTI_IO_PENDING;
    }
    return TUTTI_IO_DONE;
}

static inline int64_t fake_now(struct tutti_op *op)
{
    struct fake_net *net = &fake_net;
    switch (op->kind) {
    case TUTTI_OP_SOCKET:
        if (op->length == net->no_family) return -EAFNOSUPPORT;
        return fake_socket(op);
    case TUTTI_OP_CLOSE:
        net->open -= net->is_open[op->handle.index];
        net->is_open[op->handle.index] = false;
        if (net->accepting[op->handle.index]) {
            net->accepting[op->handle.index]->result = TUTTI_ECLOSED;
        }
        return 0;
    case TUTTI_OP_ADDRESS:
        if (net->address_fails && --net->address_fails == 0) return -ENOBUFS;
        memcpy(op->detail, &net->peer[op->handle.index], sizeof *net->peer);
        return 0;
    case TUTTI_OP_BIND:
        net->binds++;
        memcpy(&net->peer[op->handle.index], op->detail, sizeof *net->peer);
        if (net->peer[op->handle.index].family == TUTTI_FAMILY_IPV6 &&
            net->peer[op->handle.index].ip[15] == 1 && net->loopback_v6_result) {
            return net->loopback_v6_result;
        }
        if (net->peer[op->handle.index].port && net->taken) {
            net->taken--;
            return -EADDRINUSE;
        }
        if (!net->peer[op->handle.index].port) net->peer[op->handle.index].port = FAKE_PORT;
        return net->bind_result;
    default:
        return 0;
    }
}

static inline int fake_start(struct tutti_io *io, struct tutti_op *op)
{
    (void)io;
    switch (op->kind) {
    case TUTTI_OP_CONNECT:
        return fake_connect(op);
    case TUTTI_OP_ACCEPT:
        return fake_accept(op);
    case TUTTI_OP_SOCKET:
    case TUTTI_OP_CLOSE:
    case TUTTI_OP_BIND:
    case TUTTI_OP_ADDRESS:
    case TUTTI_OP_OPTION:
    case TUTTI_OP_LISTEN:
        op->result = fake_now(op);
        return TUTTI_IO_DONE;
    default:
        return fake_net.under->start(fake_net.under, op);
    }
}

/* A result that is there wins. */
static inline void fake_stop(struct tutti_io *io, struct tutti_op *op)
{
    struct fake_net *net = &fake_net;
    if (net->accepting[op->handle.index] == op && op->result == 0) op->result = TUTTI_ECANCELED;
    (void)io;
    for (uint32_t i = 0; i < net->hosts_count; i++) {
        if (net->pending[i] != op || net->due_ns[i] <= net->sim->now_ns) continue;
        op->result = TUTTI_ECANCELED;
        net->due_ns[i] = net->sim->now_ns;
    }
}

static inline struct tutti_op *fake_wait(struct tutti_io *io, int64_t until_ns)
{
    struct fake_net *net = &fake_net;
    struct tutti_op *first = NULL, **last = &first;
    (void)io;
    for (uint32_t i = 0; i < net->hosts_count; i++) {
        if (net->pending[i] && net->due_ns[i] < until_ns) until_ns = net->due_ns[i];
    }
    for (uint32_t i = 0; i < FAKE_SOCKETS; i++) {
        if (net->accepting[i] && net->accepting[i]->result) until_ns = net->sim->now_ns;
    }
    struct tutti_op *others = net->under->wait(net->under, until_ns);
    for (uint32_t i = 0; i < net->hosts_count; i++) {
        if (!net->pending[i] || net->due_ns[i] > net->sim->now_ns) continue;
        *last = net->pending[i];
        last = &net->pending[i]->next;
        net->pending[i] = NULL;
    }
    for (uint32_t i = 0; i < FAKE_SOCKETS; i++) {
        if (!net->accepting[i] || net->accepting[i]->result == 0) continue;
        *last = net->accepting[i];
        last = &net->accepting[i]->next;
        net->accepting[i] = NULL;
    }
    *last = others;
    return first;
}

static inline uint32_t fake_end(struct tutti_io *io)
{
    uint32_t open = fake_net.open;
    (void)io;
    fake_forget();
    return open;
}

static inline int fake_lookup(struct tutti_resolver *resolver, const struct tutti_lookup *lookup)
{
    struct fake_net *net = TUTTI_CONTAINER(resolver, struct fake_net, resolver);
    net->lookups++;
    if (net->hosts_count > lookup->room) return TUTTI_EINVALID;
    for (uint32_t i = 0; i < net->hosts_count; i++)
        lookup->addresses[i] = net->hosts[i].address;
    return (int)net->hosts_count;
}

static inline void fake_wake(struct tutti_io *io)
{
    (void)io;
    fake_net.under->wake(fake_net.under);
}

/* Lays it over the world; the hosts stay as they are. */
static inline void fake_net_over(struct tutti_sim_world *sim)
{
    fake_net.io = (struct tutti_io){fake_start, fake_stop, fake_wait, fake_wake, fake_end, NULL};
    fake_net.resolver.lookup = fake_lookup;
    fake_net.sim = sim;
    fake_net.under = &sim->io;
    sim->world.io = &fake_net.io;
    fake_forget();
}

#endif
