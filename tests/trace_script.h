/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* trace_script.h - traces made by hand, for tests of what writes, reads and shows them. */
#ifndef TUTTI_TESTS_TRACE_SCRIPT_H
#define TUTTI_TESTS_TRACE_SCRIPT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/trace.h"

#define SCRIPT_LIST "1;step;run;c1;"
#define SCRIPT_HEAD(level)                                                                         \
    "{\"n\":1,\"t\":0,\"e\":\"run.begin\",\"v\":1,\"prog\":\"bank\",\"test\":\"transfer\","        \
    "\"args\":[],\"version\":\"0.1.0\",\"world\":\"sim\",\"seed\":\"0x1d\",\"policy\":\"random\"," \
    "\"level\":" level ",\"list\":\"" SCRIPT_LIST "\"}\n"

/* A trace as text, line by line. */
struct script {
    char text[32 * 1024];
    size_t size;
    unsigned n;
    uint64_t hash;
};

static inline void script_begin(struct script *script, const char *head)
{
    script->n = 1;
    script->hash = UINT64_C(0xcbf29ce484222325);
    script->size = (size_t)snprintf(script->text, sizeof script->text, "%s", head);
}

/* The hash of docs/trace.md, continued with a line, or with several. */
static inline uint64_t script_hash(uint64_t hash, const char *text)
{
    uint64_t word = 0;
    for (int place = 0; *text; text++) {
        word |= (uint64_t)(unsigned char)*text << 8 * place++;
        if (place < 8 && *text != '\n' && text[1]) continue;
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
        word = 0;
        place = 0;
    }
    return hash;
}

/* Adds bytes as they are. */
static inline void script_raw(struct script *script, const char *format, ...)
{
    va_list list;
    char *end = script->text + script->size;
    va_start(list, format);
    script->size += (size_t)vsnprintf(end, sizeof script->text - script->size, format, list);
    va_end(list);
    script->hash = script_hash(script->hash, end);
}

/* Adds a line from its time on: `"t":0,"e":"task.run","task":1`. */
static inline void script_line(struct script *script, const char *rest)
{
    script->n++;
    script_raw(script, "{\"n\":%u,%s}\n", script->n, rest);
}

static inline void script_end(struct script *script, const char *outcome, int steps, int choices,
                              int tasks)
{
    uint64_t hash = script->hash; /* of the lines before this one */
    script_raw(script,
               "{\"n\":%u,\"t\":900,\"e\":\"run.end\",\"outcome\":\"%s\",\"steps\":%d,"
               "\"choices\":%d,\"tasks\":%d,\"hash\":\"%016llx\"}\n",
               script->n + 1, outcome, steps, choices, tasks, (unsigned long long)script->hash);
    script->hash = hash;
}

static const struct tutti_trace_header script_header = {.prog = "bank",
                                                        .test = "transfer",
                                                        .world = "sim",
                                                        .policy = "random",
                                                        .list = SCRIPT_LIST,
                                                        .seed = 0x1d};

/* Two tellers who take two locks in different orders: the events of a run that ends in a deadlock.
 */
enum { MAIN = 1, LOCK_A, LOCK_B, SCOPE, TELLERS, TELLER_1, TELLER_2 };

#define EVENT(KIND, ...)                                                                           \
    {                                                                                              \
        .kind = TUTTI_EVENT_##KIND, __VA_ARGS__                                                    \
    }
#define RUN(id)             EVENT(TASK_RUN, .task = (id))
#define READY(id, why, who) EVENT(TASK_READY, .task = (id), .code = TUTTI_READY_##why, .by = (who))
#define CHOICE(count_, pick, id)                                                                   \
    EVENT(CHOICE, .count = (count_), .arg = (pick), .obj = (id), .code2 = TUTTI_CANDIDATE_TASK)
#define PARK(id, op, object, until, line)                                                          \
    EVENT(TASK_PARK, .task = (id), .name = (op), .obj = (object), .arg = (until), .count = 1,      \
          .site = &script_sites[line])
