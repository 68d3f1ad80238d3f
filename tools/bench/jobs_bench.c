/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How much faster two jobs of the explorer are than one, beside two copies of a loop that shares
 * nothing: what the machine gives to two processes at that moment.                               */
#include "bench.h"
#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/sim/explore.h"
#include "tutti/sim/rehearse.h"

enum { TASKS = 4, CHECKPOINTS = 4, WRITERS = 9 };

static int rest(void *arg)
{
    (void)arg;
    for (int i = 0; i < CHECKPOINTS; i++)
        TUTTI_TRY(tutti_checkpoint());
    return 0;
}

static int body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < TASKS; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, rest, arg));
    return 0;
}

static int test_main(void *arg)
{
    return tutti_nursery_run(body, arg);
}

/* Tasks that write one variable: each order of them is a trace. */
static int write_once(void *arg)
{
    static uint64_t variable;
    (void)arg;
    TUTTI_TRY(tutti_checkpoint());
    tutti_access(&variable, sizeof variable, true);
    return 0;
}

static int start_writers(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < WRITERS; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, write_once, arg));
    return 0;
}

static int writers_main(void *arg)
{
    return tutti_nursery_run(start_writers, arg);
}

/* ns that a search by so many jobs takes; negative: it failed. */
static double search_ns(enum tutti_strategy strategy, uint32_t jobs, size_t runs)
{
    static struct tutti_rehearsal rehearsal;
    struct tutti_explorer *explorer;
    struct tutti_explore_options options = {
        .bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN},
        .strategy = strategy,
        .jobs = jobs,
        .seed = 1,
        .runs_max = runs};
    bench_roam();
    if (!rehearsal.main && tutti_sim_world_open(&rehearsal.sim, 1) < 0) return -1;
    rehearsal.main = strategy == TUTTI_STRATEGY_DPOR ? writers_main : test_main;
    if (tutti_explorer_open(&explorer, &options, tutti_rehearse, &rehearsal) < 0) return -1;
    int64_t start_ns = bench_now_ns();
    enum tutti_explore_end end = tutti_explorer_search(explorer);
    double took_ns = (double)(bench_now_ns() - start_ns);
    tutti_explorer_close(explorer);
    return end == TUTTI_EXPLORE_RUNS ? took_ns : -1;
}

static double gain(enum tutti_strategy strategy, size_t runs)
{
    double one_ns = search_ns(strategy, 1, runs), two_ns = search_ns(strategy, 2, runs);
    return one_ns < 0 || two_ns < 0 ? -1 : one_ns / two_ns;
}

static double depth_first(size_t runs)
{
    return gain(TUTTI_STRATEGY_DFS, runs);
}

static double traces(size_t runs)
{
    return gain(TUTTI_STRATEGY_DPOR, runs);
}

static double by_chance(size_t runs)
{
    return gain(TUTTI_STRATEGY_RANDOM, runs);
}

/* Some work that touches no memory to speak of. */
static void loop(size_t runs)
{
    uint64_t x = runs;
    for (size_t i = 0; i < runs * 400; i++) {
        x = x * UINT64_C(6364136223846793005) + 1;
        BENCH_OPAQUE(x);
    }
}

/* Two copies do twice the work of one. */
static double control(size_t runs)
{
    bench_roam();
    double one_ns = bench_side_by_side(1, loop, runs), two_ns = bench_side_by_side(2, loop, runs);
    return one_ns < 0 || two_ns < 0 ? -1 : 2 * one_ns / two_ns;
}

static const struct bench_row rows[] = {
    {"depth-first, 2 jobs", depth_first, control, 300000, 0.9, BENCH_LEAST_OF_FLOOR},
    {"random, 2 jobs", by_chance, control, 300000, 0.9, BENCH_LEAST_OF_FLOOR},
    {"dpor, 2 jobs", traces, control, 150000, 0.9, BENCH_LEAST_OF_FLOOR},
    {NULL, NULL, NULL, 0, 0, BENCH_NO_BAR},
};

int main(int argc, char **argv)
{
    static const struct bench_table table = {"two jobs beside one, on two processors or more",
                                             "times as fast", rows};
    return bench_main(argc, argv, &table);
}
