/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every public function there is, with each of its requests for memory refused in turn: it says
 * that there is none, or does without; either way it can be called again, what undoes it can
 * follow, and nothing is kept. The functions are those of the headers (marks_list.py), called as
 * marks_test calls them; what a refused call leaves as it was is looked at in alloc_test.c. */
#include "rehearsed.h"

#include "marks_entries.h"

static const struct called {
    const char *name;
    int (*entry)(struct set *set, enum phase phase);
} functions[] = {
#define ROW(function, mark) {#function, entry_##function},
    MARKS(ROW)
#undef ROW
};

/* Refuses one request of the call, the n-th. */
static struct refuser {
    struct tutti_pick pick;
    int64_t left; /* negative: refuses nothing */
    bool refused;
} refuser;

static struct turn {
    const struct called *function;
    int scopes; /* around the call: in one of the rounds there is no more room for a timer */
    int64_t refuses;
} turn;

static uint32_t refuse(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    (void)pick;
    assert_int_equal(choice->kind, TUTTI_CHOICE_ALLOC);
    if (refuser.left < 0 || refuser.left-- > 0) return 0;
    refuser.refused = true;
    return 1;
}

static int call_refused(void)
{
    static struct set set; /* what a call starts outlives this function */
    struct tutti_scope around;
    set_init(&set);
    TUTTI_TRY(tutti_chan_open(&set.sender, &set.receiver, "chan", sizeof set.item, 1));
    TUTTI_TRY(tutti_scope_open(&around, TUTTI_NEVER));
    TUTTI_TRY(turn.function->entry(&set, BEFORE));
    TUTTI_TRY(tutti_scope_set_relative_deadline(&around, 10)); /* some wait for what never comes */
    refuser.left = turn.refuses;
    refuser.refused = false;
    int rc = turn.function->entry(&set, CALL);
    refuser.left = -1;
    if (rc == TUTTI_ENOMEMORY && refuser.refused) rc = turn.function->entry(&set, CALL);
    (void)turn.function->entry(&set, AFTER);
    return tutti_scope_close(&around, rc == TUTTI_ENOMEMORY ? rc : 0);
}

static int in_scopes(void *arg)
{
    struct tutti_scope scope;
    if (turn.scopes == 0) return call_refused();
    turn.scopes--;
    TUTTI_TRY(tutti_scope_open(&scope, TUTTI_NEVER));
    return tutti_scope_close(&scope, in_scopes(arg));
}

/* Returns whether there was a request to refuse. */
static bool refuse_one(struct tutti_sim_world *sim, const struct called *function, int scopes,
                       int64_t refuses)
{
    tutti_sim_world_reset(sim);
    refuser.left = -1;
    refuser.refused = false;
    turn = (struct turn){function, scopes, refuses};
    int rc = tutti_run(&sim->world, in_scopes, NULL);
    /* what the entries leave behind, a lock or a channel, is no failure here; a block of a nursery
     * has no code, and nobody asks for its result */
    bool block = refuser.refused && strncmp(function->name, "tutti_nursery_block", 19) == 0;
    bool good = rc == 0 || rc == TUTTI_ELEAK || (block && rc == TUTTI_ENOMEMORY);
    if (!good || sim->arena.live) {
        fail_msg("%s, request %lld, %d scopes: %s; %zu bytes are left", function->name,
                 (long long)refuses, scopes, tutti_error_name(rc), sim->arena.live);
    }
    return refuser.refused;
}

static void each_function(void **state)
{
    struct tutti_sim_world sim;
    int hungry = 0;
    (void)state;
    assert_int_equal(tutti_sim_world_open(&sim, 1), 0);
    refuser.pick = (struct tutti_pick){.mask = 1u << TUTTI_CHOICE_ALLOC, .pick = refuse};
    sim.world.pick = &refuser.pick;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        int refused = 0;
        if (!functions[i].entry) continue; /* marks_test tells */
        for (int scopes = 8; scopes < 16; scopes++) {
            for (int64_t n = 0; refuse_one(&sim, &functions[i], scopes, n); n++)
                refused++;
        }
        hungry += refused > 0;
    }
    tutti_sim_world_close(&sim);
    assert_true(hungry > 30);
}

REHEARSE_MAIN(cmocka_unit_test(each_function))
