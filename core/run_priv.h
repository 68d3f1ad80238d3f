/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/run_priv.h - the run and the task, as the files of core see them.
 *
 * Invariants:
 * - A task is running, ready (in exactly one of the run's two queues), parked (task->park is set
 *   and in no queue) or exited. `current` is the running one; NULL on the loop's own stack.
 * - task->scope is its innermost open scope; a child starts with its nursery's.
 * - scope->effective is up to date at all times: scope_refresh pushes changes down at once.
 * - The heap of deadlines has room for one entry for each task and each open scope, so arming never
 *   allocates (heap_reserve is where no memory is found).                                       */
#ifndef TUTTI_CORE_RUN_PRIV_H
#define TUTTI_CORE_RUN_PRIV_H

#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/finish.h"
#include "tutti/core/nursery.h"
#include "tutti/core/op.h"
#include "tutti/core/os_priv.h"
#include "tutti/core/stack_priv.h"
#include "tutti/core/task.h"
#include "tutti/core/token.h"
#include "tutti/core/world.h"

enum task_state { TASK_READY, TASK_RUNNING, TASK_PARKED, TASK_EXITED };
enum scope_state { SCOPE_UNUSED, SCOPE_OPEN, SCOPE_CLOSED, SCOPE_READY = TUTTI_SCOPE_READY };
enum timer_kind { TIMER_TASK, TIMER_SCOPE };

/* At the top of its own stack: a parked task costs the pages of its frames and no more. In lines of
 * the cache: the first two are what a switch touches, a start clears the second and third and sets
 * the others one by one.                                                                        */
struct tutti_task {
    void *sp;
    struct tutti_task *queue_next, *queue_prev;
    struct tutti_scope *scope;
    /* what it was doing when it last stopped */
    const char *op;
    const struct tutti_site *site;
    int64_t since_ns;
    int wake_result;
    uint8_t state;
    uint8_t wake_why;
    bool looks;  /* it is in a checkpoint: cancelled or not is seen when it goes on */
    bool daemon; /* it keeps no deadlock from being one */
    /* 0 when it starts, from here to cleared_end; whole lines */
    struct tutti_park *park;
    struct tutti_object *object; /* of what it was doing */
    uint64_t cancel_points, steps, schedule_points;
    struct tutti_timer timer;
    struct tutti_nursery *innermost;     /* its innermost open nursery */
    const struct tutti_site *scope_site; /* where its innermost own scope was opened */
    uint32_t children;                   /* children started in its nurseries so far */
    uint32_t scopes;                     /* scopes opened so far */
    uint32_t depth;                      /* its own scopes that are open */
    bool system;                         /* the runtime's own: no part of a deadlock */
    bool kept;                           /* it stays when it has ended (core/task_keep.h) */
    struct tutti_lock *held;             /* locks it owns */
    struct tutti_held *holdings;         /* what else it has to give back (core/held.h) */
    struct tutti_error *error;           /* the record of its latest error */
    struct tutti_starting *starting;     /* its start is under way (core/starting.h), or NULL */
    struct local *locals;                /* its variables, shared with others (core/local.h) */
    struct deferred *deferred;           /* what it is to do at its end, the latest first */
    /* who it is */
    _Alignas(CACHE_LINE) uint64_t id; /* cleared_end */
    uint64_t path;
    struct tutti_nursery *nursery; /* where it lives; NULL for the first */
    struct tutti_task *parent;     /* whose child it was made as: the first part of its path */
    struct tutti_task *sibling_next, *sibling_prev;
    struct tutti_task *all_next, *all_prev;
    uint32_t ordinal; /* its number among its parent's children */
    uint32_t made;    /* objects and blocks that it made so far */
    const struct tutti_site *started;
    int (*fn)(void *arg);
    void *arg;
    const char *name;          /* static, or on its own stack */
    void *fake_stack;          /* AddressSanitizer's */
    struct tutti_task *above;  /* if it is kept: its parent, */
    uint32_t keepers;          /* and how many are kept by it */
    struct tutti_park wait;    /* of park_own, */
    struct tutti_waiter place; /* and its place in a queue */
    struct stack stack;        /* last: the stack's own record is at its top */
};
_Static_assert(offsetof(struct tutti_task, park) == CACHE_LINE, "the first line is set");
_Static_assert(offsetof(struct tutti_task, stack) + sizeof(struct stack) ==
                   sizeof(struct tutti_task),
               "what is at the top of a stack is the record's end");

