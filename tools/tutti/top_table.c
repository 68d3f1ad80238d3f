/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The tasks of a program as it described them. The description is somebody else's text: nothing in
 * it is believed, but for what it says.                                                          */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

enum { REASON_MAX = 400, NAME_COLUMNS = 20, DEPTH_MAX = 12 };

void top_clean(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at; at++) {
        bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
        if (*at < ' ' || *at == 0x7f) *at = '?';
        if (c1) at[0] = at[1] = '?';
    }
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static int64_t number_of(const json_t *row, const char *key)
{
    return (int64_t)json_integer_value(json_object_get(row, key));
}

/* Why it does not run: the call, what for, who has that, where. */
static char *reason_of(const json_t *row)
{
    char text[REASON_MAX];
    size_t length = 0;
    const char *op = text_of(row, "op"), *kind = text_of(row, "kind");
    const char *label = text_of(row, "label"), *file = text_of(row, "file");
    const char *cancelled = text_of(row, "cancelled");
#define ADD(...)                                                                                   \
    do {                                                                                           \
        int more = snprintf(text + length, sizeof text - length, __VA_ARGS__);                     \
        length += more > 0 ? (size_t)more : 0;                                                     \
        if (length >= sizeof text) length = sizeof text - 1;                                       \
    } while (0)
    text[0] = '\0';
    ADD("%s", op);
    if (*kind && strcmp(kind, "other") != 0) ADD(" %s", kind);
    if (*label && strcmp(label, op) != 0) ADD(" \"%s\"", label);
    if (number_of(row, "obj")) ADD(" #%" PRId64, number_of(row, "obj"));
    if (number_of(row, "held")) {
        ADD(" held by %s #%" PRId64, text_of(row, "holder"), number_of(row, "held"));
    }
    if (*cancelled) ADD(", cancelled (%s)", cancelled);
    const char *slash = strrchr(file, '/'); /* a line is short: without the folders */
    if (slash) file = slash + 1;
    if (*file) ADD(" at %s:%" PRId64, file, number_of(row, "line"));
#undef ADD
    return top_copy(text);
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = ((const struct top_row *)a)->id, y = ((const struct top_row *)b)->id;
    return (x > y) - (x < y);
}

static struct top_row *find(const struct top_table *table, uint64_t id)
{
    const struct top_row key = {.id = id};
    if (!table || table->count == 0) return NULL;
    return bsearch(&key, table->rows, table->count, sizeof *table->rows, by_id);
}

static bool read_row(struct top_row *row, const json_t *json, const struct top_table *before,
                     int64_t elapsed_ns)
{
    row->id = (uint64_t)number_of(json, "id");
    row->in = (uint64_t)number_of(json, "in");
    row->alike = (uint64_t)number_of(json, "n");
    row->name = text_of(json, "name");
    row->state = text_of(json, "state");
    row->age_ns = number_of(json, "age");
    row->busy_ns = number_of(json, "busy");
    row->wakes = number_of(json, "wakes");
    row->cancelled = *text_of(json, "cancelled") != '\0';
    row->reason = reason_of(json);
    row->share = row->rate = -1;
    const struct top_row *old = find(before, row->id);
    if (old && elapsed_ns > 0 && row->busy_ns >= old->busy_ns && row->wakes >= old->wakes) {
        row->share = (double)(row->busy_ns - old->busy_ns) / (double)elapsed_ns;
        row->rate = (double)(row->wakes - old->wakes) * 1e9 / (double)elapsed_ns;
    }
    return row->reason != NULL;
}

/* Hangs each row below its parent, which has a lower id: so there are no circles. */
static void make_tree(struct top_table *table)
{
    for (struct top_row *row = table->rows; row < table->rows + table->count; row++) {
        struct top_row *parent = row->in && row->in < row->id ? find(table, row->in) : NULL;
        row->parent = parent;
        if (!parent) continue;
        row->depth = parent->depth + 1;
        if (parent->last) parent->last->next = row;
        if (!parent->first) parent->first = row;
        parent->last = row;
    }
}

bool top_table_read(struct top_table *table, json_t *json, const struct top_table *before)
{
    const json_t *rows = json_object_get(json, "rows"), *row;
    size_t at;
    *table = (struct top_table){.json = json, .tasks = number_of(json, "tasks")};
    table->more = number_of(json, "more");
    table->now_ns = number_of(json, "clock");
    int64_t elapsed_ns = before ? table->now_ns - before->now_ns : 0;
    table->rows = calloc(json_array_size(rows) + 1, sizeof *table->rows);
    table->shown = calloc(json_array_size(rows) + 1, sizeof(struct top_row *));
    bool good = json_is_array(rows) && table->rows && table->shown;
    if (good) {
        json_array_foreach(rows, at, row)
        {
            good = good && read_row(&table->rows[table->count++], row, before, elapsed_ns);
        }
    }
    if (!good) {
        top_table_free(table);
        return false;
    }
    qsort(table->rows, table->count, sizeof *table->rows, by_id);
    make_tree(table);
    return true;
}

void top_table_free(struct top_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->rows[i].reason);
    free(table->rows);
    free(table->shown);
    json_decref(table->json);
    *table = (struct top_table){.json = NULL};
}

