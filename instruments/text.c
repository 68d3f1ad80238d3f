/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and a NUL. */
static bool text_reserve(struct tutti_text *text, size_t more)
{
    if (text->failed) return false;
    if (text->room - text->size > more) return true;
    size_t room = text->room < 256 ? 256 : text->room;
    while (room - text->size <= more && room <= SIZE_MAX / 4) {
        room *= 2;
    }
    char *bytes = room - text->size > more ? realloc(text->bytes, room) : NULL;
    if (!bytes) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    return true;
}

void tutti_text_add(struct tutti_text *text, const char *bytes, size_t size)
{
    if (!text_reserve(text, size)) return;
    if (size > 0) memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

void tutti_text_print_list(struct tutti_text *text, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0 || !text_reserve(text, (size_t)size)) return;
    vsnprintf(text->bytes + text->size, (size_t)size + 1, format, list);
    text->size += (size_t)size;
}

void tutti_text_print(struct tutti_text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    tutti_text_print_list(text, format, list);
    va_end(list);
}

void tutti_text_free(struct tutti_text *text)
{
    free(text->bytes);
    *text = (struct tutti_text){0};
}
