/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whoever looks at something can tell whether it was changed before: one task looks, another one
 * changes, and there are two traces, whatever was found. A look that is not noted makes them one.
 */
#include <signal.h>

#include "traces.h"
#include "tutti/core/barrier.h"
#include "tutti/core/broadcast.h"
#include "tutti/core/chan.h"
#include "tutti/core/cond.h"
#include "tutti/core/external.h"
#include "tutti/core/fair.h"
#include "tutti/core/finish.h"
#include "tutti/core/limiter.h"
#include "tutti/core/local.h"
#include "tutti/core/lot_break.h"
#include "tutti/core/once.h"
#include "tutti/core/rwlock.h"
#include "tutti/core/scope.h"
#include "tutti/core/select.h"
#include "tutti/core/sem.h"
#include "tutti/core/stats.h"
#include "tutti/core/token.h"
#include "tutti/io/lockstep.h"
#include "tutti/io/memory_stream.h"
#include "tutti/io/signals.h"

static struct {
    struct tutti_lock lock;
    struct tutti_event event, is_set;
    struct tutti_sem sem;
    struct tutti_cond cond;
    struct tutti_rwlock rwlock;
    struct tutti_barrier barrier;
    struct tutti_limiter limiter;
    struct tutti_borrow borrow;
    struct tutti_once once;
    struct tutti_broadcast broadcast;
    uint64_t seen;
    struct tutti_lot lot;
    struct tutti_fair_lot fair;
    struct tutti_fair_share shares[2];
    struct tutti_chan_sender sender;
    struct tutti_chan_receiver receiver;
    struct tutti_scope *scope;
    struct tutti_token token;
    struct tutti_post posts[2];
    struct tutti_memory_pipe memory;
    struct tutti_memory_sender sender_end;
    struct tutti_memory_receiver receiver_end;
    struct tutti_lockstep_pipe lockstep;
    struct tutti_signals signals;
} thing;

/* A function of one step that does this; its value is looked at so that it counts as used. */
#define DO(name_, ...)                                                                             \
    static int name_(void)                                                                         \
    {                                                                                              \
        return (__VA_ARGS__) ? 1 : 0;                                                              \
    }
/* The same if it can be had, and gives it back at once; or after a step in which others run. */
#define TRY(name_, had_, back_)                                                                    \
    static int name_(void)                                                                         \
    {                                                                                              \
        if (had_) back_;                                                                           \
        return 0;                                                                                  \
    }
#define HOLD(name_, had_, back_)                                                                   \
    static int name_(void)                                                                         \
    {                                                                                              \
        if (!(had_)) return 0;                                                                     \
        int rc = tutti_checkpoint();                                                               \
        back_;                                                                                     \
        return rc;                                                                                 \
    }

/* Was this case done, and not the other one, which always can be? */
static bool chosen(struct tutti_case one)
{
    struct tutti_case cases[] = {one, tutti_case_event(&thing.is_set)};
    return tutti_select_nowait(cases, 2) == 0 && cases[0].result >= 0;
}

static const int both[] = {SIGUSR1, SIGUSR2};
static const struct tutti_local local = {.name = "local"};
static int item;
static char byte;

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int get_deadline(void)
{
    int64_t deadline_ns;
    return tutti_scope_deadline(thing.scope, &deadline_ns);
}

DO(event_set, (tutti_event_set(&thing.event), 0))
DO(event_statistics, tutti_event_statistics(&thing.event).is_set)
DO(event_case, chosen(tutti_case_event(&thing.event)))
HOLD(lock_hold, !tutti_lock_acquire_nowait(&thing.lock), tutti_lock_release(&thing.lock))
TRY(lock_nowait, !tutti_lock_acquire_nowait(&thing.lock), tutti_lock_release(&thing.lock))
TRY(lock_case, chosen(tutti_case_lock(&thing.lock)), tutti_lock_release(&thing.lock))
DO(lock_statistics, tutti_lock_statistics(&thing.lock).owner)
DO(sem_take, tutti_sem_acquire_nowait(&thing.sem))
DO(sem_statistics, tutti_sem_statistics(&thing.sem).value)
DO(sem_case, chosen(tutti_case_sem(&thing.sem)))
TRY(limiter_nowait, !tutti_limiter_acquire_nowait(&thing.limiter, &thing.borrow),
    tutti_limiter_release(&thing.limiter, &thing.borrow))
TRY(limiter_case, chosen(tutti_case_limiter(&thing.limiter, &thing.borrow)),
    tutti_limiter_release(&thing.limiter, &thing.borrow))
