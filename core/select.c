/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/select.h"

#include "tutti/core/run_priv.h"
#include "tutti/core/sem.h"
#include "tutti/core/sync.h"

static bool is_ready(const struct tutti_case *one)
{
    return one->kind && one->kind->ready(one);
}

/* The number of the case to do now; TUTTI_EWOULDBLOCK: none is ready. */
static int choose_ready(struct run *run, const struct tutti_case *cases, uint32_t count)
{
    uint32_t ready = 0, at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (is_ready(&cases[i]) && ready++ == 0) at = i;
    }
    if (!ready) return TUTTI_EWOULDBLOCK;
    for (uint32_t skip = choose_value(run, TUTTI_CHOICE_USER, ready); skip > 0; at++) {
        if (is_ready(&cases[at + 1])) skip--;
    }
    return (int)at;
}

static int do_ready(struct run *run, struct tutti_case *cases, uint32_t count,
                    const struct tutti_site *site)
{
    if (count > INT32_MAX) tutti_panic_at(site, "tutti_select of %u cases", count);
    int at = choose_ready(run, cases, count);
    if (at < 0) return at;
    cases[at].result = cases[at].kind->attempt(&cases[at], site);
    TUTTI_ASSERT(cases[at].result != TUTTI_EWOULDBLOCK);
    return at;
}

/* The case whose time it was: the first of the earliest. */
static int earliest(const struct tutti_case *cases, uint32_t count, int64_t until_ns)
{
    for (uint32_t i = 0; i < count; i++) {
        if (cases[i].kind && cases[i].until_ns == until_ns) return (int)i;
    }
    TUTTI_ASSERT(!"a time without a case");
    return -1;
}

static int wait_for_one(struct run *run, struct tutti_case *cases, uint32_t count,
                        const struct tutti_site *site)
{
    struct tutti_park wait = TUTTI_PARK_INIT("select", NULL, site);
    for (uint32_t i = 0; i < count; i++) {
        if (cases[i].kind) cases[i].kind->join(&cases[i], &wait);
    }
    int rc = park(run, &wait), done = rc;
    if (run->current->wake_why == TUTTI_READY_TIMER) done = earliest(cases, count, wait.until_ns);
    for (uint32_t i = 0; i < count; i++) {
        if (!cases[i].kind) continue;
        if (cases[i].kind->leave) cases[i].kind->leave(&cases[i]);
        if (wait.winner == &cases[i].place || wait.winner == &cases[i].also) done = (int)i;
    }
    if (done >= 0) cases[done].result = rc;
    for (uint32_t i = 0; i < count; i++) {
        if (cases[i].kind && cases[i].kind->after) cases[i].kind->after(&cases[i], site);
    }
    return done;
}

int tutti_select_nowait_at(struct tutti_case *cases, uint32_t count, const struct tutti_site *site)
{
    return do_ready(run_require_task(site), cases, count, site);
}

int tutti_select_at(struct tutti_case *cases, uint32_t count, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int at = do_ready(run, cases, count, site);
    if (at == TUTTI_EWOULDBLOCK) return wait_for_one(run, cases, count, site);
    task_yield(run, run->current, "select", NULL, site);
    return at;
}

/* Cases of primitives whose own functions are all that is needed. */

static bool event_ready(const struct tutti_case *one)
{
    const struct tutti_event *event = one->object;
    object_touch(run_current, &event->lot.object, TUTTI_ACCESS_READ);
    return event->is_set || event->lot.breaks;
}

static int event_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    const struct tutti_event *event = one->object;
    return event->is_set ? 0 : lot_broken(&event->lot, site);
}

static void event_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_event *event = one->object;
    tutti_lot_join(&event->lot, park, &one->place, NULL);
}

struct tutti_case tutti_case_event(struct tutti_event *event)
{
    static const struct tutti_case_kind kind = {event_ready, event_attempt, event_join, NULL, NULL};
    return (struct tutti_case){.kind = &kind, .object = event};
}

static bool lock_ready(const struct tutti_case *one)
{
    const struct tutti_lock *lock = one->object;
    object_look(&lock->lot.object);
    return !lock->owner || lock->owner == run_current->current || lock->lot.breaks;
}

static int lock_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    struct tutti_lock *lock = one->object;
    int rc = tutti_lock_acquire_nowait_at(lock, site);
    return rc == TUTTI_EWOULDBLOCK ? lot_broken(&lock->lot, site) : rc;
}

static void lock_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_lock *lock = one->object;
    tutti_lot_join(&lock->lot, park, &one->place, NULL);
}

struct tutti_case tutti_case_lock(struct tutti_lock *lock)
{
    static const struct tutti_case_kind kind = {lock_ready, lock_attempt, lock_join, NULL, NULL};
    return (struct tutti_case){.kind = &kind, .object = lock};
}

static bool sem_ready(const struct tutti_case *one)
{
    const struct tutti_sem *sem = one->object;
    object_look(&sem->lot.object);
    return sem->value > 0 || sem->lot.breaks;
}

static int sem_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    struct tutti_sem *sem = one->object;
    int rc = tutti_sem_acquire_nowait(sem);
    return rc == TUTTI_EWOULDBLOCK ? lot_broken(&sem->lot, site) : rc;
}

static void sem_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_sem *sem = one->object;
    tutti_lot_join(&sem->lot, park, &one->place, NULL);
}

struct tutti_case tutti_case_sem(struct tutti_sem *sem)
{
    static const struct tutti_case_kind kind = {sem_ready, sem_attempt, sem_join, NULL, NULL};
    return (struct tutti_case){.kind = &kind, .object = sem};
}

static bool lot_ready(const struct tutti_case *one)
{
    const struct tutti_lot *lot = one->object;
    object_look(&lot->object);
    return lot->breaks > 0;
}

static int lot_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    return lot_broken(one->object, site);
}

static void lot_join(struct tutti_case *one, struct tutti_park *park)
{
    tutti_lot_join(one->object, park, &one->place, NULL);
}

struct tutti_case tutti_case_lot(struct tutti_lot *lot)
{
    static const struct tutti_case_kind kind = {lot_ready, lot_attempt, lot_join, NULL, NULL};
    return (struct tutti_case){.kind = &kind, .object = lot};
}

static bool until_ready(const struct tutti_case *one)
{
    return one->until_ns <= run_now(run_current);
}

static int until_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    (void)one, (void)site;
    return 0;
}

static void until_join(struct tutti_case *one, struct tutti_park *park)
{
    if (one->until_ns < park->until_ns) park->until_ns = one->until_ns;
}

struct tutti_case tutti_case_until(int64_t until_ns)
{
    static const struct tutti_case_kind kind = {until_ready, until_attempt, until_join, NULL, NULL};
    return (struct tutti_case){.kind = &kind, .until_ns = until_ns};
}
