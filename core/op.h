/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/op.h - operations: what a task asks of the world, in one closed table.
 *
 * I/O is by operation, not by readiness: one shape serves epoll (try at once, else wait),
 * completion ports, the simulator, record and replay. A world that does not know a kind completes
 * the operation with TUTTI_EUNSUPPORTED.
 *
 * Objects of the world (sockets, pipes, files) are known by handles, which only that world can
 * read. A handle that was closed is TUTTI_ECLOSED to every operation, one of another world (another
 * thread's) TUTTI_EINVALID, and one of the wrong sort too (accept on a pipe).
 *
 * One operation at a time may wait for a handle in each direction (recv, accept: in; send, connect:
 * out; poll: those it asks for). A second one is TUTTI_EBUSY at once, and nothing has happened.  */
#ifndef TUTTI_CORE_OP_H
#define TUTTI_CORE_OP_H

#include "tutti/core/address.h"

TUTTI_BEGIN

/* TUTTI_OP(CONSTANT, "text"). The text is what a trace shows. Fields of struct tutti_op that a kind
 * does not name are zero. `now`: it never stays pending (tutti_op_now).
 *
 * CONNECT   handle to the address *detail.
 * ACCEPT    handle listens: `other` is the new connection, *detail its peer's address unless NULL.
 * RECV      up to `length` bytes to `buffer`; detail: a struct tutti_message instead, or NULL.
 *           The result is a count, 0 at the end of a stream. flags: enum tutti_io_flag.
 * SEND      the same the other way.
 * POLL      waits until handle is ready for one of `flags` (enum tutti_poll_flag); the result is
 *           those it is ready for, in which error and hang-up may be, asked for or not.
 * SOCKET    now. `other` is a new one: family `length`, type `offset` (enum tutti_socket_type).
 * PAIR      now. Two connected Unix sockets of type `offset`, to handle and other.
 * DUPLICATE now. `other` is a new handle for the socket that handle is of.
 * PIPE      now. The end to read to handle, the end to write to other.
 * BIND      now. handle to *detail. A Unix path: flags TUTTI_BIND_..., offset the mode or 0.
 * LISTEN    now. `length` is the backlog.
 * SHUTDOWN  now. flags: TUTTI_POLL_READ and TUTTI_POLL_WRITE, the directions to shut.
 * CLOSE     now. Whoever waits gets TUTTI_ECLOSED. flags TUTTI_CLOSE_RESET: the peer is to be told
 *           that it was no orderly end. The handle is closed, whatever the result.
 * ADDRESS   now. To *detail the handle's own address, or its peer's if offset is not 0.
 * OPTION    now. offset: enum tutti_option; *detail, an int64_t, is set if flags is not 0, else
 *           got.
 * SENDFILE  `length` bytes of handle `other`, from `offset` on, to handle.
 * SPLICE    up to `length` bytes from handle to `other`, one of which is a pipe.
 * OPEN, READ, WRITE, FSYNC: files.
 * RESOLVE   looks a name up, or an address: detail is a struct tutti_lookup. The result is how many
 *           addresses there are, or how long the name is; TUTTI_ENONAME, TUTTI_ENAMESERVICE, or an
 *           error of the system.
 * CALL      calls a function outside the run, as it may take long: detail is a struct tutti_call.
 *           The result is the function's. Stopped before it began, it is TUTTI_ECANCELED; later
 *           only if it can be abandoned.
 * SIGNAL, SPAWN, WAIT: signals and processes.
 * RANDOM    `length` bytes of chance to `buffer`. */
#define TUTTI_OPS                                                                                  \
    TUTTI_OP(CONNECT, "connect")                                                                   \
    TUTTI_OP(ACCEPT, "accept")                                                                     \
    TUTTI_OP(RECV, "recv")                                                                         \
    TUTTI_OP(SEND, "send")                                                                         \
    TUTTI_OP(POLL, "poll")                                                                         \
    TUTTI_OP(SOCKET, "socket")                                                                     \
    TUTTI_OP(PAIR, "pair")                                                                         \
    TUTTI_OP(DUPLICATE, "duplicate")                                                               \
    TUTTI_OP(PIPE, "pipe")                                                                         \
    TUTTI_OP(BIND, "bind")                                                                         \
    TUTTI_OP(LISTEN, "listen")                                                                     \
    TUTTI_OP(SHUTDOWN, "shutdown")                                                                 \
    TUTTI_OP(CLOSE, "close")                                                                       \
    TUTTI_OP(ADDRESS, "address")                                                                   \
    TUTTI_OP(OPTION, "option")                                                                     \
    TUTTI_OP(SENDFILE, "sendfile")                                                                 \
    TUTTI_OP(SPLICE, "splice")                                                                     \
    TUTTI_OP(OPEN, "open")                                                                         \
    TUTTI_OP(READ, "read")                                                                         \
    TUTTI_OP(WRITE, "write")                                                                       \
    TUTTI_OP(FSYNC, "fsync")                                                                       \
    TUTTI_OP(RESOLVE, "resolve")                                                                   \
    TUTTI_OP(CALL, "call")                                                                         \
    TUTTI_OP(SIGNAL, "signal")                                                                     \
    TUTTI_OP(SPAWN, "spawn")                                                                       \
    TUTTI_OP(WAIT, "wait")                                                                         \
    TUTTI_OP(RANDOM, "random")                                                                     \
    TUTTI_OP(POST, "post")

/* The kinds of operation. */
enum tutti_op_kind {
#define TUTTI_OP(NAME, text) TUTTI_OP_##NAME,
    TUTTI_OPS
#undef TUTTI_OP
        TUTTI_OP_KINDS
};

/* An object of the world. Its fields are the world's own; all zeros: none. A copy is as good as the
 * original, and both are closed at once.                                                         */
struct tutti_handle {
    uint32_t index;
    uint32_t world;
    uint64_t generation;
};

/* The types of socket. */
enum tutti_socket_type { TUTTI_SOCKET_STREAM, TUTTI_SOCKET_DATAGRAM, TUTTI_SOCKET_SEQPACKET };

/* Flags of recv and send. */
enum tutti_io_flag {
    TUTTI_IO_PEEK = 1,      /* recv: leave it there */
    TUTTI_IO_URGENT = 2,    /* out-of-band data of TCP: one byte */
    TUTTI_IO_MORE = 4,      /* send: more follows at once, so let it wait a little */
    TUTTI_IO_TRUNCATED = 8, /* said of a message: it was longer than there was room */
    TUTTI_IO_LOST = 16      /* said of a message: it had handles there was no room for; closed */
};

/* What a handle can be ready for. */
enum tutti_poll_flag {
    TUTTI_POLL_READ = 1,
    TUTTI_POLL_WRITE = 2,
    TUTTI_POLL_URGENT = 4,
    TUTTI_POLL_ERROR = 8,
    TUTTI_POLL_HANGUP = 16
};

/* Flags of bind for a Unix path, and of close. */
enum { TUTTI_BIND_REPLACE = 1 }; /* a path that nobody serves any more is removed first */
enum { TUTTI_CLOSE_RESET = 1 };

/* Options of sockets, for OPTION: each a number. get: it is only told. */
enum tutti_option {
    TUTTI_OPTION_NODELAY,       /* TCP: send small pieces at once; 0 or 1 */
    TUTTI_OPTION_NOTSENT_LOWAT, /* TCP: bytes not sent yet from which on it is not writable */
    TUTTI_OPTION_KEEPALIVE,     /* look after idle connections; 0 or 1 */
    TUTTI_OPTION_KEEPIDLE_S,    /* TCP: seconds until the first look */
    TUTTI_OPTION_KEEPINTERVAL_S,
    TUTTI_OPTION_KEEPCOUNT,       /* TCP: unanswered looks after which it is broken */
    TUTTI_OPTION_USER_TIMEOUT_MS, /* TCP: unanswered data after which it is broken */
    TUTTI_OPTION_CORK,            /* TCP: hold back what fills no packet; 0 or 1 */
    TUTTI_OPTION_QUICKACK,        /* TCP: 0 or 1 */
    TUTTI_OPTION_FASTOPEN,        /* TCP listeners: length of the queue */
    TUTTI_OPTION_DEFER_ACCEPT_S,  /* TCP listeners */
    TUTTI_OPTION_REUSE_ADDRESS,   /* 0 or 1 */
    TUTTI_OPTION_REUSE_PORT,      /* several listeners share a port; 0 or 1 */
    TUTTI_OPTION_V6ONLY,          /* 0 or 1 */
    TUTTI_OPTION_BIND_LATE,       /* TCP: the port is chosen by connect, not by bind; 0 or 1 */
    TUTTI_OPTION_RECEIVE_BUFFER,  /* bytes; the system doubles what it is told */
    TUTTI_OPTION_SEND_BUFFER,
    TUTTI_OPTION_LINGER_S,  /* close waits so long, in the background; -1: off */
    TUTTI_OPTION_BROADCAST, /* datagrams to all of a network; 0 or 1 */
    TUTTI_OPTION_TTL,       /* hops, IPv4 and IPv6 */
    TUTTI_OPTION_ERROR,     /* get: the pending error, as a negative code, which is cleared */
    TUTTI_OPTION_UNREAD,    /* get: bytes that could be received now */
    TUTTI_OPTION_UNSENT,    /* get: bytes that wait to be sent */
    TUTTI_OPTION_PEER_PID,  /* get, Unix: of who connected */
    TUTTI_OPTION_PEER_UID,
    TUTTI_OPTION_PEER_GID,
    TUTTI_OPTION_INHERITED, /* programs that this one starts get it, by its number; 0 or 1 */
    TUTTI_OPTION_SHUT,      /* get: the directions that were shut by this handle, as for SHUTDOWN */
    TUTTI_OPTION_FAMILY,    /* get: enum tutti_family */
    TUTTI_OPTION_TYPE,      /* get: enum tutti_socket_type */
    TUTTI_OPTION_READY,     /* get: what it is ready for now, of enum tutti_poll_flag */
    TUTTI_OPTIONS_COUNT
};

/* A piece of memory. */
struct tutti_piece {
    void *data;
    size_t length;
};

/* What recv and send handle at once: pieces, an address, handles to pass on. */
enum { TUTTI_MESSAGE_PIECES_MAX = 64, TUTTI_MESSAGE_HANDLES_MAX = 32 };
struct tutti_message {
    struct tutti_piece *pieces;
    uint32_t pieces_count;         /* TUTTI_MESSAGE_PIECES_MAX at most */
    uint32_t handles_count;        /* send: so many go with it; recv: set */
    uint32_t handles_room;         /* recv: TUTTI_MESSAGE_HANDLES_MAX at most */
    uint32_t flags;                /* recv: set, TUTTI_IO_TRUNCATED and TUTTI_IO_LOST */
    struct tutti_handle *handles;  /* recv: yours to close; send: stay yours */
    struct tutti_address *address; /* recv: set to the sender's; send: where to; or NULL */
};

/* What resolve is asked, and where its answer goes. */
enum { TUTTI_ADDRESSES_MAX = 32, TUTTI_HOST_MAX = 255 };
struct tutti_lookup {
    const char *host;                /* ASCII, TUTTI_HOST_MAX bytes at most; or NULL: see name */
    uint16_t port;                   /* of the addresses */
    uint8_t family;                  /* enum tutti_family: only such; none: IPv4 and IPv6 */
    struct tutti_address *addresses; /* to be filled, the best first: */
    uint32_t room;                   /* so many at most; the rest is left out */
    char *name; /* without a host: that of addresses[0] goes here, TUTTI_HOST_MAX + 1 bytes */
};

/* What call calls. fn may be abandoned: the operation then is over before fn is, with
 * TUTTI_ECANCELED, and drop(arg) is called when it is. Both are called in another thread, or drop,
 * where fn was not even begun, in this one: neither may use the run. */
enum { TUTTI_WORKERS_MAX = 16 }; /* threads of a process that do it in the real world */
struct tutti_call {
    int (*fn)(void *arg);
    void (*drop)(void *arg); /* NULL: fn cannot be abandoned, a stop waits for it */
    void *arg;
    bool returned; /* set: the result is fn's */
};

struct tutti_task;
struct tutti_op {
    enum tutti_op_kind kind;
    uint32_t flags;
    struct tutti_handle handle; /* the object it is about */
    struct tutti_handle other;  /* a second one, or one it made */
    void *buffer;               /* the data: the task's, untouched until the op is complete */
    size_t length;
    int64_t offset;
    void *detail;          /* more, as the kind says */
    int64_t result;        /* set by the world: 0 or a count, else a negative code */
    struct tutti_op *next; /* links completed ops; the world's own until then */
    void *world;           /* the world's own */
    uint64_t id;           /* set by core */
    struct tutti_task *task;
};

/* The text of a kind: "recv". */
TUTTI_API const char *tutti_op_text(enum tutti_op_kind kind);

/* Starts `op` in the world and waits until it is complete; returns op->result, clipped to int. A
 * cancellation stops the op: if it was done all the same its result is returned, and the
 * cancellation shows at the next checkpoint. `op` may live on the caller's stack.               */
#define tutti_op_perform(op) tutti_op_perform_at(op, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_op_perform_at(struct tutti_op *op, const struct tutti_site *site);

/* The same for kinds that are done at once, without a checkpoint; another kind panics if the world
 * keeps it. Not a checkpoint.                                                                   */
#define tutti_op_now(op) tutti_op_now_at(op, TUTTI_HERE)
TUTTI_API int tutti_op_now_at(struct tutti_op *op, const struct tutti_site *site);

/* Fills `buffer` with `length` random bytes: the system's in the real world, the seed's in the
 * simulated one. Returns 0 or an error.                                                         */
#define tutti_random(buffer, length) tutti_random_at(buffer, length, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_random_at(void *buffer, size_t length, const struct tutti_site *site);

TUTTI_END
#endif
