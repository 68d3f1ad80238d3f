/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aborts.h - a mistake must end in a panic whose message is right and which names its line; a task
 * that leaves something behind must end its run with a code.
 *
 * The mistake is made in a child process, in a function run as the first task:
 *     MISTAKE("does not own", tutti_lock_release(&lock));                                       */
#ifndef TUTTI_TESTS_ABORTS_H
#define TUTTI_TESTS_ABORTS_H

#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rehearsed.h"
#include "tiny_world.h"

static const char *aborts_message;
static uint32_t aborts_line;

enum { ABORTS_AS_IT_SHOULD = 77 };

/* On one line. */
#define MISTAKE(message, call)                                                                     \
    do {                                                                                           \
        aborts_message = (message);                                                                \
        aborts_line = __LINE__;                                                                    \
        call;                                                                                      \
    } while (0)

static inline void aborts_hook(const struct tutti_site *site, const char *message)
{
    bool right = site && site->line == aborts_line && strstr(site->file, "_test.c") &&
                 aborts_message && strstr(message, aborts_message);
    _exit(right ? ABORTS_AS_IT_SHOULD : 1);
}

static inline int aborts_run(int (*fn)(void *arg))
{
    static struct tiny_world tiny;
    static const struct tutti_options quiet = {.quiet = true};
    tiny_world_init(&tiny);
    tiny.world.options = &quiet;
    return tutti_run(&tiny.world, fn, NULL);
}

static inline void assert_aborts(int (*fn)(void *arg))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)tutti_panic_set_hook(aborts_hook);
        close(STDERR_FILENO); /* the panic's own report */
        (void)aborts_run(fn);
        _exit(2);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), ABORTS_AS_IT_SHOULD);
}

#endif
