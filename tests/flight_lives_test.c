/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The flight recorder before lives made by chance, which no program would lead: tasks that have the
 * same thing several times, give back what others took, and things whose ids lie far apart. Its
 * file tells the state that all events lead to, wherever it cuts. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flight_files.h"

enum { TASKS = 5, THINGS = 3, EVENTS = 4000 };

static const struct tutti_site here = {.file = "lives.c", .line = 7, .function = "life"};

struct life {
    uint64_t id; /* 0: none */
    bool ready;
    uint64_t scope, span; /* what it has open */
    bool locked;
};

static struct {
    uint64_t state; /* of chance */
    uint64_t ids;
    int64_t now_ns;
    struct life tasks[TASKS];
    uint64_t things[THINGS];
    uint64_t lock, sem, dead; /* the task that exited last */
} made;

static uint32_t chance(uint32_t below)
{
    made.state = made.state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)((made.state >> 33) % below);
}

/* Often far from the one before: more than the recorder looks back at at once. */
static uint64_t new_id(void)
{
    return made.ids += 1 + (chance(4) ? 0 : chance(1500));
}

static void tell(struct tutti_trace_event event)
{
    struct tutti_sink *sink = tutti_flight_sink(watch.flight);
    event.t_ns = made.now_ns += chance(3);
    event.site = &here;
    assert_int_equal(sink->event(sink, &event), 0);
    assert_int_equal(watch_event(&watch.sink, &event), 0);
}

#define TELL(kind_, ...) tell((struct tutti_trace_event){.kind = TUTTI_EVENT_##kind_, __VA_ARGS__})

static void do_with_lock(struct life *task)
{
    bool free = true;
    for (int i = 0; i < TASKS; i++)
        free &= !made.tasks[i].locked;
    if (!free && !task->locked) return;
    TELL(OBJ_OP, .task = task->id, .obj = made.lock, .name = free ? "lock" : "unlock", .count = 0);
    task->locked = free;
}

static void do_with_scope(struct life *task)
{
    if (!task->scope) {
        task->scope = new_id();
        TELL(SCOPE_OPEN, .obj = task->scope, .task = task->id, .arg = TUTTI_NEVER);
    } else if (chance(3) == 0) {
        TELL(SCOPE_SET, .obj = task->scope, .arg = made.now_ns + 9);
    } else if (chance(3) == 0) {
        TELL(SCOPE_CANCEL, .obj = task->scope, .by = task->id, .code = TUTTI_CANCEL_CALL);
    } else {
        TELL(SCOPE_CLOSE, .obj = task->scope);
        task->scope = 0;
    }
}

static void do_with_span(struct life *task)
{
    if (!task->span) {
        task->span = new_id();
        TELL(SPAN_BEGIN, .task = task->id, .obj = task->span, .name = "a span");
    } else {
        TELL(SPAN_END, .task = task->id, .obj = task->span);
        task->span = 0;
    }
}

static void do_with_thing(const struct life *task)
{
    uint64_t *thing = &made.things[chance(THINGS)];
    if (!*thing) {
        *thing = new_id();
        TELL(OBJ_NEW, .obj = *thing, .code = TUTTI_OBJECT_SEM, .task = task->id, .name = "thing");
    } else if (chance(4) == 0) {
        TELL(OBJ_FREE, .obj = *thing);
        *thing = 0;
    } else {
        TELL(OBJ_OP, .task = task->id, .obj = *thing, .name = chance(2) ? "set" : "acquire");
    }
}

static void act(struct life *task)
{
    static const char *const words[] = {"acquire", "acquire", "release", "borrow", "return"};
    switch (chance(6)) {
    case 0:
        do_with_lock(task);
        break;
    case 1:
        do_with_scope(task);
        break;
    case 2:
        do_with_span(task);
        break;
    case 3:
        do_with_thing(task);
        break;
    case 4:
        TELL(LOG, .task = task->id, .code = TUTTI_LOG_INFO, .name = "a word");
        break;
    default:
        TELL(OBJ_OP, .task = task->id, .obj = made.sem, .name = words[chance(5)]);
    }
}

static void turn(struct life *task)
{
    TELL(TASK_RUN, .task = task->id);
    for (uint32_t count = chance(6); count > 0; count--)
        act(task);
    task->ready = false;
    if (!task->locked && !task->scope && chance(5) == 0) {
        TELL(TASK_EXIT, .task = task->id, .code = TUTTI_OUTCOME_OK);
        made.dead = task->id;
        *task = (struct life){.span = 0};
    } else {
        TELL(TASK_PARK, .task = task->id, .name = "sem.acquire", .obj = made.sem,
             .arg = TUTTI_NEVER);
    }
}

static void live(void)
{
    struct life *task = &made.tasks[chance(TASKS)];
    if (!task->id) {
        task->id = new_id();
        TELL(TASK_SPAWN, .task = task->id, .name = "task");
    } else if (task->ready) {
        turn(task);
        return;
    }
    TELL(TASK_READY, .task = task->id, .code = TUTTI_READY_WAKE, .by = made.dead);
    task->ready = true;
}

/* The youngest of all comes and goes, which nothing is left of but that it was there; later it is
 * spoken of. */
static void speak_of_the_dead(uint32_t room)
{
    uint64_t id = new_id();
    TELL(TASK_SPAWN, .task = id, .name = "short");
    TELL(TASK_READY, .task = id, .code = TUTTI_READY_SPAWN);
    TELL(TASK_RUN, .task = id);
    TELL(TASK_EXIT, .task = id, .code = TUTTI_OUTCOME_OK);
    for (uint32_t i = 0; i <= 3 * room; i++)
        TELL(LOOP_WAIT, .arg = TUTTI_NEVER);
    TELL(WARN, .code = TUTTI_WARN_STARVED, .task = id, .name = "it was kept waiting");
    compare(false);
}

static void lives_by_chance(void **state)
{
    (void)state;
    for (uint32_t room = 4; room <= 300; room *= 3) { /* 4, 12, 36, 108 */
        struct tutti_flight_options options = {.events = room, .quiet = true};
        memset(&watch, 0, sizeof watch);
        memset(&made, 0, sizeof made);
        made.state = room;
        assert_int_equal(tutti_flight_open(&watch.flight, path, &header, &options), 0);
        TELL(RUN_BEGIN, .flag = false);
        struct life *first = &made.tasks[0];
        first->id = new_id();
        TELL(TASK_SPAWN, .task = first->id, .name = "main");
        TELL(TASK_READY, .task = first->id, .code = TUTTI_READY_SPAWN);
        TELL(TASK_RUN, .task = first->id);
        made.lock = new_id();
        TELL(OBJ_NEW, .obj = made.lock, .code = TUTTI_OBJECT_LOCK, .task = first->id);
        made.sem = new_id();
        TELL(OBJ_NEW, .obj = made.sem, .code = TUTTI_OBJECT_SEM, .task = first->id);
        TELL(TASK_PARK, .task = first->id, .name = "sleep", .arg = TUTTI_NEVER);
        while (watch.n < EVENTS)
            live();
        assert_true(watch.with_snap > EVENTS / 29 / 2);
        for (int i = 0; i < 8; i++)
            speak_of_the_dead(room);
        assert_int_equal(tutti_flight_close(watch.flight), 0);
        tutti_model_close(watch.model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lives_by_chance)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
