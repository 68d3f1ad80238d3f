/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reader-writer lock: T64 for writers, phases, cancelled writers, a writer that ends, mistakes. */
#include "aborts.h"
#include "gate_cases.h"
#include "rehearsed.h"

#include "tutti/core/rwlock.h"

static int enter(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_rwlock_acquire_write((struct tutti_rwlock *)it);
}

static int enter_nowait(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    return tutti_rwlock_acquire_write_nowait((struct tutti_rwlock *)it);
}

static void leave(void *it, struct tutti_borrow *borrow)
{
    (void)borrow;
    tutti_rwlock_release_write((struct tutti_rwlock *)it);
}

static void make(struct gate *gate)
{
    static struct tutti_rwlock rwlock; /* one run at a time */
    tutti_rwlock_init(&rwlock, "gate");
    gate->it = &rwlock;
    gate->lot = &rwlock.writers;
    gate->enter = enter;
    gate->enter_nowait = enter_nowait;
    gate->leave = leave;
}

GATE_CASES(make)

/* A page that some read and some write. */
struct page {
    struct tutti_rwlock lock;
    struct tutti_scope scopes[4];
    char plan[5]; /* what each user does: r or w */
    int next, reading, writing, done;
    char log[5]; /* who was let in, in order */
};

static int use(struct page *page, bool writes)
{
    int rc;
    if (writes) {
        TUTTI_TRY(tutti_rwlock_acquire_write(&page->lock));
        page->writing++;
    } else {
        TUTTI_TRY(tutti_rwlock_acquire_read(&page->lock));
        page->reading++;
    }
    tutti_check(page->writing == 0 || (page->writing == 1 && page->reading == 0));
    page->log[page->done++] = writes ? 'w' : 'r';
    rc = tutti_checkpoint();
    if (writes) {
        page->writing--;
        tutti_rwlock_release_write(&page->lock);
    } else {
        page->reading--;
        tutti_rwlock_release_read(&page->lock);
    }
    return rc;
}

static int user(void *arg)
{
    struct page *page = *(struct page **)arg;
    int me = page->next++;
    TUTTI_TRY(tutti_scope_open(&page->scopes[me], TUTTI_NEVER));
    return tutti_scope_close(&page->scopes[me], use(page, page->plan[me] == 'w'));
}

static int page_start(struct tutti_nursery *nursery, struct page *page)
{
    for (int i = 0; page->plan[i]; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, user, &page, sizeof page));
    }
    return 0;
}

/* Starts the users one by one, so that they queue in the order of the plan. */
static int page_queue(struct tutti_nursery *nursery, struct page *page)
{
    for (int i = 0; page->plan[i]; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, user, &page, sizeof page));
        TUTTI_TRY(tutti_sleep(1));
    }
    return 0;
}

static void page_is_free(struct page *page)
{
    struct tutti_rwlock_stats stats = tutti_rwlock_statistics(&page->lock);
    tutti_check(stats.reading == 0 && stats.writer == 0 && !stats.broken);
    tutti_check(stats.waiting_to_read == 0 && stats.waiting_to_write == 0);
    tutti_check(tutti_rwlock_acquire_write_nowait(&page->lock) == 0);
    tutti_rwlock_release_write(&page->lock);
}

static int phases_body(struct tutti_nursery *nursery, void *arg)
{
    struct page *page = arg;
    TUTTI_TRY(tutti_rwlock_acquire_write(&page->lock));
    TUTTI_TRY(page_queue(nursery, page));
    struct tutti_rwlock_stats stats = tutti_rwlock_statistics(&page->lock);
    tutti_check(stats.waiting_to_read == 2 && stats.waiting_to_write == 2);
    tutti_check(stats.writer == tutti_task_id(tutti_task_self()));
    tutti_rwlock_release_write(&page->lock);
    /* both readers are in, ahead of the writer that came between them; no other reader is let in */
    stats = tutti_rwlock_statistics(&page->lock);
    tutti_check(stats.reading == 2 && stats.waiting_to_read == 0 && stats.waiting_to_write == 2);
    tutti_check(tutti_rwlock_acquire_read_nowait(&page->lock) == TUTTI_EWOULDBLOCK);
    tutti_check(tutti_rwlock_acquire_write_nowait(&page->lock) == TUTTI_EWOULDBLOCK);
    return 0;
}

