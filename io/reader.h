/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/reader.h - whole messages out of a stream: so many bytes, up to a delimiter, a line, a frame.
 *
 * A stream gives bytes in whatever pieces they come; a reader puts them together and keeps what
 * came beyond the message. Each call says how long a message may be, so that no peer can fill the
 * memory. All or nothing: after an error, a cancellation too, no byte is lost, and the same or
 * another call may be made again. While a reader has nothing and waits it holds no memory.
 *
 * Errors, besides those of tutti_stream_receive:
 *   TUTTI_EEOF       the stream ended between two messages
 *   TUTTI_EBROKEN    it ended in the middle of one: tutti_reader_some gives what there is of it
 *   TUTTI_ETOOLONG   the message is longer than allowed; it is still all there
 *   TUTTI_ENOMEMORY  there is no memory to keep more of it
 *   TUTTI_EBUSY      another task is in a call of this reader */
#ifndef TUTTI_IO_READER_H
#define TUTTI_IO_READER_H

#include "tutti/io/stream.h"

TUTTI_BEGIN

/* The caller's struct. */
struct tutti_reader {
    struct tutti_stream *stream;
    char *bytes;
    size_t first, count, room;        /* what was received and not yet read: bytes[first]... */
    const struct tutti_site *reading; /* the call that is in progress, or NULL */
};

/* Makes a reader of `stream`, which stays the caller's. Nobody else may receive from it as long as
 * bytes are buffered here. Not a checkpoint. */
TUTTI_API void tutti_reader_init(struct tutti_reader *reader, struct tutti_stream *stream);
/* Gives its memory back; bytes that were not read are lost. Not while a call is in progress. Not a
 * checkpoint. */
TUTTI_API void tutti_reader_free(struct tutti_reader *reader);
/* How many bytes can be had without asking the stream. Not a checkpoint. */
TUTTI_API size_t tutti_reader_buffered(const struct tutti_reader *reader);

/* Reads 1 to `length` bytes into `data`, as soon as there are some: like tutti_stream_receive, and
 * like there 0 is the end. */
#define tutti_reader_some(reader, data, length)                                                    \
    tutti_reader_some_at(reader, data, length, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_reader_some_at(struct tutti_reader *reader, void *data, size_t length,
                                          const struct tutti_site *site);

/* Reads exactly `length` bytes into `data`. Returns 0 or an error; on an error *data is as before.
 * All of them are buffered until the last one has come. */
#define tutti_reader_exact(reader, data, length)                                                   \
    tutti_reader_exact_at(reader, data, length, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_reader_exact_at(struct tutti_reader *reader, void *data, size_t length,
                                           const struct tutti_site *site);

/* Reads up to `delimiter` (`delimiter_length` bytes, 1 or more), before which there may be at most
 * `max` bytes (INT_MAX at most). Returns how many there were, perhaps 0; *data points to them, with
 * a 0 behind them instead of the delimiter. They are the caller's, and may be changed, until the
 * next call of this reader. */
#define tutti_reader_until(reader, delimiter, delimiter_length, max, data)                         \
    tutti_reader_until_at(reader, delimiter, delimiter_length, max, data, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_reader_until_at(struct tutti_reader *reader, const void *delimiter,
                                           size_t delimiter_length, size_t max, char **data,
                                           const struct tutti_site *site);

/* Reads a line, which ends with "\n" or "\r\n"; the rest is as of tutti_reader_until. The end of a
 * stream does not end a line. */
#define tutti_reader_line(reader, max, line) tutti_reader_line_at(reader, max, line, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_reader_line_at(struct tutti_reader *reader, size_t max, char **line,
                                          const struct tutti_site *site);

/* Reads a frame: its length in `prefix` bytes (1 to 8), the most significant first, then so many
 * bytes, at most `max` (INT_MAX at most). Returns how many, perhaps 0; *data points to them as
 * above, but without a 0 behind them. */
#define tutti_reader_frame(reader, prefix, max, data)                                              \
    tutti_reader_frame_at(reader, prefix, max, data, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_reader_frame_at(struct tutti_reader *reader, unsigned prefix, size_t max,
                                           void **data, const struct tutti_site *site);

/* For those who send frames: writes `length` as a frame's first `prefix` bytes (1 to 8). Returns 0,
 * TUTTI_EINVALID, or TUTTI_ETOOLONG when they cannot hold it. Not a checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_frame_prefix(unsigned char *bytes, unsigned prefix,
                                                size_t length);

TUTTI_END
#endif
