/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/virtual_clock.h - time that a test moves, over any world.
 *
 * A virtual clock takes a base world and makes another one of it: the same doors, but for what time
 * it is and how long to wait. Its time begins at 0 and moves in three ways:
 *   jump      when told to;
 *   rate      so many virtual ns for so many of the base clock's; at first 0: it stands still;
 *   autojump  when nothing happened for `threshold` ns of the base clock, to where the run waits
 *             until; at first TUTTI_NEVER: it does not. Not while work outside the run is counted
 *             (core/external.h).
 * When all tasks wait for a clock that nobody is left to move, it panics (over a world with an
 * outside it waits). All can be changed at any time, in the middle of a run too, and hold at once;
 * the time shown never goes back. A run sees a change at its next pass, as any clock. Only the run
 * that has it as its door is concerned. The simulated world by itself (sim/sim_world.h) is one with
 * threshold 0.
 */
#ifndef TUTTI_SIM_VIRTUAL_CLOCK_H
#define TUTTI_SIM_VIRTUAL_CLOCK_H

#include "tutti/core/world.h"

TUTTI_BEGIN

/* Larger numbers are not allowed in a rate. */
enum { TUTTI_RATE_MAX = 1000000 };

struct tutti_virtual_clock {
    struct tutti_world world; /* for tutti_run */
    struct tutti_clock clock;
    struct tutti_io io;
    struct tutti_clock *base; /* the base world's doors */
    struct tutti_io *base_io;
    int64_t now_ns, base_ns; /* it showed now_ns when the base showed base_ns */
    int64_t times, per;      /* the rate */
    int64_t threshold_ns;
    uint64_t pending; /* operations */
};

/* Makes one over `base`, whose doors are used and stay the caller's. It must not be moved. */
TUTTI_API void tutti_virtual_clock_init(struct tutti_virtual_clock *clock,
                                        const struct tutti_world *base);

/* What it shows now. */
TUTTI_API int64_t tutti_virtual_clock_now(const struct tutti_virtual_clock *clock);
/* How long in base time until it shows until_ns by its rate: 0 when it does, TUTTI_NEVER when it
 * never will.                                                                                   */
TUTTI_API int64_t tutti_virtual_clock_sleep(const struct tutti_virtual_clock *clock,
                                            int64_t until_ns);

/* Moves it on by ns, at once. Returns 0, or TUTTI_EINVALID when ns is negative. Not a checkpoint.
 */
TUTTI_API TUTTI_MUST_USE int tutti_virtual_clock_jump(struct tutti_virtual_clock *clock,
                                                      int64_t ns);
/* `times` ns for each `per` of the base clock: 0, 1 stands still; 1, 2 is half as fast. Returns 0,
 * or TUTTI_EINVALID when they are not between 0 (per: 1) and TUTTI_RATE_MAX. Not a checkpoint.  */
TUTTI_API TUTTI_MUST_USE int tutti_virtual_clock_set_rate(struct tutti_virtual_clock *clock,
                                                          int64_t times, int64_t per);
/* Returns 0, or TUTTI_EINVALID when threshold_ns is negative. Not a checkpoint. */
TUTTI_API TUTTI_MUST_USE int tutti_virtual_clock_set_autojump(struct tutti_virtual_clock *clock,
                                                              int64_t threshold_ns);

TUTTI_END
#endif
