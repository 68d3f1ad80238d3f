/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A rehearsed program for sim_main_test.sh: a test for each kind of finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "pair.h"
#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/op.h"
#include "tutti/core/test.h"

static int nothing(void)
{
    return 0;
}

static int assert_something(void)
{
    printf("printed by the test\n");
    assert_int_equal(2 + 2, 5); /* sim_main_test.sh knows this line */
    return 0;
}

static int crash(void)
{
    volatile uintptr_t nowhere = 8;
    *(volatile int *)nowhere = 1;
    return 0;
}

static int hang(void)
{
    for (volatile bool on = true; on;) {
    }
    return 0;
}

static int clean_test(void *arg)
{
    (void)arg;
    return run_pair(nothing);
}

static int assert_test(void *arg)
{
    (void)arg;
    return run_pair(assert_something);
}

static int crash_test(void *arg)
{
    (void)arg;
    return run_pair(crash);
}

static int hang_test(void *arg)
{
    (void)arg;
    return run_pair(hang);
}

/* Fails always: by a number that follows from the seed. */
static int random_test(void *arg)
{
    unsigned number = 0;
    (void)arg;
    TUTTI_TRY(tutti_random(&number, sizeof number));
    return tutti_error(TUTTI_EBROKEN, "number %u", number);
}

/* Is another program in each run of one process. */
static int global_test(void *arg)
{
    static uint32_t runs;
    (void)arg;
    (void)tutti_choose(++runs + 1);
    return 0;
}

/* Likewise, but each process has numbers of its own, too. */
static int moody_test(void *arg)
{
    static uint32_t runs;
    (void)arg;
    (void)tutti_choose((uint32_t)getpid() % 1000 + ++runs + 1);
    return 0;
}

/* A scope in a scope, with four checkpoints. */
static int four_checkpoints(void *arg)
{
    (void)arg;
    for (int i = 0; i < 4; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int inner_scope(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, four_checkpoints, arg);
}

static int scope_test(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, inner_scope, arg);
}

/* More runs than anybody waits for. */
static int endless_test(void *arg)
{
    (void)arg;
    for (int i = 0; i < 64; i++) {
        if (tutti_choose(2) && tutti_choose(2) && tutti_choose(2) && i > 60) return 0;
    }
    return 0;
}

/* Fails alike in every process, but not at the same time. */
static int pid_test(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(getpid()));
    return tutti_error(TUTTI_EBROKEN, "always");
}

/* Wants more stack than there is. */
static int deep_test(void *arg)
{
    volatile char bytes[400 * 1024];
    (void)arg;
    for (size_t i = sizeof bytes; i > 0; i -= 1024)
        bytes[i - 1] = 0;
    return bytes[1023];
}

/* Its input has ended, whatever the program's own holds. */
static int input_test(void *arg)
{
    (void)arg;
    tutti_check(getchar() == EOF);
    return 0;
}

/* Tasks that write one variable: each order of them is a trace. A newer version, of which a
 * file tells, chooses, too. */
static int write_once(void *arg)
{
    static uint64_t variable;
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    tutti_access(&variable, sizeof variable, true);
    return 0;
}

static int start_writers(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 5; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, write_once, arg));
    return 0;
}

static int writers_test(void *arg)
{
    if (access("newer_version", F_OK) == 0) (void)tutti_choose(2);
    return tutti_nursery_run(start_writers, arg);
}

const struct tutti_test tutti_tests[] = {
    {"clean", clean_test, "nothing is wrong"},
    {"assert", assert_test, "an assert of cmocka"},
    {"crash", crash_test, NULL},
    {"hang", hang_test, NULL},
    {"random", random_test, NULL},
    {"global", global_test, NULL},
    {"moody", moody_test, "not deterministic around tutti"},
    {"scope", scope_test, NULL},
    {"endless", endless_test, NULL},
    {"pid", pid_test, "not deterministic around tutti"},
    {"deep", deep_test, NULL},
    {"input", input_test, NULL},
    {"writers", writers_test, NULL},
    {NULL, NULL, NULL},
};
