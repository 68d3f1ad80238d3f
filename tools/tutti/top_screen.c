/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of `tutti top`: heads, tasks, below them the stack of one if it was asked for, and a
 * line that says what there is to press. Drawn as a whole each time, in one write.               */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "top.h"
#include "tutti/instruments/text.h"

enum { EVERY_MS = 1000, LATE_MS = 15000, LINE_SIZE = 1024, SIGNALLED = 128 };

#define BOLD    "\033[1m"
#define INVERSE "\033[7m"
#define GREEN   "\033[32m"
#define YELLOW  "\033[33m"
#define RED     "\033[31m"
#define PLAIN   "\033[0m"
#define REST    "\033[K" /* blank to the end of the line */

struct screen {
    struct top_line *line;
    const char *program;
    int64_t pid;
    struct top_table table;
    struct top_folds folds;
    enum top_order order;
    bool each, helps, colour, quits;
    uint64_t selected;     /* id */
    size_t at, first;      /* its row, and the first one on the screen */
    uint64_t stack_of;     /* whose stack is wanted, or shown; 0 none */
    char *stack;           /* NULL: not here yet */
    bool asked, stack_due; /* an answer is on its way; the stack is to be asked for */
    int64_t asked_ms, next_ms;
    char status[160];
    uint32_t columns, rows;
    struct tutti_text out;
};

static const char *const order_names[TOP_ORDERS] = {"tree", "busy", "wakes", "age"};

static const char keys_help[] = "up k, down j    one task up, down\n"
                                "PgUp, PgDn      a screen up, down\n"
                                "Home g, End G   first, last task\n"
                                "space           fold or unfold what is below the task (tree)\n"
                                "=               equal tasks one by one, or as one line\n"
                                "b, Enter        the task's stack; Esc closes it\n"
                                "s               sort: tree, busy, wakes, age\n"
                                "? q             this help; end\n";

/* One line of the screen, cut to its width, in these colours. */
static void put(struct screen *screen, const char *before, const char *text)
{
    uint32_t seen = 0;
    size_t size = 0;
    for (; text[size]; size++) {
        bool begins = ((unsigned char)text[size] & 0xc0) != 0x80;
        if (begins && seen++ == screen->columns) break;
    }
    tutti_text_print(&screen->out, "%s", before);
    tutti_text_add(&screen->out, text, size);
    tutti_text_print(&screen->out, REST "%s\r\n", *before ? PLAIN : "");
}

static const char *colour_of(const struct screen *screen, const struct top_row *row)
{
    if (!screen->colour) return "";
    if (row->cancelled) return RED;
    if (strcmp(row->state, "running") == 0) return GREEN;
    return strcmp(row->state, "ready") == 0 ? YELLOW : "";
}

static uint32_t stack_rows(const struct screen *screen)
{
    return screen->stack_of ? (screen->rows - 3) / 2 : 0;
}

static uint32_t table_rows(const struct screen *screen)
{
    uint32_t rows = screen->rows > 4 ? screen->rows - 3 : 1;
    return rows > stack_rows(screen) ? rows - stack_rows(screen) : 1;
}

/* The row of the selected task, or the one that is where it was. */
static void settle(struct screen *screen)
{
    const struct top_table *table = &screen->table;
    size_t page = table_rows(screen);
    for (size_t i = 0; i < table->shown_count; i++) {
        if (table->shown[i]->id == screen->selected) screen->at = i;
    }
    if (screen->at >= table->shown_count) screen->at = table->shown_count;
    if (screen->at && screen->at == table->shown_count) screen->at--;
    screen->selected = table->shown_count ? table->shown[screen->at]->id : 0;
    if (screen->first > screen->at) screen->first = screen->at;
    if (screen->at >= screen->first + page) screen->first = screen->at - page + 1;
}

