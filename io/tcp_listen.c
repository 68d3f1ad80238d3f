/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/tcp_listen.h"

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/task.h"
#include "tutti/io/address_text.h"

/* A file of hosts may say the same twice, and the second listener would find the address in use. */
static uint32_t without_repeats(struct tutti_address *addresses, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t same = 0;
        while (same < kept && !tutti_address_equal(&addresses[same], &addresses[i]))
            same++;
        if (same == kept) addresses[kept++] = addresses[i];
    }
    return kept;
}

/* All of this machine's: how many addresses, or an error. */
static int everywhere(struct tutti_address *addresses, int port, bool both,
                      const struct tutti_site *site)
{
    if (port < 0 || port > UINT16_MAX) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "the port %d is not 0 to 65535", port);
    }
    addresses[0] = (struct tutti_address){.family = TUTTI_FAMILY_IPV6, .port = (uint16_t)port};
    addresses[1] = (struct tutti_address){.family = TUTTI_FAMILY_IPV4, .port = (uint16_t)port};
    return both ? 1 : 2;
}

int tutti_tcp_listen_at(struct tutti_socket_listener *listeners, uint32_t room, const char *host,
                        size_t length, int port, const struct tutti_listen_options *options,
                        uint32_t *made, const struct tutti_site *site)
{
    bool both = options && options->both;
    *made = 0;
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (!room) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "there is no room for a listener");
    }
    struct tutti_address *addresses =
        tutti_malloc_at(TUTTI_ADDRESSES_MAX * sizeof *addresses, site);
    if (!addresses) return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory to listen");
    int rc = host ? tutti_resolve_at(host, length, port, addresses, TUTTI_ADDRESSES_MAX, site)
                  : everywhere(addresses, port, both, site);
    if (rc > 0) {
        uint32_t count = without_repeats(addresses, (uint32_t)rc);
        rc = tutti_listen_all_at(listeners, addresses, count < room ? count : room, options, made,
                                 site);
    }
    tutti_free_at(addresses, site);
    if (rc == 0 && !host) tutti_yield_shielded_at(site);
    return rc;
}
