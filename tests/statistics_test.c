/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The statistics of a run: the same as those of its trace, under many schedules; while it goes on;
 * with more things than have an account of their own. */
#include "rehearsed.h"

#include <jansson.h>

#include "tutti/core/chan.h"
#include "tutti/core/sync.h"
#include "tutti/instruments/statistics.h"
#include "tutti/instruments/tee.h"
#include "tutti/instruments/text.h"
#include "tutti/instruments/trace.h"
#include "tutti/io/real.h"

enum { SEEDS = 60, EACH = 3 };

static struct tutti_lock lock;
static struct tutti_event opened;
static struct tutti_statistics *statistics;

static int visitor(void *arg)
{
    struct tutti_lock own; /* an object that is gone before the run is over */
    (void)arg;
    tutti_lock_init(&own, "own");
    TUTTI_TRY(tutti_event_wait(&opened));
    TUTTI_TRY(tutti_lock_acquire(&lock));
    int rc = tutti_sleep(3);
    tutti_lock_release(&lock);
    return rc;
}

static int keeper(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(5));
    tutti_event_set(&opened);
    return 0;
}

static int start_all(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, keeper, arg));
    for (int i = 0; i < 4; i++)
        TUTTI_TRY(tutti_nursery_start_named(nursery, "v\xffisitor", visitor, arg));
    return 0;
}

static int house(void *arg)
{
    tutti_lock_init(&lock, "door");
    tutti_event_init(&opened, "opened");
    return tutti_nursery_run(start_all, arg);
}

static void open_statistics(size_t each, bool real)
{
    struct tutti_statistics_options options = {
        .prog = "house", .test = "t", .each = each, .real = real};
    assert_int_equal(tutti_statistics_open(&statistics, &options), 0);
}

/* One run under one schedule. */
static void run(int (*fn)(void *arg), struct tutti_sink *sink, uint64_t seed)
{
    struct tutti_bounds bounds = {
        .step = true, .kinds = 1u << TUTTI_CHOICE_RUN, .cancels_max = seed % 3};
    struct tutti_rehearsal rehearsal = {.main = fn};
    struct tutti_pick_random random;
    struct tutti_verdict verdict;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    rehearsal.sim.world.sink = sink;
    tutti_pick_random_init(&random, &bounds, rehearsed_takes, REHEARSED_CHOICES, seed);
    tutti_rehearse(&rehearsal, &random.by.picker, &verdict);
    tutti_sim_world_close(&rehearsal.sim);
}

static char *printed(bool json)
{
    struct tutti_view_options options = {.json = json};
    struct tutti_text out = {0};
    assert_int_equal(tutti_statistics_print(statistics, &options, tutti_view_collect, &out), 0);
    tutti_text_add(&out, "", 1);
    assert_false(out.failed);
    return out.bytes;
}

/* What `tutti trace stats` says about the trace. */
static char *printed_trace(struct tutti_trace *trace, bool json)
{
    struct tutti_view_options options = {.json = json};
    struct tutti_text out = {0};
    struct tutti_reader *reader;
    size_t size;
    const char *text = tutti_trace_text(trace, &size);
    assert_int_equal(tutti_reader_open_memory(&reader, "memory", text, size), 0);
    assert_int_equal(tutti_view_stats(reader, &options, tutti_view_collect, &out), 0);
    tutti_reader_close(reader);
    tutti_text_add(&out, "", 1);
    assert_false(out.failed);
    return out.bytes;
}

/* The same statistics serve all runs: each begins anew. */
static void same_as_the_trace(void **state)
{
    static const struct tutti_trace_header header = {.prog = "house", .test = "t", .world = "sim"};
    static struct tutti_tee tee;
    (void)state;
    open_statistics(0, false);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct tutti_trace *trace;
        assert_int_equal(tutti_trace_open_memory(&trace, &header, 3), 0);
        tutti_tee_init(&tee);
        assert_int_equal(tutti_tee_add(&tee, tutti_trace_sink(trace)), 0);
        assert_int_equal(tutti_tee_add(&tee, tutti_statistics_sink(statistics)), 0);
        run(house, &tee.sink, seed);
        for (int json = 0; json < 2; json++) {
            char *live = printed(json), *read = printed_trace(trace, json);
            assert_string_equal(live, read);
            assert_non_null(strstr(live, "v\xef\xbf\xbdisitor"));
            free(live);
            free(read);
        }
        assert_int_equal(tutti_trace_close(trace, NULL), 0);
    }
    tutti_statistics_close(statistics);
}

static int64_t sum(const json_t *things, const char *key)
{
    int64_t all = 0;
    for (size_t i = 0; i < json_array_size(things); i++)
        all += json_integer_value(json_object_get(json_array_get(things, i), key));
    return all;
}