static void draw_stack(struct screen *screen)
{
    char head[LINE_SIZE], line[LINE_SIZE];
    uint32_t left = stack_rows(screen);
    if (left == 0) return;
    snprintf(head, sizeof head, "-- stack of #%" PRIu64 ", the innermost first", screen->stack_of);
    put(screen, BOLD, head);
    const char *at = screen->stack ? screen->stack : "(asking)";
    if (strncmp(at, "stack: ", strlen("stack: ")) == 0) at += strlen("stack: ");
    while (--left > 0) {
        const char *end = strstr(at, " < ");
        size_t size = end ? (size_t)(end - at) : strcspn(at, "\n");
        snprintf(line, sizeof line, "  %.*s", (int)(size < 900 ? size : 900), at);
        top_clean(line);
        put(screen, "", line);
        at += end ? size + strlen(" < ") : strlen(at);
    }
}

static void draw_table(struct screen *screen)
{
    char text[LINE_SIZE];
    const struct top_table *table = &screen->table;
    size_t page = table_rows(screen);
    top_print_head(text, sizeof text, screen->columns);
    put(screen, BOLD, text);
    for (size_t i = screen->first; i < screen->first + page; i++) {
        bool there = i < table->shown_count;
        if (!there) {
            put(screen, "", "");
            continue;
        }
        top_print_row(text, sizeof text, table->shown[i], screen->order, &screen->folds,
                      screen->columns);
        put(screen, i == screen->at ? INVERSE : colour_of(screen, table->shown[i]), text);
    }
}

static void draw_help(struct screen *screen)
{
    uint32_t left = screen->rows > 2 ? screen->rows - 2 : 1;
    const char *at = keys_help;
    char line[LINE_SIZE];
    for (; left > 0; left--) {
        size_t size = strcspn(at, "\n");
        snprintf(line, sizeof line, "  %.*s", (int)size, at);
        put(screen, "", line);
        at += size + (at[size] != '\0');
    }
}

static void draw(struct screen *screen)
{
    char text[LINE_SIZE];
    const struct top_table *table = &screen->table;
    raw_size(&screen->columns, &screen->rows);
    settle(screen);
    tutti_text_print(&screen->out, "\033[H");
    snprintf(text, sizeof text, "tutti top - %s (pid %" PRId64 "): %" PRId64 " tasks, sorted: %s%s",
             screen->program, screen->pid, table->tasks, order_names[screen->order],
             table->more ? ", some left out" : "");
    top_clean(text);
    put(screen, "", text);
    if (screen->helps) {
        draw_help(screen);
    } else {
        draw_table(screen);
        draw_stack(screen);
    }
    const char *last = *screen->status ? screen->status
                                       : "j k move  space fold  b stack  s sort  = equal  ? help  "
                                         "q quit";
    tutti_text_print(&screen->out, "%.*s" REST "\033[J", (int)screen->columns - 1, last);
    if (!screen->out.failed) fwrite(screen->out.bytes, 1, screen->out.size, stdout);
    fflush(stdout);
    tutti_text_free(&screen->out);
}

static void take_table(struct screen *screen, json_t *json)
{
    struct top_table table;
    if (!top_table_read(&table, json, &screen->table)) return;
    top_table_free(&screen->table);
    screen->table = table;
    screen->status[0] = '\0';
    top_table_order(&screen->table, screen->order, &screen->folds);
}

/* One answer, which is this function's from now on. */
static void take(struct screen *screen, json_t *json)
{
    screen->asked = false;
    if (json_object_get(json, "rows")) {
        take_table(screen, json);
        return;
    }
    const char *stack = json_string_value(json_object_get(json, "stack"));
    bool is_wanted =
        (uint64_t)json_integer_value(json_object_get(json, "task")) == screen->stack_of;
    if (stack && is_wanted) {
        bool found = json_is_true(json_object_get(json, "found"));
        free(screen->stack);
        screen->stack = top_copy(!found   ? "(the task has ended)"
                                 : *stack ? stack
                                          : "(not known: it runs, or has no functions of its own)");
    } else if (json_object_get(json, "late")) {
        snprintf(screen->status, sizeof screen->status,
                 "no answer: no task reaches a checkpoint (running: #%" PRId64 ")",
                 (int64_t)json_integer_value(json_object_get(json, "running")));
    }
    json_decref(json);
}

