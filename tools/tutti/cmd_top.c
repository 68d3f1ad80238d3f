/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tutti top: what the tasks of a running program do. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "top.h"
#include "trace_command.h"

enum { GREETING_MS = 3000, ANSWER_MS = 10000, BETWEEN_MS = 500, VERSION = 1 };

static const char help[] =
    "usage: tutti top PATH           look at a running program until q is pressed\n"
    "       tutti top --once PATH    print one table: for pipes, and for a quick look\n"
    "\n"
    "PATH is the socket that the program opened because TUTTI_CONSOLE=PATH was set when it was\n"
    "started. Shown are its tasks, each below the one whose nursery it lives in: since when they\n"
    "are in their state, the share of the time they were busy and how often they were woken since\n"
    "the last look, and why they do not run. Tasks that do the same in the same place are one "
    "line\n"
    "with their number.\n"
    "\n"
    "keys: up, down, j, k move; space folds what is below a task; = shows equal tasks one by one;\n"
    "b prints the task's stack; s sorts; ? tells all keys; q ends.\n"
    "exit codes: 0 done, 2 wrong usage, or nothing could be looked at\n"
    "\n"
    "example:\n"
    "  TUTTI_CONSOLE=/tmp/echo.sock ./echo_server 7777 &\n"
    "  tutti top /tmp/echo.sock\n";

/* Is it one of ours that is at the other end? */
static int greet(struct top_line *line, const char *path, json_t **greeting)
{
    *greeting = top_wait(line, GREETING_MS);
    const char *error = json_string_value(json_object_get(*greeting, "error"));
    const char *what = json_string_value(json_object_get(*greeting, "tutti"));
    json_int_t version = json_integer_value(json_object_get(*greeting, "v"));
    if (!error && what && strcmp(what, "console") == 0 && version == VERSION) return 0;
    if (!error && what && strcmp(what, "console") == 0) {
        command_bad("%s: the program's console speaks version %lld, this command version %d (take "
                    "the command of the program's tutti)",
                    path, (long long)version, VERSION);
    } else if (error) {
        char *text = top_copy(error);
        if (text) top_clean(text);
        command_bad("%s: the program says: %.200s", path, text ? text : "");
        free(text);
    } else {
        command_bad("%s: no console of a tutti program answers there (another program's socket? or "
                    "a task of it reaches no checkpoint: try again)",
                    path);
    }
    json_decref(*greeting);
    return EXIT_BAD;
}

static int get_table(struct top_line *line, const char *path, struct top_table *table,
                     const struct top_table *before)
{
    json_t *json = top_ask(line, "{\"get\":\"tasks\"}\n") ? top_wait(line, ANSWER_MS) : NULL;
    if (json_object_get(json, "late")) {
        long long task = json_integer_value(json_object_get(json, "running"));
        json_decref(json);
        if (task > 0) {
            return command_bad("%s: the program does not answer: its task #%lld has not reached a "
                               "checkpoint for 2 s (try again)",
                               path, task);
        }
        return command_bad("%s: the program does not answer: no task has reached a checkpoint for "
                           "2 s (try again)",
                           path);
    }
    if (json && top_table_read(table, json, before)) return 0;
    return command_bad("%s: no answer came that this command understands (has the program ended?)",
                       path);
}

static int print_table(struct top_table *table)
{
    const struct top_folds none = {.count = 0};
    uint32_t columns = paint_columns();
    char text[1024];
    top_table_order(table, TOP_TREE, &none);
    top_print_head(text, sizeof text, columns);
    puts(text);
    for (size_t i = 0; i < table->shown_count; i++) {
        top_print_row(text, sizeof text, table->shown[i], TOP_TREE, &none, columns);
        puts(text);
    }
    if (table->more) printf("and %lld rows more\n", (long long)table->more);
    return command_done(EXIT_NOTHING);
}

/* Two looks, for what happens between them. */
static int once(struct top_line *line, const char *path)
{
    struct top_table first, second;
    int rc = get_table(line, path, &first, NULL);
    if (rc) return rc;
    top_pause(BETWEEN_MS);
    rc = get_table(line, path, &second, &first);
    if (rc == 0) {
        rc = print_table(&second);
        top_table_free(&second);
    }
    top_table_free(&first);
    return rc;
}

int cmd_top(int count, char **arguments)
{
    const char *path = NULL;
    bool is_once = false;
    struct top_line line;
    json_t *greeting;
    if (command_wants_help(count, arguments)) {
        fputs(help, stdout);
        return command_done(EXIT_NOTHING);
    }
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--once") == 0) {
            is_once = true;
        } else if (arguments[i][0] == '-') {
            return command_bad("top: there is no option \"%.60s\" (see tutti top --help)",
                               arguments[i]);
        } else if (path) {
            return command_bad("top: one PATH, not two (see tutti top --help)");
        } else {
            path = arguments[i];
        }
    }
    if (!path)
        return command_bad("top: which program? give its TUTTI_CONSOLE (see tutti top --help)");
    int rc = top_connect(&line, path);
    if (rc == 0) rc = greet(&line, path, &greeting);
    if (rc) {
        top_disconnect(&line);
        return rc;
    }
    rc = is_once ? once(&line, path) : top_screen(&line, greeting);
    json_decref(greeting);
    top_disconnect(&line);
    return rc;
}
