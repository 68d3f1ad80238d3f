/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How tasks begin and end.
 *
 * Starting a small task and joining it costs about as much as three switches, so both ways are kept
 * short: what is rare is behind one look each, and the plain ways call nothing before their last
 * act, so they need no frame.                                                                   */
#include <stdatomic.h>
#include <string.h>

#include "tutti/core/context_priv.h"
#include "tutti/core/park_priv.h"
#include "tutti/core/run_priv.h"
#include "tutti/core/sanitize_priv.h"

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

/* Out of its nursery's list of children. */
static void sibling_unlink(struct tutti_task *task)
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

static TUTTI_NORETURN void not_all_closed(const struct tutti_task *task)
{
    tutti_panic_at(task->scope_site,
                   "task \"%s\" #%llu ended with a scope or nursery still open: the innermost "
                   "of %u, opened here",
                   task->name, (unsigned long long)task->id, task->depth);
}

/* What is rare at the end of a task; returns what it ends with. */
static int clean_up(struct run *run, struct tutti_task *task, int rc)
{
    if (task->depth) not_all_closed(task);
    if (task->deferred) rc = defer_run(run, task, rc);
    if (task->held) lock_owner_exits(run, task);
    if (task->holdings) held_task_exits(run, task);
    if (run->unread) rc = block_unread(run, task, rc);
    return rc;
}

static void tell_exit(struct run *run, const struct tutti_task *task, int rc)
{
    uint8_t outcome = rc >= 0                 ? TUTTI_OUTCOME_OK
                      : rc == TUTTI_ECANCELED ? TUTTI_OUTCOME_CANCELLED
                                              : TUTTI_OUTCOME_ERROR;
    EMIT(run, TASK_EXIT, .task = task->id, .code = outcome, .arg = rc < 0 ? rc : 0,
         .obj = task->steps, .count = (uint32_t)task->cancel_points);
    EMIT(run, TASK_STOP, .task = task->id); /* now, while it can still be looked at */
    (void)task, (void)outcome;
}

/* The same of a task that is kept: its stack stays. */
static int task_stay(struct run *run, struct tutti_task *task)
{
    task->nursery = task->innermost = NULL;
    all_unlink(run, task);
    run->living--;
    heap_unreserve(run);
    return run_leave(run);
}

/* What is left once nobody waits for the task any more. It stands on its stack still, which goes
 * back to the pool. */
static inline int task_vanish(struct run *run, struct tutti_task *task)
{
    all_unlink(run, task);
    run->living--;
    heap_unreserve(run);
    stack_give(run->stacks, &task->stack);
    return run_leave(run);
}

static TUTTI_NOINLINE int exit_any(struct run *run, struct tutti_task *task, int rc)
{
    struct tutti_nursery *nursery = task->nursery;
    rc = clean_up(run, task, rc);
    if (nursery) {
        if (TOUCHES(run)) touch_end(run, nursery);
        sibling_unlink(task);
        if (rc < 0) nursery_child_failed(run, task, rc);
        if (nursery_may_go_on(nursery)) nursery_poke(run, nursery);
    } else if (!task->system) {
        main_done(run, task, rc);
    }
    task->state = TASK_EXITED;
    if (run->events) tell_exit(run, task, rc);
    if (task->error) error_drop(run, task->error);
    if (task->locals) local_drop(run, task->locals);
    if (run->stack_uses) stack_use_note(run, task);
    if (task->system) run->systems--;
    return task->kept ? task_stay(run, task) : task_vanish(run, task);
}

/* exit_any, short: the task has nothing to give back, nobody waits for a place, nobody listens. */
static inline int task_exit(struct run *run, struct tutti_task *task, int rc)
{
    struct tutti_nursery *nursery = task->nursery;
    if (TUTTI_UNLIKELY(run->slow || rc < 0 || task->system || !nursery || nursery->max_tasks ||
                       task->depth || task->held || task->holdings || task->error || task->locals ||
                       task->deferred)) {
        return exit_any(run, task, rc);
    }
    sibling_unlink(task);
    if (nursery_may_go_on(nursery)) {
        nursery->join = NULL;
        task_wake_plain(run, nursery->task, 0);
    }
    task->state = TASK_EXITED;
    return task_vanish(run, task);
}

