/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_DEFAULT = 11, ROUNDS_MAX = 1001, ROWS_MAX = 32, EXIT_BAD = 2 };

/* What was measured: [row][round]. */
struct bench {
    const struct bench_table *table;
    const char *only; /* rows whose names hold this; NULL: all */
    int rounds;
    double ours[ROWS_MAX][ROUNDS_MAX], floors[ROWS_MAX][ROUNDS_MAX];
};

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
    }
    return true;
}

/* The bar as text, and whether it is met. */
static void print_bar(const struct bench_row *row, double ours, double own_floor, double first)
{
    bool of_floor = row->bar_of == BENCH_OF_FLOOR || row->bar_of == BENCH_LEAST_OF_FLOOR;
    double limit = of_floor                        ? row->bar * own_floor
                   : row->bar_of == BENCH_OF_FIRST ? row->bar * first
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
    case BENCH_AT_MOST:
        printf("   <= %.0f%*s %s\n", row->bar, 18, "", mark);
        break;
    case BENCH_AT_LEAST:
        printf("   >= %.0f%*s %s\n", row->bar, 18, "", mark);
        break;
    }
}

static void print_table(struct bench *bench)
{
    const struct bench_table *table = bench->table;
    double first = table->rows[0].floor ? median(bench->floors[0], bench->rounds) : 0;
    printf("%s; %s, medians of %d rounds\n\n", table->title, table->unit, bench->rounds);
    printf("%-34s %10s %10s %8s %8s   %s\n", "", "tutti", "floor", "x floor", "x first", "bar");
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
        print_bar(row, ours, own_floor, first);
    }
}

static int usage(const char *program, int code)
{
    fprintf(code ? stderr : stdout,
            "usage: %s [--rounds=N] [--only=TEXT] [--help]\n"
            "Measures each row N times (%d unless said otherwise) and prints the medians.\n"
            "--only leaves out rows whose names do not hold TEXT, except the first.\n"
            "example: %s --rounds=5 --only=scope\n",
            program, ROUNDS_DEFAULT, program);
    return code;
}

int bench_main(int argc, char **argv, const struct bench_table *table)
{
    static struct bench bench;
    bench = (struct bench){.table = table, .rounds = ROUNDS_DEFAULT};
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--rounds=", 9) == 0) {
            bench.rounds = atoi(argv[i] + 9);
        } else if (strncmp(argv[i], "--only=", 7) == 0) {
            bench.only = argv[i] + 7;
        } else {
            return usage(argv[0], strcmp(argv[i], "--help") == 0 ? 0 : EXIT_BAD);
        }
    }
    if (bench.rounds < 1 || bench.rounds > ROUNDS_MAX) return usage(argv[0], EXIT_BAD);
    bench_stay();
    for (int round = 0; round < bench.rounds; round++) {
        if (!measure(&bench, round)) return EXIT_BAD;
    }
    print_table(&bench);
    return 0;
}
