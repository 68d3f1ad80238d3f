/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Known numbers of traces of programs that wait: once with tutti's own primitives, whose waits are
 * guards, and once made by hand, where a task looks and parks, so that it counts who looked first.
 */
#include "traces.h"
#include "tutti/core/access.h"
#include "tutti/core/barrier.h"
#include "tutti/core/park.h"
#include "tutti/core/scope.h"

enum { CELLS = 64, TASKS_MAX = 8 };

static struct {
    uint64_t words[CELLS]; /* a cell is a word of its own to the explorer */
    int values[CELLS];
    struct tutti_lot lots[CELLS];
    struct tutti_lock lock;
    struct tutti_event event;
    struct tutti_barrier barrier;
} shared;

/* The parameters of the program at hand. */
static struct {
    int n, setters, capacity, items, reads;
    bool ordered, slots, by_hand;
} with;

static int (*task_of)(void *arg);
static int join_by_hand(void *arg);
static int look_at_flag(void *arg);
static int numbers[TASKS_MAX];

static void touch(int cell, bool writes)
{
    tutti_access(&shared.words[cell], sizeof *shared.words, writes);
}

static int main_of(void *arg)
{
    struct tutti_nursery nursery;
    int (*const setter)(void *arg) = arg ? *(int (*const *)(void *))arg : NULL;
    for (int i = 0; i < CELLS; i++) {
        shared.values[i] = 0;
        tutti_lot_init(&shared.lots[i], "lot");
    }
    tutti_lock_init(&shared.lock, "lock");
    tutti_event_init(&shared.event, "event");
    tutti_barrier_init(&shared.barrier, "barrier", (uint32_t)with.n);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < with.n; i++) {
        numbers[i] = i;
        TUTTI_TRY(tutti_nursery_start(&nursery, task_of, &numbers[i]));
    }
    for (int i = 0; i < with.setters; i++)
        TUTTI_TRY(tutti_nursery_start(&nursery, setter, NULL));
    return tutti_nursery_close(&nursery, 0);
}

/* A twentieth of the runs knows how many there are; see known_answers_test. */
static void expect_guess(const char *name, int (*main)(void *arg), const void *arg,
                         const struct tutti_bounds *bounds, enum tutti_dpor_order order,
                         uint64_t runs)
{
    /* a nursery by hand: the later a child is reached, the more it has before it; a flag by hand:
     * the sooner it is set, the less comes after it */
    double factor = main == join_by_hand        ? 8
                    : task_of == look_at_flag   ? 21
                    : order == TUTTI_DPOR_FIRST ? 4
                                                : 5;
    double guess = traces_guess(main, arg, bounds, order, runs);
    if (guess > factor || guess < 1 / factor) {
        fail_msg("%s (%d): %.3g times the %llu runs there are", name, with.n, guess,
                 (unsigned long long)runs);
    }
}

/* With each preference there must be so many. */
static void expect(const char *name, int (*main)(void *arg), const void *arg, uint32_t cancels,
                   uint64_t expected, uint64_t deadlocks)
{
    enum { LEAST = 40 };
    struct tutti_bounds bounds = census_bounds;
    bounds.cancels_max = cancels;
    for (int order = TUTTI_DPOR_FIRST; order < TUTTI_DPOR_ORDERS; order++) {
        struct traces traces = traces_of(main, arg, &bounds, (enum tutti_dpor_order)order, 0);
        if (!traces.complete || traces.traces != expected || traces.deadlocks != deadlocks) {
            fail_msg("%s (%d): %llu traces, %llu deadlocks", name, with.n,
                     (unsigned long long)traces.traces, (unsigned long long)traces.deadlocks);
        }
        if (traces.runs < LEAST || order == TUTTI_DPOR_HASHED) continue;
        expect_guess(name, main, arg, &bounds, (enum tutti_dpor_order)order, traces.runs);
    }
}

/* The lock: by hand, it is handed to the first who waits. */
static int take(int cell)
{
    touch(cell, true);
    if (shared.values[cell]) return tutti_lot_park(&shared.lots[cell], "take");
    shared.values[cell] = 1;
    tutti_yield_shielded();
    return 0;
}

static void give(int cell)
{
    touch(cell, true);
    if (!tutti_lot_unpark(&shared.lots[cell], 1)) shared.values[cell] = 0;
}

