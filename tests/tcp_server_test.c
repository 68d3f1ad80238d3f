/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A server in one call: listening, being ready, closing, in every schedule over a network made
 * here; and in the real world, where others really connect. */
#include "rehearsed.h"

#include "fake_net.h"
#include "real_run.h"
#include "tutti/core/finish.h"
#include "tutti/io/address_text.h"
#include "tutti/io/tcp_connect.h"
#include "tutti/io/tcp_server.h"

static int handled;

/* Serves one caller, and takes a while. */
static int handler(struct tutti_stream *stream, void *arg)
{
    (void)stream, (void)arg;
    TUTTI_TRY(tutti_sleep(10 * TUTTI_MS));
    handled++;
    return 0;
}

static struct tutti_tcp_server server;

/* A server at all addresses, which in the network of this test are two. */
static void begin(uint32_t callers)
{
    fake_net.hosts_count = 0;
    fake_net.callers = callers;
    fake_net.no_family = 0;
    fake_net.bind_result = 0;
    fake_net.address_fails = 0;
    fake_net.taken = 0;
    handled = 0;
    server = (struct tutti_tcp_server){.server = {.handler = handler}};
}

static int nothing_left(void)
{
    tutti_check(fake_net.open == 0);
    tutti_check(!server.sockets && !server.sockets_count);
    tutti_check(!server.server.listeners && !server.server.listeners_count);
    return 0;
}

static int start_and_look(struct tutti_nursery *nursery, void *arg)
{
    intptr_t said = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve_tcp, &server, &said));
    tutti_check(said == (intptr_t)&server);
    tutti_check(server.sockets_count == 2 && server.server.listeners_count == 2);
    tutti_check(server.address.port == FAKE_PORT && server.port == 0);
    tutti_check(server.address.family == TUTTI_FAMILY_IPV6);
    TUTTI_TRY(tutti_sleep(TUTTI_S));
    tutti_check(server.server.accepted == 3 && handled == 3);
    tutti_nursery_cancel(nursery);
    return 0;
}

/* Whoever starts it is told when it accepts, and where. */
static int ready_and_served(void *arg)
{
    (void)arg;
    begin(3);
    TUTTI_TRY(tutti_nursery_run(start_and_look, NULL));
    return nothing_left();
}

static int serve(void *arg)
{
    return tutti_serve_tcp(NULL, arg);
}

static int finish_soon(void *arg)
{
    TUTTI_TRY(tutti_sleep(5 * TUTTI_MS));
    return tutti_scope_finish(arg, TUTTI_S);
}

static int serve_and_finish(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_scope scope = TUTTI_SCOPE_INIT;
    (void)arg;
    TUTTI_TRY(tutti_nursery_start(nursery, finish_soon, &scope));
    TUTTI_TRY(tutti_scope_enter(&scope));
    return tutti_scope_close(&scope, serve(&server));
}

/* Asked to finish it closes its listeners, and lets the handlers come to their end. */
static int drains(void *arg)
{
    (void)arg;
    begin(2);
    TUTTI_TRY(tutti_nursery_run(serve_and_finish, NULL));
    tutti_check(handled == 2);
    return nothing_left();
}

static int start_with_two(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve_tcp, &server, NULL));
    tutti_check(server.sockets_count == 2 && fake_net.open == 2 && fake_net.taken == 0);
    tutti_nursery_cancel(nursery);
    return 0;
}

/* A port that is free for one family, and taken for the other: another one is, for both. */
static int ports_taken(void *arg)
{
    (void)arg;
    begin(0);
    fake_net.taken = 3;
    TUTTI_TRY(tutti_nursery_run(start_with_two, NULL));
    begin(0);
    fake_net.taken = UINT32_MAX; /* but not for ever */
    tutti_check(tutti_serve_tcp(NULL, &server) == -EADDRINUSE);
    TUTTI_TRY(nothing_left());
    begin(0);
    fake_net.taken = 1;
    server.port = 80;
    tutti_check(tutti_move_on_after(TUTTI_S, serve, &server) == -EADDRINUSE);
    return nothing_left();
}

/* A family that the machine has not is left out; one whose addresses are switched off, too. */
static int start_with_one(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve_tcp, &server, NULL));
    tutti_check(server.sockets_count == 1 && server.address.family == TUTTI_FAMILY_IPV4);
    tutti_nursery_cancel(nursery);
    return 0;
}

static int one_family(void *arg)
{
    (void)arg;
    begin(0);
    fake_net.no_family = TUTTI_FAMILY_IPV6;
    TUTTI_TRY(tutti_nursery_run(start_with_one, NULL));
    begin(0);
    fake_net.hosts_count = 2;
    fake_net.hosts[0].address = tutti_address_loopback(TUTTI_FAMILY_IPV6, 0);
    fake_net.hosts[1].address = tutti_address_loopback(TUTTI_FAMILY_IPV4, 0);
    fake_net.loopback_v6_result = -EADDRNOTAVAIL;
    server.host = "localhost";
    TUTTI_TRY(tutti_resolver_set(&fake_net.resolver, NULL));
    TUTTI_TRY(tutti_nursery_run(start_with_one, NULL));
    /* If it is the only one, the error is told. */
    fake_net.hosts_count = 1;
    int rc = tutti_serve_tcp(NULL, &server);
    tutti_check(rc == -EADDRNOTAVAIL);
    fake_net.loopback_v6_result = 0;
    return nothing_left();
}

