/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connecting to whichever address answers first, in a network that is a table. */
#include "rehearsed.h"

#include "fake_net.h"

#include "tutti/core/scope.h"
#include "tutti/io/address_text.h"
#include "tutti/io/tcp_connect.h"

enum { PORT = 80, ANYBODY = -1 };
#define MS(ns) ((ns)*TUTTI_MS)

/* A row of the catalogue. Times in ms; a start of -1: there was none. */
struct row {
    int64_t delay_ms;
    struct {
        const char *ip;
        int64_t ms;
        int result;
    } hosts[FAKE_HOSTS];
    uint8_t no_family;
    int rc, winner;
    int64_t end_ms;
    int64_t starts_ms[FAKE_HOSTS];
};

static void net_of(const struct row *row)
{
    struct fake_net *net = &fake_net;
    net->hosts_count = 0;
    net->no_family = row->no_family;
    net->bind_result = 0;
    for (int i = 0; i < FAKE_HOSTS && row->hosts[i].ip; i++) {
        struct fake_host *host = &net->hosts[net->hosts_count++];
        *host =
            (struct fake_host){.delay_ns = MS(row->hosts[i].ms), .result = row->hosts[i].result};
        tutti_check(tutti_address_ip(row->hosts[i].ip, PORT, &host->address) == 0);
    }
}

static int resolver_is_fake(void)
{
    return tutti_resolver_set(&fake_net.resolver, NULL);
}

/* The number of the host that a stream is connected to. */
static int winner_of(const struct tutti_socket_stream *stream)
{
    struct tutti_address peer;
    tutti_check(tutti_socket_peer(&stream->socket, &peer) == 0);
    return (int)fake_host_of(&peer);
}

static int connects_as(const struct row *row)
{
    struct tutti_socket_stream stream;
    struct tutti_connect_options options = {.delay_ns = MS(row->delay_ms)};
    net_of(row);
    TUTTI_TRY(resolver_is_fake());
    int rc = tutti_tcp_connect_with(&stream, "host.example", TUTTI_TEXT, PORT, &options);
    tutti_check(rc == row->rc && tutti_now() == MS(row->end_ms));
    tutti_check(fake_net.open == (rc == 0));
    for (uint32_t i = 0; i < fake_net.hosts_count; i++) {
        int64_t start_ms = row->starts_ms[i];
        tutti_check(fake_net.started_ns[i] == (start_ms < 0 ? -1 : MS(start_ms)));
    }
    if (rc < 0) return 0;
    int winner = winner_of(&stream);
    tutti_check(row->winner == ANYBODY ? winner >= 1 && winner <= 3 : winner == row->winner);
    tutti_check(tutti_stream_close(&stream.stream) == 0 && fake_net.open == 0);
    return 0;
}

#define ROW(name, ...)                                                                             \
    static int name(void *arg)                                                                     \
    {                                                                                              \
        static const struct row row = {__VA_ARGS__};                                               \
        (void)arg;                                                                                 \
        return connects_as(&row);                                                                  \
    }
#define HOSTS(...)  .hosts = {__VA_ARGS__}
#define STARTS(...) .starts_ms = {__VA_ARGS__}
#define REFUSED     (-ECONNREFUSED)

ROW(T77a_one_address, .delay_ms = 250, HOSTS({"1.2.3.4", 123, 0}), .winner = 0, .end_ms = 123)
ROW(T77b_one_slow, .delay_ms = 250, HOSTS({"1.2.3.4", 100000, 0}), .winner = 0, .end_ms = 100000)
ROW(T77c_one_fails, .delay_ms = 250, HOSTS({"1.2.3.4", 123, REFUSED}), .rc = REFUSED, .end_ms = 123)
ROW(T77d_one_fails_late, .delay_ms = 250, HOSTS({"1.2.3.4", 100000, REFUSED}), .rc = REFUSED,
    .end_ms = 100000)
