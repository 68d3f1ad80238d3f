/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Programs for replay_test.sh, in the real world and in the simulated one. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"
#include "tutti/io/socket_stream.h"

static int count_down(void *arg)
{
    for (int i = 0; i < 5; i++)
        TUTTI_TRY(tutti_sleep(*(int64_t *)arg));
    return 0;
}

static int two_clocks(struct tutti_nursery *nursery, void *arg)
{
    static int64_t fast = 30 * TUTTI_US, slow = 50 * TUTTI_US;
    (void)arg;
    TUTTI_TRY(tutti_nursery_start(nursery, count_down, &fast));
    return tutti_nursery_start(nursery, count_down, &slow);
}

static int timers(void *arg)
{
    return tutti_nursery_run(two_clocks, arg);
}

static int say_word(void *arg)
{
    struct tutti_stream *stream = arg;
    TUTTI_TRY(tutti_stream_send_all(stream, "a word", 6));
    return tutti_stream_send_eof(stream);
}

struct ends {
    struct tutti_socket_stream a, b;
};

static int hear_word(struct tutti_nursery *nursery, void *arg)
{
    struct ends *ends = arg;
    char word[16];
    TUTTI_TRY(tutti_nursery_start(nursery, say_word, &ends->a.stream));
    return tutti_stream_receive(&ends->b.stream, word, sizeof word);
}

static int words(void *arg)
{
    struct ends ends;
    (void)arg;
    TUTTI_TRY(tutti_socket_stream_pair(&ends.a, &ends.b));
    int rc = tutti_nursery_run(hear_word, &ends);
    tutti_stream_close_forcefully(&ends.a.stream);
    tutti_stream_close_forcefully(&ends.b.stream);
    return rc < 0 ? rc : 0;
}

/* Ends in the middle of a run, in one way or the other. */
static int crashes(void *arg)
{
    TUTTI_TRY(timers(arg));
    (void)raise(SIGSEGV);
    return 0;
}

static int leaves(void *arg)
{
    TUTTI_TRY(timers(arg));
    exit(0);
}

/* A child of the process ends by exit: what the run told is not the child's to write. */
static int forks(void *arg)
{
    int status;
    TUTTI_TRY(timers(arg));
    pid_t child = fork();
    if (child == 0) exit(0);
    tutti_check(child > 0 && waitpid(child, &status, 0) == child);
    return timers(arg);
}

static int panics(void *arg)
{
    TUTTI_TRY(timers(arg));
    tutti_panic("no more");
}

static int fails(void *arg)
{
    TUTTI_TRY(timers(arg));
    return tutti_error(-5, "as it was meant");
}

const struct tutti_test tutti_tests[] = {
    {"timers", timers, "sleeps"},
    {"words", words, "a word through a socket"},
    {"crashes", crashes, "gets SIGSEGV"},
    {"leaves", leaves, "calls exit"},
    {"forks", forks, "has a child process"},
    {"panics", panics, "panics"},
    {"fails", fails, "returns an error"},
    {.name = NULL},
};
