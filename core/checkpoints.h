/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/checkpoints.h - claims about checkpoints, for tests.
 *
 * A call that is a checkpoint passes a cancel point and a schedule point at least; one that is none
 * passes neither. Half a checkpoint fails both claims. What is false ends the run, as with
 * tutti_check (core/test.h).                                                                     */
#ifndef TUTTI_CORE_CHECKPOINTS_H
#define TUTTI_CORE_CHECKPOINTS_H

#include "tutti/core/base.h"

TUTTI_BEGIN

/* Runs fn(arg) and returns its code; claims that it is a checkpoint. Not when the code is negative:
 * an error may come before any checkpoint. As much a checkpoint as fn is.                       */
#define tutti_assert_checkpoints(fn, arg)                                                          \
    tutti_assert_points(true, "no checkpoint in " #fn, fn, arg, TUTTI_HERE)
/* Runs fn(arg) and returns its code; claims, whatever the code, that it is no checkpoint. */
#define tutti_assert_no_checkpoints(fn, arg)                                                       \
    tutti_assert_points(false, "a checkpoint in " #fn, fn, arg, TUTTI_HERE)
TUTTI_SCHEDULES TUTTI_MUST_USE int tutti_assert_points(bool wanted, const char *text,
                                                       int (*fn)(void *arg), void *arg,
                                                       const struct tutti_site *site);

/* The calling task's points when a block began. */
struct tutti_points {
    uint64_t cancel, schedule;
    const struct tutti_site *site; /* NULL: the claim was made */
};
/* Core's own: the begin of the blocks below, their end, and what claims their points. */
TUTTI_API struct tutti_points tutti_points_begin(const struct tutti_site *site);
TUTTI_API void tutti_points_check(struct tutti_points *points);
TUTTI_API void tutti_points_check_none(struct tutti_points *points);

/* A block that is a checkpoint: `TUTTI_ASSERT_CHECKPOINTS { ... }`. The claim is made at its end;
 * left by break, goto or return it is not made.                                                 */
#define TUTTI_ASSERT_CHECKPOINTS                                                                   \
    for (struct tutti_points tutti_points_ = tutti_points_begin(TUTTI_HERE); tutti_points_.site;   \
         tutti_points_check(&tutti_points_))
/* A block that is none: claimed on every way out. */
#define TUTTI_ASSERT_NO_CHECKPOINTS                                                                \
    for (struct tutti_points tutti_points_ TUTTI_CLEANUP(tutti_points_check_none) =                \
             tutti_points_begin(TUTTI_HERE);                                                       \
         tutti_points_.site; tutti_points_check_none(&tutti_points_))

TUTTI_END
#endif