/* Fewer accounts, the same sums. */
static void the_rest_adds_up(void **state)
{
    static const char *const task_keys[] = {"steps",   "parks", "run_ns", "ready_ns",
                                            "wait_ns", "wakes", "woken",  "cancels"};
    static const char *const object_keys[] = {"effects", "waits", "waiting", "wait_ns",
                                              "wait_steps"};
    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        json_t *json[2];
        for (int few = 0; few < 2; few++) {
            open_statistics(few ? EACH : 0, false);
            run(house, tutti_statistics_sink(statistics), seed);
            char *text = printed(true);
            json[few] = json_loads(text, 0, NULL);
            assert_non_null(json[few]);
            free(text);
            if (few) {
                text = printed(false);
                assert_non_null(strstr(text, ", 6 tasks, "));
                assert_non_null(strstr(text, "that are gone  "));
                free(text);
            }
            tutti_statistics_close(statistics);
        }
        const json_t *all = json_object_get(json[0], "tasks");
        const json_t *few = json_object_get(json[1], "tasks");
        assert_int_equal(json_array_size(all), 6);
        assert_in_range(json_array_size(few), EACH, EACH + 1);
        for (size_t i = 0; i < sizeof task_keys / sizeof *task_keys; i++)
            assert_int_equal(sum(all, task_keys[i]), sum(few, task_keys[i]));
        all = json_object_get(json[0], "objects");
        few = json_object_get(json[1], "objects");
        for (size_t i = 0; i < sizeof object_keys / sizeof *object_keys; i++)
            assert_int_equal(sum(all, object_keys[i]), sum(few, object_keys[i]));
        json_decref(json[0]);
        json_decref(json[1]);
    }
}

/* Objects that come and go have no account of their own for ever. */
static int come_and_go(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20; i++) {
        struct tutti_chan_sender sender;
        struct tutti_chan_receiver receiver;
        int item = i;
        TUTTI_TRY(tutti_chan_open(&sender, &receiver, "pipe", sizeof item, 1));
        int rc = tutti_chan_send(&sender, &item);
        tutti_chan_close_send(&sender);
        tutti_chan_close_receive(&receiver);
        TUTTI_TRY(rc);
    }
    return 0;
}

static void objects_that_are_gone(void **state)
{
    int64_t effects[2];
    (void)state;
    for (int few = 0; few < 2; few++) {
        open_statistics(few ? EACH : 0, false);
        run(come_and_go, tutti_statistics_sink(statistics), 0);
        char *text = printed(true);
        json_t *json = json_loads(text, 0, NULL);
        json_t *objects = json_object_get(json, "objects");
        assert_in_range(json_array_size(objects), few ? EACH : 20, few ? EACH + 1 : 20);
        effects[few] = sum(objects, "effects");
        json_decref(json);
        free(text);
        tutti_statistics_close(statistics);
    }
    assert_true(effects[0] >= 20);
    assert_int_equal(effects[0], effects[1]);
}

/* While it goes on: waits that last are told of as they are, and are not counted twice. */
static int prints(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_sleep(1));
    char *first = printed(true), *second = printed(true);
    tutti_check(strcmp(first, second) == 0);
    tutti_check(strstr(first, "\"outcome\":\"no end\",\"t\":3,") != NULL);
    tutti_check(strstr(first, "\"wait_ns\":3,\"longest_step_ns\":0,\"longest_wait_ns\":1") != NULL);
    tutti_check(strstr(first, "\"waits\":1,\"waiting\":1,\"wait_ns\":3,\"longest_wait_ns\":3") !=
                NULL);
    free(first);
    free(second);
    tutti_event_set(&opened);
    return 0;
}

static int waits(void *arg)
{
    (void)arg;
    return tutti_event_wait(&opened);
}

static int start_two(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, waits, arg));
    return tutti_nursery_start(nursery, prints, arg);
}

static int meanwhile(void *arg)
{
    tutti_event_init(&opened, "opened");
    return tutti_nursery_run(start_two, arg);
}

static void while_it_goes_on(void **state)
{
    struct tutti_sim_world sim;
    (void)state;
    open_statistics(0, false);
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.world.sink = tutti_statistics_sink(statistics);
    assert_int_equal(tutti_run(&sim.world, meanwhile, NULL), 0);
    tutti_sim_world_close(&sim);
    char *text = printed(true);
    assert_non_null(strstr(text, "\"waits\":1,\"waiting\":0,\"wait_ns\":3,\"longest_wait_ns\":3"));
    free(text);
    tutti_statistics_close(statistics);
}

/* A step of at least a millisecond by the system's clock, whose passing is what is asked for. */
static int64_t system_ns(void)
{
    struct tutti_clock *clock = tutti_world_real()->clock;
    return clock->now(clock);
}

static int turns(void *arg)
{
    int64_t until_ns = system_ns() + TUTTI_MS;
    (void)arg;
    while (system_ns() < until_ns) {
    }
    return 0;
}

static void real_time(void **state)
{
    (void)state;
    open_statistics(0, true);
    run(turns, tutti_statistics_sink(statistics), 0);
    char *text = printed(true);
    json_t *json = json_loads(text, 0, NULL);
    assert_true(sum(json_object_get(json, "tasks"), "longest_step_ns") >= TUTTI_MS);
    json_decref(json);
    free(text);
    tutti_statistics_close(statistics);
}

static void before_any_run(void **state)
{
    (void)state;
    assert_int_equal(tutti_statistics_open(&statistics, NULL), 0);
    char *text = printed(false);
    assert_non_null(strstr(text, "no end after 0us\n0 events, 0 steps, 0 choices, 0 tasks"));
    free(text);
    tutti_statistics_close(statistics);
    tutti_statistics_close(NULL);
}

REHEARSE_MAIN(cmocka_unit_test(same_as_the_trace), cmocka_unit_test(the_rest_adds_up),
              cmocka_unit_test(objects_that_are_gone), cmocka_unit_test(while_it_goes_on),
              cmocka_unit_test(real_time), cmocka_unit_test(before_any_run))
