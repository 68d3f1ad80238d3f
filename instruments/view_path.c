/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The critical path. It is found from its end: the last step of the run, then whatever that step
 * had to wait for, and so on. Every search goes on where the one before stopped, so the whole takes
 * one walk back through the events.                                                              */
#include <inttypes.h>
#include <stdlib.h>

#include "tutti/core/error.h"
#include "tutti/instruments/history.h"
#include "tutti/instruments/view_priv.h"

enum { ROWS_DEFAULT = 50 };

enum piece_kind { PIECE_RUNS, PIECE_READY, PIECE_WAITS };

/* A part of the path, between two moments. Consecutive steps of one task are one piece. */
struct piece {
    enum piece_kind kind;
    uint64_t task;
    int64_t from_ns, to_ns;
    uint64_t steps;
    const struct tutti_trace_event *park; /* WAITS: the call */
};

struct path {
    const struct tutti_history *history;
    struct piece *pieces; /* the last first */
    size_t count, room;
    bool failed;
};

static void add_piece(struct path *path, struct piece piece)
{
    struct piece *last = path->count > 0 ? &path->pieces[path->count - 1] : NULL;
    if (last && last->kind == piece.kind && last->task == piece.task && piece.kind == PIECE_RUNS) {
        last->from_ns = piece.from_ns;
        last->steps += piece.steps;
        return;
    }
    if (path->count == path->room) {
        size_t room = path->room ? path->room * 2 : 64;
        struct piece *pieces = realloc(path->pieces, room * sizeof *pieces);
        if (!pieces) {
            path->failed = true;
            return;
        }
        path->pieces = pieces;
        path->room = room;
    }
    path->pieces[path->count++] = piece;
}

/* The event of this kind and task at `index` or before; NULL: there is none. */
static const struct tutti_trace_event *find_back(const struct path *path, size_t *index,
                                                 enum tutti_trace_kind kind, uint64_t task)
{
    for (size_t i = *index; i-- > 0;) {
        const struct tutti_trace_event *event = &path->history->events[i].event;
        if (event->kind != kind || event->task != task) continue;
        *index = i;
        return event;
    }
    return NULL;
}

/* Where the last step of the run ended: behind its event. */
static size_t find_last(const struct path *path, uint64_t *task, int64_t *end_ns)
{
    size_t i = path->history->count;
    while (i > 0) {
        const struct tutti_trace_event *event = &path->history->events[--i].event;
        bool ends = event->kind == TUTTI_EVENT_TASK_EXIT || event->kind == TUTTI_EVENT_TASK_PARK;
        if (!ends && event->kind != TUTTI_EVENT_TASK_RUN) continue;
        *task = event->task;
        *end_ns = event->t_ns;
        return i + 1;
    }
    return 0;
}

/* One step, and what it waited for. False: the beginning of the run. */
static bool walk_step(struct path *path, size_t *index, uint64_t *task, int64_t *end_ns)
{
    const struct tutti_trace_event *run = find_back(path, index, TUTTI_EVENT_TASK_RUN, *task);
    if (!run) return false;
    add_piece(path, (struct piece){PIECE_RUNS, *task, run->t_ns, *end_ns, 1, NULL});
    const struct tutti_trace_event *ready = find_back(path, index, TUTTI_EVENT_TASK_READY, *task);
    if (!ready) return false;
    if (run->t_ns > ready->t_ns) {
        add_piece(path, (struct piece){PIECE_READY, *task, ready->t_ns, run->t_ns, 0, NULL});
    }
    *end_ns = ready->t_ns;
    bool someone = ready->by != 0 && ready->by != *task;
    if (someone && ready->code != TUTTI_READY_TIMER && ready->code != TUTTI_READY_IO) {
        *task = ready->by; /* its step of now */
        return true;
    }
    if (ready->code == TUTTI_READY_SPAWN) return false;
    const struct tutti_trace_event *park = find_back(path, index, TUTTI_EVENT_TASK_PARK, *task);
    if (!park) return false;
    if (ready->code != TUTTI_READY_YIELD) {
        add_piece(path, (struct piece){PIECE_WAITS, *task, park->t_ns, ready->t_ns, 0, park});
    }
    *end_ns = park->t_ns;
    return true;
}

