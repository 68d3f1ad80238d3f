/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/socket.h - sockets and pipes, one call of the world a call: TCP, UDP, Unix.
 *
 * For bytes in order io/socket_stream.h is the better choice; here is what streams are made of, and
 * what has no order: datagrams, messages, descriptors that are passed on.
 *
 * All functions return 0 or a count, or a negative code: of the system (-ECONNREFUSED), or
 *   TUTTI_ECLOSED       the socket was closed, before or while the call waited;
 *   TUTTI_EINVALID      it is NULL, was never opened, is another thread's, or cannot do that;
 *   TUTTI_EBUSY         another task waits for it in the same direction (nothing has happened);
 *   TUTTI_EUNSUPPORTED  this world has no sockets;
 *   TUTTI_ENOMEMORY     there was no memory to know it by.
 * Those that wait are checkpoints; one that returned TUTTI_ECANCELED did nothing, but for connect.
 * A socket has to be closed: a run that leaves one open ends with TUTTI_ELEAK. */
#ifndef TUTTI_IO_SOCKET_H
#define TUTTI_IO_SOCKET_H

#include "tutti/core/op.h"

TUTTI_BEGIN

/* A socket. Yours; may be copied, and is one socket all the same. All zeros: never opened. */
struct tutti_socket {
    struct tutti_handle handle;
    uint8_t family; /* enum tutti_family */
    uint8_t type;   /* enum tutti_socket_type */
};

/* Makes a socket. Not a checkpoint. */
#define tutti_socket_open(socket, family, type)                                                    \
    tutti_socket_open_at(socket, family, type, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_open_at(struct tutti_socket *socket,
                                                  enum tutti_family family,
                                                  enum tutti_socket_type type,
                                                  const struct tutti_site *site);
/* Makes another handle for the same socket, which goes on until both are closed. Each has a reader
 * and a writer of its own; shutting a direction is for both. *copy may be closed at once, as any
 * other. (The path of a Unix listener goes with the handle that was bound.) Not a checkpoint. */
#define tutti_socket_duplicate(socket, copy) tutti_socket_duplicate_at(socket, copy, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_duplicate_at(const struct tutti_socket *socket,
                                                       struct tutti_socket *copy,
                                                       const struct tutti_site *site);
/* The socket that a handle is of: one that was received, or was taken over (tutti_real_adopt), as a
 * listener that whoever started this process handed down. *socket is the same object, and closed
 * with it. TUTTI_EINVALID: it is of no socket. Not a checkpoint. */
#define tutti_socket_of_handle(handle, socket) tutti_socket_of_handle_at(handle, socket, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_of_handle_at(struct tutti_handle handle,
                                                       struct tutti_socket *socket,
                                                       const struct tutti_site *site);
/* Makes two Unix sockets that are connected to each other. Not a checkpoint. */
#define tutti_socket_pair(a, b, type) tutti_socket_pair_at(a, b, type, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_pair_at(struct tutti_socket *a, struct tutti_socket *b,
                                                  enum tutti_socket_type type,
                                                  const struct tutti_site *site);
/* Makes a pipe: what is written to one end is read from the other. Not a checkpoint. */
#define tutti_pipe_open(reader, writer) tutti_pipe_open_at(reader, writer, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_pipe_open_at(struct tutti_handle *reader,
                                                struct tutti_handle *writer,
                                                const struct tutti_site *site);

/* Gives it an address. Port 0: a free one (tutti_socket_address tells which). Not a checkpoint. */
#define tutti_socket_bind(socket, address) tutti_socket_bind_at(socket, address, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_bind_at(struct tutti_socket *socket,
                                                  const struct tutti_address *address,
                                                  const struct tutti_site *site);
/* Lets others connect; so many may wait to be accepted. Not a checkpoint. */
#define tutti_socket_listen(socket, backlog) tutti_socket_listen_at(socket, backlog, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_listen_at(struct tutti_socket *socket, uint32_t backlog,
                                                    const struct tutti_site *site);
/* Waits until somebody connects; *socket is the connection, *peer, unless NULL, from where. */
#define tutti_socket_accept(listener, socket, peer)                                                \
    tutti_socket_accept_at(listener, socket, peer, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_accept_at(struct tutti_socket *listener,
                                            struct tutti_socket *socket, struct tutti_address *peer,
                                            const struct tutti_site *site);
/* Connects; for datagrams, sets where they go and from where they are taken. What was begun cannot
 * be undone: whenever it fails, cancelled or not, the socket is closed (but for TUTTI_EBUSY). */
#define tutti_socket_connect(socket, address) tutti_socket_connect_at(socket, address, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_connect_at(struct tutti_socket *socket,
                                             const struct tutti_address *address,
                                             const struct tutti_site *site);

/* Receives what is there, up to `length` bytes, as soon as there is something. Returns how many; of
 * a stream 0 is its end, and a length of 0 TUTTI_EINVALID. The rest of a datagram is lost. */
#define tutti_socket_receive(socket, buffer, length)                                               \
    tutti_socket_receive_at(socket, buffer, length, 0, TUTTI_HERE)
