/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every public function, called from a thread that has no run, while a run of another thread is
 * under way: it panics and names the caller's line, or it is one of those that need no run. The
 * list of functions is made from the headers (marks_list.py). Each call is made in a child process.
 */
#include "rehearsed.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marks_entries.h"

static const struct called {
    const char *name;
    int (*entry)(struct set *set, enum phase phase);
} functions[] = {
#define ROW(function, mark) {#function, entry_##function},
    MARKS(ROW)
#undef ROW
};

/* Those that are given the caller's place and may be called anywhere all the same: they look at
 * memory that is the caller's, or are told of mistakes.                                          */
static const char *const anywhere[] = {
    "tutti_error_at",           "tutti_panic_at",           "tutti_free_at",
    "tutti_fair_share_init_at", "tutti_sequencer_leave_at", "tutti_memory_get_nowait_at",
    "tutti_error_also_at"};

static const struct called *function;
static struct set set;

enum { RETURNED = 50, NOT_CALLED = 51, NAMED = 77, NOT_NAMED = 78 };

static void hook(const struct tutti_site *site, const char *message)
{
    bool told = strstr(message, "called outside") != NULL;
    _exit(told && site && strstr(site->file, "tests/") ? NAMED : NOT_NAMED);
}

static void *foreign(void *arg)
{
    (void)arg;
    (void)function->entry(&set, CALL);
    _exit(RETURNED);
}

static int host(void *arg)
{
    pthread_t thread;
    (void)arg;
    set_init(&set);
    TUTTI_TRY(tutti_chan_open(&set.sender, &set.receiver, "chan", sizeof set.item, 1));
    TUTTI_TRY(function->entry(&set, BEFORE));
    if (pthread_create(&thread, NULL, foreign, NULL) == 0) (void)pthread_join(thread, NULL);
    _exit(NOT_CALLED);
}

/* How the child process ended: its exit status, or the signal below 0. */
static int call_in_child(void)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tutti_sim_world sim;
        close(STDERR_FILENO); /* the panic's own report */
        (void)tutti_panic_set_hook(hook);
        if (tutti_sim_world_open(&sim, 1) == 0) (void)!tutti_run(&sim.world, host, NULL);
        _exit(NOT_CALLED);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool must_name_the_line(const char *name)
{
    size_t length = strlen(name);
    if (length < 3 || strcmp(name + length - 3, "_at") != 0) return false;
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++) {
        if (strcmp(name, anywhere[i]) == 0) return false;
    }
    return true;
}

static void each_names_the_line(void **state)
{
    int wrong = 0, named = 0;
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        function = &functions[i];
        if (!function->entry || !must_name_the_line(function->name)) continue;
        int rc = call_in_child();
        named += rc == NAMED;
        if (rc == NAMED) continue;
        print_error("%s: %s (%d)\n", function->name,
                    rc == RETURNED    ? "it returned"
                    : rc == NOT_NAMED ? "the message names no line of the caller's"
                                      : "the child process ended otherwise",
                    rc);
        wrong++;
    }
    assert_int_equal(wrong, 0);
    assert_true(named > 100);
}

REHEARSE_MAIN(cmocka_unit_test(each_names_the_line))