static void add_row(struct tutti_text *out, const struct tutti_model *model,
                    const struct piece *piece, uint32_t width)
{
    char from[VIEW_TIME_MAX], to[VIEW_TIME_MAX], length[VIEW_TIME_MAX];
    size_t start = out->size;
    tutti_text_print(out, "%10s .. %10s %9s  ", view_time(piece->from_ns, from),
                     view_time(piece->to_ns, to), view_span(piece->to_ns - piece->from_ns, length));
    view_thing(out, model, piece->task, VIEW_FULL);
    if (piece->kind == PIECE_READY) {
        tutti_text_print(out, " is ready");
    } else if (piece->kind == PIECE_RUNS) {
        tutti_text_print(out, " runs");
        if (piece->steps > 1) tutti_text_print(out, ", %" PRIu64 " steps", piece->steps);
    } else {
        tutti_text_print(out, " waits in ");
        view_plain(out, piece->park->name);
        if (piece->park->obj) {
            tutti_text_add(out, " ", 1);
            view_thing(out, model, piece->park->obj, VIEW_SHORT);
        }
        if (piece->park->site) {
            tutti_text_print(out, " at ");
            view_plain(out, tutti_base_name(piece->park->site->file));
            tutti_text_print(out, ":%" PRIu32, piece->park->site->line);
        }
    }
    if (out->failed) return;
    if (view_width(out->bytes + start, out->size - start) > width) view_cell(out, start, width);
    tutti_text_add(out, "\n", 1);
}

/* Time of the path by what was done in it. */
static void add_sum(struct tutti_text *out, const struct path *path)
{
    static const char *const words[] = {"running", "ready", "waiting"};
    char length[VIEW_TIME_MAX];
    int64_t sums[3] = {0};
    uint64_t steps = 0;
    for (size_t i = 0; i < path->count; i++) {
        int64_t ns = path->pieces[i].to_ns - path->pieces[i].from_ns;
        int64_t *sum = &sums[path->pieces[i].kind];
        if (ns > 0) *sum = *sum > INT64_MAX - ns ? INT64_MAX : *sum + ns;
        steps += path->pieces[i].steps;
    }
    tutti_text_print(out, "the critical path has %" PRIu64 " step%s", steps, steps == 1 ? "" : "s");
    for (int i = 0; i < 3; i++) {
        tutti_text_print(out, ", %s %s", view_span(sums[i], length), words[i]);
    }
    tutti_text_add(out, "\n", 1);
}

int tutti_view_path(struct tutti_reader *reader, const struct tutti_view_options *options,
                    tutti_print *print, void *context)
{
    struct path path = {0};
    struct tutti_history *history;
    struct tutti_text out = {0};
    size_t rows = options && options->rows ? options->rows : ROWS_DEFAULT;
    int rc = view_needs(reader, 3, "path");
    if (rc == 0) rc = tutti_history_open(&history, reader);
    if (rc < 0) return rc;
    uint64_t task = 0;
    int64_t end_ns = 0;
    path.history = history;
    size_t index = find_last(&path, &task, &end_ns);
    while (index > 0 && !path.failed && walk_step(&path, &index, &task, &end_ns)) {
    }
    add_sum(&out, &path);
    if (path.count > rows) {
        tutti_text_print(&out, "... %zu rows before\n", path.count - rows);
    }
    for (size_t i = path.count > rows ? rows : path.count; i-- > 0;) {
        add_row(&out, history->whole, &path.pieces[i], view_page(options ? options->width : 0));
    }
    rc = path.failed || out.failed ? TUTTI_ENOMEMORY : print(context, out.bytes, out.size);
    tutti_text_free(&out);
    free(path.pieces);
    tutti_history_close(history);
    return rc;
}
