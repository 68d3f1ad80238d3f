/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The filter: what is handed on is what was chosen, in order and complete, and what was left out of
 * it is counted, under many schedules. */
#include "rehearsed.h"

#include "tutti/core/span.h"
#include "tutti/core/sync.h"
#include "tutti/instruments/filter.h"
#include "tutti/instruments/tee.h"
#include "tutti/instruments/trace.h"
#include "tutti/instruments/trace_check.h"

enum { EVENTS_MAX = 1024, SEEDS = 50 };

/* A sink that writes down what it gets. */
struct notes {
    struct tutti_sink sink;
    size_t count;
    struct tutti_trace_event events[EVENTS_MAX];
};

static int note(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    struct notes *notes = TUTTI_CONTAINER(sink, struct notes, sink);
    assert_true(notes->count < EVENTS_MAX);
    notes->events[notes->count] = *event;
    notes->events[notes->count++].name = NULL; /* of the call only */
    return 0;
}

static struct notes all, some;
static struct tutti_tee tee;
static struct tutti_lock lock;

static int writer(void *arg)
{
    struct tutti_span span;
    (void)arg;
    tutti_span_begin(&span, "write");
    TUTTI_TRY(tutti_lock_acquire(&lock));
    int rc = tutti_sleep(2);
    tutti_lock_release(&lock);
    tutti_log(TUTTI_LOG_INFO, "written");
    tutti_span_end(&span);
    return rc;
}

static int start_writers(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_named(nursery, "writer 1", writer, arg));
    TUTTI_TRY(tutti_nursery_start_named(nursery, "writer 12", writer, arg));
    return tutti_nursery_start_named(nursery, "reader 1", writer, arg);
}

static int writers(void *arg)
{
    tutti_lock_init(&lock, "door");
    return tutti_nursery_run(start_writers, arg);
}

/* One run of `writers` under one schedule, listened to by the tee. */
static void run(uint64_t seed)
{
    struct tutti_bounds bounds = {
        .step = true, .kinds = 1u << TUTTI_CHOICE_RUN, .cancels_max = seed % 2};
    struct tutti_rehearsal rehearsal = {.main = writers};
    struct tutti_pick_random random;
    struct tutti_verdict verdict;
    all.count = some.count = 0;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    rehearsal.sim.world.sink = &tee.sink;
    tutti_pick_random_init(&random, &bounds, rehearsed_takes, REHEARSED_CHOICES, seed);
    tutti_rehearse(&rehearsal, &random.by.picker, &verdict);
    tutti_sim_world_close(&rehearsal.sim);
}

static struct tutti_filter *filter_of(const struct tutti_filter_options *options, uint64_t mask)
{
    struct tutti_filter *filter;
    all.sink = (struct tutti_sink){.mask = tutti_trace_mask(4), .event = note};
    some.sink = (struct tutti_sink){.mask = mask, .event = note};
    assert_int_equal(tutti_filter_open(&filter, &some.sink, options), 0);
    tutti_tee_init(&tee);
    assert_int_equal(tutti_tee_add(&tee, &all.sink), 0);
    assert_int_equal(tutti_tee_add(&tee, tutti_filter_sink(filter)), 0);
    return filter;
}

/* Ids count up alike in all schedules up to here: main 1, lock 2, scope 3, nursery 4. */
enum { WRITER_1 = 5, WRITER_12 = 6, READER_1 = 7 };

static bool is_about_tasks(const struct tutti_trace_event *event)
{
    switch (event->kind) {
    case TUTTI_EVENT_LOOP_WAIT:
    case TUTTI_EVENT_LOOP_WOKE:
    case TUTTI_EVENT_CLOCK_MOVE:
        return false;
    case TUTTI_EVENT_SPAN_BEGIN:
    case TUTTI_EVENT_SPAN_END:
    case TUTTI_EVENT_LOG:
        return true;
    default:
        return tutti_trace_table[event->kind].level >= 3;
    }
}

/* `some` has all events of `all` but those of level 3 and more of tasks that are not in `wanted`
 * (bits by id), and each gap is preceded by its count. */
static void assert_only(unsigned wanted, struct tutti_filter *filter)
{
    size_t at = 0;
    int64_t missing = 0;
    for (size_t i = 0; i < all.count; i++) {
        const struct tutti_trace_event *event = &all.events[i];
        if (is_about_tasks(event) && !(wanted >> event->task & 1)) {
            missing++;
            continue;
        }
        if (missing > 0) {
            assert_int_equal(some.events[at].kind, TUTTI_EVENT_RUN_DROP);
            assert_int_equal(some.events[at++].arg, missing);
            missing = 0;
        }
        assert_true(at < some.count);
        assert_memory_equal(&some.events[at++], event, sizeof *event);
    }
    assert_int_equal(at, some.count);
    assert_int_equal(missing, 0); /* run.end is always the last */
    assert_true(tutti_filter_dropped(filter) > 0);
}

static void by_name(void **state)
{
    static const struct {
        const char *names;
        unsigned wanted;
    } cases[] = {
        {"writer 1", 1u << WRITER_1},
        {"writer*", 1u << WRITER_1 | 1u << WRITER_12},
        {"*1", 1u << WRITER_1 | 1u << READER_1},
        {"?????? 1?", 1u << WRITER_12},
        {"*w*e*r*2*1", 0},
        {"*r*e*r*1*", 1u << WRITER_1 | 1u << WRITER_12 | 1u << READER_1},
        {"main", 1u << 1},
        {"", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tutti_filter_options options = {.names = cases[i].names};
        struct tutti_filter *filter = filter_of(&options, tutti_trace_mask(4));
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            run(seed);
            assert_only(cases[i].wanted, filter);
        }
        tutti_filter_close(filter);
    }
}