DO(limiter_total, (tutti_limiter_set_total(&thing.limiter, 0), 0))
DO(limiter_statistics, tutti_limiter_statistics(&thing.limiter).total)
DO(cond_break, (tutti_lot_break(&thing.cond.lot), 0))
DO(cond_statistics, tutti_cond_statistics(&thing.cond).waiting)
DO(cond_case, chosen(tutti_case_cond(&thing.cond)))
HOLD(cond_wait, !tutti_lock_acquire_nowait(&thing.lock) && tutti_cond_wait(&thing.cond) < 0,
     tutti_lock_release(&thing.lock))
HOLD(write_hold, !tutti_rwlock_acquire_write_nowait(&thing.rwlock),
     tutti_rwlock_release_write(&thing.rwlock))
HOLD(read_hold, !tutti_rwlock_acquire_read_nowait(&thing.rwlock),
     tutti_rwlock_release_read(&thing.rwlock))
TRY(read_nowait, !tutti_rwlock_acquire_read_nowait(&thing.rwlock),
    tutti_rwlock_release_read(&thing.rwlock))
TRY(read_case, chosen(tutti_case_read(&thing.rwlock)), tutti_rwlock_release_read(&thing.rwlock))
TRY(write_nowait, !tutti_rwlock_acquire_write_nowait(&thing.rwlock),
    tutti_rwlock_release_write(&thing.rwlock))
TRY(write_case, chosen(tutti_case_write(&thing.rwlock)), tutti_rwlock_release_write(&thing.rwlock))
DO(rwlock_statistics, tutti_rwlock_statistics(&thing.rwlock).writer)
DO(barrier_break, (tutti_lot_break(&thing.barrier.lot), 0))
DO(barrier_nowait, tutti_barrier_wait_nowait(&thing.barrier) < 0)
DO(barrier_statistics, tutti_barrier_statistics(&thing.barrier).broken)
DO(barrier_case, chosen(tutti_case_barrier(&thing.barrier)))
DO(once_run, tutti_once_run(&thing.once, nothing, NULL))
DO(once_get, tutti_once_get_nowait(&thing.once) < 0)
DO(once_statistics, tutti_once_statistics(&thing.once).done)
DO(announce, (tutti_broadcast_announce(&thing.broadcast, NULL), 0))
DO(broadcast_nowait, tutti_broadcast_wait_nowait(&thing.broadcast, &thing.seen, NULL) < 0)
DO(broadcast_statistics, tutti_broadcast_statistics(&thing.broadcast).ended)
DO(broadcast_case, chosen(tutti_case_broadcast(&thing.broadcast, &thing.seen, NULL)))
DO(lot_break, (tutti_lot_break(&thing.lot), 0))
DO(lot_park, tutti_lot_park(&thing.lot, "park") < 0)
DO(lot_unpark, tutti_lot_unpark(&thing.lot, 1))
DO(lot_statistics, tutti_lot_statistics(&thing.lot).breaks)
DO(lot_case, chosen(tutti_case_lot(&thing.lot)))
DO(fair_pass, tutti_fair_pass(&thing.shares[0], 1) < 0)
DO(fair_pass_too, tutti_fair_pass(&thing.shares[1], 1) < 0)
DO(fair_park, tutti_fair_park(&thing.shares[1], 1, "park") < 0)
DO(fair_unpark, tutti_fair_unpark(&thing.fair, 1))
DO(fair_statistics, tutti_fair_statistics(&thing.fair).waiting)
DO(send_nowait, tutti_chan_send_nowait(&thing.sender, &item) < 0)
DO(send_case, chosen(tutti_case_send(&thing.sender, &item)))
DO(receive_nowait, tutti_chan_receive_nowait(&thing.receiver, &item) < 0)
DO(receive_case, chosen(tutti_case_receive(&thing.receiver, &item)))
DO(close_send, (tutti_chan_close_send(&thing.sender), 0))
DO(close_receive, (tutti_chan_close_receive(&thing.receiver), 0))
DO(chan_statistics, tutti_chan_statistics(thing.sender.chan).used)
DO(capacity_0, tutti_chan_set_capacity(thing.sender.chan, 0))
DO(scope_cancel, (tutti_scope_cancel(thing.scope), 0))
DO(scope_called, tutti_scope_called(thing.scope))
DO(scope_reason, tutti_scope_reason(thing.scope) != NULL)
DO(cancel_reason, tutti_cancel_reason() != NULL)
DO(scope_finish, tutti_scope_finish(thing.scope, TUTTI_NEVER))
DO(finishing, tutti_finishing())
DO(set_deadline, tutti_scope_set_deadline(thing.scope, 5))
DO(effective_deadline, tutti_effective_deadline() > 0)
DO(run_local_set, tutti_run_local_set(&local, &item))
DO(run_local_get, tutti_run_local_get(&local) != NULL)
HOLD(external_hold, (tutti_external_begin(), 1), tutti_external_end())
DO(external_count, (int)tutti_external_count())
DO(post, tutti_token_post(&thing.token, &thing.posts[0], 0) < 0)
DO(post_too, tutti_token_post(&thing.token, &thing.posts[1], 0) < 0)
DO(token_waiting, tutti_token_waiting(&thing.token) > 0)
DO(stream_send, tutti_stream_send_all(&thing.memory.sender.stream, "x", 1) < 0)
DO(stream_receive, tutti_stream_receive(&thing.memory.receiver.stream, &byte, 1) < 0)
DO(stream_close, (tutti_stream_close_forcefully(&thing.memory.sender.stream), 0))
DO(stream_is_open, tutti_stream_is_open(&thing.memory.sender.stream))
DO(memory_put, tutti_memory_put(&thing.receiver_end, "x", 1) < 0)
DO(memory_receive, tutti_stream_receive(&thing.receiver_end.stream, &byte, 1) < 0)
DO(memory_get, tutti_memory_get_nowait(&thing.sender_end, &byte, 1) < 0)
DO(memory_send, tutti_stream_send_all(&thing.sender_end.stream, "x", 1) < 0)
DO(lockstep_send, tutti_stream_send_all(&thing.lockstep.sender, "x", 1) < 0)
DO(lockstep_receive, tutti_stream_receive(&thing.lockstep.receiver, &byte, 1) < 0)
DO(lockstep_close, (tutti_stream_close_forcefully(&thing.lockstep.receiver), 0))

