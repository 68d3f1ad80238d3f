/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Serving, with listeners and streams made here: what tutti_serve does in every schedule, and what
 * a socket listener does with each error that accept can have.                                   */
#include "rehearsed.h"

#include "tiny_world.h"
#include "tutti/core/finish.h"
#include "tutti/core/idle.h"
#include "tutti/io/server.h"

/* A stream of which only the closing is seen. */
struct seen {
    int opened, closed, goodbyes, served;
};
static struct seen seen;

static int seen_receive(struct tutti_stream *stream, void *buffer, size_t length,
                        const struct tutti_site *site)
{
    (void)stream, (void)buffer, (void)length;
    return tutti_sleep_at(TUTTI_NEVER, site);
}

static int seen_goodbye(struct tutti_stream *stream, const struct tutti_site *site)
{
    (void)stream;
    seen.goodbyes++;
    return tutti_checkpoint_at(site);
}

static void seen_close(struct tutti_stream *stream)
{
    (void)stream;
    seen.closed++;
}

static const struct tutti_stream_kind seen_kind = {
    .name = "seen", .receive = seen_receive, .goodbye = seen_goodbye, .close = seen_close};

/* A listener that has so many connections, and then one error again and again, or none. */
struct scripted {
    struct tutti_listener listener;
    int connections, error, tries;
    int64_t tried_ns[16];
    bool closed;
};

static int scripted_accept(struct tutti_listener *listener, struct tutti_stream *stream,
                           const struct tutti_site *site)
{
    struct scripted *scripted = TUTTI_CONTAINER(listener, struct scripted, listener);
    if (scripted->tries < 16) scripted->tried_ns[scripted->tries] = tutti_now();
    scripted->tries++;
    if (scripted->connections > 0) {
        TUTTI_TRY(tutti_checkpoint_at(site));
        scripted->connections--;
        seen.opened++;
        tutti_stream_init(stream, &seen_kind);
        return 0;
    }
    if (!scripted->error) return tutti_sleep_at(TUTTI_NEVER, site);
    TUTTI_TRY(tutti_checkpoint_at(site));
    return scripted->error;
}

static void scripted_close(struct tutti_listener *listener)
{
    TUTTI_CONTAINER(listener, struct scripted, listener)->closed = true;
}

static const struct tutti_listener_kind scripted_kind = {.name = "scripted",
                                                         .stream_size = sizeof(struct tutti_stream),
                                                         .accept = scripted_accept,
                                                         .close = scripted_close};

/* One of everything, made anew for each run. */
static struct scripted scripted;
static struct tutti_listener *const listeners[] = {&scripted.listener};
static struct tutti_server server;

static void begin(int connections, int error,
                  int (*handler)(struct tutti_stream *stream, void *arg))
{
    seen = (struct seen){.opened = 0};
    scripted = (struct scripted){.connections = connections, .error = error};
    tutti_listener_init(&scripted.listener, &scripted_kind);
    server =
        (struct tutti_server){.listeners = listeners, .listeners_count = 1, .handler = handler};
}

static int serve(void *arg)
{
    (void)arg;
    return tutti_serve(NULL, &server);
}

static int count(struct tutti_stream *stream, void *arg)
{
    (void)stream, (void)arg;
    seen.served++;
    return tutti_checkpoint();
}

/* T78: without descriptors it tries again every tenth of a second, exactly. */
static int T78_short_of_descriptors(void *arg)
{
    (void)arg;
    begin(0, -EMFILE, count);
    TUTTI_TRY(tutti_move_on_after(950 * TUTTI_MS, serve, NULL));
    tutti_check(scripted.tries == 10 && server.pauses == 10 && scripted.closed);
    for (int i = 0; i < 10; i++)
        tutti_check(scripted.tried_ns[i] == i * 100 * TUTTI_MS);
    return 0;
}

/* A sink that counts the lines about pauses. */
static int logged;

static int hear(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink;
    logged += strncmp(event->name, "accepting pauses: ", 18) == 0;
    return 0;
}

static int short_of_descriptors(void *arg)
{
    begin(0, -EMFILE, count);
    return tutti_move_on_after(950 * TUTTI_MS, serve, arg);
}

