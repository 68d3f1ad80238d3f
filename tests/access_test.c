/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What steps touch, as an explorer's picker is told. */
#include "tests/footprints.h"

#include "tutti/core/chan.h"
#include "tutti/core/mem.h"
#include "tutti/core/scope.h"
#include "tutti/core/sync.h"

static struct tutti_lock lock;
static struct tutti_event event;
static struct tutti_chan_sender sender;
static struct tutti_chan_receiver receiver;
static uint64_t shared[4];

static int child(void *arg)
{
    (void)arg;
    tutti_access(&shared[1], 9, true);
    return 0;
}

static int memory(void *arg)
{
    struct tutti_nursery nursery;
    uint64_t *block = tutti_malloc(64);
    (void)arg;
    tutti_access(&shared[0], 1, false);
    tutti_access(block, 64, true);
    tutti_free(block);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, child, NULL));
    return tutti_nursery_close(&nursery, 0);
}

/* Words of eight bytes; the same objects in each run, blocks included. */
static void memory_by_words(void **state)
{
    (void)state;
    struct footprints first, again;
    footprints_of(&first, memory);
    footprints_of(&again, memory);
    assert_int_equal(first.steps, 3);
    assert_true(footprints_count(&first, 0, TUTTI_ACCESS_READ) >= 1);
    assert_true(footprints_count(&first, 0, TUTTI_ACCESS_WRITE) >= 8);
    /* bytes 8 to 16, and the wait of who closes the nursery */
    assert_int_equal(footprints_count(&first, 1, TUTTI_ACCESS_WRITE), 3);
    assert_int_equal(first.footprint.count, again.footprint.count);
    assert_memory_equal(first.items, again.items, first.footprint.count * sizeof *first.items);
    footprints_free(&first);
    footprints_free(&again);
}

static int silent_child(void *arg)
{
    int rc = tutti_lock_acquire(arg);
    if (rc == 0) tutti_lock_release(arg);
    return rc;
}

static int owner(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    tutti_lock_init(&lock, "lock");
    tutti_event_init(&event, "event");
    TUTTI_TRY(tutti_lock_acquire(&lock));
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, silent_child, &lock));
    assert_int_equal(tutti_event_wait_nowait(&event), TUTTI_EWOULDBLOCK);
    TUTTI_TRY(tutti_checkpoint());
    tutti_lock_release(&lock);
    tutti_event_set(&event);
    return tutti_nursery_close(&nursery, 0);
}

/* An attempt and a release have nothing in common; the step after an acquisition is guarded. */
static void locks_have_two_ends(void **state)
{
    (void)state;
    struct footprints prints;
    footprints_of(&prints, owner);
    uint64_t path = lock.lot.object.path;
    assert_true(footprints_has(&prints, path, TUTTI_PART_TAIL, TUTTI_ACCESS_WRITE, 2));
    assert_false(footprints_has(&prints, path, TUTTI_PART_HEAD, TUTTI_ACCESS_WRITE, 2));
    assert_true(footprints_has(&prints, path, TUTTI_PART_HEAD, TUTTI_ACCESS_WRITE, 3));
    assert_false(footprints_has(&prints, path, TUTTI_PART_TAIL, TUTTI_ACCESS_WRITE, 3));
    assert_true(footprints_has(&prints, path, TUTTI_PART_HEAD, TUTTI_ACCESS_GUARD, 4));
    assert_true(
        footprints_has(&prints, event.lot.object.path, TUTTI_PART_QUEUE, TUTTI_ACCESS_WRITE, 3));
    for (uint32_t step = 0; step <= 2; step++) { /* looked at in the one before the child's */
        assert_int_equal(step == 1, footprints_has(&prints, event.lot.object.path, TUTTI_PART_QUEUE,
                                                   TUTTI_ACCESS_READ, step));
    }
    footprints_free(&prints);
}

