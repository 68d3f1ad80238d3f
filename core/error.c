/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/run_priv.h"
#include "tutti/core/text_priv.h"

static _Atomic(tutti_panic_hook *) panic_hook;

const char *tutti_error_name(int code)
{
    switch (code) {
#define TUTTI_ERROR(NAME, code, text)                                                              \
    case code:                                                                                     \
        return "TUTTI_" #NAME;
        TUTTI_ERRORS
#undef TUTTI_ERROR
    default:
        return code >= 0 ? "success" : code >= -4095 ? "a system error" : "an unknown error";
    }
}

const char *tutti_error_text(int code)
{
    switch (code) {
#define TUTTI_ERROR(NAME, code, text)                                                              \
    case code:                                                                                     \
        return text;
        TUTTI_ERRORS
#undef TUTTI_ERROR
    default:
        return code >= 0 ? "success" : code >= -4095 ? strerror(-code) : "not a tutti code";
    }
}

/* Puts a list of records in front of another one; returns the whole. */
static struct tutti_error *error_chain(struct tutti_error *first, struct tutti_error *then)
{
    struct tutti_error **last = &first;
    while (*last)
        last = &(*last)->next;
    *last = then;
    return first;
}

/* Frees a record and all below it: as one list, because causes may be nested without bound. */
void error_drop(struct run *run, struct tutti_error *error)
{
    while (error) {
        struct tutti_error *rest = error_chain(error->suppressed, error->next);
        rest = error_chain(error->cause, rest);
        mem_give(run, error, NULL);
        error = rest;
    }
}

/* For codes that go out without a record: an older record of the same code is not theirs. */
int error_bare(struct run *run, int code)
{
    struct tutti_task *task = run->current;
    if (TUTTI_UNLIKELY(task && task->error)) {
        error_drop(run, task->error);
        task->error = NULL;
    }
    return code;
}

static struct tutti_error *error_new(struct run *run, const struct tutti_task *task, int code,
                                     const struct tutti_site *site)
{
    struct tutti_error *error = mem_take(run, sizeof *error, NULL);
    if (!error) return NULL;
    error->code = code;
    error->site = site;
    error->task = task->id;
    snprintf(error->task_name, sizeof error->task_name, "%s", task->name);
    return error;
}

int tutti_error_at(const struct tutti_site *site, bool because, int code, const char *format, ...)
{
    struct run *run = run_current;
    if (!run || !run->current || code >= 0) return code;
    struct tutti_task *task = run->current;
    struct tutti_error *error = error_new(run, task, code, site);
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    if (error && because) {
        error->cause = task->error;
    } else {
        error_drop(run, task->error);
    }
    task->error = error;
    return code;
}

void tutti_error_also_at(const struct tutti_site *site, int code, const char *format, ...)
{
    struct run *run = run_current;
    if (!run || !run->current || code >= 0) return;
    struct tutti_error *also = error_new(run, run->current, code, site);
    if (also) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(also->message, sizeof also->message, format, arguments);
        va_end(arguments);
    }
    error_also(run, run->current->error, also, NULL);
}

const struct tutti_error *tutti_error_record(int code)
{
    const struct tutti_task *task = tutti_task_self();
    return task && task->error && task->error->code == code ? task->error : NULL;
}

void tutti_error_forget(void)
{
    if (run_current && run_current->current) (void)error_bare(run_current, 0);
}

int tutti_error_pass(int code, const struct tutti_site *site)
{
    struct run *run = run_current;
    if (!run || !run->current || code == TUTTI_ECANCELED) return code;
    struct tutti_task *task = run->current;
    if (!task->error || task->error->code != code) {
        error_drop(run, task->error);
        task->error = error_new(run, task, code, site);
        if (task->error) {
            snprintf(task->error->message, TUTTI_MESSAGE_MAX, "%s", tutti_error_text(code));
        }
        return code;
    }
    struct tutti_error *error = task->error;
    if (error->trail_count < TUTTI_ERROR_TRAIL_MAX) error->trail[error->trail_count] = site;
    error->trail_count++;
    return code;
}

/* The record of the error a task ends with; one is made if it made none. NULL: no memory. */
struct tutti_error *error_take(struct run *run, struct tutti_task *task, int code,
                               const struct tutti_site *site)
{
    struct tutti_error *error = task->error;
    task->error = NULL;
    if (error && error->code == code) return error;
    error_drop(run, error);
    error = error_new(run, task, code, site);
    if (error) snprintf(error->message, sizeof error->message, "%s", tutti_error_text(code));
    return error;
}

