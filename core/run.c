/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The loop, and the ends of a run. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/run_priv.h"
#include "tutti/core/test.h"
#include "tutti/core/text_priv.h"

TUTTI_FAST_TLS _Thread_local struct run *run_current;
static _Thread_local struct tutti_run_stats run_last;

struct run *run_require(const struct tutti_site *site)
{
    if (TUTTI_UNLIKELY(!run_current)) tutti_panic_at(site, "called outside a run");
    return run_current;
}

/* The run's clock: read at most once a pass. */
int64_t run_now(struct run *run)
{
    if (!run->now_known) {
        struct tutti_clock *clock = run->world->clock;
        int64_t now_ns = clock->now(clock) - run->clock_base_ns;
        TUTTI_ASSERT(now_ns >= run->now_ns);
        run->now_ns = now_ns;
        run->now_known = !run->between;
    }
    return run->now_ns;
}

/* Is there anything to do or tell between two steps but to take the next of the queue? */
void run_pace(struct run *run)
{
    run->slow = run->step || run->world->pick || run->stack_uses || run->shuffles || run->events ||
                run->tokens || run->embedded || run->over || run->steps_max != UINT64_MAX;
}

/* A task or a post has ended with an error that is nobody's to handle: the first one is what
 * tutti_run returns, later ones are kept below it.                                              */
void run_failed(struct run *run, int code, struct tutti_error *record)
{
    if (run->code >= 0 || (run->code == TUTTI_ECANCELED && code != TUTTI_ECANCELED)) {
        error_drop(run, run->error);
        run->code = code;
        run->error = record;
        run->fail_what = run->root.task == run->current ? "main returned" : "a post ended with";
    } else if (code != TUTTI_ECANCELED) {
        error_also(run, run->error, record, NULL);
    } else {
        error_drop(run, record);
    }
}

void tutti_sink_changed(void)
{
    struct run *run = run_current;
    if (!run || !run->world->sink) return;
    run->events = run->world->sink->mask;
    run_pace(run);
}

/* The first failure is what the run ends with; no task takes a further step. */
void run_fail(struct run *run, enum tutti_outcome outcome, int code, const struct tutti_site *site,
              const char *format, ...)
{
    if (run->over) return;
    run->over = true;
    run_pace(run);
    run->outcome = outcome;
    run->code = code;
    run->fail_site = site;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(run->message, sizeof run->message, format, arguments);
    va_end(arguments);
}

/* Leaves the calling task for good, without unwinding it. */
void run_abandon(struct run *run)
{
    TUTTI_ASSERT(run->over && run->current);
    step_ends(run);
    switch_for_good(run);
    TUTTI_ASSERT(!"an abandoned task was continued");
    __builtin_unreachable();
}

static void deadlock(struct run *run)
{
    char text[8192];
    size_t length = report_deadlock(run, text, sizeof text);
    run->waits = report_waits(run);
    const struct tutti_task *last = run->all_last;
    while (last && last->system)
        last = last->all_prev;
    run_fail(run, TUTTI_OUTCOME_DEADLOCK, TUTTI_EDEADLOCK, last ? last->site : NULL, "%.*s",
             (int)strcspn(text, "\n"), text);
    EMIT(run, WARN, .code = TUTTI_WARN_DEADLOCK, .name = run->message);
    const struct tutti_options *options = run->world->options;
    if (!options || !options->quiet) {
        report_write("tutti: ", strlen("tutti: "));
        report_write(text, length < sizeof text ? length : sizeof text - 1);
    }
    if (options && options->deadlock) options->deadlock();
}

/* On the loop's own stack: lets tasks run, until the loop has to look. */
enum run_turn run_turn(struct run *run)
{
    if (run->advances) return RUN_SLEEPS; /* a picker has said so already */
    struct tutti_task *task = choose_next(run);
    if (task) {
        switch_from_loop(run, task);
        return RUN_AGAIN;
    }
    if (run->over || !run->living) return RUN_ENDED;
    bool ready = run->ready.first || run->incoming.first; /* the look made some ready */
    return ready ? RUN_AGAIN : RUN_SLEEPS;
}

/* Waits in the world for what comes next; nothing can come: a deadlock. */
void run_sleep(struct run *run)
{
    int64_t until_ns = idle_or_timer(run);
    if (!choose_can_wait(run)) {
        deadlock(run);
        return;
    }
    struct tutti_sink *sink = run->world->sink;
    if (run->events && sink->idle) sink->idle(sink);
    choose_wait(run, until_ns);
    idle_look(run);
}

