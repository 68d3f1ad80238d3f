/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/lines_priv.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/os_file_priv.h"

static int make_buffer(struct lines *lines)
{
    lines->room = 64u * 1024;
    lines->bytes = malloc(lines->room);
    if (lines->bytes) return 0;
    lines_close(lines);
    return TUTTI_ENOMEMORY;
}

int lines_open(struct lines *lines, const char *path)
{
    *lines = (struct lines){.fd = -1};
    int fd = file_open(path);
    if (fd < 0) return fd;
    lines->fd = fd;
    return make_buffer(lines);
}

int lines_open_source(struct lines *lines, struct tutti_source *source)
{
    *lines = (struct lines){.fd = -1, .source = source};
    return make_buffer(lines);
}

int lines_open_memory(struct lines *lines, const char *bytes, size_t size)
{
    /* Never written to: lines_fill() is for files. */
    *lines = (struct lines){.fd = -1, .bytes = (char *)bytes, .end = size, .at_end = true};
    return 0;
}

/* Reads more behind `end`, making room first. */
static int lines_fill(struct lines *lines)
{
    if (lines->start > 0) {
        memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    if (lines->end == lines->room) {
        char *bytes = realloc(lines->bytes, lines->room * 2);
        if (!bytes) return TUTTI_ENOMEMORY;
        lines->bytes = bytes;
        lines->room *= 2;
    }
    char *to = lines->bytes + lines->end;
    size_t room = lines->room - lines->end;
    int64_t count = lines->source ? lines->source->read(lines->source, to, room)
                                  : file_read(lines->fd, to, room);
    if (count < 0) return (int)count;
    lines->end += (size_t)count;
    lines->at_end = count == 0;
    return 0;
}

int lines_next(struct lines *lines, const char **text, size_t *size)
{
    size_t searched = 0;
    for (;;) {
        size_t left = lines->end - lines->start;
        char *from = left > 0 ? lines->bytes + lines->start : NULL;
        char *newline = left > searched ? memchr(from + searched, '\n', left - searched) : NULL;
        size_t length = newline ? (size_t)(newline - from) : left;
        *text = from;
        *size = length;
        if (length > LINES_MAX) {
            lines->line++;
            *size = LINES_MAX;
            return TUTTI_ELIMIT;
        }
        if (newline || lines->at_end) {
            lines->start += length + (newline ? 1 : 0);
            lines->line += newline || left > 0 ? 1 : 0;
            return newline ? LINES_WHOLE : left > 0 ? LINES_CUT : LINES_NONE;
        }
        searched = left;
        int rc = lines_fill(lines);
        if (rc < 0) return rc;
    }
}

void lines_close(struct lines *lines)
{
    if (lines->fd >= 0) (void)file_close(lines->fd);
    if (lines->fd >= 0 || lines->source) free(lines->bytes);
    if (lines->source) lines->source->close(lines->source);
    *lines = (struct lines){.fd = -1};
}
