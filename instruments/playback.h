/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/playback.h - the world of a recording (instruments/record.h): a run that was made in
 * the real world is made again, as often as one likes, without it.
 *
 * The clock shows what it showed; operations end when they ended, with what they brought, and
 * nothing is sent anywhere; posts to tokens are seen when they were seen. As long as the program is
 * the same it does the same. Where it does not, the playback says at which line of the recording,
 * and cancels the run: no answer of another run would mean anything from there on.
 *
 * What a program does around the doors it does again: system calls of its own, threads. A thread's
 * post is waited for where it was seen. Functions that were called in worker threads are called
 * again (not those that the recording says were stopped before they began or were abandoned). A
 * thread that waits for what tasks send by tutti waits in vain. Functions here are no checkpoints.
 */
#ifndef TUTTI_INSTRUMENTS_PLAYBACK_H
#define TUTTI_INSTRUMENTS_PLAYBACK_H

#include "tutti/core/world.h"
#include "tutti/instruments/read.h"

TUTTI_BEGIN

/* How long the post of a thread, or of a signal handler, is waited for. */
#define TUTTI_PLAYBACK_WAIT_NS (10 * TUTTI_S)

struct tutti_playback;

/* Takes in a recording from a reader that was just opened, which stays the caller's. `base` is the
 * world the program runs in without a recording (tutti_world_real()): its options are used, and its
 * io closes what the program opened in it by itself (tutti_real_adopt). It must outlive the
 * playback. Returns 0, or a negative code that tutti_reader_error() explains: the trace is no
 * recording, or damaged, or has lost events (TUTTI_EINVALID).                                    */
TUTTI_API TUTTI_MUST_USE int tutti_playback_open(struct tutti_playback **playback,
                                                 const struct tutti_world *base,
                                                 struct tutti_reader *reader);

/* For one tutti_run, or as the base of a tutti_record, whose trace then is the recording's but for
 * line 1; belongs to the playback.                                                               */
TUTTI_API const struct tutti_world *tutti_playback_world(struct tutti_playback *playback);

/* After the run: NULL if it asked its world for what it asked for in the recording. Else a sentence
 * with the recording's file and line: there it parted from it, or the recording had no more; `cut`
 * says that it was the latter, and that the recorded run had not ended there.                    */
TUTTI_API const char *tutti_playback_parted(const struct tutti_playback *playback, bool *cut);

/* Frees it, after the run; NULL is allowed. */
TUTTI_API void tutti_playback_close(struct tutti_playback *playback);

TUTTI_END
#endif
