/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Audited functions: what they return and which points they passed is seen exactly, whoever calls
 * whom and however tasks interleave; nobody listening, nothing happens. */
#include "rehearsed.h"

#include "tutti/core/async.h"
#include "tutti/core/scope.h"
#include "tutti/instruments/audit.h"
#include "tutti/sim/sim_world.h"

/* What the sink heard, in order. */
static struct heard {
    const char *name;
    int64_t result;
    uint64_t task, cancels, schedules;
} heard[64];
static int heard_count;

static int hear(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink;
    assert_true(heard_count < 64);
    heard[heard_count++] = (struct heard){.name = event->name,
                                          .result = event->arg,
                                          .task = event->task,
                                          .cancels = event->count,
                                          .schedules = event->obj};
    return 0;
}

static void run_heard(struct tutti_sink *sink, int (*fn)(void *arg))
{
    struct tutti_sim_world sim;
    heard_count = 0;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.world.sink = sink;
    assert_int_equal(tutti_run(&sim.world, fn, NULL), 0);
    tutti_sim_world_close(&sim);
}

static void is_heard(int at, const char *name, int64_t result, uint64_t cancels, uint64_t schedules)
{
    assert_true(at < heard_count);
    assert_string_equal(heard[at].name, name);
    assert_int_equal(heard[at].result, result);
    assert_int_equal(heard[at].cancels, cancels);
    assert_int_equal(heard[at].schedules, schedules);
}

static int sometimes(int key)
{
    TUTTI_ASYNC;
    if (key & 1) return key;
    TUTTI_TRY(tutti_checkpoint());
    return key;
}

static int fails(void)
{
    TUTTI_ASYNC;
    return -EIO;
}

/* Results in several registers' worth of work, so that a lost one shows. */
static int sum_of(int a, int b, int c)
{
    TUTTI_ASYNC;
    int first = sometimes(a), second = sometimes(b), third = sometimes(c);
    return first * 100 + second * 10 + third;
}

static int recurse(int depth)
{
    TUTTI_ASYNC;
    return depth ? recurse(depth - 1) + 1 : sometimes(2) - 2;
}

static int only_half(void)
{
    TUTTI_ASYNC;
    tutti_yield_shielded();
    return tutti_checkpoint_if_cancelled() < 0 ? -EIO : 0;
}

static int calls_all(void *arg)
{
    (void)arg;
    tutti_check(sum_of(1, 2, 4) == 124);
    tutti_check(fails() == -EIO);
    tutti_check(recurse(2) == 2);
    return 0;
}

static void results_and_points(void **state)
{
    struct tutti_sink sink = {.mask = TUTTI_EVENT_BIT(ASYNC_END), .event = hear};
    (void)state;
    run_heard(&sink, calls_all);
    assert_int_equal(heard_count, 9);
    is_heard(0, "sometimes", 1, 0, 0);
    is_heard(1, "sometimes", 2, 1, 1);
    is_heard(2, "sometimes", 4, 1, 1);
    is_heard(3, "sum_of", 124, 2, 2);
    is_heard(4, "fails", -EIO, 0, 0);
    is_heard(5, "sometimes", 2, 1, 1);
    is_heard(6, "recurse", 0, 1, 1);
    is_heard(7, "recurse", 1, 1, 1);
    is_heard(8, "recurse", 2, 1, 1);
}

static void nobody_listens(void **state)
{
    struct tutti_sink other = {.mask = TUTTI_EVENT_BIT(TASK_RUN) | TUTTI_EVENT_BIT(TASK_PARK),
                               .event = hear};
    (void)state;
    run_heard(NULL, calls_all);
    assert_int_equal(heard_count, 0);
    run_heard(&other, calls_all);
    for (int i = 0; i < heard_count; i++) {
        assert_true(!heard[i].name || strcmp(heard[i].name, "sometimes") != 0);
    }
    assert_int_equal(sum_of(1, 3, 5), 135); /* outside a run */
}

