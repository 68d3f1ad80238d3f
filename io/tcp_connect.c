/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/tcp_connect.h"

#include <limits.h>
#include <stdio.h>

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/select.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/io/address_text.h"
#include "tutti/io/fail_priv.h"

/* Those who look at a call that connects. In the run's memory: too large for a stack that is to
 * stay small for as long as the connection lives. */
struct race {
    struct tutti_address addresses[TUTTI_ADDRESSES_MAX];
    int failures[TUTTI_ADDRESSES_MAX];       /* codes, in the order of failing */
    uint32_t failed_at[TUTTI_ADDRESSES_MAX]; /* at which address */
    uint32_t count, failures_count;
    uint32_t latest;           /* the attempt begun last */
    struct tutti_event failed; /* that one has */
    struct tutti_nursery nursery;
    struct tutti_socket winner;
    bool won;
    const struct tutti_address *local;
    int64_t delay_ns;
    char host[80]; /* for messages; perhaps not all of it */
    const struct tutti_site *site;
};

/* What the task of an attempt is given a copy of. */
struct attempt {
    struct race *race;
    uint32_t number;
};

/* The second address is of another family than the first. */
static void interleave(struct tutti_address *addresses, uint32_t count)
{
    uint32_t other = 1;
    while (other < count && addresses[other].family == addresses[0].family)
        other++;
    if (other >= count) return;
    struct tutti_address moved = addresses[other];
    for (; other > 1; other--)
        addresses[other] = addresses[other - 1];
    addresses[1] = moved;
}

/* Gives the socket its own address; a port is chosen late, if the system can, when the whole of the
 * connection is known. */
static int bind_local(const struct race *race, struct tutti_socket *socket)
{
    if (!race->local) return 0;
    if (race->local->port == 0) {
        int rc = tutti_socket_set(socket, TUTTI_OPTION_BIND_LATE, 1);
        if (rc == TUTTI_ENOMEMORY) return rc;
    }
    return tutti_socket_bind_at(socket, race->local, race->site);
}

static int connect_one(const struct race *race, const struct tutti_address *address,
                       struct tutti_socket *socket)
{
    int rc = tutti_socket_open_at(socket, address->family, TUTTI_SOCKET_STREAM, race->site);
    if (rc < 0) return rc;
    rc = bind_local(race, socket);
    if (rc < 0) {
        tutti_socket_close(socket);
        return rc;
    }
    return tutti_socket_connect_at(socket, address, race->site);
}

static int attempt_run(void *arg)
{
    const struct attempt *attempt = arg;
    struct race *race = attempt->race;
    struct tutti_socket socket;
    int rc = connect_one(race, &race->addresses[attempt->number], &socket);
    if (rc == TUTTI_ECANCELED) return rc;
    if (rc < 0) {
        race->failures[race->failures_count] = rc;
        race->failed_at[race->failures_count++] = attempt->number;
        if (race->latest == attempt->number) tutti_event_set(&race->failed);
        return 0;
    }
    if (race->won) {
        tutti_socket_close(&socket);
        return 0;
    }
    race->winner = socket;
    race->won = true;
    tutti_scope_cancel_at(&race->nursery.scope, "another address was faster", race->site);
    return 0;
}

/* Begins the attempts, one after the other. */
static int begin_all(struct race *race)
{
    for (uint32_t i = 0; i < race->count; i++) {
        struct attempt attempt = {race, i};
        tutti_event_init_at(&race->failed, "attempt failed", race->site);
        race->latest = i;
        int rc = tutti_nursery_start_at(&race->nursery, "connect", false, attempt_run, &attempt,
                                        sizeof attempt, race->site);
        if (rc < 0) return rc;
        struct tutti_case next[] = {tutti_case_event(&race->failed),
                                    tutti_case_until(tutti_time_add(tutti_now(), race->delay_ns))};
        rc = i + 1 < race->count ? tutti_select_at(next, 2, race->site) : 0;
        if (rc < 0) return rc;
    }
    return 0;
}

/* No address was reached: one error with all of them below it. */
static int all_failed(const struct race *race, int port)
{
    TUTTI_ASSERT(race->failures_count == race->count);
    int rc = race->failures[0];
    tutti_error_at(race->site, false, rc, "no connection to %s, port %d: %s", race->host, port,
                   race->count == 1 ? "its address failed" : "all of its addresses failed");
    for (uint32_t i = 0; i < race->failures_count; i++) {
        char text[TUTTI_ADDRESS_TEXT_MAX];
        tutti_address_print(&race->addresses[race->failed_at[i]], text, sizeof text);
        tutti_error_also_at(race->site, race->failures[i], "%s: %s", text,
                            io_reason(race->failures[i]));
    }
    return rc;
}

/* Only addresses of this family are left. */
static void keep_family(struct race *race, uint8_t family)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < race->count; i++) {
        if (race->addresses[i].family == family) race->addresses[kept++] = race->addresses[i];
    }
    race->count = kept;
}

static int race_run(struct race *race, int port)
{
    int rc = tutti_nursery_open_at(&race->nursery, "connect", race->site);
    if (rc < 0) return rc;
    race->nursery.scope.internal = true; /* a part of this call: nothing to be cancelled alone */
    rc = tutti_nursery_close_at(&race->nursery, begin_all(race), race->site);
    if (race->won) return 0;
    return rc < 0 ? rc : all_failed(race, port);
}

static int connect_to(struct race *race, struct tutti_socket_stream *stream, const char *host,
                      size_t length, int port)
{
    int rc = tutti_resolve_at(host, length, port, race->addresses, TUTTI_ADDRESSES_MAX, race->site);
    if (rc < 0) return rc;
    race->count = (uint32_t)rc;
    snprintf(race->host, sizeof race->host, "%.*s", length < INT_MAX ? (int)length : -1, host);
    if (race->local) keep_family(race, race->local->family);
    if (!race->count) {
        return tutti_error_at(race->site, false, TUTTI_ENONAME,
                              "%s has no address of the family of the local one", race->host);
    }
    interleave(race->addresses, race->count);
    rc = race_run(race, port);
    if (rc == 0) tutti_socket_stream_init(stream, &race->winner);
    return rc;
}

int tutti_tcp_connect_at(struct tutti_socket_stream *stream, const char *host, size_t length,
                         int port, const struct tutti_connect_options *options,
                         const struct tutti_site *site)
{
    static const struct tutti_connect_options defaults = {.local = NULL};
    if (!options) options = &defaults;
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (port == 0 || options->delay_ns < 0) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "%s",
                              port ? "the delay is negative" : "nobody listens at port 0");
    }
    struct race *race = tutti_malloc_at(sizeof *race, site);
    if (!race) return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory to connect");
    race->local = options->local;
    race->delay_ns = options->delay_ns ? options->delay_ns : TUTTI_CONNECT_DELAY_NS;
    race->site = site;
    int rc = connect_to(race, stream, host, length, port);
    tutti_free_at(race, site);
    return rc;
}
