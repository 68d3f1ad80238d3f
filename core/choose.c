/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who takes the next step.
 *
 * Batch mode without a picker is a queue. With one, the candidates are listed and it is asked. In
 * step mode they are, in this order: while timers are due, those, by deadline and order of arming
 * (all of them fire before any task runs, R25); else the ready tasks, first come first, and the
 * earliest timers while lags are left; if nothing is ready, waiting for the clock; and last, while
 * cancellations are left, a canceller for each open scope. Option 0 is what the plain run does.  */
#include "tutti/core/run_priv.h"
#include "tutti/core/test.h"

/* The outside is looked at after so many steps even if tasks are always ready. */
enum { STEPS_BETWEEN_POLLS = 61 };

/* Waits in the world, at most until the run's clock shows until_ns, and wakes whose op is done. */
void choose_wait(struct run *run, int64_t until_ns)
{
    struct tutti_io *io = run->world->io;
    uint32_t done = 0;
    EMIT(run, LOOP_WAIT, .arg = until_ns, .count = run->ops_pending);
    int64_t limit_ns = tutti_time_add(run_now(run), TUTTI_WAIT_MAX_NS);
    if (until_ns > limit_ns && until_ns != TUTTI_NEVER && run_expects(run)) until_ns = limit_ns;
    int64_t until =
        until_ns == TUTTI_NEVER ? TUTTI_NEVER : tutti_time_add(until_ns, run->clock_base_ns);
    int64_t from_ns = run->now_ns;
    run->steps_at_poll = run_steps(run);
    run->advances = false;
    struct tutti_op *op = io->wait(io, until);
    run->now_known = false;
    while (op) {
        struct tutti_op *next = op->next;
        struct tutti_park *waiting = op->task->park;
        op_count(run, op, -1);
        done++;
        EMIT(run, IO_DONE, .obj = op->id, .arg = op->result);
        park_wake(run, waiting, 0, TUTTI_READY_IO);
        op = next;
    }
    if (run->tokens) token_notice(run);
    if (run_now(run) != from_ns) EMIT(run, CLOCK_MOVE, .arg = from_ns);
    EMIT(run, LOOP_WOKE, .count = done);
    (void)done;
}

static void poll_now_and_then(struct run *run)
{
    if (run->step) return; /* there the world is asked when nobody can go on: see gather */
    if (run->ops_pending && run_steps(run) - run->steps_at_poll >= STEPS_BETWEEN_POLLS) {
        choose_wait(run, run_now(run));
    }
}

/* Asks the picker. 0 after it stopped the run. */
static uint32_t ask(struct run *run, enum tutti_choice_kind kind, uint32_t of)
{
    struct tutti_pick *picker = run->world->pick;
    bool runs = kind == TUTTI_CHOICE_RUN;
    struct tutti_choice choice = {.kind = kind,
                                  .of = of,
                                  .candidates = runs ? run->candidates : NULL,
                                  .path = run->current ? run->current->path : 0,
                                  .last = runs ? run->last_path : 0};
    run->choices += of > 1;
    uint32_t pick = picker->pick(picker, &choice);
    if (pick == TUTTI_PICK_STOP) {
        run_fail(run, TUTTI_OUTCOME_ABANDONED, TUTTI_EABANDONED, NULL,
                 "the picker stopped the run");
        return 0;
    }
    if (pick >= of) {
        tutti_panic("the picker took option %u of %u at choice %llu", pick, of,
                    (unsigned long long)run->choices);
    }
    if (of < 2) return pick;
    const struct tutti_candidate *taken = runs ? &run->candidates[pick] : NULL;
    EMIT(run, CHOICE, .code = (uint8_t)kind, .count = of, .arg = pick, .obj = taken ? taken->id : 0,
         .code2 = taken ? (uint8_t)taken->what : 0);
    (void)taken;
    return pick;
}

/* choose_value, of a kind that the picker wants to be asked for. */
uint32_t choose_asked(struct run *run, enum tutti_choice_kind kind, uint32_t of)
{
    if (of < 2 || run->over) return 0;
    uint32_t pick = ask(run, kind, of);
    if (run->over && run->current) run_abandon(run);
    return pick;
}

/* Room for a candidate for each task, timer and scope there may be. */
bool choose_reserve(struct run *run)
{
    /* each reserved timer is of a task or a scope: ready or due, and a canceller; and waiting */
    uint32_t need = run->heap_reserved * 2 + 2;
    if (need > run->candidates_size) {
        if (!mem_grow(run, (void **)&run->candidates, run->candidates_inline,
                      sizeof *run->candidates, run->candidates_size, need * 2)) {
            return false;
        }
        run->candidates_size = need * 2;
    }
    if (need >
        run->targets_size) { /* not always with the other: that may have been all there was */
        if (!mem_grow(run, (void **)&run->targets, run->targets_inline, sizeof *run->targets,
                      run->targets_size, need * 2)) {
            return false;
        }
        run->targets_size = need * 2;
    }
    return true;
}