/* A later failure: below the first one's record. Without memory for either it is a warning. */
void error_also(struct run *run, struct tutti_error *first, struct tutti_error *record,
                const struct tutti_object *object)
{
    if (first && record) {
        struct tutti_error **last = &first->suppressed;
        while (*last)
            last = &(*last)->next;
        *last = record;
        return;
    }
    EMIT(run, WARN, .code = TUTTI_WARN_DROPPED, .obj = object ? object->id : 0,
         .name = "no memory to keep a later failure's record");
    error_drop(run, record);
    (void)object;
}

static void print_at(struct text *text, const struct tutti_error *error, int depth,
                     const char *role)
{
    if (error->code >= -4095) {
        text_add(text, "%*s%serror %d (%s): %s", depth * 2, "", role, error->code,
                 strerror(-error->code), error->message);
    } else {
        text_add(text, "%*s%s%s: %s", depth * 2, "", role, tutti_error_name(error->code),
                 error->message);
    }
    text_add(text, " (task \"%s\" #%llu", error->task_name, (unsigned long long)error->task);
    if (error->site) text_add(text, ", %s:%u", error->site->file, error->site->line);
    text_add(text, ")\n");
    uint32_t kept = error->trail_count;
    if (kept > TUTTI_ERROR_TRAIL_MAX) kept = TUTTI_ERROR_TRAIL_MAX;
    for (uint32_t i = 0; i < kept; i++) {
        text_add(text, "%*s  passed %s:%u\n", depth * 2, "", error->trail[i]->file,
                 error->trail[i]->line);
    }
    if (error->trail_count > kept) {
        text_add(text, "%*s  and %u places more\n", depth * 2, "", error->trail_count - kept);
    }
    if (depth == TUTTI_ERROR_DEPTH_MAX) {
        text_add(text, "%*s  (what is below is left out)\n", depth * 2, "");
        return;
    }
    if (error->cause) print_at(text, error->cause, depth + 1, "because of ");
    for (const struct tutti_error *also = error->suppressed; also; also = also->next) {
        print_at(text, also, depth + 1, "and also ");
    }
}

size_t tutti_error_print(const struct tutti_error *error, char *buffer, size_t size)
{
    struct text text = {.buffer = buffer, .size = size};
    if (size) buffer[0] = '\0';
    print_at(&text, error, 0, "");
    return text.length;
}

tutti_panic_hook *tutti_panic_set_hook(tutti_panic_hook *hook)
{
    tutti_panic_hook *previous = panic_hook;
    panic_hook = hook;
    return previous;
}

/* The sink hears of the end, too, and is asked to write what it has. */
static void fault_tell(struct run *run, const struct tutti_site *site, const char *message)
{
    run->now_known = true; /* no door but the sink is used any more */
    EMIT(run, WARN, .code = TUTTI_WARN_PANIC, .task = run->current ? run->current->id : 0,
         .name = message, .site = site);
    struct tutti_sink *sink = run->world->sink;
    run->events = 0; /* a panic inside the sink must not call it again */
    if (sink->idle) sink->idle(sink);
}

/* A stack overflow or panic: told, printed, and handed to the hook. */
void fault_report(const struct tutti_site *site, const char *message)
{
    char text[768];
    int n = site
                ? snprintf(text, sizeof text, "tutti: %s at %s:%u", message, site->file, site->line)
                : snprintf(text, sizeof text, "tutti: %s", message);
    if (n < 0 || (size_t)n > sizeof text - 2) n = sizeof text - 2;
    text[n] = '\n';
    if (run_current && run_current->events) fault_tell(run_current, site, message);
    report_write(text, (size_t)n + 1);
    if (panic_hook) panic_hook(site, message);
}

void tutti_panic_at(const struct tutti_site *site, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const struct tutti_task *task = tutti_task_self();
    if (task && n > 0 && (size_t)n < sizeof message) {
        snprintf(message + n, sizeof message - (size_t)n, " (in task \"%s\" #%llu)", task->name,
                 (unsigned long long)task->id);
    }
    fault_report(site, message);
    report_abort();
}
