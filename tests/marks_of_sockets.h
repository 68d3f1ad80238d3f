/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* marks_of_sockets.h - entries of sockets, listeners, servers, signals. Included by
 * marks_entries.h. In this test's world there are no sockets: what is seen is that the marks hold
 * all the same. */
#ifndef TUTTI_TESTS_MARKS_OF_SOCKETS_H
#define TUTTI_TESTS_MARKS_OF_SOCKETS_H

#include <signal.h>

static struct tutti_socket a_socket, b_socket;
static struct tutti_handle a_handle, b_handle;
static struct tutti_address an_address = {.family = TUTTI_FAMILY_IPV4};
static struct tutti_message a_message;
static struct tutti_socket_stream a_socket_stream, b_socket_stream;
static struct tutti_socket_listener a_listener;
static union tutti_accepted an_accepted;
static struct tutti_stream *a_stream;

static inline int no_accept(struct tutti_listener *listener, struct tutti_stream *stream,
                            const struct tutti_site *site)
{
    (void)listener, (void)stream;
    return tutti_sleep_at(TUTTI_NEVER, site);
}

static inline void no_close(struct tutti_listener *listener)
{
    (void)listener;
}

static const struct tutti_listener_kind a_listener_kind = {
    .name = "nobody's", .accept = no_accept, .close = no_close};

static inline int listens(void)
{
    tutti_listener_init(&a_listener.listener, &a_listener_kind);
    return 0;
}

static inline int a_handler(struct tutti_stream *stream, void *arg)
{
    (void)stream, (void)arg;
    return 0;
}

static struct tutti_listener *const the_listeners[] = {&a_listener.listener};
static struct tutti_server a_server = {
    .listeners = the_listeners, .listeners_count = 1, .handler = a_handler};

CALL(tutti_address_any, VOID(tutti_address_any(TUTTI_FAMILY_IPV4, 1)))
CALL(tutti_address_equal, VOID(tutti_address_equal(&an_address, &an_address)))
CALL(tutti_address_ip, tutti_address_ip("127.0.0.1", 1, &an_address))
CALL(tutti_address_loopback, VOID(tutti_address_loopback(TUTTI_FAMILY_IPV4, 1)))
CALL(tutti_address_print, VOID(tutti_address_print(&an_address, set->text, sizeof set->text)))
CALL(tutti_address_read, VOID(tutti_address_read("127.0.0.1", &an_address)))
CALL(tutti_address_unix, tutti_address_unix("x", 1, &an_address))
CALL(tutti_handle_close, VOID(tutti_handle_close(a_handle)))
ENTRY(tutti_listener_accept_at, listens(),
      tutti_listener_accept(&a_listener.listener, &an_accepted), 0)
ENTRY(tutti_listener_close, listens(), VOID(tutti_listener_close(&a_listener.listener)), 0)
CALL(tutti_listener_connect_at, tutti_checkpoint() < 0
                                    ? TUTTI_ECANCELED
                                    : tutti_listener_connect(&a_listener, &a_socket_stream))
CALL(tutti_listener_init, VOID(tutti_listener_init(&a_listener.listener, &a_listener_kind)))
CALL(tutti_listen_all_at, DROP(tutti_listen_all(&a_listener, &an_address, 1, NULL, &(uint32_t){0})))
CALL(tutti_listen_at, DROP(tutti_listen(&a_listener, &an_address, NULL)))
CALL(tutti_pipe_open_at, DROP(tutti_pipe_open(&a_handle, &b_handle)))
CALL(tutti_pipe_stream_pair_at, DROP(tutti_pipe_stream_pair(&a_socket_stream, &b_socket_stream)))
CALL(tutti_poll_at, tutti_poll(a_handle, TUTTI_POLL_READ))
ENTRY(tutti_serve, listens(), DROP(tutti_serve(NULL, &a_server)), 0)
CALL(tutti_handle_stream_init, VOID(tutti_handle_stream_init(&a_socket_stream, a_handle)))
CALL(tutti_reader_stream_init, VOID(tutti_reader_stream_init(&a_socket_stream, a_handle)))
CALL(tutti_writer_stream_init, VOID(tutti_writer_stream_init(&a_socket_stream, a_handle)))
CALL(tutti_socket_accept_at, tutti_socket_accept(&a_socket, &b_socket, NULL))
CALL(tutti_socket_address, DROP(tutti_socket_address(&a_socket, &an_address)))
CALL(tutti_socket_bind_at, DROP(tutti_socket_bind(&a_socket, &an_address)))
CALL(tutti_socket_close, VOID(tutti_socket_close(&a_socket)))
CALL(tutti_socket_connect_at, tutti_socket_connect(&a_socket, &an_address))
CALL(tutti_socket_duplicate_at, DROP(tutti_socket_duplicate(&a_socket, &b_socket)))
CALL(tutti_socket_get_at, DROP(tutti_socket_get(&a_socket, TUTTI_OPTION_NODELAY, &set->ns)))
CALL(tutti_socket_listen_at, DROP(tutti_socket_listen(&a_socket, 1)))
CALL(tutti_socket_listener_init, VOID(tutti_socket_listener_init(&a_listener, &a_socket)))
CALL(tutti_socket_of_handle_at, DROP(tutti_socket_of_handle(a_handle, &a_socket)))
CALL(tutti_socket_open_at,
     DROP(tutti_socket_open(&a_socket, TUTTI_FAMILY_IPV4, TUTTI_SOCKET_STREAM)))
