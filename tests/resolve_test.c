/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names, up to where somebody is asked: what is refused, what is encoded, who is asked. */
#include "rehearsed.h"

#include <stdio.h>

#include "tutti/core/scope.h"
#include "tutti/core/task.h"
#include "tutti/io/address_text.h"
#include "tutti/io/resolve.h"

/* Knows one address for all names, and which name it was asked for last. */
struct sage {
    struct tutti_resolver resolver;
    char host[TUTTI_HOST_MAX + 1];
    int asked, result;
    int64_t slow_ns;
};

static int ask(struct tutti_resolver *resolver, const struct tutti_lookup *lookup)
{
    struct sage *sage = TUTTI_CONTAINER(resolver, struct sage, resolver);
    sage->asked++;
    snprintf(sage->host, sizeof sage->host, "%s", lookup->host);
    if (sage->slow_ns) TUTTI_TRY(tutti_sleep(sage->slow_ns));
    for (int i = 0; i < sage->result && i < (int)lookup->room; i++) {
        lookup->addresses[i] = tutti_address_loopback(TUTTI_FAMILY_IPV4, lookup->port);
    }
    return sage->result < (int)lookup->room ? sage->result : (int)lookup->room;
}

static struct sage sage;
static struct tutti_address found[4];

static int sage_set(int result)
{
    sage = (struct sage){.resolver = {.lookup = ask}, .result = result};
    return tutti_resolver_set(&sage.resolver, NULL);
}

static int names_are_asked_for(void *arg)
{
    static const char *const names[][2] = {
        {"example.org", "example.org"},
        {"example.org.", "example.org."},
        {"_service._tcp.example", "_service._tcp.example"},
        {"1.2.3", "1.2.3"},
        {"b\xc3\xbc"
         "cher.example",
         "xn--bcher-kva.example"},
        {"B\xc3\x9c"
         "CHER.example",
         "xn--bcher-kva.example"},
        {"bu\xcc\x88"
         "cher.example",
         "xn--bcher-kva.example"},                    /* u and a combining diaeresis */
        {"fa\xc3\x9f.example", "xn--fa-hia.example"}, /* not "fass" */
        {"\xe4\xbe\x8b\xe5\xad\x90\xe3\x80\x82\xe6\xb5\x8b\xe8\xaf\x95",
         "xn--fsqu00a.xn--0zwm56d"}, /* with an ideographic full stop */
        {"xn--bcher-kva.example", "xn--bcher-kva.example"},
    };
    (void)arg;
    TUTTI_TRY(sage_set(2));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tutti_check(tutti_resolve(names[i][0], 80, found, 4) == 2);
        tutti_check(sage.asked == (int)i + 1 && strcmp(sage.host, names[i][1]) == 0);
        tutti_check(found[1].port == 80);
    }
    tutti_check(tutti_resolve("example.org", 80, found, 1) == 1);
    tutti_check(tutti_resolve_bytes("example.organ", 11, 80, found, 4) == 2);
    tutti_check(strcmp(sage.host, "example.org") == 0);
    return 0;
}

static int numbers_are_not(void *arg)
{
    static const char *const numbers[] = {"192.0.2.7", "::1", "2001:db8::1", "fe80::1%3"};
    (void)arg;
    TUTTI_TRY(sage_set(2));
    for (size_t i = 0; i < 4; i++) {
        struct tutti_address expected;
        tutti_check(tutti_address_ip(numbers[i], 65535, &expected) == 0);
        tutti_check(tutti_resolve(numbers[i], 65535, found, 4) == 1);
        tutti_check(tutti_address_equal(&found[0], &expected));
    }
    tutti_check(sage.asked == 0);
    return 0;
}

static void refused(const char *host, size_t length, int port, int code, const char *words)
{
    int rc = tutti_resolve_bytes(host, length, port, found, 4);
    const struct tutti_error *error = tutti_error_record(rc);
    if (rc != code || !error || !strstr(error->message, words)) {
        print_error("%s: %d, %s\n", host, rc, error ? error->message : "no record");
    }
    tutti_check(rc == code && error && strstr(error->message, words));
}

