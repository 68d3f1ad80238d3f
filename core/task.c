/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/task.h"

#include <stdio.h>
#include <string.h>

#include "tutti/core/context_priv.h"
#include "tutti/core/run_priv.h"
#include "tutti/core/sanitize_priv.h"

/* Stacks lie at large powers of two from each other: were all tops alike, thousands of tasks would
 * share a few lines of the cache.                                                              */
enum { STACK_COLOURS = 8 };
#include "tutti/core/starting.h"

void task_ready(struct run *run, struct tutti_task *task, enum tutti_ready_why why, uint64_t obj)
{
    task->state = TASK_READY;
    task->wake_why = (uint8_t)why;
    queue_push(run->wakes_go, task);
    EMIT(run, TASK_READY, .task = task->id, .code = (uint8_t)why,
         .by = run->current ? run->current->id : 0, .obj = obj);
    (void)obj;
}

/* The first half of yield. */
static inline void note_yield(struct run *run, struct tutti_task *task, const char *op,
                              struct tutti_object *object, const struct tutti_site *site,
                              bool looks)
{
    task->op = op;
    task->object = object;
    task->site = site;
    task->since_ns = run->now_ns;
    task->schedule_points++;
    task->wake_result = 0;
    task->looks = looks;
}

/* The same, while somebody listens. */
static TUTTI_NOINLINE int yield_told(struct run *run, struct tutti_task *task)
{
    EMIT(run, TASK_PARK, .task = task->id, .name = task->op,
         .obj = task->object ? task->object->id : 0, .arg = TUTTI_NEVER,
         .count = (uint32_t)task->cancel_points, .site = task->site);
    task_ready(run, task, TUTTI_READY_YIELD, 0);
    return run_switch(run, task);
}

/* A schedule point that is no wait: the task stays ready. */
static inline int yield(struct run *run, struct tutti_task *task)
{
    if (TUTTI_UNLIKELY(run->events)) return yield_told(run, task);
    task->state = TASK_READY;
    task->wake_why = TUTTI_READY_YIELD;
    queue_push(run->wakes_go, task);
    return run_switch(run, task);
}

/* Lets others run, cancelled or not; returns 0. */
int task_yield(struct run *run, struct tutti_task *task, const char *op,
               struct tutti_object *object, const struct tutti_site *site)
{
    note_yield(run, task, op, object, site, false);
    return yield(run, task);
}

int tutti_checkpoint_at(const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *task = run->current;
    task->cancel_points++;
    /* It is looked after the yield, so that a deadline that has just passed is seen (R8). */
    note_yield(run, task, "checkpoint", NULL, site, true);
    return yield(run, task);
}

int task_result(struct run *run, struct tutti_task *task)
{
    bool cancelled = task->wake_why == TUTTI_READY_YIELD ? task->looks && task->scope->effective
                                                         : task->wake_why == TUTTI_READY_CANCEL;
    if (cancelled) return task_cancelled(run, task, task->op, task->site);
    return task->wake_result >= 0 ? task->wake_result : error_bare(run, task->wake_result);
}

/* A cancellation surfaces in the running task: told, and marked for the scopes on its way. */
int task_cancelled(struct run *run, struct tutti_task *task, const char *op,
                   const struct tutti_site *site)
{
    const struct tutti_scope *source = task->scope->source;
    task->scope->reached = true;
    EMIT(run, TASK_CANCELLED, .task = task->id, .obj = source ? source->id : 0, .name = op,
         .site = site);
    (void)source, (void)op, (void)site;
    return TUTTI_ECANCELED;
}

static void all_unlink(struct run *run, struct tutti_task *task)
{
    if (task->all_prev) {
        task->all_prev->all_next = task->all_next;
    } else {
        run->all_first = task->all_next;
    }
    if (task->all_next) {
        task->all_next->all_prev = task->all_prev;
    } else {
        run->all_last = task->all_prev;
    }
}

/* The first task ends, and with it what the runtime does beside it. */
static void main_done(struct run *run, struct tutti_task *task, int rc)
{
    if (rc < 0) {
        run_failed(run, rc, error_take(run, task, rc, task->started));
    } else if (run->code == 0) {
        run->code = rc;
    }
    system_main_ended(run);
    token_close_all(run);
}

static void require_all_closed(const struct tutti_task *task)
{
    if (task->depth) {
        tutti_panic_at(task->scope_site,
                       "task \"%s\" #%llu ended with a scope or nursery still open: the innermost "
                       "of %u, opened here",
                       task->name, (unsigned long long)task->id, task->depth);
    }
}