static void add(struct run *run, enum tutti_candidate_what what, uint64_t id, uint64_t path,
                void *target)
{
    uint32_t at = run->candidates_count++;
    TUTTI_ASSERT(at < run->candidates_size && at < run->targets_size);
    run->candidates[at] = (struct tutti_candidate){.id = id, .path = path, .what = what};
    run->targets[at] = target;
}

static void add_ready(struct run *run)
{
    for (struct tutti_task *task = run->ready.first; task; task = task->queue_next) {
        add(run, TUTTI_CANDIDATE_TASK, task->id, task->path, task);
    }
}

static void add_timer(struct run *run, struct tutti_timer *timer)
{
    if (timer->kind == TIMER_SCOPE) {
        const struct tutti_scope *scope = TUTTI_CONTAINER(timer, struct tutti_scope, timer);
        add(run, TUTTI_CANDIDATE_TIMER, scope->id, scope->path, timer);
    } else {
        const struct tutti_task *task = TUTTI_CONTAINER(timer, struct tutti_task, timer);
        add(run, TUTTI_CANDIDATE_TIMER, task->id, task->path, timer);
    }
}

static bool comes_before(const struct run *run, const struct tutti_timer *a,
                         const struct tutti_timer *b)
{
    const struct heap_entry *left = heap_entry_of(run, a), *right = heap_entry_of(run, b);
    if (left->when_ns != right->when_ns) return left->when_ns < right->when_ns;
    return left->order < right->order;
}

/* The timers due at `now_ns`, sorted by insertion: ties are few, and the heap has them almost in
 * order. */
static void add_due(struct run *run, int64_t now_ns)
{
    uint32_t first = run->candidates_count;
    for (uint32_t i = 0; i < run->heap_count; i++) {
        if (run->heap[i].when_ns > now_ns) continue;
        add_timer(run, run->heap[i].timer);
        uint32_t at = run->candidates_count - 1;
        struct tutti_candidate candidate = run->candidates[at];
        void *target = run->targets[at];
        for (; at > first && comes_before(run, target, run->targets[at - 1]); at--) {
            run->candidates[at] = run->candidates[at - 1];
            run->targets[at] = run->targets[at - 1];
        }
        run->candidates[at] = candidate;
        run->targets[at] = target;
    }
}

static void add_cancellers(struct run *run)
{
    if (!run->cancels_left) return;
    bool nurseries = run->world->pick->cancel_nurseries;
    for (struct tutti_scope *scope = scope_next(&run->root, &run->root, true); scope;
         scope = scope_next(&run->root, scope, true)) {
        scope->offered = scope->shield ? 0 : scope->parent->offered;
        if (scope->cancelled || scope->internal || (scope->nursery && !nurseries)) continue;
        uint32_t outer = scope->offered, at = run->candidates_count;
        add(run, TUTTI_CANDIDATE_CANCEL, scope->id, scope->path, scope);
        run->candidates[at].outer = outer;
        scope->offered = at + 1;
    }
}

/* A daemon that is to end: what it still waits for counts. */
static bool ends(const struct tutti_task *task)
{
    const struct tutti_nursery *nursery = task->nursery;
    return task->daemon && nursery && (nursery->scope.effective || nursery->stopping);
}

/* Nothing is ready: is there something to wait for? Not if only daemons would go on. */
bool choose_can_wait(const struct run *run)
{
    if ((run->tokens || run->external) && run->world->outside) return true;
    if (run->idlers.first && !run->external) return true;
    if (run->heap_count > run->heap_daemons || run->ops_pending > run->ops_daemons) return true;
    if (!run->heap_count && !run->ops_pending) return false;
    const struct tutti_task *task = run->all_first;
    while (task && !ends(task))
        task = task->all_next;
    return task != NULL;
}

/* Lists who could go on in step mode. */
static void gather(struct run *run)
{
    run->candidates_count = 0;
    bool timers = run->heap_count > 0;
    if (timers && heap_first(run) <= run_now(run)) {
        add_due(run, run_now(run));
    } else if (run->ready.first) {
        add_ready(run);
        if (timers && run->lags_left) add_due(run, heap_first(run));
    } else if (choose_can_wait(run)) {
        add(run, TUTTI_CANDIDATE_ADVANCE, 0, 0, NULL);
    } else {
        return;
    }
    add_cancellers(run);
}

