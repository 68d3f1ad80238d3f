/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Variables of tasks and of the run: who sees which value, and that unused ones go. */
#include "rehearsed.h"

#include "tutti/core/local.h"
#include "tutti/core/system.h"

static char initial, one, two, three;
static const struct tutti_local user = {"user", &initial}, place = {"place", NULL};

static int child_sees_one(void *arg)
{
    (void)arg;
    tutti_check(tutti_local_get(&user) == &one && tutti_local_get(&place) == &three);
    TUTTI_TRY(tutti_checkpoint());
    tutti_check(tutti_local_get(&user) == &one);
    TUTTI_TRY(tutti_local_set(&user, &three)); /* nobody else's */
    TUTTI_TRY(tutti_local_set(&place, NULL));
    TUTTI_TRY(tutti_checkpoint());
    tutti_check(tutti_local_get(&user) == &three && !tutti_local_get(&place));
    return 0;
}

static int inherit_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_local_set(&place, &three));
    TUTTI_TRY(tutti_local_set(&user, &one));
    TUTTI_TRY(tutti_nursery_start(nursery, child_sees_one, arg));
    TUTTI_TRY(tutti_nursery_start(nursery, child_sees_one, arg));
    TUTTI_TRY(tutti_local_set(&user, &two)); /* none of the children's */
    TUTTI_TRY(tutti_checkpoint());
    tutti_check(tutti_local_get(&user) == &two && tutti_local_get(&place) == &three);
    return 0;
}

/* A child begins with what its starter had then; later changes are each task's own. */
static int inherited(void *arg)
{
    tutti_check(tutti_local_get(&user) == &initial && !tutti_local_get(&place));
    TUTTI_TRY(tutti_nursery_run(inherit_body, arg));
    tutti_check(tutti_local_get(&user) == &two);
    return 0;
}

static int fresh(void *arg)
{
    tutti_check(tutti_local_get(&user) == &initial);
    tutti_check(tutti_run_local_get(&user) == &one);
    return tutti_run_local_set(&user, arg);
}

/* The run's value is another one, and the same for all; system tasks begin with nothing. */
static int of_the_run(void *arg)
{
    (void)arg;
    tutti_check(tutti_run_local_get(&user) == &initial);
    TUTTI_TRY(tutti_run_local_set(&user, &one));
    TUTTI_TRY(tutti_run_local_set(&place, &three));
    TUTTI_TRY(tutti_local_set(&user, &three));
    TUTTI_TRY(tutti_system_start(fresh, &two));
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_run_local_get(&user) == &two && tutti_run_local_get(&place) == &three);
    tutti_check(tutti_local_get(&user) == &three);
    return 0;
}

static int lives_on(void *arg)
{
    (void)arg;
    TUTTI_TRY(tutti_sleep(1));
    tutti_check(tutti_local_get(&place) == &three && tutti_local_get(&user) != &initial);
    return 0;
}

static int round_body(struct tutti_nursery *nursery, void *arg)
{
    TUTTI_TRY(tutti_local_set(&place, &three));
    for (int i = 0; i < 100; i++) {
        TUTTI_TRY(tutti_local_set(&user, i % 2 ? &one : &two));
        TUTTI_TRY(tutti_nursery_start(nursery, lives_on, arg));
    }
    return 0;
}

/* Setting and starting in turns, as a server does: what nobody sees any more is given back. */
static int a_server(void *arg)
{
    const struct tutti_sim_world *sim = *(struct tutti_sim_world **)arg;
    TUTTI_TRY(tutti_nursery_run(round_body, arg));
    size_t live = sim->arena.live, most = sim->arena.live_max;
    for (int i = 0; i < 3; i++)
        TUTTI_TRY(tutti_nursery_run(round_body, arg));
    uint64_t calls = sim->arena.calls;
    TUTTI_TRY(tutti_local_set(&user, NULL)); /* nobody else sees it: changed where it is */
    tutti_check(sim->arena.calls == calls);
    tutti_check(sim->arena.live == live && sim->arena.live_max <= most + 1024);
    return 0;
}

static void nothing_is_kept(void **state)
{
    struct tutti_sim_world sim, *its = &sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    sim.options.stack_size = 0;
    assert_int_equal(tutti_run(&sim.world, a_server, &its), 0);
    tutti_sim_world_close(&sim);
}

REHEARSE_MAIN(REHEARSED(inherited), REHEARSED(of_the_run), cmocka_unit_test(nothing_is_kept))
