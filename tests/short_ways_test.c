/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* While nobody listens a rendezvous, nurseries, and a task's end go shorter ways through core.
 * These must lead to the same place: each program here runs with a sink and without one, and notes
 * what came when, which points were passed until then, who waited, and what the run counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tiny_world.h"
#include "tutti/core/chan.h"
#include "tutti/core/checkpoints.h"
#include "tutti/core/defer.h"
#include "tutti/core/error.h"
#include "tutti/core/local.h"
#include "tutti/core/nursery.h"
#include "tutti/core/stats.h"
#include "tutti/core/task.h"
#include "tutti/core/test.h"

enum { ITEMS = 4, NESTED = 40, NOTES_MAX = 200 };

struct note {
    char who;
    int rc;
    uint64_t item;
    uint64_t cancel, schedule;    /* points of the task so far */
    uint64_t senders, receivers;  /* that wait, */
    uint32_t by_first, by_second; /* and of these by which handle */
    int64_t now_ns;
};
/* A run: its channel, what may be besides its one sender and one receiver, and what was noted. */
struct course {
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver, second;
    bool third, sleeper, two, late, cancelled;
    struct tutti_scope *around; /* the receiver's wait */
    uint64_t steps;
    int count;
    struct note notes[NOTES_MAX];
};

static void note(struct course *course, char who, int rc, uint64_t item)
{
    struct tutti_points points = tutti_points_begin(TUTTI_HERE);
    struct tutti_chan_stats stats = tutti_chan_statistics(course->receiver.chan);
    tutti_check(course->count < NOTES_MAX);
    struct note *to = &course->notes[course->count++];
    to->who = who;
    to->rc = rc;
    to->item = item;
    to->cancel = points.cancel;
    to->schedule = points.schedule;
    to->senders = stats.waiting_to_send;
    to->receivers = stats.waiting_to_receive;
    to->by_first = course->receiver.waiting;
    to->by_second = course->second.waiting;
    to->now_ns = tutti_now();
}

static int receives(struct course *course, struct tutti_chan_receiver *receiver, char who)
{
    uint64_t item = 0;
    int rc;
    do {
        rc = tutti_chan_receive(receiver, &item);
        note(course, who, rc, item);
    } while (rc == 0);
    return rc == TUTTI_EEOF || rc == TUTTI_ECLOSED ? 0 : rc;
}

static int receives_first(void *arg)
{
    struct course *course = arg;
    return receives(course, &course->receiver, 'r');
}

static int receives_second(void *arg)
{
    struct course *course = arg;
    return receives(course, &course->second, 's');
}

static int receives_cancelled(void *arg)
{
    struct course *course = arg;
    struct tutti_scope scope;
    uint64_t item = 0;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    course->around = &scope;
    int rc = tutti_chan_receive(&course->receiver, &item);
    note(course, 'c', rc, item);
    rc = tutti_chan_receive(&course->receiver, &item);
    note(course, 'c', rc, item);
    return tutti_scope_close(&scope, rc);
}

static int is_third(void *arg)
{
    for (int i = 0; i < ITEMS; i++) {
        TUTTI_TRY(tutti_checkpoint());
        note(arg, 't', i, 0);
    }
    return 0;
}

static int sleeps(void *arg)
{
    for (int i = 0; i < ITEMS; i++) {
        TUTTI_TRY(tutti_sleep(i));
        note(arg, 'z', i, 0);
    }
    return 0;
}

static int sends(struct tutti_nursery *nursery, void *arg)
{
    struct course *course = arg;
    if (course->third) TUTTI_TRY(tutti_nursery_start(nursery, is_third, course));
    if (course->sleeper) TUTTI_TRY(tutti_nursery_start(nursery, sleeps, course));
    if (course->cancelled) TUTTI_TRY(tutti_nursery_start(nursery, receives_cancelled, course));
    TUTTI_TRY(tutti_nursery_start(nursery, receives_first, course));
    if (course->two) TUTTI_TRY(tutti_nursery_start(nursery, receives_second, course));
    if (!course->late) TUTTI_TRY(tutti_checkpoint());
    for (uint64_t i = 1; i <= ITEMS; i++) {
        int rc = tutti_chan_send(&course->sender, &i);
        note(course, 'm', rc, i);
        /* who is woken and cancelled in one pass keeps what it was woken with */
        if (course->cancelled && i == 1) tutti_scope_cancel(course->around);
        if (course->two && i == ITEMS - 1) tutti_chan_close_receive(&course->second);
    }
    tutti_chan_close_send(&course->sender);
    return 0;
}

