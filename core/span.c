/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/span.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/run_priv.h"

/* On the task's stack, which may be small. */
enum { MESSAGE_MAX = 512 };

void tutti_span_begin_at(struct tutti_span *span, const char *name, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    span->id = run_id(run);
    EMIT(run, SPAN_BEGIN, .task = run->current->id, .obj = span->id, .name = name, .site = site);
    (void)name;
}

void tutti_span_end(struct tutti_span *span)
{
    struct run *run = run_require_task(NULL);
    if (span->id == 0) return;
    EMIT(run, SPAN_END, .task = run->current->id, .obj = span->id);
    span->id = 0;
}

void tutti_log_at(enum tutti_log_level level, const struct tutti_site *site, const char *format,
                  ...)
{
    struct run *run = run_require_task(site);
    char message[MESSAGE_MAX];
    va_list list;
    if (TUTTI_LIKELY(!EMITS(run, LOG))) return;
    va_start(list, format);
    int size = vsnprintf(message, sizeof message, format, list);
    va_end(list);
    if (size >= MESSAGE_MAX) memcpy(message + MESSAGE_MAX - 4, "...", 4);
    EMIT(run, LOG, .task = run->current->id, .code = (uint8_t)level,
         .name = size < 0 ? "" : message, .site = site);
}
