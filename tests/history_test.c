/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A whole trace in memory: the state after any event is the one that reading up to it gives. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "bank_run.h"
#include "tutti/instruments/history.h"
#include "tutti/instruments/view.h"

static struct tutti_history *history;

static void open_history(const char *text, size_t size)
{
    struct tutti_reader *reader;
    if (tutti_reader_open_memory(&reader, "text", text, size) < 0) {
        fail_msg("%s", tutti_reader_error(reader));
    }
    assert_int_equal(tutti_history_open(&history, reader), 0);
    tutti_reader_close(reader);
}

/* What a model says about everything that is alive, as text. */
static char *state_of(const struct tutti_model *model)
{
    static char text[64 * 1024];
    size_t size = 0;
    text[0] = '\0';
    for (const struct tutti_thing *thing = model->first; thing; thing = thing->next) {
        if (thing->gone) continue;
        size += (size_t)snprintf(text + size, sizeof text - size, "%llu %d %s %s %llu",
                                 (unsigned long long)thing->id, (int)thing->kind, thing->name,
                                 thing->at ? thing->at : "-",
                                 (unsigned long long)(thing->owner ? thing->owner->id : 0));
        for (const struct tutti_thing *own = thing->first; own; own = own->beside) {
            if (own->gone) continue;
            size += (size_t)snprintf(text + size, sizeof text - size, " (%llu)",
                                     (unsigned long long)own->id);
        }
        if (thing->kind == TUTTI_THING_TASK) {
            const struct tutti_thing_task *task = &thing->task;
            size += (size_t)snprintf(text + size, sizeof text - size,
                                     " %d %s %s %llu %lld %lld %llu %llu %d %llu", (int)task->state,
                                     task->op ? task->op : "-", task->op_at ? task->op_at : "-",
                                     (unsigned long long)task->object, (long long)task->since_ns,
                                     (long long)task->until_ns, (unsigned long long)task->steps,
                                     (unsigned long long)task->checkpoints, (int)task->why,
                                     (unsigned long long)task->by);
        }
        if (thing->kind == TUTTI_THING_OBJECT) {
            size += (size_t)snprintf(text + size, sizeof text - size, " queue %lld",
                                     (long long)thing->object.queue);
            for (uint32_t i = 0; i < thing->object.holders_count; i++) {
                size += (size_t)snprintf(text + size, sizeof text - size, " held %llu",
                                         (unsigned long long)thing->object.holders[i].task);
            }
        }
        size += (size_t)snprintf(text + size, sizeof text - size, "\n");
        assert_true(size < sizeof text);
    }
    snprintf(text + size, sizeof text - size, "%llu %lld %llu %llu %llu running %llu\n",
             (unsigned long long)model->n, (long long)model->now_ns,
             (unsigned long long)model->steps, (unsigned long long)model->choices,
             (unsigned long long)model->tasks,
             (unsigned long long)(model->running ? model->running->id : 0));
    return strdup(text);
}

/* The states after all events of a long run, forwards; then some of them in any order. */
static void test_every_event(void **state)
{
    (void)state;
    enum { ROUNDS = 700, LOOKS = 200 };
    size_t size;
    struct tutti_trace *trace = bank_run(ROUNDS, 3, &size);
    const char *text = tutti_trace_text(trace, &size);
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    struct tutti_model *model;
    const struct tutti_model *at;
    open_history(text, size);
    assert_true(history->count > 3 * 16384); /* several keyframes */
    static char *states[LOOKS + 1];
    size_t distance = history->count / LOOKS, looks = 0;
    assert_int_equal(tutti_reader_open_memory(&reader, "text", text, size), 0);
    assert_int_equal(tutti_model_open(&model), 0);
    while (tutti_reader_next(reader, &record) > 0) {
        assert_int_equal(tutti_model_apply(model, record), 0);
        if (record->n % distance == 0 && looks < LOOKS) states[looks++] = state_of(model);
    }
    for (size_t i = 0; i < looks * 3; i++) {
        /* Forwards, then backwards, then to and fro. */
        size_t look = i < looks ? i : i < 2 * looks ? 2 * looks - 1 - i : i * 7919 % looks;
        assert_int_equal(tutti_history_at(history, (look + 1) * distance, &at), 0);
        char *now = state_of(at);
        assert_string_equal(now, states[look]);
        free(now);
    }
    assert_int_equal(tutti_history_at(history, UINT64_MAX, &at), 0);
    char *last = state_of(model), *now = state_of(at);
    assert_string_equal(now, last);
    free(last);
    free(now);
    for (size_t i = 0; i < looks; i++) {
        free(states[i]);
    }
    tutti_model_close(model);
    tutti_reader_close(reader);
    tutti_history_close(history);
    tutti_trace_close(trace, NULL);
}

/* Before the first event there is nothing; what is gone is known by name. */
static void test_edges(void **state)
{
    (void)state;
    size_t size;
    struct tutti_trace *trace = bank_run(2, 3, &size);
    const struct tutti_model *at;
    open_history(tutti_trace_text(trace, &size), size);
    assert_int_equal(tutti_history_at(history, 0, &at), 0);
    assert_null(at->first);
    assert_int_equal(tutti_history_at(history, 2, &at), 0);
    assert_string_equal(at->first->name, "main");
    assert_null(at->first->next);
    assert_int_equal(tutti_history_at(history, UINT64_MAX, &at), 0);
    assert_true(at->ended);
    assert_string_equal(tutti_model_named(at, 1)->name, "main");
    tutti_history_close(history);
    tutti_history_close(NULL);
    tutti_trace_close(trace, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