/* Phase-fair: readers that waited go in together, then a writer. */
static int phases(void *arg)
{
    struct page page = {.plan = "rwrw"};
    (void)arg;
    tutti_rwlock_init(&page.lock, "page");
    TUTTI_TRY(tutti_nursery_run(phases_body, &page));
    tutti_check(strcmp(page.log, "rrww") == 0);
    page_is_free(&page);
    return 0;
}

static int reader_waits_body(struct tutti_nursery *nursery, void *arg)
{
    struct page *page = arg;
    TUTTI_TRY(tutti_rwlock_acquire_read(&page->lock));
    TUTTI_TRY(page_queue(nursery, page));
    tutti_check(page->lock.writers.count == 2 && page->lock.readers.count == 1);
    tutti_rwlock_release_read(&page->lock);
    tutti_check(page->lock.writer.task && page->lock.readers.count == 1);
    return 0;
}

/* A reader that comes while a writer waits goes in after that one writer. */
static int reader_waits(void *arg)
{
    struct page page = {.plan = "wwr"};
    (void)arg;
    tutti_rwlock_init(&page.lock, "page");
    TUTTI_TRY(tutti_nursery_run(reader_waits_body, &page));
    tutti_check(strcmp(page.log, "wrw") == 0);
    page_is_free(&page);
    return 0;
}

static int writer_gives_up_body(struct tutti_nursery *nursery, void *arg)
{
    struct page *page = arg;
    TUTTI_TRY(tutti_rwlock_acquire_read(&page->lock));
    TUTTI_TRY(page_queue(nursery, page));
    tutti_scope_cancel(&page->scopes[0]);
    tutti_check(page->lock.readers.count == 1 && page->lock.reading == 1);
    tutti_scope_cancel(&page->scopes[2]); /* the last that stood in the reader's way */
    tutti_check(page->lock.readers.count == 0 && page->lock.reading == 2);
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(page->done == 1);
    tutti_rwlock_release_read(&page->lock);
    return 0;
}

/* When the last waiting writer is cancelled, readers that waited behind it join those inside. */
static int writer_gives_up(void *arg)
{
    struct page page = {.plan = "wrw"};
    (void)arg;
    tutti_rwlock_init(&page.lock, "page");
    TUTTI_TRY(tutti_nursery_run(writer_gives_up_body, &page));
    tutti_check(strcmp(page.log, "r") == 0);
    page_is_free(&page);
    return 0;
}

static int second_gives_up_body(struct tutti_nursery *nursery, void *arg)
{
    struct page *page = arg;
    TUTTI_TRY(tutti_rwlock_acquire_write(&page->lock));
    TUTTI_TRY(page_queue(nursery, page));
    tutti_scope_cancel(&page->scopes[0]);
    tutti_check(page->lock.readers.count == 1 && page->lock.reading == 0);
    tutti_rwlock_release_write(&page->lock);
    return 0;
}

/* While a task writes, a cancelled writer lets nobody in. */
static int second_gives_up(void *arg)
{
    struct page page = {.plan = "wr"};
    (void)arg;
    tutti_rwlock_init(&page.lock, "page");
    TUTTI_TRY(tutti_nursery_run(second_gives_up_body, &page));
    tutti_check(strcmp(page.log, "r") == 0);
    page_is_free(&page);
    return 0;
}

static int own_writing(void *arg)
{
    struct tutti_rwlock lock;
    (void)arg;
    tutti_rwlock_init(&lock, "lock");
    TUTTI_TRY(tutti_rwlock_acquire_write(&lock));
    tutti_check(tutti_rwlock_acquire_write(&lock) == TUTTI_ESTATE);
    tutti_check(tutti_rwlock_acquire_read(&lock) == TUTTI_ESTATE);
    tutti_rwlock_release_write(&lock);
    TUTTI_TRY(tutti_rwlock_acquire_read(&lock));
    TUTTI_TRY(tutti_rwlock_acquire_read(&lock));
    tutti_rwlock_release_read(&lock);
    tutti_rwlock_release_read(&lock);
    return 0;
}