static int what_is_refused(void *arg)
{
    char name[600];
    (void)arg;
    TUTTI_TRY(sage_set(1));
    refused(NULL, TUTTI_TEXT, 80, TUTTI_EINVALID, "NULL");
    refused("", TUTTI_TEXT, 80, TUTTI_EINVALID, "empty");
    refused("x", 0, 80, TUTTI_EINVALID, "empty");
    refused("www\0.example", 12, 80, TUTTI_EINVALID, "\"www\" has a NUL at byte 3");
    refused("a b", TUTTI_TEXT, 80, TUTTI_EINVALID, "space or control");
    refused("a\nb", TUTTI_TEXT, 80, TUTTI_EINVALID, "space or control");
    refused("a\x7f", TUTTI_TEXT, 80, TUTTI_EINVALID, "space or control");
    refused("example.org", TUTTI_TEXT, 70000, TUTTI_EINVALID, "port 70000");
    refused("example.org", TUTTI_TEXT, -1, TUTTI_EINVALID, "port -1");
    refused("127.0.0.1", TUTTI_TEXT, 65536, TUTTI_EINVALID, "port 65536");
    refused("a..b", TUTTI_TEXT, 80, TUTTI_EINVALID, "empty part");
    refused(".", TUTTI_TEXT, 80, TUTTI_EINVALID, "empty part");
    refused(".a", TUTTI_TEXT, 80, TUTTI_EINVALID, "empty part");
    refused("a..", TUTTI_TEXT, 80, TUTTI_EINVALID, "empty part");
    refused("\xff\xfe", TUTTI_TEXT, 80, TUTTI_EINVALID, "is no name");
    refused("\xc3", TUTTI_TEXT, 80, TUTTI_EINVALID, "is no name");
    refused("\xc3\xbc..b", TUTTI_TEXT, 80, TUTTI_EINVALID, "");
    memset(name, 'a', sizeof name);
    refused(name, 64, 80, TUTTI_ETOOLONG, "63");
    for (size_t i = 60; i < sizeof name; i += 60)
        name[i] = '.';
    refused(name, 255, 80, TUTTI_ETOOLONG, "253");
    refused(name, 254, 80, TUTTI_ETOOLONG, "253");
    refused(name, sizeof name, 80, TUTTI_ETOOLONG, "253");
    tutti_check(tutti_resolve_bytes(name, 253, 80, found, 4) == 1);
    name[253] = '.';
    tutti_check(tutti_resolve_bytes(name, 254, 80, found, 4) == 1);
    memcpy(name, "\xc3\xbc", 2);
    refused(name, 255, 80, TUTTI_ETOOLONG, "");
    refused(name, sizeof name, 80, TUTTI_ETOOLONG, "");
    tutti_check(sage.asked == 2);
    tutti_check(tutti_resolve("example.org", 80, found, 0) == TUTTI_EINVALID);
    return 0;
}

static int very_long(void *arg)
{
    static char name[100000];
    (void)arg;
    TUTTI_TRY(sage_set(1));
    memset(name, 'a', sizeof name);
    refused(name, sizeof name, 80, TUTTI_ETOOLONG, "\"aaa");
    memcpy(name, "\xc3\xbc", 2);
    refused(name, sizeof name, 80, TUTTI_ETOOLONG, "of more than");
    return 0;
}

/* What a resolver answers is the answer. */
static int answers(void *arg)
{
    struct tutti_resolver *before;
    (void)arg;
    TUTTI_TRY(sage_set(0));
    refused("example.org", TUTTI_TEXT, 80, TUTTI_ENONAME, "\"example.org\": there is no such name");
    refused("example.net", TUTTI_TEXT, 80, TUTTI_ENONAME, "\"example.net\": there is no such name");
    sage.result = -EIO;
    refused("example.org", TUTTI_TEXT, 80, -EIO, "example.org");
    sage.result = 1;
    sage.slow_ns = TUTTI_S;
    tutti_check(tutti_resolve("example.org", 80, found, 4) == 1 && tutti_now() == TUTTI_S);
    TUTTI_TRY(tutti_resolver_set(NULL, &before));
    tutti_check(before == &sage.resolver);
    refused("example.org", TUTTI_TEXT, 80, TUTTI_EUNSUPPORTED, "example.org");
    tutti_check(tutti_resolve("127.0.0.1", 80, found, 4) == 1);
    TUTTI_TRY(tutti_resolver_set(before, &before));
    tutti_check(before == NULL);
    return 0;
}

