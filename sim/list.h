/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sim/list.h - choice lists: what a run was asked and what was answered, as one line of text.
 *
 * `1;step;run,user;c1;1.2.0.1` = version of the form; mode (step or batch); the kinds of choice
 * that were asked, or none; the bounds; the numbers of the options taken, which may be empty.
 * Bounds: c1 = at most one cancellation, l2 = at most two early timers (left out if 0), n = the
 * scopes of nurseries are cancelled too, r = so is the run, a = accesses of tracked objects are
 * schedule points. Past the end of a list option 0 is taken.                                     */
#ifndef TUTTI_SIM_LIST_H
#define TUTTI_SIM_LIST_H

#include "tutti/core/world.h"

TUTTI_BEGIN

#define TUTTI_LIST_VERSION 1
/* The longest list there is: a run that makes more choices is stopped. */
#define TUTTI_LIST_MAX (1u << 20)

/* What a picker asks for: one part of what its numbers mean. */
struct tutti_bounds {
    bool step;             /* step mode, else batch */
    bool cancel_nurseries; /* see struct tutti_pick */
    bool access_points;    /* see struct tutti_pick */
    bool cancel_run;       /* there is a scope around all of the test, which is cancelled too */
    uint32_t kinds;        /* bits 1 << enum tutti_choice_kind */
    uint32_t cancels_max;
    uint32_t lags_max;
};

struct tutti_list {
    struct tutti_bounds bounds;
    uint32_t *numbers; /* the caller's memory */
    uint32_t count, room;
};

/* Reads a list's text into `list`, whose `numbers` and `room` are set. Returns 0 or TUTTI_EINVALID;
 * then `message` is a sentence with the position of the byte that is wrong.                      */
TUTTI_API TUTTI_MUST_USE int tutti_list_parse(struct tutti_list *list, const char *text,
                                              char *message, size_t message_size);
/* Reads the kinds of choice in any order ("user,run", "none"). Returns 0 or TUTTI_EINVALID. */
TUTTI_API TUTTI_MUST_USE int tutti_kinds_parse(uint32_t *kinds, const char *text);
/* Writes the text of a list into `buffer`, always NUL-terminated if size > 0; returns the length
 * the whole has. tutti_list_parse reads it back to the same list.                                */
TUTTI_API size_t tutti_list_print(const struct tutti_list *list, char *buffer, size_t size);

TUTTI_END
#endif
