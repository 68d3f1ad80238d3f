/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* marks_of_sync.h - entries of what tasks wait for. Included by marks_entries.h. */
#ifndef TUTTI_TESTS_MARKS_OF_SYNC_H
#define TUTTI_TESTS_MARKS_OF_SYNC_H

CALL(tutti_barrier_init_at, VOID(tutti_barrier_init(&set->barrier, NULL, 1)))
CALL(tutti_barrier_statistics, VOID(tutti_barrier_statistics(&set->barrier)))
CALL(tutti_barrier_wait_at, tutti_barrier_wait(&set->barrier))
CALL(tutti_barrier_wait_nowait_at, tutti_barrier_wait_nowait(&set->barrier))

CALL(tutti_broadcast_announce_at, VOID(tutti_broadcast_announce(&set->broadcast, NULL)))
CALL(tutti_broadcast_end_at, VOID(tutti_broadcast_end(&set->broadcast)))
CALL(tutti_broadcast_init_at, VOID(tutti_broadcast_init(&set->broadcast, NULL, NULL, 0)))
CALL(tutti_broadcast_statistics, VOID(tutti_broadcast_statistics(&set->broadcast)))
ENTRY(tutti_broadcast_wait_at, VOID(tutti_broadcast_announce(&set->broadcast, NULL)),
      tutti_broadcast_wait(&set->broadcast, &set->seen, NULL), 0)
CALL(tutti_broadcast_wait_nowait_at,
     DROP(tutti_broadcast_wait_nowait(&set->broadcast, &set->seen, NULL)))

CALL(tutti_case_barrier, VOID(set->one = tutti_case_barrier(&set->barrier)))
CALL(tutti_case_broadcast, VOID(set->one = tutti_case_broadcast(&set->broadcast, &set->seen, NULL)))
CALL(tutti_case_cond, VOID(set->one = tutti_case_cond(&set->cond)))
CALL(tutti_case_event, VOID(set->one = tutti_case_event(&set->event)))
CALL(tutti_case_fair, VOID(set->one = tutti_case_fair(&set->share, 1)))
CALL(tutti_case_limiter, VOID(set->one = tutti_case_limiter(&set->limiter, &set->borrow)))
CALL(tutti_case_lock, VOID(set->one = tutti_case_lock(&set->lock)))
CALL(tutti_case_lot, VOID(set->one = tutti_case_lot(&set->lot)))
CALL(tutti_case_read, VOID(set->one = tutti_case_read(&set->rwlock)))
CALL(tutti_case_receive, VOID(set->one = tutti_case_receive(&set->receiver, &set->item)))
CALL(tutti_case_sem, VOID(set->one = tutti_case_sem(&set->sem)))
CALL(tutti_case_send, VOID(set->one = tutti_case_send(&set->sender, &set->item)))
CALL(tutti_case_until, VOID(set->one = tutti_case_until(0)))
CALL(tutti_case_write, VOID(set->one = tutti_case_write(&set->rwlock)))
ENTRY(tutti_select_at, VOID(set->one = tutti_case_until(0)), tutti_select(&set->one, 1), 0)
ENTRY(tutti_select_nowait_at, VOID(set->one = tutti_case_until(0)),
      tutti_select_nowait(&set->one, 1), 0)

CALL(tutti_chan_clone_receive_at, tutti_chan_clone_receive(&set->receiver_2, &set->receiver))
CALL(tutti_chan_clone_send_at, tutti_chan_clone_send(&set->sender_2, &set->sender))
CALL(tutti_chan_close_receive_at, VOID(tutti_chan_close_receive(&set->receiver)))
CALL(tutti_chan_close_send_at, VOID(tutti_chan_close_send(&set->sender)))
CALL(tutti_chan_open_at, tutti_chan_open(&set->sender_2, &set->receiver_2, NULL, 4, 1))
ENTRY(tutti_chan_receive_at, tutti_chan_send_nowait(&set->sender, &set->item),
      tutti_chan_receive(&set->receiver, &set->item), 0)
ENTRY(tutti_chan_receive_batch_at, tutti_chan_send_nowait(&set->sender, &set->item),
      tutti_chan_receive_batch(&set->receiver, &set->item, 1), 0)
