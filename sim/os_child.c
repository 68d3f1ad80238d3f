/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Child processes that are watched. The parent sleeps in poll() until the child's end of a pipe is
 * closed, which the system does however the child ends.                                          */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tutti/core/error.h"
#include "tutti/core/task.h"
#include "tutti/sim/os_sim_priv.h"

/* How long a child that was asked for something is waited for before it is killed. */
#define PATIENCE_NS TUTTI_S

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { CRASH_SIGNALS = sizeof crash_signals / sizeof *crash_signals };
/* Asks a child that hangs what it is doing. */
enum { SIGNAL_ASK = SIGUSR1 };

static struct child_words *words; /* shared by all processes */
static const struct child *this_child;
static volatile sig_atomic_t interrupted;

/* While interruptions are caught they are blocked but for the sleep in gone(), so none is missed
 * between two looks or two children.                                                            */
static struct {
    int depth; /* how often begun */
    sigset_t old_mask;
    struct sigaction old_int, old_term;
} caught;

int64_t os_real_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * TUTTI_S + now.tv_nsec;
}

size_t os_memory_max(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_CHILDREN, &usage) < 0 || usage.ru_maxrss < 0) return 0;
    return (size_t)usage.ru_maxrss * 1024;
}

const char *os_signal_text(int number)
{
    switch (number) {
    case SIGSEGV:
        return "SIGSEGV (memory that is not there)";
    case SIGBUS:
        return "SIGBUS";
    case SIGFPE:
        return "SIGFPE (a division by 0 or the like)";
    case SIGILL:
        return "SIGILL";
    case SIGABRT:
        return "SIGABRT (abort() was called)";
    case SIGKILL:
        return "SIGKILL (somebody killed it, or memory ran out)";
    default:
        return "a signal";
    }
}

/* In the child from here on. */

static void note_task(void)
{
    const struct tutti_task *task = tutti_task_self();
    if (!task) return;
    words->task_id = tutti_task_id(task);
    strncpy(words->task, tutti_task_name(task), sizeof words->task - 1);
}

static void say_last_words(void)
{
    static volatile sig_atomic_t said; /* saying them may crash, too */
    note_task();
    if (!said && this_child->last_words) {
        said = 1;
        this_child->last_words(this_child->context);
    }
}

static void on_panic(const struct tutti_site *site, const char *message)
{
    words->panicked = true;
    strncpy(words->message, message, sizeof words->message - 1);
    if (site) {
        strncpy(words->file, site->file, sizeof words->file - 1);
        words->line = site->line;
    }
    say_last_words();
}

static void on_crash(int number)
{
    words->signal = number;
    say_last_words();
    signal(number, SIG_DFL); /* whoever had it before us, a test runner say, is the parent's */
    (void)raise(number);
}

static void on_ask(int number)
{
    (void)number;
    words->asked = true;
    say_last_words();
    _exit(0);
}

/* Somebody calls exit() in the middle of a run; a child that comes to its end does not. What else
 * would be done at the exit is the parent's: a sanitizer's look for leaks, say.                  */
static void on_exit_called(int code, void *nothing)
{
    (void)nothing;
    say_last_words();
    (void)fflush(NULL);
    _exit(code);
}

static void set_handlers(void)
{
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASH_SIGNALS; i++) {
        (void)sigaction(crash_signals[i], &action, NULL);
    }
    struct sigaction ask = {.sa_handler = on_ask, .sa_flags = SA_ONSTACK};
    sigemptyset(&ask.sa_mask);
    (void)sigaction(SIGNAL_ASK, &ask, NULL);
    signal(SIGINT, SIG_IGN); /* the parent is asked, and asks */
    signal(SIGTERM, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &caught.old_mask, NULL);
    (void)tutti_panic_set_hook(on_panic);
    (void)on_exit(on_exit_called, NULL);
}

/* A test that reads gets the end of the file in every run, whatever the parent's input holds. */
static void drop_input(void)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0) return;
    (void)dup2(nothing, STDIN_FILENO);
    if (nothing != STDIN_FILENO) (void)close(nothing);
}

static void silence(void)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    (void)dup2(nowhere, STDOUT_FILENO);
    (void)dup2(nowhere, STDERR_FILENO);
    (void)close(nowhere);
}

TUTTI_NORETURN static void be_child(const struct child *child, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    this_child = child;
    drop_input();
    if (child->silent) silence();
    set_handlers();
    child->work(child->context);
    (void)fflush(NULL);
    words->finished = true;
    _exit(0);
}

