/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The run's deadlines: a 4-ary implicit heap of (time, order of arming) in one array, as in
 * D. B. Johnson, "Priority queues with update and finding minimum spanning trees", 1975. Four
 * children a node: the tree is half as deep as a binary one and a node's children share a line.
 *
 * A timer knows its slot, which it keeps while it is armed, and the slot knows the place in the
 * heap, which changes with other timers: so moving an entry touches this array only, and none of
 * thousands of tasks' stacks. The slots of the entries from heap_count on are the free ones. */
#include "tutti/core/run_priv.h"

enum { ARITY = 4 };

static bool earlier(const struct heap_entry *a, const struct heap_entry *b)
{
    return a->when_ns < b->when_ns || (a->when_ns == b->when_ns && a->order < b->order);
}

static inline void place(struct run *run, uint32_t at, const struct heap_entry *entry)
{
    struct heap_entry *to = &run->heap[at];
    to->when_ns = entry->when_ns;
    to->order = entry->order;
    to->timer = entry->timer;
    to->slot = entry->slot;
    run->heap[entry->slot].where = at;
}

/* Puts `entry` at `at`, which is a hole, or where it belongs further up. */
static inline void rise(struct run *run, uint32_t at, const struct heap_entry *entry)
{
    while (at > 0 && earlier(entry, &run->heap[(at - 1) / ARITY])) {
        place(run, at, &run->heap[(at - 1) / ARITY]);
        at = (at - 1) / ARITY;
    }
    place(run, at, entry);
}

/* The timer of the entry that has come to `at` is among the next to fire, if that is near the top.
 * Of thousands of sleeping tasks none is in the cache; so what waking it takes is fetched.      */
static inline void fetch_soon(const struct run *run, uint32_t at)
{
    if (at == 0 || at > ARITY) return;
    uintptr_t timer = (uintptr_t)run->heap[at].timer;
    uintptr_t task = timer - offsetof(struct tutti_task, timer); /* if it is one's */
    TUTTI_FETCH(timer);
    TUTTI_FETCH(task);
    TUTTI_FETCH(task + offsetof(struct tutti_task, wait));
}

/* The same further down. */
static void sink(struct run *run, uint32_t at, const struct heap_entry *entry)
{
    for (;;) {
        uint32_t child = at * ARITY + 1, least = child;
        if (child >= run->heap_count) break;
        for (uint32_t i = child + 1; i < child + ARITY && i < run->heap_count; i++) {
            if (earlier(&run->heap[i], &run->heap[least])) least = i;
        }
        if (!earlier(&run->heap[least], entry)) break;
        place(run, at, &run->heap[least]);
        fetch_soon(run, at);
        at = least;
    }
    place(run, at, entry);
}

/* The slots from `from` on are free. */
static void add_slots(struct run *run, uint32_t from)
{
    for (uint32_t i = from; i < run->heap_size; i++)
        run->heap[i].slot = i;
}

void heap_begin(struct run *run)
{
    run->heap = run->heap_inline;
    run->heap_size = HEAP_INLINE;
    add_slots(run, 0);
}

/* heap_reserve, where it is not done by counting. */
bool heap_reserve_more(struct run *run)
{
    if (TUTTI_UNLIKELY(run->heap_reserved == run->heap_size)) {
        uint32_t size = run->heap_size * 2;
        if (!mem_grow(run, (void **)&run->heap, run->heap_inline, sizeof *run->heap, run->heap_size,
                      size)) {
            return false;
        }
        uint32_t old = run->heap_size;
        run->heap_size = size;
        add_slots(run, old);
    }
    run->heap_reserved++;
    if (TUTTI_LIKELY(!run->step) || choose_reserve(run)) return true;
    run->heap_reserved--;
    return false;
}

static void touch_timer(struct run *run, const struct tutti_timer *timer)
{
    uint64_t path = timer->kind == TIMER_SCOPE
                        ? TUTTI_CONTAINER(timer, struct tutti_scope, timer)->path
                        : TUTTI_CONTAINER(timer, struct tutti_task, timer)->path;
    touch(run, path, TUTTI_PART_TIMER, TUTTI_ACCESS_WRITE);
}

/* Sets the timer, or moves it. TUTTI_NEVER disarms it. */
void heap_arm(struct run *run, struct tutti_timer *timer, int64_t when_ns)
{
    if (timer->slot) heap_disarm(run, timer);
    if (when_ns == TUTTI_NEVER) return;
    TUTTI_ASSERT(run->heap_count < run->heap_reserved);
    if (TOUCHES(run)) touch_timer(run, timer);
    run->heap_daemons += timer->daemon;
    uint32_t slot = run->heap[run->heap_count].slot;
    const struct heap_entry entry = {when_ns, run->heap_orders++, timer, slot, 0};
    timer->slot = slot + 1;
    rise(run, run->heap_count++, &entry);
    if (TUTTI_UNLIKELY(run->asleep)) run_nudge(run);
}

void heap_disarm(struct run *run, struct tutti_timer *timer)
{
    if (!timer->slot) return;
    uint32_t slot = timer->slot - 1, at = run->heap[slot].where;
    TUTTI_ASSERT(run->heap[at].timer == timer);
    if (TOUCHES(run)) touch_timer(run, timer);
    run->heap_daemons -= timer->daemon;
    timer->slot = 0;
    if (at == --run->heap_count) return; /* it was the last: blocks end in reverse order */
    const struct heap_entry last = run->heap[run->heap_count];
    run->heap[run->heap_count].slot = slot;
    if (at > 0 && earlier(&last, &run->heap[(at - 1) / ARITY])) {
        rise(run, at, &last);
    } else {
        sink(run, at, &last);
    }
}

/* Its time has come: wakes the task, or cancels the scope, that it is part of. */
void heap_fire(struct run *run, struct tutti_timer *timer)
{
    heap_disarm(run, timer);
    if (timer->kind == TIMER_SCOPE) {
        struct tutti_scope *scope = TUTTI_CONTAINER(timer, struct tutti_scope, timer);
        scope_expire(run, scope);
    } else {
        struct tutti_task *task = TUTTI_CONTAINER(timer, struct tutti_task, timer);
        park_wake(run, task->park, task->park->timeout, TUTTI_READY_TIMER);
    }
}
