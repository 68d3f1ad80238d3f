/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tools/tutti/page.h - a trace as the data of the page of `tutti trace html`.
 *
 * A run is a JSON text and streams of numbers, one stream for each field of each kind of event:
 *
 *   u32 size, JSON    the header, the table of events, all texts: see page_meta.c
 *   u32 size, stream  the kinds, a byte an event
 *   u32 size, stream  the times, each as the difference to the one before
 *   u32 size, stream  the numbers of the events, each as the difference to the one before, less 1
 *   u32 size, stream  the ids in order of first use, each as the difference to the one before
 *   u32 size, stream  for each kind and each field in the order of core/event.def: its values
 *
 * Sizes are little endian. Numbers in streams are zigzag varints; ids, counts and other numbers are
 * differences to the value before in the same stream. An id is its place among the ids, 0 none; a
 * text or place its place in the list of texts, 0 none; a time is 0 never, or 1 and a difference.
 * All of it is deflated and written in base64: letters that end no element of HTML.
 * tools/page/decode.js reads it.                                                                 */
#ifndef TUTTI_TOOLS_PAGE_H
#define TUTTI_TOOLS_PAGE_H

#include "tutti/core/event.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/text.h"

/* Numbers things in the order in which they are met, from 1. All-zero is empty. */
struct page_table {
    struct page_slot *slots;
    uint32_t size, used;   /* size: 0 or a power of two */
    struct tutti_text all; /* texts: one behind the other, each with its NUL */
    bool failed;           /* there was no memory */
};
/* The number of an id, or of a text; new ones get the next. 0 for id 0 and for the text NULL. */
uint32_t page_table_id(struct page_table *table, uint64_t id);
uint32_t page_table_text(struct page_table *table, const char *text);
void page_table_free(struct page_table *table);

/* One stream for each field of a kind; more than any kind has. */
enum { PAGE_FIELDS_MAX = 16 };

struct page_stream {
    struct tutti_text bytes;
    int64_t last; /* the value before */
};

/* What is collected while a trace is read. */
struct page_run {
    struct page_table ids, texts;
    struct page_stream kinds, times, numbers, id_list;
    struct page_stream fields[TUTTI_EVENT_KINDS][PAGE_FIELDS_MAX];
    uint64_t events, hash;
};

/* The text of the page before and after the data, made from tools/page at build time. */
struct page_piece {
    const char *bytes;
    size_t size;
};
extern const struct page_piece page_head, page_tail;

/* The JSON text of a run that was read to its end, to be freed; NULL: no memory. */
char *page_meta(const struct page_run *run, const struct tutti_reader *reader, const char *file);

/* Reads what is left of the reader's trace and adds it to `out`, deflated, in base64. `file` is
 * what it is called on the page. Returns 0, the reader's error, or TUTTI_ENOMEMORY.             */
int page_encode(struct tutti_text *out, struct tutti_reader *reader, const char *file);

#endif
