/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/text.h - a text that grows.
 *
 * What views print into, and what a trace in memory is. All-zero is the empty text. When there is
 * no memory it stops growing and says `failed`, so that a caller may add many times and look once.
 */
#ifndef TUTTI_INSTRUMENTS_TEXT_H
#define TUTTI_INSTRUMENTS_TEXT_H

#include <stdarg.h>

#include "tutti/core/base.h"

TUTTI_BEGIN

struct tutti_text {
    char *bytes;       /* NUL-terminated; NULL while empty */
    size_t size, room; /* without the NUL; allocated */
    bool failed;       /* there was no memory: the end is missing */
};

/* Adds `size` bytes. Not a checkpoint, like all of instruments. */
TUTTI_API void tutti_text_add(struct tutti_text *text, const char *bytes, size_t size);
/* Adds in the manner of printf. */
TUTTI_API void tutti_text_print(struct tutti_text *text, const char *format, ...)
    TUTTI_PRINTF(2, 3);
/* Adds in the manner of vprintf. */
TUTTI_API void tutti_text_print_list(struct tutti_text *text, const char *format, va_list list);
/* Frees the bytes; the text is empty and usable again. */
TUTTI_API void tutti_text_free(struct tutti_text *text);

TUTTI_END
#endif
