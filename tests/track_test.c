/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What tracked objects touch is seen: programs that share memory without saying so have as many
 * traces as their sharing makes, and the same programs compiled plainly seem to have one.        */
#include "traces.h"

#include "tracked_programs.h"
#include "tutti/sim/track.h"

#ifdef TRACKED
enum { SEEN = 1 };
#else
enum { SEEN = 0 };
#endif

static const struct {
    const char *name;
    int (*test)(void *arg);
    int tasks;
    uint64_t traces;
} programs[] = {
    {"writers", tracked_writers, 2, 2},   {"writers", tracked_writers, 3, 6},
    {"writers", tracked_writers, 5, 120}, {"readers", tracked_readers, 3, 4},
    {"readers", tracked_readers, 6, 32},  {"apart", tracked_apart, 4, 1},
    {"copies", tracked_copies, 3, 6},     {"cas", tracked_cas, 2, 2},
    {"cas", tracked_cas, 4, 4},           {"stack", tracked_stack, 3, 6},
    {"private", tracked_private, 4, 1},   {"strings", tracked_strings, 3, 6},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static void traces_by_what_is_shared(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROGRAMS; i++) {
        tracked_tasks = programs[i].tasks;
        uint64_t wanted = SEEN ? programs[i].traces : 1;
        for (int order = TUTTI_DPOR_FIRST; order < TUTTI_DPOR_ORDERS; order++) {
            struct traces traces = traces_of(programs[i].test, NULL, &census_bounds, order, 0);
            if (!traces.complete || traces.traces != wanted) {
                fail_msg("%s, %d tasks: %llu traces, not %llu", programs[i].name, tracked_tasks,
                         (unsigned long long)traces.traces, (unsigned long long)wanted);
            }
        }
    }
}

/* Each access a step of its own: increments get lost, and there are as many traces as there are of
 * N tasks that load and store one variable, (N!)^2.                                             */
static void accesses_are_steps(void **state)
{
    struct tutti_bounds bounds = census_bounds;
    (void)state;
    bounds.access_points = true;
    for (int tasks = 2; tasks <= 3; tasks++) {
        tracked_tasks = tasks;
        struct traces traces = traces_of(tracked_increments, NULL, &bounds, TUTTI_DPOR_FIRST, 0);
        assert_true(traces.complete);
        assert_int_equal(traces.traces, SEEN ? (tasks == 2 ? 4 : 36) : 1);
        assert_int_equal(traces.checks > 0, SEEN);
        traces = traces_of(tracked_increments, NULL, &census_bounds, TUTTI_DPOR_FIRST, 0);
        assert_int_equal(traces.traces, SEEN ? (tasks == 2 ? 2 : 6) : 1);
        assert_int_equal(traces.checks, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(traces_by_what_is_shared),
                                       cmocka_unit_test(accesses_are_steps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