static bool begin(struct run *run, const struct tutti_world *world)
{
    const struct tutti_options *options = world->options;
    size_t stack_size = options ? options->stack_size : 0;
    if (!stack_size) stack_size = os_stack_size_default();
    if (stack_size < TUTTI_STACK_SIZE_MIN || stack_size > TUTTI_STACK_SIZE_MAX) return false;
    const struct tutti_pick *pick = world->pick;
    run->world = world;
    run->step = pick && pick->step;
    run->asks = pick && (pick->mask & (1u << TUTTI_CHOICE_RUN));
    run->wakes_go = run->step ? &run->ready : &run->incoming;
    run->events = world->sink ? world->sink->mask : 0;
    run->steps_max = options && options->steps_max ? options->steps_max : UINT64_MAX;
    run->steps_left = run->steps_max;
    run->shuffles = options && options->shuffle && !run->asks && !run->step;
    run->chance = options ? options->seed : 0;
    run_pace(run);
    heap_begin(run);
    run->candidates = run->candidates_inline;
    run->targets = run->targets_inline;
    run->candidates_size = run->targets_size = CANDIDATES_INLINE;
    run->cancels_left = pick && run->step ? pick->cancels_max : 0;
    run->lags_left = pick && run->step ? pick->lags_max : 0;
    run->footprint = run->step && run->asks ? pick->footprint : NULL;
    run->points = run->step && pick->access_points;
    run->root.state = SCOPE_OPEN;
    run->root.deadline_ns = TUTTI_NEVER;
    run->stacks = stack_pool_get(stack_size);
    run->clock_base_ns = world->clock->now(world->clock);
    return true;
}

/* What the run returns: its first failure, main's error, or what was left behind; `open` handles
 * of the world were. */
static void judge(struct run *run, uint32_t open)
{
    if (run->over) return;
    TUTTI_ASSERT(!run->heap_reserved && !run->heap_count);
    if (run->crashed) {
        run->outcome = TUTTI_OUTCOME_ERROR;
        run->fail_site = run->crash ? run->crash->site : NULL;
        snprintf(run->message, sizeof run->message, "a system task failed: %s",
                 run->crash ? run->crash->message : "no memory to tell how");
        return;
    }
    if (run->code < 0) {
        bool cancelled = run->code == TUTTI_ECANCELED;
        const char *text = run->root.info.text; /* of an interrupt */
        run->outcome = cancelled ? TUTTI_OUTCOME_CANCELLED : TUTTI_OUTCOME_ERROR;
        if (cancelled && run->root.info.why == TUTTI_CANCEL_INTERRUPT) {
            run->fail_site = run->root.info.site;
            snprintf(run->message, sizeof run->message, "interrupted%s%s", text ? ": " : "",
                     text ? text : "");
            return;
        }
        run->fail_site = run->error ? run->error->site : NULL;
        snprintf(run->message, sizeof run->message, "%s %s: %s", run->fail_what,
                 tutti_error_name(run->code),
                 run->error ? run->error->message : tutti_error_text(run->code));
        return;
    }
    char text[sizeof run->message];
    const struct tutti_site *site;
    if (run->message[0]) { /* a task left a lock behind */
        run->outcome = TUTTI_OUTCOME_LEAK;
        run->code = TUTTI_ELEAK;
    } else if (mem_leaks(run, text, sizeof text, &site)) {
        run_fail(run, TUTTI_OUTCOME_LEAK, TUTTI_ELEAK, site, "%s", text);
        EMIT(run, WARN, .code = TUTTI_WARN_LEAKED, .name = run->message, .site = site);
    } else if (open) {
        run_fail(run, TUTTI_OUTCOME_LEAK, TUTTI_ELEAK, NULL,
                 "handles of the world (sockets, pipes, files) that were not closed: %u", open);
        EMIT(run, WARN, .code = TUTTI_WARN_LEAKED, .name = run->message);
    }
}

/* Says on standard error what nobody handled. */
static void complain(const struct run *run)
{
    char buffer[4096];
    struct text text = {.buffer = buffer, .size = sizeof buffer};
    const struct tutti_options *options = run->world->options;
    if (run->code >= 0 || (options && options->quiet)) return;
    if (run->outcome == TUTTI_OUTCOME_DEADLOCK || run->outcome == TUTTI_OUTCOME_ABANDONED) return;
    bool told = run->outcome == TUTTI_OUTCOME_CHECK || run->root.info.why == TUTTI_CANCEL_INTERRUPT;
    if (run->error && !told) {
        text_add(&text, "tutti: %s\n",
                 run->crashed ? "a task of the run itself failed" : "the run failed");
        text.length +=
            tutti_error_print(run->error, buffer + text.length, sizeof buffer - text.length);
    } else {
        const struct tutti_site *site = run->fail_site;
        text_add(&text, "tutti: %s", run->message);
        if (site) text_add(&text, " at %s:%u", site->file, site->line);
        text_add(&text, "\n");
    }
    report_write(buffer, text.length < sizeof buffer ? text.length : sizeof buffer - 1);
}

