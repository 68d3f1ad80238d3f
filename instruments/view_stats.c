/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/instruments/tally_priv.h"
#include "tutti/instruments/view_priv.h"

enum { ROWS_DEFAULT = 50, TASK_NUMBERS = 55, OBJECT_NUMBERS = 51 };

struct page {
    const struct tally *tally;
    struct tutti_text out;
    uint32_t width;
};

static const char *outcome_text(const struct tally *tally)
{
    if (tally->sofar) return tally->panicked ? tutti_outcome_text(TUTTI_OUTCOME_PANIC) : "so far";
    return tally->ended ? tutti_outcome_text(tally->outcome) : "no end";
}

static void add_run(struct page *page, const char *prog, const char *test)
{
    char time[VIEW_TIME_MAX];
    const struct tally *tally = page->tally;
    view_plain(&page->out, prog);
    if (*test) tutti_text_print(&page->out, " ");
    view_plain(&page->out, test);
    tutti_text_print(&page->out,
                     ": %s after %s\n%" PRIu64 " events, %" PRIu64 " steps, %" PRIu64
                     " choices, %" PRIu64 " tasks, "
                     "%" PRIu64 " objects\n",
                     outcome_text(tally), view_time(tally->end_ns, time), tally->events,
                     tally->steps, tally->choices, tally->tasks_made, tally->objects_made);
}

static int compare_tasks(const void *a, const void *b)
{
    const struct tally_task *left = *(struct tally_task *const *)a;
    const struct tally_task *right = *(struct tally_task *const *)b;
    if (left->steps != right->steps) return left->steps < right->steps ? 1 : -1;
    return left->thing->id < right->thing->id ? -1 : left->thing->id > right->thing->id;
}

static void add_task(struct page *page, const struct tally_task *task)
{
    char ready[VIEW_TIME_MAX], wait[VIEW_TIME_MAX], step[VIEW_TIME_MAX];
    size_t start = page->out.size;
    view_known(&page->out, task->thing, VIEW_FULL);
    view_cell(&page->out, start, page->width - TASK_NUMBERS);
    tutti_text_print(&page->out, "%7" PRIu64 " %9s %9s %9s %7" PRIu64 " %8" PRIu64 "\n",
                     task->steps, view_span(task->ready_ns, ready), view_span(task->wait_ns, wait),
                     view_span(task->step_longest_ns, step), task->wakes, task->cancels);
}

static int add_tasks(struct page *page, size_t rows)
{
    const struct tally *tally = page->tally;
    struct tally_task **order = malloc((tally->tasks_count + 1) * sizeof *order);
    if (!order) return TUTTI_ENOMEMORY;
    for (size_t i = 0; i < tally->tasks_count; i++) {
        order[i] = tally->tasks[i];
    }
    qsort(order, tally->tasks_count, sizeof *order, compare_tasks);
    tutti_text_print(&page->out, "\n%-*s%7s %9s %9s %9s %7s %8s\n",
                     (int)(page->width - TASK_NUMBERS), "task", "steps", "ready", "waiting",
                     "longest", "wakes", "cancels");
    for (size_t i = 0; i < tally->tasks_count && i < rows; i++) {
        add_task(page, order[i]);
    }
    if (tally->tasks_count > rows) {
        tutti_text_print(&page->out, "... and %zu more tasks\n", tally->tasks_count - rows);
    }
    free(order);
    return 0;
}

static int compare_objects(const void *a, const void *b)
{
    const struct tally_object *left = *(struct tally_object *const *)a;
    const struct tally_object *right = *(struct tally_object *const *)b;
    uint64_t used = left->effects + left->wait.count, more = right->effects + right->wait.count;
    if (used != more) return used < more ? 1 : -1;
    return left->thing->id < right->thing->id ? -1 : left->thing->id > right->thing->id;
}

static void add_object(struct page *page, const struct tally_object *object)
{
    char total[VIEW_TIME_MAX], longest[VIEW_TIME_MAX];
    size_t start = page->out.size;
    view_known(&page->out, object->thing, VIEW_FULL);
    view_cell(&page->out, start, page->width - OBJECT_NUMBERS);
    tutti_text_print(&page->out, "%8" PRIu64 " %8" PRIu64 " %9s %9s %9" PRId64 "\n",
                     object->effects, object->wait.count, view_span(object->wait.total_ns, total),
                     view_span(object->wait.longest_ns, longest), object->queue_max);
}

static int add_objects(struct page *page, size_t rows)
{
    const struct tally *tally = page->tally;
    struct tally_object **order = malloc((tally->objects_count + 1) * sizeof *order);
    if (!order) return TUTTI_ENOMEMORY;
    for (size_t i = 0; i < tally->objects_count; i++) {
        order[i] = tally->objects[i];
    }
    qsort(order, tally->objects_count, sizeof *order, compare_objects);
    if (tally->objects_count > 0) {
        tutti_text_print(&page->out, "\n%-*s%8s %8s %9s %9s %9s\n",
                         (int)(page->width - OBJECT_NUMBERS), "object", "effects", "waits", "total",
                         "longest", "queue");
    }
    for (size_t i = 0; i < tally->objects_count && i < rows; i++) {
        add_object(page, order[i]);
    }
    if (tally->objects_count > rows) {
        tutti_text_print(&page->out, "... and %zu more objects\n", tally->objects_count - rows);
    }
    free(order);
    return 0;
}

