/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tracked_programs.h"

#include <stdatomic.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

int tracked_tasks = 2;

static struct {
    int (*fn)(void *arg);
} program;
static int number;
static struct big {
    int parts[20];
} * block;
static _Atomic int word;
static char name[16];

/* Each task gets its index. */
static int start_all(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    for (int i = 0; i < tracked_tasks; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, program.fn, &i, sizeof i));
    }
    return 0;
}

static int run_all(int (*fn)(void *arg))
{
    program.fn = fn;
    return tutti_nursery_run(start_all, NULL);
}

static int write_number(void *arg)
{
    number = *(const int *)arg;
    return 0;
}

int tracked_writers(void *arg)
{
    (void)arg;
    return run_all(write_number);
}

static int write_or_read(void *arg)
{
    int seen = 0;
    if (*(const int *)arg == 0) {
        number = 7;
    } else {
        seen = number;
    }
    return seen < 0 ? -5 : 0;
}

int tracked_readers(void *arg)
{
    (void)arg;
    number = 0;
    return run_all(write_or_read);
}

static int write_part(void *arg)
{
    int index = *(const int *)arg;
    block->parts[index * 2] = index; /* words of their own */
    return 0;
}

static int copy_block(void *arg)
{
    struct big mine = {.parts = {*(const int *)arg}};
    *block = mine;
    return 0;
}

static int with_block(int (*fn)(void *arg))
{
    block = tutti_malloc(sizeof *block);
    if (!block) return TUTTI_ENOMEMORY;
    int rc = run_all(fn);
    tutti_free(block);
    return rc;
}

int tracked_apart(void *arg)
{
    (void)arg;
    return with_block(write_part);
}

int tracked_copies(void *arg)
{
    (void)arg;
    return with_block(copy_block);
}

static int exchange(void *arg)
{
    int zero = 0;
    (void)atomic_compare_exchange_strong(&word, &zero, *(const int *)arg + 1);
    return 0;
}

int tracked_cas(void *arg)
{
    (void)arg;
    atomic_store(&word, 0);
    return run_all(exchange);
}

static int *of_first;

static int add(void *arg)
{
    *of_first += *(const int *)arg + 1;
    return 0;
}

int tracked_stack(void *arg)
{
    volatile int sum = 0;
    (void)arg;
    of_first = (int *)&sum;
    return run_all(add);
}

static int work_alone(void *arg)
{
    volatile int parts[8] = {*(const int *)arg};
    for (int i = 1; i < 8; i++)
        parts[i] = parts[i - 1] + 1;
    return parts[7] < 0 ? -5 : 0;
}

int tracked_private(void *arg)
{
    (void)arg;
    return run_all(work_alone);
}

static int increment(void *arg)
{
    (void)arg;
    number++;
    return 0;
}

int tracked_increments(void *arg)
{
    (void)arg;
    number = 0;
    TUTTI_TRY(run_all(increment));
    tutti_check(number == tracked_tasks);
    return 0;
}

static int clear_name(void *arg)
{
    (void)arg;
    memcpy(name, "tutti", 6);
    return strlen(name) == 5 ? 0 : -5;
}

int tracked_strings(void *arg)
{
    (void)arg;
    return run_all(clear_name);
}