/* Everything that is told and given back when a run has ended. */
void run_end(struct run *run)
{
    system_close(run);
    struct tutti_io *io = run->world->io;
    judge(run, io->end ? io->end(io) : 0);
    token_drop_all(run);
    const struct tutti_pick *pick = run->world->pick;
    uint32_t cancels = pick && run->step ? pick->cancels_max - run->cancels_left : 0;
    uint32_t lags = pick && run->step ? pick->lags_max - run->lags_left : 0;
    EMIT(run, RUN_END, .code = (uint8_t)run->outcome, .arg = (int64_t)run_steps(run),
         .obj = run->choices, .task = run->tasks);
    struct tutti_sink *sink = run->world->sink;
    if (run->events && sink->idle) sink->idle(sink);
    complain(run);
    stack_use_tell(run);
    run_last = (struct tutti_run_stats){.outcome = run->outcome,
                                        .steps = run_steps(run),
                                        .choices = run->choices,
                                        .tasks = run->tasks,
                                        .cancels = cancels,
                                        .lags = lags,
                                        .site = run->fail_site,
                                        .cancelled = run->root.info.why,
                                        .waits = run->waits};
    memcpy(run_last.message, run->message, sizeof run->message);
    task_drop_all(run);
    mem_free_all(run);
    mem_drop(run, run->heap, run->heap_inline, sizeof *run->heap * run->heap_size);
    mem_drop(run, run->candidates, run->candidates_inline,
             sizeof *run->candidates * run->candidates_size);
    mem_drop(run, run->targets, run->targets_inline, sizeof *run->targets * run->targets_size);
    const struct tutti_options *options = run->world->options;
    if (!options || !options->keep_stacks) stack_pool_release(run->stacks);
    run_current = NULL;
}

/* Makes a run and its first task; `mine` is kept as its world. */
int run_begin(struct run *run, struct tutti_world *mine, const struct tutti_world *world,
              int (*main)(void *arg), void *arg)
{
    if (run_current) return tutti_error(TUTTI_ESTATE, "a run inside a run");
    if (!world || !main) return TUTTI_EINVALID;
    if (world->error < 0) return world->error;
    if (!world->clock || !world->io) return TUTTI_EINVALID;
    *mine = *world;
    if (!mine->alloc) mine->alloc = os_alloc_default();
    if (!begin(run, mine)) return TUTTI_EINVALID;
    fault_install();
    run_current = run;
    EMIT(run, RUN_BEGIN, .task = 0);
    const char *name = mine->options && mine->options->name ? mine->options->name : "main";
    const struct task_plan plan = {.name = name, .fn = main, .arg = arg};
    bool enough = stack_use_begin(run);
    run_pace(run);
    if (enough) run->root.task = task_start(run, NULL, &plan);
    if (!run->root.task) {
        run_fail(run, TUTTI_OUTCOME_ERROR, TUTTI_ENOMEMORY, NULL, "no memory for the first task");
    }
    return 0;
}

int tutti_run(const struct tutti_world *world, int (*main)(void *arg), void *arg)
{
    struct tutti_world mine;
    _Alignas(CACHE_LINE) struct run run = {.code = 0}; /* what a switch needs is in two lines */
    enum run_turn turn;
    int rc = run_begin(&run, &mine, world, main, arg);
    if (rc < 0) return rc;
    while ((turn = run_turn(&run)) != RUN_ENDED) {
        if (turn == RUN_SLEEPS) run_sleep(&run);
    }
    run_end(&run);
    return run.code;
}

void tutti_run_last(struct tutti_run_stats *stats)
{
    *stats = run_last;
}

void tutti_check_failed(const struct tutti_site *site, const char *text)
{
    struct run *run = run_current;
    if (!run || !run->current) tutti_panic_at(site, "check failed outside a task: %s", text);
    run_fail(run, TUTTI_OUTCOME_CHECK, TUTTI_ECHECK, site, "check failed: %s", text);
    EMIT(run, WARN, .code = TUTTI_WARN_CHECK, .task = run->current->id, .name = text, .site = site);
    run_abandon(run);
}
