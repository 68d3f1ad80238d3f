/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/os_real_priv.h - the real world, as its files see it.
 *
 * Invariants:
 * - A descriptor is in the table of slots from the call that made it until it is closed, is
 *   non-blocking and close-on-exec, and is told to epoll at most once, when first an operation has
 *   to wait for it: for both directions, edge-triggered.
 * - ready[d] is false only if a system call said so since the last event of that direction, so
 *   whoever finds it false may wait. It may be true without reason: then one call is made in vain.
 * - What waits in a direction is in waiting[d], and in no list. What is complete is in the list
 *   `done` until wait() returns it.
 * - A slot's generation is new whenever it is used anew, and part of what epoll knows it by: no
 *   event and no handle ever reaches a later descriptor of the same number. A watch, whose
 *   descriptor may be closed without our knowing, ends when a descriptor of ours gets its number.
 */
#ifndef TUTTI_IO_OS_REAL_PRIV_H
#define TUTTI_IO_OS_REAL_PRIV_H

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tutti/core/op.h"
#include "tutti/core/world.h"

enum direction { IN, OUT, DIRECTIONS };

/* What a descriptor is. Only of a stream a short count says that there is no more. */
enum slot_sort {
    SORT_FREE,
    SORT_STREAM,   /* TCP, Unix stream */
    SORT_DATAGRAM, /* UDP, Unix datagram, seqpacket */
    SORT_LISTENER,
    SORT_PIPE,
    SORT_FILE, /* and devices: read and write, whatever these do */
    SORT_WATCH /* somebody else's: polled, never touched */
};

/* A path that a Unix listener is bound to, and the lock that says so. */
struct unix_path {
    int lock_fd;
    uint64_t device, inode; /* of the socket, so that nobody else's is removed */
    char text[TUTTI_PATH_MAX + 1];
};

struct slot {
    uint64_t generation; /* 0: free */
    struct tutti_op *waiting[DIRECTIONS];
    union {
        struct unix_path *path;  /* of a socket */
        struct slot *next_watch; /* of a watch, in real->watches */
    };
    int fd;             /* -1: of a watch whose descriptor is gone */
    uint32_t next_free; /* of a free one, its index + 1; of a used one, its own */
    uint32_t inode;     /* of what was taken over: a part of its number */
    uint8_t sort;       /* enum slot_sort */
    uint8_t accepts;    /* of a listener: what its connections are */
    uint8_t family;     /* enum tutti_family */
    uint8_t shut;       /* directions that were: TUTTI_POLL_READ, TUTTI_POLL_WRITE */
    bool ready[DIRECTIONS];
    bool known;    /* to epoll */
    bool rough;    /* an end, an error or urgent data was told of: a short count says nothing */
    bool shared;   /* others may have the same open file: closing does not make epoll forget it */
    bool blocking; /* it did when it was taken over, and is to again */
    bool released; /* it goes on without us */
};

enum { SLOTS_OF_CHUNK = 256 };

/* Something a thread hands to the world: fn is called in the world's thread, from wait(). */
struct posted {
    struct posted *next;
    void (*fn)(struct posted *posted);
};

struct job; /* io/os_worker_priv.h */

struct real {
    struct tutti_clock clock;
    struct tutti_io io;
    struct tutti_world world;
    int wake_fd, epoll_fd;
    uint32_t id; /* of this world: part of its handles */
    bool coarse; /* the system waits in milliseconds only */
    struct slot **chunks;
    uint32_t chunks_count, open; /* slots that are no watches */
    uint32_t free_first;         /* its index + 1; 0: none */
    struct slot *watches;
    uint64_t generations;
    struct tutti_op *done_first, *done_last;
    _Atomic(struct posted *) posted;
    struct job *jobs; /* for worker threads, that operations wait for */
};

/* os_real.c */
/* `op` is complete; wait() will return it. */
void real_done(struct real *real, struct tutti_op *op, int64_t result);
/* Hands something over, from any thread. */
void real_post(struct real *real, struct posted *posted);

