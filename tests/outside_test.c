/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Posts from where the runtime is not: threads, signal handlers, after the end; and what a run does
 * when a post fails. In the real world, in real time, where that matters. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
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
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/core/token.h"
#include "tutti/io/real.h"

enum { THREADS = 4, POSTS = 1000 };

static struct tutti_token token;
static struct tutti_event all_here;
static struct thread {
    pthread_t thread;
    struct tutti_post posts[POSTS];
    int number, accepted, called;
} threads[THREADS];
static int calls;

static int count_call(void *arg)
{
    struct thread *thread = arg;
    thread->called++;
    if (++calls == THREADS * POSTS) tutti_event_set(&all_here);
    return 0;
}

static void *post_all(void *arg)
{
    struct thread *thread = arg;
    for (int i = 0; i < POSTS; i++) {
        thread->posts[i] = (struct tutti_post){.fn = count_call, .arg = thread};
        if (tutti_token_post(&token, &thread->posts[i], 0) == 0) thread->accepted++;
    }
    return NULL;
}

static int listen_to_threads(void *arg)
{
    (void)arg;
    tutti_event_init(&all_here, "all here");
    TUTTI_TRY(tutti_token_open(&token, "threads"));
    for (int i = 0; i < THREADS; i++) {
        tutti_check(pthread_create(&threads[i].thread, NULL, post_all, &threads[i]) == 0);
    }
    return tutti_event_wait(&all_here);
}

/* Real time. Nothing is lost, and the run sleeps until something comes: no deadlock. */
static void T86_threads_post(void **state)
{
    (void)state;
    memset(threads, 0, sizeof threads);
    calls = 0;
    assert_int_equal(tutti_run(tutti_world_real(), listen_to_threads, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        assert_int_equal(threads[i].accepted, POSTS);
        assert_int_equal(threads[i].called, POSTS);
    }
}

static void *post_until_refused(void *arg)
{
    struct thread *thread = arg;
    for (;;) {
        struct tutti_post *post = &thread->posts[thread->number++ % POSTS];
        post->fn = count_call;
        post->arg = thread;
        int rc = tutti_token_post(&token, post, 0);
        if (rc == TUTTI_ERUNFINISHED) return NULL;
        if (rc == 0) thread->accepted++;
    }
}

static int end_soon(void *arg)
{
    (void)arg;
    tutti_event_init(&all_here, "all here");
    TUTTI_TRY(tutti_token_open(&token, "threads"));
    for (int i = 0; i < THREADS; i++) {
        tutti_check(pthread_create(&threads[i].thread, NULL, post_until_refused, &threads[i]) == 0);
    }
    return tutti_sleep(TUTTI_MS);
}

/* Real time. The run ends while threads post: what was accepted was called, exactly once. */
static void R57_all_or_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        memset(threads, 0, sizeof threads);
        assert_int_equal(tutti_run(tutti_world_real(), end_soon, NULL), 0);
        for (int i = 0; i < THREADS; i++) {
            pthread_join(threads[i].thread, NULL);
            assert_int_equal(threads[i].called, threads[i].accepted);
        }
    }
}

static struct tutti_post signal_post;
static struct tutti_event signal_seen;

static int see_signal(void *arg)
{
    (void)arg;
    calls++;
    tutti_event_set(&signal_seen);
    return 0;
}

static void on_signal(int number)
{
    (void)number;
    errno = ENOTTY;
    (void)!tutti_token_post(&token, &signal_post, TUTTI_POST_ONCE);
}

static int wait_for_signal(void *arg)
{
    (void)arg;
    calls = 0;
    tutti_event_init(&signal_seen, "signal");
    signal_post = (struct tutti_post){.fn = see_signal};
    TUTTI_TRY(tutti_token_open(&token, "signals"));
    for (int i = 0; i < 3; i++)
        raise(SIGUSR1);
    TUTTI_TRY(tutti_event_wait(&signal_seen));
    tutti_check(calls == 1);
    tutti_event_init(&signal_seen, "signal");
    alarm(1); /* while the run sleeps */
    return tutti_event_wait(&signal_seen);
}

