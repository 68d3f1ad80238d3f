/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/io/reader.h"

#include <limits.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/task.h"

/* What is received at once, if it is there: less wastes calls. */
enum { PIECE = 4096, PIECE_MIN = 1024 };

void tutti_reader_init(struct tutti_reader *reader, struct tutti_stream *stream)
{
    *reader = (struct tutti_reader){.stream = stream};
}

static void drop(struct tutti_reader *reader)
{
    tutti_free(reader->bytes);
    reader->bytes = NULL;
    reader->first = reader->count = reader->room = 0;
}

void tutti_reader_free(struct tutti_reader *reader)
{
    drop(reader);
}

size_t tutti_reader_buffered(const struct tutti_reader *reader)
{
    return reader->count;
}

/* Begins a call: 0, or why not. */
static int enter(struct tutti_reader *reader, const struct tutti_site *site)
{
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    if (reader->reading) {
        return tutti_error_at(site, false, TUTTI_EBUSY, "another task reads here, since %s:%u",
                              reader->reading->file, reader->reading->line);
    }
    reader->reading = site;
    return 0;
}

/* Room for `most` bytes in all, what is there included. */
static int reserve(struct tutti_reader *reader, size_t most, const struct tutti_site *site)
{
    size_t room = reader->room ? reader->room : PIECE;
    if (reader->bytes && reader->room - reader->first >= most) return 0;
    while (room < most && room <= SIZE_MAX / 2)
        room *= 2;
    if (room < most) room = most;
    if (room > reader->room) {
        char *bytes = tutti_malloc_at(room, site);
        if (!bytes) {
            return tutti_error_at(site, false, TUTTI_ENOMEMORY,
                                  "no memory for a message of %zu bytes or more", most);
        }
        if (reader->count) memcpy(bytes, reader->bytes + reader->first, reader->count);
        tutti_free_at(reader->bytes, site);
        reader->bytes = bytes;
        reader->room = room;
    } else {
        memmove(reader->bytes, reader->bytes + reader->first, reader->count);
    }
    reader->first = 0;
    return 0;
}

/* Receives more behind what is there, which is to become `most` bytes or more. */
static int receive_more(struct tutti_reader *reader, size_t most, const char *what,
                        const struct tutti_site *site)
{
    if (!reader->count) {
        drop(reader);
        if (reader->stream && reader->stream->kind && reader->stream->kind->wait_receive) {
            TUTTI_TRY(tutti_stream_wait_receive_at(reader->stream, site));
        }
    }
    size_t least = reader->count + PIECE_MIN;
    int rc = reserve(reader, most > least ? most : least, site);
    if (rc < 0) return rc;
    size_t used = reader->first + reader->count;
    rc = tutti_stream_receive_at(reader->stream, reader->bytes + used, reader->room - used, site);
    if (rc > 0) reader->count += (size_t)rc;
    if (rc != 0) return rc;
    if (!reader->count) {
        drop(reader);
        return tutti_error_at(site, false, TUTTI_EEOF, "the stream ended");
    }
    return tutti_error_at(site, false, TUTTI_EBROKEN,
                          "the stream ended in the middle of %s, after %zu bytes", what,
                          reader->count);
}

/* Until there are `length` bytes. */
static int fill(struct tutti_reader *reader, size_t length, const char *what,
                const struct tutti_site *site)
{
    if (reader->count >= length) {
        tutti_yield_shielded_at(site);
        return 0;
    }
    while (reader->count < length)
        TUTTI_TRY(receive_more(reader, length, what, site));
    return 0;
}

/* Takes bytes from the front. */
static char *take(struct tutti_reader *reader, size_t length)
{
    char *bytes = reader->bytes + reader->first;
    TUTTI_ASSERT(length <= reader->count);
    reader->count -= length;
    reader->first = reader->count ? reader->first + length : 0;
    return bytes;
}

static int end(struct tutti_reader *reader, int rc)
{
    reader->reading = NULL;
    return rc;
}

static int read_some(struct tutti_reader *reader, void *data, size_t length,
                     const struct tutti_site *site)
{
    if (!reader->count) return tutti_stream_receive_at(reader->stream, data, length, site);
    if (!length) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a buffer of 0 bytes reads nothing");
    }
    size_t n = reader->count < length ? reader->count : length;
    if (n > INT_MAX) n = INT_MAX;
    memcpy(data, take(reader, n), n);
    tutti_yield_shielded_at(site);
    return (int)n;
}

int tutti_reader_some_at(struct tutti_reader *reader, void *data, size_t length,
                         const struct tutti_site *site)
{
    int rc = enter(reader, site);
    return rc < 0 ? rc : end(reader, read_some(reader, data, length, site));
}

int tutti_reader_exact_at(struct tutti_reader *reader, void *data, size_t length,
                          const struct tutti_site *site)
{
    int rc = enter(reader, site);
    if (rc < 0) return rc;
    rc = fill(reader, length, "so many bytes", site);
    if (rc == 0 && length) memcpy(data, take(reader, length), length);
    return end(reader, rc);
}