/* The last of a task: on its own stack, which goes back to the pool while it still stands on it. */
static TUTTI_NORETURN void task_exit(struct run *run, struct tutti_task *task, int rc)
{
    require_all_closed(task);
    if (TUTTI_UNLIKELY(task->deferred != NULL)) rc = defer_run(run, task, rc);
    if (task->held) lock_owner_exits(run, task);
    if (task->holdings) held_task_exits(run, task);
    if (task->nursery) {
        nursery_child_done(run, task, rc);
    } else if (!task->system) {
        main_done(run, task, rc);
    }
    task->state = TASK_EXITED;
    uint8_t outcome = rc >= 0                 ? TUTTI_OUTCOME_OK
                      : rc == TUTTI_ECANCELED ? TUTTI_OUTCOME_CANCELLED
                                              : TUTTI_OUTCOME_ERROR;
    EMIT(run, TASK_EXIT, .task = task->id, .code = outcome, .arg = rc < 0 ? rc : 0,
         .obj = task->steps, .count = (uint32_t)task->cancel_points);
    EMIT(run, TASK_STOP, .task = task->id); /* now, while it can still be looked at */
    (void)outcome;
    error_drop(run, task->error);
    if (task->locals) local_drop(run, task->locals);
    if (TUTTI_UNLIKELY(run->stack_uses != NULL)) stack_use_note(run, task);
    all_unlink(run, task);
    run->living--;
    if (task->system) run->systems--;
    heap_unreserve(run);
    struct stack stack = task->stack;
    stack_give(run->stacks, &stack);
    run_switch(run, task);
    TUTTI_ASSERT(!"an exited task was continued");
    __builtin_unreachable();
}

static void task_entry(void *arg)
{
    struct tutti_task *task = arg;
    struct run *run = run_current;
    const void *low = run; /* any address but NULL: only AddressSanitizer asks for the real one */
    size_t size = 0;
    sanitize_switch_end(NULL, &low, &size);
    if (!run->loop_stack_low) { /* the first task is entered from the loop's own stack */
        run->loop_stack_low = low;
        run->loop_stack_size = size;
    }
    task_exit(run, task, task->fn(task->arg));
}

/* Takes room from the top of a new task's stack and fills it. */
static void *push_copy(char **top, const void *from, size_t size)
{
    *top -= (size + 15) & ~(size_t)15;
    return memcpy(*top, from, size);
}

static const char *push_name(char **top, const char *name)
{
    const char *end = memchr(name, '\0', TUTTI_NAME_MAX - 1);
    size_t length = end ? (size_t)(end - name) : TUTTI_NAME_MAX - 1;
    char *copy = push_copy(top, name, length + 1);
    copy[length] = '\0';
    return copy;
}

static void sibling_append(struct tutti_task *task, struct tutti_nursery *nursery)
{
    task->sibling_prev = nursery->last;
    task->sibling_next = NULL;
    if (nursery->last) {
        nursery->last->sibling_next = task;
    } else {
        nursery->first = task;
    }
    nursery->last = task;
    nursery->children++;
}

/* Out of its nursery's list of children. */
void sibling_unlink(struct tutti_task *task)
{
    struct tutti_nursery *nursery = task->nursery;
    if (task->sibling_prev) {
        task->sibling_prev->sibling_next = task->sibling_next;
    } else {
        nursery->first = task->sibling_next;
    }
    if (task->sibling_next) {
        task->sibling_next->sibling_prev = task->sibling_prev;
    } else {
        nursery->last = task->sibling_prev;
    }
    nursery->children--;
}

static void task_link(struct run *run, struct tutti_task *task, struct tutti_nursery *nursery)
{
    task->all_prev = run->all_last;
    if (run->all_last) {
        run->all_last->all_next = task;
    } else {
        run->all_first = task;
    }
    run->all_last = task;
    run->living++;
    run->tasks++;
    if (nursery) sibling_append(task, nursery);
}

/* The task lives in another nursery from now on; its innermost scope may be the old one's. */
void task_move(struct tutti_task *task, struct tutti_nursery *nursery)
{
    struct tutti_nursery *old = task->nursery;
    sibling_unlink(task);
    sibling_append(task, nursery);
    task->nursery = nursery;
    if (task->scope == &old->scope) task->scope = &nursery->scope;
}

static bool task_take_stack(struct run *run, struct stack *stack)
{
    bool unguarded = false;
    if (choose_value(run, TUTTI_CHOICE_ALLOC, 2) == 1) return false;
    if (!stack_take(run->stacks, stack, &unguarded)) return false;
    if (unguarded && !run->unguarded_told) {
        run->unguarded_told = true;
        EMIT(run, WARN, .code = TUTTI_WARN_UNGUARDED, .name = "from here on stacks have no guard");
    }
    return true;
}

