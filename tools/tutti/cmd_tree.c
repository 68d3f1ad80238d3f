/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>

#include "trace_command.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/view.h"

/* As other views have it. */
enum { WIDTH_MIN = 60 };

/* Where the output goes, in lines of so many columns; 0: as they are. */
struct fold {
    uint32_t width;
};

static size_t characters(const char *text, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Where to break a line that is too long, not before `least`: before the place or the holder if one
 * of these begins in time and not early, else at the last space; its size: nowhere. */
static size_t find_break(const char *line, size_t size, size_t least, uint32_t width)
{
    size_t part = 0, space = 0;
    for (size_t i = least; i < size && characters(line, i) <= width; i++) {
        if (line[i] != ' ') continue;
        space = i;
        bool begins =
            size - i > 4 && (memcmp(line + i, " at ", 4) == 0 || memcmp(line + i, "  <-", 4) == 0);
        if (begins && i > width / 3) part = i;
    }
    return part ? part : space ? space : size;
}

/* The branches left of a line, as they go on below it. */
static size_t add_branches(struct tutti_text *out, const char *line, size_t size)
{
    size_t length = 0;
    for (; length < size && strchr(" |`-", line[length]); length++) {
        char c = line[length];
        tutti_text_add(out, c == '|' ? "|" : " ", 1);
    }
    tutti_text_add(out, "    ", 4);
    return length;
}

static void fold_line(struct tutti_text *out, const char *line, size_t size, uint32_t width)
{
    struct tutti_text branches = {0};
    size_t indent = add_branches(&branches, line, size), least = indent + 1;
    uint32_t left = width;
    while (width > 0 && characters(line, size) > left && !branches.failed) {
        size_t at = find_break(line, size, least, left);
        if (at == size) break;
        tutti_text_add(out, line, at);
        tutti_text_print(out, "\n%s", branches.bytes);
        while (at < size && line[at] == ' ')
            at++;
        line += at;
        size -= at;
        least = 1;
        left = branches.size + 20 < width ? width - (uint32_t)branches.size : 20;
    }
    tutti_text_add(out, line, size);
    tutti_text_add(out, "\n", 1);
    tutti_text_free(&branches);
}

/* A tutti_print, of whole lines. */
static int print_folded(void *context, const char *text, size_t size)
{
    const struct fold *fold = context;
    struct tutti_text out = {0};
    for (const char *end = text + size; text < end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        if (!newline) newline = end;
        fold_line(&out, text, (size_t)(newline - text), fold->width);
        text = newline + 1;
    }
    int rc = out.failed ? TUTTI_ENOMEMORY : trace_print(NULL, out.bytes ? out.bytes : "", out.size);
    tutti_text_free(&out);
    return rc;
}

static int show(struct tutti_reader *reader, const struct trace_settings *settings)
{
    struct fold fold = {.width = settings->width ? (uint32_t)settings->width : paint_columns()};
    if (fold.width > 0 && fold.width < WIDTH_MIN) fold.width = WIDTH_MIN;
    return tutti_view_tree(reader, settings->event, print_folded, &fold);
}

static int run(const struct trace_settings *settings)
{
    return trace_show(settings, show);
}

const struct trace_command trace_tree = {
    .name = "tree",
    .options = "width",
    .files = 1,
    .event = true,
    .run = run,
    .help = "usage: tutti trace tree FILE [N] [--width=COLUMNS]\n"
            "\n"
            "Prints the tasks that are alive after event N (the number `cat` shows; the last if "
            "there is\n"
            "no N), each below the nursery it lives in: what it does, on which object, since when, "
            "where,\n"
            "and who holds the object. Lines wider than the terminal, or than --width, go on "
            "below.\n"
            "\n"
            "example:\n"
            "  tutti trace tree fail.jsonl 46\n",
};
