/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/check_priv.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tutti/core/error.h"

static const char *const kinds[] = {"task", "nursery", "scope", "object", "operation", "span"};
static const char *const states[] = {"waiting", "ready", "running", "gone"};

/* What can be wrong with an id, in words. */
static int fail_id(struct checker *checker, const char *key, const struct check_thing *thing,
                   const char *wanted)
{
    return check_fail(
        checker, "%s names %s #%" PRIu64 ", which is %s since line %" PRIu64 ", where %s is wanted",
        key, kinds[thing->kind], thing->id,
        thing->kind == CHECK_TASK || thing->state == CHECK_GONE ? states[thing->state] : "open",
        thing->line, wanted);
}

int check_made(struct checker *checker, const char *key, uint64_t id)
{
    if (id <= checker->ids || idmap_get(&checker->known, id)) return 0;
    return check_fail(checker, "%s is #%" PRIu64 ", which was never made", key, id);
}

/* The thing of an id that must be there, of this kind, and not gone. */
static int check_open(struct checker *checker, const char *key, uint64_t id, enum check_kind kind,
                      struct check_thing **out)
{
    struct check_thing *thing = idmap_get(&checker->known, id);
    *out = thing;
    if (!thing) return check_fail(checker, "%s is #%" PRIu64 ", which was never made", key, id);
    if (thing->kind == kind && thing->state != CHECK_GONE) return 0;
    struct tutti_text wanted = {0};
    tutti_text_print(&wanted, "an open %s", kinds[kind]);
    int rc = fail_id(checker, key, thing, wanted.bytes ? wanted.bytes : kinds[kind]);
    tutti_text_free(&wanted);
    return rc;
}

/* The same, of one that only has to have been there then: a run.snap tells what some of those did
 * who are gone by now, and nothing of them. */
static int check_then(struct checker *checker, const char *key, uint64_t id, enum check_kind kind)
{
    struct check_thing *thing = idmap_get(&checker->known, id);
    if (!thing && checker->snap_left > 0 && id <= checker->ids) return 0;
    return check_open(checker, key, id, kind, &thing);
}

/* Something to wait on or to use: made, and not gone; 0 is nothing. */
static int check_usable(struct checker *checker, const char *key, uint64_t id)
{
    int rc = check_made(checker, key, id);
    const struct check_thing *thing = idmap_get(&checker->known, id);
    if (rc < 0 || !thing || thing->state != CHECK_GONE) return rc;
    return fail_id(checker, key, thing, "one that is still there");
}

static void set_state(struct checker *checker, struct check_thing *thing, enum check_state state)
{
    thing->state = state;
    thing->line = checker->record->line;
}

static int make(struct checker *checker, uint64_t id, enum check_kind kind,
                struct check_thing **out)
{
    struct check_thing *old = idmap_get(&checker->known, id);
    *out = NULL;
    if (id == 0) return check_fail(checker, "a new %s has the id 0, the runtime's", kinds[kind]);
    if (old) return fail_id(checker, "a new id", old, "one that was never used");
    struct check_thing *thing = calloc(1, sizeof *thing);
    if (!thing || !idmap_set(&checker->known, id, thing)) {
        free(thing);
        return TUTTI_ENOMEMORY;
    }
    thing->id = id;
    thing->kind = kind;
    thing->next = checker->things;
    checker->things = thing;
    set_state(checker, thing, CHECK_RUNNING);
    *out = thing;
    return 0;
}

static int check_spawn(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *task, *nursery = NULL;
    int rc = event->by ? check_then(checker, "parent", event->by, CHECK_TASK) : 0;
    if (rc == 0 && event->obj) {
        rc = check_open(checker, "nursery", event->obj, CHECK_NURSERY, &nursery);
    }
    if (rc == 0) rc = make(checker, event->task, CHECK_TASK, &task);
    if (rc < 0) return rc;
    checker->tasks++;
    task->home = nursery;
    set_state(checker, task, CHECK_WAITING);
    if (nursery) nursery->alive++;
    return 0;
}

static int check_move(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *task, *nursery;
    int rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
    if (rc == 0) rc = check_open(checker, "nursery", event->obj, CHECK_NURSERY, &nursery);
    if (rc < 0) return rc;
    if (!task->home) return fail_id(checker, "task.move", task, "a task of a nursery");
    task->home->alive--;
    task->home = nursery;
    nursery->alive++;
    return 0;
}

static int check_exit(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *task;
    int rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
    if (rc < 0) return rc;
    if (checker->level >= 3 && task != checker->running) {
        return fail_id(checker, "task.exit", task, "the running task");
    }
    if (task->scope) {
        return check_fail(checker,
                          "task #%" PRIu64 " exits with scope #%" PRIu64 " of line %" PRIu64
                          " still open",
                          task->id, task->scope->id, task->scope->line);
    }
    if (task->home) task->home->alive--;
    checker->running = NULL;
    set_state(checker, task, CHECK_GONE);
    return 0;
}

