/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/core/rwlock.h"

#include "tutti/core/held_priv.h"
#include "tutti/core/select.h"

/* Invariants: readers wait only while a task writes or waits to, or a tutti_select that waited to
 * write has done something else and has not had its turn to say so; writers wait only while
 * somebody is inside, or in that moment; never both readers and a writer are. */

void tutti_rwlock_init_at(struct tutti_rwlock *rwlock, const char *name,
                          const struct tutti_site *site)
{
    struct run *run = run_require(site);
    *rwlock = (struct tutti_rwlock){.reading = 0};
    object_init(run, &rwlock->writers.object, TUTTI_OBJECT_RWLOCK, name, 0, site);
    rwlock->readers.object = rwlock->writers.object;
}

static uint32_t queue(const struct tutti_rwlock *rwlock)
{
    return rwlock->readers.count + rwlock->writers.count;
}

static void wake_all(struct tutti_lot *lot, int rc)
{
    while (lot->first)
        tutti_waiter_wake(lot->first, rc);
}

static void writer_lost(struct tutti_held *held)
{
    struct tutti_rwlock *rwlock = TUTTI_CONTAINER(held, struct tutti_rwlock, writer);
    held_leaked(run_current, held, &rwlock->writers.object);
    object_touch(run_current, &rwlock->writers.object, TUTTI_ACCESS_WRITE);
    rwlock->writers.object.holder = NULL;
    rwlock->broken = true;
    wake_all(&rwlock->writers, TUTTI_EBROKEN);
    wake_all(&rwlock->readers, TUTTI_EBROKEN);
}

static void give_write(struct run *run, struct tutti_rwlock *rwlock, struct tutti_task *task,
                       const struct tutti_site *site)
{
    TUTTI_ASSERT(rwlock->reading == 0);
    held_take(&rwlock->writer, task, writer_lost, site);
    rwlock->writers.object.holder = task;
    object_given(run, &rwlock->writers.object, task, "lock", queue(rwlock));
}

static void give_read(struct run *run, struct tutti_rwlock *rwlock, struct tutti_task *task)
{
    TUTTI_ASSERT(!rwlock->writer.task);
    rwlock->reading++;
    object_given(run, &rwlock->writers.object, task, "read", queue(rwlock));
}

static void admit_readers(struct run *run, struct tutti_rwlock *rwlock)
{
    while (rwlock->readers.first) {
        struct tutti_waiter *head = rwlock->readers.first;
        tutti_waiter_wake(head, 0);
        give_read(run, rwlock, head->park->task);
    }
}

static void admit_writer(struct run *run, struct tutti_rwlock *rwlock)
{
    struct tutti_waiter *head = rwlock->writers.first;
    if (!head) return;
    tutti_waiter_wake(head, 0);
    give_write(run, rwlock, head->park->task, head->park->site);
}

static int refuses(struct tutti_rwlock *rwlock, const struct tutti_task *task,
                   const struct tutti_site *site)
{
    object_look(&rwlock->writers.object);
    if (rwlock->writer.task == task) {
        return tutti_error_at(site, false, TUTTI_ESTATE, "it is the task's to write, since %s:%u",
                              rwlock->writer.site->file, rwlock->writer.site->line);
    }
    if (rwlock->broken) {
        return tutti_error_at(site, false, TUTTI_EBROKEN, "a task ended while it was its to write");
    }
    return 0;
}

int tutti_rwlock_acquire_read_nowait_at(struct tutti_rwlock *rwlock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    int rc = refuses(rwlock, run->current, site);
    if (rc < 0) return rc;
    if (rwlock->writer.task || rwlock->writers.first || rwlock->readers.first) {
        return TUTTI_EWOULDBLOCK;
    }
    give_read(run, rwlock, run->current);
    return 0;
}

int tutti_rwlock_acquire_write_nowait_at(struct tutti_rwlock *rwlock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    int rc = refuses(rwlock, run->current, site);
    if (rc < 0) return rc;
    if (rwlock->writer.task || rwlock->reading || rwlock->readers.first) return TUTTI_EWOULDBLOCK;
    give_write(run, rwlock, run->current, site);
    return 0;
}

/* A writer stops waiting. Readers that waited behind nobody but it need not any more. */
static enum tutti_abort writer_leaves(struct tutti_park *park)
{
    struct tutti_rwlock *rwlock = park->context;
    if (rwlock->writers.count == 1 && !rwlock->writer.task) admit_readers(run_current, rwlock);
    return TUTTI_ABORTED;
}

static int wait_in(struct run *run, struct tutti_rwlock *rwlock, struct tutti_lot *lot,
                   const char *op, const struct tutti_site *site)
{
    struct tutti_park wait = TUTTI_PARK_INIT(op, &rwlock->writers.object, site);
    struct tutti_waiter waiter;
    if (lot->breaks) return lot_broken(lot, site);
    if (lot == &rwlock->writers) wait.abort = writer_leaves;
    wait.context = rwlock;
    tutti_lot_join(lot, &wait, &waiter, NULL);
    return park(run, &wait);
}