/* json_pack takes names that are valid UTF-8, as all texts of a trace are. */
static json_t *json_task(const struct tally_task *task)
{
    return json_pack("{s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "task",
                     (json_int_t)task->thing->id, "name", task->thing->name, "steps",
                     (json_int_t)task->steps, "parks", (json_int_t)task->parks, "run_ns",
                     (json_int_t)task->run_ns, "ready_ns", (json_int_t)task->ready_ns, "wait_ns",
                     (json_int_t)task->wait_ns, "longest_step_ns",
                     (json_int_t)task->step_longest_ns, "longest_wait_ns",
                     (json_int_t)task->wait_longest_ns, "wakes", (json_int_t)task->wakes, "woken",
                     (json_int_t)task->woken, "cancels", (json_int_t)task->cancels);
}

static json_t *json_object_of(const struct tally_object *object)
{
    const struct tutti_thing_object *about = &object->thing->object;
    return json_pack(
        "{s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "obj", (json_int_t)object->thing->id, "kind",
        about->is_io ? "operation" : tutti_object_kind_text(about->kind), "name",
        object->thing->name, "effects", (json_int_t)object->effects, "waits",
        (json_int_t)object->wait.count, "waiting", (json_int_t)object->wait.open, "wait_ns",
        (json_int_t)object->wait.total_ns, "longest_wait_ns", (json_int_t)object->wait.longest_ns,
        "wait_steps", (json_int_t)object->wait.steps, "queue", (json_int_t)object->queue_max);
}

/* Everything, in the order of creation. NULL: no memory. */
static json_t *json_all(const struct tally *tally, const char *prog, const char *test)
{
    json_t *kinds = json_object(), *tasks = json_array(), *objects = json_array();
    int bad = 0;
    for (int kind = 0; kind < TUTTI_EVENT_KINDS; kind++) {
        if (tally->kinds[kind] == 0) continue;
        bad |= json_object_set_new(kinds, tutti_trace_table[kind].text,
                                   json_integer((json_int_t)tally->kinds[kind]));
    }
    for (size_t i = 0; i < tally->tasks_count; i++) {
        bad |= json_array_append_new(tasks, json_task(tally->tasks[i]));
    }
    for (size_t i = 0; i < tally->objects_count; i++) {
        bad |= json_array_append_new(objects, json_object_of(tally->objects[i]));
    }
    json_t *all =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "prog", prog, "test", test,
                  "outcome", outcome_text(tally), "t", (json_int_t)tally->end_ns, "events",
                  (json_int_t)tally->events, "steps", (json_int_t)tally->steps, "choices",
                  (json_int_t)tally->choices, "kinds", kinds, "tasks", tasks, "objects", objects);
    if (!bad) return all;
    json_decref(all);
    return NULL;
}

static int collect(const char *bytes, size_t size, void *out)
{
    tutti_text_add(out, bytes, size);
    return ((struct tutti_text *)out)->failed ? -1 : 0;
}

static int add_json(struct page *page, const char *prog, const char *test)
{
    json_t *all = json_all(page->tally, prog, test);
    int rc = all ? json_dump_callback(all, collect, &page->out, JSON_COMPACT) : -1;
    tutti_text_add(&page->out, "\n", 1);
    json_decref(all);
    return rc < 0 ? TUTTI_ENOMEMORY : 0;
}

int view_tally(const struct tally *tally, const char *prog, const char *test,
               const struct tutti_view_options *options, tutti_print *print, void *context)
{
    static const struct tutti_view_options defaults;
    if (!options) options = &defaults;
    size_t rows = options->rows ? options->rows : ROWS_DEFAULT;
    struct page page = {.tally = tally, .width = view_page(options->width)};
    int rc = 0;
    if (options->json) {
        rc = add_json(&page, prog, test);
    } else {
        add_run(&page, prog, test);
        rc = add_tasks(&page, rows);
        if (rc == 0) rc = add_objects(&page, rows);
    }
    if (rc == 0 && page.out.failed) rc = TUTTI_ENOMEMORY;
    if (rc == 0) rc = print(context, page.out.bytes, page.out.size);
    tutti_text_free(&page.out);
    return rc;
}

int tutti_view_stats(struct tutti_reader *reader, const struct tutti_view_options *options,
                     tutti_print *print, void *context)
{
    const struct tutti_trace_start *start = tutti_reader_start(reader);
    struct tutti_history *history;
    struct tally tally;
    int rc = tutti_history_open(&history, reader);
    if (rc < 0) return rc;
    rc = tally_read(&tally, history);
    if (rc == 0) rc = view_tally(&tally, start->prog, start->test, options, print, context);
    tally_free(&tally);
    tutti_history_close(history);
    return rc;
}