static int check_nursery(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *nursery, *task, *scope;
    if (event->kind == TUTTI_EVENT_NURSERY_OPEN) {
        int rc = 0; /* task 0: the run's own */
        if (event->task) rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
        if (rc == 0) rc = check_open(checker, "scope", event->by, CHECK_SCOPE, &scope);
        return rc < 0 ? rc : make(checker, event->obj, CHECK_NURSERY, &nursery);
    }
    int rc = check_open(checker, "nursery", event->obj, CHECK_NURSERY, &nursery);
    if (rc < 0) return rc;
    if (nursery->alive > 0) {
        return check_fail(checker,
                          "nursery #%" PRIu64 " closes while %" PRIu64 " of its tasks did not exit",
                          nursery->id, nursery->alive);
    }
    set_state(checker, nursery, CHECK_GONE);
    return 0;
}

static int open_scope(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *scope, *task = NULL;
    int rc = event->task ? check_open(checker, "task", event->task, CHECK_TASK, &task) : 0;
    if (rc == 0 && event->by) rc = check_then(checker, "parent", event->by, CHECK_SCOPE);
    if (rc == 0) rc = make(checker, event->obj, CHECK_SCOPE, &scope);
    if (rc < 0) return rc;
    if (!task) return 0;
    scope->home = task;
    scope->scope = task->scope;
    task->scope = scope;
    return 0;
}

static int check_scope(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *scope;
    if (event->kind == TUTTI_EVENT_SCOPE_OPEN) return open_scope(checker, event);
    bool all = event->kind == TUTTI_EVENT_SCOPE_CANCEL && event->obj == 0; /* the run itself */
    int rc = all ? 0 : check_open(checker, "scope", event->obj, CHECK_SCOPE, &scope);
    if (rc == 0 &&
        (event->kind == TUTTI_EVENT_SCOPE_CANCEL || event->kind == TUTTI_EVENT_SCOPE_FINISH)) {
        rc = check_made(checker, "by", event->by);
    }
    if (rc < 0 || event->kind != TUTTI_EVENT_SCOPE_CLOSE) return rc;
    if (scope->home && scope->home->scope != scope) {
        return check_fail(checker,
                          "scope #%" PRIu64 " closes before scope #%" PRIu64
                          ", which task #%" PRIu64 " opened inside it at line %" PRIu64,
                          scope->id, scope->home->scope->id, scope->home->id,
                          scope->home->scope->line);
    }
    if (scope->home) scope->home->scope = scope->scope;
    set_state(checker, scope, CHECK_GONE);
    return 0;
}

static int check_ready(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *task;
    int rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
    if (rc == 0) rc = check_made(checker, "by", event->by);
    if (rc == 0) rc = check_made(checker, "obj", event->obj);
    if (rc < 0) return rc;
    if (task->state != CHECK_WAITING) return fail_id(checker, "task.ready", task, "a waiting task");
    set_state(checker, task, CHECK_READY);
    return 0;
}

static int check_run(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *task;
    int rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
    uint64_t chosen = checker->chosen;
    checker->chosen = 0;
    if (rc < 0) return rc;
    if (checker->running) {
        return check_fail(checker,
                          "task #%" PRIu64 " runs while task #%" PRIu64
                          " is running since line %" PRIu64,
                          task->id, checker->running->id, checker->running->line);
    }
    if (task->state != CHECK_READY) return fail_id(checker, "task.run", task, "a ready task");
    if (chosen != 0 && chosen != task->id) {
        return check_fail(checker,
                          "task #%" PRIu64 " runs, but the choice of line %" PRIu64
                          " took task #%" PRIu64,
                          task->id, checker->chosen_line, chosen);
    }
    checker->steps++;
    checker->running = task;
    set_state(checker, task, CHECK_RUNNING);
    return 0;
}

static int check_park(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *task;
    int rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
    if (rc == 0) rc = check_usable(checker, "obj", event->obj);
    if (rc < 0) return rc;
    if (task->state != CHECK_RUNNING) return fail_id(checker, "task.park", task, "a running task");
    checker->running = NULL;
    set_state(checker, task, CHECK_WAITING);
    return 0;
}

