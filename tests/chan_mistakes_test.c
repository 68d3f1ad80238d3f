/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a program may do wrong with channels, and what memory may: mistakes that leave nothing sound
 * abort and name the caller's line; when there is no memory nothing is half done. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "scarce.h"
#include "tiny_world.h"
#include "chan_pair.h"
#include "tutti/core/broadcast.h"
#include "tutti/core/select.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

static struct tiny_world tiny;

/* Runs `fn` in a child process, whose standard error has both texts; returns how it ended. */
static int assert_says(int (*fn)(void *arg), const char *what, const char *place)
{
    char text[8192];
    int pipe_fds[2], status;
    size_t length = 0;
    ssize_t n;
    assert_int_equal(pipe(pipe_fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL); /* not cmocka's business */
        tiny_world_init(&tiny);
        _exit(tutti_run(&tiny.world, fn, NULL) < 0);
    }
    close(pipe_fds[1]);
    while ((n = read(pipe_fds[0], text + length, sizeof text - 1 - length)) > 0)
        length += (size_t)n;
    text[length] = '\0';
    close(pipe_fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!strstr(text, what) || !strstr(text, place)) print_error("the message was: %s\n", text);
    assert_non_null(strstr(text, what));
    assert_non_null(strstr(text, place));
    return status;
}

static void assert_aborts(int (*fn)(void *arg), const char *what, const char *place)
{
    assert_true(WIFSIGNALED(assert_says(fn, what, place)));
}

static void send_again(void *item, void *arg)
{
    struct pair *pair = arg;
#line 2001
    (void)!tutti_chan_send_nowait(&pair->sender, item);
#line 65
}

static void change_it(void *item, void *arg)
{
    struct pair *pair = arg;
    (void)item;
#line 2002
    (void)!tutti_chan_set_capacity(pair->sender.chan, 5);
#line 74
}

static int discard_by(void (*discard)(void *item, void *arg))
{
    struct pair pair;
    int item = 1;
    TUTTI_TRY(open_pair(&pair, 1));
    TUTTI_TRY(tutti_chan_set_discard(pair.sender.chan, discard, &pair));
    TUTTI_TRY(tutti_chan_set_drop_oldest(pair.sender.chan, true));
    TUTTI_TRY(tutti_chan_send_nowait(&pair.sender, &item));
    return tutti_chan_send_nowait(&pair.sender, &item);
}

static void waits_for_it(void *item, void *arg)
{
    (void)item, (void)arg;
    tutti_yield_shielded();
}

static int discard_waits(void *arg)
{
    struct pair pair;
    int item = 1;
    (void)arg;
#line 2006
    TUTTI_TRY(tutti_chan_open(&pair.sender, &pair.receiver, "pair", sizeof item, 1));
#line 101
    TUTTI_TRY(tutti_chan_set_discard(pair.sender.chan, waits_for_it, NULL));
    TUTTI_TRY(tutti_chan_set_drop_oldest(pair.sender.chan, true));
    TUTTI_TRY(tutti_chan_send_nowait(&pair.sender, &item));
    return tutti_chan_send_nowait(&pair.sender, &item);
}

static int discard_sends(void *arg)
{
    (void)arg;
    return discard_by(send_again);
}

static int discard_changes(void *arg)
{
    (void)arg;
    return discard_by(change_it);
}

static int closes_a_copy(void *arg)
{
    struct pair pair;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 1));
    struct tutti_chan_sender copy = pair.sender;
    tutti_chan_close_send(&pair.sender);
#line 2003
    tutti_chan_close_send(&copy);
#line 109
    return 0;
}

static int announces_after_end(void *arg)
{
    struct tutti_broadcast broadcast;
    (void)arg;
    tutti_broadcast_init(&broadcast, "over", NULL, 0);
    tutti_broadcast_end(&broadcast);
#line 2004
    tutti_broadcast_announce(&broadcast, NULL);
#line 121
    return 0;
}

