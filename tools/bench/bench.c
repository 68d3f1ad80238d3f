/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_DEFAULT = 11, ROUNDS_MAX = 1001, ROWS_MAX = 32, PEERS_MAX = 3, EXIT_BAD = 2 };

/* What was measured: [row][round]. */
struct bench {
    const struct bench_table *table;
    const char *only; /* rows whose names hold this; NULL: all */
    int rounds;
    double ours[ROWS_MAX][ROUNDS_MAX], floors[ROWS_MAX][ROUNDS_MAX];
    struct {
        const char *name, *program;
        double values[ROWS_MAX][ROUNDS_MAX];
    } peers[PEERS_MAX];
    int peers_count;
};

/* Numerical Recipes' linear congruential generator; its high bits. */
int64_t bench_chance(uint64_t *state, int64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((*state >> 33) * (uint64_t)below >> 31);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static bool is_wanted(const struct bench *bench, const struct bench_row *row)
{
    /* The first row's floor may be what others are compared with. */
    return !bench->only || row == bench->table->rows || strstr(row->name, bench->only);
}

static bool measure(struct bench *bench, int round)
{
    for (int i = 0; bench->table->rows[i].name; i++) {
        const struct bench_row *row = &bench->table->rows[i];
        if (!is_wanted(bench, row)) continue;
        bench->floors[i][round] = row->floor ? row->floor(row->size) : 0;
        bench->ours[i][round] = row->ours(row->size);
        if (bench->ours[i][round] < 0 || bench->floors[i][round] < 0) {
            fprintf(stderr, "\"%s\" failed\n", row->name);
            return false;
        }
        for (int peer = 0; peer < bench->peers_count; peer++) {
            const char *program = bench->peers[peer].program;
            bench->peers[peer].values[i][round] = bench_peer(program, row->name, row->size);
        }
    }
    return true;
}

/* The bar as text, and whether it is met. */
static void print_bar(const struct bench_row *row, double ours, double own_floor, double first,
                      double peer)
{
    bool of_floor = row->bar_of == BENCH_OF_FLOOR || row->bar_of == BENCH_LEAST_OF_FLOOR;
    double limit = of_floor                        ? row->bar * own_floor
                   : row->bar_of == BENCH_OF_FIRST ? row->bar * first
                   : row->bar_of == BENCH_OF_PEER  ? row->bar * peer
                                                   : row->bar;
    bool larger = row->bar_of == BENCH_AT_LEAST || row->bar_of == BENCH_LEAST_OF_FLOOR;
    bool met = larger ? ours >= limit : ours <= limit;
    const char *mark = met ? "met" : "MISSED";
    switch (row->bar_of) {
    case BENCH_NO_BAR:
        printf("\n");
        break;
    case BENCH_OF_FLOOR:
        printf("   <= %4.1f x floor         %s\n", row->bar, mark);
        break;
    case BENCH_LEAST_OF_FLOOR:
        printf("   >= %4.1f x floor         %s\n", row->bar, mark);
        break;
    case BENCH_OF_FIRST:
        printf("   <= %4.1f x first floor   %s\n", row->bar, mark);
        break;
    case BENCH_OF_PEER:
        printf("   <= %4.1f x first peer    %s\n", row->bar, peer < 0 ? "(no peer)" : mark);
        break;
    case BENCH_AT_MOST:
        printf("   <= %.0f%*s %s\n", row->bar, 18, "", mark);
        break;
    case BENCH_AT_LEAST:
        printf("   >= %.0f%*s %s\n", row->bar, 18, "", mark);
        break;
    }
}

/* What the peers take for a row, and what the first of them does. */
static double print_peers(struct bench *bench, int row)
{
    double first = -1;
    for (int i = 0; i < bench->peers_count; i++) {
        double value = median(bench->peers[i].values[row], bench->rounds);
        if (i == 0) first = value;
        if (value < 0) {
            printf(" %10s", "-");
        } else {
            printf(" %10.*f", value < 1000 ? 2 : 0, value);
        }
    }
    return first;
}

static void print_table(struct bench *bench)
{
    const struct bench_table *table = bench->table;
    double first = table->rows[0].floor ? median(bench->floors[0], bench->rounds) : 0;
    printf("%s; %s, medians of %d rounds\n\n", table->title, table->unit, bench->rounds);
    printf("%-34s %10s %10s %8s %8s", "", "tutti", "floor", "x floor", "x first");
    for (int i = 0; i < bench->peers_count; i++)
        printf(" %10s", bench->peers[i].name);
    printf("   bar\n");
    for (int i = 0; table->rows[i].name; i++) {
        const struct bench_row *row = &table->rows[i];
        if (!is_wanted(bench, row)) continue;
        double ours = median(bench->ours[i], bench->rounds);
        double own_floor = row->floor ? median(bench->floors[i], bench->rounds) : 0;
        printf("%-34s %10.*f", row->name, ours < 1000 ? 2 : 0, ours);
        if (row->floor) {
            printf(" %10.*f %8.2f %8.2f", own_floor < 1000 ? 2 : 0, own_floor, ours / own_floor,
                   ours / first);
        } else {
            printf(" %10s %8s %8s", "-", "-", "-");
        }
        double peer = print_peers(bench, i);
        print_bar(row, ours, own_floor, first, peer);
    }
}

static int usage(const char *program, int rounds, int code)
{
    fprintf(code ? stderr : stdout,
            "usage: %s [--rounds=N] [--only=TEXT] [--peer=NAME:PROGRAM]... [--help]\n"
            "Measures each row N times (%d unless said otherwise) and prints the medians.\n"
            "--only leaves out rows whose names do not hold TEXT, except the first.\n"
            "--peer measures PROGRAM, too, in each round (tools/bench/peers.sh makes some).\n"
            "example: %s --rounds=5 --only=scope\n",
            program, rounds, program);
    return code;
}

/* NAME:PROGRAM. */
static bool add_peer(struct bench *bench, char *text)
{
    char *colon = strchr(text, ':');
    if (!colon || bench->peers_count == PEERS_MAX) return false;
    *colon = '\0';
    bench->peers[bench->peers_count].name = text;
    bench->peers[bench->peers_count++].program = colon + 1;
    return true;
}

int bench_main_rounds(int argc, char **argv, const struct bench_table *table, int rounds)
{
    static struct bench bench;
    bench.table = table;
    bench.rounds = rounds;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--rounds=", 9) == 0) {
            bench.rounds = atoi(argv[i] + 9);
        } else if (strncmp(argv[i], "--only=", 7) == 0) {
            bench.only = argv[i] + 7;
        } else if (strncmp(argv[i], "--peer=", 7) == 0 && add_peer(&bench, argv[i] + 7)) {
            continue;
        } else {
            return usage(argv[0], rounds, strcmp(argv[i], "--help") == 0 ? 0 : EXIT_BAD);
        }
    }
    if (bench.rounds < 1 || bench.rounds > ROUNDS_MAX) return usage(argv[0], rounds, EXIT_BAD);
    bench_stay();
    for (int round = 0; round < bench.rounds; round++) {
        if (!measure(&bench, round)) return EXIT_BAD;
    }
    print_table(&bench);
    return 0;
}

int bench_main(int argc, char **argv, const struct bench_table *table)
{
    return bench_main_rounds(argc, argv, table, ROUNDS_DEFAULT);
}
