/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/stream.h - bytes in order, both ways or one way: what all streams have in common.
 *
 * A stream is a struct tutti_stream at the head of something larger: a socket, a pipe, a pair in
 * memory, another stream in a wrapping. What it can do is a table of functions; the rules below
 * hold for all of them, because they are kept here and not in the tables.
 *
 *   - One task a direction: while a task is in a call that sends (send_all, wait_send, send_eof),
 *     another such call is TUTTI_EBUSY and does nothing; the same for receive and wait_receive. One
 *     that sends and one that receives do not disturb each other.
 *   - Closing always closes, whatever it returns, and may be repeated. Calls of other tasks that
 *     are waiting, and all later ones, get TUTTI_ECLOSED.
 *   - TUTTI_EBROKEN: the other side is gone, or what the stream is made of failed; the record says
 *     how. A direction that was broken once stays so.
 *   - NULL, and all zeros, is a stream that was never opened: TUTTI_EINVALID.
 *   - TUTTI_ECANCELED of anything but send_all: nothing was done.
 *
 * Streams are not closed by themselves: who opened one closes it, on every way out. */
#ifndef TUTTI_IO_STREAM_H
#define TUTTI_IO_STREAM_H

#include "tutti/core/base.h"

TUTTI_BEGIN

struct tutti_stream;

/* What a kind of stream can do; static. Each is called only when the rules allow it: the stream is
 * open, the direction is not in use and not broken. NULL: this kind cannot, TUTTI_EUNSUPPORTED. */
struct tutti_stream_kind {
    const char *name; /* in messages: "memory stream" */
    /* Sends `length` bytes, 1 or more, adding to *sent, which begins at 0, as they are taken over.
     * Returns 0, TUTTI_ECANCELED, TUTTI_ECLOSED or TUTTI_EBROKEN. A checkpoint. */
    int (*send_all)(struct tutti_stream *stream, const void *data, size_t length, size_t *sent,
                    const struct tutti_site *site);
    /* Returns 0 when send_all might not wait; early is allowed, late is not. A checkpoint. */
    int (*wait_send)(struct tutti_stream *stream, const struct tutti_site *site);
    /* Receives 1 to `length` bytes (1 or more, INT_MAX at most); returns how many, 0 at the end,
     * TUTTI_ECANCELED (none was taken), TUTTI_ECLOSED or TUTTI_EBROKEN. A checkpoint. */
    int (*receive)(struct tutti_stream *stream, void *buffer, size_t length,
                   const struct tutti_site *site);
    /* Returns 0 when receive might not wait; early is allowed, late is not. A checkpoint. */
    int (*wait_receive)(struct tutti_stream *stream, const struct tutti_site *site);
    /* Tells the other side that no more bytes will come. Called once. A checkpoint. */
    int (*send_eof)(struct tutti_stream *stream, const struct tutti_site *site);
    /* What is to be done before a close that is not forceful; may wait. The stream is closed
     * whatever it returns. NULL: nothing is. */
    int (*goodbye)(struct tutti_stream *stream, const struct tutti_site *site);
    /* Releases all but the memory, and ends the calls that wait, with TUTTI_ECLOSED. Called once;
     * must not wait. Not NULL. */
    void (*close)(struct tutti_stream *stream);
    /* Gives the memory back, of a closed stream. NULL: it is somebody else's. */
    void (*free)(struct tutti_stream *stream);
};

/* The head of every stream. Its fields are those of io/stream.c. */
struct tutti_stream {
    const struct tutti_stream_kind *kind;
    const struct tutti_site *sending;   /* the call that uses this direction; NULL: none does */
    const struct tutti_site *receiving; /* likewise */
    uint32_t calls;                     /* calls in progress */
    uint8_t state;                      /* open, closing, closed */
    bool eof_sent, eof_received;
    bool send_broken, receive_broken;
    bool freed; /* the memory goes back when the calls in progress have returned */
};