#define LOCKS(id, object) EVENT(OBJ_OP, .task = (id), .obj = (object), .name = "lock")
static const struct tutti_site script_sites[] = {
    {"bank.c", 90, "main"},   {"bank.c", 92, "main"},  {"bank.c", 96, "main"},
    {"bank.c", 99, "main"},   {"bank.c", 103, "main"}, {"bank.c", 40, "teller"},
    {"bank.c", 43, "teller"},
};
static const struct tutti_trace_event script_bank[] = {
    EVENT(RUN_BEGIN, .t_ns = 0),
    EVENT(TASK_SPAWN, .task = MAIN, .name = "main", .site = &script_sites[0]),
    READY(MAIN, SPAWN, 0),
    RUN(MAIN),
    EVENT(OBJ_NEW, .obj = LOCK_A, .code = TUTTI_OBJECT_LOCK, .name = "account A", .task = MAIN,
          .site = &script_sites[1]),
    EVENT(OBJ_NEW, .obj = LOCK_B, .code = TUTTI_OBJECT_LOCK, .name = "account B", .task = MAIN,
          .site = &script_sites[1]),
    EVENT(SCOPE_OPEN, .obj = SCOPE, .task = MAIN, .arg = TUTTI_NEVER, .site = &script_sites[2]),
    EVENT(NURSERY_OPEN, .obj = TELLERS, .task = MAIN, .by = SCOPE, .name = "tellers",
          .site = &script_sites[2]),
    EVENT(TASK_SPAWN, .task = TELLER_1, .by = MAIN, .obj = TELLERS, .name = "teller 1",
          .site = &script_sites[3]),
    READY(TELLER_1, SPAWN, MAIN),
    EVENT(TASK_SPAWN, .task = TELLER_2, .by = MAIN, .obj = TELLERS, .name = "teller 2",
          .site = &script_sites[3]),
    READY(TELLER_2, SPAWN, MAIN),
    PARK(MAIN, "nursery.join", TELLERS, TUTTI_NEVER, 4),
    CHOICE(2, 1, TELLER_2),
    RUN(TELLER_2),
    PARK(TELLER_2, "sleep", 0, 100000, 5),
    RUN(TELLER_1),
    LOCKS(TELLER_1, LOCK_A),
    PARK(TELLER_1, "sleep", 0, 104000, 5),
    EVENT(LOOP_WAIT, .arg = 100000),
    EVENT(LOOP_WOKE, .t_ns = 100000),
    {.kind = TUTTI_EVENT_TASK_READY, .task = TELLER_2, .code = TUTTI_READY_TIMER, .t_ns = 100000},
    {.kind = TUTTI_EVENT_TASK_RUN, .task = TELLER_2, .t_ns = 100000},
    {.kind = TUTTI_EVENT_OBJ_OP, .task = TELLER_2, .obj = LOCK_B, .name = "lock", .t_ns = 100000},
    {.kind = TUTTI_EVENT_TASK_PARK,
     .task = TELLER_2,
     .name = "lock.acquire",
     .obj = LOCK_A,
     .arg = TUTTI_NEVER,
     .count = 2,
     .site = &script_sites[6],
     .t_ns = 100000},
    {.kind = TUTTI_EVENT_LOOP_WAIT, .arg = 104000, .t_ns = 100000},
    {.kind = TUTTI_EVENT_LOOP_WOKE, .t_ns = 104000},
    {.kind = TUTTI_EVENT_TASK_READY, .task = TELLER_1, .code = TUTTI_READY_TIMER, .t_ns = 104000},
    {.kind = TUTTI_EVENT_TASK_RUN, .task = TELLER_1, .t_ns = 104000},
    {.kind = TUTTI_EVENT_TASK_PARK,
     .task = TELLER_1,
     .name = "lock.acquire",
     .obj = LOCK_B,
     .arg = TUTTI_NEVER,
     .count = 2,
     .site = &script_sites[6],
     .t_ns = 104000},
    {.kind = TUTTI_EVENT_WARN,
     .code = TUTTI_WARN_DEADLOCK,
     .name = "deadlock: 3 tasks wait",
     .t_ns = 104000},
    {.kind = TUTTI_EVENT_RUN_END,
     .code = TUTTI_OUTCOME_DEADLOCK,
     .arg = 5,
     .obj = 1,
     .task = 3,
     .t_ns = 104000},
};

/* Gives the bank's events to a trace. Returns 0 or what the sink returned. */
static inline int script_play(struct tutti_trace *trace)
{
    struct tutti_sink *sink = tutti_trace_sink(trace);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof script_bank / sizeof *script_bank; i++) {
        const struct tutti_trace_event *event = &script_bank[i];
        if (sink->mask >> event->kind & 1) rc = sink->event(sink, event);
        if (event->kind == TUTTI_EVENT_LOOP_WAIT) sink->idle(sink);
    }
    return rc;
}

#endif
