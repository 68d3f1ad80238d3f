/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An echo server: sends back what it receives, to any number of clients, at 127.0.0.1 PORT or at a
 * Unix path. Ctrl-C or SIGTERM has it finish: no new clients, five seconds for those it has.
 * With TUTTI_CONSOLE=PATH in its environment `tutti top PATH` shows what it does; with
 * TUTTI_FLIGHT=PATH,signal=USR2 it writes what it did last when it gets that signal, or fails. A
 * program of its own, in the real world only. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/core/finish.h"
#include "tutti/core/token.h"
#include "tutti/instruments/environment.h"
#include "tutti/io/address_text.h"
#include "tutti/io/real.h"
#include "tutti/io/server.h"

#define GRACE_NS (5 * TUTTI_S)

/* One client, in a task of its own. What a client does is no failure of the server. */
static int echo(struct tutti_stream *stream, void *arg)
{
    char buffer[1024]; /* together with all else a waiting task has, within one page */
    int rc;
    (void)arg;
    while ((rc = tutti_stream_receive(stream, buffer, sizeof buffer)) > 0) {
        rc = tutti_stream_send_all(stream, buffer, (size_t)rc);
        if (rc < 0) break;
    }
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

/* A signal has the server finish: its handler posts this. */
static struct tutti_token token;
static struct tutti_scope until_signal = TUTTI_SCOPE_INIT;

static int finish(void *arg)
{
    (void)arg;
    return tutti_scope_finish(&until_signal, GRACE_NS);
}

static void on_signal(int number)
{
    static struct tutti_post post = {.fn = finish};
    (void)number;
    (void)!tutti_token_post(&token, &post, TUTTI_POST_ONCE);
}

static int open_listener(struct tutti_socket_listener *listener, const char *where)
{
    struct tutti_address address;
    char text[TUTTI_ADDRESS_TEXT_MAX], *end;
    long port = strtol(where, &end, 10);
    if (*end || end == where) {
        TUTTI_TRY(tutti_unix_listen(listener, where, NULL));
    } else {
        if (port > INT_MAX) port = INT_MAX;
        TUTTI_TRY(tutti_address_ip("127.0.0.1", (int)port, &address));
        TUTTI_TRY(tutti_listen(listener, &address, NULL));
    }
    TUTTI_TRY(tutti_socket_address(&listener->socket, &address));
    tutti_address_print(&address, text, sizeof text);
    printf("listening at %s\n", text);
    fflush(stdout);
    return 0;
}

static int serve(void *arg)
{
    struct tutti_socket_listener listener;
    struct tutti_listener *const listeners[] = {&listener.listener};
    struct tutti_server server = {.listeners = listeners, .listeners_count = 1, .handler = echo};
    TUTTI_TRY(tutti_token_open(&token, "signals"));
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    TUTTI_TRY(open_listener(&listener, arg));
    TUTTI_TRY(tutti_scope_enter(&until_signal));
    int rc = tutti_scope_close(&until_signal, tutti_serve(NULL, &server));
    printf("served %llu clients\n", (unsigned long long)server.accepted);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s PORT or PATH\n", argv[0]);
        return 2;
    }
    return tutti_environment_run(tutti_world_real(), NULL, serve, argv[1]) < 0;
}
