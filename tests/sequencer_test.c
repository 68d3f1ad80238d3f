/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sequencer: blocks of tasks in the order of their numbers, or not at all. */
#include "rehearsed.h"

#include "tutti/core/scope.h"
#include "tutti/sim/sequencer.h"

struct record {
    struct tutti_sequencer order;
    char text[16];
    int count;
    struct tutti_scope scope;
    int broken;
};

static int block(struct record *record, uint32_t position, char what)
{
    TUTTI_TRY(tutti_sequencer_enter(&record->order, position));
    int again = tutti_sequencer_enter(&record->order, position);
    tutti_check(again == TUTTI_ESTATE || (again == TUTTI_EBROKEN && record->order.lot.breaks));
    TUTTI_TRY(tutti_checkpoint()); /* nobody may come in between */
    record->text[record->count++] = what;
    tutti_sequencer_leave(&record->order);
    return 0;
}

static int even(void *arg)
{
    struct record *record = *(struct record **)arg;
    TUTTI_TRY(block(record, 0, 'a'));
    TUTTI_TRY(block(record, 2, 'c'));
    return block(record, 4, 'e');
}

static int odd(void *arg)
{
    struct record *record = *(struct record **)arg;
    TUTTI_TRY(block(record, 1, 'b'));
    return block(record, 3, 'd');
}

static int both(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, odd, &arg, sizeof arg));
    return tutti_nursery_start_copy(nursery, even, &arg, sizeof arg);
}

static int in_order(void *arg)
{
    struct record record = {.count = 0};
    (void)arg;
    tutti_sequencer_init(&record.order, "order");
    TUTTI_TRY(tutti_nursery_run(both, &record));
    tutti_check(strcmp(record.text, "abcde") == 0);
    tutti_check(tutti_sequencer_enter(&record.order, 2) == TUTTI_ESTATE);
    return 0;
}

static int second(void *arg)
{
    struct record *record = *(struct record **)arg;
    int rc = tutti_sequencer_enter(&record->order, 1);
    record->broken += rc == TUTTI_EBROKEN;
    return 0;
}

static int third(void *arg)
{
    struct record *record = *(struct record **)arg;
    TUTTI_TRY(tutti_scope_open(&record->scope, TUTTI_NEVER));
    int rc = tutti_sequencer_enter(&record->order, 2);
    record->broken += rc == TUTTI_EBROKEN;
    TUTTI_TRY(tutti_scope_close(&record->scope, 0));
    return 0;
}

static int breaks_body(struct tutti_nursery *nursery, void *arg)
{
    struct record *record = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, second, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, third, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_sequencer_enter(&record->order, 1) == TUTTI_ESTATE); /* somebody waits */
    tutti_scope_cancel(&record->scope);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(record->broken == 2);
    tutti_check(tutti_sequencer_enter(&record->order, 0) == TUTTI_EBROKEN);
    return 0;
}

/* A waiter that is cancelled breaks the sequence: for itself, for who waits, for who comes. */
static int breaks(void *arg)
{
    struct record record = {.count = 0};
    (void)arg;
    tutti_sequencer_init(&record.order, "order");
    return tutti_nursery_run(breaks_body, &record);
}

static int one_block(void *arg)
{
    return block(*(struct record **)arg, 1, 'b');
}

static int block_in_scope(void *arg)
{
    return tutti_move_on_at(TUTTI_NEVER, one_block, arg);
}

static int small_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, block_in_scope, &arg, sizeof arg));
    int rc = block(arg, 0, 'a');
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

/* Every schedule of two, of which one is cancelled: it came to its turn, or the sequence is broken,
 * or it gave up in its turn and holds it. */
static int all_of_two(void *arg)
{
    struct record record = {.count = 0};
    (void)arg;
    tutti_sequencer_init(&record.order, "order");
    int rc = tutti_nursery_run(small_body, &record);
    bool broken = record.order.lot.breaks > 0;
    tutti_check(rc == (broken ? TUTTI_EBROKEN : 0));
    tutti_check(!record.order.entered || broken || record.order.next == 1);
    tutti_check(record.order.lot.count == 0);
    return 0;
}

REHEARSE_MAIN(REHEARSED(in_order), REHEARSED(breaks), REHEARSED_ALL(all_of_two, 1, 16))