struct task_queue {
    struct tutti_task *first, *last;
};

struct heap_entry {
    int64_t when_ns;
    uint64_t order; /* of arming: ties are served in it */
    struct tutti_timer *timer;
    uint32_t slot;  /* the timer's */
    uint32_t where; /* not of this entry: where that of the slot with this index is */
};

enum { HEAP_INLINE = 16, CANDIDATES_INLINE = 48 };

/* All there is to one call of tutti_run; on its caller's stack, or in a struct tutti_loop. */
struct run {
    const struct tutti_world *world;
    struct tutti_task *current;
    struct task_queue ready;     /* batch mode: the rest of this pass */
    struct task_queue incoming;  /* batch mode: the next pass; step mode: unused */
    struct task_queue *wakes_go; /* which of the two a woken task joins */
    uint64_t events;             /* the sink's mask; 0 when nobody listens */
    bool slow;                   /* anything but the next of the queue may have to be done */
    bool asks;                   /* the picker wants to be asked who runs */
    bool step;                   /* step mode */
    bool over;                   /* no further step */
    bool now_known;
    bool advances; /* step mode: to wait was chosen; the loop is to do it */
    int64_t now_ns, clock_base_ns;
    uint64_t steps_max, steps_left; /* steps so far are the difference */
    /* deadlines */
    struct heap_entry *heap;
    uint32_t heap_count, heap_size, heap_reserved;
    uint32_t heap_daemons; /* of heap_count, timers of daemons */
    uint64_t heap_orders;
    /* choices */
    struct tutti_candidate *candidates;
    void **targets; /* what each candidate stands for */
    uint32_t candidates_size, targets_size, candidates_count;
    uint32_t cancels_left, lags_left;
    uint64_t last_path;                /* step mode: of the task that took the last step */
    struct tutti_footprint *footprint; /* of the steps, if the picker wants it */
    bool points;                       /* accesses are schedule points */
    bool calling_back;                 /* but not in functions of the user's that core calls */
    uint32_t made;                     /* objects and blocks, by no task */
    /* everything alive */
    struct tutti_scope root;
    struct tutti_task *all_first, *all_last;
    struct tutti_token *tokens; /* those that are open */
    uint64_t living;            /* tasks; apart from other counts: gcc adds to two at once, and
                                 * then neither comes out of the store buffer alone */
    uint32_t systems;           /* how many of the living are the runtime's own */
    uint32_t parentless; /* tasks started so far that live in no nursery: main is the first */
    uint64_t tasks, ids, choices;
    uint32_t ops_pending;
    uint32_t ops_daemons;              /* of these, operations of daemons */
    uint32_t ops_reading, ops_writing; /* of these, those that wait in a direction */
    uint32_t external;                 /* pieces of work that go on outside (core/external.h) */
    uint64_t steps_at_poll;
    struct tutti_lot idlers; /* tasks in tutti_wait_all_blocked */
    uint64_t idle_step;      /* the step after which it was found idle */
    int64_t idle_since_ns;
    struct mem_block *blocks;
    struct stack_pool *stacks;
    size_t stack_size;
    bool unguarded_told;
    bool embedded; /* somebody else's loop drives it, a pass at a time */
    bool passed;   /* embedded: this step's pass has begun */
    bool between;  /* embedded: no step is being made */
    bool asleep;   /* embedded: between two steps; what happens now is to wake the host */
    /* the loop's own context */
    void *loop_sp;
    void *loop_fake_stack;
    const void *loop_stack_low;
    size_t loop_stack_size;
    /* system tasks, and what ends them */
    struct tutti_nursery system; /* open from the first one on */
    uint32_t system_tasks;
    bool main_ended;
    struct tutti_error *crash; /* of a system task: the first one's record */
    bool crashed;
    struct local *locals;       /* variables of the run */
    struct tutti_error *unread; /* of the task that is ending (core/block.c) */
    struct stack_uses *stack_uses;
    bool shuffles;   /* the order inside a pass is shuffled */
    uint64_t chance; /* by this generator, its state */
    /* how it ends */
    int code;
    enum tutti_outcome outcome;
    struct tutti_error *error;
    const char *fail_what; /* whose code it is, in words */
    const struct tutti_site *fail_site;
    uint64_t waits;
    char message[256];
    struct heap_entry heap_inline[HEAP_INLINE];
    struct tutti_candidate candidates_inline[CANDIDATES_INLINE];
    void *targets_inline[CANDIDATES_INLINE];
};

