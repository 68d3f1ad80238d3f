/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/view_priv.h"

/* More is counted, not printed. */
#define TASKS_MAX   200
#define DEPTH_MAX   60
#define HOLDERS_MAX 4

struct tree {
    struct tutti_text out;
    struct tutti_text indent; /* what stands before a line */
    const struct tutti_model *model;
    uint32_t printed, depth;
};

static void add_task(struct tree *tree, const struct tutti_thing *task, bool last);

static void start_line(struct tree *tree)
{
    tutti_text_add(&tree->out, tree->indent.bytes, tree->indent.size);
}

static void add_place(struct tree *tree, const char *at)
{
    if (!at) return;
    tutti_text_print(&tree->out, " at ");
    view_plain(&tree->out, at);
}

/* Who has what this task waits for? */
static void add_holder(struct tree *tree, const struct tutti_thing_task *task)
{
    const struct tutti_thing *object = tutti_model_find(tree->model, task->object);
    if (!object || object->kind != TUTTI_THING_OBJECT) return;
    for (uint32_t i = 0; i < object->object.holders_count; i++) {
        uint64_t id = object->object.holders[i].task;
        const struct tutti_thing *holder = tutti_model_named(tree->model, id);
        if (i == HOLDERS_MAX) {
            tutti_text_print(&tree->out, " and %" PRIu32 " more",
                             object->object.holders_count - HOLDERS_MAX);
            return;
        }
        tutti_text_print(&tree->out, i == 0 ? "  <- held by " : ", ");
        view_thing(&tree->out, tree->model, id, VIEW_FULL);
        if (holder && holder->gone) tutti_text_print(&tree->out, " (which has exited)");
    }
}

static void add_waiting(struct tree *tree, const struct tutti_thing_task *task)
{
    char buffer[VIEW_TIME_MAX];
    view_plain(&tree->out, task->op);
    if (task->object != 0) {
        tutti_text_add(&tree->out, " ", 1);
        view_thing(&tree->out, tree->model, task->object, VIEW_SHORT);
    }
    tutti_text_print(&tree->out, " since %s", view_time(task->since_ns, buffer));
    if (task->until_ns != TUTTI_NEVER) {
        tutti_text_print(&tree->out, " until %s", view_time(task->until_ns, buffer));
    }
    add_place(tree, task->op_at);
    add_holder(tree, task);
}

static void add_ready(struct tree *tree, const struct tutti_thing *thing)
{
    const struct tutti_thing_task *task = &thing->task;
    char buffer[VIEW_TIME_MAX];
    const char *const *why = view_words(TUTTI_EVENT_TASK_READY, "why");
    tutti_text_print(&tree->out, "ready since %s (%s", view_time(task->since_ns, buffer),
                     why[task->why]);
    if (task->by != 0 && task->by != thing->id) {
        tutti_text_print(&tree->out, " by ");
        view_thing(&tree->out, tree->model, task->by, VIEW_FULL);
    }
    tutti_text_add(&tree->out, ")", 1);
    if (!task->op) return;
    tutti_text_print(&tree->out, " in ");
    view_plain(&tree->out, task->op);
    add_place(tree, task->op_at);
}

static void add_state(struct tree *tree, const struct tutti_thing *thing)
{
    const struct tutti_thing_task *task = &thing->task;
    char buffer[VIEW_TIME_MAX];
    switch (task->state) {
    case TUTTI_TASK_WAITING:
        add_waiting(tree, task);
        break;
    case TUTTI_TASK_READY:
        add_ready(tree, thing);
        break;
    case TUTTI_TASK_RUNNING:
        tutti_text_print(&tree->out, "running since %s", view_time(task->since_ns, buffer));
        break;
    default:
        tutti_text_print(&tree->out, "alive since %s", view_time(task->since_ns, buffer));
    }
}

static void add_cancelled(struct tree *tree, const struct tutti_thing_scope *scope)
{
    char buffer[VIEW_TIME_MAX];
    const char *const *why = view_words(TUTTI_EVENT_SCOPE_CANCEL, "why");
    if (scope->until_ns != TUTTI_NEVER) {
        tutti_text_print(&tree->out, ", until %s", view_time(scope->until_ns, buffer));
    }
    if (scope->shield) tutti_text_print(&tree->out, ", shielded");
    if (scope->asked) tutti_text_print(&tree->out, ", asked to finish");
    if (!scope->cancelled) return;
    tutti_text_print(&tree->out, ", cancelled by %s", why[scope->why]);
    if (scope->by != 0) {
        tutti_text_print(&tree->out, " of ");
        view_thing(&tree->out, tree->model, scope->by, VIEW_FULL);
    }
    tutti_text_print(&tree->out, " at %s", view_time(scope->cancelled_ns, buffer));
    add_place(tree, scope->cancelled_at);
}

/* A nursery that is open, and the tasks that live in it. */
static void add_nursery(struct tree *tree, const struct tutti_thing *nursery)
{
    const struct tutti_thing *scope = tutti_model_find(tree->model, nursery->nursery.scope);
    const struct tutti_thing *last = NULL;
    start_line(tree);
    view_thing(&tree->out, tree->model, nursery->id, VIEW_FULL);
    if (scope && scope->kind == TUTTI_THING_SCOPE) add_cancelled(tree, &scope->scope);
    tutti_text_add(&tree->out, "\n", 1);
    for (const struct tutti_thing *task = nursery->first; task; task = task->beside) {
        if (task->kind == TUTTI_THING_TASK && !task->gone) last = task;
    }
    for (const struct tutti_thing *task = nursery->first; task; task = task->beside) {
        if (task->kind == TUTTI_THING_TASK && !task->gone) add_task(tree, task, task == last);
    }
}