static int task_entry(void *arg)
{
    struct tutti_task *task = arg;
    struct run *run = run_current;
    const void *low = run; /* any address but NULL: only AddressSanitizer asks for the real one */
    size_t size = 0;
    sanitize_switch_end(NULL, &low, &size);
    if (TUTTI_UNLIKELY(!run->loop_stack_low)) { /* the first task is entered from the loop's */
        run->loop_stack_low = low;
        run->loop_stack_size = size;
    }
    return task_exit(run, task, task->fn(task->arg));
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

/* The task lives in another nursery from now on; its innermost scope may be the old one's. */
void task_move(struct tutti_task *task, struct tutti_nursery *nursery)
{
    struct tutti_nursery *old = task->nursery;
    sibling_unlink(task);
    sibling_append(task, nursery);
    task->nursery = nursery;
    if (task->scope == &old->scope) task->scope = &nursery->scope;
}

/* A record at the top of a stack of its own, as the last task left it. */
static struct tutti_task *task_take(struct run *run)
{
    bool unguarded = false;
    if (choose_value(run, TUTTI_CHOICE_ALLOC, 2) == 1) return NULL;
    struct stack *stack = stack_take(run->stacks, &unguarded);
    if (!stack) return NULL;
    if (TUTTI_UNLIKELY(unguarded && !run->unguarded_told)) {
        run->unguarded_told = true;
        EMIT(run, WARN, .code = TUTTI_WARN_UNGUARDED, .name = "from here on stacks have no guard");
    }
    return TUTTI_CONTAINER(stack, struct tutti_task, stack);
}

/* Fills in who the task is, and puts it into the lists of all and of its nursery. */
static inline void task_make(struct run *run, struct tutti_task *task,
                             struct tutti_nursery *nursery, struct tutti_task *parent,
                             uint32_t ordinal, uint64_t parent_path, const struct tutti_site *site)
{
    mem_clear(&task->park, offsetof(struct tutti_task, id) - offsetof(struct tutti_task, park));
    task->scope = nursery ? &nursery->scope : &run->root;
    task->op = "start";
    task->site = task->started = site;
    task->since_ns = run->now_ns;
    task->wake_result = 0;
    task->daemon = nursery && nursery->daemon;
    task->id = run_id(run);
    task->path = path_hash(parent_path, PATH_TASK, ordinal);
    task->nursery = nursery;
    task->parent = parent;
    task->ordinal = ordinal;
    task->made = 0;
    task->all_prev = run->all_last;
    task->all_next = NULL;
    atomic_signal_fence(memory_order_release); /* a dump in a signal handler walks this list */
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

struct tutti_task *task_start(struct run *run, struct tutti_nursery *nursery,
                              const struct task_plan *plan)
{
    if (!heap_reserve(run)) return NULL;
    struct tutti_task *task = task_take(run);
    if (!task) {
        heap_unreserve(run);
        return NULL;
    }
    const struct tutti_nursery *lineage = plan->lineage ? plan->lineage : nursery;
    struct tutti_task *parent = lineage ? lineage->task : NULL;
    const struct tutti_task *maker = run->current;
    uint32_t *children = parent ? &parent->children : &run->system_tasks;
    uint32_t ordinal = nursery ? (*children)++ : run->parentless++;
    char *top = (char *)task;
    /* main, its descendants, and tasks of the run's own nursery beside it */
    task_make(run, task, nursery, parent, ordinal,
              parent    ? parent->path
              : nursery ? 2
                        : 1,
              plan->site);
    if (TOUCHES(run)) touch_start(run, task, nursery);
    if (maker && parent) task->locals = local_share(maker->locals);
    if (run->stack_uses) stack_use_fill(task);
    task->name = plan->name_copied ? push_name(&top, plan->name) : plan->name;
    task->fn = plan->fn;
    task->arg = plan->copy_size ? push_copy(&top, plan->arg, plan->copy_size) : plan->arg;
    (void)context_make(&task->sp, top, task_entry, task);
    EMIT(run, TASK_SPAWN, .task = task->id, .by = run->current ? run->current->id : 0,
         .obj = nursery ? nursery->object.id : 0, .name = task->name, .site = plan->site);
    task_ready(run, task, TUTTI_READY_SPAWN, 0);
    return task;
}

/* Whoever waits for a place does so because it is full: a free one is handed on at once. */
bool nursery_is_full(const struct tutti_nursery *nursery)
{
    if (nursery->max_tasks) object_touch(run_current, &nursery->object, TUTTI_ACCESS_WRITE);
    return nursery->max_tasks && nursery_ordinary(nursery) >= nursery->max_tasks;
}

static TUTTI_NOINLINE int start_any(struct tutti_nursery *nursery, const char *name,
                                    bool name_copied, int (*fn)(void *arg), void *arg,
                                    size_t copy_size, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    int rc = nursery_start_check(nursery, name, fn != NULL, copy_size, site);
    if (rc < 0) return rc;
    if (nursery_is_full(nursery)) return TUTTI_EWOULDBLOCK;
    const struct task_plan plan = {name, name_copied, fn, arg, copy_size, site, NULL};
    if (!task_start(run, nursery, &plan)) {
        return tutti_error_at(site, false, TUTTI_ENOMEMORY, "no memory for another task");
    }
    return 0;
}

/* start_any, short: where nothing can fail and nobody listens. */
int tutti_nursery_start_at(struct tutti_nursery *nursery, const char *name, bool name_copied,
                           int (*fn)(void *arg), void *arg, size_t copy_size,
                           const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    struct tutti_task *parent = nursery->task;
    struct stack *stack = run->stacks->spares;
    if (TUTTI_UNLIKELY(run->slow || !stack || run->heap_reserved == run->heap_size ||
                       nursery->scope.state != SCOPE_OPEN || nursery->max_tasks || !parent ||
                       run->current->locals || !name || name_copied || !fn || copy_size)) {
        return start_any(nursery, name, name_copied, fn, arg, copy_size, site);
    }
    run->heap_reserved++;
    stack = stack_take_spare(run->stacks);
    struct tutti_task *task = TUTTI_CONTAINER(stack, struct tutti_task, stack);
    task_make(run, task, nursery, parent, parent->children++, parent->path, site);
    task->name = name;
    task->fn = fn;
    task->arg = arg;
    task->state = TASK_READY;
    task->wake_why = TUTTI_READY_SPAWN;
    queue_push(run->wakes_go, task);
    return context_make(&task->sp, task, task_entry, task);
}

/* Drops all tasks that still live, without unwinding: their stacks are used again. */
void task_drop_all(struct run *run)
{
    kept_drop_all(run);
    while (run->all_first) {
        struct tutti_task *task = run->all_first;
        all_unlink(run, task);
        stack_give(run->stacks, &task->stack);
    }
    run->living = 0;
}
