/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/trace_head_priv.h - the first and the last line of a trace, made with jansson. */
#ifndef TUTTI_INSTRUMENTS_TRACE_HEAD_PRIV_H
#define TUTTI_INSTRUMENTS_TRACE_HEAD_PRIV_H

#include "tutti/instruments/text.h"
#include "tutti/instruments/trace.h"

/* Adds the line of run.begin, with its newline. Returns 0 or TUTTI_ENOMEMORY. */
int head_line(struct tutti_text *out, const struct tutti_trace_header *header, int level);

/* Writes the line of run.end without newline at `out`, which has `room` bytes; returns its size, or
 * TUTTI_ENOMEMORY.                                                                               */
int tail_line(char *out, size_t room, const struct tutti_trace_event *event, uint64_t n,
              uint64_t hash);

/* Adds a text whose bytes that are not UTF-8 become U+FFFD. */
void head_valid(struct tutti_text *out, const char *text, size_t size);

#endif
