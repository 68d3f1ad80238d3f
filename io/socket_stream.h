/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/socket_stream.h - streams (io/stream.h) of sockets, pipes and whatever has a handle.
 *
 * An error of the system ends a direction: the stream is TUTTI_EBROKEN there, and the record says
 * why ("send: Connection reset by peer"). Closing a socket's stream does not wait: what was sent is
 * on its way. After send_all the bytes are the system's, which does not mean that they arrived. */
#ifndef TUTTI_IO_SOCKET_STREAM_H
#define TUTTI_IO_SOCKET_STREAM_H

#include "tutti/io/socket.h"
#include "tutti/io/stream.h"

TUTTI_BEGIN

/* A stream with a handle under it. Yours; may be moved while nobody uses it. */
struct tutti_socket_stream {
    struct tutti_stream stream;
    struct tutti_socket socket; /* of pipes only its handle is set */
};

/* How much TCP keeps that is not sent yet, at most (TCP_NOTSENT_LOWAT): more in the system's queues
 * helps nobody, and is late. */
enum { TUTTI_NOTSENT_MAX = 16 * 1024 };

/* Makes a stream of a connected socket, which is the stream's from now on. TCP sends small pieces
 * at once (TCP_NODELAY). Not a checkpoint. */
TUTTI_API void tutti_socket_stream_init(struct tutti_socket_stream *stream,
                                        const struct tutti_socket *socket);
/* The same, in memory of its own, which tutti_stream_free gives back; *stream is it.
 * TUTTI_ENOMEMORY: the socket is closed. Not a checkpoint. */
#define tutti_socket_stream_new(stream, socket)                                                    \
    tutti_socket_stream_new_at(stream, socket, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_stream_new_at(struct tutti_stream **stream,
                                                        const struct tutti_socket *socket,
                                                        const struct tutti_site *site);
/* Makes a one-way stream of one end of a pipe, or a two-way one of any other handle that can be
 * read and written; it is the stream's from now on. Not checkpoints. */
TUTTI_API void tutti_reader_stream_init(struct tutti_socket_stream *stream,
                                        struct tutti_handle handle);
TUTTI_API void tutti_writer_stream_init(struct tutti_socket_stream *stream,
                                        struct tutti_handle handle);
TUTTI_API void tutti_handle_stream_init(struct tutti_socket_stream *stream,
                                        struct tutti_handle handle);

/* Makes two streams that are connected: Unix sockets, or the ends of a pipe. Returns 0, or an error
 * as of tutti_socket_pair and tutti_pipe_open. Not checkpoints. */
#define tutti_socket_stream_pair(a, b) tutti_socket_stream_pair_at(a, b, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_socket_stream_pair_at(struct tutti_socket_stream *a,
                                                         struct tutti_socket_stream *b,
                                                         const struct tutti_site *site);
#define tutti_pipe_stream_pair(reader, writer) tutti_pipe_stream_pair_at(reader, writer, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_pipe_stream_pair_at(struct tutti_socket_stream *reader,
                                                       struct tutti_socket_stream *writer,
                                                       const struct tutti_site *site);

/* The socket of a stream made by one of these; NULL: another kind of stream. For its options and
 * addresses; do not close it. Not a checkpoint. */
TUTTI_API struct tutti_socket *tutti_stream_socket(struct tutti_stream *stream);

TUTTI_END
#endif