DO(raised, raise(SIGUSR1))
DO(raised_too, raise(SIGUSR2))
DO(signals_nowait, tutti_signals_next_nowait(&thing.signals) < 0)
DO(signals_next, tutti_signals_next(&thing.signals) < 0)
DO(signals_statistics, tutti_signals_statistics(&thing.signals).pending)

/* How often a look can come before, between and after the steps of a change: with one step, twice.
 */
static const struct look {
    const char *name;
    int (*look)(void), (*change)(void);
    uint64_t traces;
} looks[] = {
#define LOOK(look_, change_, traces_)                                                              \
    {                                                                                              \
#look_ " and " #change_, look_, change_, traces_                                           \
    }
    LOOK(event_statistics, event_set, 2),
    LOOK(event_case, event_set, 2),
    LOOK(lock_nowait, lock_hold, 3),
    LOOK(lock_statistics, lock_hold, 3),
    LOOK(lock_case, lock_hold, 3),
    LOOK(lock_hold, lock_hold, 4),
    LOOK(sem_take, sem_take, 2),
    LOOK(sem_statistics, sem_take, 2),
    LOOK(sem_case, sem_take, 2),
    LOOK(limiter_nowait, limiter_total, 2),
    LOOK(limiter_statistics, limiter_total, 2),
    LOOK(limiter_case, limiter_total, 2),
    LOOK(cond_statistics, cond_break, 2),
    LOOK(cond_case, cond_break, 2),
    LOOK(cond_wait, cond_break, 2),
    LOOK(read_nowait, write_hold, 3),
    LOOK(read_case, write_hold, 3),
    LOOK(write_nowait, read_hold, 3),
    LOOK(write_case, read_hold, 3),
    LOOK(rwlock_statistics, write_hold, 3),
    LOOK(barrier_nowait, barrier_break, 2),
    LOOK(barrier_statistics, barrier_break, 2),
    LOOK(barrier_case, barrier_break, 2),
    LOOK(once_get, once_run, 2),
    LOOK(once_statistics, once_run, 2),
    LOOK(broadcast_nowait, announce, 2),
    LOOK(broadcast_statistics, announce, 2),
    LOOK(broadcast_case, announce, 2),
    LOOK(lot_park, lot_break, 2),
    LOOK(lot_unpark, lot_park, 2),
    LOOK(lot_statistics, lot_break, 2),
    LOOK(lot_case, lot_break, 2),
    LOOK(fair_pass, fair_pass_too, 2),
    LOOK(fair_pass, fair_park, 2),
    LOOK(fair_unpark, fair_park, 2),
    LOOK(fair_statistics, fair_park, 2),
    LOOK(send_nowait, send_nowait, 2),
    LOOK(send_nowait, close_send, 2),
    LOOK(send_nowait, close_receive, 2),
    LOOK(send_nowait, capacity_0, 2),
    LOOK(send_case, send_nowait, 2),
    LOOK(receive_nowait, send_nowait, 2),
    LOOK(receive_nowait, close_receive, 2),
    LOOK(receive_nowait, close_send, 2),
    LOOK(receive_case, send_nowait, 2),
    LOOK(close_send, close_send, 2),
    LOOK(close_receive, close_receive, 2),
    LOOK(chan_statistics, send_nowait, 2),
    LOOK(scope_called, scope_cancel, 2),
    LOOK(scope_reason, scope_cancel, 2),
    LOOK(cancel_reason, scope_cancel, 2),
    LOOK(finishing, scope_finish, 2),
    LOOK(get_deadline, set_deadline, 2),
    LOOK(effective_deadline, set_deadline, 2),
    LOOK(run_local_get, run_local_set, 2),
    LOOK(external_count, external_hold, 3),
    LOOK(post, post_too, 8),
    LOOK(token_waiting, post, 5), /* the task of the token takes turns, too */
    LOOK(stream_receive, stream_send, 2),
    LOOK(stream_send, stream_close, 3),
    LOOK(stream_is_open, stream_close, 2),
    LOOK(memory_receive, memory_put, 2),
    LOOK(memory_get, memory_send, 2),
    LOOK(lockstep_send, lockstep_close, 2),
    LOOK(lockstep_receive, lockstep_send, 2),
    LOOK(signals_nowait, raised, 3),
    LOOK(signals_statistics, raised, 3),
    LOOK(signals_next, raised, 2),
    LOOK(raised, raised_too, 8),
#undef LOOK
};