/* A scope of its own (not a nursery's) that is open and has something to tell. */
static void add_scope(struct tree *tree, const struct tutti_thing *scope)
{
    const struct tutti_thing_scope *state = &scope->scope;
    if (state->nursery != 0) return;
    bool plain = !state->cancelled && !state->asked && !state->shield;
    if (plain && state->until_ns == TUTTI_NEVER) return;
    start_line(tree);
    view_thing(&tree->out, tree->model, scope->id, VIEW_FULL);
    add_cancelled(tree, state);
    add_place(tree, scope->at);
    tutti_text_add(&tree->out, "\n", 1);
}

static void add_task(struct tree *tree, const struct tutti_thing *task, bool last)
{
    if (tree->printed == TASKS_MAX || tree->depth == DEPTH_MAX) return;
    tree->printed++;
    start_line(tree);
    tutti_text_print(&tree->out, last ? "`- " : "|- ");
    view_thing(&tree->out, tree->model, task->id, VIEW_FULL);
    tutti_text_print(&tree->out, ": ");
    add_state(tree, task);
    tutti_text_add(&tree->out, "\n", 1);
    size_t outer = tree->indent.size;
    tutti_text_print(&tree->indent, last ? "      " : "|     ");
    if (task->task.stack) {
        start_line(tree);
        tutti_text_print(&tree->out, "stack: ");
        view_plain(&tree->out, task->task.stack);
        tutti_text_add(&tree->out, "\n", 1);
    }
    tree->depth++;
    for (const struct tutti_thing *inside = task->first; inside; inside = inside->beside) {
        if (inside->gone) continue;
        if (inside->kind == TUTTI_THING_SCOPE) add_scope(tree, inside);
        if (inside->kind == TUTTI_THING_NURSERY) add_nursery(tree, inside);
    }
    tree->depth--;
    if (tree->indent.failed) return;
    tree->indent.size = outer;
    tree->indent.bytes[outer] = '\0';
}

/* The line above the tree: which moment it shows. */
static void add_head(struct tree *tree)
{
    char buffer[VIEW_TIME_MAX];
    const struct tutti_model *model = tree->model;
    const char *const *outcomes = view_words(TUTTI_EVENT_RUN_END, "outcome");
    bool died = view_died(model);
    tutti_text_print(&tree->out, "after event %" PRIu64 ", at %s", model->n,
                     view_time(model->now_ns, buffer));
    if (model->sofar && !died) tutti_text_print(&tree->out, ", so far: the run went on");
    if (model->ended || died) {
        const char *outcome = outcomes[died ? TUTTI_OUTCOME_PANIC : model->outcome];
        const char *warning = model->warning ? model->warning : "";
        bool told = strncmp(warning, outcome, strlen(outcome)) == 0; /* by the warning */
        tutti_text_print(&tree->out, ", the end: %s%s", told ? "" : outcome,
                         told || !*warning ? "" : " (");
        view_plain(&tree->out, warning);
        if (*warning) add_place(tree, model->warning_at);
        tutti_text_print(&tree->out, told || !*warning ? "" : ")");
    }
    tutti_text_add(&tree->out, "\n", 1);
}

static void add_all(struct tree *tree)
{
    uint32_t alive = 0;
    add_head(tree);
    for (const struct tutti_thing *thing = tree->model->first; thing; thing = thing->next) {
        if (thing->kind != TUTTI_THING_TASK || thing->gone) continue;
        alive++;
        bool root = !thing->owner || thing->owner->kind != TUTTI_THING_NURSERY;
        /* A nursery closes after its tasks: only a damaged trace has tasks below a closed one. */
        if (root || thing->owner->gone) add_task(tree, thing, true);
    }
    if (alive == 0) tutti_text_print(&tree->out, "no task is alive\n");
    if (alive > tree->printed) {
        tutti_text_print(&tree->out, "... and %" PRIu32 " more of %" PRIu32 " tasks\n",
                         alive - tree->printed, alive);
    }
}

int tutti_view_tree(struct tutti_reader *reader, uint64_t n, tutti_print *print, void *context)
{
    const struct tutti_trace_record *record;
    struct tutti_model *model;
    int rc = tutti_model_open(&model);
    if (rc < 0) return rc;
    struct tree tree = {.model = model};
    while ((n == 0 || model->n < n) && (rc = tutti_reader_next(reader, &record)) > 0) {
        rc = tutti_model_apply(model, record);
        if (rc < 0) break;
    }
    if (rc >= 0) {
        if (tutti_reader_start(reader)->level < 2) {
            tutti_text_print(&tree.out, "the trace is of level 1, which has no tasks: write it "
                                        "with a higher level\n");
        } else {
            add_all(&tree);
        }
        rc = tree.out.failed ? TUTTI_ENOMEMORY : print(context, tree.out.bytes, tree.out.size);
    }
    tutti_text_free(&tree.out);
    tutti_text_free(&tree.indent);
    tutti_model_close(model);
    return rc;
}
