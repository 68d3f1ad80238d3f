/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What strategy dpor has to do next: whose turn it is, and with others, which branch.
 *
 * Without a trunk both searches are all its own. With one, it has what it took from there.       */
#include <stdatomic.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/sim/dpor_priv.h"

/* Jobs tell of so many runs at a time. */
enum { COUNTED = 64 };

static void reset(struct tutti_pick_dpor *dpor)
{
    tutti_picker_reset(&dpor->picker);
    dpor->begun = dpor->blocked = false;
}

/* Adds the words of one table of shared ones to another; returns how many it has then. */
static uint32_t add_shared(uint64_t *to, const uint64_t *from)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < TUTTI_DPOR_SHARED; i++) {
        if (!from[i]) continue;
        uint32_t at = (uint32_t)from[i] % TUTTI_DPOR_SHARED, looks = 0;
        while (to[at] && to[at] != from[i] && looks++ < TUTTI_DPOR_SHARED)
            at = (at + 1) % TUTTI_DPOR_SHARED;
        if (!to[at]) to[at] = from[i];
    }
    for (uint32_t i = 0; i < TUTTI_DPOR_SHARED; i++)
        count += to[i] != 0;
    return count;
}

/* Knows what the trunk does, and has nothing. */
static void adopt(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_memory *memory = dpor->memory;
    for (int i = 0; i < 2; i++)
        dpor_clear(&memory->searches[i]);
    dpor->footprint.shared_count = add_shared(memory->shared, dpor->trunk->shared);
    dpor->generation = atomic_load(&dpor->trunk->generation);
    dpor->uncounted = 0;
}

bool dpor_is_stale(const struct tutti_pick_dpor *dpor)
{
    if (dpor->footprint.shared_grew) return true;
    return dpor->trunk && atomic_load(&dpor->trunk->generation) != dpor->generation;
}

/* All that anybody did is void. */
static void make_void(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_trunk *trunk = dpor->trunk;
    dpor->footprint.shared_grew = false;
    (void)add_shared(trunk->shared, dpor->memory->shared);
    tutti_dpor_trunk_clear(trunk);
    (void)atomic_fetch_add(&trunk->generation, 1);
}

bool dpor_begin_again(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_trunk *trunk = dpor->trunk;
    bool grew = dpor->footprint.shared_grew;
    dpor->footprint.shared_grew = false;
    dpor->restarts++;
    reset(dpor);
    if (!trunk) {
        dpor_clear(&dpor->memory->searches[0]);
        dpor_clear(&dpor->memory->searches[1]);
        return true;
    }
    trunk_lock(trunk, dpor->self);
    if (grew) make_void(dpor);
    adopt(dpor);
    trunk_unlock(trunk);
    return tutti_pick_dpor_take(dpor);
}

bool dpor_end_branch(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_trunk *trunk = dpor->trunk;
    struct tutti_dpor_search *search = dpor->search;
    if (!trunk) {
        search->complete = true;
        return false;
    }
    trunk_lock(trunk, dpor->self);
    if (atomic_load(&trunk->generation) == dpor->generation) {
        dpor->torn = !trunk_end(trunk, search);
    }
    trunk_unlock(trunk);
    return !dpor->torn && !atomic_load(&trunk->complete);
}

/* Counts the run; the turn may end with it. */
static void count_run(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_trunk *trunk = dpor->trunk;
    uint32_t tree = dpor->search->tree;
    if (++dpor->uncounted < (dpor->jobs > 1 ? COUNTED : 1)) return;
    uint64_t counted =
        atomic_fetch_add(&trunk->trees[tree].counted, dpor->uncounted) + dpor->uncounted;
    dpor->uncounted = 0;
    uint64_t ends = atomic_load(&trunk->turn_ends);
    if (counted < ends || !atomic_compare_exchange_strong(&trunk->turn, &tree, 1 - tree)) return;
    if (tree == 1) atomic_store(&trunk->turn_ends, 2 * ends);
}

