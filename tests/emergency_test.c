/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Dumps that a signal asks for: by a post at the next pass, and from the handler itself. Signals
 * come when they come: `any_instant` needs real time, and a run that does all it can meanwhile. */
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
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tiny_world.h"
#include "tutti/core/chan.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/core/token.h"
#include "tutti/instruments/dump.h"

static int fd; /* where dumps go */
static volatile sig_atomic_t dumps;
static struct tutti_lock lock;
static struct tutti_token token;
static struct tutti_post post = {.fn = tutti_dump_post};

static void on_signal(int number)
{
    (void)number;
    errno = ENOTTY;
    tutti_dump_emergency(fd);
    dumps++;
    if (errno != ENOTTY) abort();
}

/* All that was written to it, as a text. */
static char *read_all(void)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)size, 0), size);
    return text;
}

static int wants_lock(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_lock_acquire(&lock));
    tutti_lock_release(&lock);
    return 0;
}

static int raises_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_lock_acquire(&lock));
    TUTTI_TRY(tutti_nursery_start(nursery, wants_lock, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "quite a long name of a task", wants_lock, arg));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "new", wants_lock, arg));
    raise(SIGUSR1);
    tutti_lock_release(&lock);
    return 0;
}

static int raises(void *arg)
{
    tutti_lock_init(&lock, "door");
    return tutti_nursery_run(raises_body, arg);
}

static void open_file(void)
{
    fd = memfd_create("dump", 0);
    assert_true(fd >= 0);
    dumps = 0;
    signal(SIGUSR1, on_signal);
    signal(SIGALRM, on_signal);
}

static void a_line_a_task(void **state)
{
    static struct tiny_world tiny;
    (void)state;
    open_file();
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, raises, NULL), 0);
    char *text = read_all();
    assert_non_null(
        strstr(text, "tutti: the tasks of this thread's run\n  main #1: running, last in"));
    assert_non_null(strstr(text, "  wants_lock #"));
    assert_non_null(strstr(text, ": waiting in lock.acquire lock \"door\" #"));
    assert_non_null(strstr(text, " at tests/emergency_test.c:"));
    assert_non_null(strstr(text, ", stack 0x"));
    assert_non_null(strstr(text, "  quite a long name of a task #"));
    assert_non_null(strstr(text, "  new #"));
    assert_non_null(strstr(text, ": ready in start at"));
    free(text);
    close(fd);
}

static void *in_a_thread(void *arg)
{
    (void)arg;
    tutti_dump_emergency(fd);
    return NULL;
}

static void no_run_here(void **state)
{
    pthread_t thread;
    (void)state;
    open_file();
    tutti_dump_emergency(fd);
    assert_int_equal(pthread_create(&thread, NULL, in_a_thread, NULL), 0);
    pthread_join(thread, NULL);
    char *text = read_all();
    assert_string_equal(text, "tutti: no run in this thread\ntutti: no run in this thread\n");
    free(text);
    close(fd);
}

/* Tasks come and go, wait, are woken and cancelled, until so many signals have come. */
enum { DUMPS = 300 };

static int short_life(void *arg)
{
    struct tutti_chan_receiver *receiver = *(struct tutti_chan_receiver **)arg;
    int item;
    TUTTI_TRY(tutti_checkpoint());
    return tutti_chan_receive(receiver, &item);
}

static int life_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver, *its = &receiver;
    int item = 1;
    (void)arg;
    TUTTI_TRY(tutti_chan_open(&sender, &receiver, "chan", sizeof item, 1));
    for (int i = 0; i < 6; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, short_life, &its, sizeof its));
    }
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_chan_send(&sender, &item));
    tutti_nursery_cancel(nursery);
    while (nursery->children)
        tutti_yield_shielded();
    tutti_chan_close_send(&sender);
    tutti_chan_close_receive(&receiver);
    return 0;
}

static int lives(void *arg)
{
    while (dumps < DUMPS)
        TUTTI_TRY(tutti_nursery_run(life_body, arg));
    return 0;
}

/* Is it a line of a dump, of one of the tasks there are? */
static bool is_good(const char *line)
{
    char name[32], state[16], in[16];
    unsigned long long id;
    if (strcmp(line, "tutti: the tasks of this thread's run") == 0) return true;
    if (strcmp(line, "tutti: no run in this thread") == 0) return true; /* before, or after it */
    if (strstr(line, "  (begins or ends) #")) return true;
    if (sscanf(line, "  %31s #%llu: %15[a-z]%*[, ]%15s", name, &id, state, in) != 4) return false;
    bool known = strcmp(name, "main") == 0 || strcmp(name, "short_life") == 0;
    bool lives_on = strcmp(state, "ready") == 0 || strcmp(state, "running") == 0 ||
                    strcmp(state, "waiting") == 0 || strcmp(state, "exited") == 0;
    return known && id > 0 && lives_on;
}

static void any_instant(void **state)
{
    static struct tiny_world tiny;
    const struct itimerval often = {{0, 70}, {0, 70}}, never = {{0, 0}, {0, 0}};
    int lines = 0;
    (void)state;
    open_file();
    tiny_world_init(&tiny);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    assert_int_equal(tutti_run(&tiny.world, lives, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    char *text = read_all();
    for (char *line = text; *line; lines++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        if (!is_good(line)) fail_msg("line %d: %s", lines, line);
        line = end + 1;
    }
    assert_true(lines > DUMPS);
    free(text);
    close(fd);
}

/* Asked for from a handler, made at the next pass. */
static void asks(int number)
{
    (void)number;
    (void)!tutti_token_post(&token, &post, TUTTI_POST_ONCE);
}

static int is_asked(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_token_open(&token, "signals"));
    raise(SIGUSR2);
    return tutti_sleep(1);
}

static void by_a_post(void **state)
{
    static struct tiny_world tiny;
    int saved = dup(STDERR_FILENO);
    (void)state;
    open_file();
    signal(SIGUSR2, asks);
    tiny_world_init(&tiny);
    dup2(fd, STDERR_FILENO);
    int rc = tutti_run(&tiny.world, is_asked, NULL);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(rc, 0);
    char *text = read_all();
    assert_non_null(strstr(text, "tutti: 2 tasks at 0 ns\n"));
    assert_non_null(strstr(text, "main #1: waiting in sleep"));
    free(text);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_a_task),
        cmocka_unit_test(no_run_here),
        cmocka_unit_test(any_instant),
        cmocka_unit_test(by_a_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
