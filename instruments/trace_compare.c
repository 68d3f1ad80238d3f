/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/lines_priv.h"
#include "tutti/instruments/trace_check.h"

/* One of the two traces, and its present line. */
struct side {
    const struct tutti_trace_source *source;
    struct lines lines;
    const char *text;
    size_t size;
    int state; /* of lines_next() */
};

static int fail_side(const struct side *side, int error, struct tutti_trace_difference *difference)
{
    const char *name = side->source->text ? "(trace in memory)" : side->source->path;
    const char *reason = error == TUTTI_ELIMIT      ? "a line of more than 1 MiB"
                         : error == TUTTI_ENOMEMORY ? "out of memory"
                                                    : strerror(-error);
    snprintf(difference->message, sizeof difference->message,
             "%.800s:%llu: cannot be compared: %s (give two traces)", name,
             (unsigned long long)(side->lines.line ? side->lines.line : 1), reason);
    return error;
}

static int open_side(struct side *side, const struct tutti_trace_source *source)
{
    side->source = source;
    if (source->text) return lines_open_memory(&side->lines, source->text, source->size);
    return lines_open(&side->lines, source->path);
}

static int next_line(struct side *side)
{
    side->state = lines_next(&side->lines, &side->text, &side->size);
    return side->state < 0 ? side->state : 0;
}

static void copy_line(char *to, size_t room, const struct side *side)
{
    bool cut = side->size >= room;
    size_t size = cut ? room - 4 : side->size;
    if (size > 0) memcpy(to, side->text, size);
    memcpy(to + size, cut ? "..." : "", cut ? 4 : 1);
}

static bool differ(const struct side *a, const struct side *b)
{
    if (a->state != b->state || a->size != b->size) return true;
    return a->size > 0 && memcmp(a->text, b->text, a->size) != 0;
}

static int compare(struct side *a, struct side *b, struct tutti_trace_difference *difference)
{
    for (bool first = true;; first = false) {
        int rc = next_line(a);
        if (rc < 0) return fail_side(a, rc, difference);
        rc = next_line(b);
        if (rc < 0) return fail_side(b, rc, difference);
        if (!first && differ(a, b)) {
            bool a_longer = b->state == LINES_NONE;
            difference->line = a_longer ? a->lines.line : b->lines.line;
            copy_line(difference->a, sizeof difference->a, a);
            copy_line(difference->b, sizeof difference->b, b);
            return 1;
        }
        if (a->state == LINES_NONE && b->state == LINES_NONE) return 0;
    }
}

int tutti_trace_compare_sources(const struct tutti_trace_source *a,
                                const struct tutti_trace_source *b,
                                struct tutti_trace_difference *difference)
{
    struct side left, right;
    *difference = (struct tutti_trace_difference){0};
    int rc = open_side(&left, a);
    if (rc < 0) return fail_side(&left, rc, difference);
    rc = open_side(&right, b);
    rc = rc < 0 ? fail_side(&right, rc, difference) : compare(&left, &right, difference);
    lines_close(&left.lines);
    lines_close(&right.lines);
    return rc;
}

int tutti_trace_compare(const char *file_a, const char *file_b,
                        struct tutti_trace_difference *difference)
{
    struct tutti_trace_source a = {.path = file_a}, b = {.path = file_b};
    return tutti_trace_compare_sources(&a, &b, difference);
}
