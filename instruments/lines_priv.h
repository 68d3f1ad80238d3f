/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/lines_priv.h - lines of a file or of memory, one at a time, in bounded memory. */
#ifndef TUTTI_INSTRUMENTS_LINES_PRIV_H
#define TUTTI_INSTRUMENTS_LINES_PRIV_H

#include "tutti/instruments/read.h"

/* The longest line a trace may have; ours are far below. */
#define LINES_MAX (1024u * 1024)

struct lines {
    int fd;                      /* -1: none */
    struct tutti_source *source; /* NULL: none; then `bytes` is the caller's memory, or fd's */
    char *bytes;
    size_t room;       /* of bytes */
    size_t start, end; /* not yet given out */
    bool at_end;       /* nothing more can be read */
    uint64_t line;     /* number of the line given last, from 1 */
};

/* All return 0 or a negative code. */
int lines_open(struct lines *lines, const char *path);
int lines_open_source(struct lines *lines, struct tutti_source *source);
int lines_open_memory(struct lines *lines, const char *bytes, size_t size);

/* The next line, valid until the next call; its size is without the newline. LINES_NONE: there is
 * none. LINES_CUT: the last line, which has no newline. TUTTI_ELIMIT: longer than LINES_MAX (then
 * *text holds its beginning). -errno: cannot be read. TUTTI_ENOMEMORY.                           */
enum { LINES_NONE = 0, LINES_WHOLE = 1, LINES_CUT = 2 };
int lines_next(struct lines *lines, const char **text, size_t *size);

void lines_close(struct lines *lines);

#endif
