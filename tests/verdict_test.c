/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Which failures are the same one. */
#include "census.h"
#include "tutti/sim/pick_plain.h"

static struct tutti_take verdict_takes[CENSUS_ROOM];

struct queue {
    int waiters, sleepers;
    struct tutti_event event;
};

static int wait_here(void *arg)
{
    return tutti_event_wait(&((struct queue *)arg)->event);
}

static int sleep_here(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

static int start_them(struct tutti_nursery *nursery, void *arg)
{
    const struct queue *queue = arg;
    for (int i = 0; i < queue->waiters; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, wait_here, arg));
    }
    for (int i = 0; i < queue->sleepers; i++) {
        TUTTI_TRY(tutti_nursery_start(nursery, sleep_here, arg));
    }
    return 0;
}

static int never_set(void *arg)
{
    struct queue queue = *(struct queue *)arg;
    tutti_event_init(&queue.event, "never");
    return tutti_nursery_run(start_them, &queue);
}

static struct tutti_verdict verdict_of(int waiters, int sleepers)
{
    struct queue queue = {.waiters = waiters, .sleepers = sleepers};
    struct tutti_rehearsal rehearsal = {.main = never_set, .arg = &queue};
    struct tutti_pick_plain plain;
    struct tutti_verdict verdict;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    tutti_pick_plain_init(&plain, &census_bounds, verdict_takes, CENSUS_ROOM);
    tutti_rehearse(&rehearsal, &plain.picker, &verdict);
    tutti_sim_world_close(&rehearsal.sim);
    assert_int_equal(verdict.kind, TUTTI_VERDICT_DEADLOCK);
    return verdict;
}

/* How many wait in the same place makes no other deadlock of it; another place does. */
static void a_deadlock_is_the_places_that_tasks_wait_in(void **state)
{
    static const int many = 200; /* more than there are places to tell apart */
    struct tutti_verdict two = verdict_of(2, 0), five = verdict_of(5, 0), both = verdict_of(2, 1),
                         twice = verdict_of(1, 3), hundreds = verdict_of(many, many),
                         sleep = verdict_of(0, 2);
    (void)state;
    assert_true(tutti_verdict_alike(&two, &five));
    assert_true(tutti_verdict_alike(&both, &twice));
    assert_true(tutti_verdict_alike(&both, &hundreds));
    assert_false(tutti_verdict_alike(&two, &both));
    assert_false(tutti_verdict_alike(&two, &sleep));
    assert_false(tutti_verdict_alike(&both, &sleep));
}

static void other_failures_are_told_by_kind_code_and_place(void **state)
{
    struct tutti_verdict a, b;
    (void)state;
    for (unsigned kind = TUTTI_VERDICT_CHECK; kind < TUTTI_VERDICT_KINDS; kind++) {
        if (kind == TUTTI_VERDICT_DEADLOCK || kind == TUTTI_VERDICT_HANG) continue;
        tutti_verdict_set(&a, (enum tutti_verdict_kind)kind, "one");
        tutti_verdict_set(&b, (enum tutti_verdict_kind)kind, "words do not count");
        assert_true(tutti_verdict_alike(&a, &b));
        b.line = 7;
        assert_false(tutti_verdict_alike(&a, &b));
        b = a;
        b.code = -5;
        assert_false(tutti_verdict_alike(&a, &b));
        b = a;
        b.signal = 11;
        assert_false(tutti_verdict_alike(&a, &b));
        b = a;
        memcpy(b.file, "f", 2);
        assert_false(tutti_verdict_alike(&a, &b));
        b = a;
        b.kind = TUTTI_VERDICT_OK;
        assert_false(tutti_verdict_alike(&a, &b));
        assert_string_not_equal(tutti_verdict_text(a.kind), "unknown");
    }
    assert_string_equal(tutti_verdict_text(TUTTI_VERDICT_KINDS), "unknown");
}

/* Where a task that never yields is interrupted is chance; whose it is may not be known. */
static void a_hang_is_a_task(void **state)
{
    struct tutti_verdict a, b;
    (void)state;
    tutti_verdict_set(&a, TUTTI_VERDICT_HANG, "hangs");
    tutti_verdict_set(&b, TUTTI_VERDICT_HANG, "hangs");
    b.line = 7;
    assert_true(tutti_verdict_alike(&a, &b));
    memcpy(a.task, "first", 6);
    assert_true(tutti_verdict_alike(&a, &b));
    memcpy(b.task, "second", 7);
    assert_false(tutti_verdict_alike(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deadlock_is_the_places_that_tasks_wait_in),
        cmocka_unit_test(other_failures_are_told_by_kind_code_and_place),
        cmocka_unit_test(a_hang_is_a_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
