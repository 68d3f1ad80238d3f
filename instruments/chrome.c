/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/chrome.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/instruments/encode_priv.h"
#include "tutti/instruments/history.h"
#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/ring.h"
#include "tutti/instruments/view_priv.h"

/* Moments of the page are in ns, too. A step has room for something strictly inside it, because an
 * arrow binds to the slice around its end, and at an edge there are two. */
enum { STEP_NS = 1000, PIECE = 60 * 1024 };

/* Room behind the last moment of a damaged trace. */
#define TIME_MAX (INT64_MAX / 2)

struct chrome_task {
    const struct tutti_thing *thing;
    uint64_t pid;
    int64_t start; /* of the slice it is in */
    enum tutti_task_state state;
    const struct tutti_trace_event *park; /* WAITING: the call */
    uint64_t wake_by, wake; /* the arrow to its next step: from whom, its number; 0 none */
    int64_t wake_at;
};

struct chrome_pair {
    uint64_t id, task;
    const char *category, *name;
    int64_t at;
    bool open;
};

struct chrome {
    const struct tutti_history *history;
    enum tutti_chrome_axis axis;
    tutti_print *print;
    void *context;
    int error;
    struct tutti_text out;
    bool first;
    struct chrome_task *tasks;
    size_t tasks_count;
    struct idmap index; /* from ids of tasks */
    struct idmap pairs; /* of operations, by their ids */
    uint64_t running;   /* whose step it is; 0 nobody's */
    uint64_t root;      /* the process of tasks that are in no nursery */
    int64_t now;        /* of the page */
    uint64_t steps, wakes, ready, ready_told;
    int64_t ready_at;
};

static struct chrome_task *task_of(const struct chrome *chrome, uint64_t id)
{
    return idmap_get(&chrome->index, id);
}

static void give_out(struct chrome *chrome)
{
    if (chrome->out.failed) chrome->error = TUTTI_ENOMEMORY;
    if (chrome->error == 0) {
        chrome->error = chrome->print(chrome->context, chrome->out.bytes, chrome->out.size);
    }
    chrome->out.size = 0;
}

static void add_text(struct chrome *chrome, const char *text)
{
    char json[6 * TUTTI_TRACE_TEXT_MAX + 16];
    tutti_text_add(&chrome->out, json, (size_t)(encode_text(json, text) - json));
}

/* The name of a thing as a JSON string. */
static void add_name(struct chrome *chrome, uint64_t id, enum view_style style)
{
    struct tutti_text name = {0};
    view_thing(&name, chrome->history->whole, id, style);
    add_text(chrome, name.bytes ? name.bytes : "");
    chrome->out.failed |= name.failed;
    tutti_text_free(&name);
}

/* Begins an event: its phase, thread and moment; then come more keys, and end(). */
static void begin(struct chrome *chrome, char phase, uint64_t pid, uint64_t tid, int64_t at)
{
    if (chrome->out.size > PIECE) give_out(chrome);
    tutti_text_print(&chrome->out,
                     "%s{\"ph\":\"%c\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu64 ",\"ts\":%" PRId64
                     ".%03d",
                     chrome->first ? "" : ",\n", phase, pid, tid, at / 1000, (int)(at % 1000));
    chrome->first = false;
}

static void end(struct chrome *chrome)
{
    tutti_text_add(&chrome->out, "}", 1);
}

static void add_meta(struct chrome *chrome, const char *what, uint64_t pid, uint64_t tid,
                     uint64_t id, const char *name)
{
    begin(chrome, 'M', pid, tid, 0);
    tutti_text_print(&chrome->out, ",\"name\":\"%s\",\"args\":{\"name\":", what);
    if (name) {
        add_text(chrome, name);
    } else {
        add_name(chrome, id, VIEW_FULL);
    }
    tutti_text_add(&chrome->out, "}", 1);
    end(chrome);
}

static void add_order(struct chrome *chrome, const char *what, uint64_t pid, uint64_t tid,
                      uint64_t order)
{
    begin(chrome, 'M', pid, tid, 0);
    tutti_text_print(&chrome->out, ",\"name\":\"%s\",\"args\":{\"sort_index\":%" PRIu64 "}", what,
                     order);
    end(chrome);
}

