/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Tasks that are kept: what can be read after their end, and that their stacks come back. */
#include <string.h>

#include "rehearsed.h"

#include "tutti/core/task_keep.h"
#include "tutti/core/scope.h"

/* Three generations; each of the younger two is kept. */
struct family {
    struct tutti_kept kept[4];
    struct tutti_task *parent, *child;
    uint64_t parent_id, child_id;
    bool ended;
};

static int be_child(void *arg)
{
    struct family *family = *(struct family **)arg;
    family->child = tutti_task_self();
    family->child_id = tutti_task_id(family->child);
    TUTTI_TRY(tutti_task_keep(&family->kept[0], NULL));
    TUTTI_TRY(tutti_task_keep(&family->kept[1], family->child));
    return tutti_checkpoint();
}

static int start_child(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_copy(nursery, be_child, &arg, sizeof arg);
}

static int be_parent(void *arg)
{
    struct family *family = *(struct family **)arg;
    family->parent = tutti_task_self();
    family->parent_id = tutti_task_id(family->parent);
    TUTTI_TRY(tutti_task_keep(&family->kept[2], NULL));
    return tutti_nursery_run(start_child, family);
}

static int start_parent(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_copy(nursery, be_parent, &arg, sizeof arg);
}

static int raise_family(void *arg)
{
    return tutti_nursery_run(start_parent, arg);
}

static void look_at(const struct family *family)
{
    char path[16];
    const struct tutti_task *parent = tutti_task_parent(family->child);
    tutti_check(strcmp(tutti_task_name(family->child), "be_child") == 0);
    tutti_check(tutti_task_id(family->child) == family->child_id);
    tutti_check(tutti_task_path_text(family->child, path, sizeof path) == 5);
    tutti_check(strcmp(path, "0.0.0") == 0);
    tutti_check(!tutti_task_nursery(family->child));
    tutti_check(parent == family->parent && tutti_task_id(parent) == family->parent_id);
    tutti_check(tutti_task_parent(parent) == tutti_task_self());
    tutti_check(!tutti_task_parent(tutti_task_self()));
}

/* A task of another stack than those that are still kept, or of the same as before. */
static int where(void *arg)
{
    **(struct tutti_task ***)arg = tutti_task_self();
    return 0;
}

static int start_where(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start_copy(nursery, where, &arg, sizeof arg);
}

static int read_after_the_end(void *arg)
{
    struct family family = {.child = NULL};
    struct tutti_task *first = NULL, *second = NULL;
    (void)arg;
    int rc = tutti_move_on_at(TUTTI_NEVER, raise_family, &family);
    tutti_check(rc == 0);
    if (family.kept[1].task) {
        look_at(&family);
        tutti_task_let_go(&family.kept[1]);
        TUTTI_TRY(tutti_nursery_run(start_where, &first));
        tutti_check(first != family.child && first != family.parent);
        look_at(&family);
        /* the child's record goes, the parent's stays */
        tutti_task_let_go(&family.kept[0]);
        TUTTI_TRY(tutti_nursery_run(start_where, &second));
        tutti_check(second == family.child);
        tutti_check(tutti_task_id(family.parent) == family.parent_id);
    }
    for (int i = 0; i < 3; i++) {
        tutti_task_let_go(&family.kept[i]);
        tutti_check(!family.kept[i].task);
    }
    return 0;
}

static int forever(void *arg)
{
    (void)arg;
    return tutti_sleep_forever();
}

/* Kept, and let go while it lives: it ends as ever. */
static int let_go_before_the_end(void *arg)
{
    struct tutti_kept kept = {.task = NULL}, other = {.task = NULL};
    struct tutti_nursery nursery;
    (void)arg;
    TUTTI_TRY(tutti_nursery_open(&nursery));
    TUTTI_TRY(tutti_nursery_start(&nursery, forever, NULL));
    struct tutti_task *task = nursery.first, *again = NULL;
    TUTTI_TRY(tutti_task_keep(&kept, task));
    tutti_check(tutti_task_keep(&kept, NULL) == TUTTI_ESTATE);
    tutti_task_let_go(&kept);
    tutti_task_let_go(&kept);
    tutti_nursery_cancel(&nursery);
    TUTTI_TRY(tutti_nursery_close(&nursery, 0));
    tutti_check(tutti_task_keep(&other, task) == TUTTI_EBROKEN && !other.task);
    TUTTI_TRY(tutti_nursery_run(start_where, &again));
    tutti_check(again == task);
    return 0;
}

static struct tutti_kept left;
static struct tutti_task *left_task;

static int stay(void *arg)
{
    (void)arg;
    left_task = tutti_task_self();
    return tutti_task_keep(&left, NULL);
}

static int start_stay(struct tutti_nursery *nursery, void *arg)
{
    return tutti_nursery_start(nursery, stay, arg);
}

static int leave_it(void *arg)
{
    return tutti_nursery_run(start_stay, arg);
}

static int leave_it_and_wait(void *arg)
{
    TUTTI_TRY(leave_it(arg));
    return tutti_sleep_forever();
}

/* Runs that end, or deadlock, with a task that is kept: nothing of it is lost. */
static void runs_that_end(void **state)
{
    struct tutti_task *first = NULL;
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct tutti_sim_world sim;
        assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
        int rc = tutti_run(&sim.world, i % 2 ? leave_it_and_wait : leave_it, NULL);
        assert_int_equal(rc, i % 2 ? TUTTI_EDEADLOCK : 0);
        assert_null(left.task);
        assert_null(left.held.task);
        if (i == 0) first = left_task;
        assert_ptr_equal(left_task, first);
        tutti_sim_world_close(&sim);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {REHEARSED(read_after_the_end),
                                       REHEARSED(let_go_before_the_end),
                                       cmocka_unit_test(runs_that_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