struct tutti_task *task_start(struct run *run, struct tutti_nursery *nursery,
                              const struct task_plan *plan)
{
    struct stack stack;
    if (!heap_reserve(run)) return NULL;
    if (!task_take_stack(run, &stack)) {
        heap_unreserve(run);
        return NULL;
    }
    const struct tutti_nursery *lineage = plan->lineage ? plan->lineage : nursery;
    struct tutti_task *parent = lineage ? lineage->task : NULL;
    const struct tutti_task *maker = run->current;
    uint32_t *children = parent ? &parent->children : &run->system_tasks;
    char *top = stack.high - sizeof(struct tutti_task);
    top -= (uintptr_t)top % 64; /* its first fields share a cache line */
    top -= run->tasks % STACK_COLOURS * 64;
    if (run->stack_uses) stack_use_fill(&stack);
    struct tutti_task *task = (struct tutti_task *)(void *)top;
    mem_clear(task, sizeof *task);
    task->id = run_id(run);
    task->nursery = nursery;
    task->parent = parent;
    task->scope = nursery ? &nursery->scope : &run->root;
    task->ordinal = nursery ? *children : run->parentless++;
    task->timer.kind = TIMER_TASK;
    task->daemon = nursery && nursery->daemon;
    task->started = plan->site;
    task->op = "start";
    task->site = plan->site;
    task->since_ns = run->now_ns;
    task->fn = plan->fn;
    task->arg = plan->arg;
    task->stack = stack;
    if (nursery) ++*children;
    /* main, its descendants, and tasks of the run's own nursery beside it */
    task->path = path_hash(parent ? parent->path : nursery ? 2 : 1, PATH_TASK, task->ordinal);
    if (maker && maker->locals && parent) task->locals = local_share(maker->locals);
    task->name = plan->name_copied ? push_name(&top, plan->name) : plan->name;
    if (plan->copy_size) task->arg = push_copy(&top, plan->arg, plan->copy_size);
    task->sp = context_make(top, task_entry, task);
    task_link(run, task, nursery);
    EMIT(run, TASK_SPAWN, .task = task->id, .by = run->current ? run->current->id : 0,
         .obj = nursery ? nursery->object.id : 0, .name = task->name, .site = plan->site);
    task_ready(run, task, TUTTI_READY_SPAWN, 0);
    return task;
}

/* Drops all tasks that still live, without unwinding: their stacks are used again. */
void task_drop_all(struct run *run)
{
    while (run->all_first) {
        struct tutti_task *task = run->all_first;
        struct stack stack = task->stack;
        all_unlink(run, task);
        stack_give(run->stacks, &stack);
    }
    run->living = 0;
}

struct tutti_task *tutti_task_self(void)
{
    return run_current ? run_current->current : NULL;
}

bool tutti_in_run(void)
{
    return run_current != NULL;
}

bool tutti_in_task(void)
{
    return tutti_task_self() != NULL;
}

const char *tutti_task_name(const struct tutti_task *task)
{
    return task->name;
}

uint64_t tutti_task_id(const struct tutti_task *task)
{
    return task->id;
}

uint64_t tutti_task_path(const struct tutti_task *task)
{
    return task->path;
}

struct tutti_task *tutti_task_parent(const struct tutti_task *task)
{
    return task->nursery ? task->nursery->task : NULL;
}

void tutti_task_set_daemon(bool daemon)
{
    run_require_task(NULL)->current->daemon = daemon;
}

bool tutti_task_is_daemon(const struct tutti_task *task)
{
    return task->daemon;
}

struct tutti_nursery *tutti_task_nursery(const struct tutti_task *task)
{
    return task->nursery;
}

struct tutti_nursery *tutti_task_nursery_to_be(const struct tutti_task *task)
{
    return task->starting ? task->starting->target : NULL;
}

struct tutti_nursery *tutti_task_innermost_nursery(const struct tutti_task *task)
{
    return task->innermost;
}

struct tutti_task *tutti_task_beside(const struct tutti_task *task)
{
    return task->sibling_next;
}

struct tutti_task *tutti_task_find(uint64_t id)
{
    struct tutti_task *task = run_require(NULL)->all_first;
    while (task && task->id != id)
        task = task->all_next;
    return task;
}

uint64_t tutti_task_cancel_points(const struct tutti_task *task)
{
    return task->cancel_points;
}

uint64_t tutti_task_schedule_points(const struct tutti_task *task)
{
    return task->schedule_points;
}

size_t tutti_task_path_text(const struct tutti_task *task, char *buffer, size_t size)
{
    size_t length = 0;
    if (task->parent) {
        length = tutti_task_path_text(task->parent, buffer, size);
        int more = snprintf(length < size ? buffer + length : NULL,
                            length < size ? size - length : 0, ".%u", task->ordinal);
        return length + (size_t)more;
    }
    return (size_t)snprintf(buffer, size, task->nursery ? "system.%u" : "%u", task->ordinal);
}