static int any_body(struct tutti_nursery *nursery, void *arg)
{
    return page_start(nursery, arg);
}

static int any_schedule(const char *plan)
{
    struct page page = {.next = 0};
    memcpy(page.plan, plan, strlen(plan) + 1);
    tutti_rwlock_init(&page.lock, "page");
    TUTTI_TRY(tutti_nursery_run(any_body, &page));
    tutti_check(page.done >= (int)strlen(plan) - 1);
    page_is_free(&page);
    return 0;
}

static int reader_and_writer(void *arg)
{
    (void)arg;
    return any_schedule("rw");
}

static int two_readers_and_writer(void *arg)
{
    (void)arg;
    return any_schedule("rwr");
}

static int reader_and_two_writers(void *arg)
{
    (void)arg;
    return any_schedule("wwr");
}

static int ends_writing(void *arg)
{
    TUTTI_TRY(tutti_rwlock_acquire_write(*(struct tutti_rwlock **)arg));
    return tutti_sleep(5);
}

static int waits_to_write(void *arg)
{
    return tutti_rwlock_acquire_write(*(struct tutti_rwlock **)arg) == TUTTI_EBROKEN ? 0 : -1;
}

static int waits_to_read(void *arg)
{
    return tutti_rwlock_acquire_read(*(struct tutti_rwlock **)arg) == TUTTI_EBROKEN ? 0 : -1;
}

static int leak_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_rwlock *lock = arg;
    TUTTI_TRY(tutti_nursery_start_copy(nursery, ends_writing, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, waits_to_write, &arg, sizeof arg));
    TUTTI_TRY(tutti_nursery_start_copy(nursery, waits_to_read, &arg, sizeof arg));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(lock->writers.count == 1 && lock->readers.count == 1);
    TUTTI_TRY(tutti_sleep(10));
    tutti_check(lock->writers.count == 0 && lock->readers.count == 0);
    tutti_check(tutti_rwlock_acquire_read(lock) == TUTTI_EBROKEN);
    return 0;
}

static int task_keeps(void *arg)
{
    struct tutti_rwlock lock;
    (void)arg;
    tutti_rwlock_init(&lock, "page");
    TUTTI_TRY(tutti_nursery_run(leak_body, &lock));
    tutti_check(tutti_rwlock_acquire_write(&lock) == TUTTI_EBROKEN);
    tutti_check(tutti_rwlock_statistics(&lock).broken && !lock.writers.object.holder);
    return 0;
}

/* A task that ends while it writes breaks the lock, for those who wait too, and the run has leaked.
 */
static void left_behind(void **state)
{
    struct tutti_run_stats stats;
    (void)state;
    assert_int_equal(aborts_run(task_keeps), TUTTI_ELEAK);
    tutti_run_last(&stats);
    assert_non_null(strstr(stats.message, "rwlock \"page\""));
}

static int reads_no_more(void *arg)
{
    struct tutti_rwlock lock;
    (void)arg;
    tutti_rwlock_init(&lock, "lock");
    MISTAKE("while nobody reads", tutti_rwlock_release_read(&lock));
    return 0;
}

static int writes_not(void *arg)
{
    struct tutti_rwlock lock;
    (void)arg;
    tutti_rwlock_init(&lock, "lock");
    MISTAKE("whose turn it is not", tutti_rwlock_release_write(&lock));
    return 0;
}

static void mistakes(void **state)
{
    (void)state;
    assert_aborts(reads_no_more);
    assert_aborts(writes_not);
}

REHEARSE_MAIN(GATE_REHEARSED, REHEARSED(phases), REHEARSED(reader_waits),
              REHEARSED(writer_gives_up), REHEARSED(second_gives_up), REHEARSED(own_writing),
              REHEARSED_ALL(two_users, 1, 48), REHEARSED_ALL(three_users, 1, 1260),
              REHEARSED_ALL(reader_and_writer, 1, 48),
              REHEARSED_ALL(two_readers_and_writer, 1, 1926),
              REHEARSED_ALL(reader_and_two_writers, 1, 1260),
              REHEARSED_ENDS(task_keeps, TUTTI_VERDICT_LEAK), cmocka_unit_test(left_behind),
              cmocka_unit_test(mistakes))
