/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every task's stack has its guard, however the system makes guards; and without memory for another
 * stack a start fails, and nothing else. The system is the test's: what it answers to the calls
 * that core makes, each case in a process of its own, since core asks it once what it can do.   */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tiny_world.h"
#include "tutti/core/error.h"
#include "tutti/core/limits.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

enum { ADVICE_GUARD = 102, TASKS = 100, STACK = TUTTI_STACK_SIZE_ASAN };

/* What the system does when it is asked. */
enum answer { ANSWERS_NO, ANSWERS_HALF, ANSWERS_YES, LIES };
static struct {
    enum answer list, page, protect; /* to process_madvise, madvise and mprotect */
    int lists, pages, protects;      /* calls of each that did something */
    size_t room;                     /* bytes that are still to be had by mmap */
} kernel;

int __real_mprotect(void *from, size_t size, int how);
int __real_madvise(void *from, size_t size, int advice);
long __real_syscall(long number, ...);
void *__real_mmap(void *at, size_t size, int how, int flags, int fd, off_t offset);
int __wrap_mprotect(void *from, size_t size, int how);
int __wrap_madvise(void *from, size_t size, int advice);
long __wrap_syscall(long number, ...);
void *__wrap_mmap(void *at, size_t size, int how, int flags, int fd, off_t offset);

int __wrap_mprotect(void *from, size_t size, int how)
{
    errno = ENOMEM;
    if (kernel.protect == ANSWERS_NO) return -1;
    kernel.protects++;
    return __real_mprotect(from, size, how);
}

int __wrap_madvise(void *from, size_t size, int advice)
{
    if (advice != ADVICE_GUARD) return __real_madvise(from, size, advice);
    errno = EINVAL;
    if (kernel.page == ANSWERS_NO) return -1;
    kernel.pages++;
    return kernel.page == LIES ? 0 : __real_mprotect(from, size, PROT_NONE);
}

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    (void)va_arg(arguments, int);
    const struct iovec *pages = va_arg(arguments, const struct iovec *);
    size_t count = va_arg(arguments, size_t), done = 0;
    va_end(arguments);
    if (number != SYS_process_madvise) abort();
    errno = ENOSYS;
    if (kernel.list == ANSWERS_NO) return -1;
    kernel.lists++;
    if (kernel.list == ANSWERS_HALF && count > 2) count = count / 2 - 1;
    for (size_t i = 0; i < count; i++) {
        done += pages[i].iov_len;
        if (kernel.list == LIES) continue;
        if (__real_mprotect(pages[i].iov_base, pages[i].iov_len, PROT_NONE) < 0) return -1;
    }
    return (long)done;
}

void *__wrap_mmap(void *at, size_t size, int how, int flags, int fd, off_t offset)
{
    errno = ENOMEM;
    if (size > kernel.room) return MAP_FAILED;
    kernel.room -= size;
    return __real_mmap(at, size, how, flags, fd, offset);
}

/* A run's tasks. */
static struct {
    struct tutti_event over;
    int made, guarded, told;
} tasks;

/* The kernel cannot read there. */
static bool is_guarded(uintptr_t at)
{
    char byte;
    int pipes[2];
    tutti_check(pipe(pipes) == 0);
    bool is = write(pipes[1], (const void *)at, 1) == -1 && errno == EFAULT;
    tutti_check(is || read(pipes[0], &byte, 1) == 1);
    close(pipes[0]);
    close(pipes[1]);
    return is;
}

/* The task's stack has a page of that kind. */
static int looks_down(void *arg)
{
    (void)arg;
    bool found = false;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), size = STACK;
    uintptr_t at = (uintptr_t)TUTTI_FRAME & ~(page - 1), low = at - size;
    TUTTI_TRY(tutti_event_wait(&tasks.over)); /* until all are there */
    for (; at > low && !found; at -= page)
        found = is_guarded(at);
    tasks.guarded += found;
    return 0;
}

static int start_all(struct tutti_nursery *nursery, void *arg)
{
    int rc = 0;
    (void)arg;
    for (; tasks.made < TASKS && rc == 0; tasks.made += rc == 0)
        rc = tutti_nursery_start(nursery, looks_down, NULL);
    tutti_event_set(&tasks.over);
    return tasks.made < TASKS && rc != TUTTI_ENOMEMORY ? rc : 0;
}