ROW(T77e_third_is_fast, .delay_ms = 250,
    HOSTS({"1.1.1.1", 1000, 0}, {"2.2.2.2", 1000, 0}, {"3.3.3.3", 200, 0}), .winner = 2,
    .end_ms = 700, STARTS(0, 250, 500))
ROW(T77f_second_is_fast, .delay_ms = 250,
    HOSTS({"1.1.1.1", 1000, 0}, {"2.2.2.2", 100, 0}, {"3.3.3.3", 200, 0}), .winner = 1,
    .end_ms = 350, STARTS(0, 250, -1))
ROW(T77g_longer_delay, .delay_ms = 450,
    HOSTS({"1.1.1.1", 1000, 0}, {"2.2.2.2", 1000, 0}, {"3.3.3.3", 200, 0}), .winner = 0,
    .end_ms = 1000, STARTS(0, 450, 900))
ROW(T77j_tie, .delay_ms = 1000,
    HOSTS({"1.1.1.1", 500, REFUSED}, {"2.2.2.2", 10000, 0}, {"3.3.3.3", 9000, 0},
          {"4.4.4.4", 8000, 0}, {"5.5.5.5", 500, REFUSED}),
    .winner = ANYBODY, .end_ms = 10500, STARTS(0, 500, 1500, 2500, 3500))
ROW(T77l_no_ipv4, .delay_ms = 1000,
    HOSTS({"::1", 10000, 0}, {"2.2.2.2", 10000, 0}, {"::3", 100, 0}, {"4.4.4.4", 100, 0}),
    .no_family = TUTTI_FAMILY_IPV4, .winner = 2, .end_ms = 1100, STARTS(0, -1, 1000, -1))
ROW(T77m_no_ipv6, .delay_ms = 1000,
    HOSTS({"::1", 10000, 0}, {"2.2.2.2", 10000, 0}, {"::3", 100, 0}, {"4.4.4.4", 100, 0}),
    .no_family = TUTTI_FAMILY_IPV6, .winner = 3, .end_ms = 1100, STARTS(-1, 0, -1, 1000))
ROW(T77n_no_address, .delay_ms = 250, .rc = TUTTI_ENONAME)

/* The default is 250 ms; and one address after the other is possible. */
ROW(default_delay, HOSTS({"1.1.1.1", 1000, 0}, {"2.2.2.2", 100, 0}), .winner = 1, .end_ms = 350,
    STARTS(0, 250))
ROW(fails_at_once, .delay_ms = 250, HOSTS({"1.1.1.1", 0, REFUSED}, {"2.2.2.2", 100, 0}),
    .winner = 1, .end_ms = 100)
/* Only the failure of the latest attempt begins the next one. */
ROW(older_one_fails, .delay_ms = 1000,
    HOSTS({"1.1.1.1", 1500, REFUSED}, {"2.2.2.2", 10000, 0}, {"3.3.3.3", 100, 0}), .winner = 2,
    .end_ms = 2100, STARTS(0, 1000, 2000))
ROW(all_fail, .delay_ms = 1000,
    HOSTS({"1.1.1.1", 5000, REFUSED}, {"2.2.2.2", 300, -ENETUNREACH},
          {"3.3.3.3", 9000, -ETIMEDOUT}),
    .rc = -ENETUNREACH, .end_ms = 10300, STARTS(0, 1000, 1300))

/* The order alone: each fails at once, so they come one after the other. */
static int order_is(const char *const *given, const char *expected)
{
    struct tutti_socket_stream stream;
    struct row row = {.rc = 0};
    char order[FAKE_HOSTS + 1] = "";
    for (int i = 0; given[i]; i++) {
        row.hosts[i].ip = given[i];
        row.hosts[i].result = REFUSED;
    }
    net_of(&row);
    fake_net.order_count = 0;
    tutti_check(tutti_tcp_connect(&stream, "host.example", PORT) == REFUSED);
    tutti_check(fake_net.order_count == fake_net.hosts_count);
    for (uint32_t i = 0; i < fake_net.order_count; i++)
        order[i] = (char)('a' + fake_net.order[i]);
    tutti_check(strcmp(order, expected) == 0);
    return 0;
}

