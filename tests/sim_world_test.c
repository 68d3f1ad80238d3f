/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The simulated world's doors: time that jumps, chance from the seed, memory from the arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tutti/core/error.h"
#include "tutti/core/mem.h"
#include "tutti/core/nursery.h"
#include "tutti/core/op.h"
#include "tutti/core/task.h"
#include "tutti/sim/sim_world.h"

static void the_clock_jumps(void **state)
{
    struct tutti_sim_world sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(sim.clock.now(&sim.clock), 0);
    assert_null(sim.io.wait(&sim.io, 5 * TUTTI_S));
    assert_int_equal(sim.clock.now(&sim.clock), 5 * TUTTI_S);
    assert_null(sim.io.wait(&sim.io, TUTTI_S)); /* past: never back */
    assert_int_equal(sim.clock.now(&sim.clock), 5 * TUTTI_S);
    sim.io.wake(&sim.io);
    assert_null(sim.io.wait(&sim.io, 9 * TUTTI_S)); /* a wait that was ended at once */
    assert_int_equal(sim.clock.now(&sim.clock), 5 * TUTTI_S);
    assert_null(sim.io.wait(&sim.io, 9 * TUTTI_S));
    assert_int_equal(sim.clock.now(&sim.clock), 9 * TUTTI_S);
    tutti_sim_world_reset(&sim);
    assert_int_equal(sim.clock.now(&sim.clock), 0);
    tutti_sim_world_close(&sim);
}

static int sleep_a_day(void *arg)
{
    int64_t *woke_ns = arg;
    TUTTI_TRY(tutti_sleep(INT64_C(86400) * TUTTI_S));
    *woke_ns = tutti_now();
    return 0;
}

static void a_day_takes_no_time(void **state)
{
    struct tutti_sim_world sim;
    int64_t woke_ns = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_run(&sim.world, sleep_a_day, &woke_ns), 0);
    assert_int_equal(woke_ns, INT64_C(86400) * TUTTI_S);
    tutti_sim_world_close(&sim);
}

struct random_bytes {
    unsigned char first[16], second[13];
};

static int take_random_bytes(void *arg)
{
    struct random_bytes *bytes = arg;
    TUTTI_TRY(tutti_random(bytes->first, sizeof bytes->first));
    return tutti_random(bytes->second, sizeof bytes->second);
}

static void chance_follows_from_the_seed(void **state)
{
    struct random_bytes runs[4];
    (void)state;
    memset(runs, 0, sizeof runs);
    for (int i = 0; i < 4; i++) {
        struct tutti_sim_world sim;
        assert_int_equal(tutti_sim_world_open(&sim, i < 2 ? 5 : (uint64_t)i), 0);
        assert_int_equal(tutti_run(&sim.world, take_random_bytes, &runs[i]), 0);
        tutti_sim_world_reset(&sim);
        if (i == 1) assert_int_equal(tutti_run(&sim.world, take_random_bytes, &runs[i]), 0);
        tutti_sim_world_close(&sim);
    }
    assert_memory_equal(&runs[0], &runs[1], sizeof runs[0]);
    assert_memory_not_equal(&runs[0], &runs[2], sizeof runs[0]);
    assert_memory_not_equal(&runs[2], &runs[3], sizeof runs[0]);
    assert_memory_not_equal(runs[0].first, runs[0].second, sizeof runs[0].second);
}

/* The generator's first numbers of seed 1234567, as its authors' reference code prints them. */
static void the_generator_is_splitmix64(void **state)
{
    struct tutti_chance chance = {.state = 1234567};
    (void)state;
    assert_true(tutti_chance_next(&chance) == UINT64_C(6457827717110365317));
    assert_true(tutti_chance_next(&chance) == UINT64_C(3203168211198807973));
    assert_true(tutti_chance_next(&chance) == UINT64_C(9817491932198370423));
}

static int connect_somewhere(void *arg)
{
    struct tutti_op op = {.kind = TUTTI_OP_CONNECT};
    (void)arg;
    return tutti_op_perform(&op);
}

static void other_operations_are_unsupported(void **state)
{
    struct tutti_sim_world sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    assert_int_equal(tutti_run(&sim.world, connect_somewhere, NULL), TUTTI_EUNSUPPORTED);
    tutti_sim_world_close(&sim);
}

static void the_arena_counts_and_uses_again(void **state)
{
    struct tutti_sim_world sim;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    struct tutti_alloc *alloc = &sim.alloc;
    char *a = alloc->resize(alloc, NULL, 0, 100);
    char *b = alloc->resize(alloc, NULL, 0, 100);
    assert_true(a && b && a != b);
    assert_int_equal((uintptr_t)a % 16, 0);
    assert_int_equal(sim.arena.live, 200);
    memset(a, 'a', 100);
    char *larger = alloc->resize(alloc, a, 100, 5000);
    assert_int_equal(sim.arena.live, 5100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(larger[i], 'a');
    assert_ptr_equal(alloc->resize(alloc, NULL, 0, 128), a); /* of the same class */
    assert_null(alloc->resize(alloc, larger, 5000, 0));
    assert_int_equal(sim.arena.live, 228);
    assert_int_equal(sim.arena.live_max, 5228);
    assert_null(alloc->resize(alloc, NULL, 0, (size_t)1 << 40)); /* more than there is */
    assert_null(alloc->resize(alloc, NULL, 0, SIZE_MAX));
    tutti_sim_world_reset(&sim);
    assert_int_equal(sim.arena.live, 0);
    assert_ptr_equal(alloc->resize(alloc, NULL, 0, 100), a); /* the same addresses again */
    sim.arena.fail_at = 2;
    assert_null(alloc->resize(alloc, NULL, 0, 8));
    assert_non_null(alloc->resize(alloc, NULL, 0, 8));
    tutti_sim_world_close(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_jumps),
        cmocka_unit_test(a_day_takes_no_time),
        cmocka_unit_test(chance_follows_from_the_seed),
        cmocka_unit_test(the_generator_is_splitmix64),
        cmocka_unit_test(other_operations_are_unsupported),
        cmocka_unit_test(the_arena_counts_and_uses_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
