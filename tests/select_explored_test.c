/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* tutti_select in small configurations, under every schedule with at most one cancellation, and
 * under every choice among cases that are ready at once. */
#include "rehearsed.h"

#include "tutti/core/chan.h"
#include "tutti/core/select.h"
#include "tutti/core/sync.h"

/* Two selecting tasks, two senders of one item each, two channels: each item is taken once, or is
 * still its sender's, or in the buffer. */
struct cross {
    struct tutti_chan_sender senders[2];
    struct tutti_chan_receiver receivers[2];
    int sent, taken;
    int next;
};

static int take_either(void *arg)
{
    struct cross *cross = arg;
    int items[2] = {0, 0};
    struct tutti_case cases[] = {tutti_case_receive(&cross->receivers[0], &items[0]),
                                 tutti_case_receive(&cross->receivers[1], &items[1])};
    int done = tutti_select(cases, 2);
    tutti_check((items[0] != 0) == (done == 0) && (items[1] != 0) == (done == 1));
    if (done < 0) return done;
    tutti_check(cases[done].result == 0 && !(cross->taken & items[done]));
    cross->taken |= items[done];
    return 0;
}

static int send_either(void *arg)
{
    struct cross *cross = arg;
    int item = 1 << cross->next++;
    struct tutti_case cases[] = {tutti_case_send(&cross->senders[0], &item),
                                 tutti_case_send(&cross->senders[1], &item)};
    int done = tutti_select(cases, 2);
    if (done < 0) return done;
    tutti_check(cases[done].result == 0);
    cross->sent |= item;
    return 0;
}

static int send_second(void *arg)
{
    struct cross *cross = arg;
    int item = 1 << cross->next++;
    TUTTI_TRY(tutti_chan_send(&cross->senders[1], &item));
    cross->sent |= item;
    return 0;
}

/* Each in a scope of its own, which is what is cancelled. */
static int taker(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, take_either, arg);
}

static int sender(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, send_either, arg);
}

static int second_sender(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, send_second, arg);
}

static void close_cross(struct cross *cross)
{
    for (int i = 0; i < 2; i++) {
        struct tutti_chan_stats stats = tutti_chan_statistics(cross->senders[i].chan);
        int item;
        tutti_check(stats.waiting_to_send == 0 && stats.waiting_to_receive == 0);
        tutti_check(cross->senders[i].waiting == 0 && cross->receivers[i].waiting == 0);
        while (tutti_chan_receive_nowait(&cross->receivers[i], &item) == 0) {
            tutti_check(!(cross->taken & item));
            cross->taken |= item;
        }
        tutti_chan_close_send(&cross->senders[i]);
        tutti_chan_close_receive(&cross->receivers[i]);
    }
    tutti_check(cross->taken == cross->sent);
}

static int cross_of(size_t capacity, int (*body)(struct tutti_nursery *nursery, void *arg))
{
    struct cross cross = {.sent = 0};
    for (int i = 0; i < 2; i++) {
        TUTTI_TRY(tutti_chan_open(&cross.senders[i], &cross.receivers[i], "cross", sizeof(int),
                                  capacity));
    }
    int rc = tutti_nursery_run(body, &cross);
    close_cross(&cross);
    return rc;
}

/* If one of the two is cancelled the other would wait for ever: all end with the first that is. */
static int pair_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, taker, arg));
    return tutti_nursery_start(nursery, sender, arg);
}

static int ended(void *arg)
{
    struct tutti_nursery *nursery = arg;
    TUTTI_TRY(tutti_sleep(1));
    tutti_nursery_cancel(nursery);
    return 0;
}

static int with_end(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(pair_body(nursery, arg));
    return tutti_nursery_start(nursery, ended, nursery);
}

static int select_pair_0(void *arg)
{
    (void)arg;
    return cross_of(0, with_end);
}

static int select_pair_1(void *arg)
{
    (void)arg;
    return cross_of(1, with_end);
}

static int three_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, taker, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, sender, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, second_sender, arg));
    return tutti_nursery_start(nursery, ended, nursery);
}

static int select_three_0(void *arg)
{
    (void)arg;
    return cross_of(0, three_body);
}

/* A lock or an event: whoever has the lock gives it back; nobody has it who saw the event. */
struct door {
    struct tutti_lock lock;
    struct tutti_event event;
    int inside, entered, warned, cancelled;
};

static int enter_or_see(void *arg)
{
    struct door *door = arg;
    struct tutti_case cases[] = {tutti_case_event(&door->event), tutti_case_lock(&door->lock)};
    int done = tutti_select(cases, 2);
    door->cancelled += done == TUTTI_ECANCELED;
    door->warned += done == 0;
    tutti_check((door->lock.owner == tutti_task_self()) == (done == 1));
    if (done != 1) return done;
    tutti_check(cases[1].result == 0 && door->inside++ == 0);
    door->entered++;
    int rc = tutti_checkpoint();
    door->inside--;
    tutti_lock_release(&door->lock);
    return rc;
}

static int enterer(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, enter_or_see, arg);
}

static int door_body(struct tutti_nursery *nursery, void *arg)
{
    struct door *door = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, enterer, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, enterer, arg));
    TUTTI_TRY(tutti_checkpoint());
    tutti_event_set(&door->event);
    return 0;
}

static int lock_or_event(void *arg)
{
    struct door door = {.inside = 0};
    (void)arg;
    tutti_lock_init(&door.lock, "door");
    tutti_event_init(&door.event, "fire");
    TUTTI_TRY(tutti_nursery_run(door_body, &door));
    tutti_check(!door.lock.owner && door.lock.lot.count == 0 && door.event.lot.count == 0);
    tutti_check(door.entered + door.warned + door.cancelled == 2);
    return 0;
}

/* Asked, the picker chooses among the ready ones: all of them come up. */
static uint32_t taken_cases;

static int any_of_three(void *arg)
{
    struct tutti_event events[3];
    struct tutti_case cases[3];
    (void)arg;
    for (int i = 0; i < 3; i++) {
        tutti_event_init(&events[i], "event");
        if (i != 1) tutti_event_set(&events[i]);
        cases[i] = tutti_case_event(&events[i]);
    }
    int done = tutti_select(cases, 3);
    if (done < 0) return done;
    taken_cases |= 1u << done;
    return cases[done].result;
}

static void picker_chooses(void **state)
{
    struct tutti_rehearsal rehearsal = {.main = any_of_three};
    struct tutti_bounds bounds = {.step = true, .kinds = 1u << TUTTI_CHOICE_USER};
    struct tutti_pick_dfs dfs;
    (void)state;
    taken_cases = 0;
    assert_int_equal(tutti_sim_world_open(&rehearsal.sim, 1), 0);
    tutti_pick_dfs_init(&dfs, &bounds, rehearsed_takes, REHEARSED_CHOICES);
    assert_int_equal(rehearsed_search("choices", &rehearsal, &dfs.picker, 0), 2);
    tutti_sim_world_close(&rehearsal.sim);
    assert_int_equal(taken_cases, 5);
}

REHEARSE_MAIN(REHEARSED_ALL(select_pair_0, 1, 112), REHEARSED_ALL(select_pair_1, 1, 139),
              REHEARSED_ALL(select_three_0, 1, 3244), REHEARSED_ALL(lock_or_event, 1, 420),
              cmocka_unit_test(picker_chooses))
