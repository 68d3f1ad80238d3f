/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How costs grow: tables of doubling sizes, in the real world, with nobody listening. What is
 * linear takes twice as long in each line as in the one before it; what is quadratic, four times.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "tutti/core/error.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/world.h"
#include "tutti/io/real.h"

enum { ROUNDS = 3, EXIT_BAD = 2 };

/* The largest exponent that counts as n log n, with caches that overflow on the way: 2 is
 * quadratic. */
static const double EXPONENT_MAX = 1.4;

struct round {
    size_t n, repeats;
    int64_t start_ns, end_ns;
    struct tutti_lock lock;
    struct tutti_event event;
    size_t count;
};

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int start_body(struct tutti_nursery *nursery, void *arg)
{
    const struct round *round = arg;
    for (size_t i = 0; i < round->n; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, do_nothing, NULL));
    return 0;
}

static int tasks_main(void *arg)
{
    struct round *round = arg;
    round->start_ns = bench_now_ns();
    TUTTI_TRY(tutti_nursery_run(start_body, round));
    round->end_ns = bench_now_ns();
    return 0;
}

static int scopes_main(void *arg)
{
    struct round *round = arg;
    struct tutti_scope *scopes = calloc(round->n, sizeof *scopes);
    int rc = scopes ? 0 : TUTTI_ENOMEMORY;
    int64_t deadline_ns = tutti_now() + 3600 * TUTTI_S;
    round->start_ns = bench_now_ns();
    for (size_t repeat = 0; repeat < round->repeats && rc == 0; repeat++) {
        size_t depth = 0;
        while (depth < round->n && rc == 0)
            rc = tutti_scope_open(&scopes[depth++], deadline_ns);
        tutti_scope_cancel(&scopes[0]);
        if (rc == 0) rc = tutti_checkpoint();
        while (depth > 0)
            rc = tutti_scope_close(&scopes[--depth], rc);
    }
    round->end_ns = bench_now_ns();
    free(scopes);
    return rc;
}

static int wait_for_lock(void *arg)
{
    struct round *round = arg;
    TUTTI_TRY(tutti_lock_acquire(&round->lock));
    round->count++;
    tutti_lock_release(&round->lock);
    return 0;
}

static int wait_for_event(void *arg)
{
    struct round *round = arg;
    TUTTI_TRY(tutti_event_wait(&round->event));
    round->count++;
    return 0;
}

static int waiters_body(struct tutti_nursery *nursery, void *arg)
{
    struct round *round = arg;
    for (size_t i = 0; i < round->n; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, wait_for_lock, round));
        TUTTI_TRY(tutti_nursery_start(nursery, wait_for_event, round));
    }
    TUTTI_TRY(tutti_checkpoint()); /* they wait */
    round->start_ns = bench_now_ns();
    tutti_event_set(&round->event);
    tutti_lock_release(&round->lock);
    return 0;
}

static int waiters_main(void *arg)
{
    struct round *round = arg;
    tutti_lock_init(&round->lock, "lock");
    tutti_event_init(&round->event, "event");
    TUTTI_TRY(tutti_lock_acquire(&round->lock));
    TUTTI_TRY(tutti_nursery_run(waiters_body, round));
    round->end_ns = bench_now_ns();
    return round->count == 2 * round->n ? 0 : TUTTI_ESTATE;
}

/* A task of a binary tree, numbered as in a heap, with those below it in a nursery of its own. */
struct branch {
    struct round *round;
    size_t number;
};

static int grow(void *arg)
{
    const struct branch *branch = arg;
    struct branch below[] = {{branch->round, branch->number * 2 + 1},
                             {branch->round, branch->number * 2 + 2}};
    struct tutti_nursery nursery;
    int rc;
    if (below[0].number >= branch->round->n) return tutti_sleep_forever();
    TUTTI_TRY(tutti_nursery_open(&nursery));
    rc = tutti_nursery_start(&nursery, grow, &below[0]);
    if (rc == 0 && below[1].number < branch->round->n) {
        rc = tutti_nursery_start(&nursery, grow, &below[1]);
    }
    return tutti_nursery_close(&nursery, rc);
}

static int tree_main(void *arg)
{
    struct round *round = arg;
    struct branch root = {round, 0};
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    int rc = tutti_nursery_start(&nursery, grow, &root);
    for (size_t level = round->n; level > 0 && rc == 0; level /= 2)
        rc = tutti_checkpoint();
    round->start_ns = bench_now_ns();
    tutti_nursery_cancel(&nursery);
    rc = tutti_nursery_close(&nursery, rc);
    round->end_ns = bench_now_ns();
    return rc;
}

struct sizes {
    const char *name;
    int (*main)(void *arg);
    size_t from, to;
    size_t all; /* so many items a round at least: small sizes are done more than once */
};

static const struct sizes tables[] = {
    {"tasks started and joined", tasks_main, 1000, 1024000, 0},
    {"scopes with deadlines, nested, cancelled, closed", scopes_main, 10, 5120, 100000},
    {"waiters for a lock, and as many for an event", waiters_main, 10, 10240, 0},
    {"tasks of a tree of nurseries, cancelled", tree_main, 1000, 1024000, 0},
};

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* The median time of one go at this size, in ns; negative: it failed and said why. */
static double measure(const struct sizes *table, size_t n)
{
    double times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct round round = {.n = n, .repeats = table->all > n ? table->all / n : 1};
        if (tutti_run(tutti_world_real(), table->main, &round) < 0) return -1;
        times[i] = (double)(round.end_ns - round.start_ns) / (double)round.repeats;
    }
    qsort(times, ROUNDS, sizeof *times, compare);
    return times[ROUNDS / 2];
}

static bool print_table(const struct sizes *table)
{
    double first = 0, last = 0;
    size_t n = table->from;
    printf("\n%s\n\n%12s %14s %10s %10s\n", table->name, "n", "us", "ns each", "x before");
    for (; n <= table->to; n *= 2) {
        double time = measure(table, n);
        if (time < 0) return false;
        printf("%12zu %14.1f %10.1f", n, time / 1e3, time / (double)n);
        if (last > 0) {
            printf(" %10.2f\n", time / last);
        } else {
            printf(" %10s\n", "-");
            first = time;
        }
        last = time;
    }
    double exponent = log(last / first) / log((double)(n / 2) / (double)table->from);
    printf("\ngrows as n to the power of %.2f   <= %.1f   %s\n", exponent, EXPONENT_MAX,
           exponent <= EXPONENT_MAX ? "met" : "MISSED");
    return true;
}

int main(int argc, char **argv)
{
    const char *only = NULL;
    if (argc == 2 && strncmp(argv[1], "--only=", 7) == 0) {
        only = argv[1] + 7;
    } else if (argc > 1) {
        fprintf(stderr, "usage: %s [--only=TEXT]\n", argv[0]);
        return EXIT_BAD;
    }
    bench_stay();
    printf("doubling sizes, real world, no trace; medians of %d rounds\n", ROUNDS);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        if (only && !strstr(tables[i].name, only)) continue;
        if (!print_table(&tables[i])) return EXIT_BAD;
    }
    return 0;
}
