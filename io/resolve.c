/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/resolve.h"

#include <idn2.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/external.h"
#include "tutti/core/local.h"
#include "tutti/core/task.h"
#include "tutti/io/address_text.h"
#include "tutti/io/fail_priv.h"

/* RFC 1035, 2.3.4: 255 bytes as they travel are 253 as text; a part has 63 at most. */
enum { NAME_MAX_BYTES = 253, PART_MAX_BYTES = 63 };
/* As much of a host as is shown in messages; and as is read in UTF-8, which takes more bytes. */
enum { SHOWN = 80, UTF8_MAX_BYTES = 4 * NAME_MAX_BYTES };

static const struct tutti_local run_resolver = {"resolver", NULL};

int tutti_resolver_set(struct tutti_resolver *resolver, struct tutti_resolver **previous)
{
    struct tutti_resolver *before = tutti_run_local_get(&run_resolver);
    int rc = tutti_run_local_set(&run_resolver, resolver);
    if (rc == 0 && previous) *previous = before;
    return rc;
}

/* A host is shown as it was given, up to what could spoil a terminal. */
static int shown(const char *host, size_t length)
{
    size_t n = 0;
    while (n < length && n < SHOWN && (unsigned char)host[n] >= ' ' && host[n] != 0x7f)
        n++;
    return (int)n;
}

static int too_long(const char *host, size_t length, const char *what, int max,
                    const struct tutti_site *site)
{
    return tutti_error_at(site, false, TUTTI_ETOOLONG,
                          "the host \"%.*s...\" has %s of more than %d bytes", shown(host, length),
                          host, what, max);
}

/* Is it a name that could be looked up? ASCII; 0, or the error. */
static int check_name(const char *host, size_t length, const struct tutti_site *site)
{
    size_t part = 0;
    if (length && host[length - 1] == '.') length--; /* "the root's": as good as without */
    if (length > NAME_MAX_BYTES) return too_long(host, length, "a name", NAME_MAX_BYTES, site);
    for (size_t i = 0; i <= length; i++) {
        if (i < length && host[i] != '.') {
            if (++part > PART_MAX_BYTES) {
                return too_long(host, length, "a part", PART_MAX_BYTES, site);
            }
            continue;
        }
        if (!part) {
            return tutti_error_at(site, false, TUTTI_EINVALID,
                                  "the host \"%.*s\" has an empty part", shown(host, length), host);
        }
        part = 0;
    }
    return 0;
}

/* Its form in ASCII. */
static int encode(const char *host, size_t length, char *ascii, const struct tutti_site *site)
{
    char utf8[UTF8_MAX_BYTES + 1];
    uint8_t *encoded = NULL;
    if (length > UTF8_MAX_BYTES) {
        return too_long(host, length, "a name", UTF8_MAX_BYTES, site);
    }
    memcpy(utf8, host, length);
    utf8[length] = '\0';
    int rc = idn2_lookup_u8((const uint8_t *)utf8, &encoded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc == IDN2_OK && strlen((const char *)encoded) <= TUTTI_HOST_MAX) {
        memcpy(ascii, encoded, strlen((const char *)encoded) + 1);
        idn2_free(encoded);
        return 0;
    }
    bool large = rc == IDN2_OK || rc == IDN2_TOO_BIG_DOMAIN || rc == IDN2_TOO_BIG_LABEL ||
                 rc == IDN2_PUNYCODE_BIG_OUTPUT;
    if (rc == IDN2_OK) idn2_free(encoded);
    if (rc == IDN2_MALLOC) return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory");
    return tutti_error_at(site, false, large ? TUTTI_ETOOLONG : TUTTI_EINVALID,
                          "the host \"%.*s\" is no name: %s", shown(host, length), host,
                          idn2_strerror(rc));
}

/* What can be said against a host before anybody is asked; *plain: it is ASCII. */
static int check_host(const char *host, size_t length, int port, bool *plain,
                      const struct tutti_site *site)
{
    *plain = true;
    if (!host || !length) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "the host is %s",
                              host ? "empty" : "NULL");
    }
    if (port < 0 || port > TUTTI_PORT_MAX) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "port %d is not within 0 and %d", port,
                              TUTTI_PORT_MAX);
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)host[i];
        if (byte >= 0x80) *plain = false;
        if (byte > ' ' && byte != 0x7f) continue;
        return tutti_error_at(site, false, TUTTI_EINVALID, "the host \"%.*s\" has a %s at byte %zu",
                              shown(host, i), host, byte ? "space or control character" : "NUL", i);
    }
    return 0;
}

