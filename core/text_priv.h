/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/text_priv.h - text that is cut when it does not fit, but whose length is known. */
#ifndef TUTTI_CORE_TEXT_PRIV_H
#define TUTTI_CORE_TEXT_PRIV_H

#include <stdarg.h>
#include <stdio.h>

#include "tutti/core/base.h"

struct text {
    char *buffer;
    size_t size, length;
};

/* Adds to the text in the manner of printf. */
TUTTI_PRINTF(2, 3)
static inline void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    size_t room = text->length < text->size ? text->size - text->length : 0;
    va_start(arguments, format);
    int more = vsnprintf(room ? text->buffer + text->length : NULL, room, format, arguments);
    va_end(arguments);
    if (more > 0) text->length += (size_t)more;
}

#endif
