/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "floor.h"

#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* As large as core's default. */
enum { STACK = 64 * 1024, LINE = 64, SWITCHES = 2000000 };

struct floor_group;
struct floor_task {
    void *sp;
    struct floor_task *next;
    void (*fn)(void *arg);
    void *arg;
    struct floor_group *group;
};
struct floor_group {
    unsigned children;
    struct floor_task *waiter;
};

void floor_switch(void **save, void *to);

static struct floor_task *ready_first, *ready_last, *current, *spare;
static struct floor_task main_task;

static inline void push(struct floor_task *task)
{
    task->next = NULL;
    if (ready_first) {
        ready_last->next = task;
    } else {
        ready_first = task;
    }
    ready_last = task;
}

/* Runs the first of the list; the caller must be in it, or somewhere where it is found. */
static inline void switch_to_first(void)
{
    struct floor_task *from = current, *to = ready_first;
    ready_first = to->next;
    current = to;
    if (to != from) floor_switch(&from->sp, to->sp);
}

static inline void yield(void)
{
    push(current);
    switch_to_first();
}

/* Readies a task whose record is at the end of its stack. */
static inline void make(struct floor_task *task, void (*entry)(void))
{
    uintptr_t *sp = (uintptr_t *)(void *)task - 8;
    memset(sp, 0, 8 * sizeof *sp);
    sp[6] = (uintptr_t)entry;
    task->sp = sp;
}

static struct floor_task *task_at(char *stacks, size_t i, bool coloured)
{
    size_t top = (i + 1) * STACK - LINE - (coloured ? i % 48 * LINE : 0);
    return (struct floor_task *)(void *)(stacks + top);
}

static void reset(void)
{
    ready_first = NULL;
    spare = NULL;
    current = &main_task;
}

/* Switches left until main runs again. */
static int64_t left;

static void rotate(void)
{
    for (;;) {
        if (--left > 0) {
            yield();
        } else {
            push(current);
            current = &main_task;
            floor_switch(&ready_last->sp, main_task.sp);
        }
    }
}

static double switch_row(size_t tasks, bool coloured)
{
    char *stacks = bench_map(tasks * STACK);
    reset();
    for (size_t i = 0; i < tasks; i++) {
        struct floor_task *task = task_at(stacks, i, coloured);
        make(task, rotate);
        push(task);
    }
    left = (int64_t)tasks * 2; /* once round for the stacks' pages, once more for the caches */
    switch_to_first();
    left = SWITCHES;
    int64_t start_ns = bench_now_ns();
    switch_to_first();
    int64_t end_ns = bench_now_ns();
    bench_unmap(stacks, tasks * STACK);
    return (double)(end_ns - start_ns) / SWITCHES;
}

double floor_switch_row(size_t tasks)
{
    return switch_row(tasks, false);
}

double floor_coloured_row(size_t tasks)
{
    return switch_row(tasks, true);
}

/* A task that ends: its stack is spare from here on, while it still stands on it. */
static void run_and_end(void)
{
    struct floor_task *me = current;
    me->fn(me->arg);
    struct floor_group *group = me->group;
    if (group && --group->children == 0 && group->waiter) push(group->waiter);
    struct floor_task *to = ready_first;
    ready_first = to->next;
    me->next = spare;
    spare = me;
    current = to;
    floor_switch(&me->sp, to->sp);
}

static void start(struct floor_group *group, void (*fn)(void *arg), void *arg)
{
    struct floor_task *task = spare;
    spare = task->next;
    task->fn = fn;
    task->arg = arg;
    task->group = group;
    if (group) group->children++;
    make(task, run_and_end);
    push(task);
}

static void count_up(void *arg)
{
    ++*(size_t *)arg;
}

static void join(struct floor_group *group)
{
    group->waiter = current;
    if (group->children) switch_to_first();
}

static double start_row(size_t times, bool grouped)
{
    char *stack = bench_map(STACK);
    size_t count = 0;
    reset();
    spare = task_at(stack, 0, false);
    spare->next = NULL;
    int64_t start_ns = bench_now_ns();
    for (size_t i = 0; i < times; i++) {
        if (grouped) {
            struct floor_group group = {0, NULL};
            start(&group, count_up, &count);
            join(&group);
        } else {
            start(NULL, count_up, &count);
            yield();
        }
    }
    int64_t end_ns = bench_now_ns();
    bench_unmap(stack, STACK);
    return count == times ? (double)(end_ns - start_ns) / (double)times : -1;
}

double floor_start_row(size_t times)
{
    return start_row(times, false);
}

double floor_group_row(size_t times)
{
    return start_row(times, true);
}

double floor_cold_row(size_t tasks)
{
    reset();
    int64_t start_ns = bench_now_ns();
    char *stacks = bench_map(tasks * STACK);
    for (size_t i = 0, guarded = 0; i < tasks; i++) {
        struct floor_task *task = task_at(stacks, i, false);
        if (i == guarded) guarded += bench_guard(stacks + i * STACK, tasks - i, STACK);
        task->fn = count_up;
        make(task, run_and_end);
        push(task);
    }
    int64_t end_ns = bench_now_ns();
    bench_unmap(stacks, tasks * STACK);
    return (double)(end_ns - start_ns) / (double)tasks;
}

