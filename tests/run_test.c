/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is of the run: one a thread, its settings, its numbers, its report of stacks; what it does
 * when memory fails anywhere. */
#include "rehearsed.h"

#include <pthread.h>
#include <stdio.h>

#include "tiny_world.h"
#include "tutti/core/defer.h"
#include "tutti/core/local.h"
#include "tutti/core/result.h"
#include "tutti/core/service.h"
#include "tutti/core/starting.h"
#include "tutti/core/stats.h"
#include "tutti/core/system.h"
#include "tutti/core/token.h"

static int yields_100(void *arg)
{
    for (int i = 0; i < 100; i++)
        TUTTI_TRY(tutti_checkpoint());
    ++*(int *)arg;
    return 0;
}

static int two_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_nursery_start(nursery, yields_100, arg));
    return tutti_nursery_start(nursery, yields_100, arg);
}

static int nested_main(void *arg)
{
    struct tiny_world tiny;
    tiny_world_init(&tiny);
    tutti_check(tutti_run(&tiny.world, yields_100, arg) == TUTTI_ESTATE);
    return tutti_nursery_run(two_body, arg);
}

static void *run_in_thread(void *arg)
{
    struct tiny_world tiny;
    tiny_world_init(&tiny);
    return (void *)(intptr_t)tutti_run(&tiny.world, nested_main, arg);
}

/* T02: a run inside a run is refused, and the outer one goes on; each thread may have one. With
 * real threads: what is shown is that they share nothing. */
static void T02_run_nesting(void **state)
{
    pthread_t thread;
    int here = 0, there = 0;
    void *rc;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, run_in_thread, &there), 0);
    assert_null(run_in_thread(&here));
    assert_int_equal(pthread_join(thread, &rc), 0);
    assert_null(rc);
    assert_int_equal(here, 2);
    assert_int_equal(there, 2);
}

static int sleeps(void *arg)
{
    struct tutti_scope *scope = arg;
    TUTTI_TRY(tutti_scope_open(scope, TUTTI_NEVER));
    return tutti_scope_close(scope, tutti_sleep_forever());
}

static int numbers_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_scope timed, *sleeping = arg;
    TUTTI_TRY(tutti_nursery_start(nursery, sleeps, sleeping));
    tutti_check(tutti_run_statistics().tasks_ready == 1);
    TUTTI_TRY(tutti_sleep(1));
    struct tutti_run_now now = tutti_run_statistics();
    tutti_check(now.tasks_living == 2 && now.tasks_ready == 0 && now.tasks_started == 2);
    tutti_check(now.deadline_ns == TUTTI_NEVER && now.ops_pending == 0 && now.steps > 2);
    TUTTI_TRY(tutti_scope_open(&timed, tutti_now() + 5));
    tutti_check(tutti_run_statistics().deadline_ns == 5);
    TUTTI_TRY(tutti_scope_close(&timed, 0));
    tutti_check(tutti_run_statistics().deadline_ns == TUTTI_NEVER);
    tutti_scope_cancel(sleeping);
    tutti_check(tutti_run_statistics().tasks_ready == 1);
    return 0;
}

static int sees_posts(void *arg)
{
    *(uint64_t *)arg = tutti_run_statistics().posts_waiting;
    return 0;
}

/* Posts wait from when they are accepted until they are called. */
static int T10_posts_waiting(void *arg)
{
    (void)arg;
    struct tutti_token token = {.task = NULL};
    uint64_t left[2] = {9, 9};
    struct tutti_post posts[2] = {{.fn = sees_posts, .arg = &left[0]},
                                  {.fn = sees_posts, .arg = &left[1]}};
    TUTTI_TRY(tutti_token_open(&token, "token"));
    TUTTI_TRY(tutti_token_post(&token, &posts[0], 0));
    TUTTI_TRY(tutti_token_post(&token, &posts[1], 0));
    tutti_check(tutti_run_statistics().posts_waiting == 2);
    tutti_token_close(&token);
    tutti_check(left[0] == 1 && left[1] == 0 && tutti_run_statistics().posts_waiting == 0);
    return 0;
}

/* T10: there are no hidden tasks: main alone is one (Trio's three are main, init and the token's).
 */
static int T10_current_statistics(void *arg)
{
    struct tutti_run_now now = tutti_run_statistics();
    struct tutti_scope sleeping;
    (void)arg;
    tutti_check(now.tasks_living == 1 && now.tasks_ready == 0 && now.steps == 1);
    tutti_check(now.posts_waiting == 0 && now.external == 0);
    return tutti_nursery_run(numbers_body, &sleeping);
}

