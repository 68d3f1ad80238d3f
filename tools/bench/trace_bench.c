/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tracing costs: nobody listens, a sink that wants nothing, a ring, a file of level 3; and how
 * long a trace of a million lines takes to be checked. docs/benchmarks.md says how to run it.    */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "tutti/core/chan.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/instruments/flight.h"
#include "tutti/instruments/history.h"
#include "tutti/instruments/ring.h"
#include "tutti/instruments/trace.h"
#include "tutti/instruments/trace_check.h"
#include "tutti/sim/sim_world.h"

/* What is traced: pairs of tellers that take turns with a lock and send to a clerk. */
enum { TELLERS = 6, LINES = 1000000 };
#define TRACE_FILE "/tmp/tutti_trace_bench.jsonl"

struct bank {
    struct tutti_lock account;
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    size_t rounds;
};

static int teller(void *arg)
{
    struct bank *bank = arg;
    for (size_t i = 0; i < bank->rounds; i++) {
        TUTTI_TRY(tutti_lock_acquire(&bank->account));
        int rc = tutti_checkpoint();
        tutti_lock_release(&bank->account);
        TUTTI_TRY(rc);
        TUTTI_TRY(tutti_chan_send(&bank->sender, &i));
        TUTTI_TRY(tutti_sleep(TUTTI_US));
    }
    return 0;
}

static int clerk(void *arg)
{
    struct bank *bank = arg;
    size_t order;
    for (size_t i = 0; i < bank->rounds * TELLERS; i++) {
        TUTTI_TRY(tutti_chan_receive(&bank->receiver, &order));
    }
    return 0;
}

static int body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, clerk, arg));
    for (int i = 0; i < TELLERS; i++) {
        TUTTI_TRY(tutti_nursery_start_named(nursery, "teller", teller, arg));
    }
    return 0;
}

static int bank_main(void *arg)
{
    struct bank bank = {.rounds = *(size_t *)arg};
    tutti_lock_init(&bank.account, "account");
    TUTTI_TRY(tutti_chan_open(&bank.sender, &bank.receiver, "orders", sizeof(size_t), 4));
    int rc = tutti_nursery_run(body, &bank);
    tutti_chan_close_send(&bank.sender);
    tutti_chan_close_receive(&bank.receiver);
    return rc;
}

/* Runs the bank before this sink, or before nobody: ns, or negative. */
static double run_bank(size_t rounds, struct tutti_sink *sink)
{
    static struct tutti_sim_world sim;
    if (!sim.arena.memory && tutti_sim_world_open(&sim, 1) < 0) return -1;
    tutti_sim_world_reset(&sim);
    sim.world.sink = sink;
    int64_t start_ns = bench_now_ns();
    int rc = tutti_run(&sim.world, bank_main, &rounds);
    int64_t end_ns = bench_now_ns();
    return rc < 0 ? -1 : (double)(end_ns - start_ns);
}

/* Counts what it is told. */
struct counter {
    struct tutti_sink sink;
    uint64_t events;
};

static int count_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)event;
    TUTTI_CONTAINER(sink, struct counter, sink)->events++;
    return 0;
}

/* How many events of level 3 the bank tells. */
static double events_of(size_t rounds)
{
    static size_t known_rounds;
    static double known;
    if (known_rounds == rounds) return known;
    struct counter counter = {.sink = {.mask = tutti_trace_mask(3), .event = count_event}};
    if (run_bank(rounds, &counter.sink) < 0) return -1;
    known_rounds = rounds;
    return known = (double)counter.events;
}

/* Time for an event of which nobody is told. */
static double off_row(size_t rounds)
{
    double events = events_of(rounds);
    return run_bank(rounds, NULL) / events;
}

static double masked_row(size_t rounds)
{
    struct counter counter = {.sink = {.mask = 0, .event = count_event}};
    double events = events_of(rounds);
    return run_bank(rounds, &counter.sink) / events;
}

/* What it takes besides to tell it to this sink. */
static double told_row(size_t rounds, struct tutti_sink *sink)
{
    double off_ns = run_bank(rounds, NULL), ns = run_bank(rounds, sink);
    return off_ns < 0 || ns < 0 ? -1 : ns > off_ns ? (ns - off_ns) / events_of(rounds) : 0;
}

static int drop(void *context, const struct tutti_trace_event *event)
{
    (void)context, (void)event;
    return 0;
}

static double ring_row(size_t rounds)
{
    static struct tutti_ring ring;
    tutti_ring_init(&ring, tutti_trace_mask(3), drop, NULL);
    return told_row(rounds, &ring.sink);
}

static const struct tutti_trace_header header;

