/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How many runs a second the explorer makes of two small tests: main and three tasks of four
 * checkpoints each, or five of ten, nobody listening, one core. docs/benchmarks.md says how to run
 * it.                                                                                            */
#include "bench.h"
#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/sim/explore.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_dpor.h"
#include "tutti/sim/pick_plain.h"
#include "tutti/sim/pick_random.h"
#include "tutti/sim/rehearse.h"

enum { CHOICES_MAX = 256 };

/* The two tests. */
static const struct size {
    int tasks, checkpoints;
} small = {3, 4}, large = {5, 10};

static int rest(void *arg)
{
    const struct size *size = arg;
    for (int i = 0; i < size->checkpoints; i++) {
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int body(struct tutti_nursery *nursery, void *arg)
{
    const struct size *size = arg;
    for (int i = 0; i < size->tasks; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, rest, arg));
    }
    return 0;
}

static int test_main(void *arg)
{
    return tutti_nursery_run(body, arg);
}

static const struct tutti_bounds step = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN};
static const struct tutti_bounds batch = {.step = false};
static struct tutti_take takes[CHOICES_MAX];

/* The world of all rounds, as an explorer keeps one for all its runs. NULL: no memory. */
static struct tutti_rehearsal *rehearsal(const struct size *size)
{
    static struct tutti_rehearsal the_one;
    if (!the_one.main && tutti_sim_world_open(&the_one.sim, 1) < 0) return NULL;
    the_one.main = test_main;
    the_one.arg = (void *)(uintptr_t)size;
    return &the_one;
}

/* The same run again and again. */
static double plain_row(size_t runs, const struct tutti_bounds *bounds)
{
    struct tutti_rehearsal *run = rehearsal(&small);
    struct tutti_pick_plain plain;
    struct tutti_verdict verdict;
    if (!run) return -1;
    tutti_pick_plain_init(&plain, bounds, takes, CHOICES_MAX);
    int64_t start_ns = bench_now_ns();
    for (size_t i = 0; i < runs; i++) {
        tutti_picker_reset(&plain.picker);
        tutti_rehearse(run, &plain.picker, &verdict);
        if (verdict.kind != TUTTI_VERDICT_OK) return -1;
    }
    return (double)runs * 1e9 / (double)(bench_now_ns() - start_ns);
}

/* One run of many steps, again and again: what a step takes, the run's own beginning aside. */
static const struct size endless = {5, 2000};

static double step_row(size_t steps)
{
    enum { ROOM = 1 << 14 };
    static struct tutti_take many[ROOM];
    struct tutti_rehearsal *run = rehearsal(&endless);
    size_t a_run = (size_t)endless.tasks * (size_t)endless.checkpoints, made = 0;
    struct tutti_pick_plain plain;
    struct tutti_verdict verdict;
    if (!run) return -1;
    tutti_pick_plain_init(&plain, &step, many, ROOM);
    int64_t start_ns = bench_now_ns();
    for (; made < steps; made += a_run) {
        tutti_picker_reset(&plain.picker);
        tutti_rehearse(run, &plain.picker, &verdict);
        if (verdict.kind != TUTTI_VERDICT_OK) return -1;
    }
    return (double)made * 1e9 / (double)(bench_now_ns() - start_ns);
}

static double plain_batch_row(size_t runs)
{
    return plain_row(runs, &batch);
}

static double plain_step_row(size_t runs)
{
    return plain_row(runs, &step);
}

static double search_row(struct tutti_picker *picker, const struct size *size, size_t runs)
{
    struct tutti_rehearsal *run = rehearsal(size);
    if (!run) return -1;
    struct tutti_search search = {.picker = picker, .run = tutti_rehearse, .context = run};
    int64_t start_ns = bench_now_ns();
    tutti_search_go(&search, runs);
    int64_t end_ns = bench_now_ns();
    if (search.end != TUTTI_SEARCH_GOES_ON || search.runs != runs) return -1;
    return (double)runs * 1e9 / (double)(end_ns - start_ns);
}

static double dfs_of(const struct size *size, size_t runs)
{
    struct tutti_pick_dfs dfs;
    tutti_pick_dfs_init(&dfs, &step, takes, CHOICES_MAX);
    return search_row(&dfs.picker, size, runs);
}