ENTRY(tutti_chan_receive_batch_nowait_at, tutti_chan_send_nowait(&set->sender, &set->item),
      tutti_chan_receive_batch_nowait(&set->receiver, &set->item, 1), 0)
ENTRY(tutti_chan_receive_nowait_at, tutti_chan_send_nowait(&set->sender, &set->item),
      tutti_chan_receive_nowait(&set->receiver, &set->item), 0)
CALL(tutti_chan_send_at, tutti_chan_send(&set->sender, &set->item))
CALL(tutti_chan_send_nowait_at, tutti_chan_send_nowait(&set->sender, &set->item))
CALL(tutti_chan_set_capacity_at, tutti_chan_set_capacity(set->sender.chan, 3))
CALL(tutti_chan_set_discard_at, tutti_chan_set_discard(set->sender.chan, NULL, NULL))
CALL(tutti_chan_set_drop_oldest_at, tutti_chan_set_drop_oldest(set->sender.chan, true))
CALL(tutti_chan_statistics, VOID(tutti_chan_statistics(set->sender.chan)))

CALL(tutti_cond_init_at, VOID(tutti_cond_init(&set->cond, NULL, &set->lock)))
ENTRY(tutti_cond_notify_at, tutti_lock_acquire_nowait(&set->lock),
      VOID(tutti_cond_notify(&set->cond, 1)), VOID(tutti_lock_release(&set->lock)))
CALL(tutti_cond_statistics, VOID(tutti_cond_statistics(&set->cond)))
ENTRY(tutti_cond_wait_at, tutti_lock_acquire_nowait(&set->lock), tutti_cond_wait(&set->cond),
      VOID(tutti_lock_release(&set->lock)))

CALL(tutti_event_init_at, VOID(tutti_event_init(&set->event, NULL)))
CALL(tutti_event_set_at, VOID(tutti_event_set(&set->event)))
CALL(tutti_event_statistics, VOID(tutti_event_statistics(&set->event)))
ENTRY(tutti_event_wait_nowait_at, VOID(tutti_event_set(&set->event)),
      tutti_event_wait_nowait(&set->event), 0)
ENTRY(tutti_event_wait_at, VOID(tutti_event_set(&set->event)), tutti_event_wait(&set->event), 0)

CALL(tutti_limiter_acquire_at, tutti_limiter_acquire(&set->limiter, &set->borrow))
CALL(tutti_limiter_acquire_nowait_at, tutti_limiter_acquire_nowait(&set->limiter, &set->borrow))
CALL(tutti_limiter_init_at, VOID(tutti_limiter_init(&set->limiter, NULL, 1)))
ENTRY(tutti_limiter_release_at, tutti_limiter_acquire_nowait(&set->limiter, &set->borrow),
      VOID(tutti_limiter_release(&set->limiter, &set->borrow)), 0)
CALL(tutti_limiter_set_total_at, VOID(tutti_limiter_set_total(&set->limiter, 5)))
CALL(tutti_limiter_statistics, VOID(tutti_limiter_statistics(&set->limiter)))

CALL(tutti_lock_acquire_at, tutti_lock_acquire(&set->lock))
CALL(tutti_lock_acquire_nowait_at, tutti_lock_acquire_nowait(&set->lock))
CALL(tutti_lock_init_at, VOID(tutti_lock_init(&set->lock, NULL)))
ENTRY(tutti_lock_release_at, tutti_lock_acquire_nowait(&set->lock),
      VOID(tutti_lock_release(&set->lock)), 0)
CALL(tutti_lock_statistics, VOID(tutti_lock_statistics(&set->lock)))

ENTRY(tutti_lot_add_breaker_at, 0, tutti_lot_add_breaker(&set->lot, &set->breaker, NULL),
      tutti_lot_remove_breaker(&set->breaker))
ENTRY(tutti_lot_break_at, start_waiting(set), VOID(tutti_lot_break(&set->lot)),
      DROP(close_nursery(set)))