/* In the parent from here on. */

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

void os_interrupts_begin(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigset_t both;
    if (caught.depth++ > 0) return;
    interrupted = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &both, &caught.old_mask);
    (void)sigaction(SIGINT, &action, &caught.old_int);
    (void)sigaction(SIGTERM, &action, &caught.old_term);
}

void os_interrupts_end(void)
{
    if (--caught.depth > 0) return;
    (void)sigaction(SIGINT, &caught.old_int, NULL);
    (void)sigaction(SIGTERM, &caught.old_term, NULL);
    (void)sigprocmask(SIG_SETMASK, &caught.old_mask, NULL);
}

/* Waits until the child is gone or it is `until_ns`. True if it is gone. */
static bool gone(int fd, int64_t until_ns)
{
    int64_t left_ns = until_ns - os_real_ns();
    if (left_ns < 0) left_ns = 0;
    struct timespec left = {.tv_sec = left_ns / TUTTI_S, .tv_nsec = left_ns % TUTTI_S};
    struct pollfd end = {.fd = fd, .events = POLLIN};
    return ppoll(&end, 1, &left, &caught.old_mask) > 0;
}

static void kill_slowly(pid_t pid, int fd)
{
    if (!gone(fd, os_real_ns() + PATIENCE_NS)) (void)kill(pid, SIGKILL);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Returns when the child has ended, or will soon. */
static enum child_end watch(const struct child *child, pid_t pid, int fd)
{
    int64_t now_ns = os_real_ns(), moved_ns = now_ns, tick_ns = now_ns + child->tick_ns;
    uint64_t beat = child->beat ? *child->beat : 0;
    for (;;) {
        int64_t until_ns = earlier(child->deadline_ns, tutti_time_add(moved_ns, child->hang_ns));
        if (child->tick) until_ns = earlier(until_ns, tick_ns);
        if (gone(fd, until_ns)) return CHILD_DONE;
        now_ns = os_real_ns();
        if (interrupted || now_ns >= child->deadline_ns) {
            if (child->stop) *child->stop = true;
            kill_slowly(pid, fd);
            return interrupted ? CHILD_INTERRUPTED : CHILD_LATE;
        }
        if (child->beat && *child->beat != beat) {
            beat = *child->beat;
            moved_ns = now_ns;
        } else if (now_ns - moved_ns >= child->hang_ns) {
            (void)kill(pid, SIGNAL_ASK);
            kill_slowly(pid, fd);
            return CHILD_HUNG;
        }
        if (child->tick && now_ns >= tick_ns) {
            child->tick(child->tick_context);
            tick_ns = now_ns + child->tick_ns;
        }
    }
}

/* How it ended, if nobody here ended it. */
static void classify(struct child *child, int status)
{
    if (child->end != CHILD_DONE) return;
    if (words->signal) { /* even if somebody's handler turned it into an exit */
        child->end = CHILD_SIGNAL;
        child->number = words->signal;
    } else if (WIFSIGNALED(status)) {
        child->end = CHILD_SIGNAL;
        child->number = WTERMSIG(status);
    } else if (!words->finished) {
        child->end = CHILD_EXIT;
        child->number = WEXITSTATUS(status);
    }
}

static bool start(struct child *child, pid_t *pid, int fds[2])
{
    if (!words) words = os_map_shared(sizeof *words);
    if (!words || pipe2(fds, O_CLOEXEC) < 0) {
        child->number = words ? -errno : -ENOMEM;
        return false;
    }
    memset(words, 0, sizeof *words);
    (void)fflush(NULL); /* what is buffered is printed once, not twice */
    pid_t parent = getpid();
    *pid = fork();
    if (*pid == 0) {
        (void)close(fds[0]);
        be_child(child, parent);
    }
    if (*pid < 0) {
        child->number = -errno;
        (void)close(fds[0]);
    }
    (void)close(fds[1]);
    return *pid > 0;
}

void os_child_run(struct child *child)
{
    int fds[2], status = 0;
    pid_t pid;
    child->end = CHILD_NONE;
    child->number = 0;
    os_interrupts_begin();
    if (interrupted) {
        child->end = CHILD_INTERRUPTED;
    } else if (start(child, &pid, fds)) {
        child->end = watch(child, pid, fds[0]);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        (void)close(fds[0]);
        classify(child, status);
    }
    os_interrupts_end();
    child->words = words;
}