static int T77_order(void *arg)
{
    (void)arg;
    TUTTI_TRY(resolver_is_fake());
#define ORDER(expected, ...) TUTTI_TRY(order_is((const char *const[]){__VA_ARGS__, NULL}, expected))
    ORDER("adbce", "4.0.0.1", "4.0.0.2", "4.0.0.3", "::1", "::2");
    ORDER("acb", "::1", "::2", "4.0.0.1");
    ORDER("abcd", "::1", "4.0.0.1", "::2", "4.0.0.2");
    ORDER("abc", "4.0.0.1", "4.0.0.2", "4.0.0.3");
    ORDER("ab", "::1", "4.0.0.1");
    ORDER("a", "::1");
#undef ORDER
    return 0;
}

/* One error, and below it those of all attempts, as they failed. */
static int all_errors_are_told(void *arg)
{
    static const struct row row = {HOSTS({"1.1.1.1", 5000, REFUSED}, {"::2", 300, -ENETUNREACH},
                                         {"3.3.3.3", 200, -ETIMEDOUT})};
    struct tutti_socket_stream stream;
    char text[1024];
    (void)arg;
    net_of(&row);
    TUTTI_TRY(resolver_is_fake());
    int rc = tutti_tcp_connect(&stream, "host.example", PORT);
    tutti_check(rc == -ENETUNREACH && tutti_now() == MS(5000));
    const struct tutti_error *error = tutti_error_record(rc);
    tutti_check(error && strstr(error->message, "host.example, port 80"));
    const struct tutti_error *also = error->suppressed;
    tutti_check(also && also->code == -ENETUNREACH && strstr(also->message, "[::2]:80"));
    also = also->next;
    tutti_check(also && also->code == -ETIMEDOUT && strstr(also->message, "3.3.3.3:80"));
    also = also->next;
    tutti_check(also && also->code == REFUSED && strstr(also->message, "1.1.1.1:80") &&
                !also->next);
    tutti_check(tutti_error_print(error, text, sizeof text) < sizeof text);
    tutti_check(strstr(text, "and also"));
    return 0;
}

/* From an address of one's own: only its family is tried. */
static int local_address(void *arg)
{
    static const struct row row = {HOSTS({"1.1.1.1", 10, 0}, {"::2", 10, 0})};
    struct tutti_socket_stream stream;
    struct tutti_address local;
    struct tutti_connect_options options = {.local = &local};
    (void)arg;
    net_of(&row);
    TUTTI_TRY(resolver_is_fake());
    TUTTI_TRY(tutti_address_ip("::9", 0, &local));
    TUTTI_TRY(tutti_tcp_connect_with(&stream, "host.example", TUTTI_TEXT, PORT, &options));
    tutti_check(fake_net.binds == 1 && winner_of(&stream) == 1 && fake_net.order_count == 1);
    tutti_stream_free(&stream.stream);
    fake_net.bind_result = -EADDRNOTAVAIL;
    tutti_check(tutti_tcp_connect_with(&stream, "host.example", TUTTI_TEXT, PORT, &options) ==
                -EADDRNOTAVAIL);
    fake_net.hosts_count = 1;
    tutti_check(tutti_tcp_connect_with(&stream, "host.example", TUTTI_TEXT, PORT, &options) ==
                TUTTI_ENONAME);
    tutti_check(fake_net.open == 0);
    return 0;
}

