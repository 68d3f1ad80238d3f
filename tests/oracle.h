/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* oracle.h - what must hold after every run, whatever it was about.
 *
 * A sink that counts along: time never goes back; every task that waits or yields is made ready
 * exactly once before it runs again, and only then runs; a scope that caught was cancelled itself;
 * after the first cancellation the run comes to its end in a bounded number of steps; no error was
 * dropped. And of a run that ended well: every task has exited, every scope and nursery was closed,
 * no memory is left, and no timer (that is core's own assertion). What a run says in its result, a
 * leak or a deadlock, is no concern of this. */
#ifndef TUTTI_TESTS_ORACLE_H
#define TUTTI_TESTS_ORACLE_H

#include <string.h>

#include "tutti/core/event.h"
#include "tutti/core/world.h"

/* Ids from here on are not followed. */
enum { ORACLE_IDS = 1 << 14, ORACLE_STEPS_AFTER_CANCEL = 20000 };

enum oracle_state { ORACLE_NONE, ORACLE_STOPPED, ORACLE_READY, ORACLE_RUNS, ORACLE_CANCELLED };

struct oracle {
    struct tutti_sink sink;
    const char *wrong; /* the first thing; NULL: nothing */
    int64_t t_ns;
    uint64_t id_max;
    uint32_t tasks, scopes, nurseries; /* that are open */
    uint32_t steps_after;              /* the first cancellation; 0: none yet */
    uint8_t states[ORACLE_IDS];
};

static inline void oracle_claim(struct oracle *oracle, bool holds, const char *what)
{
    if (!holds && !oracle->wrong) oracle->wrong = what;
}

/* The state of an id; of one that is not followed, whatever was asked for. */
static inline void oracle_move(struct oracle *oracle, uint64_t id, enum oracle_state from,
                               enum oracle_state to, const char *what)
{
    if (id >= ORACLE_IDS) return;
    if (id > oracle->id_max) oracle->id_max = id;
    oracle_claim(oracle, oracle->states[id] == from, what);
    oracle->states[id] = (uint8_t)to;
}

static inline void oracle_task(struct oracle *oracle, const struct tutti_trace_event *event)
{
    switch (event->kind) {
    case TUTTI_EVENT_TASK_SPAWN:
        oracle->tasks++;
        oracle_move(oracle, event->task, ORACLE_NONE, ORACLE_STOPPED, "an id was used twice");
        break;
    case TUTTI_EVENT_TASK_READY:
        oracle_move(oracle, event->task, ORACLE_STOPPED, ORACLE_READY,
                    "a task was woken that did not wait, or twice");
        break;
    case TUTTI_EVENT_TASK_RUN:
        oracle_move(oracle, event->task, ORACLE_READY, ORACLE_RUNS,
                    "a task ran that was not woken");
        if (oracle->steps_after) oracle->steps_after++;
        oracle_claim(oracle, oracle->steps_after < ORACLE_STEPS_AFTER_CANCEL,
                     "cancelled, and it does not come to its end");
        break;
    case TUTTI_EVENT_TASK_PARK:
        oracle_move(oracle, event->task, ORACLE_RUNS, ORACLE_STOPPED,
                    "a task waited that did not run");
        break;
    case TUTTI_EVENT_TASK_EXIT:
        oracle->tasks--;
        oracle_move(oracle, event->task, ORACLE_RUNS, ORACLE_NONE, "a task ended that did not run");
        break;
    default:
        break;
    }
}

static inline void oracle_rest(struct oracle *oracle, const struct tutti_trace_event *event)
{
    switch (event->kind) {
    case TUTTI_EVENT_NURSERY_OPEN:
        oracle->nurseries++;
        break;
    case TUTTI_EVENT_NURSERY_CLOSE:
        oracle->nurseries--;
        break;
    case TUTTI_EVENT_SCOPE_OPEN:
        oracle->scopes++;
        break;
    case TUTTI_EVENT_SCOPE_CANCEL:
        if (!oracle->steps_after) oracle->steps_after = 1;
        oracle_move(oracle, event->obj, ORACLE_NONE, ORACLE_CANCELLED, "cancelled twice");
        break;
    case TUTTI_EVENT_SCOPE_CLOSE:
        oracle->scopes--;
        oracle_claim(oracle,
                     !event->flag || event->obj >= ORACLE_IDS ||
                         oracle->states[event->obj] == ORACLE_CANCELLED,
                     "a scope caught that was not cancelled");
        break;
    case TUTTI_EVENT_WARN:
        oracle_claim(oracle, event->code != TUTTI_WARN_DROPPED, "an error was dropped");
        break;
    default:
        break;
    }
}

static inline int oracle_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct oracle *oracle = TUTTI_CONTAINER(sink, struct oracle, sink);
    oracle_claim(oracle, event->t_ns >= oracle->t_ns, "time went back");
    oracle->t_ns = event->t_ns;
    oracle_task(oracle, event);
    oracle_rest(oracle, event);
    return 0;
}

/* Before a run. */
static inline void oracle_begin(struct oracle *oracle)
{
    memset(oracle->states, 0, oracle->id_max + 1);
    oracle->wrong = NULL;
    oracle->t_ns = 0;
    oracle->id_max = oracle->tasks = oracle->scopes = oracle->nurseries = 0;
    oracle->steps_after = 0;
    oracle->sink.event = oracle_event;
    oracle->sink.mask =
        TUTTI_EVENT_BIT(TASK_SPAWN) | TUTTI_EVENT_BIT(TASK_READY) | TUTTI_EVENT_BIT(TASK_RUN) |
        TUTTI_EVENT_BIT(TASK_PARK) | TUTTI_EVENT_BIT(TASK_EXIT) | TUTTI_EVENT_BIT(NURSERY_OPEN) |
        TUTTI_EVENT_BIT(NURSERY_CLOSE) | TUTTI_EVENT_BIT(SCOPE_OPEN) |
        TUTTI_EVENT_BIT(SCOPE_CANCEL) | TUTTI_EVENT_BIT(SCOPE_CLOSE) | TUTTI_EVENT_BIT(WARN);
}

/* After a run that ended well, with so many bytes of memory out. NULL: all holds. */
static inline const char *oracle_end(struct oracle *oracle, size_t bytes)
{
    oracle_claim(oracle, !oracle->tasks, "a task has not ended");
    oracle_claim(oracle, !oracle->nurseries, "a nursery was not closed");
    oracle_claim(oracle, !oracle->scopes, "a scope was not closed");
    oracle_claim(oracle, !bytes, "memory is left");
    return oracle->wrong;
}

#endif