/* Each child's calls are its own, and count its own points, whoever runs in between. */
static int child(void *arg)
{
    int key = *(const int *)arg;
    tutti_check(sum_of(key, key + 1, key + 2) == key * 111 + 12);
    tutti_check(sometimes(key) == key);
    return 0;
}

static int children(struct tutti_nursery *nursery, void *arg)
{
    (void)arg;
    for (int i = 1; i <= 3; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, child, &i, sizeof i));
    }
    return 0;
}

static int interleaved(void *arg)
{
    return tutti_nursery_run(children, arg);
}

/* The same under a listener that claims what each call must have passed, in every schedule. */
static int claim(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    uint64_t points =
        strcmp(event->name, "sum_of") == 0 ? (event->arg == 234 ? 2 : 1) : (event->arg & 1 ? 0 : 1);
    (void)sink;
    if (event->count != points || event->obj != points) abort();
    heard_count++;
    return 0;
}

static void in_any_order(void **state)
{
    static struct tutti_take takes[256];
    struct tutti_bounds bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_RUN};
    struct tutti_sink sink = {.mask = TUTTI_EVENT_BIT(ASYNC_END), .event = claim};
    struct tutti_rehearsal rehearsal = {.main = interleaved};
    struct tutti_pick_random random;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    rehearsal.sim.world.sink = &sink;
    tutti_pick_random_init(&random, &bounds, takes, 256, 1);
    heard_count = 0;
    struct tutti_search search = {.picker = &random.by.picker,
                                  .run = tutti_rehearse,
                                  .context = &rehearsal,
                                  .runs_max = 1000};
    tutti_search_go(&search, UINT64_MAX);
    assert_int_equal(search.runs, 1000);
    assert_int_equal(heard_count, 1000 * 3 * 5);
    tutti_sim_world_close(&rehearsal.sim);
}

static int audited_calls(void *arg)
{
    (void)arg;
    for (int i = 0; i < 4; i++) {
        tutti_check(sometimes(i) == i);
    }
    (void)!fails();
    (void)!only_half();
    return 0;
}

static void audit_counts(void **state)
{
    static struct tutti_audit audit;
    (void)state;
    tutti_audit_init(&audit);
    run_heard(&audit.sink, audited_calls);
    assert_int_equal(audit.count, 3);
    const struct tutti_audited *function = audit.functions;
    assert_string_equal(function->site->function, "sometimes");
    assert_int_equal(function->calls, 4);
    assert_int_equal(function->successes, 4);
    assert_int_equal(function->failed, 2);
    assert_int_equal(function->uncancelled, 2);
    assert_int_equal(function->unscheduled, 2);
    assert_true(function->fresh);
    function++; /* failing owes nothing */
    assert_int_equal(function->calls, 1);
    assert_int_equal(function->successes, 0);
    assert_int_equal(function->failed, 0);
    assert_false(function->fresh);
    tutti_audit_run(&audit);
    assert_false(audit.functions[0].fresh);
    assert_int_equal(audit.lost, 0);
}

/* As many functions as there is room for, and one more. */
static void audit_is_full(void **state)
{
    static struct tutti_audit audit;
    static struct tutti_site sites[TUTTI_AUDIT_FUNCTIONS + 1];
    (void)state;
    tutti_audit_init(&audit);
    for (int i = 0; i <= TUTTI_AUDIT_FUNCTIONS; i++) {
        struct tutti_trace_event event = {.kind = TUTTI_EVENT_ASYNC_END, .site = &sites[i]};
        assert_int_equal(audit.sink.event(&audit.sink, &event), 0);
    }
    assert_int_equal(audit.count, TUTTI_AUDIT_FUNCTIONS);
    assert_int_equal(audit.lost, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_and_points), cmocka_unit_test(nobody_listens),
        cmocka_unit_test(in_any_order),       cmocka_unit_test(audit_counts),
        cmocka_unit_test(audit_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