static int take_by_hand(void *arg)
{
    (void)arg;
    TUTTI_TRY(take(0));
    give(0);
    return 0;
}

static int take_lock(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_lock_acquire(&shared.lock));
    TUTTI_TRY(tutti_checkpoint());
    tutti_lock_release(&shared.lock);
    return 0;
}

static void tasks_that_take_one_lock(void **state)
{
    static const uint64_t guards[] = {2, 6, 24, 120, 720}, by_hand[] = {4, 30, 336, 5040, 95040};
    (void)state;
    with.setters = 0;
    for (with.n = 2; with.n <= 6; with.n++) {
        task_of = take_lock;
        expect("lock", main_of, NULL, 0, guards[with.n - 2], 0);
        task_of = take_by_hand;
        expect("lock by hand", main_of, NULL, 0, by_hand[with.n - 2], 0);
    }
}

/* lockinc and lock2inc: one cell, or two, each read and written under the lock. */
static int increment_locked(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_lock_acquire(&shared.lock));
    for (int cell = 0; cell < with.reads; cell++) {
        touch(cell, false);
        int value = shared.values[cell];
        tutti_yield_shielded();
        touch(cell, true);
        shared.values[cell] = value + 1;
        tutti_yield_shielded();
    }
    tutti_lock_release(&shared.lock);
    return 0;
}

static void increments_under_a_lock(void **state)
{
    uint64_t orders = 1;
    (void)state;
    with.setters = 0;
    task_of = increment_locked;
    for (with.n = 2; with.n <= 7; with.n++) {
        orders *= (uint64_t)with.n;
        for (with.reads = 1; with.reads <= 2; with.reads++) {
            expect("lockinc", main_of, NULL, 0, orders, 0);
            assert_int_equal(shared.values[with.reads - 1], with.n);
        }
    }
}

/* GenMC's barrier3, whose other tasks are known_spinlock: those who wait for a barrier. There the
 * order in which they come is no difference; a barrier of tutti's is one object, so it is.       */
static int wait_at_barrier(void *arg)
{
    (void)arg;
    int rc = tutti_barrier_wait(&shared.barrier);
    return rc < 0 ? rc : 0;
}

static void tasks_at_a_barrier(void **state)
{
    static const uint64_t orders[] = {2, 6, 24};
    (void)state;
    with.setters = 0;
    task_of = wait_at_barrier;
    for (with.n = 2; with.n <= 4; with.n++)
        expect("barrier", main_of, NULL, 0, orders[with.n - 2], 0);
}

static int wait_by_hand(void *arg)
{
    (void)arg;
    touch(0, false);
    if (!shared.values[0]) return tutti_lot_park(&shared.lots[0], "wait");
    tutti_yield_shielded();
    return 0;
}

static int set_by_hand(void *arg)
{
    (void)arg;
    touch(0, !shared.values[0]);
    if (shared.values[0]) return 0;
    shared.values[0] = 1;
    (void)tutti_lot_unpark(&shared.lots[0], UINT32_MAX);
    return 0;
}

static int wait_for_event(void *arg)
{
    (void)arg;
    return tutti_event_wait(&shared.event);
}

static int set_event(void *arg)
{
    (void)arg;
    tutti_event_set(&shared.event);
    return 0;
}

static void tasks_that_wait_for_one_event(void **state)
{
    static const uint64_t by_hand[] = {2, 5, 16, 65, 326}, two[] = {4, 10, 32};
    static int (*const setters[])(void *arg) = {set_event, set_by_hand};
    (void)state;
    with.setters = 1;
    for (with.n = 1; with.n <= 7; with.n++) {
        task_of = wait_for_event;
        expect("event", main_of, &setters[0], 0, 1, 0);
        task_of = wait_by_hand;
        if (with.n <= 5) expect("event by hand", main_of, &setters[1], 0, by_hand[with.n - 1], 0);
    }
    with.setters = 2;
    for (with.n = 1; with.n <= 3; with.n++) {
        expect("event set twice", main_of, &setters[1], 0, two[with.n - 1], 0);
    }
}

static int end_by_hand(void *arg)
{
    (void)arg;
    touch(1, true);
    if (--shared.values[1] == 0) (void)tutti_lot_unpark(&shared.lots[1], 1);
    return 0;
}