static int too_long(const char *what, size_t max, const struct tutti_site *site)
{
    return tutti_error_at(site, false, TUTTI_ETOOLONG, "%s is longer than the %zu bytes allowed",
                          what, max);
}

/* Where the delimiter begins among what is buffered, from *from on; SIZE_MAX: nowhere, and *from is
 * where to look once there is more. */
static size_t find(const struct tutti_reader *reader, const char *delimiter, size_t length,
                   size_t *from)
{
    const char *bytes = reader->bytes + reader->first;
    while (*from + length <= reader->count) {
        const char *at = memchr(bytes + *from, delimiter[0], reader->count - length + 1 - *from);
        if (!at) {
            *from = reader->count - length + 1;
            break;
        }
        *from = (size_t)(at - bytes);
        if (memcmp(at, delimiter, length) == 0) return *from;
        ++*from;
    }
    return SIZE_MAX;
}

/* Waits for the delimiter; *at is where it begins. */
static int seek(struct tutti_reader *reader, const char *delimiter, size_t length, size_t max,
                const char *what, size_t *at, const struct tutti_site *site)
{
    size_t from = 0;
    bool waited = false;
    while ((*at = find(reader, delimiter, length, &from)) == SIZE_MAX) {
        if (from > max) return too_long(what, max, site);
        TUTTI_TRY(receive_more(reader, 0, what, site));
        waited = true;
    }
    if (*at > max) return too_long(what, max, site);
    if (!waited) tutti_yield_shielded_at(site);
    return 0;
}

int tutti_reader_until_at(struct tutti_reader *reader, const void *delimiter,
                          size_t delimiter_length, size_t max, char **data,
                          const struct tutti_site *site)
{
    size_t at;
    if (!delimiter_length || max > INT_MAX) {
        return tutti_error_at(site, false, TUTTI_EINVALID,
                              "a delimiter of %zu bytes after at most %zu", delimiter_length, max);
    }
    int rc = enter(reader, site);
    if (rc < 0) return rc;
    rc = seek(reader, delimiter, delimiter_length, max, "what comes before the delimiter", &at,
              site);
    if (rc < 0) return end(reader, rc);
    *data = take(reader, at + delimiter_length);
    (*data)[at] = '\0';
    return end(reader, (int)at);
}

int tutti_reader_line_at(struct tutti_reader *reader, size_t max, char **line,
                         const struct tutti_site *site)
{
    size_t at;
    if (max > INT_MAX) {
        return tutti_error_at(site, false, TUTTI_EINVALID, "a line of up to %zu bytes", max);
    }
    int rc = enter(reader, site);
    if (rc < 0) return rc;
    rc = seek(reader, "\n", 1, max + 1, "the line", &at, site); /* "\r" is not counted */
    if (rc < 0) return end(reader, rc);
    size_t length = at;
    if (length && reader->bytes[reader->first + length - 1] == '\r') length--;
    if (length > max) return end(reader, too_long("the line", max, site));
    *line = take(reader, at + 1);
    (*line)[length] = '\0';
    return end(reader, (int)length);
}

static int read_frame(struct tutti_reader *reader, unsigned prefix, size_t max, void **data,
                      const struct tutti_site *site)
{
    uint64_t length = 0;
    int rc = fill(reader, prefix, "a frame", site);
    if (rc < 0) return rc;
    for (unsigned i = 0; i < prefix; i++)
        length = length << 8 | (unsigned char)reader->bytes[reader->first + i];
    if (length > max) return too_long("the frame", max, site);
    rc = fill(reader, prefix + (size_t)length, "a frame", site);
    if (rc < 0) return rc;
    *data = take(reader, prefix + (size_t)length) + prefix;
    return (int)length;
}

static int check_prefix(unsigned prefix, const struct tutti_site *site)
{
    if (prefix >= 1 && prefix <= 8) return 0;
    return tutti_error_at(site, false, TUTTI_EINVALID, "a frame's length has 1 to 8 bytes, not %u",
                          prefix);
}

int tutti_reader_frame_at(struct tutti_reader *reader, unsigned prefix, size_t max, void **data,
                          const struct tutti_site *site)
{
    int rc = check_prefix(prefix, site);
    if (rc == 0 && max > INT_MAX) {
        rc = tutti_error_at(site, false, TUTTI_EINVALID, "a frame of up to %zu bytes", max);
    }
    if (rc == 0) rc = enter(reader, site);
    return rc < 0 ? rc : end(reader, read_frame(reader, prefix, max, data, site));
}

int tutti_frame_prefix(unsigned char *bytes, unsigned prefix, size_t length)
{
    TUTTI_TRY(check_prefix(prefix, NULL));
    uint64_t left = length;
    for (unsigned i = prefix; i-- > 0; left >>= 8)
        bytes[i] = (unsigned char)left;
    if (!left) return 0;
    return tutti_error(TUTTI_ETOOLONG, "%zu does not fit into %u bytes", length, prefix);
}