/* os_slot.c */
/* Takes `fd` into the table; returns 0 or TUTTI_ENOMEMORY. On an error it is still the caller's. */
int slot_make(struct real *real, int fd, enum slot_sort sort, uint8_t family,
              struct tutti_handle *handle);
/* The same for a descriptor of unknown sort: it is found out. */
int slot_make_any(struct real *real, int fd, struct tutti_handle *handle);
/* The slot of a handle; NULL, and why in *error. */
struct slot *slot_find(struct real *real, struct tutti_handle handle, int64_t *error);
struct slot *slot_at(struct real *real, uint32_t index);
/* What epoll knows a slot by, never 0; and the slot it is still the tag of, or NULL. */
uint64_t slot_tag(const struct slot *slot);
struct slot *slot_tagged(struct real *real, uint64_t tag);
/* Forgets a slot; its descriptor is closed unless it is a watch. */
void slot_drop(struct real *real, struct slot *slot);
uint32_t slot_drop_all(struct real *real);
/* The slot of a handle that is a socket; NULL, and why in *error. */
struct slot *slot_find_socket(struct real *real, struct tutti_handle handle, int64_t *error);

/* os_ready.c: flags of poll(2) and of epoll, as those of enum tutti_poll_flag */
uint32_t poll_flags(short events);

/* os_ready.c: operations that are tried, and wait for the descriptor if need be */
int ready_start(struct real *real, struct tutti_op *op);
void ready_stop(struct real *real, struct tutti_op *op);
void ready_event(struct real *real, uint64_t tag, uint32_t events);
void ready_close(struct real *real, struct slot *slot, int64_t result);

/* What is tried: each returns a result, or -EAGAIN. */
int64_t try_connect(struct real *real, struct slot *slot, struct tutti_op *op);
int64_t try_accept(struct real *real, struct slot *slot, struct tutti_op *op);
int64_t try_recv(struct real *real, struct slot *slot, struct tutti_op *op);
int64_t try_send(struct real *real, struct slot *slot, struct tutti_op *op);
int64_t try_sendfile(struct real *real, struct slot *slot, struct tutti_op *op);
int64_t try_splice(struct real *real, struct slot *slot, struct tutti_op *op);

/* Operations that are done at once: each returns its result. */
int64_t now_socket(struct real *real, struct tutti_op *op);
int64_t now_pair(struct real *real, struct tutti_op *op);
int64_t now_duplicate(struct real *real, struct tutti_op *op);
int64_t now_pipe(struct real *real, struct tutti_op *op);
int64_t now_bind(struct real *real, struct tutti_op *op);
int64_t now_listen(struct real *real, struct tutti_op *op);
int64_t now_shutdown(struct real *real, struct tutti_op *op);
int64_t now_close(struct real *real, struct tutti_op *op);
int64_t now_address(struct real *real, struct tutti_op *op);
int64_t now_option(struct real *real, struct tutti_op *op);

/* os_address.c */
union any_address {
    struct sockaddr any;
    struct sockaddr_un unix_path;
    struct sockaddr_storage storage;
};
/* To the system's form; returns its length, 0 for a family it does not have. */
socklen_t address_out(const struct tutti_address *address, union any_address *out);
void address_in(const union any_address *in, socklen_t length, struct tutti_address *address);

/* os_path.c: the path of a Unix listener */
int path_claim(const struct tutti_address *address, int fd, int64_t mode, struct unix_path **path);
void path_bound(struct unix_path *path, int64_t mode);
void path_release(struct unix_path *path);

/* os_worker.c: operations that worker threads do */
int worker_call_start(struct real *real, struct tutti_op *op);
void job_stop(struct real *real, struct tutti_op *op);
/* The run has ended: no operation of it waits any more. */
void job_end_all(struct real *real);
/* No worker touches any world that has no jobs: before one goes. */
void job_settle(void);
/* os_resolve.c */
int lookup_start(struct real *real, struct tutti_op *op);

/* os_pipe.c: write() that raises no SIGPIPE */
ssize_t quiet_write(int fd, const void *data, size_t length);

#endif
