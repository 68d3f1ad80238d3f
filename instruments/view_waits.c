/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/instruments/tally_priv.h"
#include "tutti/instruments/view_priv.h"

/* Columns for numbers, behind the names. */
enum { NUMBERS = 42, ROWS_DEFAULT = 50, PARTS_MAX = 5 };

struct page {
    const struct tally *tally;
    struct tutti_text out;
    uint32_t width;
};

/* The longest first; of equals the one with the most steps, then the older one. */
static int compare(const struct tally_wait *a, const struct tally_wait *b, uint64_t id_a,
                   uint64_t id_b)
{
    if (a->total_ns != b->total_ns) return a->total_ns < b->total_ns ? 1 : -1;
    if (a->steps != b->steps) return a->steps < b->steps ? 1 : -1;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return id_a < id_b ? -1 : id_a > id_b;
}

static int compare_objects(const void *a, const void *b)
{
    const struct tally_object *left = *(struct tally_object *const *)a;
    const struct tally_object *right = *(struct tally_object *const *)b;
    return compare(&left->wait, &right->wait, left->thing->id, right->thing->id);
}

/* The numbers of a row, behind what was added since `start`. */
static void add_numbers(struct page *page, size_t start, const struct tally_wait *wait)
{
    char total[VIEW_TIME_MAX], longest[VIEW_TIME_MAX];
    view_cell(&page->out, start, page->width - NUMBERS);
    tutti_text_print(&page->out, "%8" PRIu64 " %9s %9s %8" PRIu64, wait->count,
                     view_span(wait->total_ns, total), view_span(wait->longest_ns, longest),
                     wait->steps);
    if (wait->open > 0) {
        tutti_text_print(&page->out, " %4" PRIu64, wait->open);
    }
    tutti_text_add(&page->out, "\n", 1);
}

/* The end of a place says more than its beginning. */
static void add_site(struct page *page, size_t start, const struct tutti_site *site)
{
    struct tutti_text place = {0};
    if (!site || page->out.failed) return;
    view_plain(&place, tutti_base_name(site->file));
    tutti_text_print(&place, ":%" PRIu32, site->line);
    size_t used = view_width(page->out.bytes + start, page->out.size - start);
    size_t room = page->width - NUMBERS > used + 2 ? page->width - NUMBERS - used - 2 : 0;
    size_t width = view_width(place.bytes, place.size), skip = 0;
    if (width > room) skip = view_cut(place.bytes, place.size, width - (room > 2 ? room - 2 : 0));
    tutti_text_print(&page->out, skip > 0 ? " .." : " ");
    tutti_text_add(&page->out, place.bytes + skip, place.size - skip);
    tutti_text_print(&page->out, " ");
    page->out.failed |= place.failed;
    tutti_text_free(&place);
}

static void add_part(struct page *page, const struct tally_part *part)
{
    size_t start = page->out.size;
    if (part->holder) {
        tutti_text_print(&page->out, "  held by ");
        view_thing(&page->out, page->tally->model, part->holder, VIEW_FULL);
    } else {
        tutti_text_print(&page->out, "  in ");
        view_plain(&page->out, part->op);
        add_site(page, start, part->site);
    }
    add_numbers(page, start, &part->wait);
}

/* The parts that waited longest. */
static void add_parts(struct page *page, const struct tally_part *first)
{
    const struct tally_part *shown[PARTS_MAX];
    size_t count = 0, all = 0;
    for (const struct tally_part *part = first; part; part = part->next, all++) {
        size_t at = count < PARTS_MAX ? count++ : PARTS_MAX;
        /* Insertion into a short list; what falls off its end is counted only. */
        for (; at > 0; at--) {
            const struct tally_part *before = shown[at - 1];
            if (compare(&before->wait, &part->wait, 0, 0) <= 0) break;
            if (at < PARTS_MAX) shown[at] = before;
        }
        if (at < PARTS_MAX) shown[at] = part;
    }
    for (size_t i = 0; i < count; i++) {
        add_part(page, shown[i]);
    }
    if (all > count) tutti_text_print(&page->out, "  and %zu more\n", all - count);
}

static void add_object(struct page *page, const struct tally_object *object)
{
    size_t start = page->out.size;
    view_thing(&page->out, page->tally->model, object->thing->id, VIEW_FULL);
    add_numbers(page, start, &object->wait);
    add_parts(page, object->places);
    add_parts(page, object->holders);
}

static int add_all(struct page *page, size_t rows)
{
    const struct tally *tally = page->tally;
    struct tally_object **order = malloc((tally->objects_count + 1) * sizeof *order);
    size_t count = 0;
    if (!order) return TUTTI_ENOMEMORY;
    for (size_t i = 0; i < tally->objects_count; i++) {
        if (tally->objects[i]->wait.count > 0) order[count++] = tally->objects[i];
    }
    qsort(order, count, sizeof *order, compare_objects);
    if (count == 0) {
        tutti_text_print(&page->out, "no task waited for an object\n");
    } else {
        tutti_text_print(&page->out, "%-*s%8s %9s %9s %8s %4s\n", (int)(page->width - NUMBERS),
                         "object", "waits", "total", "longest", "steps", "now");
    }
    for (size_t i = 0; i < count && i < rows; i++) {
        add_object(page, order[i]);
    }
    if (count > rows) tutti_text_print(&page->out, "... and %zu more objects\n", count - rows);
    free(order);
    return page->out.failed ? TUTTI_ENOMEMORY : 0;
}

int tutti_view_waits(struct tutti_reader *reader, const struct tutti_view_options *options,
                     tutti_print *print, void *context)
{
    struct tutti_history *history;
    struct tally tally;
    size_t rows = options && options->rows ? options->rows : ROWS_DEFAULT;
    int rc = view_needs(reader, 3, "waits");
    if (rc == 0) rc = tutti_history_open(&history, reader);
    if (rc < 0) return rc;
    rc = tally_read(&tally, history);
    struct page page = {.tally = &tally, .width = view_page(options ? options->width : 0)};
    if (rc == 0) rc = add_all(&page, rows);
    if (rc == 0) rc = print(context, page.out.bytes, page.out.size);
    tutti_text_free(&page.out);
    tally_free(&tally);
    tutti_history_close(history);
    return rc;
}