/* Shuffled passes: each task once a pass, the same seed the same order, and orders differ. */
enum { MEMBERS = 20, PASSES = 8 };
struct passes {
    int log[MEMBERS * PASSES], count, next;
};

static int member(void *arg)
{
    struct passes *passes = *(struct passes **)arg;
    int me = passes->next++;
    for (int i = 0; i < PASSES; i++) {
        passes->log[passes->count++] = me;
        TUTTI_TRY(tutti_checkpoint());
    }
    return 0;
}

static int members_body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < MEMBERS; i++) {
        TUTTI_TRY(tutti_nursery_start_copy(nursery, member, &arg, sizeof arg));
    }
    return 0;
}

static int members_main(void *arg)
{
    tutti_check(strcmp(tutti_task_name(tutti_task_self()), "shuffled") == 0);
    return tutti_nursery_run(members_body, arg);
}

static struct passes shuffled_run(uint64_t seed)
{
    struct tutti_options options = {.name = "shuffled", .shuffle = true, .seed = seed};
    struct passes passes = {.count = 0};
    struct tiny_world tiny;
    tiny_world_init(&tiny);
    tiny.world.options = &options;
    assert_int_equal(tutti_run(&tiny.world, members_main, &passes), 0);
    assert_int_equal(passes.count, MEMBERS * PASSES);
    return passes;
}

static void shuffled_passes(void **state)
{
    struct passes first = shuffled_run(1), again = shuffled_run(1), other = shuffled_run(2);
    int last[MEMBERS] = {0}, in_order = 0;
    (void)state;
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_not_equal(&first, &other, sizeof first);
    for (int pass = 0; pass < PASSES; pass++) {
        const int *log = &first.log[pass * MEMBERS];
        for (int i = 0; i < MEMBERS; i++) {
            assert_int_equal(last[log[i]]++, pass);
            in_order += i > 0 && log[i] == log[i - 1] + 1;
        }
    }
    assert_in_range(in_order, 0, MEMBERS * PASSES / 3);
}

/* How much of their stacks the tasks used, by name. */
struct told {
    struct tutti_options options;
    struct tutti_stack_use shallow, deep, main;
    uint32_t count;
};

static void tell(const struct tutti_options *options, const struct tutti_stack_use *uses,
                 uint32_t count)
{
    struct told *told = TUTTI_CONTAINER(options, struct told, options);
    told->count = count;
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(uses[i].name, "shallow") == 0) told->shallow = uses[i];
        if (strcmp(uses[i].name, "deep") == 0) told->deep = uses[i];
        if (strcmp(uses[i].name, "main") == 0) told->main = uses[i];
    }
}

static int shallow(void *arg)
{
    (void)arg;
    return tutti_checkpoint();
}

static int deep(void *arg)
{
    char frame[9000];
    char *volatile known = frame; /* else clang keeps the one byte that is read */
    memset(known, 1, sizeof frame);
    TUTTI_TRY(shallow(arg));
    return known[17] - 1;
}

static int deep_body(struct tutti_nursery *nursery, void *arg)
{
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_nursery_start(nursery, shallow, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, deep, arg));
    if (!arg) return 0;
    for (int i = 0; i < TUTTI_STACK_USES_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "task %d", i);
        TUTTI_TRY(tutti_nursery_start_named(nursery, name, shallow, arg));
    }
    return 0;
}

static int deep_main(void *arg)
{
    return tutti_nursery_run(deep_body, arg);
}

static void stacks_are_measured(void **state)
{
    struct told told = {.options = {.stack_report = tell}};
    struct tiny_world tiny;
    (void)state;
    tiny_world_init(&tiny);
    tiny.world.options = &told.options;
    assert_int_equal(tutti_run(&tiny.world, deep_main, NULL), 0);
    assert_int_equal(told.count, 3);
    assert_int_equal(told.shallow.tasks, 3);
    assert_int_equal(told.deep.tasks, 1);
    assert_int_equal(told.main.tasks, 1);
    assert_true(told.shallow.bytes > 100 && told.shallow.bytes < told.deep.bytes);
    assert_in_range(told.deep.bytes, told.shallow.bytes + 8000, told.deep.size);
    assert_int_equal(tutti_run(&tiny.world, deep_main, &told), 0);
    assert_int_equal(told.count, TUTTI_STACK_USES_MAX);
}