/* A run that somebody else's loop drives: in the world's memory. */
struct tutti_loop {
    struct run run;
    struct tutti_world world;
};

extern TUTTI_FAST_TLS _Thread_local struct run *run_current;

/* The run, or a panic that names the caller: for calls that make sense inside one only. */
struct run *run_require(const struct tutti_site *site);
/* The same, and a task is running. */
static inline struct run *run_require_task(const struct tutti_site *site)
{
    struct run *run = run_current;
    if (TUTTI_UNLIKELY(!run || !run->current)) {
        tutti_panic_at(site, "called outside a task of a run");
    }
    return run;
}

/* run.c: steps and ends */
/* The calling task `from` stops here. Returns when it is its turn again: what it was woken with, or
 * TUTTI_ECANCELED. To be called last and its result returned, if that is possible: then compilers
 * make jumps of it, and the task goes on right in the code of the user's (context_x86_64.S).    */
int run_switch(struct run *run, struct tutti_task *from);
/* On the loop's own stack: the task goes on; returns when nobody can but the loop. */
void switch_from_loop(struct run *run, struct tutti_task *task);
/* Back to the loop, without saving anything. Does not return. */
void switch_for_good(struct run *run);
/* The calling task has ended; it does not come back. To be called last, too. */
int run_leave(struct run *run);
TUTTI_NORETURN void run_abandon(struct run *run);
void run_fail(struct run *run, enum tutti_outcome outcome, int code, const struct tutti_site *site,
              const char *format, ...) TUTTI_PRINTF(5, 6);
int64_t run_now(struct run *run);
void run_pace(struct run *run);
void run_failed(struct run *run, int code, struct tutti_error *record);
void run_nudge(struct run *run);

/* run.c: the loop, in pieces */
enum run_turn { RUN_ENDED, RUN_AGAIN, RUN_SLEEPS };
int run_begin(struct run *run, struct tutti_world *mine, const struct tutti_world *world,
              int (*main)(void *arg), void *arg);
enum run_turn run_turn(struct run *run);
void run_sleep(struct run *run);
void run_end(struct run *run);
static inline uint64_t run_id(struct run *run)
{
    return ++run->ids;
}

/* May something come from outside? */
static inline bool run_expects(const struct run *run)
{
    return run->ops_pending || ((run->tokens || run->external) && run->world->outside);
}

/* choose.c: who is next */
static inline uint64_t run_steps(const struct run *run)
{
    return run->steps_max - run->steps_left;
}
static inline void queue_push(struct task_queue *queue, struct tutti_task *task)
{
    task->queue_next = NULL;
    task->queue_prev = queue->last; /* of the first one it is never read */
    if (queue->first) {
        queue->last->queue_next = task;
    } else {
        queue->first = task;
    }
    queue->last = task;
}
struct tutti_task *choose_next(struct run *run);
void step_ends(struct run *run);
void choose_wait(struct run *run, int64_t until_ns);
uint32_t choose_asked(struct run *run, enum tutti_choice_kind kind, uint32_t of);
/* A choice inside a step: 0 unless the picker wants to be asked for its kind. */
static inline uint32_t choose_value(struct run *run, enum tutti_choice_kind kind, uint32_t of)
{
    const struct tutti_pick *picker = run->world->pick;
    if (TUTTI_LIKELY(!picker || !(picker->mask & (1u << kind)))) return 0;
    return choose_asked(run, kind, of);
}
bool choose_reserve(struct run *run);
bool choose_can_wait(const struct run *run);
void shuffle(struct run *run, struct task_queue *queue);

