/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/trickle.h - a stream that lets another one's bytes through in small pieces.
 *
 * What is sent and received is the same, but not in the same pieces: a receive gives fewer bytes
 * than there are, a send_all goes out in several. How many is a choice (tutti_choose), so a program
 * that is rehearsed over it is tried with every way to cut. For code that takes one receive for one
 * message, as it always seems to be on a fast network. */
#ifndef TUTTI_IO_TRICKLE_H
#define TUTTI_IO_TRICKLE_H

#include "tutti/io/stream.h"

TUTTI_BEGIN

/* The caller's struct. */
struct tutti_trickle {
    struct tutti_stream stream;
    struct tutti_stream *inner;
    size_t max;
};

/* Makes a stream that sends on `inner` and receives from it in pieces of 1 to `max` bytes (1 or
 * more; 0 counts as 1); `max` where nobody is asked. `inner` is its own from now on: closing and
 * freeing it closes and frees that. Not a checkpoint. */
TUTTI_API void tutti_trickle_init(struct tutti_trickle *trickle, struct tutti_stream *inner,
                                  uint32_t max);

TUTTI_END
#endif