/* The same with flags: TUTTI_IO_PEEK, TUTTI_IO_URGENT. */
#define tutti_socket_receive_flags(socket, buffer, length, flags)                                  \
    tutti_socket_receive_at(socket, buffer, length, flags, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_receive_at(struct tutti_socket *socket, void *buffer,
                                             size_t length, uint32_t flags,
                                             const struct tutti_site *site);
/* The same, for those who are many and mostly wait: memory is only taken when there is something to
 * receive. *data is it then, yours, for tutti_free; nothing is if 0 or an error is returned. */
#define tutti_socket_receive_when_ready(socket, length_max, data)                                  \
    tutti_socket_receive_when_ready_at(socket, length_max, data, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_receive_when_ready_at(struct tutti_socket *socket,
                                                        size_t length_max, void **data,
                                                        const struct tutti_site *site);
/* Sends what there is room for, as soon as there is some; returns how many bytes that was. */
#define tutti_socket_send(socket, data, length)                                                    \
    tutti_socket_send_at(socket, data, length, 0, TUTTI_HERE)
/* The same with flags: TUTTI_IO_MORE, TUTTI_IO_URGENT. */
#define tutti_socket_send_flags(socket, data, length, flags)                                       \
    tutti_socket_send_at(socket, data, length, flags, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_send_at(struct tutti_socket *socket, const void *data,
                                          size_t length, uint32_t flags,
                                          const struct tutti_site *site);

/* Receives a datagram; *from, unless NULL, is set to where it came from. */
#define tutti_socket_receive_from(socket, buffer, length, from)                                    \
    tutti_socket_receive_from_at(socket, buffer, length, from, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_receive_from_at(struct tutti_socket *socket, void *buffer,
                                                  size_t length, struct tutti_address *from,
                                                  const struct tutti_site *site);
/* Sends a datagram to somebody. */
#define tutti_socket_send_to(socket, data, length, to)                                             \
    tutti_socket_send_to_at(socket, data, length, to, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_send_to_at(struct tutti_socket *socket, const void *data,
                                             size_t length, const struct tutti_address *to,
                                             const struct tutti_site *site);
/* Receives or sends what *message says, in several pieces, with handles that go along: the other
 * side of a Unix socket gets handles of its own for the same objects. Those received are yours, to
 * be closed. flags as of receive and send. */
#define tutti_socket_receive_message(socket, message, flags)                                       \
    tutti_socket_receive_message_at(socket, message, flags, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_receive_message_at(struct tutti_socket *socket,
                                                     struct tutti_message *message, uint32_t flags,
                                                     const struct tutti_site *site);
#define tutti_socket_send_message(socket, message, flags)                                          \
    tutti_socket_send_message_at(socket, message, flags, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_send_message_at(struct tutti_socket *socket,
                                                  const struct tutti_message *message,
                                                  uint32_t flags, const struct tutti_site *site);

/* Sends `length` bytes of the file `file` from `offset` on, without their coming by here, all of
 * them; returns how many, fewer only where the file ends before (INT_MAX at most). After an error
 * any number may have been sent: *sent, unless NULL, counts them. */
#define tutti_socket_send_file(socket, file, offset, length, sent)                                 \
    tutti_socket_send_file_at(socket, file, offset, length, sent, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_socket_send_file_at(struct tutti_socket *socket,
                                               struct tutti_handle file, int64_t offset,
                                               size_t length, size_t *sent,
                                               const struct tutti_site *site);
/* Moves up to `length` bytes from one handle to another, one of which is a pipe, as soon as there
 * are some; returns how many, 0 at the end. TUTTI_EWOULDBLOCK: the system calls both ready, and
 * moves nothing all the same. */
#define tutti_splice(from, to, length) tutti_splice_at(from, to, length, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_splice_at(struct tutti_handle from, struct tutti_handle to,
                                     size_t length, const struct tutti_site *site);

/* Waits until a handle is ready for one of `flags` (TUTTI_POLL_READ, ..._WRITE, ..._URGENT);
 * returns those of enum tutti_poll_flag that it is ready for, errors and hang-ups asked for or not.
 * It may return too early now and then, never too late. */
#define tutti_poll(handle, flags) tutti_poll_at(handle, flags, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_poll_at(struct tutti_handle handle, uint32_t flags,
                                   const struct tutti_site *site);

/* Shuts one direction or both: flags TUTTI_POLL_READ, TUTTI_POLL_WRITE (the other side receives an
 * end, and can still send). Not a checkpoint. */
#define tutti_socket_shutdown(socket, flags) tutti_socket_shutdown_at(socket, flags, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_shutdown_at(struct tutti_socket *socket, uint32_t flags,
                                                      const struct tutti_site *site);
/* Closes; who waits gets TUTTI_ECLOSED. Closed already, or never opened: nothing. The system goes
 * on sending what was sent. Not a checkpoint. */
TUTTI_API void tutti_socket_close(struct tutti_socket *socket);
/* The same, and what was not sent yet is dropped, and the other side told that it was no orderly
 * end. Not a checkpoint. */
TUTTI_API void tutti_socket_reset(struct tutti_socket *socket);
/* Closes any handle. Not a checkpoint. */
TUTTI_API void tutti_handle_close(struct tutti_handle handle);

/* Its own address, and that of the other side. Not checkpoints. */
TUTTI_API TUTTI_MUST_USE int tutti_socket_address(const struct tutti_socket *socket,
                                                  struct tutti_address *address);
TUTTI_API TUTTI_MUST_USE int tutti_socket_peer(const struct tutti_socket *socket,
                                               struct tutti_address *address);

/* Sets an option, or gets it. TUTTI_EINVALID: one that cannot be set, or a value out of its range;
 * -ENOPROTOOPT and the like: not for this sort of socket. Not checkpoints. */
#define tutti_socket_set(socket, option, value)                                                    \
    tutti_socket_set_at(socket, option, value, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_set_at(struct tutti_socket *socket,
                                                 enum tutti_option option, int64_t value,
                                                 const struct tutti_site *site);
#define tutti_socket_get(socket, option, value)                                                    \
    tutti_socket_get_at(socket, option, value, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_get_at(const struct tutti_socket *socket,
                                                 enum tutti_option option, int64_t *value,
                                                 const struct tutti_site *site);

TUTTI_END
#endif
