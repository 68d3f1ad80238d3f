/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* core/select.h - wait for whichever of several things can be done first, and do that one.
 *
 *     struct tutti_case cases[] = {
 *         tutti_case_receive(&requests, &request),
 *         tutti_case_event(&stop),
 *         tutti_case_until(deadline_ns),
 *     };
 *     switch (tutti_select(cases, 3)) {
 *     case 0: ... cases[0].result is what tutti_chan_receive would have returned
 *
 * Exactly one case is done; the others leave no trace: nothing sent, taken or held. What the cases
 * name must exist until the call returns, even if it is closed meanwhile. Nothing is allocated,
 * however many cases there are. */
#ifndef TUTTI_CORE_SELECT_H
#define TUTTI_CORE_SELECT_H

#include "tutti/core/park.h"

TUTTI_BEGIN

struct tutti_case;
struct tutti_chan_sender;
struct tutti_chan_receiver;
struct tutti_event;
struct tutti_lock;
struct tutti_sem;
struct tutti_limiter;
struct tutti_borrow;
struct tutti_rwlock;
struct tutti_cond;
struct tutti_barrier;
struct tutti_broadcast;
struct tutti_fair_share;

/* What can be waited for: a table for each primitive, static. Write one for your own. */
struct tutti_case_kind {
    /* Would doing it return at once, with success or an error? Changes nothing. */
    bool (*ready)(const struct tutti_case *one);
    /* Does it; returns what the plain call would. Only when it is ready. */
    int (*attempt)(struct tutti_case *one, const struct tutti_site *site);
    /* Queues for it with one->place, by tutti_lot_join, or lowers park->until_ns. Whoever wakes the
     * place has done it; what the wake gives is its result. */
    void (*join)(struct tutti_case *one, struct tutti_park *park);
    /* After the wait, whatever ended it: undoes what join did besides queueing. one->place.park is
     * still there. May be NULL. */
    void (*leave)(struct tutti_case *one);
    /* After all cases have left: may wait, shielded, for what the call must have when it returns.
     * May be NULL. */
    void (*after)(struct tutti_case *one, const struct tutti_site *site);
};

/* One thing to wait for. On the caller's stack, made by the functions below; all zeros: a case that
 * is never ready. It can be used again. */
struct tutti_case {
    const struct tutti_case_kind *kind;
    void *object; /* what for */
    void *data;   /* what to send, or where to receive */
    int64_t until_ns;
    int result; /* after tutti_select returned this case: what the plain call would have returned */
    struct tutti_waiter place;
    struct tutti_waiter also; /* a second one, for kinds that need it */
};

/* Waits until a case is ready, does it, and returns its number, from 0; its code is in its
 * `result`, and may be an error such as TUTTI_EEOF. Or TUTTI_ECANCELED: none was done. When several
 * are ready at once it is the first in the order given, unless the world's picker wants to be asked
 * for choices of kind user: then any may be taken. So the order is a preference, and a rehearsed
 * program is tried without it. No case ever overtakes a task that waits for the same thing. */
#define tutti_select(cases, count) tutti_select_at(cases, count, TUTTI_HERE)
TUTTI_CHECKPOINT int tutti_select_at(struct tutti_case *cases, uint32_t count,
                                     const struct tutti_site *site);
/* The same without waiting: TUTTI_EWOULDBLOCK when none is ready. Not a checkpoint. */
#define tutti_select_nowait(cases, count) tutti_select_nowait_at(cases, count, TUTTI_HERE)
TUTTI_API TUTTI_MUST_USE int tutti_select_nowait_at(struct tutti_case *cases, uint32_t count,
                                                    const struct tutti_site *site);

/* Send *item, which must stay as it is until the call returns. Not a checkpoint, like all below. */
TUTTI_API struct tutti_case tutti_case_send(struct tutti_chan_sender *sender, const void *item);
/* Receive into *item. */
TUTTI_API struct tutti_case tutti_case_receive(struct tutti_chan_receiver *receiver, void *item);
/* Wait until the event is set. */
TUTTI_API struct tutti_case tutti_case_event(struct tutti_event *event);
/* Acquire the lock: when this case is done the task owns it. */
TUTTI_API struct tutti_case tutti_case_lock(struct tutti_lock *lock);
/* Take a unit of the semaphore. */
TUTTI_API struct tutti_case tutti_case_sem(struct tutti_sem *sem);
/* Borrow a token for the calling task; it is in *borrow when this case is done. */
TUTTI_API struct tutti_case tutti_case_limiter(struct tutti_limiter *limiter,
                                               struct tutti_borrow *borrow);
/* Go in to read, or to write: when this case is done the task has to release it. */
TUTTI_API struct tutti_case tutti_case_read(struct tutti_rwlock *rwlock);
TUTTI_API struct tutti_case tutti_case_write(struct tutti_rwlock *rwlock);
/* Be notified, as by tutti_cond_wait: the task must own the lock, gives it up while it waits, and
 * has it again when the call returns, whichever case was done, cancelled or not (unless the lock is
 * broken). A notification that the call does not return is handed on to the next. Several
 * conditions in one call should be of one lock. */
TUTTI_API struct tutti_case tutti_case_cond(struct tutti_cond *cond);
/* Come, and see the others come: until then the task has not come. Its result is which one the task
 * was of its round. Of one barrier a call has one case; more count as one. */
TUTTI_API struct tutti_case tutti_case_barrier(struct tutti_barrier *barrier);
/* Be woken from the lot, as by tutti_lot_park; its result is what the waker gave. */
TUTTI_API struct tutti_case tutti_case_lot(struct tutti_lot *lot);
/* Be woken from a fair lot, as by tutti_fair_park. */
TUTTI_API struct tutti_case tutti_case_fair(struct tutti_fair_share *share, uint32_t cost);
/* See a newer value than *seen, as by tutti_broadcast_wait. */
TUTTI_API struct tutti_case tutti_case_broadcast(struct tutti_broadcast *broadcast, uint64_t *seen,
                                                 void *value);
/* Wait until the run's clock shows until_ns (TUTTI_NEVER: a case that is never ready). */
TUTTI_API struct tutti_case tutti_case_until(int64_t until_ns);

TUTTI_END
#endif
