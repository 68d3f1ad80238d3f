/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/record_priv.h - what an operation brought, as bytes and as text: for recordings. */
#ifndef TUTTI_INSTRUMENTS_RECORD_PRIV_H
#define TUTTI_INSTRUMENTS_RECORD_PRIV_H

#include "tutti/core/op.h"
#include "tutti/instruments/text.h"

/* Bytes of a piece: as base64 they are one text of a trace, and no piece but the last needs to be
 * filled up.                                                                                     */
enum { PIECE_BYTES = 768, PIECE_TEXT = 1024 };

/* One pass over all that a finished operation brought: out of it, or into it. */
struct brought {
    bool into;              /* the bytes go into the operation */
    struct tutti_text *out; /* else they are added here */
    const char *bytes;      /* into: what is left of them */
    size_t left;
    bool wrong; /* into: they are too few, or say what cannot be */
    /* into: makes an object of the world */
    void (*make)(void *context, struct tutti_handle *handle);
    void *context;
};
/* op->result is set. Docs/trace.md has the layout. */
void brought_pass(struct brought *brought, struct tutti_op *op);

/* `size` bytes, at most PIECE_BYTES, as text with a NUL; `out` has room for PIECE_TEXT + 1. */
void base64_put(char *out, const char *bytes, size_t size);
/* Adds the bytes of a text; false: it is no base64. */
bool base64_get(struct tutti_text *out, const char *text);

#endif
