/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who waits for what, in words. */
#include "tutti/core/run_priv.h"
#include "tutti/core/text_priv.h"

/* Places that tasks wait in, of which a deadlock is told from another one. */
enum { WAITS_MAX = 64 };

static void add_object(struct text *text, const struct tutti_object *object)
{
    text_add(text, " %s", tutti_object_kind_text(object->kind));
    if (object->name) text_add(text, " \"%s\"", object->name);
    text_add(text, " #%llu", (unsigned long long)object->id);
}

/* A wait for several objects is for none of them alone: all are named. */
static void add_places(struct text *text, const struct tutti_task *task)
{
    if (task->state != TASK_PARKED) return;
    for (const struct tutti_waiter *place = task->park->waiters; place; place = place->other) {
        add_object(text, &place->lot->object);
        if (place->other) text_add(text, ",");
    }
}

static void add_task(struct text *text, const struct tutti_task *task)
{
    const struct tutti_object *object = task->object;
    text_add(text, "  %s #%llu%s: %s", task->name, (unsigned long long)task->id,
             task->daemon ? " (daemon)" : "", task->op);
    if (object) {
        add_object(text, object);
    } else {
        add_places(text, task);
    }
    text_add(text, " since %lld ns", (long long)task->since_ns);
    if (task->site) text_add(text, " at %s:%u", task->site->file, task->site->line);
    if (object && object->holder) {
        text_add(text, "  <- held by %s #%llu", object->holder->name,
                 (unsigned long long)object->holder->id);
    }
    text_add(text, "\n");
}

/* Writes the report into `buffer`; returns its length, which may be more than fits. */
size_t report_deadlock(struct run *run, char *buffer, size_t size)
{
    struct text text = {.buffer = buffer, .size = size};
    uint32_t shown = 0;
    uint64_t waiting = run->living - run->systems;
    text_add(&text, "deadlock at %lld ns: %llu task%s wait%s for ever\n", (long long)run_now(run),
             (unsigned long long)waiting, waiting == 1 ? "" : "s", waiting == 1 ? "s" : "");
    for (const struct tutti_task *task = run->all_first; task; task = task->all_next) {
        if (!task->system && shown++ < TUTTI_REPORT_TASKS_MAX) add_task(&text, task);
    }
    if (shown > TUTTI_REPORT_TASKS_MAX) {
        text_add(&text, "  and %u more\n", shown - TUTTI_REPORT_TASKS_MAX);
    }
    return text.length;
}

/* FNV-1a (RFC 9923), by bytes: texts, not addresses, so that every build says the same. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* What a task waits in: the operation, the kind of object, the place in the program. */
static uint64_t hash_wait(const struct tutti_task *task)
{
    uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), task->op);
    if (task->object) hash = hash_text(hash ^ 1, tutti_object_kind_text(task->object->kind));
    if (task->site) hash = hash_text(hash ^ 2, task->site->file) + task->site->line;
    return hash * UINT64_C(0x9e3779b97f4a7c15);
}

/* Which deadlock is it? A set of what there is to wait in: how many tasks wait in the same place,
 * and in which order they came, makes no other deadlock of it.                                   */
uint64_t report_waits(const struct run *run)
{
    uint64_t seen[WAITS_MAX], sum = 0;
    uint32_t count = 0;
    for (const struct tutti_task *task = run->all_first; task; task = task->all_next) {
        uint64_t hash = hash_wait(task);
        uint32_t i = 0;
        while (i < count && seen[i] != hash)
            i++;
        if (task->system || i < count || count == WAITS_MAX) continue;
        seen[count++] = hash;
        sum += hash ^ hash >> 32;
    }
    return sum;
}