static void pauses_are_logged(void **state)
{
    struct tiny_world tiny;
    struct tutti_sink sink = {.mask = TUTTI_EVENT_BIT(LOG), .event = hear};
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.sink = &sink;
    logged = 0;
    assert_int_equal(tutti_run(&tiny.world, short_of_descriptors, NULL), 0);
    assert_int_equal(logged, 10);
}

/* T78: an error that nobody knows ends it, and the listener. */
static int T78_unknown_error(void *arg)
{
    (void)arg;
    begin(0, -EFAULT, count);
    tutti_check(serve(NULL) == -EFAULT && scripted.closed);
    return 0;
}

/* T78: a stream is closed behind its handler, without a word. */
static int T78_closed_forcefully(void *arg)
{
    (void)arg;
    begin(6, 0, count);
    TUTTI_TRY(tutti_move_on_after(TUTTI_S, serve, NULL));
    tutti_check(seen.opened == 6 && seen.closed == 6 && seen.served == 6 && !seen.goodbyes);
    tutti_check(server.accepted == 6 && scripted.closed);
    return 0;
}

/* T78: handlers in a nursery of the caller's; one that fails ends all. */
static int waits(struct tutti_stream *stream, void *arg)
{
    char byte;
    if (++seen.served == 10) {
        struct tutti_nursery *nursery = arg;
        tutti_check(nursery->children == 11); /* and the server */
        return -EPROTO;
    }
    return tutti_stream_receive(stream, &byte, 1);
}

static int in_nursery(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    server.nursery = nursery;
    server.arg = nursery;
    return tutti_nursery_start(nursery, serve, NULL);
}

static int T78_nursery_of_handlers(void *arg)
{
    (void)arg;
    begin(10, 0, waits);
    tutti_check(tutti_nursery_run(in_nursery, NULL) == -EPROTO);
    tutti_check(seen.closed == 10 && scripted.closed);
    return 0;
}

/* A failing handler fails the server, and all others with it. */
static int fails_third(struct tutti_stream *stream, void *arg)
{
    char byte;
    (void)arg;
    if (++seen.served == 3) return -EIO;
    return tutti_stream_receive(stream, &byte, 1);
}

static int handler_fails(void *arg)
{
    (void)arg;
    begin(3, 0, fails_third);
    tutti_check(serve(NULL) == -EIO && seen.closed == 3 && scripted.closed);
    return 0;
}

/* Asked to finish it accepts no more, and waits for those it serves, as long as the grace time. */
static int takes_long(struct tutti_stream *stream, void *arg)
{
    (void)stream;
    seen.served++;
    int rc = tutti_sleep(*(int64_t *)arg);
    if (rc < 0) return rc;
    seen.served += 100;
    return 0;
}

static int asks_to_finish(void *arg)
{
    TUTTI_TRY(tutti_sleep(10 * TUTTI_MS));
    return tutti_scope_finish(arg, 50 * TUTTI_MS);
}

static int drains(struct tutti_nursery *nursery, void *arg)
{
    intptr_t ready;
    server.arg = arg;
    TUTTI_TRY(tutti_nursery_start_ready(nursery, tutti_serve, &server, &ready));
    tutti_check(ready == (intptr_t)&server);
    return tutti_nursery_start(nursery, asks_to_finish, &nursery->scope);
}

static int drain_in_time(void *arg)
{
    int64_t takes_ns = 40 * TUTTI_MS;
    (void)arg;
    begin(2, 0, takes_long);
    TUTTI_TRY(tutti_nursery_run(drains, &takes_ns));
    tutti_check(seen.served == 202 && seen.closed == 2 && scripted.closed);
    tutti_check(tutti_now() == 40 * TUTTI_MS);
    return 0;
}

static int drain_too_slow(void *arg)
{
    int64_t takes_ns = TUTTI_S;
    (void)arg;
    begin(2, 0, takes_long);
    TUTTI_TRY(tutti_nursery_run(drains, &takes_ns));
    tutti_check(seen.served == 2 && seen.closed == 2 && scripted.closed);
    tutti_check(tutti_now() == 60 * TUTTI_MS);
    return 0;
}

/* No more handlers at a time than were allowed. */
static int two_at_most(struct tutti_stream *stream, void *arg)
{
    int *now = arg;
    (void)stream;
    tutti_check(++*now <= 2);
    int rc = tutti_sleep(TUTTI_MS);
    --*now;
    seen.served++;
    return rc;
}

