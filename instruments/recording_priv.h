/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* instruments/recording_priv.h - recordings and playbacks that the environment asks for. */
#ifndef TUTTI_INSTRUMENTS_RECORDING_PRIV_H
#define TUTTI_INSTRUMENTS_RECORDING_PRIV_H

#include "tutti/core/world.h"

struct recording;

/* Puts what TUTTI_PLAYBACK and TUTTI_RECORD ask for around `world`, into *mine. NULL: there is
 * nothing. Where a playback was asked for and cannot be, mine->error says so: nobody wants the real
 * world instead.                                                                                 */
struct recording *recording_open(const struct tutti_world *world, const char *test,
                                 struct tutti_world *mine);
/* After the run. NULL is allowed. */
void recording_close(struct recording *recording);
/* In a handler of a crash: what the calling thread's run has told so far is written. */
void recording_last_words(void);

#endif
