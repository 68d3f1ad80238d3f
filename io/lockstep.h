/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* io/lockstep.h - a stream in memory that buffers nothing: sending waits for receiving.
 *
 * send_all returns when the other side has received the last byte; wait_send, when somebody waits
 * to receive. With it a test finds code that relies on the network to keep what it sends, and
 * deadlocks when there is no room. */
#ifndef TUTTI_IO_LOCKSTEP_H
#define TUTTI_IO_LOCKSTEP_H

#include "tutti/core/park.h"
#include "tutti/io/staple.h"
#include "tutti/io/stream.h"

TUTTI_BEGIN

/* One way: send on &pipe.sender, receive from &pipe.receiver. The caller's struct. */
struct tutti_lockstep_pipe {
    struct tutti_stream sender, receiver;
    const char *bytes; /* what is being sent and was not received yet: the sending task's */
    size_t count;
    struct tutti_lot to_send, to_receive; /* who waits */
};
/* Makes a pipe. Inside a run. Not a checkpoint. */
#define tutti_lockstep_pipe_init(pipe) tutti_lockstep_pipe_init_at(pipe, TUTTI_HERE)
TUTTI_API void tutti_lockstep_pipe_init_at(struct tutti_lockstep_pipe *pipe,
                                           const struct tutti_site *site);

/* Both ways: use &pair.a.stream and &pair.b.stream. send_eof closes the sender of that way. */
struct tutti_lockstep_pair {
    struct tutti_lockstep_pipe to_b, to_a;
    struct tutti_staple a, b;
};
/* Makes a pair. Inside a run. Not a checkpoint. */
#define tutti_lockstep_pair_init(pair) tutti_lockstep_pair_init_at(pair, TUTTI_HERE)
TUTTI_API void tutti_lockstep_pair_init_at(struct tutti_lockstep_pair *pair,
                                           const struct tutti_site *site);

TUTTI_END
#endif