static int join_by_hand(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    shared.values[1] = 0;
    tutti_lot_init(&shared.lots[1], "join");
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < with.n; i++) {
        touch(1, true);
        shared.values[1]++;
        TUTTI_TRY(tutti_nursery_start(&nursery, end_by_hand, NULL));
        tutti_yield_shielded();
    }
    touch(1, false);
    if (shared.values[1]) TUTTI_TRY(tutti_lot_park(&shared.lots[1], "join"));
    return tutti_nursery_close(&nursery, 0);
}

static void children_with_a_step_of_their_own(void **state)
{
    static const uint64_t by_hand[] = {2, 8, 48, 384};
    (void)state;
    for (with.n = 1; with.n <= 4; with.n++) {
        expect("nursery", census_nursery, &with.n, 0, 1, 0);
        expect("nursery by hand", join_by_hand, NULL, 0, by_hand[with.n - 1], 0);
    }
}

static int dine(void *arg)
{
    int left = *(const int *)arg, right = (left + 1) % with.n, first = left, second = right;
    if (with.ordered && first > second) first = right, second = left;
    TUTTI_TRY(take(first));
    TUTTI_TRY(take(second));
    give(second);
    give(first);
    return 0;
}

static void philosophers(void **state)
{
    static const uint64_t greedy[] = {5, 37, 185, 841, 3617}, ordered[] = {4, 36, 188, 856, 3672};
    (void)state;
    with.setters = 0;
    task_of = dine;
    for (with.n = 2; with.n <= 6; with.n++) {
        with.ordered = false;
        expect("philosophers", main_of, NULL, 0, greedy[with.n - 2], 1);
        with.ordered = true;
        expect("orderly philosophers", main_of, NULL, 0, ordered[with.n - 2], 0);
    }
}

/* A ring of cells from the second on; one object for all, or one each. */
static int pass_items(bool full, int wait_in, int wake_in)
{
    for (int item = 0; item < with.items; item++) {
        int cell = 2 + item % with.capacity;
        for (;;) {
            touch(with.slots ? cell : 2, true);
            if (shared.values[cell] != full) break;
            TUTTI_TRY(tutti_lot_park(&shared.lots[wait_in], "ring"));
        }
        shared.values[cell] = full;
        (void)tutti_lot_unpark(&shared.lots[wake_in], 1);
        tutti_yield_shielded();
    }
    return 0;
}

static int produce_or_consume(void *arg)
{
    bool produces = *(const int *)arg == 0;
    return pass_items(produces, produces ? 10 : 11, produces ? 11 : 10);
}

static void rings(void **state)
{
    static const struct {
        int capacity;
        uint64_t one[3], each[3];
    } known[] = {{1, {8, 128, 2048}, {8, 128, 2048}},
                 {3, {6, 76, 1196}, {4, 20, 136}},
                 {4, {6, 70, 1000}, {4, 16, 84}}};
    (void)state;
    with.n = 2;
    task_of = produce_or_consume;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        with.capacity = known[i].capacity;
        for (int k = 0; k < 3; k++) {
            with.items = 2 + 2 * k;
            with.slots = false;
            expect("ring", main_of, NULL, 0, known[i].one[k], 0);
            with.slots = true;
            expect("ring of slots", main_of, NULL, 0, known[i].each[k], 0);
        }
    }
}

/* Flanagan and Godefroid's file system: each task takes an inode's lock, and if that has no block
 * the locks of blocks until one is free. Locks are told by number, the inodes' first.            */
enum { INODES = 32, BLOCKS = 26, FILES_MAX = 18 };

static struct {
    struct tutti_lock locks[INODES + BLOCKS];
    int inodes[INODES];
    bool busy[BLOCKS];
    int numbers[FILES_MAX];
} files;

static int files_take(int lock)
{
    return with.by_hand ? take(lock) : tutti_lock_acquire(&files.locks[lock]);
}

static void files_give(int lock)
{
    if (with.by_hand) {
        give(lock);
    } else {
        tutti_lock_release(&files.locks[lock]);
    }
}

static int take_block(int number)
{
    int inode = number % INODES, block = number * 2 % BLOCKS;
    for (;; block = (block + 1) % BLOCKS) {
        TUTTI_TRY(files_take(INODES + block));
        bool free_one = !files.busy[block];
        if (free_one) {
            files.busy[block] = true;
            files.inodes[inode] = block + 1;
        }
        files_give(INODES + block);
        if (free_one) return 0;
    }
}