/* The slice that a task leaves. */
static void add_slice(struct chrome *chrome, struct chrome_task *task, int64_t until)
{
    if (task->state == TUTTI_TASK_NEW || until <= task->start) return;
    int64_t length = until - task->start;
    bool waits = task->state == TUTTI_TASK_WAITING;
    bool runs = task->state == TUTTI_TASK_RUNNING;
    begin(chrome, 'X', task->pid, task->thing->id, task->start);
    tutti_text_print(&chrome->out,
                     ",\"dur\":%" PRId64 ".%03d,\"cat\":\"%s\",\"name\":", length / 1000,
                     (int)(length % 1000),
                     runs    ? "running"
                     : waits ? "waiting"
                             : "ready");
    add_text(chrome, waits ? task->park->name : runs ? "running" : "ready");
    if (waits) {
        tutti_text_print(&chrome->out, ",\"args\":{\"obj\":");
        add_name(chrome, task->park->obj, VIEW_FULL);
        tutti_text_print(&chrome->out, ",\"at\":");
        const struct tutti_site *site = task->park->site;
        add_text(chrome, site ? site->file : "?");
        if (site) {
            chrome->out.size--; /* the quote */
            tutti_text_print(&chrome->out, ":%" PRIu32 "\"", site->line);
        }
        tutti_text_add(&chrome->out, "}", 1);
    }
    end(chrome);
}

static void enter(struct chrome *chrome, struct chrome_task *task, enum tutti_task_state state)
{
    add_slice(chrome, task, chrome->now);
    chrome->ready += state == TUTTI_TASK_READY;
    chrome->ready -= task->state == TUTTI_TASK_READY;
    task->state = state;
    task->start = chrome->now;
}

/* The counter, at most once a moment: the last value counts. */
static void tell_ready(struct chrome *chrome, bool last)
{
    if (!last && chrome->now == chrome->ready_at) return;
    if (chrome->ready != chrome->ready_told) {
        begin(chrome, 'C', chrome->root, 0, chrome->ready_at);
        tutti_text_print(&chrome->out, ",\"name\":\"ready tasks\",\"args\":{\"ready\":%" PRIu64 "}",
                         chrome->ready);
        end(chrome);
        chrome->ready_told = chrome->ready;
    }
    chrome->ready_at = chrome->now;
}

static void add_flow(struct chrome *chrome, char phase, const struct chrome_task *task, int64_t at,
                     uint64_t id)
{
    begin(chrome, phase, task->pid, task->thing->id, at);
    tutti_text_print(&chrome->out, ",\"cat\":\"wake\",\"name\":\"wake\",\"id\":%" PRIu64 "%s", id,
                     phase == 'f' ? ",\"bp\":\"e\"" : "");
    end(chrome);
}

/* Time on the page before an event; a step takes 2 ns at least. */
static void move_on(struct chrome *chrome, const struct tutti_trace_event *event)
{
    bool begins = event->kind == TUTTI_EVENT_TASK_RUN;
    bool ends = event->kind == TUTTI_EVENT_TASK_PARK || event->kind == TUTTI_EVENT_TASK_EXIT;
    chrome->steps += begins;
    if (chrome->axis == TUTTI_CHROME_STEPS) {
        int64_t step = (int64_t)chrome->steps * STEP_NS;
        int64_t at = begins ? step : ends ? step + STEP_NS - 1 : step + STEP_NS / 2;
        if (!begins && !ends && !chrome->running) at = chrome->now;
        if (at > chrome->now) chrome->now = at;
        return;
    }
    if (ends && chrome->running) chrome->now++;
    int64_t t_ns = event->t_ns < TIME_MAX ? event->t_ns : TIME_MAX;
    if (t_ns > chrome->now) chrome->now = t_ns;
}

static void run(struct chrome *chrome, const struct tutti_trace_event *event)
{
    struct chrome_task *task = task_of(chrome, event->task);
    if (!task) return;
    enter(chrome, task, TUTTI_TASK_RUNNING);
    chrome->running = event->task;
    chrome->now++; /* from here on it is inside */
    const struct chrome_task *by = task->wake ? task_of(chrome, task->wake_by) : NULL;
    if (by) {
        add_flow(chrome, 's', by, task->wake_at, task->wake);
        add_flow(chrome, 'f', task, chrome->now, task->wake);
    }
    task->wake = 0;
}

static void make_ready(struct chrome *chrome, const struct tutti_trace_event *event)
{
    struct chrome_task *task = task_of(chrome, event->task);
    if (!task) return;
    enter(chrome, task, TUTTI_TASK_READY);
    if (event->by == 0 || event->by == event->task || event->by != chrome->running) return;
    task->wake = ++chrome->wakes;
    task->wake_by = event->by;
    task->wake_at = chrome->now;
}

static void leave(struct chrome *chrome, const struct tutti_trace_event *event)
{
    struct chrome_task *task = task_of(chrome, event->task);
    if (!task) return;
    bool parks = event->kind == TUTTI_EVENT_TASK_PARK;
    if (chrome->running == event->task) chrome->running = 0;
    enter(chrome, task, parks ? TUTTI_TASK_WAITING : TUTTI_TASK_NEW);
    task->park = parks ? event : NULL; /* the slice it left had the one before */
}