bool top_is_folded(const struct top_folds *folds, uint64_t id)
{
    for (size_t i = 0; i < folds->count; i++) {
        if (folds->ids[i] == id) return true;
    }
    return false;
}

void top_fold(struct top_folds *folds, uint64_t id)
{
    for (size_t i = 0; i < folds->count; i++) {
        if (folds->ids[i] != id) continue;
        folds->ids[i] = folds->ids[--folds->count];
        return;
    }
    uint64_t *more = realloc(folds->ids, (folds->count + 1) * sizeof *more);
    if (!more) return;
    folds->ids = more;
    folds->ids[folds->count++] = id;
}

/* The one after it in the tree, depth first; past its children if it is folded. */
static struct top_row *after(const struct top_row *row, bool folded)
{
    if (row->first && !folded) return row->first;
    while (row && !row->next)
        row = row->parent;
    return row ? row->next : NULL;
}

static int by_number(double a, double b, const struct top_row *x, const struct top_row *y)
{
    if (a != b) return a < b ? 1 : -1;
    return x->id < y->id ? -1 : 1;
}

static int by_busy(const void *a, const void *b)
{
    const struct top_row *x = *(struct top_row *const *)a, *y = *(struct top_row *const *)b;
    return by_number(x->share, y->share, x, y);
}

static int by_wakes(const void *a, const void *b)
{
    const struct top_row *x = *(struct top_row *const *)a, *y = *(struct top_row *const *)b;
    return by_number(x->rate, y->rate, x, y);
}

static int by_age(const void *a, const void *b)
{
    const struct top_row *x = *(struct top_row *const *)a, *y = *(struct top_row *const *)b;
    return by_number((double)x->age_ns, (double)y->age_ns, x, y);
}

void top_table_order(struct top_table *table, enum top_order order, const struct top_folds *folds)
{
    static int (*const compare[TOP_ORDERS])(const void *, const void *) = {NULL, by_busy, by_wakes,
                                                                           by_age};
    table->shown_count = 0;
    for (struct top_row *top = table->rows; top < table->rows + table->count; top++) {
        if (order != TOP_TREE) {
            table->shown[table->shown_count++] = top;
            continue;
        }
        for (struct top_row *row = top->parent ? NULL : top; row;) {
            table->shown[table->shown_count++] = row;
            row = after(row, top_is_folded(folds, row->id));
        }
    }
    if (order != TOP_TREE) {
        qsort(table->shown, table->shown_count, sizeof(struct top_row *), compare[order]);
    }
}

/* Five columns at most. */
static void print_time(char *text, size_t size, int64_t ns)
{
    double s = (double)ns / 1e9;
    if (s < 1e-3) {
        snprintf(text, size, "%.0fus", s * 1e6);
    } else if (s < 1) {
        snprintf(text, size, "%.0fms", s * 1e3);
    } else if (s < 100) {
        snprintf(text, size, "%.1fs", s);
    } else if (s < 6000) {
        snprintf(text, size, "%.0fm", s / 60);
    } else {
        snprintf(text, size, "%.0fh", s / 3600);
    }
}

/* Cuts a text to so many characters of UTF-8; 0: not at all. */
static void cut(char *text, uint32_t columns)
{
    uint32_t seen = 0;
    for (char *at = text; columns && *at; at++) {
        bool begins = ((unsigned char)*at & 0xc0) != 0x80;
        if (begins && seen++ == columns) {
            *at = '\0';
            break;
        }
    }
}

static uint32_t width_of(const char *text)
{
    uint32_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

void top_print_head(char *text, size_t size, uint32_t columns)
{
    snprintf(text, size, "%6s %-7s %5s %6s %7s %-*s %s", "ID", "STATE", "AGE", "BUSY", "WAKES/s",
             NAME_COLUMNS, "TASK", "WHY");
    cut(text, columns);
}

void top_print_row(char *text, size_t size, const struct top_row *row, enum top_order order,
                   const struct top_folds *folds, uint32_t columns)
{
    char age[16], share[16] = "-", rate[24] = "-", name[160];
    const char *mark = !row->first ? "" : top_is_folded(folds, row->id) ? "+ " : "- ";
    int indent = order == TOP_TREE ? (int)(row->depth < DEPTH_MAX ? row->depth : DEPTH_MAX) : 0;
    print_time(age, sizeof age, row->age_ns);
    if (row->share >= 0) snprintf(share, sizeof share, "%.1f%%", row->share * 100);
    if (row->rate >= 0) snprintf(rate, sizeof rate, "%.0f", row->rate);
    if (row->alike > 1) {
        snprintf(name, sizeof name, "%*s%s%" PRIu64 " x %.100s", indent * 2, "", mark, row->alike,
                 row->name);
    } else {
        snprintf(name, sizeof name, "%*s%s%.100s", indent * 2, "", mark, row->name);
    }
    if (columns) cut(name, NAME_COLUMNS);
    uint32_t width = width_of(name);
    snprintf(text, size, "%6" PRIu64 " %-7.7s %5s %6s %7s %s%*s %s", row->id, row->state, age,
             share, rate, name, (int)(width < NAME_COLUMNS ? NAME_COLUMNS - width : 0), "",
             row->reason);
    top_clean(text);
    cut(text, columns);
}
