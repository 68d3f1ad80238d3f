/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* cmocka's asserts count as checks. A failing assert first prints with cm_print_error(), then
 * calls _fail(), which would leave the task's stack by longjmp; cmocka finds the functions here
 * instead of its own. In programs without cmocka nobody calls them. mock() and will_return() are
 * not for rehearsed tests: cmocka makes their tables in its own runner, and without that they
 * crash, which the explorer reports as SIGSEGV.                                                  */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/test.h"

TUTTI_API void cm_print_error(const char *format, ...) TUTTI_PRINTF(1, 2);
TUTTI_API TUTTI_NORETURN void _fail(const char *file, int line);
TUTTI_API TUTTI_NORETURN void _skip(const char *file, int line);

/* What the assert said. The run ends with it, so one place is enough. */
static char said[200];

void cm_print_error(const char *format, ...)
{
    size_t length = strlen(said);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said + length, sizeof said - length, format, arguments);
    va_end(arguments);
}

/* The place of the assert: a check wants one that stays. */
static const struct tutti_site *place(const char *file, int line)
{
    static struct tutti_site site;
    site = (struct tutti_site){.file = file, .line = (uint32_t)line, .function = ""};
    return &site;
}

void _fail(const char *file, int line)
{
    char text[sizeof said] = "fail()";
    for (char *at = said; *at; at++) {
        if (*at == '\n') *at = at[1] ? ' ' : '\0';
    }
    if (said[0]) memcpy(text, said, sizeof text);
    fprintf(stderr, "%s:%d: %s\n", file, line, text);
    said[0] = '\0'; /* the next run says its own */
    tutti_check_failed(place(file, line), text);
}

void _skip(const char *file, int line)
{
    tutti_check_failed(place(file, line), "skip(): a rehearsed test cannot be skipped from inside");
}