/* Asks whoever is to be asked. A record that is there afterwards is theirs. */
static int look_up(const struct tutti_lookup *lookup, const struct tutti_site *site)
{
    struct tutti_resolver *resolver = tutti_run_local_get(&run_resolver);
    tutti_error_forget();
    if (resolver && lookup->host) return resolver->lookup(resolver, lookup);
    if (resolver && !resolver->name_of) return tutti_yield_shielded_at(site), TUTTI_ENONAME;
    if (resolver) return resolver->name_of(resolver, lookup->addresses, lookup->name);
    struct tutti_op op = {.kind = TUTTI_OP_RESOLVE, .detail = (void *)(uintptr_t)lookup};
    tutti_external_begin_at(site); /* a clock that jumps does not jump past it */
    int rc = tutti_op_perform_at(&op, site);
    tutti_external_end_at(site);
    return rc;
}

static int resolve_name(const char *host, size_t length, bool plain, struct tutti_lookup *lookup,
                        const struct tutti_site *site)
{
    char ascii[TUTTI_HOST_MAX + 1];
    int rc = 0;
    if (plain && length <= NAME_MAX_BYTES + 1) {
        memcpy(ascii, host, length);
        ascii[length] = '\0';
    } else {
        rc = plain ? too_long(host, length, "a name", NAME_MAX_BYTES, site)
                   : encode(host, length, ascii, site);
    }
    if (rc == 0) rc = check_name(ascii, strlen(ascii), site);
    if (rc < 0) return rc;
    lookup->host = ascii;
    rc = look_up(lookup, site);
    if (rc == 0) rc = TUTTI_ENONAME;
    if (rc > 0 || rc == TUTTI_ECANCELED || tutti_error_record(rc)) return rc;
    return tutti_error_at(site, false, rc, "the host \"%.*s\": %s", shown(host, length), host,
                          io_reason(rc));
}

int tutti_resolve_at(const char *host, size_t length, int port, struct tutti_address *addresses,
                     uint32_t room, const struct tutti_site *site)
{
    char number[TUTTI_ADDRESS_TEXT_MAX];
    bool plain;
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (host && length == TUTTI_TEXT) length = strlen(host);
    int rc = check_host(host, length, port, &plain, site);
    if (rc == 0 && !room) {
        rc = tutti_error_at(site, false, TUTTI_EINVALID, "there is no room for an address");
    }
    if (rc < 0) return rc;
    if (plain && length < sizeof number) {
        memcpy(number, host, length);
        number[length] = '\0';
        if (tutti_address_read(number, &addresses[0])) {
            addresses[0].port = (uint16_t)port;
            tutti_yield_shielded_at(site);
            return 1;
        }
    }
    struct tutti_lookup lookup = {.port = (uint16_t)port, .addresses = addresses, .room = room};
    return resolve_name(host, length, plain, &lookup, site);
}

int tutti_resolve_back_at(const struct tutti_address *address, char *name, size_t size,
                          const struct tutti_site *site)
{
    char found[TUTTI_HOST_MAX + 1] = "", shown_as[TUTTI_ADDRESS_TEXT_MAX];
    struct tutti_address copy = *address;
    struct tutti_lookup lookup = {.addresses = &copy, .room = 1, .name = found};
    int rc = TUTTI_EINVALID;
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (copy.family == TUTTI_FAMILY_IPV4 || copy.family == TUTTI_FAMILY_IPV6) {
        rc = look_up(&lookup, site);
        if (rc == 0) rc = TUTTI_ENONAME;
    }
    if (rc > 0 && (size_t)rc >= size) rc = TUTTI_ETOOLONG;
    if (rc > 0) memcpy(name, found, (size_t)rc + 1);
    if (rc > 0 || rc == TUTTI_ECANCELED || tutti_error_record(rc)) return rc;
    tutti_address_print(address, shown_as, sizeof shown_as);
    return tutti_error_at(site, false, rc, "the name of %s: %s", shown_as, io_reason(rc));
}
