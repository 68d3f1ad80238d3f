/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Addresses from text and as text, compared with the system's own functions where they agree. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "rehearsed.h"
#include "tutti/io/address_text.h"

/* What is read, and what is written of it; NULL: it is no address. */
static const struct line {
    const char *text, *written;
} lines[] = {
    {"127.0.0.1", "127.0.0.1:7"},
    {"0.0.0.0", "0.0.0.0:7"},
    {"255.255.255.255", "255.255.255.255:7"},
    {"::", "[::]:7"},
    {"::1", "[::1]:7"},
    {"1::", "[1::]:7"},
    {"2001:db8::1", "[2001:db8::1]:7"},
    {"2001:DB8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:7"},
    {"2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:7"},
    {"1:0:0:2:0:0:0:3", "[1:0:0:2::3]:7"},
    {"1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:7"},
    {"::2:3:4:5:6:7:8", "[0:2:3:4:5:6:7:8]:7"},
    {"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:7"},
    {"::ffff:192.0.2.128", "[::ffff:192.0.2.128]:7"},
    {"64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:7"},
    {"fe80::1%3", "[fe80::1%3]:7"},
    {"", NULL},
    {"localhost", NULL},
    {"127.1", NULL},
    {"127.0.0.01", NULL},
    {"127.0.0.256", NULL},
    {"127.0.0.1.", NULL},
    {" 127.0.0.1", NULL},
    {"127.0.0.1 ", NULL},
    {"127.0.0.1%1", NULL},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"1:2:3:4:5:6:7:8::", NULL},
    {"1::2::3", NULL},
    {":::", NULL},
    {":1", NULL},
    {"1:", NULL},
    {":", NULL},
    {"12345::", NULL},
    {"g::", NULL},
    {"::1.2.3", NULL},
    {"::1.2.3.4.5", NULL},
    {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    {"::1%", NULL},
    {"::1%eth0", NULL},
    {"::1%4294967296", NULL},
    {"[::1]", NULL},
    {"1:2:3:4:5:6:7:8888888888888888888888888888888888888888888888888888", NULL},
};
enum { LINES = sizeof lines / sizeof *lines };

static void read_and_written(void **state)
{
    (void)state;
    for (int i = 0; i < LINES; i++) {
        struct tutti_address address;
        char text[TUTTI_ADDRESS_TEXT_MAX];
        bool is_one = tutti_address_read(lines[i].text, &address);
        if (is_one != (lines[i].written != NULL)) print_error("%s\n", lines[i].text);
        assert_int_equal(is_one, lines[i].written != NULL);
        if (!is_one) continue;
        address.port = 7;
        size_t length = tutti_address_print(&address, text, sizeof text);
        assert_string_equal(text, lines[i].written);
        assert_int_equal(length, strlen(text));
        /* Too little room: what fits, ended properly, and the length it would have had. */
        char small[6];
        assert_int_equal(tutti_address_print(&address, small, sizeof small), length);
        assert_int_equal(strncmp(small, text, 5), 0);
        assert_int_equal(small[5 < length ? 5 : length], 0);
    }
}

/* Texts made of the characters of addresses, by a plain generator: we and the system agree. */
static void as_the_system_reads(void **state)
{
    static const char letters[] = "0123456789abcf:::...";
    enum { TEXTS = 200000, LONGEST = 24 };
    uint64_t chance = 1;
    int numbers = 0;
    (void)state;
    for (int i = 0; i < TEXTS; i++) {
        char text[LONGEST + 1];
        unsigned char theirs[16];
        struct tutti_address ours;
        chance = chance * 6364136223846793005u + 1442695040888963407u;
        size_t length = (size_t)(chance >> 33) % LONGEST;
        for (size_t k = 0; k < length; k++) {
            chance = chance * 6364136223846793005u + 1442695040888963407u;
            text[k] = letters[(chance >> 33) % (sizeof letters - 1)];
        }
        text[length] = '\0';
        int family = strchr(text, ':') ? AF_INET6 : AF_INET;
        bool is_one = inet_pton(family, text, theirs) == 1;
        if (is_one != tutti_address_read(text, &ours)) print_error("%s\n", text);
        assert_int_equal(is_one, tutti_address_read(text, &ours));
        if (!is_one) continue;
        numbers++;
        assert_memory_equal(ours.ip, theirs, family == AF_INET ? 4 : 16);
    }
    assert_true(numbers > 100);
}

