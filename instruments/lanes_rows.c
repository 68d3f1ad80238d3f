/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/lanes_priv.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/view_priv.h"

/* The array with room for one more item; the same array, and `failed`, when there is no memory. */
static void *grown(struct lanes *lanes, void *items, size_t *room, size_t count, size_t size)
{
    if (count < *room) return items;
    size_t more = *room ? *room * 2 : 64;
    void *larger = realloc(items, more * size);
    if (!larger) {
        lanes->failed = true;
        return items;
    }
    *room = more;
    return larger;
}

static uint32_t index_of(const struct lanes *lanes, uint64_t id)
{
    return (uint32_t)(uintptr_t)idmap_get(&lanes->index, id) - 1;
}

/* The text a remark is added to: the row's own notes, or those of the row to come. */
static struct tutti_text *remark(struct lanes *lanes)
{
    struct tutti_text *notes = lanes->open ? &lanes->notes : &lanes->between;
    size_t start = lanes->open ? lanes->rows[lanes->rows_count - 1].note : 0;
    if (notes->size > start) tutti_text_add(notes, "; ", 2);
    return notes;
}

static void end_row(struct lanes *lanes)
{
    if (!lanes->open) return;
    struct lane_row *row = &lanes->rows[lanes->rows_count - 1];
    row->note_end = lanes->notes.size;
    row->changes_end = lanes->changes_count;
    lanes->open = false;
}

static void start_row(struct lanes *lanes, uint64_t step, uint32_t who, char mark)
{
    end_row(lanes);
    lanes->rows =
        grown(lanes, lanes->rows, &lanes->rows_room, lanes->rows_count, sizeof *lanes->rows);
    if (lanes->failed) return;
    lanes->rows[lanes->rows_count++] = (struct lane_row){.step = step,
                                                         .t_ns = lanes->model->now_ns,
                                                         .who = who,
                                                         .mark = mark,
                                                         .pick = lanes->pick,
                                                         .of = lanes->of,
                                                         .note = lanes->notes.size};
    tutti_text_add(&lanes->notes, lanes->between.bytes, lanes->between.size);
    lanes->between.size = 0;
    lanes->of = 0;
    lanes->open = true;
}

static void set_state(struct lanes *lanes, uint64_t id, char state)
{
    uint32_t task = index_of(lanes, id);
    if (task == LANES_NOBODY) return;
    lanes->changes = grown(lanes, lanes->changes, &lanes->changes_room, lanes->changes_count,
                           sizeof *lanes->changes);
    if (!lanes->failed) lanes->changes[lanes->changes_count++] = (struct lane_change){task, state};
}

static void add_task(struct lanes *lanes, uint64_t id)
{
    const struct tutti_thing *thing = tutti_model_find(lanes->model, id);
    if (!thing || thing->kind != TUTTI_THING_TASK) return;
    lanes->tasks =
        grown(lanes, lanes->tasks, &lanes->tasks_room, lanes->tasks_count, sizeof *lanes->tasks);
    if (lanes->failed) return;
    lanes->tasks[lanes->tasks_count++] =
        (struct lane_task){.thing = thing, .state = ' ', .column = LANES_NOBODY};
    if (!idmap_set(&lanes->index, id, (void *)(uintptr_t)lanes->tasks_count)) lanes->failed = true;
    set_state(lanes, id, '|');
}

/* The task in whose column a pseudo-task's mark goes: the task itself, or the scope's. */
static uint32_t marked(const struct lanes *lanes, uint64_t id)
{
    const struct tutti_thing *thing = tutti_model_find(lanes->model, id);
    if (thing && thing->kind == TUTTI_THING_SCOPE && thing->owner) id = thing->owner->id;
    return index_of(lanes, id);
}

static void add_scope_name(struct lanes *lanes, struct tutti_text *out, uint64_t id)
{
    const struct tutti_thing *scope = tutti_model_find(lanes->model, id);
    bool known = scope && scope->kind == TUTTI_THING_SCOPE;
    uint64_t nursery = known ? scope->scope.nursery : 0;
    view_thing(out, lanes->model, nursery ? nursery : id, VIEW_SHORT);
    if (!known || !scope->at || nursery) return;
    tutti_text_print(out, " (");
    view_plain(out, tutti_base_name(scope->at));
    tutti_text_add(out, ")", 1);
}

static void add_choice(struct lanes *lanes, const struct tutti_trace_event *event)
{
    const char *const *kinds = view_words(TUTTI_EVENT_CHOICE, "kind");
    if (event->code != TUTTI_CHOICE_RUN) {
        struct tutti_text *out = remark(lanes);
        tutti_text_print(out, "%s [%" PRId64 "/%" PRIu32 "]", kinds[event->code], event->arg,
                         event->count);
        return;
    }
    lanes->pick = (uint32_t)event->arg;
    lanes->of = event->count;
    switch (event->code2) {
    case TUTTI_CANDIDATE_CANCEL:
        start_row(lanes, 0, marked(lanes, event->obj), '!');
        tutti_text_print(&lanes->notes, "cancels ");
        add_scope_name(lanes, &lanes->notes, event->obj);
        break;
    case TUTTI_CANDIDATE_TIMER:
        start_row(lanes, 0, marked(lanes, event->obj), '~');
        tutti_text_print(&lanes->notes, "timer of ");
        view_thing(&lanes->notes, lanes->model, event->obj, VIEW_SHORT);
        break;
    case TUTTI_CANDIDATE_ADVANCE:
        start_row(lanes, 0, LANES_NOBODY, ' ');
        tutti_text_print(&lanes->notes, "time goes on");
        break;
    default: /* a task: its task.run follows */
        break;
    }
}

