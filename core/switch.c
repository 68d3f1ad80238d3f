/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How tasks stop and go on. The plain ways are short and call nothing, so they need no frame; each
 * has a whole one beside it for all other cases. */
#include "tutti/core/context_priv.h"
#include "tutti/core/run_priv.h"
#include "tutti/core/sanitize_priv.h"
#include "tutti/core/task.h"

int task_result(struct run *run, struct tutti_task *task)
{
    bool cancelled = task->wake_why == TUTTI_READY_YIELD ? task->looks && task->scope->effective
                                                         : task->wake_why == TUTTI_READY_CANCEL;
    if (cancelled) return task_cancelled(run, task, task->op, task->site);
    return task->wake_result >= 0 ? task->wake_result : error_bare(run, task->wake_result);
}

/* Leaves the calling stack for `next`, where the call that stopped returns `value`, or for the
 * loop's own if that is NULL. It is not come back to if `save` and `fake` are NULL. In a plain
 * build nothing comes after the switch: it is a jump. */
static inline int switch_to(struct run *run, void **save, void **fake, struct tutti_task *next,
                            int value)
{
    void *to = run->loop_sp;
    if (TUTTI_LIKELY(next != NULL)) {
        sanitize_switch_begin(fake, next->stack.low, (size_t)(next->stack.high - next->stack.low));
        to = next->sp;
    } else {
        sanitize_switch_begin(fake, run->loop_stack_low, run->loop_stack_size);
    }
    if (!fake) return context_leave(to, value);
    value = context_switch(save, to, value);
    sanitize_switch_end(*fake, NULL, NULL);
    return value;
}

/* It takes the next step. */
static inline void take(struct run *run, struct tutti_task *next)
{
    run->steps_left--;
    next->steps++;
    next->state = TASK_RUNNING;
    run->current = next;
}

/* choose_next, when there is nothing to choose and no time or operation to look at. */
static inline struct tutti_task *take_next(struct run *run)
{
    struct tutti_task *next = run->ready.first;
    if (!next) {
        if (run->heap_count || run->ops_pending) return NULL;
        next = run->incoming.first;
        if (!next) return NULL;
        run->incoming.first = NULL; /* a pass begins */
        run->now_known = false;
    }
    run->ready.first = next->queue_next;
    take(run, next);
    return next;
}

/* The task stops; `next` goes on, or whoever is chosen if that is NULL. */
static TUTTI_NOINLINE int switch_by_choice(struct run *run, struct tutti_task *from,
                                           struct tutti_task *next)
{
    if (!next) next = choose_next(run);
    int value = next ? task_result(run, next) : 0;
    if (next == from) return value;
    return switch_to(run, &from->sp, &from->fake_stack, next, value);
}

/* The plain case of switch_by_choice, without a call in it: so it needs no frame. */
static inline int switch_plainly(struct run *run, struct tutti_task *from)
{
    struct tutti_task *next = TUTTI_LIKELY(!run->slow) ? take_next(run) : NULL;
    if (TUTTI_UNLIKELY(!next || next == from || !task_result_is_plain(next))) {
        return switch_by_choice(run, from, next);
    }
    return switch_to(run, &from->sp, &from->fake_stack, next, next->wake_result);
}

int run_switch(struct run *run, struct tutti_task *from)
{
    return switch_plainly(run, from);
}

/* Of thousands of tasks none is in the cache when its turn comes, nor is its page known to the
 * processor, which takes longer than all the rest of an end. So, while `next` runs, what the one
 * after it will want is fetched; and since tasks often end in rows, what `next` would touch of its
 * neighbours.                                                                                  */
static inline void fetch_after(const struct run *run, const struct tutti_task *next)
{
    uintptr_t after = (uintptr_t)run->ready.first, links = offsetof(struct tutti_task, id);
    if (!after) return;
    TUTTI_FETCH(after);
    TUTTI_FETCH(after - CACHE_LINE); /* its stack begins there */
    TUTTI_FETCH(after + offsetof(struct tutti_task, park));
    TUTTI_FETCH(after + links);
    TUTTI_FETCH((uintptr_t)next->sibling_next + links); /* or NULL */
    TUTTI_FETCH((uintptr_t)next->sibling_prev + links);
}

/* run_switch, of a task that ends. */
static TUTTI_NOINLINE int leave_by_choice(struct run *run, struct tutti_task *next)
{
    if (!next) next = choose_next(run);
    return switch_to(run, NULL, NULL, next, next ? task_result(run, next) : 0);
}

int run_leave(struct run *run)
{
    struct tutti_task *next = TUTTI_LIKELY(!run->slow) ? take_next(run) : NULL;
    if (TUTTI_UNLIKELY(!next || !task_result_is_plain(next))) return leave_by_choice(run, next);
    fetch_after(run, next);
    return switch_to(run, NULL, NULL, next, next->wake_result);
}

void switch_from_loop(struct run *run, struct tutti_task *task)
{
    (void)switch_to(run, &run->loop_sp, &run->loop_fake_stack, task, task_result(run, task));
}

void switch_for_good(struct run *run)
{
    (void)switch_to(run, NULL, NULL, NULL, 0);
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

/* The rest, while somebody may listen. */
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
    if (TUTTI_UNLIKELY(run->slow)) return yield_told(run, task);
    task->state = TASK_READY;
    task->wake_why = TUTTI_READY_YIELD;
    queue_push(run->wakes_go, task);
    return switch_plainly(run, task);
}

/* Lets others run, cancelled or not; returns 0. */
int task_yield(struct run *run, struct tutti_task *task, const char *op,
               struct tutti_object *object, const struct tutti_site *site)
{
    note_yield(run, task, op, object, site, false);
    return yield(run, task);
}

/* task_yield, of a task that has woken `next`, which is in no queue yet; nobody listens. If nobody
 * else is ready there is no need of a queue to know that it is next.                            */
int task_yield_to(struct run *run, struct tutti_task *task, struct tutti_task *next, const char *op,
                  const struct tutti_site *site)
{
    note_yield(run, task, op, NULL, site, false);
    task->state = TASK_READY;
    task->wake_why = TUTTI_READY_YIELD;
    if (run->ready.first || run->incoming.first || run->heap_count || run->ops_pending) {
        next->state = TASK_READY;
        queue_push(run->wakes_go, next);
        queue_push(run->wakes_go, task);
        return run_switch(run, task);
    }
    run->ready.first = task; /* of a pass that begins with `next` */
    task->queue_next = NULL;
    run->now_known = false;
    take(run, next);
    return switch_to(run, &task->sp, &task->fake_stack, next, next->wake_result);
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
