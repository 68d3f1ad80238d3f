/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* All tasks as one line of JSON, for a console. Made in the run's thread, maybe on a task's stack:
 * in little stack, and in time that grows with the number of tasks and no faster.                */
#include <inttypes.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/core/park.h"
#include "tutti/instruments/console_priv.h"
#include "tutti/instruments/encode_priv.h"
#include "tutti/instruments/os_sampler_priv.h"

/* A task, or several of one nursery that do the same in the same place and have no children. */
struct row {
    struct tutti_task_view view;
    uint64_t parent, alike, wakes;
    int64_t busy_ns, since_ns;    /* of all of them; of the one that waits longest */
    bool children, folded, mixed; /* mixed: their objects are not the same one */
};

struct table {
    struct row *rows;
    size_t count;
    struct idmap by_id, by_hash;
    char *scratch; /* ENCODE_LINE_MAX bytes */
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return hash_word(hash, value);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = mix(hash, (unsigned char)*text);
    return mix(hash, UINT64_MAX);
}

/* What tasks that are shown as one have in common. Objects count by kind and name: a thousand tasks
 * that wait for a thousand channels alike are alike.                                             */
static uint64_t hash_of(const struct row *row)
{
    const struct tutti_task_view *view = &row->view;
    uint64_t hash = mix(mix(HASH_START, row->parent), view->nursery);
    hash = mix_text(mix_text(mix_text(hash, view->name), view->state), view->op);
    hash = mix(hash, (uint64_t)(uintptr_t)view->site);
    hash = mix(hash, (uint64_t)view->cancelled << 1 | view->system);
    if (view->object) hash = mix_text(mix(hash, view->object->kind + 1u), view->object->name);
    return hash ? hash : 1;
}

static bool collect(struct table *table, const struct idmap *tallies)
{
    const struct tutti_task *task = NULL;
    while ((task = tutti_inspect_next(task)))
        table->count++;
    table->rows = calloc(table->count + 1, sizeof *table->rows);
    table->scratch = malloc(ENCODE_LINE_MAX);
    if (!table->rows || !table->scratch) return false;
    for (struct row *row = table->rows; (task = tutti_inspect_next(task)); row++) {
        tutti_inspect_task(task, &row->view);
        row->alike = 1;
        row->since_ns = row->view.since_ns;
        const struct console_tally *tally = idmap_get(tallies, row->view.id);
        if (tally) {
            row->busy_ns = tally->busy_ns;
            row->wakes = tally->wakes;
        }
        if (!idmap_set(&table->by_id, row->view.id, row)) return false;
        if (!row->view.parent) continue;
        row->parent = tutti_task_id(row->view.parent);
        struct row *parent = idmap_get(&table->by_id, row->parent);
        if (parent) parent->children = true;
    }
    return true;
}

static bool fold(struct table *table)
{
    for (struct row *row = table->rows; row < table->rows + table->count; row++) {
        if (row->children) continue;
        uint64_t hash = hash_of(row);
        struct row *same = idmap_get(&table->by_hash, hash);
        if (!same && !idmap_set(&table->by_hash, hash, row)) return false;
        if (!same) continue;
        row->folded = true;
        same->alike++;
        same->wakes += row->wakes;
        same->busy_ns += row->busy_ns;
        if (row->since_ns < same->since_ns) same->since_ns = row->since_ns;
        same->mixed |= same->view.object != row->view.object;
    }
    return true;
}

static void add_text(struct table *table, struct tutti_text *text, const char *key,
                     const char *value)
{
    char *end = encode_text(table->scratch, value);
    tutti_text_print(text, ",\"%s\":", key);
    tutti_text_add(text, table->scratch, (size_t)(end - table->scratch));
}

static void add_object(struct table *table, struct tutti_text *text, const struct row *row)
{
    const struct tutti_object *object = row->view.object;
    add_text(table, text, "kind", tutti_object_kind_text(object->kind));
    if (object->name) add_text(table, text, "label", object->name);
    if (row->mixed) return;
    tutti_text_print(text, ",\"obj\":%" PRIu64, object->id);
    if (!object->holder) return;
    tutti_text_print(text, ",\"held\":%" PRIu64, tutti_task_id(object->holder));
    add_text(table, text, "holder", tutti_task_name(object->holder));
}

static void add_row(struct table *table, struct tutti_text *text, const struct row *row)
{
    const struct tutti_task_view *view = &row->view;
    int64_t age_ns = tutti_inspect_now() - row->since_ns;
    tutti_text_print(text, "{\"id\":%" PRIu64 ",\"in\":%" PRIu64 ",\"n\":%" PRIu64, view->id,
                     row->parent, row->alike);
    add_text(table, text, "name", view->name);
    add_text(table, text, "state", view->state);
    if (view->stopped) add_text(table, text, "op", view->op);
    if (view->stopped && view->object) add_object(table, text, row);
    if (view->stopped && view->site) {
        add_text(table, text, "file", view->site->file);
        tutti_text_print(text, ",\"line\":%" PRIu32, view->site->line);
    }
    if (view->cancelled)
        add_text(table, text, "cancelled", tutti_cancel_why_text(view->cancel.why));
    if (view->system) tutti_text_print(text, ",\"system\":true");
    tutti_text_print(text,
                     ",\"age\":%" PRId64 ",\"busy\":%" PRId64 ",\"wakes\":%" PRIu64
                     ",\"steps\":%" PRIu64 "}",
                     age_ns > 0 ? age_ns : 0, row->busy_ns, row->wakes, view->steps);
}

static void add_all(struct table *table, struct tutti_text *text)
{
    size_t shown = 0, more = 0;
    tutti_text_print(text, "{\"clock\":%" PRId64 ",\"tasks\":%zu,\"rows\":[", sampler_now_ns(),
                     table->count);
    for (const struct row *row = table->rows; row < table->rows + table->count; row++) {
        if (row->folded) continue;
        if (shown == CONSOLE_ROWS_MAX) {
            more++;
            continue;
        }
        if (shown++) tutti_text_add(text, ",", 1);
        add_row(table, text, row);
    }
    tutti_text_print(text, "],\"more\":%zu}\n", more);
}

bool console_rows(struct tutti_text *text, const struct idmap *tallies, bool each)
{
    struct table table = {.count = 0};
    bool done = collect(&table, tallies) && (each || fold(&table));
    if (done) add_all(&table, text);
    free(table.rows);
    free(table.scratch);
    idmap_free(&table.by_id);
    idmap_free(&table.by_hash);
    return done && !text->failed;
}