static int check_object(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *thing;
    int rc = 0;
    switch (event->kind) {
    case TUTTI_EVENT_OBJ_NEW:
        if (event->task) rc = check_then(checker, "task", event->task, CHECK_TASK);
        return rc < 0 ? rc : make(checker, event->obj, CHECK_OBJECT, &thing);
    case TUTTI_EVENT_IO_SUBMIT:
        rc = check_then(checker, "task", event->task, CHECK_TASK);
        return rc < 0 ? rc : make(checker, event->obj, CHECK_IO, &thing);
    case TUTTI_EVENT_OBJ_OP:
        if (event->task) rc = check_then(checker, "task", event->task, CHECK_TASK);
        return rc < 0 ? rc : check_usable(checker, "obj", event->obj);
    case TUTTI_EVENT_SPAN_BEGIN:
        rc = check_then(checker, "task", event->task, CHECK_TASK);
        return rc < 0 ? rc : make(checker, event->obj, CHECK_SPAN, &thing);
    case TUTTI_EVENT_SPAN_END:
        rc = check_open(checker, "task", event->task, CHECK_TASK, &thing);
        if (rc == 0) rc = check_open(checker, "span", event->obj, CHECK_SPAN, &thing);
        break;
    case TUTTI_EVENT_IO_DONE:
        if (checker->level < 3) return 0; /* io.submit is of level 3 */
        rc = check_open(checker, "io", event->obj, CHECK_IO, &thing);
        break;
    default:
        rc = check_open(checker, "obj", event->obj, CHECK_OBJECT, &thing);
    }
    if (rc == 0) set_state(checker, thing, CHECK_GONE);
    return rc;
}

static int check_rest(struct checker *checker, const struct tutti_trace_event *event)
{
    struct check_thing *task;
    int rc = 0;
    switch (event->kind) {
    case TUTTI_EVENT_IO_DATA:
        return checker->level < 3 ? 0 : check_open(checker, "io", event->obj, CHECK_IO, &task);
    case TUTTI_EVENT_POST_SEEN:
        return check_open(checker, "obj", event->obj, CHECK_OBJECT, &task);
    case TUTTI_EVENT_WARN:
        rc = check_made(checker, "task", event->task);
        return rc < 0 ? rc : check_made(checker, "obj", event->obj);
    case TUTTI_EVENT_LOG:
    case TUTTI_EVENT_TASK_STACK:
        return check_open(checker, "task", event->task, CHECK_TASK, &task);
    case TUTTI_EVENT_TASK_STOP: /* it may have been its last */
        return check_made(checker, "task", event->task);
    case TUTTI_EVENT_TASK_CK:
        rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
        if (rc < 0 || task->state == CHECK_RUNNING) return rc;
        return fail_id(checker, "task.ck", task, "the running task");
    case TUTTI_EVENT_TASK_CANCELLED:
        rc = check_open(checker, "task", event->task, CHECK_TASK, &task);
        return rc < 0 ? rc : check_made(checker, "scope", event->obj);
    case TUTTI_EVENT_LOOP_WAIT:
        if (!checker->running) return 0;
        return check_fail(checker,
                          "the world sleeps while task #%" PRIu64 " is running since line "
                          "%" PRIu64,
                          checker->running->id, checker->running->line);
    default:
        return 0;
    }
}

int check_event(struct checker *checker, const struct tutti_trace_event *event)
{
    switch (event->kind) {
    case TUTTI_EVENT_TASK_SPAWN:
        return check_spawn(checker, event);
    case TUTTI_EVENT_TASK_EXIT:
        return check_exit(checker, event);
    case TUTTI_EVENT_TASK_MOVE:
        return check_move(checker, event);
    case TUTTI_EVENT_TASK_READY:
        return check_ready(checker, event);
    case TUTTI_EVENT_TASK_RUN:
        return check_run(checker, event);
    case TUTTI_EVENT_TASK_PARK:
        return check_park(checker, event);
    case TUTTI_EVENT_NURSERY_OPEN:
    case TUTTI_EVENT_NURSERY_CLOSE:
        return check_nursery(checker, event);
    case TUTTI_EVENT_SCOPE_OPEN:
    case TUTTI_EVENT_SCOPE_SET:
    case TUTTI_EVENT_SCOPE_CLOSE:
    case TUTTI_EVENT_SCOPE_CANCEL:
    case TUTTI_EVENT_SCOPE_FINISH:
        return check_scope(checker, event);
    case TUTTI_EVENT_OBJ_NEW:
    case TUTTI_EVENT_OBJ_FREE:
    case TUTTI_EVENT_OBJ_OP:
    case TUTTI_EVENT_IO_SUBMIT:
    case TUTTI_EVENT_IO_DONE:
    case TUTTI_EVENT_SPAN_BEGIN:
    case TUTTI_EVENT_SPAN_END:
        return check_object(checker, event);
    default:
        return check_rest(checker, event);
    }
}

void check_free(struct checker *checker)
{
    while (checker->things) {
        struct check_thing *thing = checker->things;
        checker->things = thing->next;
        free(thing);
    }
    idmap_free(&checker->known);
}
