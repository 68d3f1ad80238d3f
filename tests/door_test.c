/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A second world, made here without touching core: an io whose operations take time and can be
 * stopped, a picker that takes the last candidate, an allocator that counts and fails, a sink that
 * breaks. What core promises about the five doors is what these see.                             */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scarce.h"
#include "tiny_world.h"
#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/sync.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

/* An io of our own: op->offset is how long the operation takes, op->length what it returns. */
enum { PENDING_MAX = 8 };
struct slow_io {
    struct tiny_world tiny;
    struct tutti_op *pending[PENDING_MAX];
    int64_t due_ns[PENDING_MAX];
    int64_t longest_ns; /* that core wanted to wait at once */
    int stops;
    bool result_beats_stop;
};

static int slow_start(struct tutti_io *io, struct tutti_op *op)
{
    struct slow_io *slow = TUTTI_CONTAINER(io, struct slow_io, tiny.io);
    op->result = (int64_t)op->length;
    if (op->offset == 0) return TUTTI_IO_DONE;
    for (int i = 0; i < PENDING_MAX; i++) {
        if (slow->pending[i]) continue;
        slow->pending[i] = op;
        slow->due_ns[i] = slow->tiny.now_ns + op->offset;
        return TUTTI_IO_PENDING;
    }
    op->result = TUTTI_EBUSY;
    return TUTTI_IO_DONE;
}

static void slow_stop(struct tutti_io *io, struct tutti_op *op)
{
    struct slow_io *slow = TUTTI_CONTAINER(io, struct slow_io, tiny.io);
    slow->stops++;
    if (slow->result_beats_stop) return;
    for (int i = 0; i < PENDING_MAX; i++) {
        if (slow->pending[i] != op) continue;
        slow->due_ns[i] = slow->tiny.now_ns;
        op->result = TUTTI_ECANCELED;
    }
}

static struct tutti_op *slow_wait(struct tutti_io *io, int64_t until_ns)
{
    struct slow_io *slow = TUTTI_CONTAINER(io, struct slow_io, tiny.io);
    struct tutti_op *done = NULL, **last = &done;
    int64_t next_ns = until_ns;
    int64_t wait_ns = until_ns - slow->tiny.now_ns;
    if (until_ns != TUTTI_NEVER && wait_ns > slow->longest_ns) slow->longest_ns = wait_ns;
    for (int i = 0; i < PENDING_MAX; i++) {
        if (slow->pending[i] && slow->due_ns[i] < next_ns) next_ns = slow->due_ns[i];
    }
    if (next_ns > slow->tiny.now_ns) slow->tiny.now_ns = next_ns;
    for (int i = 0; i < PENDING_MAX; i++) {
        if (!slow->pending[i] || slow->due_ns[i] > slow->tiny.now_ns) continue;
        *last = slow->pending[i];
        last = &slow->pending[i]->next;
        slow->pending[i] = NULL;
    }
    *last = NULL;
    return done;
}

static void slow_io_init(struct slow_io *slow)
{
    *slow = (struct slow_io){.stops = 0};
    tiny_world_init(&slow->tiny);
    slow->tiny.io = (struct tutti_io){slow_start, slow_stop, slow_wait, tiny_wake, NULL, NULL};
}

static struct slow_io slow;

static int perform(int64_t result, int64_t takes_ns)
{
    struct tutti_op op = {.kind = TUTTI_OP_READ, .length = (size_t)result, .offset = takes_ns};
    return tutti_op_perform(&op);
}

static int reader_30(void *arg)
{
    int rc = perform(7, 30);
    tutti_check(rc == 7 && tutti_now() == 30);
    *(int *)arg += rc;
    return 0;
}

static int reader_10(void *arg)
{
    int rc = perform(5, 10);
    tutti_check(rc == 5 && tutti_now() == 10);
    *(int *)arg += rc;
    return 0;
}

