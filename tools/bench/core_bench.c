/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What core's own operations cost, in the real world, with nobody listening: switch, start, scope,
 * message. Beside each its floor (floor.h). docs/benchmarks.md says how to run it.               */
#include "bench.h"
#include "floor.h"
#include "tutti/core/chan.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/task.h"
#include "tutti/core/world.h"
#include "tutti/io/real.h"

enum { SWITCHES = 2000000 };

/* One round: what it is given, what it finds out. */
struct round {
    size_t size;
    int64_t left, start_ns, end_ns;
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    size_t count;
};

/* Runs main(&round) and gives ns an operation; -1 when it fails, which tutti_run has explained. */
static double run_round(int (*main)(void *arg), size_t size, double operations)
{
    struct round round = {.size = size};
    if (tutti_run(tutti_world_real(), main, &round) < 0) return -1;
    return (double)(round.end_ns - round.start_ns) / operations;
}

static int rotate(void *arg)
{
    struct round *round = arg;
    while (--round->left > 0) {
        int rc = tutti_checkpoint();
        if (rc < 0) return rc;
    }
    if (!round->end_ns) round->end_ns = bench_now_ns();
    return 0;
}

static int rotate_body(struct tutti_nursery *nursery, void *arg)
{
    struct round *round = arg;
    round->left = SWITCHES + 3 * (int64_t)round->size;
    for (size_t i = 0; i < round->size; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, rotate, round));
    }
    /* Once round for the stacks' pages, once more for the caches. */
    for (int i = 0; i < 2; i++)
        TUTTI_TRY(tutti_checkpoint());
    round->left = SWITCHES;
    round->start_ns = bench_now_ns();
    return 0;
}

static int rotate_main(void *arg)
{
    return tutti_nursery_run(rotate_body, arg);
}

static double switch_row(size_t tasks)
{
    return run_round(rotate_main, tasks, SWITCHES);
}

static int count_up(void *arg)
{
    ++*(size_t *)arg;
    return 0;
}

static int start_body(struct tutti_nursery *nursery, void *arg)
{
    struct round *round = arg;
    round->start_ns = bench_now_ns();
    for (size_t i = 0; i < round->size; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, count_up, &round->count));
        TUTTI_TRY(tutti_checkpoint());
    }
    round->end_ns = bench_now_ns();
    return round->count == round->size ? 0 : TUTTI_ESTATE;
}

static int start_main(void *arg)
{
    return tutti_nursery_run(start_body, arg);
}

static double start_row(size_t times)
{
    return run_round(start_main, times, (double)times);
}

static int own_main(void *arg)
{
    struct round *round = arg;
    round->start_ns = bench_now_ns();
    for (size_t i = 0; i < round->size; i++) {
        struct tutti_nursery nursery;
        TUTTI_TRY(tutti_nursery_open(&nursery));
        int rc = tutti_nursery_start(&nursery, count_up, &round->count);
        TUTTI_TRY(tutti_nursery_close(&nursery, rc));
    }
    round->end_ns = bench_now_ns();
    return round->count == round->size ? 0 : TUTTI_ESTATE;
}

static double own_row(size_t times)
{
    return run_round(own_main, times, (double)times);
}

/* The stacks of a run are given back at its end, so each round's are new. */
static int cold_body(struct tutti_nursery *nursery, void *arg)
{
    struct round *round = arg;
    round->start_ns = bench_now_ns();
    for (size_t i = 0; i < round->size; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, count_up, &round->count));
    }
    round->end_ns = bench_now_ns();
    return 0;
}

static int cold_main(void *arg)
{
    return tutti_nursery_run(cold_body, arg);
}

static double cold_row(size_t tasks)
{
    return run_round(cold_main, tasks, (double)tasks);
}

static int scope_main(void *arg)
{
    struct round *round = arg;
    int64_t deadline_ns = tutti_now() + 3600 * TUTTI_S;
    round->start_ns = bench_now_ns();
    for (size_t i = 0; i < round->size; i++) {
        struct tutti_scope scope;
        TUTTI_TRY(tutti_scope_open(&scope, deadline_ns));
        TUTTI_TRY(tutti_scope_close(&scope, 0));
    }
    round->end_ns = bench_now_ns();
    return 0;
}

static double scope_row(size_t times)
{
    return run_round(scope_main, times, (double)times);
}

static int receive_all(void *arg)
{
    struct round *round = arg;
    size_t number;
    int rc;
    while ((rc = tutti_chan_receive(&round->receiver, &number)) == 0)
        round->count += number;
    return rc == TUTTI_EEOF ? 0 : rc;
}

static int send_body(struct tutti_nursery *nursery, void *arg)
{
    struct round *round = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, receive_all, round));
    TUTTI_TRY(tutti_checkpoint());
    round->start_ns = bench_now_ns();
    for (size_t i = round->size; i > 0; i--)
        TUTTI_TRY(tutti_chan_send(&round->sender, &i));
    round->end_ns = bench_now_ns();
    tutti_chan_close_send(&round->sender);
    return 0;
}

static int send_main(void *arg)
{
    struct round *round = arg;
    TUTTI_TRY(tutti_chan_open(&round->sender, &round->receiver, "numbers", sizeof(size_t), 0));
    int rc = tutti_nursery_run(send_body, round);
    tutti_chan_close_receive(&round->receiver);
    if (rc < 0) return rc;
    return round->count == round->size * (round->size + 1) / 2 ? 0 : TUTTI_ESTATE;
}

static double rendezvous_row(size_t times)
{
    return run_round(send_main, times, (double)times);
}

static const struct bench_row rows[] = {
    {"switch, 2 tasks", switch_row, floor_switch_row, 2, 2.0, BENCH_OF_FLOOR},
    {"switch, 100 tasks", switch_row, floor_switch_row, 100, 2.0, BENCH_OF_FLOOR},
    {"switch, 10,000 tasks", switch_row, floor_switch_row, 10000, 1.4, BENCH_OF_FLOOR},
    {"  100, floor: spread stacks", switch_row, floor_coloured_row, 100, 0, BENCH_NO_BAR},
    {"  10,000, floor: spread stacks", switch_row, floor_coloured_row, 10000, 0, BENCH_NO_BAR},
    {"start + join, open nursery", start_row, floor_start_row, 500000, 7.5, BENCH_OF_FIRST},
    {"start + join, own nursery", own_row, floor_group_row, 500000, 12, BENCH_OF_FIRST},
    {"cold start, guarded", cold_row, floor_cold_row, 10000, 1.2, BENCH_OF_FLOOR},
    {"scope with deadline, open + close", scope_row, floor_scope_row, 1000000, 20, BENCH_AT_MOST},
    {"rendezvous message", rendezvous_row, floor_rendezvous_row, 1000000, 5.5, BENCH_OF_FIRST},
    {NULL, NULL, NULL, 0, 0, BENCH_NO_BAR},
};

int main(int argc, char **argv)
{
    static const struct bench_table table = {"core, real world, no trace", "ns an operation", rows};
    return bench_main(argc, argv, &table);
}
