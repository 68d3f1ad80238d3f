/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/staple.h - one stream of two: one to send on, one to receive from. */
#ifndef TUTTI_IO_STAPLE_H
#define TUTTI_IO_STAPLE_H

#include "tutti/io/stream.h"

TUTTI_BEGIN

/* The caller's struct. It does what its halves do. */
struct tutti_staple {
    struct tutti_stream stream;
    struct tutti_stream *out, *in;
};

/* Makes a stream that sends on `out` and receives from `in`. They are its own from now on: closing
 * it closes both, even if the first one fails, and freeing it frees both. send_eof is that of
 * `out`, or, where that can send no end, closes it. Not a checkpoint. */
TUTTI_API void tutti_staple_init(struct tutti_staple *staple, struct tutti_stream *out,
                                 struct tutti_stream *in);

TUTTI_END
#endif