static int two_readers(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, reader_30, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, reader_10, arg));
    tutti_check(perform(3, 0) == 3);
    TUTTI_TRY(tutti_sleep(20));
    tutti_check(*(int *)arg == 5);
    return 0;
}

static int operations(void *arg)
{
    int sum = 0;
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(two_readers, &sum));
    tutti_check(sum == 12);
    return 0;
}

static int read_too_long(void *arg)
{
    (void)arg;
    return perform(9, 100);
}

/* R14: complete at the very time of a deadline is in time; the next checkpoint tells of it. */
static int io_and_deadline(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, tutti_now() + 10));
    int rc = perform(9, 10);
    tutti_check(rc == 9 && tutti_now() == 10);
    rc = tutti_checkpoint();
    tutti_check(rc == TUTTI_ECANCELED);
    return tutti_scope_close(&scope, rc);
}

static void R14_io_before_deadline(void **state)
{
    (void)state;
    slow_io_init(&slow);
    assert_int_equal(tutti_run(&slow.tiny.world, io_and_deadline, NULL), 0);
    assert_int_equal(slow.stops, 0);
}

struct busy {
    bool done;
    int turns;
};

static int turns_until_done(void *arg)
{
    struct busy *busy = arg;
    while (!busy->done && busy->turns < 1000) {
        busy->turns++;
        slow.tiny.now_ns++;
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int busy_body(struct tutti_nursery *nursery, void *arg)
{
    struct busy *busy = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, turns_until_done, busy));
    int rc = perform(4, 10);
    busy->done = true;
    return rc == 4 ? 0 : TUTTI_ESTATE;
}

/* A task that is always ready does not keep the world from being looked at. */
static int among_busy(void *arg)
{
    struct busy busy = {.turns = 0};
    (void)arg;
    TUTTI_TRY(tutti_nursery_run(busy_body, &busy));
    tutti_check(busy.turns >= 10 && busy.turns < 100);
    return 0;
}

static void R14_looked_at_while_busy(void **state)
{
    (void)state;
    slow_io_init(&slow);
    assert_int_equal(tutti_run(&slow.tiny.world, among_busy, NULL), 0);
}

enum { HOUR_S = 3600 };

/* R41: however far a deadline is, core waits a day at most before it looks again. */
static int long_operation(void *arg)
{
    struct tutti_scope scope;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&scope, 100 * HOUR_S * TUTTI_S));
    int rc = perform(9, 50 * HOUR_S * TUTTI_S);
    tutti_check(rc == 9 && tutti_now() == 50 * HOUR_S * TUTTI_S);
    return tutti_scope_close(&scope, 0);
}

static void R41_a_day_at_most(void **state)
{
    (void)state;
    slow_io_init(&slow);
    assert_int_equal(tutti_run(&slow.tiny.world, long_operation, NULL), 0);
    assert_int_equal(slow.longest_ns, 24 * HOUR_S * TUTTI_S);
}

static int stopped_operation(void *arg)
{
    (void)arg;
    int rc = tutti_move_on_after(10, read_too_long, NULL);
    tutti_check(rc == (slow.result_beats_stop ? 9 : 0));
    tutti_check(slow.stops == 1);
    tutti_check(tutti_now() == (slow.result_beats_stop ? 100 : 10));
    return 0;
}

static void own_io(void **state)
{
    (void)state;
    slow_io_init(&slow);
    assert_int_equal(tutti_run(&slow.tiny.world, operations, NULL), 0);
    slow_io_init(&slow);
    assert_int_equal(tutti_run(&slow.tiny.world, stopped_operation, NULL), 0);
    slow_io_init(&slow);
    slow.result_beats_stop = true;
    assert_int_equal(tutti_run(&slow.tiny.world, stopped_operation, NULL), 0);
}

/* A picker of our own: the last of all candidates, and what it was asked. */
struct last_pick {
    struct tutti_pick pick;
    int asked, tasks, timers, cancels, advances;
    uint32_t answer_from_end;
    bool avoid_cancels;
};