/* Real time. */
static void T86_signal_handler_posts(void **state)
{
    (void)state;
    signal(SIGUSR1, on_signal);
    signal(SIGALRM, on_signal);
    assert_int_equal(tutti_run(tutti_world_real(), wait_for_signal, NULL), 0);
    assert_int_equal(calls, 2);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
    on_signal(0);
    assert_int_equal(tutti_token_post(&token, &signal_post, 0), TUTTI_ERUNFINISHED);
    assert_false(signal_post.pending);
}

static struct tiny_world tiny;
static struct tutti_post failing, later;
static bool cancelled;

static int fail_now(void *arg)
{
    (void)arg;
    return tutti_error(-EIO, "the post failed");
}

static int count_later(void *arg)
{
    (void)arg;
    calls++;
    return 0;
}

static int post_failure(void *arg)
{
    failing = (struct tutti_post){.fn = fail_now};
    later = (struct tutti_post){.fn = count_later};
    TUTTI_TRY(tutti_token_open(&token, "failing"));
    TUTTI_TRY(tutti_token_post(&token, &failing, 0));
    TUTTI_TRY(tutti_token_post(&token, &later, 0));
    if (arg) return *(int *)arg;
    int rc = tutti_sleep_forever();
    cancelled = rc == TUTTI_ECANCELED;
    return rc;
}

static int run_quietly(int (*fn)(void *arg), void *arg)
{
    static struct tutti_options quiet = {.quiet = true};
    tiny_world_init(&tiny);
    tiny.world.options = &quiet;
    calls = 0;
    return tutti_run(&tiny.world, fn, arg);
}

/* R40: a post's failure cancels everything and is what the run returns; later posts are called. */
static void R40_failing_post(void **state)
{
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(run_quietly(post_failure, NULL), -EIO);
    assert_true(cancelled);
    assert_int_equal(calls, 1);
    tutti_run_last(&stats);
    assert_non_null(strstr(stats.message, "a post ended with"));
    assert_non_null(strstr(stats.message, "the post failed"));
}

static int post_two_failures(void *arg)
{
    (void)arg;
    failing = (struct tutti_post){.fn = fail_now};
    later = (struct tutti_post){.fn = fail_now};
    TUTTI_TRY(tutti_token_open(&token, "failing"));
    TUTTI_TRY(tutti_token_post(&token, &failing, 0));
    TUTTI_TRY(tutti_token_post(&token, &later, 0));
    return tutti_sleep_forever() == TUTTI_ECANCELED ? tutti_error(-EPERM, "and main") : 0;
}

/* T86: main has failed: what was accepted is called all the same, and main's code stays. */
static void T86_main_crashes(void **state)
{
    int rc = -EPERM;
    (void)state;
    assert_int_equal(run_quietly(post_failure, &rc), -EPERM);
    assert_int_equal(calls, 1);
    assert_int_equal(tutti_token_post(&token, &later, 0), TUTTI_ERUNFINISHED);
}

static int wait_with_token(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_token_open(&token, "idle"));
    return tutti_sleep_forever();
}

static int check_with_token(void *arg)
{
    (void)arg;
    later = (struct tutti_post){.fn = count_later};
    TUTTI_TRY(tutti_token_open(&token, "over"));
    TUTTI_TRY(tutti_token_post(&token, &later, 0));
    tutti_check(!later.pending);
    return 0;
}

/* W5: where nobody is outside a token keeps no deadlock from being one; the runtime's own task is
 * no part of it. A run that is over calls nothing more. */
static void runs_that_are_over(void **state)
{
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(run_quietly(wait_with_token, NULL), TUTTI_EDEADLOCK);
    tutti_run_last(&stats);
    assert_non_null(strstr(stats.message, "1 task waits"));
    assert_int_equal(run_quietly(check_with_token, NULL), TUTTI_ECHECK);
    assert_int_equal(calls, 0);
    assert_false(later.pending);
    assert_int_equal(tutti_token_post(&token, &later, 0), TUTTI_ERUNFINISHED);
}

static void *resize_and_fail(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    (void)alloc, (void)old, (void)old_size, (void)size;
    return NULL;
}