static int one_of_two(void *arg)
{
    return (*(int (*const *)(void))arg)() < 0 ? -1 : 0;
}

static int init(void)
{
    tutti_lock_init(&thing.lock, "lock");
    tutti_event_init(&thing.event, "event");
    tutti_event_init(&thing.is_set, "set");
    tutti_event_set(&thing.is_set);
    tutti_sem_init(&thing.sem, "sem", 1, 1);
    tutti_cond_init(&thing.cond, "cond", &thing.lock);
    tutti_rwlock_init(&thing.rwlock, "rwlock");
    tutti_barrier_init(&thing.barrier, "barrier", 2);
    tutti_limiter_init(&thing.limiter, "limiter", 1);
    tutti_once_init(&thing.once, "once");
    tutti_broadcast_init(&thing.broadcast, "broadcast", NULL, 0);
    thing.seen = 0;
    tutti_lot_init(&thing.lot, "lot");
    tutti_fair_init(&thing.fair, "fair");
    for (int i = 0; i < 2; i++)
        tutti_fair_share_init(&thing.shares[i], &thing.fair, 1);
    thing.posts[0] = thing.posts[1] = (struct tutti_post){.fn = nothing};
    TUTTI_TRY(tutti_token_open(&thing.token, "token"));
    tutti_memory_pipe_init(&thing.memory);
    tutti_memory_sender_init(&thing.sender_end);
    tutti_memory_receiver_init(&thing.receiver_end);
    tutti_lockstep_pipe_init(&thing.lockstep);
    TUTTI_TRY(tutti_signals_open(&thing.signals, both, 2));
    return tutti_chan_open(&thing.sender, &thing.receiver, "chan", sizeof item, 1);
}

static void done(void)
{
    tutti_token_close(&thing.token);
    tutti_signals_close(&thing.signals);
    tutti_chan_close_send(&thing.sender);
    tutti_chan_close_receive(&thing.receiver);
    tutti_stream_free(&thing.memory.sender.stream);
    tutti_stream_free(&thing.memory.receiver.stream);
    tutti_stream_free(&thing.sender_end.stream);
    tutti_stream_free(&thing.receiver_end.stream);
}

static int look_and_change(void *arg)
{
    struct look *one = arg;
    struct tutti_nursery nursery;
    struct tutti_scope scope;
    TUTTI_TRY(init());
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    thing.scope = &scope;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start_copy(&nursery, one_of_two, &one->look, sizeof one->look));
    TUTTI_TRY(tutti_nursery_start_copy(&nursery, one_of_two, &one->change, sizeof one->change));
    int rc = tutti_nursery_close(&nursery, 0);
    done();
    return tutti_scope_close(&scope, rc);
}

static void looks_are_noted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        for (int order = TUTTI_DPOR_FIRST; order < TUTTI_DPOR_ORDERS; order++) {
            struct traces traces = traces_of(look_and_change, &looks[i], &census_bounds, order, 0);
            if (traces.traces != looks[i].traces || !traces.complete) {
                fail_msg("%s, preference %d: %llu traces, not %llu", looks[i].name, order,
                         (unsigned long long)traces.traces, (unsigned long long)looks[i].traces);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(looks_are_noted)};
    signal(SIGUSR1, SIG_IGN); /* what nobody received is raised again */
    signal(SIGUSR2, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
