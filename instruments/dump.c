/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/park.h"
#include "tutti/core/stats.h"
#include "tutti/core/world.h"
#include "tutti/instruments/backtrace_priv.h"
#include "tutti/instruments/idmap_priv.h"
#include "tutti/instruments/os_file_priv.h"

enum { STANDARD_ERROR = 2 };
/* Functions of a stack that are told in one line; a signal handler's stack is small. */
enum { STACK_PRINTED = 24 };

/* One task, or several alike. */
struct entry {
    struct tutti_task_view view;
    uint64_t alike, last;                /* how many tasks it stands for, and the last one's id */
    struct entry *parent, *first, *next; /* the tree; the list of children is in reverse order */
    bool folded;                         /* it is counted elsewhere */
};

struct dump {
    struct entry *entries;
    size_t count;
    struct idmap by_id, by_hash;
    struct symbols *symbols;
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = mix(hash, (unsigned char)*text);
    return hash;
}

/* What tasks have in common that are shown as one. Addresses are compared, never ordered by. */
static uint64_t hash_of(const struct tutti_task_view *view)
{
    struct unwind_frame frames[TUTTI_BACKTRACE_MAX];
    uint64_t hash = mix(view->nursery, view->object ? view->object->id : 0);
    hash = mix_text(mix_text(mix_text(hash, view->name), view->state), view->op);
    hash = mix(hash, (uint64_t)(uintptr_t)view->site);
    hash = mix(hash, (uint64_t)view->deadline_ns);
    hash = mix(hash, (uint64_t)view->until_ns);
    hash = mix(hash, (uint64_t)view->cancelled << 1 | view->system);
    size_t count = view->sp ? unwind_walk(view->sp, false, frames, TUTTI_BACKTRACE_MAX) : 0;
    for (size_t i = 0; i < count; i++)
        hash = mix(hash, frames[i].pc);
    return hash ? hash : 1;
}

/* Describes all tasks; false: no memory. Parents come before their children. */
static bool collect(struct dump *dump)
{
    const struct tutti_task *task = NULL;
    while ((task = tutti_inspect_next(task)))
        dump->count++;
    dump->entries = calloc(dump->count, sizeof *dump->entries);
    if (!dump->entries) return false;
    for (struct entry *entry = dump->entries; (task = tutti_inspect_next(task)); entry++) {
        tutti_inspect_task(task, &entry->view);
        if (!idmap_set(&dump->by_id, entry->view.id, entry)) return false;
        if (!entry->view.parent) continue;
        entry->parent = idmap_get(&dump->by_id, tutti_task_id(entry->view.parent));
        if (!entry->parent) continue;
        entry->next = entry->parent->first;
        entry->parent->first = entry;
    }
    return true;
}

/* Puts lists of children in order and folds those that are alike; false: no memory. */
static bool fold(struct dump *dump)
{
    for (struct entry *entry = dump->entries; entry < dump->entries + dump->count; entry++) {
        struct entry *in_order = NULL;
        while (entry->first) {
            struct entry *child = entry->first;
            entry->first = child->next;
            child->next = in_order;
            in_order = child;
        }
        entry->first = in_order;
        entry->last = entry->view.id;
        entry->alike = 1;
        if (entry->first) continue;
        uint64_t hash = hash_of(&entry->view);
        struct entry *same = idmap_get(&dump->by_hash, hash);
        if (same) {
            same->alike++;
            same->last = entry->view.id;
            entry->folded = true;
        } else if (!idmap_set(&dump->by_hash, hash, entry)) {
            return false;
        }
    }
    return true;
}

static const char *why_text(enum tutti_cancel_why why)
{
    const struct tutti_trace_info *info = &tutti_trace_table[TUTTI_EVENT_SCOPE_CANCEL];
    for (int i = 0; i < info->fields_count; i++) {
        if (info->fields[i].type == TUTTI_FIELD_WORD) return info->fields[i].words[why];
    }
    return "";
}

static void print_place(struct tutti_text *text, const struct tutti_site *site)
{
    if (site) tutti_text_print(text, " at %s:%" PRIu32, site->file, site->line);
}

static void print_object(struct tutti_text *text, const struct tutti_object *object)
{
    tutti_text_print(text, " %s", tutti_object_kind_text(object->kind));
    if (object->name) tutti_text_print(text, " \"%s\"", object->name);
    tutti_text_print(text, " #%" PRIu64, object->id);
    if (object->holder) {
        tutti_text_print(text, " held by %s #%" PRIu64, tutti_task_name(object->holder),
                         tutti_task_id(object->holder));
    }
}