static void add_instant(struct chrome *chrome, uint64_t pid, uint64_t tid, char scope,
                        const struct tutti_trace_event *event)
{
    struct tutti_text what = {0};
    view_event(&what, chrome->history->whole, event);
    begin(chrome, 'i', pid, tid, chrome->now);
    tutti_text_print(&chrome->out, ",\"s\":\"%c\",\"cat\":\"cancel\",\"name\":", scope);
    add_text(chrome, tutti_trace_table[event->kind].text);
    tutti_text_print(&chrome->out, ",\"args\":{\"what\":");
    add_text(chrome, what.bytes ? what.bytes : "");
    tutti_text_add(&chrome->out, "}", 1);
    end(chrome);
    chrome->out.failed |= what.failed;
    tutti_text_free(&what);
}

/* A cancelled scope: of a nursery on its process, else on its task's thread. */
static void add_cancel(struct chrome *chrome, const struct tutti_trace_event *event)
{
    const struct tutti_thing *scope = tutti_model_find(chrome->history->whole, event->obj);
    bool known = scope && scope->kind == TUTTI_THING_SCOPE;
    const struct chrome_task *task =
        known && scope->owner ? task_of(chrome, scope->owner->id) : NULL;
    uint64_t nursery = known ? scope->scope.nursery : 0;
    uint64_t pid = nursery ? nursery : task ? task->pid : chrome->root;
    add_instant(chrome, pid, task ? task->thing->id : pid, nursery || !task ? 'p' : 't', event);
}

static void add_half(struct chrome *chrome, const struct chrome_pair *pair, char phase, int64_t at)
{
    const struct chrome_task *task = task_of(chrome, pair->task);
    begin(chrome, phase, task->pid, pair->task, at);
    tutti_text_print(&chrome->out, ",\"cat\":\"%s\",\"id\":%" PRIu64 ",\"name\":", pair->category,
                     pair->id);
    add_text(chrome, pair->name);
    end(chrome);
}

/* A pair is given out when its end is known: so none is without its other half. */
static void open_pair(struct chrome *chrome, const char *category, uint64_t id, uint64_t task,
                      const char *name)
{
    if (!task_of(chrome, task) || id == 0 || idmap_get(&chrome->pairs, id)) return;
    struct chrome_pair *pair = malloc(sizeof *pair);
    if (!pair || !idmap_set(&chrome->pairs, id, pair)) {
        free(pair);
        chrome->error = TUTTI_ENOMEMORY;
        return;
    }
    *pair = (struct chrome_pair){id, task, category, name, chrome->now, true};
}

static void close_pair(struct chrome *chrome, uint64_t id)
{
    struct chrome_pair *pair = idmap_get(&chrome->pairs, id);
    if (!pair || !pair->open) return;
    pair->open = false;
    add_half(chrome, pair, 'b', pair->at);
    add_half(chrome, pair, 'e', chrome->now);
}

static void add_event(struct chrome *chrome, const struct tutti_trace_event *event)
{
    move_on(chrome, event);
    tell_ready(chrome, false);
    switch (event->kind) {
    case TUTTI_EVENT_TASK_READY:
        make_ready(chrome, event);
        break;
    case TUTTI_EVENT_TASK_RUN:
        run(chrome, event);
        break;
    case TUTTI_EVENT_TASK_PARK:
    case TUTTI_EVENT_TASK_EXIT:
        leave(chrome, event);
        break;
    case TUTTI_EVENT_SCOPE_CANCEL:
        add_cancel(chrome, event);
        break;
    case TUTTI_EVENT_TASK_CANCELLED:
        if (!task_of(chrome, event->task)) break;
        add_instant(chrome, task_of(chrome, event->task)->pid, event->task, 't', event);
        break;
    case TUTTI_EVENT_IO_SUBMIT:
        open_pair(chrome, "io", event->obj, event->task, event->name);
        break;
    case TUTTI_EVENT_SPAN_BEGIN:
        open_pair(chrome, "span", event->obj, event->task, event->name);
        break;
    case TUTTI_EVENT_IO_DONE:
    case TUTTI_EVENT_SPAN_END:
        close_pair(chrome, event->obj);
        break;
    default:
        break;
    }
}

/* A task's thread and a nursery's process, with their names and places in the tree. */
static void add_place(struct chrome *chrome, const struct tutti_thing *thing, uint64_t order)
{
    if (thing->kind == TUTTI_THING_NURSERY) {
        add_meta(chrome, "process_name", thing->id, thing->id, thing->id, NULL);
        add_order(chrome, "process_sort_index", thing->id, thing->id, order);
    }
    struct chrome_task *task = thing->kind == TUTTI_THING_TASK ? task_of(chrome, thing->id) : NULL;
    if (!task || task->thing != thing) return;
    add_meta(chrome, "thread_name", task->pid, thing->id, thing->id, NULL);
    add_order(chrome, "thread_sort_index", task->pid, thing->id, order);
}

