/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/lanes_priv.h"
#include "tutti/instruments/view_priv.h"

#define WIDTH_DEFAULT 100u
#define WIDTH_MIN     60u
/* A column with the space behind it: names are cut to fit, but an id is shown whole. */
#define COLUMN_MAX 9u
#define COLUMN_MIN 4u
/* Columns for what a step did, which are not given to tasks: three eighths of the page. */
#define NOTE_SHARE(width) ((width) / 8 * 3)

#define LEFT_OUT "(%" PRIu32 " more tasks are left out)"
enum { LEFT_OUT_WIDTH = 30 };

struct page {
    struct lanes *lanes;
    struct tutti_text out;
    size_t first_row; /* the first to be shown */
    uint32_t width;
    uint32_t head;    /* columns of step and time */
    uint32_t time;    /* of the time alone */
    uint32_t column;  /* of one task */
    uint32_t columns; /* tasks shown */
    uint32_t left_out;
    uint32_t *shown; /* indices of the tasks shown, in order of creation */
};

static void apply_changes(struct lanes *lanes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct lane_task *task = &lanes->tasks[lanes->changes[i].task];
        task->state = lanes->changes[i].state;
        if (task->state != ' ') task->seen = true;
    }
}

/* States before the first row that is shown. */
static size_t rewind_states(struct page *page)
{
    struct lanes *lanes = page->lanes;
    size_t done = page->first_row > 0 ? lanes->rows[page->first_row - 1].changes_end : 0;
    for (size_t i = 0; i < lanes->tasks_count; i++) {
        lanes->tasks[i].state = ' ';
    }
    apply_changes(lanes, 0, done);
    return done;
}

/* Who is alive, and how busy, in the rows shown? Sets the width of the time column too. */
static void look_at_rows(struct page *page)
{
    struct lanes *lanes = page->lanes;
    char buffer[VIEW_TIME_MAX];
    size_t done = rewind_states(page);
    for (size_t i = 0; i < lanes->tasks_count; i++) {
        lanes->tasks[i].seen = lanes->tasks[i].state != ' ';
    }
    apply_changes(lanes, done, lanes->changes_count);
    page->time = 7;
    for (size_t i = page->first_row; i < lanes->rows_count; i++) {
        const struct lane_row *row = &lanes->rows[i];
        uint32_t time = (uint32_t)strlen(view_time(row->t_ns, buffer));
        if (time > page->time) page->time = time;
        if (row->who != LANES_NOBODY) lanes->tasks[row->who].steps++;
    }
    page->head = 7 + 1 + page->time + 2;
}

/* The busiest of the tasks not yet chosen; the first of equals. */
static uint32_t busiest(const struct lanes *lanes)
{
    uint32_t best = LANES_NOBODY;
    for (uint32_t i = 0; i < lanes->tasks_count; i++) {
        const struct lane_task *task = &lanes->tasks[i];
        if (!task->seen || task->column != LANES_NOBODY) continue;
        if (best == LANES_NOBODY || task->steps > lanes->tasks[best].steps) best = i;
    }
    return best;
}

static uint32_t id_width(uint64_t id)
{
    char buffer[24];
    return (uint32_t)snprintf(buffer, sizeof buffer, "#%" PRIu64, id);
}

/* Has another task that is seen, of the first SAME_MAX, this name? With more of them than columns
 * a longer title is of no use. */
static bool has_namesake(const struct lanes *lanes, size_t index)
{
    enum { SAME_MAX = 64 };
    size_t count = lanes->tasks_count;
    for (size_t i = 0, seen = 0; i < count && seen < SAME_MAX; i++) {
        if (!lanes->tasks[i].seen) continue;
        seen++;
        bool same = strcmp(lanes->tasks[i].thing->name, lanes->tasks[index].thing->name) == 0;
        if (same && i != index) return true;
    }
    return false;
}

static bool choose_columns(struct page *page)
{
    struct lanes *lanes = page->lanes;
    uint32_t seen = 0, longest = 0, least = COLUMN_MIN, room = page->width - page->head;
    for (size_t i = 0; i < lanes->tasks_count; i++) {
        if (!lanes->tasks[i].seen) continue;
        const char *name = lanes->tasks[i].thing->name;
        uint32_t width = (uint32_t)view_width(name, strlen(name)) + 1;
        uint32_t id = id_width(lanes->tasks[i].thing->id);
        if (*name && has_namesake(lanes, i)) {
            width += id;
            if (id + 1 > least) least = id + 1;
        }
        if (width > longest) longest = width;
        seen++;
    }
    room = room > NOTE_SHARE(page->width) ? room - NOTE_SHARE(page->width) : 0;
    page->column = longest > COLUMN_MAX ? COLUMN_MAX : longest;
    if (page->column < least) page->column = least;
    while (page->column > least && page->column * seen > room) {
        page->column--;
    }
    page->columns = seen < room / page->column ? seen : room / page->column;
    page->left_out = seen - page->columns;
    page->shown = malloc((page->columns + 1) * sizeof *page->shown);
    if (!page->shown) return false;
    for (uint32_t i = 0; i < page->columns; i++) {
        lanes->tasks[busiest(lanes)].column = 0;
    }
    uint32_t column = 0;
    for (uint32_t i = 0; i < lanes->tasks_count; i++) {
        if (lanes->tasks[i].column == LANES_NOBODY) continue;
        lanes->tasks[i].column = column;
        page->shown[column++] = i;
    }
    return true;
}

