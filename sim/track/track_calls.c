/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The C library's functions on memory and strings, for tracked objects: sim/track_names.h sends
 * their calls here. Each notes what it touches and calls the real one.                           */
#define _GNU_SOURCE
#include <string.h>

#include "track_priv.h"

/* A string with its end. */
static void read_string(const char *text)
{
    track_read(text, strlen(text) + 1);
}

static void read_up_to(const char *text, size_t max)
{
    size_t length = strnlen(text, max);
    track_read(text, length < max ? length + 1 : max);
}

/* What a comparison looks at: up to the first difference, or the end. */
static void read_both(const char *a, const char *b, size_t max)
{
    size_t same = 0;
    while (same < max && a[same] == b[same] && a[same])
        same++;
    size_t size = same < max ? same + 1 : max;
    track_read(a, size);
    track_read(b, size);
}

void *tutti_track_memcpy(void *to, const void *from, size_t size);
void *tutti_track_memcpy(void *to, const void *from, size_t size)
{
    track_read(from, size);
    track_write(to, size);
    return memcpy(to, from, size);
}

void *tutti_track_memmove(void *to, const void *from, size_t size);
void *tutti_track_memmove(void *to, const void *from, size_t size)
{
    track_read(from, size);
    track_write(to, size);
    return memmove(to, from, size);
}

void *tutti_track_memset(void *to, int byte, size_t size);
void *tutti_track_memset(void *to, int byte, size_t size)
{
    track_write(to, size);
    return memset(to, byte, size);
}

int tutti_track_memcmp(const void *a, const void *b, size_t size);
int tutti_track_memcmp(const void *a, const void *b, size_t size)
{
    track_read(a, size);
    track_read(b, size);
    return memcmp(a, b, size);
}

int tutti_track_bcmp(const void *a, const void *b, size_t size);
int tutti_track_bcmp(const void *a, const void *b, size_t size)
{
    return tutti_track_memcmp(a, b, size);
}

void *tutti_track_memchr(const void *bytes, int byte, size_t size);
void *tutti_track_memchr(const void *bytes, int byte, size_t size)
{
    const char *found = memchr(bytes, byte, size);
    track_read(bytes, found ? (size_t)(found - (const char *)bytes) + 1 : size);
    return (void *)(uintptr_t)found;
}

size_t tutti_track_strlen(const char *text);
size_t tutti_track_strlen(const char *text)
{
    read_string(text);
    return strlen(text);
}

size_t tutti_track_strnlen(const char *text, size_t max);
size_t tutti_track_strnlen(const char *text, size_t max)
{
    read_up_to(text, max);
    return strnlen(text, max);
}

char *tutti_track_stpcpy(char *to, const char *from);
char *tutti_track_stpcpy(char *to, const char *from)
{
    read_string(from);
    track_write(to, strlen(from) + 1);
    return stpcpy(to, from);
}

char *tutti_track_strcpy(char *to, const char *from);
char *tutti_track_strcpy(char *to, const char *from)
{
    (void)tutti_track_stpcpy(to, from);
    return to;
}

char *tutti_track_strncpy(char *to, const char *from, size_t size);
char *tutti_track_strncpy(char *to, const char *from, size_t size)
{
    read_up_to(from, size);
    track_write(to, size);
    memset(to, 0, size);
    memcpy(to, from, strnlen(from, size));
    return to;
}

char *tutti_track_strcat(char *to, const char *from);
char *tutti_track_strcat(char *to, const char *from)
{
    read_string(to);
    (void)tutti_track_stpcpy(to + strlen(to), from);
    return to;
}

char *tutti_track_strncat(char *to, const char *from, size_t size);
char *tutti_track_strncat(char *to, const char *from, size_t size)
{
    size_t length = strnlen(from, size), end = strlen(to);
    read_string(to);
    read_up_to(from, size);
    track_write(to + end, length + 1);
    memcpy(to + end, from, length);
    to[end + length] = '\0';
    return to;
}

int tutti_track_strcmp(const char *a, const char *b);
int tutti_track_strcmp(const char *a, const char *b)
{
    read_both(a, b, SIZE_MAX);
    return strcmp(a, b);
}

int tutti_track_strncmp(const char *a, const char *b, size_t size);
int tutti_track_strncmp(const char *a, const char *b, size_t size)
{
    read_both(a, b, size);
    return strncmp(a, b, size);
}

char *tutti_track_strchr(const char *text, int byte);
char *tutti_track_strchr(const char *text, int byte)
{
    read_string(text);
    return strchr(text, byte);
}

char *tutti_track_strrchr(const char *text, int byte);
char *tutti_track_strrchr(const char *text, int byte)
{
    read_string(text);
    return strrchr(text, byte);
}

char *tutti_track_strstr(const char *text, const char *part);
char *tutti_track_strstr(const char *text, const char *part)
{
    read_string(text);
    read_string(part);
    return strstr(text, part);
}