static int run_all(void *arg)
{
    tutti_event_init(&tasks.over, "over");
    return tutti_nursery_run(start_all, arg);
}

static int count_warning(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink;
    tasks.told += event->code == TUTTI_WARN_UNGUARDED;
    return 0;
}

/* A run with such a system, in a child: `right` is asked there whether all is as it should be. */
static void assert_run(enum answer list, enum answer page, enum answer protect, size_t room,
                       bool (*right)(void))
{
    static struct tutti_sink sink = {.mask = TUTTI_EVENT_BIT(WARN), .event = count_warning};
    static const struct tutti_options options = {.stack_size = STACK};
    static struct tiny_world tiny;
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        kernel.list = list, kernel.page = page, kernel.protect = protect, kernel.room = room;
        tiny_world_init(&tiny);
        tiny.world.options = &options;
        tiny.world.sink = &sink;
        int rc = tutti_run(&tiny.world, run_all, NULL);
        bool ok = rc == 0 && right();
        if (!ok) {
            print_error("run %d: made %d, guarded %d, told %d, calls %d %d %d\n", rc, tasks.made,
                        tasks.guarded, tasks.told, kernel.lists, kernel.pages, kernel.protects);
        }
        _exit(ok ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool all_guarded(void)
{
    return tasks.made == TASKS && tasks.guarded == TASKS && tasks.told == 0;
}

/* Slabs of 16, 32 and 64 stacks; a call that only asks whether it works for each way. */
static bool by_lists(void)
{
    return all_guarded() && kernel.lists == 1 + 3 && kernel.pages == 1 + 16;
}

static void guards_are_made_by_lists(void **state)
{
    (void)state;
    assert_run(ANSWERS_YES, ANSWERS_YES, ANSWERS_NO, SIZE_MAX, by_lists);
}

/* What a list left out is the next one's, or a single call's where there are not enough. */
static bool by_short_lists(void)
{
    return all_guarded() && kernel.lists > 1 + 3 && kernel.pages > 1 + 16;
}

static void lists_may_be_done_in_part(void **state)
{
    (void)state;
    assert_run(ANSWERS_HALF, ANSWERS_YES, ANSWERS_NO, SIZE_MAX, by_short_lists);
}

static bool one_by_one(void)
{
    return all_guarded() && kernel.lists <= 1 && kernel.pages == 1 + TASKS + 1;
}

static void guards_are_made_one_by_one(void **state)
{
    (void)state;
    assert_run(ANSWERS_NO, ANSWERS_YES, ANSWERS_NO, SIZE_MAX, one_by_one);
    assert_run(LIES, ANSWERS_YES, ANSWERS_NO, SIZE_MAX, one_by_one);
}

static bool by_mprotect(void)
{
    return all_guarded() && kernel.lists == 0 && kernel.pages <= 1 && kernel.protects == TASKS + 1;
}

static void guards_are_made_by_mprotect(void **state)
{
    (void)state;
    assert_run(ANSWERS_NO, ANSWERS_NO, ANSWERS_YES, SIZE_MAX, by_mprotect);
    assert_run(ANSWERS_YES, LIES, ANSWERS_YES, SIZE_MAX, by_mprotect);
}

static bool without(void)
{
    return tasks.made == TASKS && tasks.guarded == 0 && tasks.told == 1;
}

static void none_can_be_made(void **state)
{
    (void)state;
    assert_run(ANSWERS_NO, ANSWERS_NO, ANSWERS_NO, SIZE_MAX, without);
}

/* A slab of 16, then there is not room for one of 32, but for a few stacks. */
static bool some_guarded(void)
{
    return tasks.made > 16 + 1 && tasks.made < 16 + 32 && tasks.guarded == tasks.made;
}

static void room_for_some(void **state)
{
    (void)state;
    assert_run(ANSWERS_YES, ANSWERS_YES, ANSWERS_NO, 40 * STACK, some_guarded);
}

int main(void)
{
    kernel.room = SIZE_MAX;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guards_are_made_by_lists),   cmocka_unit_test(lists_may_be_done_in_part),
        cmocka_unit_test(guards_are_made_one_by_one), cmocka_unit_test(guards_are_made_by_mprotect),
        cmocka_unit_test(none_can_be_made),           cmocka_unit_test(room_for_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
