/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Standard output of the views: in colours where somebody reads it on a terminal. The colours only
 * repeat what the words say. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "trace_command.h"
#include "tutti/core/error.h"

#define BOLD   "\033[1m"
#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

/* See https://no-color.org; CLICOLOR_FORCE is what other programs call the opposite. */
static bool wants_colour(void)
{
    static int known = -1;
    const char *terminal = getenv("TERM");
    if (known >= 0) return known;
    bool dumb = terminal && strcmp(terminal, "dumb") == 0;
    known = !is_set("NO_COLOR") && (is_set("CLICOLOR_FORCE") || (isatty(STDOUT_FILENO) && !dumb));
    return known;
}

uint32_t paint_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) return 0;
    return size.ws_col;
}

/* Heads of tables begin with one of these. */
static bool is_head(const char *line, size_t size)
{
    static const char *const heads[] = {"object  ", "task  ", "   step ", " choice ",
                                        "the critical"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t length = strlen(heads[i]);
        if (size > length && memcmp(line, heads[i], length) == 0) return true;
    }
    return false;
}

static bool has(const char *line, size_t size, const char *what)
{
    return memmem(line, size, what, strlen(what)) != NULL;
}

/* One line without its newline. */
static void print_line(const char *line, size_t size)
{
    const char *held = memmem(line, size, "<- held by", strlen("<- held by"));
    bool bad = has(line, size, "deadlock") || has(line, size, " warn  ");
    const char *colour = is_head(line, size) ? BOLD : bad ? RED : "";
    size_t before = held ? (size_t)(held - line) : size;
    fputs(colour, stdout);
    fwrite(line, 1, before, stdout);
    if (held) {
        fputs(YELLOW, stdout);
        fwrite(held, 1, size - before, stdout);
    }
    if (*colour || held) fputs(PLAIN, stdout);
    putchar('\n');
}

int trace_print(void *context, const char *text, size_t size)
{
    (void)context;
    if (!wants_colour()) return fwrite(text, 1, size, stdout) == size ? 0 : TUTTI_EBROKEN;
    while (size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end ? (size_t)(end - text) : size;
        print_line(text, length);
        length += end != NULL;
        text += length;
        size -= length;
    }
    return ferror(stdout) ? TUTTI_EBROKEN : 0;
}