/* A heap of times and the innermost of a chain of blocks: what a scope with a deadline is. */
struct floor_scope {
    struct floor_scope *parent;
    size_t place;
};
struct floor_timer {
    int64_t when_ns;
    struct floor_scope *scope; /* or a task */
};
static struct floor_timer timers[16];
static size_t timers_count;
static struct floor_scope *innermost;

static __attribute__((noinline)) void scope_open(struct floor_scope *scope, int64_t when_ns)
{
    size_t at = timers_count++;
    scope->parent = innermost;
    innermost = scope;
    for (; at > 0 && timers[(at - 1) / 4].when_ns > when_ns; at = (at - 1) / 4) {
        timers[at] = timers[(at - 1) / 4];
        timers[at].scope->place = at;
    }
    timers[at] = (struct floor_timer){when_ns, scope};
    scope->place = at;
}

/* The blocks end in reverse order and the row has one: what is taken out is the last. */
static __attribute__((noinline)) void scope_close(struct floor_scope *scope)
{
    innermost = scope->parent;
    if (scope->place != --timers_count) abort();
}

double floor_scope_row(size_t times)
{
    int64_t start_ns = bench_now_ns();
    for (size_t i = 0; i < times; i++) {
        struct floor_scope scope;
        scope_open(&scope, start_ns + 1000000000);
        scope_close(&scope);
    }
    return (double)(bench_now_ns() - start_ns) / (double)times;
}

/* Who waits for the number, and where it goes. */
static struct floor_task *receiver;
static size_t *received_at;

static void receive_all(void *arg)
{
    size_t *sum = arg, number = 1;
    while (number) {
        receiver = current;
        received_at = &number;
        switch_to_first();
        *sum += number;
    }
}

static void send_number(size_t number)
{
    struct floor_task *to = receiver;
    receiver = NULL;
    *received_at = number;
    push(to);
    yield();
}

double floor_rendezvous_row(size_t times)
{
    char *stack = bench_map(STACK);
    size_t sum = 0;
    reset();
    spare = task_at(stack, 0, false);
    spare->next = NULL;
    start(NULL, receive_all, &sum);
    yield();
    int64_t start_ns = bench_now_ns();
    for (size_t i = times; i > 0; i--)
        send_number(i);
    int64_t end_ns = bench_now_ns();
    send_number(0);
    bench_unmap(stack, STACK);
    return sum == times * (times + 1) / 2 ? (double)(end_ns - start_ns) / (double)times : -1;
}

/* A heap of times, four children a node. */
static void heap_put(struct floor_timer *heap, size_t at, struct floor_timer timer)
{
    for (; at > 0 && heap[(at - 1) / 4].when_ns > timer.when_ns; at = (at - 1) / 4)
        heap[at] = heap[(at - 1) / 4];
    heap[at] = timer;
}

static struct floor_timer heap_take(struct floor_timer *heap, size_t count)
{
    struct floor_timer first = heap[0], last = heap[count - 1];
    size_t at = 0;
    for (;;) {
        size_t least = at * 4 + 1, end = at * 4 + 5 < count ? at * 4 + 5 : count;
        if (least >= count) break;
        for (size_t i = least + 1; i < end; i++) {
            if (heap[i].when_ns < heap[least].when_ns) least = i;
        }
        if (heap[least].when_ns >= last.when_ns) break;
        heap[at] = heap[least];
        at = least;
    }
    heap[at] = last;
    return first;
}

static char *make_all(size_t tasks, size_t *count)
{
    char *stacks = bench_map(tasks * STACK);
    for (size_t i = 0, guarded = 0; i < tasks; i++) {
        struct floor_task *task = task_at(stacks, i, false);
        if (i == guarded) guarded += bench_guard(stacks + i * STACK, tasks - i, STACK);
        task->fn = count_up;
        task->arg = count;
        task->group = NULL;
        make(task, run_and_end);
    }
    return stacks;
}

double floor_sleepers_row(size_t tasks)
{
    size_t count = 0;
    uint64_t chance = 1;
    reset();
    int64_t start_ns = bench_cpu_ns();
    struct floor_timer *heap = bench_map(tasks * sizeof *heap);
    char *stacks = make_all(tasks, &count);
    for (size_t i = 0; i < tasks; i++) {
        int64_t when_ns = bench_chance(&chance, 100000000);
        heap_put(heap, i, (struct floor_timer){when_ns, (void *)task_at(stacks, i, false)});
    }
    for (size_t left = tasks; left > 0; left--) {
        push((struct floor_task *)(void *)heap_take(heap, left).scope);
        yield();
    }
    int64_t end_ns = bench_cpu_ns();
    bench_unmap(stacks, tasks * STACK);
    bench_unmap(heap, tasks * sizeof *heap);
    return count == tasks ? (double)(end_ns - start_ns) / 1e6 : -1;
}

double floor_parked_row(size_t tasks)
{
    size_t count = 0;
    double before = bench_memory();
    char *stacks = make_all(tasks, &count);
    double after = bench_memory();
    bench_unmap(stacks, tasks * STACK);
    return (after - before) / (double)tasks;
}