/* Numbers as the system writes them are read back, and written alike. */
static void as_the_system_writes(void **state)
{
    enum { NUMBERS = 20000 };
    uint64_t chance = 2;
    (void)state;
    for (int i = 0; i < NUMBERS; i++) {
        struct tutti_address address = {.family = TUTTI_FAMILY_IPV6, .port = 9}, again;
        char theirs[INET6_ADDRSTRLEN], expected[80], text[TUTTI_ADDRESS_TEXT_MAX];
        for (int k = 0; k < 16; k++) {
            chance = chance * 6364136223846793005u + 1442695040888963407u;
            if ((chance >> 40) % 3 == 0) address.ip[k] = (uint8_t)(chance >> 33);
        }
        address.ip[0] |= 0x20; /* no IPv4 in disguise: those the system writes more freely */
        assert_non_null(inet_ntop(AF_INET6, address.ip, theirs, sizeof theirs));
        snprintf(expected, sizeof expected, "[%s]:9", theirs);
        tutti_address_print(&address, text, sizeof text);
        assert_string_equal(text, expected);
        assert_true(tutti_address_read(theirs, &again));
        again.port = 9;
        assert_true(tutti_address_equal(&address, &again));
    }
}

/* What users give, right and wrong: a record says what it is that is wrong. */
static bool says(const char *words)
{
    const struct tutti_error *error = tutti_error_record(TUTTI_EINVALID);
    return error && strstr(error->message, words);
}

static int given(void *arg)
{
    static const char long_path[] =
        "/a/path/of/more/than/107/bytes/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    struct tutti_address address;
    char text[TUTTI_ADDRESS_TEXT_MAX];
    (void)arg;
    TUTTI_TRY(tutti_address_ip("::1", 65535, &address));
    tutti_check(address.port == 65535);
    tutti_check(tutti_address_ip("::1", 70000, &address) == TUTTI_EINVALID && says("70000"));
    tutti_check(tutti_address_ip("::1", -1, &address) == TUTTI_EINVALID && says("-1"));
    tutti_check(tutti_address_ip("", 1, &address) == TUTTI_EINVALID && says("\"\""));
    tutti_check(tutti_address_ip(NULL, 1, &address) == TUTTI_EINVALID);
    tutti_check(tutti_address_ip("nonsense", 1, &address) == TUTTI_EINVALID && says("nonsense"));
    tutti_check(tutti_address_unix(long_path, 108, &address) == TUTTI_EINVALID && says("107"));
    TUTTI_TRY(tutti_address_unix(long_path, 107, &address));
    tutti_check(tutti_address_print(&address, text, sizeof text) == 107);
    tutti_check(tutti_address_unix("", 0, &address) == TUTTI_EINVALID && says("empty"));
    tutti_check(tutti_address_unix(NULL, 3, &address) == TUTTI_EINVALID);
    tutti_check(tutti_address_unix("a\0b", 3, &address) == TUTTI_EINVALID && says("NUL"));
    TUTTI_TRY(tutti_address_unix("\0ab", 3, &address));
    tutti_address_print(&address, text, sizeof text);
    tutti_check(strcmp(text, "@ab") == 0);
    address = (struct tutti_address){.family = TUTTI_FAMILY_NONE};
    tutti_address_print(&address, text, sizeof text);
    tutti_check(strcmp(text, "nowhere") == 0);
    address = tutti_address_loopback(TUTTI_FAMILY_IPV6, 80);
    tutti_address_print(&address, text, sizeof text);
    tutti_check(strcmp(text, "[::1]:80") == 0);
    address = tutti_address_any(TUTTI_FAMILY_IPV4, 80);
    tutti_address_print(&address, text, sizeof text);
    tutti_check(strcmp(text, "0.0.0.0:80") == 0);
    return 0;
}

REHEARSE_MAIN(cmocka_unit_test(read_and_written), cmocka_unit_test(as_the_system_reads),
              cmocka_unit_test(as_the_system_writes), REHEARSED_PLAIN(given))