static int leaves_it_open(void *arg)
{
    struct pair pair;
    (void)arg;
#line 2005
    return tutti_chan_open(&pair.sender, &pair.receiver, "left", sizeof(int), 1);
#line 131
}

/* The report names all that a task waits for. */
static int selects_for_ever(void *arg)
{
    struct pair pair;
    struct tutti_event event;
    int item;
    (void)arg;
    TUTTI_TRY(open_pair(&pair, 1));
    tutti_event_init(&event, "stop");
    struct tutti_case cases[] = {tutti_case_receive(&pair.receiver, &item),
                                 tutti_case_event(&event)};
    return tutti_select(cases, 2);
}

static void deadlock_names_all(void **state)
{
    (void)state;
    int status = assert_says(selects_for_ever, "select event \"stop\"", "chan \"pair\"");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void aborts_name_the_line(void **state)
{
    struct tutti_run_stats stats;
    struct tutti_options quiet = {.quiet = true};
    (void)state;
    assert_aborts(discard_sends, "while it discards", "chan_mistakes_test.c:2001");
    assert_aborts(discard_changes, "while it discards", "chan_mistakes_test.c:2002");
    assert_aborts(discard_waits, "\"pair\" waited, in", "chan_mistakes_test.c:2006");
    assert_aborts(closes_a_copy, "a copy of this handle", "chan_mistakes_test.c:2003");
    assert_aborts(announces_after_end, "after the end", "chan_mistakes_test.c:2004");
    tiny_world_init(&tiny);
    tiny.world.options = &quiet;
    assert_int_equal(tutti_run(&tiny.world, leaves_it_open, NULL), TUTTI_ELEAK);
    tutti_run_last(&stats);
    assert_int_equal(stats.site->line, 2005);
}

/* All that takes memory. Whatever fails left the channel as it was. */
static int grow_pair(struct pair *pair)
{
    int item, rc = 0, sent = 0;
    for (; sent < 40 && rc == 0; sent += rc == 0)
        rc = tutti_chan_send_nowait(&pair->sender, &sent);
    size_t used = tutti_chan_statistics(pair->sender.chan).used;
    tutti_check(used == (size_t)sent);
    if (rc < 0) tutti_check(tutti_chan_send_nowait(&pair->sender, &sent) == TUTTI_ENOMEMORY);
    if (rc == 0) {
        rc = tutti_chan_set_capacity(pair->sender.chan, 100);
        size_t capacity = tutti_chan_statistics(pair->sender.chan).capacity;
        tutti_check(capacity == (rc == 0 ? 100 : TUTTI_CHAN_UNBOUNDED));
    }
    for (int i = 0; i < sent; i++)
        tutti_check(tutti_chan_receive_nowait(&pair->receiver, &item) == 0 && item == i);
    return rc;
}

static int hungry(void *arg)
{
    struct pair pair;
    (void)arg;
    int rc = open_pair(&pair, TUTTI_CHAN_UNBOUNDED);
    tutti_check(rc == 0 || (!pair.sender.chan && !pair.receiver.chan));
    if (rc == 0) rc = grow_pair(&pair);
    close_pair(&pair);
    return rc;
}

static void every_allocation_fails(void **state)
{
    struct scarce scarce = {.alloc = {scarce_resize}};
    struct tutti_options quiet = {.quiet = true};
    int rc = TUTTI_ENOMEMORY, n = 0;
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.alloc = &scarce.alloc;
    tiny.world.options = &quiet;
    for (; rc < 0; n++) {
        scarce.calls_left = n;
        rc = tutti_run(&tiny.world, hungry, NULL);
        assert_true(rc == 0 || rc == TUTTI_ENOMEMORY);
        assert_int_equal(scarce.bytes, 0);
        assert_true(n < 20);
    }
    assert_true(n > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aborts_name_the_line),
        cmocka_unit_test(deadlock_names_all),
        cmocka_unit_test(every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
