/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/test.h - what a program that is to be rehearsed says: its tests, its checks, its choices.
 *
 * A rehearsed program defines the table tutti_tests and is linked with a main() that somebody else
 * wrote: the simulator's (//sim:main) or the real world's (//io:main).                          */
#ifndef TUTTI_CORE_TEST_H
#define TUTTI_CORE_TEST_H

#include "tutti/core/base.h"

TUTTI_BEGIN

struct tutti_test {
    const char *name;
    int (*main)(void *arg); /* the first task; a negative result is a failure; arg is NULL */
    const char *about;      /* one line for --list; may be NULL */
};

/* Defined by the program; ends with an entry whose name is NULL. */
TUTTI_API extern const struct tutti_test tutti_tests[];

/* What the program claims. If it is false the run ends here with TUTTI_ECHECK, in every world: no
 * task takes another step. Not a checkpoint.                                                    */
#define tutti_check(condition)                                                                     \
    (TUTTI_LIKELY(condition) ? (void)0 : tutti_check_failed(TUTTI_HERE, #condition))
TUTTI_API TUTTI_NORETURN void tutti_check_failed(const struct tutti_site *site, const char *text);

/* Claims which error the calling task has just got: `code` and what is recorded below it, as
 * tutti_error_tree (core/error.h) writes it. An error without a record is its code alone. Else it
 * ends the run as tutti_check does, and says what the error is. Not a checkpoint. */
#define tutti_check_error(code, tree) tutti_check_error_at(code, tree, TUTTI_HERE)
TUTTI_API void tutti_check_error_at(int code, const char *tree, const struct tutti_site *site);

/* A number below n (n >= 1) that the picker chooses; 0 when there is none. The explorer tries all
 * of them. Not a checkpoint.                                                                    */
#define tutti_choose(n) tutti_choose_at(n, TUTTI_HERE)
TUTTI_API uint32_t tutti_choose_at(uint32_t n, const struct tutti_site *site);

TUTTI_END
#endif