/* emit.c: what is told */
void emit(struct run *run, struct tutti_trace_event *event);
#define EMITS(run, KIND) TUTTI_UNLIKELY((run)->events &TUTTI_EVENT_BIT(KIND))
#define EMIT(run, KIND, ...)                                                                       \
    do {                                                                                           \
        if (EMITS(run, KIND)) {                                                                    \
            struct tutti_trace_event emit_ = {.kind = TUTTI_EVENT_##KIND, __VA_ARGS__};            \
            emit(run, &emit_);                                                                     \
        }                                                                                          \
    } while (0)

/* heap.c: deadlines */
bool heap_reserve_more(struct run *run);
/* Makes room for one timer more; false: no memory. */
static inline bool heap_reserve(struct run *run)
{
    if (TUTTI_UNLIKELY(run->heap_reserved == run->heap_size || run->step)) {
        return heap_reserve_more(run);
    }
    run->heap_reserved++;
    return true;
}
static inline void heap_unreserve(struct run *run)
{
    TUTTI_ASSERT(run->heap_reserved > 0);
    run->heap_reserved--;
}
void heap_arm(struct run *run, struct tutti_timer *timer, int64_t when_ns);
void heap_disarm(struct run *run, struct tutti_timer *timer);
static inline int64_t heap_first(const struct run *run)
{
    return run->heap_count ? run->heap[0].when_ns : TUTTI_NEVER;
}
/* The entry of a timer that is armed. */
static inline struct heap_entry *heap_entry_of(const struct run *run,
                                               const struct tutti_timer *timer)
{
    return &run->heap[run->heap[timer->slot - 1].where];
}
void heap_begin(struct run *run);
void heap_fire(struct run *run, struct tutti_timer *timer);

/* access.c: what the step at hand touches, if anybody wants to know */
#define TOUCHES(run) TUTTI_UNLIKELY((run)->footprint != NULL)
#define TOUCH(run, path, part, mode)                                                               \
    do {                                                                                           \
        if (TOUCHES(run)) touch(run, path, TUTTI_PART_##part, TUTTI_ACCESS_##mode);                \
    } while (0)
void touch(struct run *run, uint64_t path, uint64_t part, enum tutti_access_mode mode);
void touch_begin(struct run *run, const struct tutti_task *task);
void touch_wait(struct run *run, const struct tutti_task *task, enum tutti_access_mode mode);
void touch_chain(struct run *run, const struct tutti_scope *scope);
void touch_canceller(struct run *run, const struct tutti_scope *scope);
void touch_close(struct run *run, const struct tutti_scope *scope);
void touch_join(struct run *run, const struct tutti_lot *lot);
void touch_leave(struct run *run, const struct tutti_lot *lot);
void touch_wake(struct run *run, const struct tutti_park *park);
void touch_opener(struct run *run, const struct tutti_nursery *nursery,
                  enum tutti_access_mode mode);
void touch_end(struct run *run, const struct tutti_nursery *nursery);
void touch_failure(struct run *run, const struct tutti_nursery *nursery, int rc);
void touch_join_again(struct run *run, const struct tutti_nursery *nursery);
void touch_joined(struct run *run, const struct tutti_nursery *nursery);
void touch_move(struct run *run, const struct tutti_nursery *from, struct tutti_nursery *to);
void touch_start(struct run *run, const struct tutti_task *task, struct tutti_nursery *nursery);
void touch_cancel(struct run *run, const struct tutti_task *task);
void touch_look(struct run *run, const struct tutti_object *object);
/* What is looked at is the order of things that need not have any: see struct tutti_footprint. */
static inline void run_looked(void)
{
    if (run_current && TOUCHES(run_current)) run_current->footprint->ids_read = true;
}
/* An object is looked at, all of it. */
static inline void object_look(const struct tutti_object *object)
{
    struct run *run = run_current;
    if (run && TOUCHES(run)) touch_look(run, object);
}
/* An object that is one to the explorer, too; not those with rules of their own. */
static inline void object_touch(struct run *run, const struct tutti_object *object,
                                enum tutti_access_mode mode)
{
    if (!TOUCHES(run) || object->kind == TUTTI_OBJECT_LOCK || object->kind == TUTTI_OBJECT_CHAN) {
        return;
    }
    touch(run, object->path, TUTTI_PART_QUEUE, mode);
}

/* task.c */
/* What a new task is to be. */
struct task_plan {
    const char *name;
    bool name_copied; /* the name may go away: the task keeps a copy */
    int (*fn)(void *arg);
    void *arg;
    size_t copy_size; /* not 0: the task gets a copy of so many bytes at arg */
    const struct tutti_site *site;
    struct tutti_nursery *lineage; /* not NULL: it is counted as a child of this one's opener */
};
struct tutti_task *task_start(struct run *run, struct tutti_nursery *nursery,
                              const struct task_plan *plan);
void task_tell_ready(struct run *run, const struct tutti_task *task, uint64_t obj);
/* The task is ready to take a step from now on, since something happened to the object `obj`. */
static inline void task_ready(struct run *run, struct tutti_task *task, enum tutti_ready_why why,
                              uint64_t obj)
{
    task->state = TASK_READY;
    task->wake_why = (uint8_t)why;
    queue_push(run->wakes_go, task);
    if (EMITS(run, TASK_READY)) task_tell_ready(run, task, obj);
}
int task_yield(struct run *run, struct tutti_task *task, const char *op,
               struct tutti_object *object, const struct tutti_site *site);
int task_yield_to(struct run *run, struct tutti_task *task, struct tutti_task *next, const char *op,
                  const struct tutti_site *site);
/* What the call returns by which the task stopped whose turn it is now. Plain: what it was woken
 * with, and there is nothing to tell. */
static inline bool task_result_is_plain(const struct tutti_task *task)
{
    return task->wake_result >= 0 && !task->scope->effective;
}
int task_result(struct run *run, struct tutti_task *task);
int task_cancelled(struct run *run, struct tutti_task *task, const char *op,
                   const struct tutti_site *site);
/* tutti_checkpoint_if_cancelled, without a call where there is nothing to do. */
static inline int task_check(struct run *run, const struct tutti_site *site)
{
    if (TUTTI_UNLIKELY(run->current->scope->effective)) {
        return tutti_checkpoint_if_cancelled_at(site);
    }
    if (TOUCHES(run)) touch_chain(run, run->current->scope);
    run->current->cancel_points++;
    EMIT(run, TASK_CK, .task = run->current->id, .site = site);
    return 0;
}
void task_drop_all(struct run *run);
void task_move(struct tutti_task *task, struct tutti_nursery *nursery);

int error_bare(struct run *run, int code); /* error.c */

/* park.c */
int park(struct run *run, struct tutti_park *park); /* park_priv.h has more */
int park_in(struct run *run, struct tutti_lot *lot, const char *op, const struct tutti_site *site);
void park_wake(struct run *run, struct tutti_park *park, int result, enum tutti_ready_why why);
void park_cancel(struct run *run, struct tutti_task *task);
void object_init(struct run *run, struct tutti_object *object, enum tutti_object_kind kind,
                 const char *name, int64_t cap, const struct tutti_site *site);
void object_tell(struct run *run, const struct tutti_object *object, const struct tutti_task *task,
                 const char *op, uint32_t queue);
/* Tells of an effect on an object that did not park the task. */
static inline void object_op(struct run *run, const struct tutti_object *object, const char *op,
                             uint32_t queue)
{
    object_touch(run, object, TUTTI_ACCESS_WRITE);
    if (EMITS(run, OBJ_OP)) object_tell(run, object, run->current, op, queue);
}

/* scope.c */
int scope_enter(struct run *run, struct tutti_scope *scope, struct tutti_nursery *nursery,
                int64_t deadline_ns, const struct tutti_site *site);
bool scope_enter_root(struct run *run, struct tutti_scope *scope, struct tutti_nursery *nursery,
                      const struct tutti_site *site);
int scope_leave(struct run *run, struct tutti_scope *scope, int rc, const struct tutti_site *site);
void scope_cancel(struct run *run, struct tutti_scope *scope, enum tutti_cancel_why why,
                  const struct tutti_site *site);
void scope_refresh(struct run *run, struct tutti_scope *top);
void scope_move_all(struct run *run, struct tutti_scope *from, struct tutti_scope *to);
int64_t scope_deadline(const struct tutti_scope *innermost);
void scope_cancel_info(struct run *run, struct tutti_scope *scope,
                       const struct tutti_cancel_info *info);
void scope_expire(struct run *run, struct tutti_scope *scope);
void scope_move_deadline(struct run *run, struct tutti_scope *scope, int64_t deadline_ns);
struct tutti_scope *scope_next(struct tutti_scope *top, struct tutti_scope *scope, bool inside);

/* idle.c */
int64_t idle_or_timer(struct run *run);
void idle_look(struct run *run);

/* nursery.c */
void nursery_child_failed(struct run *run, struct tutti_task *task, int rc);
void nursery_poke(struct run *run, struct tutti_nursery *nursery);
/* All that the nursery waits for before it ends its services. */
static inline uint32_t nursery_ordinary(const struct tutti_nursery *nursery)
{
    return nursery->children - nursery->services + nursery->pending;
}
/* Is there something for nursery_poke to do? */
static inline bool nursery_may_go_on(const struct tutti_nursery *nursery)
{
    return nursery->max_tasks || (nursery->join && !nursery_ordinary(nursery));
}
bool nursery_is_full(const struct tutti_nursery *nursery);
int nursery_refuses(const struct tutti_nursery *nursery, const char *name, bool has_fn,
                    size_t copy_size, const struct tutti_site *site);
/* Can a task be started like this? 0, or why not. */
static inline int nursery_start_check(const struct tutti_nursery *nursery, const char *name,
                                      bool has_fn, size_t copy_size, const struct tutti_site *site)
{
    bool can = has_fn && name && copy_size <= TUTTI_COPY_MAX && nursery->scope.state == SCOPE_OPEN;
    if (TOUCHES(run_current)) touch_opener(run_current, nursery, TUTTI_ACCESS_READ);
    return TUTTI_LIKELY(can) ? 0 : nursery_refuses(nursery, name, has_fn, copy_size, site);
}
int nursery_take_place(struct run *run, struct tutti_nursery *nursery,
                       const struct tutti_site *site);
struct tutti_task *nursery_start(struct run *run, struct tutti_nursery *nursery,
                                 const struct task_plan *plan);

/* block.c */
int block_unread(struct run *run, struct tutti_task *task, int rc);

/* service.c */
void service_stop(struct run *run, struct tutti_nursery *nursery);

/* lot_break.c: the code of who comes to a broken lot */
int lot_broken(const struct tutti_lot *lot, const struct tutti_site *site);

/* system.c */
void system_task_failed(struct run *run, int rc, struct tutti_error *record,
                        const struct tutti_site *site);
void system_main_ended(struct run *run);
void system_close(struct run *run);

/* local.c: lists of variables, shared by those who have the same */
struct local *local_share(struct local *locals);
void local_drop(struct run *run, struct local *locals);

/* defer.c: runs what a task deferred; returns what the task ends with */
int defer_run(struct run *run, struct tutti_task *task, int rc);

/* stack_use.c */
bool stack_use_begin(struct run *run);
void stack_use_fill(struct tutti_task *task);
void stack_use_note(struct run *run, const struct tutti_task *task);
void stack_use_tell(const struct run *run);

/* token.c */
void token_notice(struct run *run);
void token_close_all(struct run *run);
void token_drop_all(struct run *run);
uint64_t token_waiting(const struct run *run);

/* op.c: an operation more that is not complete (1), or less (-1) */
void op_count(struct run *run, const struct tutti_op *op, int change);

/* held.c */
void held_task_exits(struct run *run, struct tutti_task *task);
void kept_drop_all(struct run *run); /* task_keep.c: the run drops its tasks */

/* sync.c */
void lock_owner_exits(struct run *run, struct tutti_task *task);

/* mem.c: blocks with site NULL are core's own and no leak */
struct mem_block;
void *mem_take(struct run *run, size_t size, const struct tutti_site *site);
void mem_give(struct run *run, void *pointer, const struct tutti_site *site);
bool mem_region(const struct run *run, const char *address, struct tutti_region *region);
bool mem_grow(struct run *run, void **array, const void *inline_array, size_t item, uint32_t old,
              uint32_t count);
void mem_drop(struct run *run, void *array, const void *inline_array, size_t bytes);
/* memset to 0 of so many bytes as the compiler knows, a line of the cache at a time: of more at
 * once gcc makes a `rep stos`, which takes longer than a switch. */
static inline void mem_clear(void *memory, size_t size)
{
    char *line = memory;
    for (; size >= CACHE_LINE; line += CACHE_LINE, size -= CACHE_LINE)
        memset(line, 0, CACHE_LINE);
    memset(line, 0, size);
}
bool mem_leaks(struct run *run, char *text, size_t size, const struct tutti_site **site);
void mem_free_all(struct run *run);

/* error.c */
void fault_report(const struct tutti_site *site, const char *message);
void error_drop(struct run *run, struct tutti_error *error);
void error_also(struct run *run, struct tutti_error *first, struct tutti_error *record,
                const struct tutti_object *object);
struct tutti_error *error_take(struct run *run, struct tutti_task *task, int code,
                               const struct tutti_site *site);

/* report.c */
size_t report_deadlock(struct run *run, char *buffer, size_t size);
uint64_t report_waits(const struct run *run);

/* FNV-1a's step, on whole words: paths of things, the same in every run (see RFC 9923). */
enum path_kind { PATH_TASK = 1, PATH_SCOPE, PATH_OBJECT, PATH_BLOCK, PATH_STACK };
static inline uint64_t path_hash(uint64_t parent, enum path_kind kind, uint32_t ordinal)
{
    uint64_t hash = (parent ^ ((uint64_t)kind << 32 | ordinal)) * UINT64_C(0x100000001b3);
    hash ^= hash >> 29; /* the high bits came from the low ones only */
    return hash * UINT64_C(0x9e3779b97f4a7c15);
}

#endif