/* The next of the tree in preorder; NULL: `root` has no more. */
static const struct tutti_thing *next_of(const struct tutti_thing *thing,
                                         const struct tutti_thing *root)
{
    if (thing->first) return thing->first;
    while (thing != root && !thing->beside)
        thing = thing->owner;
    return thing == root ? NULL : thing->beside;
}

static void add_places(struct chrome *chrome)
{
    uint64_t order = 1;
    add_meta(chrome, "process_name", chrome->root, 0, 0, "run");
    add_order(chrome, "process_sort_index", chrome->root, 0, 0);
    for (const struct tutti_thing *root = chrome->history->whole->first; root; root = root->next) {
        if (root->owner) continue;
        for (const struct tutti_thing *thing = root; thing; thing = next_of(thing, root)) {
            add_place(chrome, thing, order++);
        }
    }
}

/* The nursery a task is in at the end is its process all the time: a thread cannot move. */
static int open_tasks(struct chrome *chrome)
{
    const struct tutti_model *whole = chrome->history->whole;
    size_t count = 0;
    for (const struct tutti_thing *thing = whole->first; thing; thing = thing->next) {
        count += thing->kind == TUTTI_THING_TASK;
    }
    chrome->tasks = calloc(count + 1, sizeof *chrome->tasks);
    if (!chrome->tasks) return TUTTI_ENOMEMORY;
    for (const struct tutti_thing *thing = whole->first; thing; thing = thing->next) {
        if (thing->kind != TUTTI_THING_TASK) continue;
        /* The first task's number is no nursery's, so it can be that of the run as a whole. */
        if (chrome->root == 0) chrome->root = thing->id;
        struct chrome_task *task = &chrome->tasks[chrome->tasks_count++];
        bool lives = thing->owner && thing->owner->kind == TUTTI_THING_NURSERY;
        *task =
            (struct chrome_task){.thing = thing, .pid = lives ? thing->owner->id : chrome->root};
        if (!idmap_set(&chrome->index, thing->id, task)) return TUTTI_ENOMEMORY;
    }
    if (chrome->root == 0) chrome->root = 1;
    return 0;
}

/* Line 1's words, which belong to the file as a whole. */
static void add_head(struct chrome *chrome, const struct tutti_trace_start *start)
{
    const struct {
        const char *key, *text;
    } parts[] = {{"prog", start->prog},   {"test", start->test},     {"version", start->version},
                 {"world", start->world}, {"policy", start->policy}, {"seed", start->seed},
                 {"list", start->list}};
    tutti_text_print(&chrome->out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"axis\":\"%s\"",
                     chrome->axis == TUTTI_CHROME_STEPS ? "steps" : "time");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        tutti_text_print(&chrome->out, ",\"%s\":", parts[i].key);
        add_text(chrome, parts[i].text ? parts[i].text : "");
    }
    tutti_text_print(&chrome->out, "},\"traceEvents\":[\n");
}

/* What is still going on goes on until the end. */
static void finish(struct chrome *chrome)
{
    chrome->now++;
    tell_ready(chrome, true);
    for (size_t i = 0; i < chrome->tasks_count; i++) {
        add_slice(chrome, &chrome->tasks[i], chrome->now);
    }
    for (size_t i = 0; i < chrome->pairs.size; i++) {
        if (chrome->pairs.slots[i].id) close_pair(chrome, chrome->pairs.slots[i].id);
    }
    tutti_text_print(&chrome->out, "\n]}\n");
    give_out(chrome);
}

static void free_all(struct chrome *chrome)
{
    for (size_t i = 0; i < chrome->pairs.size; i++) {
        free(chrome->pairs.slots[i].value);
    }
    idmap_free(&chrome->pairs);
    idmap_free(&chrome->index);
    free(chrome->tasks);
    tutti_text_free(&chrome->out);
}

int tutti_chrome_export(struct tutti_reader *reader, enum tutti_chrome_axis axis,
                        tutti_print *print, void *context)
{
    struct tutti_history *history;
    int rc = view_needs(reader, 3, "chrome");
    if (rc == 0) rc = tutti_history_open(&history, reader);
    if (rc < 0) return rc;
    struct chrome chrome = {
        .history = history, .axis = axis, .print = print, .context = context, .first = true};
    chrome.error = open_tasks(&chrome);
    if (chrome.error == 0) {
        add_head(&chrome, tutti_reader_start(reader));
        add_places(&chrome);
    }
    for (size_t i = 0; chrome.error == 0 && i < history->count; i++) {
        add_event(&chrome, &history->events[i].event);
    }
    if (chrome.error == 0) finish(&chrome);
    free_all(&chrome);
    tutti_history_close(history);
    return chrome.error;
}
