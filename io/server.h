/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/server.h - a task for each connection. */
#ifndef TUTTI_IO_SERVER_H
#define TUTTI_IO_SERVER_H

#include "tutti/core/starting.h"
#include "tutti/io/listener.h"

TUTTI_BEGIN

/* How long accepting pauses when the system is short of descriptors or memory; each pause is a line
 * of the log, too (core/span.h). */
#define TUTTI_ACCEPT_PAUSE_NS (100 * TUTTI_MS)

/* What is served, and what became of it. Yours; outlives the call, and the handlers if they live in
 * a nursery of yours. */
struct tutti_server {
    struct tutti_listener *const *listeners; /* they are the server's, which closes them */
    uint32_t listeners_count;
    uint32_t connections_max; /* handlers at a time; 0: any number. More wait to be accepted */
    /* Serves one connection, in a task of its own. When it returns, the stream is closed,
     * forcefully if it did not do so. A negative code fails the whole server: handle what a client
     * does. */
    int (*handler)(struct tutti_stream *stream, void *arg);
    void *arg;                     /* for handler */
    struct tutti_nursery *nursery; /* where handlers live; NULL: in one of the server's */
    uint64_t accepted;             /* set: connections so far */
    uint64_t pauses;               /* set: how often accepting paused for want of resources */
};

/* Serves until it fails, is cancelled, or is asked to finish (core/finish.h): then the listeners
 * are closed, and it waits for the handlers, and returns 0. So `tutti_scope_finish(scope,
 * grace_ns)` around it is how a server drains: handlers have grace_ns to end, then they are
 * cancelled. Handlers in a nursery of yours are not waited for. Accepting pauses for
 * TUTTI_ACCEPT_PAUSE_NS when descriptors or memory are short. Other errors of a listener or of a
 * handler end it, and are returned. The listeners are closed when it returns. For
 * tutti_nursery_start_ready: it is ready once it accepts, and says the server; called directly,
 * `starting` is NULL. TUTTI_EINVALID: no listener, or no handler. */
TUTTI_SCHEDULES TUTTI_MUST_USE int tutti_serve(struct tutti_starting *starting, void *server);

TUTTI_END
#endif