CALL(tutti_lot_init_at, VOID(tutti_lot_init(&set->lot, NULL)))
ENTRY(tutti_lot_join, 0, VOID(tutti_lot_join(&set->lot, &set->wait, &set->place, NULL)), 0)
CALL(tutti_lot_park_at, tutti_lot_park(&set->lot, "test"))
ENTRY(tutti_lot_remove_breaker_at, tutti_lot_add_breaker(&set->lot, &set->breaker, NULL),
      tutti_lot_remove_breaker(&set->breaker), 0)
ENTRY(tutti_lot_repark_at, start_waiting(set), VOID(tutti_lot_repark(&set->lot, &set->other, 1)),
      close_nursery(set))
CALL(tutti_lot_statistics, VOID(tutti_lot_statistics(&set->lot)))
ENTRY(tutti_lot_unpark_at, start_waiting(set), VOID(tutti_lot_unpark(&set->lot, 1)),
      close_nursery(set))
CALL(tutti_park, parks(set))
ENTRY(tutti_wake_at, start_waiting(set), VOID(tutti_wake(&set->wait, 0)), close_nursery(set))
ENTRY(tutti_waiter_wake_at, start_waiting(set), VOID(tutti_waiter_wake(&set->place, 0)),
      close_nursery(set))

CALL(tutti_once_get_nowait_at, DROP(tutti_once_get_nowait(&set->once)))
CALL(tutti_once_init_at, VOID(tutti_once_init(&set->once, NULL)))
CALL(tutti_once_run_at, tutti_once_run(&set->once, nothing, NULL))
CALL(tutti_once_statistics, VOID(tutti_once_statistics(&set->once)))

CALL(tutti_rwlock_acquire_read_at, tutti_rwlock_acquire_read(&set->rwlock))
CALL(tutti_rwlock_acquire_read_nowait_at, tutti_rwlock_acquire_read_nowait(&set->rwlock))
CALL(tutti_rwlock_acquire_write_at, tutti_rwlock_acquire_write(&set->rwlock))
CALL(tutti_rwlock_acquire_write_nowait_at, tutti_rwlock_acquire_write_nowait(&set->rwlock))
CALL(tutti_rwlock_init_at, VOID(tutti_rwlock_init(&set->rwlock, NULL)))
ENTRY(tutti_rwlock_release_read_at, tutti_rwlock_acquire_read_nowait(&set->rwlock),
      VOID(tutti_rwlock_release_read(&set->rwlock)), 0)
ENTRY(tutti_rwlock_release_write_at, tutti_rwlock_acquire_write_nowait(&set->rwlock),
      VOID(tutti_rwlock_release_write(&set->rwlock)), 0)
CALL(tutti_rwlock_statistics, VOID(tutti_rwlock_statistics(&set->rwlock)))

CALL(tutti_sem_acquire_at, tutti_sem_acquire(&set->sem))
CALL(tutti_sem_acquire_nowait_at, tutti_sem_acquire_nowait(&set->sem))
CALL(tutti_sem_init_at, VOID(tutti_sem_init(&set->sem, NULL, 1, 2)))
CALL(tutti_sem_release_at, VOID(tutti_sem_release(&set->sem)))
CALL(tutti_sem_statistics, VOID(tutti_sem_statistics(&set->sem)))

CALL(tutti_sequencer_enter_at, tutti_sequencer_enter(&set->sequencer, 0))
CALL(tutti_sequencer_init_at, VOID(tutti_sequencer_init(&set->sequencer, NULL)))
ENTRY(tutti_sequencer_leave_at, tutti_sequencer_enter(&set->sequencer, 0),
      VOID(tutti_sequencer_leave(&set->sequencer)), 0)

CALL(tutti_fair_init_at, VOID(tutti_fair_init(&set->fair, NULL)))
CALL(tutti_fair_park_at, tutti_fair_park(&set->share, 1, "fair.park"))
CALL(tutti_fair_pass_at, tutti_fair_pass(&set->share, 1))
CALL(tutti_fair_share_init_at, VOID(tutti_fair_share_init(&set->share, &set->fair, 1)))
CALL(tutti_fair_statistics, VOID(tutti_fair_statistics(&set->fair)))
CALL(tutti_fair_unpark_at, VOID(tutti_fair_unpark(&set->fair, 1)))

#endif