static int main_of(void *arg)
{
    struct course *course = arg;
    TUTTI_TRY(tutti_chan_open(&course->sender, &course->receiver, "c", sizeof(uint64_t), 0));
    TUTTI_TRY(tutti_chan_clone_receive(&course->second, &course->receiver));
    TUTTI_TRY(tutti_nursery_run(sends, course));
    tutti_chan_close_receive(&course->second);
    tutti_chan_close_receive(&course->receiver);
    return 0;
}

static int comes_and_goes(void *arg)
{
    note(arg, 'b', 0, 0);
    TUTTI_TRY(tutti_checkpoint());
    note(arg, 'b', 1, 0);
    return 0;
}

/* Its opener waits for a place again and again, and at last for all. */
static int bounded_main(void *arg)
{
    struct tutti_nursery_options options = {.max_tasks = 2};
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open_with(&nursery, &options));
    for (uint64_t i = 0; i < ITEMS; i++) {
        TUTTI_TRY(tutti_nursery_start_wait(&nursery, comes_and_goes, arg));
        note(arg, 'm', 0, i);
    }
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    note(arg, 'm', 1, 0);
    return 0;
}

/* How bodies and children end; from HOWS on: leaving something to be cleaned up. */
enum how {
    WELL,
    BADLY,
    CANCELLING,
    HOWS,
    DEFERRING = HOWS,

    SETTING,
    FORGIVING,
    UNREAD,
    ALL
};
struct end {
    struct course *course;
    struct tutti_nursery *nursery;
    enum how how;
};

static size_t bytes; /* of the run's memory that are in use */

static int deferred(void *arg)
{
    note(arg, 'd', 0, 0);
    return 0;
}

/* What the end of the calling task has to clean up. */
static int leaves(struct course *course, enum how how)
{
    static const struct tutti_local local = {"local", NULL};
    struct tutti_nursery nursery;
    switch (how) {
    case DEFERRING:
        return tutti_defer(deferred, course);
    case SETTING:
        return tutti_local_set(&local, course);
    case FORGIVING:
        (void)tutti_error(TUTTI_EINVALID, "nobody minds");
        return 0;
    case UNREAD:
        TUTTI_NURSERY(&nursery)
        {
            nursery.body = TUTTI_EINVALID;
        }
        return 0;
    default:
        return 0;
    }
}

static int ends_so(void *arg)
{
    const struct end *end = arg;
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    int rc = tutti_checkpoint();
    if (end->how == CANCELLING) tutti_nursery_cancel(end->nursery);
    rc = tutti_scope_close(&scope, rc);
    note(end->course, 'c', rc, tutti_task_id(tutti_task_self()));
    TUTTI_TRY(leaves(end->course, end->how));
    return rc < 0 ? rc : end->how == BADLY ? TUTTI_EINVALID : 1;
}

/* A body that ends in one way, with a child that ends in another. */
static int ends_both(struct course *course, enum how body, enum how child)
{
    static const int codes[HOWS] = {2, TUTTI_ESTATE, 0};
    struct tutti_task *self = tutti_task_self();
    struct tutti_nursery nursery, *outer = tutti_task_innermost_nursery(self);
    struct end end = {course, &nursery, child};
    memset(&nursery, 0x5a, sizeof nursery);
    TUTTI_TRY(tutti_nursery_open_named(&nursery, "inner"));
    note(course, 'i', (int)nursery.object.kind, nursery.object.id);
    note(course, 'p', nursery.scope.caught, nursery.object.path);
    tutti_check(tutti_task_innermost_nursery(self) == &nursery && !nursery.object.holder);
    TUTTI_TRY(tutti_nursery_start(&nursery, ends_so, &end));
    if (body == CANCELLING) tutti_nursery_cancel(&nursery);
    int rc = tutti_nursery_close(&nursery, codes[body]);
    note(course, 'r', rc, nursery.scope.caught);
    note(course, 'b', 0, bytes);
    tutti_check(tutti_task_innermost_nursery(self) == outer);
    tutti_check(nursery.result == rc && tutti_nursery_start(&nursery, ends_so, &end) < 0);
    return 0;
}

