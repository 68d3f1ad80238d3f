/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* flight_files.h - a flight recorder's file, checked, and the state it leads to compared with that
 * of all events the recorder was told. Included after cmocka.h. */
#ifndef TUTTI_TESTS_FLIGHT_FILES_H
#define TUTTI_TESTS_FLIGHT_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tutti/instruments/flight.h"
#include "tutti/instruments/model.h"
#include "tutti/instruments/trace_check.h"

static const struct tutti_trace_header header = {.prog = "flight", .test = "t", .world = "sim"};
static char folder[] = "/tmp/flight_XXXXXX", path[64];

static inline int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/flight.jsonl", folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder) < 0 ? -1 : 0;
}

/* A sink that makes the recorder write now and then, and compares what it wrote with all events. */

static struct {
    struct tutti_sink sink;
    struct tutti_flight *flight;
    struct tutti_model *model; /* of all events */
    uint64_t n;
    uint64_t files, with_snap, moved;
} watch;

static inline void assert_text(const char *a, const char *b)
{
    assert_int_equal(a != NULL, b != NULL);
    if (a) assert_string_equal(a, b);
}

static inline void assert_same_task(const struct tutti_thing_task *a,
                                    const struct tutti_thing_task *b)
{
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->parent, b->parent);
    assert_int_equal(a->since_ns, b->since_ns);
    assert_int_equal(a->why, b->why);
    assert_int_equal(a->by, b->by);
    if (a->state == TUTTI_TASK_RUNNING) return; /* the others are of its last stop */
    assert_text(a->op, b->op);
    assert_text(a->op_at, b->op_at);
    assert_int_equal(a->object, b->object);
    assert_int_equal(a->until_ns, b->until_ns);
    assert_int_equal(a->checkpoints, b->checkpoints);
}

static inline void assert_same_scope(const struct tutti_thing_scope *a,
                                     const struct tutti_thing_scope *b)
{
    assert_int_equal(a->parent, b->parent);
    assert_int_equal(a->nursery, b->nursery);
    assert_int_equal(a->until_ns, b->until_ns);
    assert_int_equal(a->shield, b->shield);
    assert_int_equal(a->cancelled, b->cancelled);
    assert_int_equal(a->asked, b->asked);
    assert_int_equal(a->why, b->why);
    assert_int_equal(a->by, b->by);
    assert_int_equal(a->cancelled_ns, b->cancelled_ns);
    assert_text(a->cancelled_at, b->cancelled_at);
}

static inline void assert_same(const struct tutti_thing *a, const struct tutti_thing *b)
{
    assert_non_null(b);
    assert_int_equal(a->kind, b->kind);
    assert_false(b->gone);
    assert_string_equal(a->name, b->name);
    assert_text(a->at, b->at);
    if (a->owner && !a->owner->gone) assert_int_equal(a->owner->id, b->owner->id);
    switch (a->kind) {
    case TUTTI_THING_TASK:
        assert_same_task(&a->task, &b->task);
        break;
    case TUTTI_THING_NURSERY:
        assert_int_equal(a->nursery.scope, b->nursery.scope);
        assert_int_equal(a->nursery.alive, b->nursery.alive);
        break;
    case TUTTI_THING_SCOPE:
        assert_same_scope(&a->scope, &b->scope);
        break;
    default:
        assert_int_equal(a->object.kind, b->object.kind);
        assert_int_equal(a->object.holders_count, b->object.holders_count);
        for (uint32_t i = 0; i < a->object.holders_count; i++) {
            assert_int_equal(a->object.holders[i].task, b->object.holders[i].task);
            assert_int_equal(a->object.holders[i].since_ns, b->object.holders[i].since_ns);
        }
    }
}

/* The state that the file leads to. */
static inline struct tutti_model *model_of_file(bool *snap)
{
    const struct tutti_trace_record *record;
    struct tutti_reader *reader;
    struct tutti_model *model;
    *snap = false;
    assert_int_equal(tutti_reader_open(&reader, path), 0);
    assert_int_equal(tutti_model_open(&model), 0);
    while (tutti_reader_next(reader, &record) == 1) {
        assert_true(record->known);
        *snap |= record->event.kind == TUTTI_EVENT_RUN_SNAP;
        assert_int_equal(tutti_model_apply(model, record), 0);
    }
    assert_string_equal(tutti_reader_error(reader), "");
    tutti_reader_close(reader);
    return model;
}

/* The file that was just written. `end`: it has its run.end, else it says that it is whole. */
static inline void assert_good_file(bool end)
{
    struct tutti_check_result result;
    struct tutti_reader *reader;
    bool snap;
    assert_int_equal(tutti_reader_open(&reader, path), 0);
    int rc = tutti_trace_check(reader, &result);
    if (rc < 0) print_error("%s\n", result.message);
    assert_int_equal(rc, 0);
    tutti_reader_close(reader);
    struct tutti_model *model = model_of_file(&snap);
    assert_int_equal(model->ended, end);
    assert_int_equal(model->sofar, !end);
    tutti_model_close(model);
}

static inline void compare(bool end)
{
    bool snap;
    size_t alive = 0;
    assert_int_equal(tutti_flight_write(watch.flight), 0);
    assert_good_file(end);
    struct tutti_model *model = model_of_file(&snap);
    for (const struct tutti_thing *thing = watch.model->first; thing; thing = thing->next) {
        if (thing->gone) continue;
        assert_same(thing, tutti_model_find(model, thing->id));
        alive++;
    }
    for (const struct tutti_thing *thing = model->first; thing; thing = thing->next)
        alive -= !thing->gone;
    assert_int_equal(alive, 0);
    tutti_model_close(model);
    watch.files++;
    watch.with_snap += snap;
}

static inline int watch_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct tutti_trace_record record = {.event = *event, .known = true, .n = ++watch.n};
    (void)sink;
    if (event->kind == TUTTI_EVENT_RUN_BEGIN) {
        tutti_model_close(watch.model);
        assert_int_equal(tutti_model_open(&watch.model), 0);
    }
    watch.moved += event->kind == TUTTI_EVENT_TASK_MOVE;
    assert_int_equal(tutti_model_apply(watch.model, &record), 0);
    if (watch.n % 29 == 0) compare(event->kind == TUTTI_EVENT_RUN_END);
    return 0;
}

#endif