static double dfs_row(size_t runs)
{
    return dfs_of(&small, runs);
}

static double large_dfs_row(size_t runs)
{
    return dfs_of(&large, runs);
}

static double random_of(const struct size *size, size_t runs)
{
    struct tutti_pick_random chancy;
    tutti_pick_random_init(&chancy, &step, takes, CHOICES_MAX, 1);
    return search_row(&chancy.by.picker, size, runs);
}

static double random_row(size_t runs)
{
    return random_of(&small, runs);
}

static double large_random_row(size_t runs)
{
    return random_of(&large, runs);
}

/* Five tasks that write one variable: 120 traces, searched again and again. */
static int write_once(void *arg)
{
    tutti_access(arg, sizeof(uint64_t), true);
    return 0;
}

static int writers_body(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    static uint64_t variable;
    for (int i = 0; i < 5; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, write_once, &variable));
    }
    return 0;
}

static int writers_main(void *arg)
{
    return tutti_nursery_run(writers_body, arg);
}

static double dpor_row(size_t runs)
{
    enum { TRACES = 120 };
    static struct tutti_dpor_memory memory;
    struct tutti_rehearsal *run = rehearsal(&small);
    if (!run) return -1;
    run->main = writers_main;
    size_t made = 0;
    int64_t start_ns = bench_now_ns();
    while (made < runs) {
        struct tutti_pick_dpor dpor;
        tutti_pick_dpor_init(&dpor, &step, takes, CHOICES_MAX, &memory);
        struct tutti_search search = {
            .picker = &dpor.picker, .run = tutti_rehearse, .context = run};
        tutti_search_go(&search, UINT64_MAX);
        if (tutti_pick_dpor_search(&dpor)->traces != TRACES) return -1;
        made += TRACES;
    }
    return (double)made * 1e9 / (double)(bench_now_ns() - start_ns);
}

/* The whole explorer, its child process included. */
static double explorer_row(size_t runs, enum tutti_isolate isolate)
{
    struct tutti_rehearsal *run = rehearsal(&small);
    struct tutti_explorer *explorer;
    struct tutti_explore_options options = {.bounds = step, .isolate = isolate, .runs_max = runs};
    if (!run || tutti_explorer_open(&explorer, &options, tutti_rehearse, run) < 0) return -1;
    int64_t start_ns = bench_now_ns();
    enum tutti_explore_end end = tutti_explorer_search(explorer);
    int64_t end_ns = bench_now_ns();
    tutti_explorer_close(explorer);
    return end == TUTTI_EXPLORE_RUNS ? (double)runs * 1e9 / (double)(end_ns - start_ns) : -1;
}

static double child_row(size_t runs)
{
    return explorer_row(runs, TUTTI_ISOLATE_SEARCH);
}

static double fork_row(size_t runs)
{
    return explorer_row(runs, TUTTI_ISOLATE_FORK);
}

static const struct bench_row rows[] = {
    {"plain, step mode", plain_step_row, NULL, 50000, 100000, BENCH_AT_LEAST},
    {"plain, batch mode", plain_batch_row, NULL, 50000, 100000, BENCH_AT_LEAST},
    {"depth-first", dfs_row, NULL, 50000, 400000, BENCH_AT_LEAST},
    {"random", random_row, NULL, 50000, 400000, BENCH_AT_LEAST},
    {"depth-first, 5 tasks, 50", large_dfs_row, NULL, 50000, 200000, BENCH_AT_LEAST},
    {"random, 5 tasks, 50", large_random_row, NULL, 50000, 200000, BENCH_AT_LEAST},
    {"dpor, 5 writers (traces)", dpor_row, NULL, 24000, 150000, BENCH_AT_LEAST},
    {"a step, nobody listening (steps)", step_row, NULL, 1000000, 10000000, BENCH_AT_LEAST},
    {"depth-first, in a child process", child_row, NULL, 50000, 0, BENCH_NO_BAR},
    {"depth-first, a process a run", fork_row, NULL, 300, 0, BENCH_NO_BAR},
    {NULL, NULL, NULL, 0, 0, BENCH_NO_BAR},
};

int main(int argc, char **argv)
{
    static const struct bench_table table = {"exploring: 3 tasks, 12 checkpoints, no trace",
                                             "runs a second", rows};
    return bench_main(argc, argv, &table);
}