static uint32_t pick_last(struct tutti_pick *base, const struct tutti_choice *choice)
{
    struct last_pick *last = TUTTI_CONTAINER(base, struct last_pick, pick);
    last->asked++;
    assert_true(choice->of >= 2);
    uint32_t best = 0;
    for (uint32_t i = 0; choice->candidates && i < choice->of; i++) {
        enum tutti_candidate_what what = choice->candidates[i].what;
        last->tasks += what == TUTTI_CANDIDATE_TASK;
        last->timers += what == TUTTI_CANDIDATE_TIMER;
        last->cancels += what == TUTTI_CANDIDATE_CANCEL;
        last->advances += what == TUTTI_CANDIDATE_ADVANCE;
        if (what == TUTTI_CANDIDATE_TASK || !last->avoid_cancels) best = i;
    }
    return best;
}

struct order {
    int log[8], count;
};

static int note(void *arg)
{
    struct order *order = *(struct order **)arg;
    order->log[order->count++] = (int)tutti_task_id(tutti_task_self());
    return 0;
}

static int three_notes(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, note, &arg, sizeof arg));
    }
    return 0;
}

static struct order order;

static int notes(void *arg)
{
    (void)arg;
    order.count = 0;
    return tutti_nursery_run(three_notes, &order);
}

static bool falling(const struct order *seen)
{
    return seen->count == 3 && seen->log[0] > seen->log[1] && seen->log[1] > seen->log[2];
}

static void own_picker(void **state)
{
    struct tiny_world tiny;
    (void)state;
    tiny_world_init(&tiny);
    assert_int_equal(tutti_run(&tiny.world, notes, NULL), 0);
    assert_true(order.log[0] < order.log[1] && order.log[1] < order.log[2]);
    for (int step = 0; step < 2; step++) {
        struct last_pick last = {
            .pick = {.mask = 1u << TUTTI_CHOICE_RUN, .step = step == 1, .pick = pick_last}};
        tiny.world.pick = &last.pick;
        assert_int_equal(tutti_run(&tiny.world, notes, NULL), 0);
        assert_true(falling(&order));
        assert_int_equal(last.asked, 2);
    }
}

static int nap(void *arg)
{
    (void)arg;
    return tutti_sleep(5);
}

static int naps(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, nap, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, nap, arg));
    return tutti_move_on_at(TUTTI_NEVER, nap, NULL);
}

static int nappers(void *arg)
{
    (void)arg;
    return tutti_nursery_run(naps, NULL);
}

/* In step mode the pseudo-tasks are candidates: cancellers, due timers, waiting for the clock. */
static void pseudo_tasks(void **state)
{
    struct tiny_world tiny;
    struct last_pick last = {
        .pick = {.mask = 1u << TUTTI_CHOICE_RUN, .step = true, .cancels_max = 1, .pick = pick_last},
        .avoid_cancels = true};
    struct tutti_run_stats stats;
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.pick = &last.pick;
    assert_int_equal(tutti_run(&tiny.world, nappers, NULL), 0);
    assert_true(last.tasks > 0 && last.timers > 0 && last.cancels > 0 && last.advances > 0);
    last.avoid_cancels = false;
    assert_int_equal(tutti_run(&tiny.world, nappers, NULL), 0);
    tutti_run_last(&stats);
    assert_int_equal(stats.cancels, 1);
}

/* A picker may drop the run where it stands; the next run in the same process is whole. */
static uint32_t pick_stop(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    (void)pick, (void)choice;
    return TUTTI_PICK_STOP;
}

static void stopped_run(void **state)
{
    struct tiny_world tiny;
    struct tutti_pick stop = {.mask = 1u << TUTTI_CHOICE_RUN, .step = true, .pick = pick_stop};
    struct tutti_run_stats stats;
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.pick = &stop;
    assert_int_equal(tutti_run(&tiny.world, notes, NULL), TUTTI_EABANDONED);
    tutti_run_last(&stats);
    assert_int_equal(stats.outcome, TUTTI_OUTCOME_ABANDONED);
    tiny.world.pick = NULL;
    assert_int_equal(tutti_run(&tiny.world, notes, NULL), 0);
}

