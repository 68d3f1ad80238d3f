/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Barrier: rounds, cancelled parties, parties that never come, mistakes. */
#include "aborts.h"
#include "rehearsed.h"

#include "tutti/core/barrier.h"
#include "tutti/core/lot_break.h"

enum { PARTIES_MAX = 3, ROUNDS = 3 };

struct meeting {
    struct tutti_barrier barrier;
    struct tutti_scope scopes[PARTIES_MAX];
    struct tutti_breaker breakers[PARTIES_MAX];
    int results[PARTIES_MAX];
    int next, came[ROUNDS], seats[ROUNDS], passed;
};

static int attend(void *arg)
{
    struct meeting *meeting = *(struct meeting **)arg;
    for (int round = 0; round < ROUNDS; round++) {
        meeting->came[round]++;
        int seat = tutti_barrier_wait(&meeting->barrier);
        TUTTI_TRY(seat);
        tutti_check(meeting->came[round] == PARTIES_MAX);
        tutti_check(!(meeting->seats[round] & 1 << seat));
        meeting->seats[round] |= 1 << seat;
    }
    return 0;
}

static int rounds_body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < PARTIES_MAX; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, attend, &arg, sizeof arg));
    }
    return 0;
}

/* Nobody goes on before all have come, round after round; each has a seat of its own. */
static int rounds(void *arg)
{
    struct meeting meeting = {.next = 0};
    (void)arg;
    tutti_barrier_init(&meeting.barrier, "meeting", PARTIES_MAX);
    TUTTI_TRY(tutti_nursery_run(rounds_body, &meeting));
    for (int i = 0; i < ROUNDS; i++)
        tutti_check(meeting.seats[i] == (1 << PARTIES_MAX) - 1);
    struct tutti_barrier_stats stats = tutti_barrier_statistics(&meeting.barrier);
    tutti_check(stats.rounds == ROUNDS && stats.waiting == 0 && stats.parties == PARTIES_MAX);
    return 0;
}

static int come_once(void *arg)
{
    struct meeting *meeting = *(struct meeting **)arg;
    int me = meeting->next++;
    TUTTI_TRY(tutti_scope_open(&meeting->scopes[me], TUTTI_NEVER));
    meeting->results[me] = tutti_barrier_wait(&meeting->barrier);
    return tutti_scope_close(&meeting->scopes[me], meeting->results[me]);
}

static int cancel_body(struct tutti_nursery *nursery, void *arg)
{
    struct meeting *meeting = arg;
    for (int i = 0; i < 3; i++) {
        if (i == 2) {
            tutti_scope_cancel(&meeting->scopes[0]);
            tutti_check(tutti_barrier_statistics(&meeting->barrier).waiting == 1);
            tutti_check(tutti_barrier_wait_nowait(&meeting->barrier) == TUTTI_EWOULDBLOCK);
        }
        TUTTI_TRY(tutti_nursery_start_copy(nursery, come_once, &arg, sizeof arg));
        TUTTI_TRY(tutti_sleep(1));
    }
    tutti_check(meeting->barrier.lot.count == 2);
    tutti_check(tutti_barrier_wait_nowait(&meeting->barrier) == 2);
    tutti_check(meeting->barrier.lot.count == 0);
    return 0;
}

/* Who is cancelled has not come; the last may come without waiting. */
static int cancelled_party(void *arg)
{
    struct meeting meeting = {.next = 0};
    (void)arg;
    tutti_barrier_init(&meeting.barrier, "meeting", 3);
    TUTTI_TRY(tutti_nursery_run(cancel_body, &meeting));
    tutti_check(meeting.results[0] == TUTTI_ECANCELED);
    tutti_check(meeting.results[1] == 0 && meeting.results[2] == 1);
    return 0;
}

static int alone(void *arg)
{
    struct tutti_barrier barrier;
    const struct tutti_task *self = tutti_task_self();
    (void)arg;
    tutti_barrier_init(&barrier, "alone", 1);
    uint64_t cancels = tutti_task_cancel_points(self), yields = tutti_task_schedule_points(self);
    tutti_check(tutti_barrier_wait(&barrier) == 0);
    tutti_check(tutti_task_cancel_points(self) == cancels + 1);
    tutti_check(tutti_task_schedule_points(self) == yields + 1);
    return 0;
}