static int bounded(void *arg)
{
    int now = 0;
    (void)arg;
    begin(5, 0, two_at_most);
    server.connections_max = 2;
    server.arg = &now;
    TUTTI_TRY(tutti_move_on_after(20 * TUTTI_MS, serve, NULL));
    tutti_check(seen.served == 5 && seen.closed == 5);
    return 0;
}

/* Cancelled anywhere: no stream and no listener stays open. */
static int cancelled_anywhere(void *arg)
{
    (void)arg;
    begin(2, 0, count);
    server.connections_max = 1;
    TUTTI_TRY(tutti_move_on_after(TUTTI_MS, serve, NULL));
    tutti_check(seen.opened == seen.closed && scripted.closed);
    return 0;
}

static int mistakes(void *arg)
{
    union tutti_accepted accepted;
    struct tutti_listener never = {.kind = NULL};
    (void)arg;
    begin(0, 0, NULL);
    tutti_check(serve(NULL) == TUTTI_EINVALID);
    begin(0, 0, count);
    server.listeners_count = 0;
    tutti_check(serve(NULL) == TUTTI_EINVALID);
    tutti_check(tutti_serve(NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_listener_accept(NULL, &accepted) == TUTTI_EINVALID);
    tutti_check(tutti_listener_accept(&never, &accepted) == TUTTI_EINVALID);
    tutti_listener_close(NULL);
    tutti_listener_close(&scripted.listener);
    tutti_listener_close(&scripted.listener);
    tutti_check(tutti_listener_accept(&scripted.listener, &accepted) == TUTTI_ECLOSED);
    return 0;
}

static int accepts(void *arg)
{
    (void)arg;
    return tutti_listener_accept(&scripted.listener, &(union tutti_accepted){.bytes = {0}});
}

static int accept_twice(struct tutti_nursery *nursery, void *arg)
{
    union tutti_accepted accepted;
    (void)arg;
    TUTTI_TRY(tutti_nursery_start(nursery, accepts, NULL));
    TUTTI_TRY(tutti_wait_all_blocked(0));
    tutti_check(tutti_listener_accept(&scripted.listener, &accepted) == TUTTI_EBUSY);
    tutti_nursery_cancel(nursery);
    return 0;
}

static int one_accepts(void *arg)
{
    (void)arg;
    begin(0, 0, count);
    return tutti_nursery_run(accept_twice, NULL);
}

/* A world in which accept has a script of results, 0 for a connection. */
struct accept_world {
    struct tiny_world tiny;
    const int *script;
    int accepts, closes;
    size_t backlog;
};

static int accept_start(struct tutti_io *io, struct tutti_op *op)
{
    struct accept_world *world = TUTTI_CONTAINER(io, struct accept_world, tiny.io);
    op->result = 0;
    op->other = (struct tutti_handle){.index = 1, .world = 1, .generation = 1};
    if (op->kind == TUTTI_OP_ACCEPT) op->result = world->script[world->accepts++];
    if (op->kind == TUTTI_OP_CLOSE) world->closes++;
    if (op->kind == TUTTI_OP_LISTEN) world->backlog = op->length;
    return TUTTI_IO_DONE;
}

/* How many may wait to be accepted: as many as is said, up to the most, which is what all have. */
static int listens_by_backlog(void *arg)
{
    static const uint32_t given[][2] = {{0, 65535}, {1, 1}, {65535, 65535}, {65536, 65535}};
    struct accept_world *world = arg;
    struct tutti_address address = {.family = TUTTI_FAMILY_UNIX, .path_length = 1, .path = "x"};
    struct tutti_socket_listener listener;
    for (int i = 0; i < 4; i++) {
        struct tutti_listen_options options = {.backlog = given[i][0]};
        TUTTI_TRY(tutti_listen(&listener, &address, &options));
        tutti_check(world->backlog == given[i][1]);
        tutti_listener_close(&listener.listener);
    }
    TUTTI_TRY(tutti_listen(&listener, &address, NULL));
    tutti_check(world->backlog == TUTTI_BACKLOG_MAX);
    tutti_listener_close(&listener.listener);
    return 0;
}

static void backlog(void **state)
{
    struct accept_world world = {.accepts = 0};
    (void)state;
    tiny_world_init(&world.tiny);
    world.tiny.io.start = accept_start;
    assert_int_equal(tutti_run(&world.tiny.world, listens_by_backlog, &world), 0);
}

static int accepts_by_script(void *arg)
{
    struct accept_world *world = arg;
    static const int tolerated[] = {-ECONNABORTED,
                                    -EPERM,
                                    -EPROTO,
                                    0,
                                    -EMFILE,
                                    -EFAULT,
                                    -ENOBUFS,
                                    TUTTI_ENOMEMORY,
                                    -ENETDOWN,
                                    -ENOPROTOOPT,
                                    -EHOSTDOWN,
                                    -ENONET,
                                    -EHOSTUNREACH,
                                    -EOPNOTSUPP,
                                    -ENETUNREACH,
                                    -ENOSR,
                                    -ESOCKTNOSUPPORT,
                                    -EPROTONOSUPPORT,
                                    -ETIMEDOUT,
                                    -ECONNRESET,
                                    0,
                                    TUTTI_ECLOSED};
    struct tutti_address address = {.family = TUTTI_FAMILY_UNIX, .path_length = 1, .path = "x"};
    struct tutti_socket_listener listener;
    union tutti_accepted accepted;
    world->script = tolerated;
    TUTTI_TRY(tutti_listen(&listener, &address, NULL));
    tutti_check(tutti_listener_accept(&listener.listener, &accepted) == 0);
    tutti_check(world->accepts == 4);
    tutti_stream_close_forcefully(&accepted.stream);
    tutti_check(tutti_listener_accept(&listener.listener, &accepted) == -EMFILE);
    tutti_check(tutti_listener_accept(&listener.listener, &accepted) == -EFAULT);
    tutti_check(tutti_listener_accept(&listener.listener, &accepted) == -ENOBUFS);
    tutti_check(tutti_listener_accept(&listener.listener, &accepted) == TUTTI_ENOMEMORY);
    tutti_check(tutti_listener_accept(&listener.listener, &accepted) == 0);
    tutti_check(world->accepts == 21);
    tutti_stream_close_forcefully(&accepted.stream);
    tutti_check(tutti_listener_accept(&listener.listener, &accepted) == TUTTI_ECLOSED);
    tutti_listener_close(&listener.listener);
    tutti_check(world->closes == 3);
    return 0;
}

/* T79: errors of one connection are not told, others are, and it goes on after each. */
static void T79_errors_of_accept(void **state)
{
    struct accept_world world = {.accepts = 0};
    (void)state;
    tiny_world_init(&world.tiny);
    world.tiny.io.start = accept_start;
    assert_int_equal(tutti_run(&world.tiny.world, accepts_by_script, &world), 0);
}

/* Each request for memory refused in turn: what was accepted is closed all the same. */
static int scarce_serve(void *arg)
{
    int64_t takes_ns = TUTTI_S;
    (void)arg;
    begin(40, 0, takes_long); /* enough at once that there is no room for all beforehand */
    server.arg = &takes_ns;
    return tutti_move_on_after(2 * TUTTI_S, serve, NULL);
}

static void memory_fails_anywhere(void **state)
{
    struct tutti_sim_world sim;
    int refused = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    for (uint64_t n = 1; n < 100; n++) {
        sim.arena.fail_at = n;
        tutti_sim_world_reset(&sim);
        begin(0, 0, count); /* if it is refused before it begins */
        int rc = tutti_run(&sim.world, scarce_serve, NULL);
        bool short_of_memory = rc == TUTTI_ENOMEMORY || (rc == 0 && server.pauses > 0);
        refused += short_of_memory;
        if (!short_of_memory) assert_int_equal(rc, 0);
        assert_int_equal(seen.opened, seen.closed);
    }
    assert_true(refused > 0);
    tutti_sim_world_close(&sim);
}

REHEARSE_MAIN(REHEARSED(T78_short_of_descriptors), REHEARSED(T78_unknown_error),
              REHEARSED(T78_closed_forcefully), REHEARSED(T78_nursery_of_handlers),
              REHEARSED(handler_fails), REHEARSED(drain_in_time), REHEARSED(drain_too_slow),
              REHEARSED(bounded), REHEARSED_ALL(cancelled_anywhere, 1, 109), REHEARSED(mistakes),
              REHEARSED(one_accepts), cmocka_unit_test(pauses_are_logged),
              cmocka_unit_test(memory_fails_anywhere), cmocka_unit_test(T79_errors_of_accept),
              cmocka_unit_test(backlog))