static int hungry(void *arg)
{
    void *one = tutti_malloc(100);
    (void)arg;
    if (!one) return tutti_error(TUTTI_ENOMEMORY, "the first");
    void *two = tutti_malloc(200);
    if (!two) {
        tutti_free(one);
        return tutti_error(TUTTI_ENOMEMORY, "the second");
    }
    int rc = notes(NULL);
    tutti_free(two);
    tutti_free(one);
    return rc;
}

static void own_allocator(void **state)
{
    struct tiny_world tiny;
    struct scarce scarce = {.alloc = {scarce_resize}};
    struct tutti_options quiet = {.quiet = true};
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.alloc = &scarce.alloc;
    tiny.world.options = &quiet;
    int rc = TUTTI_ENOMEMORY;
    for (int n = 0; rc < 0; n++) {
        scarce.calls_left = n;
        rc = tutti_run(&tiny.world, hungry, NULL);
        assert_true(rc == 0 || rc == TUTTI_ENOMEMORY);
        assert_int_equal(scarce.bytes, 0);
        assert_true(n < 20);
    }
}

/* Step mode reserves room for candidates: refused at any place, asked for again, it holds. */
static int many_deadlines(void *arg)
{
    static struct tutti_scope scopes[60];
    int opened = 0, rc = 0;
    (void)arg;
    for (int tries = 0; opened < 60 && tries < 80; tries++) {
        rc = tutti_scope_open(&scopes[opened], 10);
        if (rc == 0) opened++;
    }
    tutti_check(opened == 60);
    rc = tutti_sleep_forever();
    while (opened > 0)
        rc = tutti_scope_close(&scopes[--opened], rc);
    return rc;
}

static uint32_t pick_first(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    (void)pick, (void)choice;
    return 0;
}

/* An allocator that fails one call, the n-th, and works again. */
struct once_scarce {
    struct tutti_alloc alloc;
    int calls, fails;
};

static void *once_resize(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    struct once_scarce *scarce = TUTTI_CONTAINER(alloc, struct once_scarce, alloc);
    (void)old_size;
    if (size > 0 && scarce->calls++ == scarce->fails) return NULL;
    if (size > 0) return realloc(old, size);
    free(old);
    return NULL;
}

static void room_for_candidates(void **state)
{
    struct tiny_world tiny;
    struct tutti_pick first = {
        .mask = 1u << TUTTI_CHOICE_RUN, .step = true, .cancels_max = 1, .pick = pick_first};
    (void)state;
    for (int n = 0; n < 12; n++) {
        struct once_scarce scarce = {.alloc = {once_resize}, .fails = n};
        tiny_world_init(&tiny);
        tiny.world.pick = &first;
        tiny.world.alloc = &scarce.alloc;
        assert_int_equal(tutti_run(&tiny.world, many_deadlines, NULL), 0);
    }
}

/* A sink that breaks is removed; the run goes on. */
static int sink_calls;

static int broken_event(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink, (void)event;
    return ++sink_calls == 3 ? -1 : 0;
}

static void broken_sink(void **state)
{
    struct tiny_world tiny;
    struct tutti_sink sink = {.mask = UINT64_MAX, .event = broken_event};
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.sink = &sink;
    sink_calls = 0;
    assert_int_equal(tutti_run(&tiny.world, notes, NULL), 0);
    assert_int_equal(sink_calls, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_io),
        cmocka_unit_test(R14_io_before_deadline),
        cmocka_unit_test(R14_looked_at_while_busy),
        cmocka_unit_test(R41_a_day_at_most),
        cmocka_unit_test(own_picker),
        cmocka_unit_test(pseudo_tasks),
        cmocka_unit_test(stopped_run),
        cmocka_unit_test(own_allocator),
        cmocka_unit_test(broken_sink),
        cmocka_unit_test(room_for_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