CALL(tutti_socket_pair_at, DROP(tutti_socket_pair(&a_socket, &b_socket, TUTTI_SOCKET_STREAM)))
CALL(tutti_socket_peer, DROP(tutti_socket_peer(&a_socket, &an_address)))
CALL(tutti_socket_receive_at, tutti_socket_receive(&a_socket, set->text, 1))
CALL(tutti_socket_receive_from_at, tutti_socket_receive_from(&a_socket, set->text, 1, NULL))
CALL(tutti_socket_receive_message_at, tutti_socket_receive_message(&a_socket, &a_message, 0))
CALL(tutti_socket_receive_when_ready_at,
     tutti_socket_receive_when_ready(&a_socket, 1, &set->memory))
CALL(tutti_socket_reset, VOID(tutti_socket_reset(&a_socket)))
CALL(tutti_socket_send_at, tutti_socket_send(&a_socket, "x", 1))
CALL(tutti_socket_send_file_at, tutti_socket_send_file(&a_socket, a_handle, 0, 1, NULL))
CALL(tutti_socket_send_message_at, tutti_socket_send_message(&a_socket, &a_message, 0))
CALL(tutti_socket_send_to_at, tutti_socket_send_to(&a_socket, "x", 1, &an_address))
CALL(tutti_socket_set_at, DROP(tutti_socket_set(&a_socket, TUTTI_OPTION_NODELAY, 1)))
CALL(tutti_socket_shutdown_at, DROP(tutti_socket_shutdown(&a_socket, TUTTI_POLL_WRITE)))
CALL(tutti_socket_stream_init, VOID(tutti_socket_stream_init(&a_socket_stream, &a_socket)))
ENTRY(tutti_socket_stream_new_at, 0, tutti_socket_stream_new(&a_stream, &a_socket),
      VOID(tutti_stream_free(a_stream)))
CALL(tutti_socket_stream_pair_at,
     DROP(tutti_socket_stream_pair(&a_socket_stream, &b_socket_stream)))
CALL(tutti_splice_at, tutti_splice(a_handle, b_handle, 1))
CALL(tutti_stream_socket, VOID(tutti_stream_socket(&a_socket_stream.stream)))
CALL(tutti_unix_connect_at,
     tutti_checkpoint() < 0 ? TUTTI_ECANCELED : tutti_unix_connect(&a_socket_stream, "x"))
CALL(tutti_unix_listen_at, DROP(tutti_unix_listen(&a_listener, "x", NULL)))

/* Of the real world only; without it they have nothing to work on. */
CALL(tutti_real_adopt, DROP(tutti_real_adopt(-1, &a_handle)))
CALL(tutti_real_descriptor, DROP(tutti_real_descriptor(a_handle)))
CALL(tutti_real_release, DROP(tutti_real_release(a_handle)))
CALL(tutti_real_watch, DROP(tutti_real_watch(-1, &a_handle)))

/* A resolver that knows nobody: connecting is a look-up that fails. */
static inline int nobody_found(struct tutti_resolver *resolver, const struct tutti_lookup *lookup)
{
    (void)resolver, (void)lookup;
    return tutti_checkpoint() < 0 ? TUTTI_ECANCELED : 0;
}

static struct tutti_resolver nobody = {.lookup = nobody_found};

static struct tutti_tcp_server a_tcp_server = {.host = "a", .server = {.handler = a_handler}};

CALL(tutti_error_also_at, VOID(tutti_error_also(-5, "text")))
CALL(tutti_error_forget, VOID(tutti_error_forget()))
CALL(tutti_resolve_back_at, tutti_resolve_back(&an_address, set->text, sizeof set->text))
CALL(tutti_resolve_at, tutti_resolve("127.0.0.1", 80, &an_address, 1))
CALL(tutti_resolver_set, tutti_resolver_set(NULL, NULL))
ENTRY(tutti_tcp_connect_at, tutti_resolver_set(&nobody, NULL),
      tutti_tcp_connect(&a_socket_stream, "a", 1), 0)
ENTRY(tutti_tcp_listen_at, tutti_resolver_set(&nobody, NULL),
      tutti_tcp_listen(&a_listener, 1, "a", 1, NULL, &(uint32_t){0}), 0)
ENTRY(tutti_serve_tcp, tutti_resolver_set(&nobody, NULL), tutti_serve_tcp(NULL, &a_tcp_server), 0)
/* A receiver of a signal, which one of them has been sent. */
static struct tutti_signals a_receiver_of_signals;
static inline int receives(void)
{
    static const int numbers[] = {SIGUSR1};
    signal(SIGUSR1, SIG_IGN); /* what was not returned is raised again */
    TUTTI_TRY(tutti_signals_open(&a_receiver_of_signals, numbers, 1));
    raise(SIGUSR1);
    tutti_yield_shielded(); /* it is seen */
    return 0;
}
#define RECEIVED VOID(tutti_signals_close(&a_receiver_of_signals))

ENTRY(tutti_signals_close_at, receives(), RECEIVED, 0)
ENTRY(tutti_signals_next_at, receives(), tutti_signals_next(&a_receiver_of_signals), RECEIVED)
ENTRY(tutti_signals_next_nowait_at, receives(), tutti_signals_next_nowait(&a_receiver_of_signals),
      RECEIVED)
ENTRY(tutti_signals_open_at, 0,
      tutti_signals_open(&a_receiver_of_signals, (const int[]){SIGUSR1}, 1), RECEIVED)
ENTRY(tutti_signals_statistics, receives(), VOID(tutti_signals_statistics(&a_receiver_of_signals)),
      RECEIVED)
CALL(tutti_worker_call_at,
     tutti_checkpoint() < 0 ? TUTTI_ECANCELED : tutti_worker_call(nothing, NULL))

#endif