static void print_state(struct tutti_text *text, const struct tutti_task_view *view)
{
    tutti_text_print(text, ": %s", view->state);
    if (view->stopped) {
        tutti_text_print(text, " in %s", view->op);
        if (view->object) print_object(text, view->object);
        tutti_text_print(text, " since %" PRId64 " ns", view->since_ns);
        if (view->until_ns != TUTTI_NEVER) {
            tutti_text_print(text, " until %" PRId64 " ns", view->until_ns);
        }
        print_place(text, view->site);
    }
    if (view->cancelled) {
        tutti_text_print(text, ", cancelled (%s) at %" PRId64 " ns", why_text(view->cancel.why),
                         view->cancel.at_ns);
        if (view->cancel.task) tutti_text_print(text, " by #%" PRIu64, view->cancel.task);
        print_place(text, view->cancel.site);
    } else if (view->deadline_ns != TUTTI_NEVER) {
        tutti_text_print(text, ", deadline %" PRId64 " ns", view->deadline_ns);
    }
    if (view->shielded) tutti_text_print(text, ", shielded");
}

static void print_stack(struct tutti_text *text, const struct entry *entry, int indent,
                        struct symbols *symbols)
{
    struct unwind_frame frames[TUTTI_BACKTRACE_MAX];
    size_t count = unwind_walk(entry->view.sp, true, frames, TUTTI_BACKTRACE_MAX);
    backtrace_print(text, indent, frames, count, symbols);
}

static void print_entry(struct tutti_text *text, const struct entry *entry, int indent,
                        struct symbols *symbols)
{
    const struct tutti_task_view *view = &entry->view;
    tutti_text_print(text, "%*s%s #%" PRIu64, indent, "", view->name, view->id);
    if (entry->alike > 1) {
        tutti_text_print(text, " and %" PRIu64 " more like it up to #%" PRIu64, entry->alike - 1,
                         entry->last);
    }
    print_state(text, view);
    tutti_text_add(text, "\n", 1);
    print_stack(text, entry, indent + 4, symbols);
}

/* A tree, depth first, without recursion: it may be as deep as there are tasks. */
static void print_all(struct tutti_text *text, const struct entry *top, struct symbols *symbols)
{
    int indent = 2;
    for (const struct entry *entry = top; entry;) {
        if (!entry->folded) print_entry(text, entry, indent, symbols);
        if (entry->first) {
            entry = entry->first;
            indent += 2;
            continue;
        }
        while (entry != top && !entry->next) {
            entry = entry->parent;
            indent -= 2;
        }
        entry = entry == top ? NULL : entry->next;
    }
}

static void print_head(struct tutti_text *text, size_t tasks)
{
    struct tutti_run_now now = tutti_run_statistics();
    tutti_text_print(text, "tutti: %zu task%s at %" PRId64 " ns", tasks, tasks == 1 ? "" : "s",
                     tutti_inspect_now());
    if (now.tasks_reading || now.tasks_writing) {
        tutti_text_print(text, ", %" PRIu32 " waiting to read, %" PRIu32 " to write",
                         now.tasks_reading, now.tasks_writing);
    }
    tutti_text_add(text, "\n", 1);
}

int tutti_dump(struct tutti_text *text)
{
    struct dump dump = {.count = 0};
    if (!tutti_in_run()) return TUTTI_ESTATE;
    bool done = collect(&dump) && fold(&dump);
    if (done) {
        dump.symbols = symbols_open();
        print_head(text, dump.count);
        for (const struct entry *top = dump.entries; top < dump.entries + dump.count; top++) {
            if (!top->parent) print_all(text, top, dump.symbols);
        }
        symbols_close(dump.symbols);
    }
    free(dump.entries);
    idmap_free(&dump.by_id);
    idmap_free(&dump.by_hash);
    return done && !text->failed ? 0 : TUTTI_ENOMEMORY;
}

void tutti_dump_print(void)
{
    static const char sorry[] = "tutti: no dump: there is no run here, or no memory\n";
    struct tutti_text text = {0};
    int error, rc = tutti_dump(&text);
    if (text.bytes) (void)file_write(STANDARD_ERROR, text.bytes, text.size, &error);
    if (rc < 0) (void)file_write(STANDARD_ERROR, sorry, sizeof sorry - 1, &error);
    tutti_text_free(&text);
}

void tutti_stack_print(char *text, size_t size)
{
    struct unwind_frame frames[STACK_PRINTED];
    size_t count = unwind_walk(NULL, true, frames, STACK_PRINTED), length = 0;
    if (size > 0) text[0] = '\0';
    for (size_t i = 0; i < count && length < size; i++) {
        const char *name = frames[i].name;
        if (!name[0] || backtrace_is_ours(name)) continue;
        int more = snprintf(text + length, size - length, "%s%s", length ? " < " : "", name);
        if (more > 0) length += (size_t)more;
    }
}

int tutti_dump_post(void *unused)
{
    (void)unused;
    tutti_dump_print();
    return 0;
}

size_t tutti_task_backtrace(const struct tutti_task *task, void **addresses, size_t max)
{
    struct unwind_frame frames[TUTTI_BACKTRACE_MAX];
    struct tutti_task_view view = {.sp = NULL};
    if (task) tutti_inspect_task(task, &view);
    if (max > TUTTI_BACKTRACE_MAX) max = TUTTI_BACKTRACE_MAX;
    size_t count = unwind_walk(view.sp, false, frames, max);
    for (size_t i = 0; i < count; i++)
        addresses[i] = (void *)frames[i].pc;
    return count;
}