static int pipe_main(void *arg)
{
    uint32_t item = 7;
    (void)arg;
    TUTTI_TRY(tutti_chan_open(&sender, &receiver, "chan", sizeof item, 2));
    for (int i = 0; i < 3; i++) {
        TUTTI_TRY(tutti_chan_send(&sender, &item));
        TUTTI_TRY(tutti_chan_receive(&receiver, &item));
    }
    tutti_chan_close_send(&sender);
    tutti_chan_close_receive(&receiver);
    return 0;
}

/* The n-th item's slot is n mod capacity. */
static void channels_have_slots(void **state)
{
    (void)state;
    struct footprints prints;
    footprints_of(&prints, pipe_main);
    for (uint32_t step = 0; step < 6; step++) {
        uint32_t slot = step / 2 % 2;
        bool sends = step % 2 == 0;
        assert_true(
            footprints_has(&prints, sender.path, TUTTI_PART_SLOT + slot, TUTTI_ACCESS_WRITE, step));
        assert_false(footprints_has(&prints, sender.path, TUTTI_PART_SLOT + 1 - slot,
                                    TUTTI_ACCESS_WRITE, step));
        assert_int_equal(
            footprints_has(&prints, sender.path, TUTTI_PART_TAIL, TUTTI_ACCESS_WRITE, step), sends);
    }
    assert_true(footprints_has(&prints, sender.path, TUTTI_PART_ALL, TUTTI_ACCESS_WRITE, 6));
    footprints_free(&prints);
}

static int scoped(void *arg)
{
    struct tutti_scope outer, shielded, inner;
    (void)arg;
    TUTTI_TRY(tutti_scope_open(&outer, TUTTI_NEVER));
    TUTTI_TRY(tutti_scope_open(&shielded, TUTTI_NEVER));
    tutti_scope_set_shield(&shielded, true);
    TUTTI_TRY(tutti_scope_open(&inner, TUTTI_NEVER));
    TUTTI_TRY(tutti_checkpoint());
    shared[0] = outer.path;
    shared[1] = shielded.path;
    shared[2] = inner.path;
    TUTTI_TRY(tutti_checkpoint());
    TUTTI_TRY(tutti_scope_close(&inner, 0));
    TUTTI_TRY(tutti_scope_close(&shielded, 0));
    return tutti_scope_close(&outer, 0);
}

/* A checkpoint looks at its scopes, up to a shield. */
static void checkpoints_look_up_to_a_shield(void **state)
{
    (void)state;
    struct footprints prints;
    footprints_of(&prints, scoped);
    assert_true(footprints_has(&prints, shared[2], TUTTI_PART_STATE, TUTTI_ACCESS_READ, 1));
    assert_true(footprints_has(&prints, shared[1], TUTTI_PART_STATE, TUTTI_ACCESS_READ, 1));
    assert_false(footprints_has(&prints, shared[0], TUTTI_PART_STATE, TUTTI_ACCESS_READ, 1));
    assert_true(footprints_has(&prints, shared[0], TUTTI_PART_STATE, TUTTI_ACCESS_WRITE, 2));
    footprints_free(&prints);
}

static int ids(void *arg)
{
    (void)arg;
    return tutti_task_id(tutti_task_self()) > 0 ? 0 : -1;
}

/* Without a footprint nothing is noted, and with one it may fill up. */
static void full_or_none(void **state)
{
    (void)state;
    struct footprints prints;
    tutti_access(&shared, 8, true); /* outside a run: nothing */
    footprints_of(&prints, memory);
    assert_false(prints.footprint.full || prints.footprint.ids_read);
    footprints_free(&prints);
    footprints_of(&prints, ids);
    assert_true(prints.footprint.ids_read);
    footprints_free(&prints);
    footprints_room = 3;
    footprints_of(&prints, memory);
    footprints_room = 1 << 12;
    assert_true(prints.footprint.full && prints.footprint.count == 3);
    footprints_free(&prints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_by_words),     cmocka_unit_test(locks_have_two_ends),
        cmocka_unit_test(channels_have_slots), cmocka_unit_test(checkpoints_look_up_to_a_shield),
        cmocka_unit_test(full_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