/* Which of its own two searches makes the next run. */
static void take_turns(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_search *searches = dpor->memory->searches;
    if (dpor->search->runs < dpor->turn_ends) return;
    if (dpor->search != searches) dpor->turn_ends *= 2;
    dpor->search = dpor->search == searches ? searches + 1 : searches;
}

bool dpor_next_branch(struct tutti_pick_dpor *dpor)
{
    if (dpor->trunk) {
        count_run(dpor);
        return tutti_pick_dpor_take(dpor);
    }
    if (!dpor->single) take_turns(dpor);
    reset(dpor);
    return true;
}

bool tutti_pick_dpor_take(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_trunk *trunk = dpor->trunk;
    bool moved = dpor->moves, got = false;
    if (atomic_load(&trunk->complete)) return false;
    reset(dpor);
    dpor->search = &dpor->memory->searches[atomic_load(&trunk->turn)];
    if (dpor->search->floor && !dpor_is_stale(dpor)) return true;
    dpor->moves = true;
    trunk_lock(trunk, dpor->self);
    if (atomic_load(&trunk->generation) != dpor->generation) adopt(dpor);
    trunk->offers = 0;
    got = trunk_take(trunk, dpor->search, dpor->jobs == 1, &dpor->torn);
    trunk_unlock(trunk);
    dpor->moves = moved;
    if (dpor->torn) (void)tutti_picker_full(&dpor->picker);
    return got;
}

bool tutti_pick_dpor_give(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_trunk *trunk = dpor->trunk;
    bool given = false;
    dpor->moves = true;
    trunk_lock(trunk, dpor->self);
    if (!trunk->offers && !dpor_is_stale(dpor)) {
        given = trunk_give(trunk, dpor->search);
        trunk->offers = given;
    }
    trunk_unlock(trunk);
    dpor->moves = false;
    return given;
}

bool tutti_pick_dpor_mend(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_search *search = dpor->search;
    if (dpor->moves || atomic_load(&dpor->trunk->lock) == dpor->self) return false;
    if (dpor->begun) {
        const struct tutti_dpor_node *last = &search->nodes[dpor->fresh];
        search->nodes_count = dpor->fresh + 1;
        search->candidates_count = last->first + last->count;
        search->values_count = last->values + last->values_count;
    }
    reset(dpor);
    return true;
}

void tutti_pick_dpor_bury(struct tutti_pick_dpor *dpor)
{
    if (atomic_load(&dpor->trunk->lock) == dpor->self) trunk_unlock(dpor->trunk);
}

bool tutti_pick_dpor_leave(struct tutti_pick_dpor *dpor, const char **why)
{
    struct tutti_dpor_trunk *trunk = dpor->trunk;
    *why = "a process of the search was killed while it took notes";
    if (!tutti_pick_dpor_mend(dpor)) return false;
    *why = "tasks share memory that is another one in the next process: neither the program's own "
           "data nor of tutti_malloc (share that, or take --strategy=dfs)";
    if (dpor->elsewhere) return false;
    *why = "there is too much of it (take --strategy=dfs)";
    trunk->ids_read |= dpor->ids_read;
    if (dpor->footprint.shared_grew) make_void(dpor);
    if (dpor_is_stale(dpor)) { /* what it has is void */
        for (int i = 0; i < 2; i++)
            dpor_clear(&dpor->memory->searches[i]);
        return true;
    }
    atomic_fetch_add(&trunk->trees[dpor->search->tree].counted, dpor->uncounted);
    dpor->uncounted = 0;
    for (int i = 0; i < 2; i++) {
        if (!trunk_leave(trunk, &dpor->memory->searches[i])) return false;
    }
    return true;
}

void tutti_pick_dpor_share(struct tutti_pick_dpor *dpor, struct tutti_dpor_trunk *trunk,
                           uint32_t self, uint32_t jobs)
{
    dpor->trunk = trunk;
    dpor->self = self;
    dpor->jobs = jobs;
    dpor->ids_read = trunk->ids_read;
    adopt(dpor);
}