static int breaks_body(struct tutti_nursery *nursery, void *arg)
{
    struct meeting *meeting = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, attend, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_lot_break(&meeting->barrier.lot);
    tutti_check(tutti_barrier_wait(&meeting->barrier) == TUTTI_EBROKEN);
    tutti_check(tutti_barrier_wait_nowait(&meeting->barrier) == TUTTI_EBROKEN);
    return 0;
}

static int broken(void *arg)
{
    struct meeting meeting = {.next = 0};
    (void)arg;
    tutti_barrier_init(&meeting.barrier, "meeting", 3);
    tutti_check(tutti_nursery_run(breaks_body, &meeting) == TUTTI_EBROKEN);
    tutti_check(tutti_barrier_statistics(&meeting.barrier).broken);
    return 0;
}

static int reliable_wait(void *arg)
{
    struct meeting *meeting = arg;
    int seat = tutti_barrier_wait(&meeting->barrier);
    if (seat >= 0) meeting->passed++;
    return seat;
}

/* A party that would be missed: the others are told when it ends without having come. */
static int reliable(void *arg)
{
    struct meeting *meeting = *(struct meeting **)arg;
    struct tutti_breaker *breaker = &meeting->breakers[meeting->next++];
    TUTTI_TRY(tutti_lot_add_breaker(&meeting->barrier.lot, breaker, NULL));
    int passed = meeting->passed;
    int rc = tutti_move_on_at(TUTTI_NEVER, reliable_wait, meeting);
    if (meeting->passed > passed) TUTTI_TRY(tutti_lot_remove_breaker(breaker));
    return rc == TUTTI_EBROKEN ? 0 : rc;
}

static int any_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, reliable, &arg, sizeof arg));
    return tutti_nursery_start_copy(nursery, reliable, &arg, sizeof arg);
}

/* Two parties under any schedule and cancellation: both pass or neither, and nobody stays behind.
 */
static int two_parties(void *arg)
{
    struct meeting meeting = {.next = 0};
    (void)arg;
    tutti_barrier_init(&meeting.barrier, "meeting", 2);
    TUTTI_TRY(tutti_nursery_run(any_body, &meeting));
    struct tutti_barrier_stats stats = tutti_barrier_statistics(&meeting.barrier);
    tutti_check(stats.waiting == 0 && meeting.passed == (stats.broken ? 0 : 2));
    tutti_check(stats.rounds == (stats.broken ? 0 : 1));
    return 0;
}

static int three_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start_copy(nursery, reliable, &arg, sizeof arg));
    return any_body(nursery, arg);
}

static int three_parties(void *arg)
{
    struct meeting meeting = {.next = 0};
    (void)arg;
    tutti_barrier_init(&meeting.barrier, "meeting", 3);
    TUTTI_TRY(tutti_nursery_run(three_body, &meeting));
    struct tutti_barrier_stats stats = tutti_barrier_statistics(&meeting.barrier);
    tutti_check(stats.waiting == 0 && meeting.passed == (stats.broken ? 0 : 3));
    return 0;
}

static int for_none(void *arg)
{
    struct tutti_barrier barrier;
    (void)arg;
    MISTAKE("a barrier for 0", tutti_barrier_init(&barrier, "none", 0));
    return 0;
}

static int for_too_many(void *arg)
{
    struct tutti_barrier barrier;
    (void)arg;
    MISTAKE("a barrier for 4294967295", tutti_barrier_init(&barrier, "many", UINT32_MAX));
    return 0;
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(for_none);
    assert_aborts(for_too_many);
}

REHEARSE_MAIN(REHEARSED(rounds), REHEARSED(cancelled_party), REHEARSED(alone), REHEARSED(broken),
              REHEARSED_ALL(two_parties, 1, 20), REHEARSED_ALL(three_parties, 1, 330),
              cmocka_unit_test(mistakes))
