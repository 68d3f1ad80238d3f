/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/frontier.h - where a search stands that goes through a tree, so that it can go on another
 * day.
 *
 * Depth first, the choices of the next run, up to the one whose number is new, say which part of
 * the tree is done. Of strategy dpor it is a trunk: sim/dpor_trunk.h. The text has one fact a line;
 * the prints of the choices tell a program that has changed. */
#ifndef TUTTI_SIM_FRONTIER_H
#define TUTTI_SIM_FRONTIER_H

#include "tutti/sim/dpor_trunk.h"
#include "tutti/sim/plan.h"

TUTTI_BEGIN

#define TUTTI_FRONTIER_VERSION 3

/* A part of the tree that is before the search: who searched side by side had one each. */
enum { TUTTI_FRONTIER_PARTS = 64 };
struct tutti_frontier_part {
    uint32_t first, count; /* its choices among all, the last with a number that is new */
    uint32_t floor;        /* the numbers of choices before this one stay as they are */
};

struct tutti_frontier {
    /* what the search is of; all of it must be the same when it goes on */
    char program[256], test[256];
    uint64_t seed, steps_max;
    enum tutti_strategy strategy;
    uint32_t bound;
    struct tutti_bounds bounds;
    /* where it stands */
    uint64_t runs;            /* that are done */
    uint32_t longest;         /* choices of the longest one */
    struct tutti_takes takes; /* of all parts */
    struct tutti_frontier_part parts[TUTTI_FRONTIER_PARTS];
    uint32_t parts_count;
    const char *why;                /* it cannot be kept */
    struct tutti_dpor_trunk *trunk; /* strategy dpor: instead of these; the caller's, or NULL */
};

/* Writes the text into `buffer`, always NUL-terminated if size > 0; returns the length of all of
 * it.                                                                                            */
TUTTI_API size_t tutti_frontier_print(const struct tutti_frontier *frontier, char *buffer,
                                      size_t size);
/* Reads a text back; frontier->takes has `items` and `room` of the caller's, who set `trunk`, too.
 * Returns 0, or TUTTI_EINVALID with a sentence in `message`.                                     */
TUTTI_API TUTTI_MUST_USE int tutti_frontier_parse(struct tutti_frontier *frontier, const char *text,
                                                  char *message, size_t message_size);
/* Are they of one search? Returns 0, or TUTTI_EINVALID with a sentence on what differs. */
TUTTI_API TUTTI_MUST_USE int tutti_frontier_fits(const struct tutti_frontier *kept,
                                                 const struct tutti_frontier *wanted, char *message,
                                                 size_t message_size);

TUTTI_END
#endif