/* The same, of which it keeps the last 4096, and what is alive. */
static double flight_row(size_t rounds)
{
    static struct tutti_flight *flight;
    if (!flight && tutti_flight_open(&flight, "/nowhere", &header, NULL) < 0) return -1;
    return told_row(rounds, tutti_flight_sink(flight));
}

static const struct tutti_trace_header header = {
    .prog = "trace_bench", .world = "sim", .policy = "plain", .list = "1;batch;;c0;"};

static double file_row(size_t rounds)
{
    struct tutti_trace *trace;
    if (tutti_trace_open(&trace, TRACE_FILE, &header, 3) < 0) return -1;
    double ns = told_row(rounds, tutti_trace_sink(trace));
    return tutti_trace_close(trace, NULL) < 0 ? -1 : ns;
}

static const char *million_lines(size_t *size)
{
    static struct tutti_trace *trace;
    if (!trace) {
        size_t rounds = (size_t)(LINES * 1.01 / (events_of(1000) / 1000));
        if (tutti_trace_open_memory(&trace, &header, 3) < 0) return NULL;
        if (run_bank(rounds, tutti_trace_sink(trace)) < 0) return NULL;
    }
    return tutti_trace_text(trace, size);
}

static double check_row(size_t rounds)
{
    struct tutti_check_result result = {0};
    struct tutti_reader *reader;
    size_t size;
    const char *text = million_lines(&size);
    (void)rounds;
    if (!text) return -1;
    int64_t start_ns = bench_now_ns();
    int rc = tutti_reader_open_memory(&reader, "(memory)", text, size);
    if (rc == 0) rc = tutti_trace_check(reader, &result);
    tutti_reader_close(reader);
    int64_t end_ns = bench_now_ns();
    if (rc < 0 || result.lines < LINES) fprintf(stderr, "%s\n", result.message);
    return rc < 0 || result.lines < LINES ? -1 : (double)(end_ns - start_ns) / (double)result.lines;
}

/* A million events in memory. NULL: that failed. */
static struct tutti_history *open_history(void)
{
    struct tutti_history *history = NULL;
    struct tutti_reader *reader;
    size_t size;
    const char *text = million_lines(&size);
    if (!text) return NULL;
    int rc = tutti_reader_open_memory(&reader, "(memory)", text, size);
    if (rc == 0) rc = tutti_history_open(&history, reader);
    tutti_reader_close(reader);
    return rc < 0 ? NULL : history;
}

static double history_row(size_t rounds)
{
    (void)rounds;
    int64_t start_ns = bench_now_ns();
    struct tutti_history *history = open_history();
    int64_t end_ns = bench_now_ns();
    double ns = history ? (double)(end_ns - start_ns) / (double)history->count : -1;
    tutti_history_close(history);
    return ns;
}

/* The slowest of so many looks at events that are far from each other. */
static double seek_row(size_t looks)
{
    const struct tutti_model *model;
    struct tutti_history *history = open_history();
    int64_t slowest_ns = 0;
    for (size_t i = 0; history && i < looks; i++) {
        uint64_t n = (i * 2654435761u) % history->count + 1;
        int64_t start_ns = bench_now_ns();
        if (tutti_history_at(history, n, &model) < 0 || model->n != n) return -1;
        int64_t ns = bench_now_ns() - start_ns;
        if (ns > slowest_ns) slowest_ns = ns;
    }
    tutti_history_close(history);
    return history ? (double)slowest_ns : -1;
}

static const struct bench_row rows[] = {
    {"masked out (floor: nobody)", masked_row, off_row, 2000, 0, BENCH_NO_BAR},
    {"told to a ring", ring_row, NULL, 2000, 12, BENCH_AT_MOST},
    {"told to a flight recorder", flight_row, NULL, 2000, 12, BENCH_AT_MOST},
    {"level 3 to a file", file_row, NULL, 2000, 150, BENCH_AT_MOST},
    {"a line of a million checked", check_row, NULL, 0, 3000, BENCH_AT_MOST},
    {"and read into a history", history_row, NULL, 0, 3000, BENCH_AT_MOST},
    {"the state at one of them, slowest", seek_row, NULL, 200, 1e8, BENCH_AT_MOST},
    {NULL, NULL, NULL, 0, 0, BENCH_NO_BAR},
};

int main(int argc, char **argv)
{
    static const struct bench_table table = {"tracing: a bank of 8 tasks", "ns an event", rows};
    /* One run and nothing else, to be counted by callgrind. */
    struct counter counter = {.sink = {.mask = 0, .event = count_event}};
    const char *only = argc == 2 && strncmp(argv[1], "--run=", 6) == 0 ? argv[1] + 6 : "";
    if (strcmp(only, "off") == 0) return run_bank(2000, NULL) < 0;
    if (strcmp(only, "masked") == 0) return run_bank(2000, &counter.sink) < 0;
    return bench_main(argc, argv, &table);
}