/* However it ends, nothing stays open; if it did begin, what it took it closed. */
static int cancelled_anywhere(void *arg)
{
    (void)arg;
    begin(1);
    int rc = tutti_move_on_after(20 * TUTTI_MS, serve, &server);
    tutti_check(rc == 0 || rc == TUTTI_ECANCELED);
    TUTTI_TRY(nothing_left());
    return rc;
}

/* What listening or accepting fails with comes out, also of the call that starts it. */
static int failing(struct tutti_nursery *nursery, void *arg)
{
    intptr_t said = 7;
    int expected = *(const int *)arg;
    tutti_check(tutti_nursery_start_ready(nursery, tutti_serve_tcp, &server, &said) == expected);
    tutti_check(said == 7);
    return nothing_left();
}

static int mistakes(void *arg)
{
    static const int invalid = TUTTI_EINVALID, taken = -EADDRINUSE, no_name = TUTTI_ENONAME,
                     no_family = -EAFNOSUPPORT, no_buffer = -ENOBUFS;
    (void)arg;
    begin(0);
    server.server.handler = NULL;
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&invalid));
    tutti_check(tutti_serve_tcp(NULL, NULL) == TUTTI_EINVALID);
    begin(0);
    server.port = 70000;
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&invalid));
    begin(0);
    server.host = "";
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&invalid));
    begin(0);
    server.host = "no such host";
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&invalid));
    begin(0);
    fake_net.bind_result = -EADDRINUSE;
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&taken));
    begin(0);
    fake_net.address_fails = 3; /* the first two are asked for to listen */
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&no_buffer));
    begin(0);
    server.host = "nobody.example";
    TUTTI_TRY(tutti_resolver_set(&fake_net.resolver, NULL));
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&no_name));
    begin(0);
    fake_net.no_family = TUTTI_FAMILY_IPV6;
    server.host = "::1";
    TUTTI_TRY(tutti_nursery_run(failing, (void *)&no_family));
    return 0;
}

/* Each request for memory refused in turn. */
static int serve_a_while(void *arg)
{
    begin(1);
    return tutti_move_on_after(TUTTI_S, serve, arg);
}

static void memory_fails_anywhere(void **state)
{
    struct tutti_sim_world sim;
    int refused = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    for (uint64_t n = 1; n < 40; n++) {
        sim.arena.fail_at = n;
        tutti_sim_world_reset(&sim);
        fake_net_over(&sim);
        server.sockets_count = 0; /* if it is refused before it begins */
        int rc = tutti_run(&sim.world, serve_a_while, &server);
        bool scarce = rc == TUTTI_ENOMEMORY || (rc == 0 && server.server.pauses > 0);
        refused += scarce;
        if (!scarce) assert_int_equal(rc, 0);
        assert_int_equal(server.sockets_count, 0);
        assert_int_equal(fake_net.open, 0);
    }
    assert_true(refused > 0);
    tutti_sim_world_close(&sim);
}

/* The real world. */
static int echo(struct tutti_stream *stream, void *arg)
{
    char buffer[16];
    int rc = tutti_stream_receive(stream, buffer, sizeof buffer);
    (void)arg;
    return rc > 0 ? tutti_stream_send_all(stream, buffer, (size_t)rc) : rc;
}

static int ask(struct tutti_stream *stream)
{
    char byte = 'q';
    TUTTI_TRY(tutti_stream_send_all(stream, &byte, 1));
    tutti_check(tutti_stream_receive(stream, &byte, 1) == 1 && byte == 'q');
    tutti_stream_close_forcefully(stream);
    return 0;
}

/* By its port, and by each address that it says it has. */
static int ask_everywhere(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_socket_stream stream;
    (void)arg;
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve_tcp, &server, NULL));
    tutti_check(server.address.port != 0);
    TUTTI_TRY(tutti_tcp_connect(&stream, "127.0.0.1", server.address.port));
    TUTTI_TRY(ask(&stream.stream));
    uint32_t asked = 1;
    for (uint32_t i = 0; i < server.sockets_count; i++) {
        /* Where there is no IPv6 one may be able to listen for it, and not to connect. */
        int rc = tutti_listener_connect(&server.sockets[i], &stream);
        if (rc == -EADDRNOTAVAIL && !real_has_ipv6()) continue;
        TUTTI_TRY(rc);
        TUTTI_TRY(ask(&stream.stream));
        asked++;
    }
    tutti_check(asked > 1 && server.server.accepted == asked);
    tutti_nursery_cancel(nursery);
    return 0;
}

static int really(void *arg)
{
    (void)arg;
    server = (struct tutti_tcp_server){.server = {.handler = echo}};
    TUTTI_TRY(tutti_nursery_run(ask_everywhere, NULL));
    server.host = "127.0.0.1";
    return tutti_nursery_run(ask_everywhere, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {REHEARSED(ready_and_served),
                                       REHEARSED(drains),
                                       REHEARSED(one_family),
                                       REHEARSED(ports_taken),
                                       REHEARSED(mistakes),
                                       REHEARSED_ALL(cancelled_anywhere, 1, 486),
                                       REAL(really),
                                       cmocka_unit_test(memory_fails_anywhere)};
    rehearsed_prepare = fake_net_over;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
