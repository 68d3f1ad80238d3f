/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What many tasks cost that do nothing, in the real world, with nobody listening: the memory of
 * those that wait, the processor's time for those that sleep. Beside each its floor (floor.h). */
#include <stdio.h>

#include "bench.h"
#include "floor.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/world.h"
#include "tutti/io/real.h"

enum { ROUNDS = 5 };

struct round {
    size_t tasks;
    struct tutti_event over;
    uint64_t chance;
    double before, after; /* bytes, or ns of the processor's time */
};

static int sleep_for(void *arg)
{
    return tutti_sleep((int64_t)(intptr_t)arg);
}

static int sleep_body(struct tutti_nursery *nursery, void *arg)
{
    struct round *round = arg;
    for (size_t i = 0; i < round->tasks; i++) {
        int64_t ns = bench_chance(&round->chance, 100 * TUTTI_MS);
        TUTTI_TRY(tutti_nursery_start(nursery, sleep_for, (void *)(intptr_t)ns));
    }
    return 0;
}

static int sleep_main(void *arg)
{
    struct round *round = arg;
    int rc = tutti_nursery_run(sleep_body, round);
    round->after =
        (double)bench_cpu_ns(); /* before memory goes back, which is not in peers' time */
    return rc;
}

static double sleepers_row(size_t tasks)
{
    struct round round = {.tasks = tasks, .chance = 1, .before = (double)bench_cpu_ns()};
    if (tutti_run(tutti_world_real(), sleep_main, &round) < 0) return -1;
    return (round.after - round.before) / 1e6;
}

static int wait_until_over(void *arg)
{
    struct round *round = arg;
    return tutti_event_wait(&round->over);
}

static int park_body(struct tutti_nursery *nursery, void *arg)
{
    struct round *round = arg;
    round->before = bench_memory();
    for (size_t i = 0; i < round->tasks; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, wait_until_over, round));
    }
    TUTTI_TRY(tutti_checkpoint());
    round->after = bench_memory();
    tutti_event_set(&round->over);
    return 0;
}

static int park_main(void *arg)
{
    struct round *round = arg;
    tutti_event_init(&round->over, "over");
    return tutti_nursery_run(park_body, round);
}

static double parked_row(size_t tasks)
{
    struct round round = {.tasks = tasks};
    if (tutti_run(tutti_world_real(), park_main, &round) < 0) return -1;
    return (round.after - round.before) / (double)tasks;
}

static const struct bench_row rows[] = {
    {"100,000 sleepers, CPU ms", sleepers_row, floor_sleepers_row, 100000, 1.0, BENCH_OF_PEER},
    {"100,000 parked, bytes a task", parked_row, floor_parked_row, 100000, 4300, BENCH_AT_MOST},
    {"1,000,000 parked, bytes a task", parked_row, floor_parked_row, 1000000, 4300, BENCH_AT_MOST},
    {NULL, NULL, NULL, 0, 0, BENCH_NO_BAR},
};

int main(int argc, char **argv)
{
    static const struct bench_table table = {"many tasks, real world, no trace", "see each row",
                                             rows};
    return bench_main_rounds(argc, argv, &table, ROUNDS);
}
