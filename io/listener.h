/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/listener.h - where streams come from: something that others connect to.
 *
 * A listener is a struct tutti_listener at the head of something larger, like a stream. One task at
 * a time accepts. Who opened a listener closes it, or tutti_serve does (io/server.h).            */
#ifndef TUTTI_IO_LISTENER_H
#define TUTTI_IO_LISTENER_H

#include "tutti/io/socket_stream.h"

TUTTI_BEGIN

struct tutti_listener;

/* Bytes of the largest stream that a listener may make. */
enum { TUTTI_ACCEPTED_MAX = 512 };

/* What a kind of listener can do; static. */
struct tutti_listener_kind {
    const char *name;   /* in messages: "socket" */
    size_t stream_size; /* bytes of its streams, TUTTI_ACCEPTED_MAX at most */
    /* Waits for a connection and makes a stream of it in *stream, which has room for stream_size
     * bytes and may be moved afterwards. Returns 0, TUTTI_ECLOSED, TUTTI_ECANCELED (none was
     * taken), an error of the system. A checkpoint. */
    int (*accept)(struct tutti_listener *listener, struct tutti_stream *stream,
                  const struct tutti_site *site);
    /* Releases it; who accepts gets TUTTI_ECLOSED. Called once; must not wait. */
    void (*close)(struct tutti_listener *listener);
};

/* The head of every listener. */
struct tutti_listener {
    const struct tutti_listener_kind *kind;
    const struct tutti_site *accepting; /* who accepts; NULL: nobody does */
    bool closed;
};

/* Room for a stream of whatever kind of listener. */
union tutti_accepted {
    struct tutti_stream stream;
    struct tutti_socket_stream socket;
    char bytes[TUTTI_ACCEPTED_MAX];
};

/* Makes the head of an open listener: for those who write a kind. Not a checkpoint. */
TUTTI_API void tutti_listener_init(struct tutti_listener *listener,
                                   const struct tutti_listener_kind *kind);

/* Waits until somebody connects, and makes a stream of it in *accepted, which the caller is to
 * close. Returns 0, TUTTI_EBUSY (another task accepts), TUTTI_ECLOSED, TUTTI_ECANCELED (nobody was
 * accepted), TUTTI_EINVALID (NULL, or never opened), or an error of the system: -EMFILE, -ENFILE,
 * -ENOBUFS, -ENOMEM, TUTTI_ENOMEMORY say that something is short for now; the listener can be used
 * further after any of them. Connections that failed before they were accepted are not told of. */
#define tutti_listener_accept(listener, accepted)                                                  \
    tutti_listener_accept_at(listener, accepted, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_listener_accept_at(struct tutti_listener *listener,
                                              union tutti_accepted *accepted,
                                              const struct tutti_site *site);

/* Closes it; who accepts gets TUTTI_ECLOSED. Again: nothing. Not a checkpoint. */
TUTTI_API void tutti_listener_close(struct tutti_listener *listener);

/* A listener on a socket. Yours; not to be moved. */
struct tutti_socket_listener {
    struct tutti_listener listener;
    struct tutti_socket socket;
};

/* Makes a listener of a socket that listens, which is the listener's from now on: one that was
 * handed down by whoever started this process, for example (tutti_socket_of_handle). Not a
 * checkpoint. */
TUTTI_API void tutti_socket_listener_init(struct tutti_socket_listener *listener,
                                          const struct tutti_socket *socket);

/* How many may wait to be accepted, unless said otherwise; the system may have a lower limit. */
enum { TUTTI_BACKLOG_MAX = 65535 };

/* What a listener can be. All-zero means the defaults. */
struct tutti_listen_options {
    uint32_t backlog; /* 0: TUTTI_BACKLOG_MAX, which is also the most */
    bool reuse_port;  /* IP: other listeners may share the port, and the connections */
    bool both;        /* IPv6: take IPv4, too */
    uint32_t mode;    /* Unix path: who may connect, as 0600; 0: whom the umask lets */
    bool seqpacket;   /* Unix: records instead of bytes */
};

/* Listens at an address: IPv4 or IPv6 (port 0: a free one), or Unix. An IP address may be used
 * again at once after its last listener (SO_REUSEADDR). A Unix path is locked by PATH.lock for as
 * long as it is served: what is left there by one who did not close is removed, one that is served
 * is -EADDRINUSE, and a file that is no socket -EEXIST; closing removes both. `options` may be
 * NULL. Returns 0, TUTTI_EINVALID, or an error of the system, with a record. Not a checkpoint. */
#define tutti_listen(listener, address, options)                                                   \
    tutti_listen_at(listener, address, options, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_listen_at(struct tutti_socket_listener *listener,
                                             const struct tutti_address *address,
                                             const struct tutti_listen_options *options,
                                             const struct tutti_site *site);
/* The same at each of `count` addresses, as a name may have; *made says how many listeners there
 * are, the first ones of the array. Families that this system does not have, or has switched off,
 * are left out unless it has none of them. With port 0, the addresses after the first one get its
 * port, and others are tried if it is taken there. After an error none is open. */
#define tutti_listen_all(listeners, addresses, count, options, made)                               \
    tutti_listen_all_at(listeners, addresses, count, options, made, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_listen_all_at(struct tutti_socket_listener *listeners,
                                                 const struct tutti_address *addresses,
                                                 uint32_t count,
                                                 const struct tutti_listen_options *options,
                                                 uint32_t *made, const struct tutti_site *site);
/* The same at a Unix path. */
#define tutti_unix_listen(listener, path, options)                                                 \
    tutti_unix_listen_at(listener, path, options, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_unix_listen_at(struct tutti_socket_listener *listener,
                                                  const char *path,
                                                  const struct tutti_listen_options *options,
                                                  const struct tutti_site *site);

/* Connects to a Unix path; *stream is the connection. Returns 0, TUTTI_EINVALID (an empty or too
 * long path), TUTTI_ECANCELED, or an error of the system, with a record; nothing is left open then.
 */
#define tutti_unix_connect(stream, path) tutti_unix_connect_at(stream, path, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_unix_connect_at(struct tutti_socket_stream *stream, const char *path,
                                           const struct tutti_site *site);
/* Connects to where a listener of this host listens, for tests: an address of all is taken for the
 * one by which the host reaches itself. */
#define tutti_listener_connect(listener, stream)                                                   \
    tutti_listener_connect_at(listener, stream, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_listener_connect_at(const struct tutti_socket_listener *listener,
                                               struct tutti_socket_stream *stream,
                                               const struct tutti_site *site);

TUTTI_END
#endif