/* Scopes until the run's own room for timers is used up: then there is none for a token's task. */
static int open_deep(void *arg)
{
    struct tutti_scope scope;
    int *depth = arg;
    int rc = tutti_token_open(&token, "deep");
    if (rc == TUTTI_ENOMEMORY) {
        tutti_check(!token.task && tutti_token_post(&token, &later, 0) == TUTTI_ERUNFINISHED);
        return 0;
    }
    TUTTI_TRY(rc);
    tutti_token_close(&token);
    ++*depth;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    return tutti_scope_close(&scope, open_deep(arg));
}

static void no_memory(void **state)
{
    static struct tutti_alloc none = {resize_and_fail};
    int depth = 0;
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.alloc = &none;
    assert_int_equal(tutti_run(&tiny.world, open_deep, &depth), 0);
    assert_true(depth > 1);
}

static int waits(void *arg)
{
    (void)arg;
    return tutti_checkpoint();
}

static int closes(void *arg)
{
    (void)arg;
#line 1001
    tutti_token_close(&token);
#line 309
    return 0;
}

static int posts_it(void *arg)
{
    static struct tutti_post post;
    post = (struct tutti_post){.fn = arg ? closes : waits};
#line 1002
    TUTTI_TRY(tutti_token_open(&token, "misused"));
#line 319
    TUTTI_TRY(tutti_token_post(&token, &post, 0));
    return tutti_sleep(1);
}

/* Runs fn(arg) in a child process; returns its exit status, and what it wrote to standard error. */
static int in_child(int (*fn)(void *arg), void *arg, char *text, size_t size)
{
    int fds[2], status;
    size_t length = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(fds[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL); /* not cmocka's business */
        if (!fn) (void)!tutti_token_open(&token, "nobody's");
        tiny_world_init(&tiny);
        _exit(tutti_run(&tiny.world, fn, arg) != 0);
    }
    close(fds[1]);
    for (ssize_t n = 0; (n = read(fds[0], text + length, size - 1 - length)) > 0;)
        length += (size_t)n;
    text[length] = '\0';
    close(fds[0]);
    waitpid(child, &status, 0);
    return status;
}

static void assert_aborts(int (*fn)(void *arg), void *arg, const char *what, const char *place)
{
    char text[4096];
    int status = in_child(fn, arg, text, sizeof text);
    if (!strstr(text, what)) print_error("the message was: %s\n", text);
    assert_non_null(strstr(text, what));
    if (place) assert_non_null(strstr(text, place));
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

/* What fails after the first is told below it. */
static void later_failures_are_told(void **state)
{
    char text[4096];
    (void)state;
    assert_int_not_equal(in_child(post_two_failures, NULL, text, sizeof text), 0);
    assert_non_null(strstr(text, "tutti: the run failed\nerror -5 "));
    const char *second = strstr(text, "and also error -5");
    assert_non_null(second);
    assert_non_null(strstr(second, "and main"));
}

/* The report is about the program's tasks. */
static void deadlock_report(void **state)
{
    char text[4096];
    (void)state;
    assert_int_not_equal(in_child(wait_with_token, NULL, text, sizeof text), 0);
    assert_non_null(strstr(text, "deadlock at 0 ns: 1 task waits for ever"));
    assert_null(strstr(text, "token #"));
}

static void misuse(void **state)
{
    int yes = 1;
    (void)state;
    assert_aborts(posts_it, NULL, "waited, in checkpoint", "outside_test.c:1002");
    assert_aborts(posts_it, &yes, "closed by a function that was posted", "outside_test.c:1001");
    assert_aborts(NULL, NULL, "outside a task", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T86_threads_post),
        cmocka_unit_test(R57_all_or_nothing),
        cmocka_unit_test(T86_signal_handler_posts),
        cmocka_unit_test(R40_failing_post),
        cmocka_unit_test(T86_main_crashes),
        cmocka_unit_test(runs_that_are_over),
        cmocka_unit_test(no_memory),
        cmocka_unit_test(misuse),
        cmocka_unit_test(deadlock_report),
        cmocka_unit_test(later_failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
