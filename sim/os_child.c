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

static struct child_words *all_words; /* shared by all processes, one for each child */
static struct child_words *words;     /* in a child: its own */
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

bool os_child_was_killed(const struct child *child)
{
    return child->end == CHILD_SIGNAL && child->number == SIGKILL && !child->words->signal;
}

/* In the child from here on. */

static void note_task(void)
{
    const struct tutti_task *task = tutti_task_self();
    if (!task) return;
    words->task_id = tutti_task_id(task);
    strncpy(words->task, tutti_task_name(task), sizeof words->task - 1);
}

/* The most important first: saying them may crash, too, or not end. */
static void say_last_words(void)
{
    static volatile sig_atomic_t said;
    note_task();
    if (said) return;
    said = 1;
    if (this_child->last_words) this_child->last_words(this_child->context);
    if (this_child->place) this_child->place(words->place, sizeof words->place);
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
    words = (struct child_words *)(uintptr_t)child->words;
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

/* Sleeps until a child is gone or it is `until_ns`. The first that is gone; NULL: none. */
static struct child *gone(struct child *children, uint32_t count, int64_t until_ns)
{
    struct pollfd ends[CHILDREN_MAX];
    int64_t left_ns = until_ns - os_real_ns();
    if (left_ns < 0) left_ns = 0;
    struct timespec left = {.tv_sec = left_ns / TUTTI_S, .tv_nsec = left_ns % TUTTI_S};
    for (uint32_t i = 0; i < count; i++) { /* a negative fd is left out */
        ends[i] = (struct pollfd){.fd = children[i].fd, .events = POLLIN};
    }
    if (ppoll(ends, count, &left, &caught.old_mask) <= 0) return NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (ends[i].revents) return &children[i];
    }
    return NULL;
}

/* How it ended, if nobody here ended it. */
static void classify(struct child *child, int status)
{
    const struct child_words *said = child->words;
    if (child->end != CHILD_DONE) return;
    if (said->signal) { /* even if somebody's handler turned it into an exit */
        child->end = CHILD_SIGNAL;
        child->number = said->signal;
    } else if (WIFSIGNALED(status)) {
        child->end = CHILD_SIGNAL;
        child->number = WTERMSIG(status);
    } else if (!said->finished) {
        child->end = CHILD_EXIT;
        child->number = WEXITSTATUS(status);
    }
}

/* It has ended, or will now. */
static void bury(struct child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    (void)close(child->fd);
    child->fd = -1;
    classify(child, status);
}

/* Who was asked to end has this long for it. */
static void end_slowly(struct child *child, enum child_end end)
{
    child->end = end;
    if (!gone(child, 1, os_real_ns() + PATIENCE_NS)) (void)kill(child->pid, SIGKILL);
    bury(child);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Has it shown no sign of life for too long? *until_ns: when that is to be asked again. */
static bool hangs(struct child *child, int64_t now_ns, int64_t *until_ns)
{
    uint64_t beat = child->beat ? *child->beat : 0;
    bool rests = child->rests && *child->rests;
    if (beat != child->seen_beat || rests) {
        child->seen_beat = beat;
        child->moved_ns = now_ns;
    }
    if (now_ns - child->moved_ns >= child->hang_ns) return true;
    *until_ns = earlier(*until_ns, tutti_time_add(child->moved_ns, child->hang_ns));
    return false;
}

static bool start(struct child *child, uint32_t index)
{
    int fds[2] = {-1, -1};
    child->end = CHILD_NONE;
    child->number = all_words ? 0 : -ENOMEM;
    child->fd = -1;
    if (!all_words) return false;
    if (pipe2(fds, O_CLOEXEC) < 0) {
        child->number = -errno;
        return false;
    }
    child->words = &all_words[index];
    memset(&all_words[index], 0, sizeof *all_words);
    (void)fflush(NULL); /* what is buffered is printed once, not twice */
    pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0) {
        (void)close(fds[0]);
        be_child(child, parent);
    }
    if (child->pid < 0) child->number = -errno;
    (void)close(fds[1]);
    if (child->pid < 0) {
        (void)close(fds[0]);
        return false;
    }
    child->end = CHILD_DONE;
    child->fd = fds[0];
    child->seen_beat = child->beat ? *child->beat : 0;
    child->moved_ns = os_real_ns();
    return true;
}

/* A child has ended: again, perhaps. */
static void after(struct child *child, uint32_t index)
{
    while (child->again && child->again(child)) {
        if (interrupted) {
            child->end = CHILD_INTERRUPTED;
            return;
        }
        if (start(child, index)) return;
    }
}

/* All that still live are to end. */
static void end_all(struct child *children, uint32_t count, enum child_end end)
{
    for (uint32_t i = 0; i < count; i++) {
        if (children[i].fd >= 0 && children[i].stop) *children[i].stop = true;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (children[i].fd >= 0) end_slowly(&children[i], end);
    }
}

/* Returns when all have ended. */
static void watch_all(struct child *children, uint32_t count, const struct child_watch *watch)
{
    int64_t tick_ns = os_real_ns() + watch->tick_ns;
    for (;;) {
        int64_t now_ns = os_real_ns(), until_ns = watch->deadline_ns;
        bool any = false;
        if (interrupted || now_ns >= watch->deadline_ns) {
            end_all(children, count, interrupted ? CHILD_INTERRUPTED : CHILD_LATE);
            return;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (children[i].fd >= 0 && hangs(&children[i], now_ns, &until_ns)) {
                (void)kill(children[i].pid, SIGNAL_ASK);
                end_slowly(&children[i], CHILD_HUNG);
                after(&children[i], i);
            }
            any = any || children[i].fd >= 0;
        }
        if (!any) return;
        if (watch->tick && now_ns >= tick_ns) {
            watch->tick(watch->tick_context);
            tick_ns = now_ns + watch->tick_ns;
        }
        if (watch->tick) until_ns = earlier(until_ns, tick_ns);
        struct child *child = gone(children, count, until_ns);
        if (!child) continue;
        bury(child);
        after(child, (uint32_t)(child - children));
    }
}

void os_children_run(struct child *children, uint32_t count, const struct child_watch *watch)
{
    TUTTI_ASSERT(count <= CHILDREN_MAX);
    if (!all_words) all_words = os_map_shared(CHILDREN_MAX * sizeof *all_words);
    os_interrupts_begin();
    for (uint32_t i = 0; i < count; i++) {
        children[i].fd = -1;
        children[i].end = CHILD_INTERRUPTED;
        if (!interrupted) (void)start(&children[i], i);
    }
    watch_all(children, count, watch);
    os_interrupts_end();
}
