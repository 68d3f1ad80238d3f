/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Each public function lets others run and is a cancellation's source exactly as its declaration's
 * mark says. The list of functions is made from the headers (marks_list.py); how each is called is
 * in marks_entries.h: who adds a public function adds a line there.                              */
#include "rehearsed.h"

#include "marks_entries.h"

enum mark { MARK_NONE, MARK_CHECKPOINT, MARK_SCHEDULES, MARK_CANCELS };

static const struct marked {
    const char *name;
    enum mark mark;
    int (*entry)(struct set *set, enum phase phase);
} functions[] = {
#define ROW(function, mark) {#function, MARK_##mark, entry_##function},
    MARKS(ROW)
#undef ROW
};

static const struct marked *function; /* under test */
static bool cancelled;

/* What the mark says of the points passed and the code. An uncancelled call ends at a deadline if
 * it waits; a cancelled one of a sequence breaks it. */
static bool as_marked(uint64_t cancels, uint64_t schedules, int rc)
{
    bool told = rc == TUTTI_ECANCELED || rc == TUTTI_EBROKEN;
    switch (function->mark) {
    case MARK_CHECKPOINT:
        return cancels > 0 && (cancelled ? told : schedules > 0);
    case MARK_SCHEDULES:
        return cancels == 0 && schedules > 0 && rc >= 0;
    case MARK_CANCELS:
        return cancels > 0 && (cancelled ? told && schedules > 0 : !schedules && rc >= 0);
    default:
        return cancels == 0 && schedules == 0 && rc >= 0;
    }
}

static int call_one(void *arg)
{
    static struct set set;
    struct tutti_scope around;
    struct tutti_task *self = tutti_task_self();
    (void)arg;
    set_init(&set);
    TUTTI_TRY(tutti_chan_open(&set.sender, &set.receiver, "chan", sizeof set.item, 1));
    TUTTI_TRY(tutti_scope_open(&around, TUTTI_NEVER));
    TUTTI_TRY(function->entry(&set, BEFORE));
    if (cancelled) {
        tutti_scope_cancel(&around);
    } else {
        TUTTI_TRY(tutti_scope_set_relative_deadline(&around, 10));
    }
    uint64_t cancels = tutti_task_cancel_points(self);
    uint64_t schedules_before = tutti_task_schedule_points(self);
    int rc = function->entry(&set, CALL);
    cancels = tutti_task_cancel_points(self) - cancels;
    uint64_t passed = tutti_task_schedule_points(self) - schedules_before;
    if (!as_marked(cancels, passed, rc)) {
        print_error("%s%s: %llu cancel points, %llu schedule points, returned %d\n", function->name,
                    cancelled ? " (cancelled)" : "", (unsigned long long)cancels,
                    (unsigned long long)passed, rc);
        tutti_check(!"the function does what its mark says");
    }
    (void)function->entry(&set, AFTER);
    return tutti_scope_close(&around, 0);
}

/* What the entries leave behind (a lock that was acquired, a channel) is no failure here. */
static void all_as_marked(void **state)
{
    struct tutti_sim_world sim;
    int wrong = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        function = &functions[i];
        if (!function->entry) {
            print_error("%s is in no tests/marks_of_*.h\n", function->name);
            wrong++;
            continue;
        }
        for (int round = 0; round < 2; round++) {
            cancelled = round == 1;
            tutti_sim_world_reset(&sim);
            int rc = tutti_run(&sim.world, call_one, NULL);
            if (rc == 0 || rc == TUTTI_ELEAK) continue;
            print_error("%s: the run ended with %s\n", function->name, tutti_error_name(rc));
            wrong++;
        }
    }
    tutti_sim_world_close(&sim);
    assert_int_equal(wrong, 0);
    assert_true(sizeof functions / sizeof *functions > 100);
}

REHEARSE_MAIN(cmocka_unit_test(all_as_marked))