static void fire(struct run *run, struct tutti_timer *timer)
{
    int64_t when_ns = heap_entry_of(run, timer)->when_ns;
    if (when_ns > run_now(run)) { /* the program was slow: it is later than it thought */
        run->lags_left--;
        choose_wait(run, when_ns);
        if (!timer->slot) return; /* what completed meanwhile disarmed it */
    }
    heap_fire(run, timer);
}

/* An embedded run makes one pass (step mode: one step), then its host has its turn. */
static bool pass_is_over(struct run *run)
{
    bool over = run->embedded && run->passed;
    run->passed = true;
    return over;
}

/* Step mode. NULL: nobody can take a step now. */
static struct tutti_task *choose_step(struct run *run)
{
    if (pass_is_over(run)) return NULL;
    while (!run->over) {
        run->now_known = false;
        poll_now_and_then(run);
        if (run->tokens) token_notice(run);
        gather(run);
        uint32_t of = run->candidates_count;
        if (!of) return NULL;
        bool asks = (of > 1 || TOUCHES(run)) && run->asks;
        uint32_t pick = asks ? ask(run, TUTTI_CHOICE_RUN, of) : 0;
        if (run->over) return NULL;
        void *target = run->targets[pick];
        switch (run->candidates[pick].what) {
        case TUTTI_CANDIDATE_TASK:
            return target;
        case TUTTI_CANDIDATE_TIMER:
            fire(run, target);
            break;
        case TUTTI_CANDIDATE_CANCEL:
            if (TOUCHES(run)) touch_canceller(run, target);
            run->cancels_left--;
            scope_cancel(run, target, TUTTI_CANCEL_EXPLORER, NULL);
            break;
        default:
            TOUCH(run, 0, CLOCK, WRITE);
            run->advances = true;
            return NULL;
        }
    }
    return NULL;
}

/* Batch mode: begins a pass. I/O is looked at before deadlines (R14). */
static bool pass(struct run *run)
{
    if (pass_is_over(run)) return false;
    run->now_known = false;
    poll_now_and_then(run);
    if (run->tokens) token_notice(run);
    while (run->heap_count && heap_first(run) <= run_now(run)) {
        heap_fire(run, run->heap[0].timer);
    }
    if (!run->incoming.first) return false;
    run->ready = run->incoming;
    run->incoming = (struct task_queue){.first = NULL};
    if (TUTTI_UNLIKELY(run->shuffles)) shuffle(run, &run->ready);
    return true;
}

/* Batch mode with a picker: the order inside a pass is its choice. */
static struct tutti_task *choose_batch(struct run *run)
{
    if (!run->ready.first->queue_next) return run->ready.first;
    run->candidates_count = 0;
    add_ready(run);
    uint32_t pick = ask(run, TUTTI_CHOICE_RUN, run->candidates_count);
    return run->over ? NULL : run->targets[pick];
}

static void queue_remove(struct task_queue *queue, struct tutti_task *task)
{
    struct tutti_task *next = task->queue_next;
    if (queue->first == task) {
        queue->first = next;
    } else {
        task->queue_prev->queue_next = next;
        if (queue->last == task) queue->last = task->queue_prev;
    }
    if (next) next->queue_prev = task->queue_prev;
}

/* No task is running from here on; whatever the last one did is told. */
void step_ends(struct run *run)
{
    const struct tutti_task *task = run->current;
    if (task && task->state != TASK_EXITED) EMIT(run, TASK_STOP, .task = task->id);
    run->current = NULL;
}

/* The task that takes the next step, now running; NULL: the loop must look. */
struct tutti_task *choose_next(struct run *run)
{
    step_ends(run);
    if (TUTTI_UNLIKELY(run->over)) return NULL;
    struct tutti_task *task;
    if (run->step) {
        task = choose_step(run);
        if (task) run->last_path = task->path;
    } else {
        if (!run->ready.first && !pass(run)) return NULL;
        task = TUTTI_LIKELY(!run->asks) ? run->ready.first : choose_batch(run);
    }
    if (TUTTI_UNLIKELY(!task)) return NULL;
    if (TUTTI_UNLIKELY(run->steps_left == 0)) {
        run_fail(run, TUTTI_OUTCOME_LIMIT, TUTTI_ELIMIT, task->site,
                 "more than %llu steps; the next was task \"%s\" #%llu's, in %s",
                 (unsigned long long)run->steps_max, task->name, (unsigned long long)task->id,
                 task->op);
        return NULL;
    }
    if (TOUCHES(run)) touch_begin(run, task);
    queue_remove(&run->ready, task);
    run->steps_left--;
    task->steps++;
    task->state = TASK_RUNNING;
    run->current = task;
    EMIT(run, TASK_RUN, .task = task->id);
    return task;
}

uint32_t tutti_choose_at(uint32_t n, const struct tutti_site *site)
{
    return choose_value(run_require_task(site), TUTTI_CHOICE_USER, n);
}
