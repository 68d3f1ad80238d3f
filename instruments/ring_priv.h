/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/ring_priv.h - which texts of events have to be copied, and how much of them. */
#ifndef TUTTI_INSTRUMENTS_RING_PRIV_H
#define TUTTI_INSTRUMENTS_RING_PRIV_H

#include <string.h>

#include "tutti/instruments/ring.h"

/* The kinds whose `name` is valid during the call only, one bit each. */
uint64_t ring_texts(void);

/* Bytes of a text that are copied: one more than is written, so that the writer sees that it is too
 * long.                                                                                          */
static inline size_t ring_text_size(const char *text)
{
    const char *end = memchr(text, '\0', TUTTI_TRACE_TEXT_MAX + 1);
    return end ? (size_t)(end - text) : TUTTI_TRACE_TEXT_MAX + 1;
}

#endif
