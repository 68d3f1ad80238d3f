/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *tutti_verdict_text(enum tutti_verdict_kind kind)
{
    static const char *const texts[] = {
        [TUTTI_VERDICT_OK] = "ok",
        [TUTTI_VERDICT_CHECK] = "check failed",
        [TUTTI_VERDICT_ERROR] = "error",
        [TUTTI_VERDICT_DEADLOCK] = "deadlock",
        [TUTTI_VERDICT_LEAK] = "leak",
        [TUTTI_VERDICT_LIMIT] = "limit",
        [TUTTI_VERDICT_CRASH] = "crash",
        [TUTTI_VERDICT_HANG] = "never yields",
        [TUTTI_VERDICT_NONDETERMINISM] = "not deterministic",
        [TUTTI_VERDICT_MISMATCH] = "the list does not fit",
    };
    return (unsigned)kind < TUTTI_VERDICT_KINDS ? texts[kind] : "unknown";
}

bool tutti_verdict_alike(const struct tutti_verdict *a, const struct tutti_verdict *b)
{
    if (a->kind != b->kind) return false;
    if (a->kind == TUTTI_VERDICT_DEADLOCK) return a->waits == b->waits;
    if (a->kind == TUTTI_VERDICT_HANG) { /* where it was interrupted is chance */
        return !a->task[0] || !b->task[0] || strcmp(a->task, b->task) == 0;
    }
    return a->code == b->code && a->signal == b->signal && a->line == b->line &&
           strcmp(a->file, b->file) == 0;
}

void tutti_verdict_set(struct tutti_verdict *verdict, enum tutti_verdict_kind kind,
                       const char *format, ...)
{
    va_list arguments;
    verdict->kind = kind;
    verdict->code = verdict->signal = 0;
    verdict->line = 0;
    verdict->file[0] = verdict->place[0] = '\0';
    verdict->steps = verdict->waits = 0;
    verdict->task[0] = '\0';
    va_start(arguments, format);
    vsnprintf(verdict->message, sizeof verdict->message, format, arguments);
    va_end(arguments);
}
