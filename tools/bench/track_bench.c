/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What an access costs in an object whose accesses are seen (sim/track.h). docs/benchmarks.md says
 * how to run it.                                                                                 */
#include "bench.h"
#include "track_load.h"
#include "tutti/core/access.h"
#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/world.h"
#include "tutti/sim/sim_world.h"

/* As many words as a step of a program may well share, and a footprint with room for them. */
enum { WORDS = 64, TIMES = 20000, ROOM = 1 << 12, SHARED = 1 << 8 };

static struct tutti_access noted[ROOM];
static uint64_t shared_words[SHARED];
static volatile long global_words[WORDS];
static double per_access;

typedef void load(volatile long *words, size_t count, size_t times);

static double timed(load *run, volatile long *words)
{
    int64_t start_ns = bench_now_ns();
    run(words, WORDS, TIMES);
    return (double)(bench_now_ns() - start_ns) / (2.0 * WORDS * TIMES);
}

static uint32_t pick_first(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    (void)pick, (void)choice;
    return 0;
}

/* Runs main(floor or not) as a task whose footprint somebody wants; ns an access. */
static double in_task(int (*main)(void *arg), load *run, bool wanted)
{
    struct tutti_sim_world sim;
    struct tutti_footprint footprint = {
        .items = noted, .room = ROOM, .shared = shared_words, .shared_size = SHARED};
    struct tutti_pick pick = {.mask = 1u << TUTTI_CHOICE_RUN,
                              .step = true,
                              .pick = pick_first,
                              .footprint = wanted ? &footprint : NULL};
    if (tutti_sim_world_open(&sim, 1) < 0) return -1;
    sim.world.pick = &pick;
    per_access = -1;
    (void)!tutti_run(&sim.world, main, (void *)&run);
    tutti_sim_world_close(&sim);
    return per_access;
}

static int on_global(void *arg)
{
    per_access = timed(*(load **)arg, global_words);
    return 0;
}

static int on_stack(void *arg)
{
    volatile long words[WORDS] = {0};
    per_access = timed(*(load **)arg, words);
    return 0;
}

static int on_block(void *arg)
{
    long *words = tutti_malloc(WORDS * sizeof *words);
    if (!words) return TUTTI_ENOMEMORY;
    per_access = timed(*(load **)arg, words);
    tutti_free(words);
    return 0;
}

static double stack_seen(size_t size)
{
    (void)size;
    return in_task(on_stack, track_load, true);
}

static double global_seen(size_t size)
{
    (void)size;
    return in_task(on_global, track_load, true);
}

static double block_seen(size_t size)
{
    (void)size;
    return in_task(on_block, track_load, true);
}

static double nobody_wants(size_t size)
{
    (void)size;
    return in_task(on_global, track_load, false);
}

static double plain(size_t size)
{
    (void)size;
    return in_task(on_global, track_load_floor, false);
}

int main(int argc, char **argv)
{
    static const struct bench_row rows[] = {
        {"own stack", stack_seen, plain, 1, 10, BENCH_AT_MOST},
        {"global", global_seen, plain, 1, 10, BENCH_AT_MOST},
        {"block", block_seen, plain, 1, 10, BENCH_AT_MOST},
        {"nobody wants to know", nobody_wants, plain, 1, 0, BENCH_NO_BAR},
        {0},
    };
    static const struct bench_table table = {
        .title = "an access that is seen, against one that is not", .unit = "ns", .rows = rows};
    return bench_main(argc, argv, &table);
}