static int make_file(void *arg)
{
    int inode = *(const int *)arg % INODES, rc = 0;
    TUTTI_TRY(files_take(inode));
    if (!files.inodes[inode]) rc = take_block(*(const int *)arg);
    files_give(inode);
    return rc;
}

static int make_files(void *arg)
{
    struct tutti_nursery nursery;
    (void)arg;
    for (int i = 0; i < INODES + BLOCKS; i++) {
        tutti_lock_init(&files.locks[i], "lock");
        tutti_lot_init(&shared.lots[i], "lock");
        shared.values[i] = 0;
    }
    memset(files.inodes, 0, sizeof files.inodes);
    memset(files.busy, 0, sizeof files.busy);
    TUTTI_TRY(tutti_nursery_open(&nursery));
    for (int i = 0; i < with.n; i++) {
        files.numbers[i] = i;
        TUTTI_TRY(tutti_nursery_start(&nursery, make_file, &files.numbers[i]));
    }
    return tutti_nursery_close(&nursery, 0);
}

static void file_systems(void **state)
{
    (void)state;
    for (with.n = 14; with.n <= FILES_MAX; with.n += 2) {
        with.by_hand = false;
        expect("file system", make_files, NULL, 0, UINT64_C(1) << (with.n - 13), 0);
        with.by_hand = true;
        expect("file system by hand", make_files, NULL, 0, UINT64_C(1) << 2 * (with.n - 13), 0);
    }
}

/* A task in a scope of its own, cancelled at each checkpoint, before the scope is closed, which is
 * a step of its own, or after that. */
static int pass_checkpoints(void *arg)
{
    struct tutti_scope scope;
    int rc = 0;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    for (int i = 0; i < *(const int *)arg && rc >= 0; i++)
        rc = tutti_checkpoint();
    tutti_yield_shielded();
    return tutti_scope_close(&scope, rc);
}

static void one_task_that_is_cancelled(void **state)
{
    (void)state;
    for (int m = 1; m <= 5; m++)
        expect("cancellation of one", pass_checkpoints, &m, 1, (uint64_t)m + 2, 0);
}

/* T tasks that look m + 1 times each whether they are cancelled. */
static int look(void *arg)
{
    (void)arg;
    int rc = tutti_checkpoint_if_cancelled();
    for (int i = 1; i < with.reads && rc >= 0; i++)
        rc = tutti_checkpoint();
    return 0;
}

/* The same with a flag that another task sets, and nothing that is closed afterwards. */
static int look_at_flag(void *arg)
{
    (void)arg;
    for (int i = 0; i < with.reads; i++) {
        touch(0, false);
        if (shared.values[0]) break;
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int set_flag(void *arg)
{
    (void)arg;
    touch(0, true);
    shared.values[0] = 1;
    return 0;
}

static int cancelled_main(void *arg)
{
    struct tutti_scope scope;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    return tutti_scope_close(&scope, main_of(arg));
}

static void cancellations(void **state)
{
    (void)state;
    int (*const setter)(void *arg) = set_flag;
    for (with.n = 1; with.n <= 3; with.n++) {
        for (int m = 1; m <= (with.n == 3 ? 3 : 4); m++) {
            uint64_t all = 1;
            with.reads = m + 1;
            for (int i = 0; i < with.n; i++)
                all *= (uint64_t)m + 2;
            with.setters = 1;
            task_of = look_at_flag;
            expect("cancellation by hand", main_of, &setter, 0, all, 0);
            with.setters = 0;
            task_of = look;
            /* when all have looked, it is before the scope is closed, or after that */
            expect("cancellation", cancelled_main, NULL, 1, all + 1, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_take_one_lock),
        cmocka_unit_test(increments_under_a_lock),
        cmocka_unit_test(tasks_at_a_barrier),
        cmocka_unit_test(tasks_that_wait_for_one_event),
        cmocka_unit_test(children_with_a_step_of_their_own),
        cmocka_unit_test(philosophers),
        cmocka_unit_test(rings),
        cmocka_unit_test(file_systems),
        cmocka_unit_test(one_task_that_is_cancelled),
        cmocka_unit_test(cancellations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
