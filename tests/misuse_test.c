/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a program may do wrong: a documented code, or an abort whose message names the caller's
 * line. Aborts happen in a child process; what it writes to standard error is what is asserted. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tiny_world.h"
#include "tutti/core/chan.h"
#include "tutti/core/defer.h"
#include "tutti/core/finish.h"
#include "tutti/core/idle.h"
#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/system.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

static struct tiny_world tiny;

/* Runs `fn` as the first task in a child process; returns its standard error and exit status. */
static int run_in_child(int (*fn)(void *arg), char *text, size_t size)
{
    int pipe_fds[2], status;
    size_t length = 0;
    ssize_t n;
    assert_int_equal(pipe(pipe_fds), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL); /* not cmocka's business */
        tiny_world_init(&tiny);
        int rc = tutti_run(&tiny.world, fn, NULL);
        _exit(rc == 0 ? 0 : 1);
    }
    close(pipe_fds[1]);
    while ((n = read(pipe_fds[0], text + length, size - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    close(pipe_fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* The run aborts, and the message has both texts. */
static void assert_aborts(int (*fn)(void *arg), const char *what, const char *place)
{
    char text[8192];
    int status = run_in_child(fn, text, sizeof text);
    if (!strstr(text, what) || !strstr(text, place)) print_error("the message was: %s\n", text);
    assert_non_null(strstr(text, what));
    assert_non_null(strstr(text, place));
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

#define HERE_TEXT(line) "misuse_test.c:" #line
#define AT(line)        HERE_TEXT(line)

static int ends_with_scope_open(void *arg)
{
    static struct tutti_scope scope;
    (void)arg;
#line 1001
    return tutti_scope_open(&scope, TUTTI_NEVER);
#line 79
}

static int child_ends_with_scope_open(void *arg)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start(&nursery, ends_with_scope_open, arg);
    return tutti_nursery_close(&nursery, rc);
}

static int ends_with_lock(void *arg)
{
    static struct tutti_lock lock;
    (void)arg;
    tutti_lock_init(&lock, "lock");
#line 1018
    return tutti_lock_acquire(&lock);
#line 97
}

static int child_ends_with_lock(void *arg)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start(&nursery, ends_with_lock, arg);
    return tutti_nursery_close(&nursery, rc);
}

static int opens_twice(void *arg)
{
    static struct tutti_nursery nursery;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
#line 1019
    return tutti_nursery_open(&nursery);
#line 115
}

static int closes_outer_first(void *arg)
{
    struct tutti_scope outer, inner;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&inner, TUTTI_NEVER));
#line 1002
    return tutti_scope_close(&outer, 0);
#line 126
}

static int closes_twice(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_close(&scope, 0));
#line 1003
    return tutti_scope_close(&scope, 0);
#line 137
}

static int releases_foreign_lock(void *arg)
{
    struct tutti_lock lock;
    (void)arg;
    tutti_lock_init(&lock, "lock");
#line 1004
    tutti_lock_release(&lock);
#line 147
    return 0;
}

static int frees_twice(void *arg)
{
    (void)arg;
    /* a header of our own in front: the memory itself may be gone */
    struct {
        char header[48];
        char body[16];
    } not_ours = {{0}, {0}};
#line 1005
    tutti_free(not_ours.body);
#line 161
    return 0;
}

static int wakes_nobody(void *arg)
{
    struct tutti_park wait = TUTTI_PARK_INIT("nothing", NULL, TUTTI_HERE);
    (void)arg;
#line 1006
    tutti_wake(&wait, 0);
#line 171
    return 0;
}

/* A running task waits in no call, whatever it may have filled in. */
static int wakes_itself(void *arg)
{
    struct tutti_park wait = TUTTI_PARK_INIT("nothing", NULL, TUTTI_HERE);
    (void)arg;
    wait.task = tutti_task_self();
#line 1011
    tutti_wake(&wait, 0);
#line 183
    return 0;
}

static struct tutti_park twice;

static int waits_once(void *arg)
{
    (void)arg;
    twice = (struct tutti_park)TUTTI_PARK_INIT("once", NULL, TUTTI_HERE);
    return tutti_park(&twice);
}

static int wakes_twice_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, waits_once, arg));
    TUTTI_TRY(tutti_checkpoint());
    tutti_wake(&twice, 0);
#line 1012
    tutti_wake(&twice, 0);
#line 203
    return 0;
}

/* Woken is not waiting, though it did not run yet (R28). */
static int wakes_twice(void *arg)
{
    return tutti_nursery_run(wakes_twice_body, arg);
}

static enum tutti_abort answers_rubbish(struct tutti_park *park)
{
    (void)park;
    return (enum tutti_abort)17;
}

static int parks_with_rubbish(void *arg)
{
    (void)arg;
#line 1007
    struct tutti_park wait = TUTTI_PARK_INIT("rubbish", NULL, TUTTI_HERE);
#line 224
    wait.abort = answers_rubbish;
    return tutti_park(&wait);
}

static int bad_abort(void *arg)
{
    return tutti_move_on_after(5, parks_with_rubbish, arg);
}