static void add_park(struct lanes *lanes, const struct tutti_trace_event *event)
{
    char buffer[VIEW_TIME_MAX];
    struct tutti_text *out = remark(lanes);
    view_plain(out, event->name);
    if (event->obj != 0) {
        tutti_text_add(out, " ", 1);
        view_thing(out, lanes->model, event->obj, VIEW_BARE);
    }
    if (event->arg != TUTTI_NEVER) {
        tutti_text_print(out, " until %s", view_time(event->arg, buffer));
    }
    set_state(lanes, event->task, '.');
    end_row(lanes);
}

static void add_ready(struct lanes *lanes, const struct tutti_trace_event *event)
{
    set_state(lanes, event->task, '|');
    if (event->code != TUTTI_READY_WAKE || event->by == 0 || !lanes->open) return;
    struct tutti_text *out = remark(lanes);
    tutti_text_print(out, "wakes ");
    view_thing(out, lanes->model, event->task, VIEW_BARE);
}

/* Ours by name, the system's and the program's own by number. */
static void add_code(struct tutti_text *out, int64_t code)
{
    bool small = code >= INT_MIN && code <= INT_MAX;
    const char *name = small ? tutti_error_name((int)code) : "";
    if (strncmp(name, "TUTTI_", strlen("TUTTI_")) == 0) {
        tutti_text_print(out, " %s", name);
    } else {
        tutti_text_print(out, " %" PRId64, code);
    }
}

static void add_exit(struct lanes *lanes, const struct tutti_trace_event *event)
{
    struct tutti_text *out = remark(lanes);
    if (event->code == TUTTI_OUTCOME_OK) {
        tutti_text_print(out, "exits");
    } else {
        const char *const *words = view_words(TUTTI_EVENT_TASK_EXIT, "outcome");
        tutti_text_print(out, "exits: %s", words[event->code]);
        if (event->code == TUTTI_OUTCOME_ERROR) add_code(out, event->arg);
    }
    set_state(lanes, event->task, ' ');
    end_row(lanes);
}

static void add_effect(struct lanes *lanes, const struct tutti_trace_event *event)
{
    struct tutti_text *out = remark(lanes);
    view_plain(out, event->name);
    tutti_text_add(out, " ", 1);
    view_thing(out, lanes->model, event->obj, VIEW_BARE);
    const struct tutti_thing *running = lanes->model->running;
    if (running && running->id != event->task) { /* a lock handed over */
        tutti_text_print(out, " for ");
        view_thing(out, lanes->model, event->task, VIEW_BARE);
    }
}

static void add_cancel(struct lanes *lanes, const struct tutti_trace_event *event)
{
    const char *const *why = view_words(TUTTI_EVENT_SCOPE_CANCEL, "why");
    if (event->code == TUTTI_CANCEL_EXPLORER) return; /* its row says so */
    struct tutti_text *out = remark(lanes);
    tutti_text_print(out, "%s cancels ", why[event->code]);
    add_scope_name(lanes, out, event->obj);
}

/* One event, already applied to the model. */
static void add_event(struct lanes *lanes, const struct tutti_trace_event *event)
{
    switch (event->kind) {
    case TUTTI_EVENT_TASK_SPAWN:
        add_task(lanes, event->task);
        break;
    case TUTTI_EVENT_TASK_RUN:
        start_row(lanes, lanes->model->steps, index_of(lanes, event->task), '*');
        break;
    case TUTTI_EVENT_TASK_PARK:
        add_park(lanes, event);
        break;
    case TUTTI_EVENT_TASK_READY:
        add_ready(lanes, event);
        break;
    case TUTTI_EVENT_TASK_EXIT:
        add_exit(lanes, event);
        break;
    case TUTTI_EVENT_TASK_CANCELLED:
        tutti_text_print(remark(lanes), "cancelled in ");
        view_plain(lanes->open ? &lanes->notes : &lanes->between, event->name);
        break;
    case TUTTI_EVENT_SCOPE_CANCEL:
        add_cancel(lanes, event);
        break;
    case TUTTI_EVENT_OBJ_OP:
        add_effect(lanes, event);
        break;
    case TUTTI_EVENT_CHOICE:
        add_choice(lanes, event);
        break;
    default:
        break;
    }
}

int lanes_read(struct lanes *lanes, struct tutti_reader *reader)
{
    const struct tutti_trace_record *record;
    int rc = tutti_model_open(&lanes->model);
    if (rc < 0) return rc;
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        rc = tutti_model_apply(lanes->model, record);
        if (rc < 0) return rc;
        if (record->known) add_event(lanes, &record->event);
        if (lanes->failed || lanes->notes.failed || lanes->between.failed) return TUTTI_ENOMEMORY;
    }
    end_row(lanes);
    return rc;
}

void lanes_free(struct lanes *lanes)
{
    tutti_model_close(lanes->model);
    free(lanes->rows);
    free(lanes->changes);
    free(lanes->tasks);
    idmap_free(&lanes->index);
    tutti_text_free(&lanes->notes);
    tutti_text_free(&lanes->between);
}