static void by_id(void **state)
{
    static const uint64_t tasks[] = {READER_1, 1};
    static const struct tutti_filter_options options = {
        .tasks = tasks, .tasks_count = 2, .names = "*2"};
    (void)state;
    struct tutti_filter *filter = filter_of(&options, tutti_trace_mask(4));
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        run(seed);
        assert_only(1u << 1 | 1u << READER_1 | 1u << WRITER_12, filter);
    }
    tutti_filter_close(filter);
}

static void by_kind_and_level(void **state)
{
    static const struct tutti_filter_options kinds = {.kinds = TUTTI_EVENT_BIT(TASK_EXIT) |
                                                               TUTTI_EVENT_BIT(TASK_CK)},
                                             level = {.level = 2}, every = {0};
    (void)state;
    struct tutti_filter *filter = filter_of(&kinds, tutti_trace_mask(3));
    assert_int_equal(tutti_filter_sink(filter)->mask, TUTTI_EVENT_BIT(TASK_EXIT));
    run(0);
    assert_int_equal(some.count, 4);
    assert_int_equal(tutti_filter_dropped(filter), 0);
    tutti_filter_close(filter);
    filter = filter_of(&level, tutti_trace_mask(4));
    assert_int_equal(tutti_filter_sink(filter)->mask, tutti_trace_mask(2));
    tutti_filter_close(filter);
    filter = filter_of(&every, tutti_trace_mask(4));
    run(0);
    assert_int_equal(some.count, all.count);
    tutti_filter_close(filter);
    filter = filter_of(NULL, tutti_trace_mask(1));
    assert_int_equal(tutti_filter_sink(filter)->mask, tutti_trace_mask(1));
    tutti_filter_close(filter);
}

/* Kinds that a choice of tasks needs to know are not handed on for that. */
static void names_are_learned_in_secret(void **state)
{
    static const struct tutti_filter_options options = {.kinds = TUTTI_EVENT_BIT(TASK_RUN),
                                                        .names = "reader*"};
    (void)state;
    struct tutti_filter *filter = filter_of(&options, tutti_trace_mask(3));
    run(0);
    assert_true(some.count > 0);
    for (size_t i = 0; i < some.count; i++) {
        bool drop = some.events[i].kind == TUTTI_EVENT_RUN_DROP;
        assert_true(drop || some.events[i].task == READER_1);
    }
    tutti_filter_close(filter);
}

/* A trace behind a filter is a good one. */
static void traces_are_good(void **state)
{
    static const struct tutti_trace_header header = {.prog = "filter", .test = "t", .world = "sim"};
    static const struct tutti_filter_options options = {.names = "writer*"};
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct tutti_check_result result;
        struct tutti_filter *filter;
        struct tutti_trace *trace;
        struct tutti_reader *reader;
        size_t size;
        assert_int_equal(tutti_trace_open_memory(&trace, &header, 3), 0);
        assert_int_equal(tutti_filter_open(&filter, tutti_trace_sink(trace), &options), 0);
        tutti_tee_init(&tee);
        assert_int_equal(tutti_tee_add(&tee, tutti_filter_sink(filter)), 0);
        run(seed);
        const char *text = tutti_trace_text(trace, &size);
        assert_int_equal(tutti_reader_open_memory(&reader, "memory", text, size), 0);
        int rc = tutti_trace_check(reader, &result);
        if (rc < 0) print_error("%s\n%s", result.message, text);
        assert_int_equal(rc, 0);
        tutti_reader_close(reader);
        tutti_filter_close(filter);
        assert_int_equal(tutti_trace_close(trace, NULL), 0);
    }
}

static int refuse(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink, (void)event;
    return TUTTI_EBUSY;
}

static void errors(void **state)
{
    struct tutti_sink empty = {.mask = UINT64_MAX}, broken = {UINT64_MAX, refuse, NULL};
    struct tutti_filter_options options = {.level = 5};
    struct tutti_trace_event event = {.kind = TUTTI_EVENT_RUN_BEGIN};
    struct tutti_filter *filter;
    (void)state;
    assert_int_equal(tutti_filter_open(&filter, NULL, NULL), TUTTI_EINVALID);
    assert_int_equal(tutti_filter_open(&filter, &empty, NULL), TUTTI_EINVALID);
    assert_int_equal(tutti_filter_open(&filter, &broken, &options), TUTTI_EINVALID);
    assert_null(filter);
    assert_int_equal(tutti_filter_open(&filter, &broken, NULL), 0);
    struct tutti_sink *sink = tutti_filter_sink(filter);
    assert_int_equal(sink->event(sink, &event), TUTTI_EBUSY);
    sink->idle(sink);
    tutti_filter_close(filter);
    tutti_filter_close(NULL);
}

REHEARSE_MAIN(cmocka_unit_test(by_name), cmocka_unit_test(by_id),
              cmocka_unit_test(by_kind_and_level), cmocka_unit_test(names_are_learned_in_secret),
              cmocka_unit_test(traces_are_good), cmocka_unit_test(errors))
