/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Semaphore: T64, T68, bounds, mistakes. */
#include "aborts.h"
#include "gate_cases.h"
#include "rehearsed.h"

#include "tutti/core/lot_break.h"
#include "tutti/core/sem.h"

static int enter(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_sem_acquire(it);
}

static int enter_nowait(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_sem_acquire_nowait(it);
}

static void leave(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    tutti_sem_release(it);
}

static void make(struct gate *gate)
{
    static struct tutti_sem sem; /* one run at a time */
    tutti_sem_init(&sem, "gate", 1, 1);
    gate->it = &sem;
    gate->lot = &sem.lot;
    gate->enter = enter;
    gate->enter_nowait = enter_nowait;
    gate->leave = leave;
}

GATE_CASES(make)

static int take_one(void *arg)
{
    return tutti_sem_acquire(*(struct tutti_sem **)arg);
}

static int t68_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_sem *sem = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, take_one, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_sem_statistics(sem).waiting == 1);
    tutti_sem_release(sem);
    tutti_check(sem->value == 0 && sem->lot.count == 0);
    tutti_check(tutti_sem_acquire_nowait(sem) == TUTTI_EWOULDBLOCK);
    return 0;
}

/* T68: a unit released while somebody waits is never seen. */
static int T68_semaphore(void *arg)
{
    struct tutti_sem sem;
    (void)arg;
    tutti_sem_init(&sem, "sem", 1, TUTTI_SEM_UNBOUNDED);
    tutti_check(tutti_sem_acquire_nowait(&sem) == 0);
    TUTTI_TRY(tutti_nursery_run(t68_body, &sem));
    for (uint32_t i = 1; i <= 3; i++) {
        tutti_sem_release(&sem);
        tutti_check(sem.value == i);
    }
    TUTTI_TRY(tutti_sem_acquire(&sem));
    tutti_check(tutti_sem_statistics(&sem).value == 2);
    return 0;
}

static int breaks_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_sem *sem = arg;
    (void)nursery;
    tutti_lot_break(&sem->lot);
    return tutti_sem_acquire(sem) == TUTTI_EBROKEN ? 0 : TUTTI_ECHECK;
}

/* Who would wait in a broken queue is told so. */
static int broken_queue(void *arg)
{
    struct tutti_sem sem;
    (void)arg;
    tutti_sem_init(&sem, "sem", 0, 1);
    return tutti_nursery_run(breaks_body, &sem);
}

static int releases_too_often(void *arg)
{
    struct tutti_sem sem;
    (void)arg;
    tutti_sem_init(&sem, "sem", 1, 2);
    tutti_sem_release(&sem);
    MISTAKE("all of its 2 units", tutti_sem_release(&sem));
    return 0;
}

static int starts_too_full(void *arg)
{
    struct tutti_sem sem;
    (void)arg;
    MISTAKE("5 units that holds at most 4", tutti_sem_init(&sem, "sem", 5, 4));
    return 0;
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(releases_too_often);
    assert_aborts(starts_too_full);
}

REHEARSE_MAIN(GATE_REHEARSED, REHEARSED(T68_semaphore), REHEARSED(broken_queue),
              REHEARSED_ALL(two_users, 1, 48), REHEARSED_ALL(three_users, 1, 1260),
              cmocka_unit_test(mistakes))
