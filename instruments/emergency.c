/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Last words from a signal handler: no memory, no locks, no C library but for errno. */
#include <errno.h>
#include <string.h>

#include "tutti/core/park.h"
#include "tutti/instruments/dump.h"
#include "tutti/instruments/os_file_priv.h"

/* Longer names, places and lines are cut. */
enum { TEXT_MAX = 64, LINE_SIZE = 512, DIGITS_MAX = 20 };

struct line {
    char bytes[LINE_SIZE];
    size_t length;
};

static void add(struct line *line, const char *text)
{
    for (size_t i = 0; text[i] && i < TEXT_MAX && line->length < LINE_SIZE - 1; i++)
        line->bytes[line->length++] = text[i];
}

static void add_number(struct line *line, uint64_t number, unsigned base)
{
    char digits[DIGITS_MAX + 1];
    size_t at = DIGITS_MAX;
    digits[at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    add(line, digits + at);
}

static void put(struct line *line, int fd)
{
    int error;
    line->bytes[line->length++] = '\n';
    (void)file_write(fd, line->bytes, line->length, &error);
    line->length = 0;
}

static void add_object(struct line *line, const struct tutti_object *object)
{
    add(line, " ");
    add(line, tutti_object_kind_text(object->kind));
    if (object->name) {
        add(line, " \"");
        add(line, object->name);
        add(line, "\"");
    }
    add(line, " #");
    add_number(line, object->id, 10);
}

static void put_task(struct line *line, int fd, const struct tutti_task *task)
{
    struct tutti_task_brief brief;
    tutti_inspect_brief(task, &brief);
    add(line, "  ");
    add(line, brief.name);
    add(line, " #");
    add_number(line, brief.id, 10);
    add(line, ": ");
    add(line, brief.state);
    add(line, brief.sp ? " in " : ", last in ");
    add(line, brief.op);
    if (brief.object) add_object(line, brief.object);
    if (brief.site) {
        add(line, " at ");
        add(line, brief.site->file);
        add(line, ":");
        add_number(line, brief.site->line, 10);
    }
    if (brief.sp) {
        add(line, ", stack 0x");
        add_number(line, (uint64_t)(uintptr_t)brief.sp, 16);
    }
    put(line, fd);
}

void tutti_dump_emergency(int fd)
{
    struct line line = {.length = 0};
    const struct tutti_task *task = tutti_inspect_next(NULL);
    int saved = errno, count = 0;
    add(&line, task ? "tutti: the tasks of this thread's run" : "tutti: no run in this thread");
    put(&line, fd);
    for (; task && count < TUTTI_EMERGENCY_TASKS_MAX; task = tutti_inspect_next(task), count++)
        put_task(&line, fd, task);
    if (task) {
        add(&line, "  and more");
        put(&line, fd);
    }
    errno = saved;
}
