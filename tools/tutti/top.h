/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tools/tutti/top.h - the parts of `tutti top`: the line to the program, its tasks, the screen. */
#ifndef TUTTI_TOOLS_TOP_H
#define TUTTI_TOOLS_TOP_H

#include <jansson.h>
#include <stdio.h>

#include "tutti/core/base.h"

/* os_top.c: the connection to a program. */
struct top_line {
    int fd;
    char *bytes; /* received and not taken yet */
    size_t used, room;
    bool ended;
};
/* Connects; returns 0, or EXIT_BAD after a sentence that says why not. */
int top_connect(struct top_line *line, const char *path);
void top_disconnect(struct top_line *line);
/* Sends a request; false: the program is gone. */
bool top_ask(struct top_line *line, const char *request);
/* Takes in what came without waiting, and the first whole line of it as JSON, the caller's; NULL:
 * there is none yet, or line->ended (it is gone, or says what is no JSON). */
json_t *top_take(struct top_line *line);
/* Waits for a line for so many ms; NULL: as above. */
json_t *top_wait(struct top_line *line, int timeout_ms);
/* Milliseconds of a clock that never goes back; and a pause of so many. */
int64_t top_now_ms(void);
void top_pause(int ms);
/* A copy for free(); NULL: no memory. */
char *top_copy(const char *text);

/* top_table.c: what the program's tasks do. */
enum top_order { TOP_TREE, TOP_BUSY, TOP_WAKES, TOP_AGE, TOP_ORDERS };
struct top_row {
    uint64_t id, in, alike;
    const char *name, *state;
    int64_t age_ns, busy_ns, wakes;
    double share, rate; /* of the time since the table before, and a second; negative: not known */
    char *reason;
    bool cancelled;
    struct top_row *parent, *first, *last, *next;
    uint32_t depth;
};
struct top_table {
    json_t *json; /* holds the texts */
    struct top_row *rows;
    size_t count;
    struct top_row **shown; /* rows in the order to show, without those inside folded ones */
    size_t shown_count;
    int64_t tasks, more, now_ns;
};
/* Ids of the tasks whose children are not shown. */
struct top_folds {
    uint64_t *ids;
    size_t count;
};
bool top_is_folded(const struct top_folds *folds, uint64_t id);
void top_fold(struct top_folds *folds, uint64_t id);
/* Makes a table of an answer, which is the table's from now on; before: the one of earlier, or
 * NULL. False: it is no such answer, or there is no memory; the table is empty then. */
bool top_table_read(struct top_table *table, json_t *json, const struct top_table *before);
/* Sets table->shown. */
void top_table_order(struct top_table *table, enum top_order order, const struct top_folds *folds);
void top_table_free(struct top_table *table);
/* The heads of the columns, and a row, at most `columns` wide (0: whatever it takes), in `text`. */
void top_print_head(char *text, size_t size, uint32_t columns);
void top_print_row(char *text, size_t size, const struct top_row *row, enum top_order order,
                   const struct top_folds *folds, uint32_t columns);
/* Control characters become '?', in place: texts of a program are not to move the cursor. */
void top_clean(char *text);

/* os_terminal_raw.c: the terminal, key by key. It is put back on every way out of the process that
 * can be caught. */
enum top_key {
    TOP_KEY_NONE,
    TOP_KEY_UP = 256,
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_HOME,
    TOP_KEY_END,
    TOP_KEY_ESCAPE
};
/* False: standard input or output is no terminal that can be drawn on. */
bool raw_begin(void);
void raw_end(void);
/* Waits until a key is there, `fd` can be read, the window has changed, a signal came, or so many
 * ms. */
void raw_wait(int fd, int timeout_ms);
/* The next key, a character or one of the above; TOP_KEY_NONE: none is there. */
int raw_key(void);
void raw_size(uint32_t *columns, uint32_t *rows);
/* The signal that asks to end, or 0. The one that asks to stop (Ctrl-Z) is done in raw_wait. */
int raw_signal(void);
/* The terminal is gone. */
bool raw_ended(void);
bool raw_wants_colour(void);

/* top_screen.c: shows the tasks until the user has enough; returns the exit code. `greeting` is the
 * program's first line. */
int top_screen(struct top_line *line, const json_t *greeting);

#endif