int tutti_rwlock_acquire_read_at(struct tutti_rwlock *rwlock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_rwlock_acquire_read_nowait_at(rwlock, site);
    if (rc == TUTTI_EWOULDBLOCK) {
        return wait_in(run, rwlock, &rwlock->readers, "rwlock.acquire_read", site);
    }
    if (rc == 0) task_yield(run, run->current, "rwlock.acquire_read", NULL, site);
    return rc;
}

int tutti_rwlock_acquire_write_at(struct tutti_rwlock *rwlock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    TUTTI_TRY(tutti_checkpoint_if_cancelled_at(site));
    int rc = tutti_rwlock_acquire_write_nowait_at(rwlock, site);
    if (rc == TUTTI_EWOULDBLOCK) {
        return wait_in(run, rwlock, &rwlock->writers, "rwlock.acquire_write", site);
    }
    if (rc == 0) task_yield(run, run->current, "rwlock.acquire_write", NULL, site);
    return rc;
}

void tutti_rwlock_release_read_at(struct tutti_rwlock *rwlock, const struct tutti_site *site)
{
    struct run *run = run_require(site);
    if (!rwlock->reading) tutti_panic_at(site, "end of reading while nobody reads");
    rwlock->reading--;
    object_op(run, &rwlock->writers.object, "unread", queue(rwlock));
    if (!rwlock->reading) admit_writer(run, rwlock);
}

void tutti_rwlock_release_write_at(struct tutti_rwlock *rwlock, const struct tutti_site *site)
{
    struct run *run = run_require_task(site);
    if (rwlock->writer.task != run->current) {
        tutti_panic_at(site, "end of writing by task \"%s\", whose turn it is not",
                       run->current->name);
    }
    held_drop(&rwlock->writer);
    rwlock->writers.object.holder = NULL;
    object_op(run, &rwlock->writers.object, "unlock", queue(rwlock));
    if (rwlock->readers.first) {
        admit_readers(run, rwlock);
    } else {
        admit_writer(run, rwlock);
    }
}

struct tutti_rwlock_stats tutti_rwlock_statistics(const struct tutti_rwlock *rwlock)
{
    object_look(&rwlock->writers.object);
    return (struct tutti_rwlock_stats){.reading = rwlock->reading,
                                       .waiting_to_read = rwlock->readers.count,
                                       .waiting_to_write = rwlock->writers.count,
                                       .writer = rwlock->writer.task ? rwlock->writer.task->id : 0,
                                       .broken = rwlock->broken};
}

/* As a case of tutti_select. */

static bool free_to_read(const struct tutti_rwlock *rwlock)
{
    return !rwlock->writer.task && !rwlock->writers.first && !rwlock->readers.first;
}

static bool free_to_write(const struct tutti_rwlock *rwlock)
{
    return !rwlock->writer.task && !rwlock->reading && !rwlock->readers.first;
}

static bool refuses_now(const struct tutti_rwlock *rwlock, const struct tutti_lot *lot)
{
    object_look(&rwlock->writers.object);
    return rwlock->broken || lot->breaks || rwlock->writer.task == run_current->current;
}

static bool read_ready(const struct tutti_case *one)
{
    const struct tutti_rwlock *rwlock = one->object;
    return free_to_read(rwlock) || refuses_now(rwlock, &rwlock->readers);
}

static bool write_ready(const struct tutti_case *one)
{
    const struct tutti_rwlock *rwlock = one->object;
    return free_to_write(rwlock) || refuses_now(rwlock, &rwlock->writers);
}

static int read_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    struct tutti_rwlock *rwlock = one->object;
    int rc = tutti_rwlock_acquire_read_nowait_at(rwlock, site);
    return rc == TUTTI_EWOULDBLOCK ? lot_broken(&rwlock->readers, site) : rc;
}

static int write_attempt(struct tutti_case *one, const struct tutti_site *site)
{
    struct tutti_rwlock *rwlock = one->object;
    int rc = tutti_rwlock_acquire_write_nowait_at(rwlock, site);
    return rc == TUTTI_EWOULDBLOCK ? lot_broken(&rwlock->writers, site) : rc;
}

static void read_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_rwlock *rwlock = one->object;
    tutti_lot_join(&rwlock->readers, park, &one->place, NULL);
}

static void write_join(struct tutti_case *one, struct tutti_park *park)
{
    struct tutti_rwlock *rwlock = one->object;
    tutti_lot_join(&rwlock->writers, park, &one->place, NULL);
}

/* It may have been the last who waited to write: then nothing keeps readers waiting. */
static void write_leave(struct tutti_case *one)
{
    struct tutti_rwlock *rwlock = one->object;
    if (!rwlock->writer.task && (!rwlock->writers.first || !rwlock->reading)) {
        admit_readers(run_current, rwlock);
    }
}

struct tutti_case tutti_case_read(struct tutti_rwlock *rwlock)
{
    static const struct tutti_case_kind kind = {read_ready, read_attempt, read_join, NULL, NULL};
    return (struct tutti_case){.kind = &kind, .object = rwlock};
}

struct tutti_case tutti_case_write(struct tutti_rwlock *rwlock)
{
    static const struct tutti_case_kind kind = {write_ready, write_attempt, write_join, write_leave,
                                                NULL};
    return (struct tutti_case){.kind = &kind, .object = rwlock};
}