/* All that takes memory, each time with another request refused: a clean error, nothing kept. */
static const struct tutti_local variable = {"variable", NULL}, other_variable = {"other", NULL};

static int quick(void *arg)
{
    TUTTI_TRY(tutti_defer(shallow, arg));
    TUTTI_TRY(tutti_local_set(&variable, NULL));
    return tutti_checkpoint();
}

static int quick_start(struct tutti_starting *starting, void *arg)
{
    TUTTI_TRY(tutti_started(starting, 1));
    return quick(arg);
}

static int hungry_body(struct tutti_nursery *nursery, void *arg)
{
    struct tutti_result *result = arg;
    TUTTI_TRY(tutti_local_set(&variable, arg));
    TUTTI_TRY(tutti_local_set(&other_variable, arg));
    TUTTI_TRY(tutti_run_local_set(&variable, arg));
    TUTTI_TRY(tutti_nursery_start_service(nursery, quick, NULL));
    TUTTI_TRY(tutti_nursery_start_ready(nursery, quick_start, NULL, NULL));
    for (int i = 0; i < 20; i++)
        TUTTI_TRY(tutti_nursery_start_wait(nursery, quick, NULL));
    TUTTI_TRY(tutti_local_set(&variable, NULL));
    TUTTI_TRY(tutti_nursery_start_result(nursery, result, quick, NULL));
    return tutti_result_wait(result, NULL);
}

/* Inside so many scopes: whatever reserves room for a timer is once the one that needs memory. */
static int hungry(void *arg)
{
    int *scopes = arg;
    struct tutti_result result;
    struct tutti_scope scope;
    if (*scopes > 0) {
        --*scopes;
        TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
        return tutti_scope_close(&scope, hungry(arg));
    }
    TUTTI_TRY(tutti_system_start(quick, NULL));
    TUTTI_TRY(tutti_defer(quick, NULL));
    return tutti_nursery_run(hungry_body, &result);
}

struct scarce {
    struct tutti_pick pick;
    struct tutti_alloc alloc;
    int left;
    size_t bytes;
};

static uint32_t refuse(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct scarce *scarce = TUTTI_CONTAINER(pick, struct scarce, pick);
    assert_int_equal(choice->kind, TUTTI_CHOICE_ALLOC);
    return scarce->left-- == 0;
}

static void *resize(struct tutti_alloc *alloc, void *old, size_t old_size, size_t size)
{
    struct scarce *scarce = TUTTI_CONTAINER(alloc, struct scarce, alloc);
    scarce->bytes = scarce->bytes - (old ? old_size : 0) + size;
    if (size > 0) return realloc(old, size);
    free(old);
    return NULL;
}

/* Refuses each request in turn; returns how many runs said that memory was refused. */
static int refuse_each(bool step, int scopes)
{
    struct scarce scarce = {
        .pick = {.mask = 1u << TUTTI_CHOICE_ALLOC, .step = step, .pick = refuse},
        .alloc = {resize}};
    struct told told = {.options = {.stack_report = scopes ? NULL : tell, .quiet = true}};
    struct tiny_world tiny;
    int codes = 0;
    tiny_world_init(&tiny);
    tiny.world.pick = &scarce.pick;
    tiny.world.alloc = &scarce.alloc;
    tiny.world.options = &told.options;
    for (int n = 0;; n++) {
        int left = scopes;
        scarce.left = n;
        int rc = tutti_run(&tiny.world, hungry, &left);
        assert_int_equal(scarce.bytes, 0);
        if (scarce.left >= 0) {
            assert_int_equal(rc, 0);
            return codes;
        }
        /* a record may be what there was no memory for: then all went well */
        assert_true(rc == 0 || rc == TUTTI_ENOMEMORY || rc == TUTTI_EINTERNAL);
        codes += rc < 0;
    }
}

static void no_memory(void **state)
{
    (void)state;
    for (int scopes = 0; scopes < 16; scopes++) {
        assert_true(refuse_each(false, scopes) > 50);
        assert_true(refuse_each(true, scopes) > 50);
    }
}

REHEARSE_MAIN(cmocka_unit_test(T02_run_nesting), REHEARSED(T10_current_statistics),
              REHEARSED(T10_posts_waiting), cmocka_unit_test(shuffled_passes),
              cmocka_unit_test(stacks_are_measured), cmocka_unit_test(no_memory))
