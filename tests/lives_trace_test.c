/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Traces of tasks that move to another nursery, of services and of system tasks: they keep the
 * checker's rules, and the model knows where each task lives. */
#include "rehearsed.h"

#include "tutti/core/service.h"
#include "tutti/core/starting.h"
#include "tutti/core/system.h"
#include "tutti/instruments/model.h"
#include "tutti/instruments/trace.h"
#include "tutti/instruments/trace_check.h"

static struct {
    uint64_t task, nursery, before, scope; /* ids: who moved where, from where, with what */
} moved;

static int server(struct tutti_starting *starting, void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    struct tutti_task *self = tutti_task_self();
    moved.task = tutti_task_id(self);
    moved.before = tutti_task_nursery(self)->object.id;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    moved.scope = scope.id;
    int rc = tutti_sleep(1);
    if (rc == 0) rc = tutti_started(starting, 0);
    moved.nursery = tutti_task_nursery(self)->object.id;
    if (rc == 0) rc = tutti_sleep_forever();
    return tutti_scope_close(&scope, rc);
}

static int idle(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

static int body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_service(nursery, idle, arg));
    TUTTI_TRY(tutti_nursery_start_ready(nursery, server, arg, NULL));
    TUTTI_TRY(tutti_sleep(1));
    if (arg) tutti_nursery_cancel(nursery);
    return tutti_sleep(5);
}

static int lives(void *arg)
{
    TUTTI_TRY(tutti_system_start(idle, arg));
    return tutti_nursery_run(body, arg);
}

static int crash(void *arg)
{
    (void)arg;
    return tutti_error(-5, "broken");
}

static int crashes(void *arg)
{
    TUTTI_TRY(tutti_system_start(crash, arg));
    return tutti_nursery_run(body, NULL);
}

static struct tutti_reader *trace_of(int (*main)(void *arg), void *arg, int code, int level,
                                     struct tutti_trace **trace)
{
    static const struct tutti_trace_header header = {.prog = "lives", .test = "t", .world = "sim"};
    struct tutti_reader *reader;
    struct tutti_sim_world sim;
    size_t size;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_trace_open_memory(trace, &header, level), 0);
    sim.world.sink = tutti_trace_sink(*trace);
    assert_int_equal(tutti_run(&sim.world, main, arg), code);
    tutti_sim_world_close(&sim);
    const char *text = tutti_trace_text(*trace, &size);
    assert_int_equal(tutti_reader_open_memory(&reader, "memory", text, size), 0);
    return reader;
}

static void traces_are_good(void **state)
{
    int yes = 1;
    (void)state;
    for (int level = 1; level <= 3; level++) {
        for (int i = 0; i < 2; i++) {
            struct tutti_check_result result;
            struct tutti_trace *trace;
            struct tutti_reader *reader =
                i ? trace_of(crashes, NULL, TUTTI_EINTERNAL, level, &trace)
                  : trace_of(lives, &yes, 0, level, &trace);
            int rc = tutti_trace_check(reader, &result);
            if (rc < 0) print_error("%s\n%s", result.message, tutti_trace_text(trace, NULL));
            assert_int_equal(rc, 0);
            tutti_reader_close(reader);
            assert_int_equal(tutti_trace_close(trace, NULL), 0);
        }
    }
}

static void model_moves_tasks(void **state)
{
    const struct tutti_trace_record *record;
    struct tutti_trace *trace;
    struct tutti_model *model;
    int yes = 1, moves = 0;
    (void)state;
    struct tutti_reader *reader = trace_of(lives, &yes, 0, 3, &trace);
    assert_int_equal(tutti_model_open(&model), 0);
    while (tutti_reader_next(reader, &record) == 1) {
        bool move = record->known && record->event.kind == TUTTI_EVENT_TASK_MOVE;
        const struct tutti_thing *task = tutti_model_find(model, moved.task);
        if (move) {
            assert_int_equal(task->owner->id, moved.before);
            assert_int_equal(task->owner->nursery.alive, 1);
        }
        assert_int_equal(tutti_model_apply(model, record), 0);
        if (!move) continue;
        moves++;
        assert_int_equal(task->owner->id, moved.nursery);
        assert_int_equal(task->owner->nursery.alive, 2);
        assert_int_equal(tutti_model_find(model, moved.before)->nursery.alive, 0);
        assert_int_equal(tutti_model_find(model, moved.scope)->scope.parent,
                         task->owner->nursery.scope);
    }
    assert_int_equal(moves, 1);
    assert_int_equal(tutti_model_find(model, moved.nursery)->nursery.alive, 0);
    tutti_model_close(model);
    tutti_reader_close(reader);
    assert_int_equal(tutti_trace_close(trace, NULL), 0);
}

REHEARSE_MAIN(cmocka_unit_test(traces_are_good), cmocka_unit_test(model_moves_tasks))