static void ask(struct screen *screen)
{
    char request[96];
    int64_t now_ms = top_now_ms();
    if (screen->asked) {
        if (now_ms - screen->asked_ms > LATE_MS) screen->line->ended = true;
        return;
    }
    if (screen->stack_due) {
        snprintf(request, sizeof request, "{\"get\":\"stack\",\"task\":%" PRIu64 "}\n",
                 screen->stack_of);
        screen->stack_due = false;
    } else if (now_ms >= screen->next_ms) {
        snprintf(request, sizeof request, "{\"get\":\"tasks\",\"each\":%s}\n",
                 screen->each ? "true" : "false");
        screen->next_ms = now_ms + EVERY_MS;
    } else {
        return;
    }
    screen->asked_ms = now_ms;
    screen->asked = top_ask(screen->line, request);
}

static void select_row(struct screen *screen, int64_t at)
{
    int64_t count = (int64_t)screen->table.shown_count;
    if (at >= count) at = count - 1;
    if (at < 0) at = 0;
    screen->at = (size_t)at;
    screen->selected = count ? screen->table.shown[at]->id : 0;
}

static void want_stack(struct screen *screen, uint64_t task)
{
    free(screen->stack);
    screen->stack = NULL;
    screen->stack_of = task;
    screen->stack_due = task != 0;
}

static void move(struct screen *screen, int key)
{
    int64_t page = table_rows(screen), at = (int64_t)screen->at;
    if (key == TOP_KEY_UP || key == 'k') select_row(screen, at - 1);
    if (key == TOP_KEY_DOWN || key == 'j') select_row(screen, at + 1);
    if (key == TOP_KEY_PAGE_UP) select_row(screen, at - page);
    if (key == TOP_KEY_PAGE_DOWN) select_row(screen, at + page);
    if (key == TOP_KEY_HOME || key == 'g') select_row(screen, 0);
    if (key == TOP_KEY_END || key == 'G') select_row(screen, INT64_MAX);
}

static void press(struct screen *screen, int key)
{
    switch (key) {
    case 'q':
        screen->quits = true;
        break;
    case '?':
    case 'h':
        screen->helps = !screen->helps;
        break;
    case TOP_KEY_ESCAPE:
        screen->helps = false;
        want_stack(screen, 0);
        break;
    case ' ':
        if (screen->order == TOP_TREE) top_fold(&screen->folds, screen->selected);
        top_table_order(&screen->table, screen->order, &screen->folds);
        break;
    case 's':
        screen->order = (screen->order + 1) % TOP_ORDERS;
        top_table_order(&screen->table, screen->order, &screen->folds);
        break;
    case '=':
        screen->each = !screen->each;
        screen->next_ms = 0;
        break;
    case 'b':
    case '\r':
    case '\n':
        want_stack(screen, screen->selected);
        break;
    default:
        move(screen, key);
    }
}

static void show(struct screen *screen)
{
    while (!screen->quits && !screen->line->ended && !raw_signal() && !raw_ended()) {
        json_t *json;
        int key;
        ask(screen);
        draw(screen);
        int64_t left_ms = screen->next_ms - top_now_ms();
        if (screen->asked) left_ms = EVERY_MS;
        raw_wait(screen->line->fd, left_ms > 0 ? (int)left_ms : 0);
        while ((json = top_take(screen->line)))
            take(screen, json);
        while ((key = raw_key()) != TOP_KEY_NONE)
            press(screen, key);
    }
}

int top_screen(struct top_line *line, const json_t *greeting)
{
    const char *program = json_string_value(json_object_get(greeting, "program"));
    struct screen screen = {.line = line, .program = program ? program : "a program"};
    screen.pid = json_integer_value(json_object_get(greeting, "pid"));
    screen.colour = raw_wants_colour();
    if (!raw_begin()) {
        return command_bad("top: this is no terminal that can be drawn on (print a table with "
                           "tutti top --once PATH)");
    }
    show(&screen);
    raw_end();
    top_table_free(&screen.table);
    free(screen.folds.ids);
    free(screen.stack);
    tutti_text_free(&screen.out);
    if (raw_signal()) return SIGNALLED + raw_signal();
    if (line->ended) {
        puts("tutti top: the program has ended");
        return command_done(EXIT_NOTHING);
    }
    return EXIT_NOTHING;
}
