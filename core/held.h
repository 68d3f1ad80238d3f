/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/held.h - what a task has to give back before it ends: a place in the task's list.
 *
 * Part of the structs of limiter, reader-writer lock and breakers of lots. When the task ends with
 * some of it left, what it had is told so, latest first, and deals with it. */
#ifndef TUTTI_CORE_HELD_H
#define TUTTI_CORE_HELD_H

#include "tutti/core/base.h"

TUTTI_BEGIN

struct tutti_task;

/* All zeros: held by nobody. Its fields are core's own. */
struct tutti_held {
    struct tutti_held *next, *prev;
    struct tutti_task *task;               /* who has it; NULL: nobody */
    const struct tutti_site *site;         /* where it was got */
    void (*lost)(struct tutti_held *held); /* the running task ends, and has it no more */
};

TUTTI_END
#endif