static int bad_input(void *arg)
{
    struct tutti_socket_stream stream;
    struct tutti_connect_options options = {.delay_ns = -1};
    (void)arg;
    TUTTI_TRY(resolver_is_fake());
    static const int ports[] = {0, -1, 65536, 70000};
    for (int i = 0; i < 4; i++)
        tutti_check(tutti_tcp_connect(&stream, "host.example", ports[i]) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_connect(&stream, "", PORT) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_connect(&stream, NULL, PORT) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_connect_with(&stream, "a\0b", 3, PORT, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_tcp_connect_with(&stream, "a", 1, PORT, &options) == TUTTI_EINVALID);
    tutti_check(fake_net.lookups == 0 && fake_net.sockets == 0);
    return 0;
}

/* Two addresses, in a scope that may be cancelled anywhere: a connection is given out, or nothing
 * is left of any. The fake network says if a socket is. */
static int connect_and_close(void *arg)
{
    struct tutti_socket_stream stream;
    bool *given = arg;
    TUTTI_TRY(tutti_tcp_connect(&stream, "host.example", PORT));
    *given = true;
    tutti_check(fake_net.open == 1);
    tutti_stream_close_forcefully(&stream.stream);
    return 0;
}

static int no_socket_is_left(const struct row *row)
{
    bool given = false;
    net_of(row);
    TUTTI_TRY(resolver_is_fake());
    int rc = tutti_move_on_at(TUTTI_NEVER, connect_and_close, &given);
    tutti_check(rc == 0 && fake_net.open == 0);
    return 0;
}

static int cancelled_first_wins(void *arg)
{
    static const struct row row = {HOSTS({"1.1.1.1", 300, 0}, {"2.2.2.2", 200, 0})};
    (void)arg;
    return no_socket_is_left(&row);
}

static int cancelled_tie(void *arg)
{
    static const struct row row = {HOSTS({"1.1.1.1", 300, 0}, {"2.2.2.2", 50, 0})};
    (void)arg;
    return no_socket_is_left(&row);
}

static int cancelled_failing(void *arg)
{
    static const struct row row = {
        HOSTS({"1.1.1.1", 0, REFUSED}, {"2.2.2.2", 10, REFUSED}, {"3.3.3.3", 10, 0})};
    (void)arg;
    return no_socket_is_left(&row);
}

/* Every request for memory fails once. */
static int without_memory(void *arg)
{
    struct tutti_socket_stream stream;
    static const struct row row = {HOSTS({"1.1.1.1", 300, 0}, {"2.2.2.2", 50, 0})};
    (void)arg;
    net_of(&row);
    TUTTI_TRY(resolver_is_fake());
    TUTTI_TRY(tutti_tcp_connect(&stream, "host.example", PORT));
    return tutti_stream_close(&stream.stream);
}

static void memory_fails(void **state)
{
    struct tutti_sim_world sim;
    uint64_t at = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    fake_net_over(&sim);
    do {
        tutti_sim_world_reset(&sim);
        sim.arena.fail_at = ++at;
        int rc = tutti_run(&sim.world, without_memory, NULL);
        assert_true(rc == 0 || rc == TUTTI_ENOMEMORY);
    } while (sim.arena.calls >= at);
    assert_true(at > 2);
    tutti_sim_world_close(&sim);
}

static int over_fake_net(void **state)
{
    (void)state;
    rehearsed_prepare = fake_net_over;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {REHEARSED(T77a_one_address),
                                       REHEARSED(T77b_one_slow),
                                       REHEARSED(T77c_one_fails),
                                       REHEARSED(T77d_one_fails_late),
                                       REHEARSED(T77e_third_is_fast),
                                       REHEARSED(T77f_second_is_fast),
                                       REHEARSED(T77g_longer_delay),
                                       REHEARSED(T77j_tie),
                                       REHEARSED(T77l_no_ipv4),
                                       REHEARSED(T77m_no_ipv6),
                                       REHEARSED(T77n_no_address),
                                       REHEARSED(T77_order),
                                       REHEARSED(default_delay),
                                       REHEARSED(fails_at_once),
                                       REHEARSED(older_one_fails),
                                       REHEARSED(all_fail),
                                       REHEARSED(all_errors_are_told),
                                       REHEARSED(local_address),
                                       REHEARSED(bad_input),
                                       REHEARSED_ALL(cancelled_first_wins, 1, 14),
                                       REHEARSED_ALL(cancelled_tie, 1, 17),
                                       REHEARSED_ALL(cancelled_failing, 1, 21),
                                       cmocka_unit_test(memory_fails)};
    return cmocka_run_group_tests(tests, over_fake_net, NULL);
}
