/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/address_text.h"

#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"

enum { GROUPS = 8, BYTE_MAX = 255, V4_PARTS = 4 };

/* A decimal number without signs, blanks or leading zeros, `most` at most; moves *at behind it. */
static bool read_decimal(const char **at, uint32_t most, uint32_t *value)
{
    const char *text = *at;
    if (*text < '0' || *text > '9' || (*text == '0' && text[1] >= '0' && text[1] <= '9')) {
        return false;
    }
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > most) return false;
    }
    *at = text;
    *value = (uint32_t)number;
    return true;
}

static bool read_v4(const char *text, uint8_t *ip)
{
    for (int i = 0; i < V4_PARTS; i++) {
        uint32_t part;
        if (i > 0 && *text++ != '.') return false;
        if (!read_decimal(&text, BYTE_MAX, &part)) return false;
        ip[i] = (uint8_t)part;
    }
    return *text == '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool read_group(const char **at, uint16_t *group)
{
    enum { DIGITS_MAX = 4 };
    int digits = 0, value = 0;
    for (int digit; digits <= DIGITS_MAX && (digit = hex_digit(**at)) >= 0; digits++, ++*at)
        value = value * 16 + digit;
    *group = (uint16_t)value;
    return digits > 0 && digits <= DIGITS_MAX;
}

/* Groups between colons, one "::" for a run of zeros, IPv4 in place of the last two. */
static bool read_v6(const char *text, uint8_t *ip)
{
    uint16_t groups[GROUPS] = {0};
    int count = 0, gap = -1;
    if (text[0] == ':' && text[1] != ':') return false;
    if (text[0] == ':') text++; /* the loop finds the second one */
    while (*text) {
        if (*text == ':') {
            if (gap >= 0) return false;
            gap = count;
            text++;
            continue;
        }
        uint8_t v4[V4_PARTS];
        if (count <= GROUPS - 2 && read_v4(text, v4)) {
            groups[count++] = (uint16_t)(v4[0] << 8 | v4[1]);
            groups[count++] = (uint16_t)(v4[2] << 8 | v4[3]);
            break;
        }
        if (count == GROUPS || !read_group(&text, &groups[count++])) return false;
        if (*text == '\0') break;
        if (*text++ != ':' || *text == '\0') return false;
    }
    if (gap < 0 ? count != GROUPS : count >= GROUPS) return false;
    for (int i = 0; i < GROUPS; i++) {
        int behind = GROUPS - count; /* zeros that the gap stands for */
        int from = gap < 0 || i < gap ? i : i < gap + behind ? -1 : i - behind;
        uint16_t group = from < 0 ? 0 : groups[from];
        ip[2 * i] = (uint8_t)(group >> 8);
        ip[2 * i + 1] = (uint8_t)group;
    }
    return true;
}

bool tutti_address_read(const char *text, struct tutti_address *address)
{
    enum { TEXT_MAX = 46 };
    char number[TEXT_MAX];
    struct tutti_address found = {.family = TUTTI_FAMILY_IPV4};
    if (read_v4(text, found.ip)) {
        *address = found;
        return true;
    }
    const char *percent = strchr(text, '%');
    size_t length = percent ? (size_t)(percent - text) : strlen(text);
    if (length >= sizeof number) return false;
    memcpy(number, text, length);
    number[length] = '\0';
    found.family = TUTTI_FAMILY_IPV6;
    if (!strchr(number, ':') || !read_v6(number, found.ip)) return false;
    if (percent) {
        percent++;
        if (!read_decimal(&percent, UINT32_MAX, &found.scope) || *percent) return false;
    }
    *address = found;
    return true;
}

int tutti_address_ip(const char *text, int port, struct tutti_address *address)
{
    if (port < 0 || port > TUTTI_PORT_MAX) {
        return tutti_error(TUTTI_EINVALID, "%d is no port: they are 0 to %d", port, TUTTI_PORT_MAX);
    }
    if (!text || !tutti_address_read(text, address)) {
        return tutti_error(TUTTI_EINVALID, "\"%s\" is no IPv4 or IPv6 address in numbers",
                           text ? text : "");
    }
    address->port = (uint16_t)port;
    return 0;
}

int tutti_address_unix(const char *path, size_t length, struct tutti_address *address)
{
    if (!path || !length) {
        return tutti_error(TUTTI_EINVALID, "the name of a Unix socket is empty");
    }
    if (length > TUTTI_PATH_MAX) {
        return tutti_error(TUTTI_EINVALID,
                           "the name of a Unix socket has %zu bytes; %d is the most", length,
                           TUTTI_PATH_MAX);
    }
    if (path[0] && memchr(path, '\0', length)) {
        return tutti_error(TUTTI_EINVALID, "the path of a Unix socket has a NUL in it");
    }
    *address = (struct tutti_address){.family = TUTTI_FAMILY_UNIX, .path_length = (uint8_t)length};
    memcpy(address->path, path, length);
    return 0;
}

struct tutti_address tutti_address_any(enum tutti_family family, uint16_t port)
{
    return (struct tutti_address){.family = (uint8_t)family, .port = port};
}

struct tutti_address tutti_address_loopback(enum tutti_family family, uint16_t port)
{
    struct tutti_address address = tutti_address_any(family, port);
    if (family == TUTTI_FAMILY_IPV4) {
        address.ip[0] = 127;
        address.ip[3] = 1;
    } else {
        address.ip[15] = 1;
    }
    return address;
}

bool tutti_address_equal(const struct tutti_address *a, const struct tutti_address *b)
{
    return a->family == b->family && a->port == b->port && a->scope == b->scope &&
           a->path_length == b->path_length && memcmp(a->ip, b->ip, sizeof a->ip) == 0 &&
           memcmp(a->path, b->path, a->path_length) == 0;
}

/* The longest run of two or more zero groups, the first of the longest. */
static int longest_gap(const uint16_t *groups, int *length)
{
    int best = -1;
    *length = 1;
    for (int i = 0; i < GROUPS;) {
        int end = i;
        while (end < GROUPS && groups[end] == 0)
            end++;
        if (end - i > *length) {
            best = i;
            *length = end - i;
        }
        i = end + 1;
    }
    return best;
}

static void print_v6(const struct tutti_address *address, char *text, size_t size)
{
    uint16_t groups[GROUPS];
    int gap_length;
    size_t at = 0;
    for (int i = 0; i < GROUPS; i++)
        groups[i] = (uint16_t)(address->ip[2 * i] << 8 | address->ip[2 * i + 1]);
    int gap = longest_gap(groups, &gap_length);
    bool mapped = gap == 0 && gap_length == 5 && groups[5] == 0xffff; /* an IPv4 address */
    for (int i = 0; i < (mapped ? GROUPS - 2 : GROUPS); i++) {
        if (i == gap) {
            at += (size_t)snprintf(text + at, size - at, "::");
            i += gap_length - 1;
            continue;
        }
        const char *colon = i > 0 && i != gap + gap_length ? ":" : "";
        if (gap < 0 && i > 0) colon = ":";
        at += (size_t)snprintf(text + at, size - at, "%s%x", colon, groups[i]);
    }
    if (mapped) {
        at += (size_t)snprintf(text + at, size - at, ":%d.%d.%d.%d", address->ip[12],
                               address->ip[13], address->ip[14], address->ip[15]);
    }
    if (address->scope) snprintf(text + at, size - at, "%%%u", address->scope);
}

size_t tutti_address_print(const struct tutti_address *address, char *buffer, size_t size)
{
    char v6[TUTTI_ADDRESS_TEXT_MAX];
    const uint8_t *ip = address->ip;
    const char *path = address->path;
    int length, bytes = address->path_length;
    switch (address->family) {
    case TUTTI_FAMILY_IPV4:
        length =
            snprintf(buffer, size, "%d.%d.%d.%d:%u", ip[0], ip[1], ip[2], ip[3], address->port);
        break;
    case TUTTI_FAMILY_IPV6:
        print_v6(address, v6, sizeof v6);
        length = snprintf(buffer, size, "[%s]:%u", v6, address->port);
        break;
    case TUTTI_FAMILY_UNIX:
        if (bytes && !path[0]) {
            length = snprintf(buffer, size, "@%.*s", bytes - 1, path + 1);
        } else {
            length = snprintf(buffer, size, "%.*s", bytes, bytes ? path : "");
        }
        break;
    default:
        length = snprintf(buffer, size, "nowhere");
    }
    return (size_t)length;
}