/* Adds text up to the page's edge; `used` columns of the line are taken. */
static void add_cut(struct page *page, const char *text, size_t size, size_t used)
{
    size_t room = page->width > used ? page->width - used : 0;
    if (view_width(text, size) <= room) {
        tutti_text_add(&page->out, text, size);
        return;
    }
    tutti_text_add(&page->out, text, view_cut(text, size, room > 3 ? room - 3 : 0));
    tutti_text_add(&page->out, "...", 3);
}

static void trim_line(struct page *page)
{
    struct tutti_text *out = &page->out;
    while (out->size > 0 && out->bytes[out->size - 1] == ' ') {
        out->size--;
    }
    tutti_text_add(out, "\n", 1);
}

/* The name of a column's task, cut; with its id when another task has it, or another column's
 * would look the same.                                                                           */
static void add_title(struct page *page, uint32_t column)
{
    const struct lanes *lanes = page->lanes;
    const struct tutti_thing *thing = lanes->tasks[page->shown[column]].thing;
    struct tutti_text name = {0};
    uint32_t room = page->column - 1, id = id_width(thing->id);
    view_thing(&name, lanes->model, thing->id, VIEW_BARE);
    size_t size = view_cut(name.bytes, name.size, room);
    bool same = *thing->name && has_namesake(lanes, page->shown[column]);
    for (uint32_t i = 0; i < page->columns && !same && *thing->name && !name.failed; i++) {
        const char *other = lanes->tasks[page->shown[i]].thing->name;
        size_t length = view_cut(other, strlen(other), room);
        same = i != column && length == size && memcmp(other, name.bytes, size) == 0;
    }
    if (same && id <= room) {
        name.size = view_cut(name.bytes, name.size, room - id);
        tutti_text_print(&name, "#%" PRIu64, thing->id);
        size = name.size;
    }
    tutti_text_add(&page->out, name.bytes, size);
    tutti_text_print(&page->out, "%*s", (int)(page->column - view_width(name.bytes, size)), "");
    page->out.failed |= name.failed;
    tutti_text_free(&name);
}

static void add_names(struct page *page)
{
    if (page->first_row > 0) {
        tutti_text_print(&page->out, "... %zu rows before\n", page->first_row);
    }
    tutti_text_print(&page->out, "%7s %*s  ", "step", (int)page->time, "time");
    for (uint32_t i = 0; i < page->columns; i++) {
        add_title(page, i);
    }
    if (page->left_out > 0) {
        bool narrow = page->head + page->columns * page->column + LEFT_OUT_WIDTH > page->width;
        tutti_text_print(&page->out, narrow ? "(%" PRIu32 " more)" : LEFT_OUT, page->left_out);
    }
    trim_line(page);
}

/* [pick/of], who it was if there is no column for it, and what it did. */
static void add_note(struct page *page, const struct lane_row *row)
{
    const struct lanes *lanes = page->lanes;
    struct tutti_text note = {0};
    if (row->of > 0) tutti_text_print(&note, "[%" PRIu32 "/%" PRIu32 "] ", row->pick, row->of);
    if (row->step && row->who != LANES_NOBODY && lanes->tasks[row->who].column == LANES_NOBODY) {
        view_thing(&note, lanes->model, lanes->tasks[row->who].thing->id, VIEW_SHORT);
        tutti_text_print(&note, ": ");
    }
    tutti_text_add(&note, lanes->notes.bytes + row->note, row->note_end - row->note);
    add_cut(page, note.bytes, note.size, page->head + (size_t)page->columns * page->column);
    page->out.failed |= note.failed;
    tutti_text_free(&note);
}

