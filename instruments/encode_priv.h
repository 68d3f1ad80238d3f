/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/encode_priv.h - one event as one line of JSON, from the table of core/event.def.
 *
 * Everything here is free of allocation and async-signal-safe: it also runs in crash paths, on a
 * task's small stack.                                                                            */
#ifndef TUTTI_INSTRUMENTS_ENCODE_PRIV_H
#define TUTTI_INSTRUMENTS_ENCODE_PRIV_H

#include "tutti/core/event.h"

/* The longest line: two texts of TUTTI_TRACE_TEXT_MAX bytes, each byte six when escaped, and less
 * than 2 KiB of keys and numbers.                                                               */
#define ENCODE_LINE_MAX (16u * 1024)

/* Writes the event's line without newline at `out`, which has room for ENCODE_LINE_MAX bytes;
 * returns its end. Fields of type EXTRA are left out.                                            */
char *encode_event(char *out, const struct tutti_trace_event *event, uint64_t n);

/* The member of a field as a number. Those of 8 bytes stay below 2^63, so all are taken as signed.
 */
int64_t event_number(const struct tutti_trace_event *event, const struct tutti_trace_field *field);

/* Adds a field whose value is `hash` as 16 hex digits to the object that ends at `end`. */
char *encode_hash(char *end, const char *key, uint64_t hash);

/* Writes `text` as a JSON string; cut to TUTTI_TRACE_TEXT_MAX bytes, made valid UTF-8. */
char *encode_text(char *out, const char *text);

/* Length of the valid UTF-8 character at the start of `text`, of which `size` bytes are readable;
 * 0: it is not valid.                                                                           */
size_t utf8_length(const unsigned char *text, size_t size);

/* The hash of a trace, continued with one line, its newline included: eight bytes at a time, as
 * docs/trace.md describes it. Bytewise hashes cost more than all the rest of writing a line.
 * Another one is another TUTTI_TRACE_VERSION: tests/data/trace/good.jsonl holds it to this one. */
#define HASH_START UINT64_C(0xcbf29ce484222325)
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}
static inline uint64_t hash_bytes(uint64_t hash, const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    uint64_t word = 0;
    for (; size >= 8; size -= 8, at += 8) {
        /* One load where the bytes of a number have this order. */
        word = (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
               (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
               (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
        hash = hash_word(hash, word);
    }
    if (size == 0) return hash;
    for (word = 0; size > 0; size--) {
        word = word << 8 | at[size - 1];
    }
    return hash_word(hash, word);
}

#endif