/* So many in each other that room for their deadlines has to be made. */
static int nests(struct course *course, int64_t depth)
{
    struct tutti_nursery nursery;
    if (depth == 0) return tutti_checkpoint();
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_scope_set_deadline(&nursery.scope, TUTTI_S - depth));
    int rc = nests(course, depth - 1);
    rc = tutti_nursery_close(&nursery, rc);
    note(course, 'n', rc, (uint64_t)tutti_run_statistics().deadline_ns);
    return rc;
}

/* A cancellation surfaced in it, and is hidden from it when it closes. */
static int hides(struct course *course)
{
    struct tutti_scope scope;
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    tutti_scope_cancel(&scope);
    note(course, 'h', tutti_checkpoint(), 0);
    tutti_scope_set_shield(&nursery.scope, true);
    int rc = tutti_nursery_close(&nursery, 0);
    note(course, 'h', rc, scope.reached);
    return tutti_scope_close(&scope, 0);
}

static int nurseries_main(void *arg)
{
    struct tutti_nursery nursery;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int body = 0; body < HOWS; body++) {
        for (int child = 0; child < ALL; child++)
            TUTTI_TRY(ends_both(arg, (enum how)body, (enum how)child));
    }
    TUTTI_TRY(nests(arg, NESTED));
    TUTTI_TRY(hides(arg));
    TUTTI_TRY(tutti_nursery_close(&nursery, 0)); /* nobody is in it: it lets others run, once */
    note(arg, 'm', 0, nursery.object.path);
    return 0;
}

static int hear(struct tutti_sink *sink, const struct tutti_trace_event *event)
{
    (void)sink, (void)event;
    return 0;
}

/* Time goes on while tasks run, so that sleepers wake among the others. */
static int64_t ticks(struct tutti_clock *clock)
{
    return TUTTI_CONTAINER(clock, struct tiny_world, clock)->now_ns++;
}

static void *counts(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    (void)alloc;
    bytes += size - old_size;
    if (size) return realloc(old, size);
    free(old);
    return NULL;
}

static void run(struct course *course, int (*main)(void *arg), bool heard)
{
    struct tutti_sink sink = {.mask = TUTTI_EVENT_BIT(WARN), .event = hear};
    struct tutti_alloc alloc = {.resize = counts};
    struct tutti_run_stats stats;
    struct tiny_world tiny;
    tiny_world_init(&tiny);
    tiny.clock.now = ticks;
    tiny.world.alloc = &alloc;
    if (heard) tiny.world.sink = &sink;
    assert_int_equal(tutti_run(&tiny.world, main, course), 0);
    tutti_run_last(&stats);
    course->steps = stats.steps;
}

/* The same with and without a sink. */
static void assert_same(const struct course *course, int (*main)(void *arg))
{
    static struct course heard, unheard;
    heard = unheard = *course;
    run(&heard, main, true);
    run(&unheard, main, false);
    assert_int_equal(heard.count, unheard.count);
    assert_true(heard.count > 2 * ITEMS);
    assert_memory_equal(heard.notes, unheard.notes, sizeof heard.notes);
    assert_int_equal(heard.steps, unheard.steps);
}

static void rendezvous_in_every_company(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 32; bits++) {
        static struct course course;
        course.third = bits & 1, course.sleeper = bits & 2, course.two = bits & 4;
        course.late = bits & 8, course.cancelled = (bits & 16) && !course.late;
        assert_same(&course, main_of);
    }
}

static void ends_in_a_bounded_nursery(void **state)
{
    static struct course course;
    (void)state;
    assert_same(&course, bounded_main);
}

static void nurseries_end_in_every_way(void **state)
{
    static struct course course;
    (void)state;
    assert_same(&course, nurseries_main);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rendezvous_in_every_company),
                                       cmocka_unit_test(ends_in_a_bounded_nursery),
                                       cmocka_unit_test(nurseries_end_in_every_way)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