static int recurse(int depth)
{
    char frame[1024];
    char *volatile known = frame;
    known[0] = (char)depth;
    return depth <= 0 ? 0 : recurse(depth - 1) + known[0];
}

static int overflows(void *arg)
{
    (void)arg;
    return recurse(100000) > 0;
}

/* One frame larger than the stack: the compiler touches each page of it on the way. */
static int big_frame(void *arg)
{
    char frame[1024 * 1024];
    char *volatile known = frame; /* else clang keeps the one byte that is used */
    (void)arg;
    known[0] = 1;
    return known[0] - 1;
}

static int big_body(struct tutti_nursery *nursery, void *arg)
{
#line 1010
    return tutti_nursery_start_named(nursery, "large", big_frame, arg);
#line 262
}

static int starts_big_frame(void *arg)
{
    return tutti_nursery_run(big_body, arg);
}

static int overflow_body(struct tutti_nursery *nursery, void *arg)
{
#line 1008
    return tutti_nursery_start_named(nursery, "deep", overflows, arg);
#line 274
}

static int starts_overflow(void *arg)
{
    return tutti_nursery_run(overflow_body, arg);
}

static void aborts_name_the_line(void **state)
{
    (void)state;
    assert_aborts(ends_with_scope_open, "still open", AT(1001));
    assert_aborts(child_ends_with_scope_open, "still open", AT(1001));
    assert_aborts(child_ends_with_lock, "still acquired", AT(1018));
    assert_aborts(opens_twice, "is open already", AT(1019));
    assert_aborts(closes_outer_first, "closed before the one opened inside it", AT(1002));
    assert_aborts(closes_twice, "not open", AT(1003));
    assert_aborts(releases_foreign_lock, "does not own", AT(1004));
    assert_aborts(frees_twice, "tutti_free", AT(1005));
    assert_aborts(wakes_nobody, "not parked", AT(1006));
    assert_aborts(wakes_itself, "not parked", AT(1011));
    assert_aborts(wakes_twice, "not parked", AT(1012));
}

static void T11_broken_abort(void **state)
{
    (void)state;
    assert_aborts(bad_abort, "neither TUTTI_ABORTED", AT(1007));
}

static void overflow_names_the_task(void **state)
{
    (void)state;
    assert_aborts(starts_overflow, "stack overflow in task \"deep\"", AT(1008));
    assert_aborts(starts_big_frame, "stack overflow in task \"large\"", AT(1010));
}

static void call_outside(void **state)
{
    char text[1024];
    int pipe_fds[2], status;
    (void)state;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
#line 1009
        (void)!tutti_checkpoint();
#line 323
        _exit(0);
    }
    close(pipe_fds[1]);
    ssize_t n = read(pipe_fds[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    close(pipe_fds[0]);
    waitpid(child, &status, 0);
    assert_non_null(strstr(text, "outside"));
    assert_non_null(strstr(text, AT(1009)));
    assert_true(WIFSIGNALED(status));
}

/* Mistakes that are codes. */
static int child_of_none(void *arg)
{
    (void)arg;
    return 0;
}

static int codes(void *arg)
{
    struct tutti_nursery nursery;
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    char large[8];
    (void)arg;
    tutti_check(tutti_sleep(-1) == TUTTI_EINVALID);
    tutti_check(tutti_move_on_after(-1, child_of_none, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_move_on_after(1, NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_wait_all_blocked(-1) == TUTTI_EINVALID);
    tutti_check(tutti_until_finish(NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_nursery_run(NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_defer(NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_system_start(NULL, NULL) == TUTTI_EINVALID);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    tutti_check(tutti_nursery_start(&nursery, NULL, NULL) == TUTTI_EINVALID);
    tutti_check(tutti_nursery_start_copy(&nursery, child_of_none, large, TUTTI_COPY_MAX + 1) ==
                TUTTI_EINVALID);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(tutti_nursery_start(&nursery, child_of_none, NULL) == TUTTI_ECLOSED);
    tutti_check(tutti_chan_open(&sender, &receiver, NULL, 0, 1) == TUTTI_EINVALID);
    tutti_check(tutti_chan_open(&sender, &receiver, NULL, SIZE_MAX / 2, 4) == TUTTI_EINVALID);
    tutti_check(tutti_run(&tiny.world, codes, NULL) == TUTTI_ESTATE);
    tutti_check(tutti_malloc(SIZE_MAX) == NULL);
    return 0;
}

static void mistakes_are_codes(void **state)
{
    (void)state;
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, codes, NULL), 0);
    assert_int_equal(tutti_run(NULL, codes, NULL), TUTTI_EINVALID);
    assert_int_equal(tutti_run(&tiny.world, NULL, NULL), TUTTI_EINVALID);
    struct tutti_world unusable = {.error = -24};
    assert_int_equal(tutti_run(&unusable, codes, NULL), -24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aborts_name_the_line),    cmocka_unit_test(T11_broken_abort),
        cmocka_unit_test(overflow_names_the_task), cmocka_unit_test(call_outside),
        cmocka_unit_test(mistakes_are_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