static void add_row(struct page *page, const struct lane_row *row)
{
    const struct lanes *lanes = page->lanes;
    char buffer[VIEW_TIME_MAX];
    if (row->step) {
        tutti_text_print(&page->out, "%7" PRIu64, row->step);
    } else {
        tutti_text_print(&page->out, "%7s", "-");
    }
    tutti_text_print(&page->out, " %*s  ", (int)page->time, view_time(row->t_ns, buffer));
    for (uint32_t i = 0; i < page->columns; i++) {
        const struct lane_task *task = &lanes->tasks[page->shown[i]];
        char state = page->shown[i] == row->who ? row->mark : task->state;
        tutti_text_print(&page->out, "%c%*s", state, (int)page->column - 1, "");
    }
    add_note(page, row);
    trim_line(page);
}

/* The names of all tasks that wait, as many as fit. */
static void add_waiting(struct page *page, size_t used)
{
    const struct lanes *lanes = page->lanes;
    uint32_t waiting = 0, named = 0;
    for (size_t i = 0; i < lanes->tasks_count; i++) {
        waiting += lanes->tasks[i].thing->task.state == TUTTI_TASK_WAITING;
    }
    for (size_t i = 0; i < lanes->tasks_count; i++) {
        if (lanes->tasks[i].thing->task.state != TUTTI_TASK_WAITING) continue;
        struct tutti_text name = {0};
        tutti_text_print(&name, named ? ", " : ": ");
        view_thing(&name, lanes->model, lanes->tasks[i].thing->id, VIEW_SHORT);
        used += view_width(name.bytes, name.size);
        if (used + 16 > page->width && named > 0) {
            tutti_text_free(&name);
            tutti_text_print(&page->out, " and %" PRIu32 " more", waiting - named);
            return;
        }
        tutti_text_add(&page->out, name.bytes, name.size);
        tutti_text_free(&name);
        named++;
    }
}

static const char *outcome_text(const struct tutti_model *model)
{
    const char *const *outcomes = view_words(TUTTI_EVENT_RUN_END, "outcome");
    if (model->ended) return outcomes[model->outcome];
    if (!model->sofar) return "no run.end: the run crashed here, or the file was cut";
    return view_died(model) ? outcomes[TUTTI_OUTCOME_PANIC] : "so far: the run went on";
}

static void add_outcome(struct page *page)
{
    const struct tutti_model *model = page->lanes->model;
    char buffer[VIEW_TIME_MAX];
    bool goes_on = model->sofar && !view_died(model);
    bool good = goes_on || (model->ended && model->outcome == TUTTI_OUTCOME_OK);
    const char *outcome = outcome_text(model);
    tutti_text_print(&page->out, "%7s %*s  %s", good ? "end" : "!!", (int)page->time,
                     view_time(model->now_ns, buffer), outcome);
    if (model->ended && model->outcome == TUTTI_OUTCOME_DEADLOCK) {
        add_waiting(page, page->head + strlen(outcome));
    } else if (model->warning && *model->warning && !good) {
        tutti_text_print(&page->out, ": ");
        view_plain(&page->out, model->warning);
        if (model->warning_at) tutti_text_print(&page->out, " at ");
        if (model->warning_at) view_plain(&page->out, model->warning_at);
    }
    tutti_text_add(&page->out, "\n", 1);
}

static int lay_out(struct page *page, const struct tutti_reader *reader, uint32_t rows)
{
    struct lanes *lanes = page->lanes;
    if (tutti_reader_start(reader)->level < 3) {
        tutti_text_print(&page->out,
                         "the trace is of level %" PRId64 ", which has no steps: "
                         "write it with level 3 or higher\n",
                         tutti_reader_start(reader)->level);
        return page->out.failed ? TUTTI_ENOMEMORY : 0;
    }
    if (rows > 0 && lanes->rows_count > rows) page->first_row = lanes->rows_count - rows;
    look_at_rows(page);
    if (!choose_columns(page)) return TUTTI_ENOMEMORY;
    add_names(page);
    size_t done = rewind_states(page);
    for (size_t i = page->first_row; i < lanes->rows_count; i++) {
        apply_changes(lanes, done, lanes->rows[i].changes_end);
        done = lanes->rows[i].changes_end;
        add_row(page, &lanes->rows[i]);
    }
    add_outcome(page);
    return page->out.failed ? TUTTI_ENOMEMORY : 0;
}

int tutti_view_lanes(struct tutti_reader *reader, const struct tutti_lanes_options *options,
                     tutti_print *print, void *context)
{
    struct lanes lanes = {0};
    struct page page = {.lanes = &lanes, .width = WIDTH_DEFAULT};
    if (options && options->width) page.width = options->width;
    if (page.width < WIDTH_MIN) page.width = WIDTH_MIN;
    int rc = lanes_read(&lanes, reader);
    if (rc == 0) rc = lay_out(&page, reader, options ? options->rows : 0);
    if (rc == 0) rc = print(context, page.out.bytes, page.out.size);
    free(page.shown);
    tutti_text_free(&page.out);
    lanes_free(&lanes);
    return rc;
}