/* Makes the head of an open stream: for those who write a kind. Not a checkpoint. */
TUTTI_API void tutti_stream_init(struct tutti_stream *stream, const struct tutti_stream_kind *kind);

/* Sends all `length` bytes at `data`; with 0 bytes it only looks whether sending is possible.
 * Returns 0, TUTTI_EBUSY, TUTTI_ECLOSED (also after send_eof), TUTTI_EBROKEN or TUTTI_ECANCELED.
 * After an error any number of the bytes may have been sent; those that the stream took over for
 * certain are counted in *sent, whatever is returned, by the second form. */
#define tutti_stream_send_all(stream, data, length)                                                \
    tutti_stream_send_all_at(stream, data, length, NULL, TUTTI_HERE)
#define tutti_stream_send_counted(stream, data, length, sent)                                      \
    tutti_stream_send_all_at(stream, data, length, sent, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_stream_send_all_at(struct tutti_stream *stream, const void *data,
                                              size_t length, size_t *sent,
                                              const struct tutti_site *site);

/* Waits until a send_all might be done without waiting: to make the data only then. It may return
 * too early, never too late. Errors as of send_all, or 0. */
#define tutti_stream_wait_send(stream) tutti_stream_wait_send_at(stream, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_stream_wait_send_at(struct tutti_stream *stream,
                                               const struct tutti_site *site);

/* Receives 1 to `length` bytes into `buffer`, as soon as there are some, INT_MAX at most. Returns
 * how many, 0 when no more will come (then always), TUTTI_EBUSY, TUTTI_ECLOSED, TUTTI_EBROKEN,
 * TUTTI_ECANCELED (none was taken), or TUTTI_EINVALID for a length of 0, since 0 says the end. */
#define tutti_stream_receive(stream, buffer, length)                                               \
    tutti_stream_receive_at(stream, buffer, length, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_stream_receive_at(struct tutti_stream *stream, void *buffer,
                                             size_t length, const struct tutti_site *site);

/* Waits until a receive might be done without waiting, with bytes, an end or an error: so that no
 * buffer is kept while nothing comes. It may return too early, never too late. Errors as of
 * receive, or 0. */
#define tutti_stream_wait_receive(stream) tutti_stream_wait_receive_at(stream, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_stream_wait_receive_at(struct tutti_stream *stream,
                                                  const struct tutti_site *site);

/* Tells the other side that no more bytes will come; receiving goes on. Again: nothing. Later
 * sends are TUTTI_ECLOSED. Returns 0, TUTTI_EUNSUPPORTED (this kind of stream ends only by being
 * closed), or an error as of send_all. */
#define tutti_stream_send_eof(stream) tutti_stream_send_eof_at(stream, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_stream_send_eof_at(struct tutti_stream *stream,
                                              const struct tutti_site *site);

/* Closes both directions, in the way that the kind of stream prefers; some wait for the other side,
 * so give it a deadline. Whatever it returns, the stream is closed. Returns 0, also when it was
 * closed already, TUTTI_ECANCELED (closed forcefully), or why the other side may not have got all
 * that was sent. */
#define tutti_stream_close(stream) tutti_stream_close_at(stream, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_stream_close_at(struct tutti_stream *stream,
                                           const struct tutti_site *site);
/* Closes at once, without a word to the other side. Again: nothing. Not a checkpoint. */
TUTTI_API void tutti_stream_close_forcefully(struct tutti_stream *stream);

/* Closes it forcefully if it is not closed, and gives its memory back, if it was not the caller's
 * own, once the calls of other tasks have returned. NULL: nothing. Not a checkpoint. */
TUTTI_API void tutti_stream_free(struct tutti_stream *stream);

/* Is it yet to be closed? Not a checkpoint. */
TUTTI_API bool tutti_stream_is_open(const struct tutti_stream *stream);

TUTTI_END
#endif