/* The other way round: a resolver that knows the name of one address. */
static int name_of(struct tutti_resolver *resolver, const struct tutti_address *address, char *name)
{
    (void)resolver;
    TUTTI_TRY(tutti_checkpoint());
    if (address->ip[0] != 127) return 0;
    if (address->ip[3] != 1) return tutti_error(-EIO, "a torn book of addresses");
    memcpy(name, "self.example", sizeof "self.example");
    return (int)strlen(name);
}

static int no_name(const struct tutti_address *address, size_t size, int code, const char *words)
{
    char name[TUTTI_HOST_MAX + 1] = "as before";
    int rc = tutti_resolve_back(address, name, size);
    const struct tutti_error *error = tutti_error_record(rc);
    if (rc != code || !error || !strstr(error->message, words)) {
        print_error("%d, %s\n", rc, error ? error->message : "no record");
    }
    tutti_check(rc == code && error && strstr(error->message, words));
    tutti_check(strcmp(name, "as before") == 0);
    return 0;
}

static int names_of_addresses(void *arg)
{
    struct tutti_address address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 80), other = address;
    char name[TUTTI_HOST_MAX + 1];
    (void)arg;
    TUTTI_TRY(sage_set(1));
    TUTTI_TRY(no_name(&address, sizeof name, TUTTI_ENONAME, "127.0.0.1:80"));
    sage.resolver.name_of = name_of;
    tutti_check(tutti_resolve_back(&address, name, sizeof name) == 12);
    tutti_check(strcmp(name, "self.example") == 0 && sage.asked == 0);
    tutti_check(tutti_resolve_back(&address, name, 13) == 12);
    TUTTI_TRY(no_name(&address, 12, TUTTI_ETOOLONG, "127.0.0.1:80"));
    TUTTI_TRY(no_name(&address, 0, TUTTI_ETOOLONG, "127.0.0.1:80"));
    other.ip[3] = 2;
    TUTTI_TRY(no_name(&other, sizeof name, -EIO, "torn book"));
    other.ip[0] = 10;
    TUTTI_TRY(no_name(&other, sizeof name, TUTTI_ENONAME, "10.0.0.2:80"));
    TUTTI_TRY(tutti_address_unix("/run/x", 6, &other));
    TUTTI_TRY(no_name(&other, sizeof name, TUTTI_EINVALID, "/run/x"));
    TUTTI_TRY(tutti_resolver_set(NULL, NULL));
    return no_name(&address, sizeof name, TUTTI_EUNSUPPORTED, "127.0.0.1:80");
}

static int resolve_slowly(void *arg)
{
    (void)arg;
    return tutti_resolve("example.org", 80, found, 4);
}

static int cancelled(void *arg)
{
    (void)arg;
    TUTTI_TRY(sage_set(1));
    sage.slow_ns = TUTTI_S;
    tutti_check(tutti_fail_after(10, resolve_slowly, NULL) == TUTTI_ETOOSLOW);
    tutti_check(tutti_now() == 10 && sage.asked == 1);
    tutti_check(tutti_fail_after(0, resolve_slowly, NULL) == TUTTI_ETOOSLOW && sage.asked == 1);
    return 0;
}

REHEARSE_MAIN(REHEARSED(names_are_asked_for), REHEARSED(numbers_are_not),
              REHEARSED_BATCH(what_is_refused), REHEARSED_PLAIN(very_long), REHEARSED(answers),
              REHEARSED(names_of_addresses), REHEARSED(cancelled))
