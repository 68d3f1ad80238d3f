/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The search of strategy dpor between two runs, and what a race adds to it. */
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/sim/dpor_priv.h"

/* Is `a` to be taken rather than `b`, which comes first? Cancellers and early timers always come
 * last, what sleeps partly after what does not: where it is taken first, see dpor_try. */
bool dpor_is_better(enum tutti_dpor_order preference, const struct tutti_dpor_candidate *a,
                    const struct tutti_dpor_candidate *b)
{
    bool a_last = a->what == TUTTI_CANDIDATE_CANCEL || a->early,
         b_last = b->what == TUTTI_CANDIDATE_CANCEL || b->early;
    if (a->partly != b->partly) return b->partly;
    if (a_last != b_last) return b_last;
    switch (preference) {
    case TUTTI_DPOR_LAST:
        return true;
    case TUTTI_DPOR_HASHED:
        return tutti_access_mix(a->key, 1) > tutti_access_mix(b->key, 1);
    default:
        return false;
    }
}

uint32_t dpor_prefer(const struct tutti_dpor_search *search, const struct tutti_dpor_node *node,
                     bool tried_only)
{
    const struct tutti_dpor_candidate *all = search->candidates + node->first;
    uint32_t best = DPOR_NONE;
    for (uint32_t i = 0; i < node->count; i++) {
        if (all[i].asleep || (tried_only && !all[i].tried)) continue;
        if (best == DPOR_NONE || dpor_is_better(search->preference, &all[i], &all[best])) best = i;
    }
    return best;
}

/* What sleeps partly is not taken with the values that it sleeps with, so their races are not seen:
 * all others must be tried, too. Early timers are tried everywhere: that one could have been is
 * seen by no race if none is.                                                                    */
void dpor_try(struct tutti_dpor_search *search, const struct tutti_dpor_node *node)
{
    struct tutti_dpor_candidate *all = search->candidates + node->first;
    all[node->taken].tried = true;
    for (uint32_t i = 0; all[node->taken].partly && i < node->count; i++)
        all[i].tried = all[i].tried || !all[i].asleep;
    for (uint32_t i = 0; i < node->count; i++)
        all[i].tried = all[i].tried || all[i].early;
}

static bool moves_clock(const struct tutti_step *step)
{
    return step->early || step->what == TUTTI_CANDIDATE_ADVANCE;
}

/* Who could come first if the i-th step were not made and, of those after it, only the ones that it
 * does not come before, and then the j-th (the initials of that sequence): one of them is enough.
 * Which that is to be; DPOR_NONE: all; false: one of them is tried already. That is so of early
 * timers: where the j-th step moves the clock and nobody else could come first, one of them is
 * that, or none is set.                                                                          */
static bool choose_initial(const struct tutti_dpor_search *search, uint32_t i, uint32_t j,
                           uint32_t *best)
{
    const struct tutti_order *order = &search->order;
    const struct tutti_dpor_node *node = &search->nodes[order->steps[i].node];
    const struct tutti_dpor_candidate *all = search->candidates + node->first;
    uint64_t sequence[TUTTI_ORDER_WORDS];
    *best = DPOR_NONE;
    memset(sequence + i / 64, 0, (j / 64 - i / 64 + 1) * sizeof *sequence);
    for (uint32_t k = i + 1; k <= j; k++) {
        if (k < j && tutti_order_before(order, i, k)) continue;
        uint64_t earlier = 0;
        for (uint32_t word = i / 64; word <= k / 64; word++) {
            earlier |= sequence[word] & order->before[k][word];
        }
        sequence[k / 64] |= UINT64_C(1) << k % 64;
        if (earlier) continue;
        for (uint32_t c = 0; c < node->count; c++) {
            if (all[c].early && moves_clock(&order->steps[k])) return false;
            if (all[c].key != order->steps[k].key) continue;
            if (all[c].tried) return false;
            if (*best == DPOR_NONE || dpor_is_better(search->preference, &all[c], &all[*best])) {
                *best = c;
            }
        }
    }
    return *best != DPOR_NONE || !moves_clock(&order->steps[j]);
}

static void try_initial(struct tutti_dpor_search *search, uint32_t at, uint32_t best)
{
    const struct tutti_dpor_node *node = &search->nodes[at];
    struct tutti_dpor_candidate *all = search->candidates + node->first;
    for (uint32_t c = 0; c < node->count; c++) {
        if (best == DPOR_NONE || c == best) all[c].tried = true;
    }
}

/* At a node that others have branches of, too. */
static void race_below(struct tutti_pick_dpor *dpor, uint32_t i, uint32_t j)
{
    struct tutti_dpor_search *search = dpor->search;
    uint32_t at = search->order.steps[i].node, best;
    trunk_lock(dpor->trunk, dpor->self);
    if (dpor->generation == dpor->trunk->generation) {
        trunk_look(dpor->trunk, search, at);
        if (choose_initial(search, i, j, &best)) {
            try_initial(search, at, best);
            trunk_try(dpor->trunk, search, at);
        }
    }
    trunk_unlock(dpor->trunk);
}

void dpor_race(struct tutti_pick_dpor *dpor, uint32_t i, uint32_t j)
{
    struct tutti_dpor_search *search = dpor->search;
    /* timers that are due since one was early: what comes after them could come before that one */
    bool sooner = search->order.steps[i].sooner &&
                  search->order.steps[i].what == TUTTI_CANDIDATE_TIMER &&
                  search->order.steps[j].what == TUTTI_CANDIDATE_TASK;
    while (sooner && !search->order.steps[i].early)
        i--;
    uint32_t at = search->order.steps[i].node, best;
    if (at == DPOR_NONE || search->nodes[at].count < 2) return;
    if (!choose_initial(search, i, j, &best)) return;
    if (at < search->floor) {
        race_below(dpor, i, j);
    } else {
        try_initial(search, at, best);
    }
}

/* A candidate sleeps at a node because all that begins with its step was seen. The step that was
 * taken there depends on it, and so does the j-th, which could have been made there, too. Then what
 * begins with the j-th, goes on with the sleeper and only then with the step taken is a trace of
 * its own. That the sleeper's step is seen to race later is not sure: what it touches may be
 * something else by then. (The paper has it that steps touch the same in any order, where this
 * cannot be.)  */
void dpor_look_at_sleepers(struct tutti_pick_dpor *dpor, uint32_t j)
{
    const struct tutti_dpor_search *search = dpor->search;
    const struct tutti_order *order = &search->order;
    const struct tutti_step *step = &order->steps[j];
    for (uint32_t i = j; i-- > 0;) {
        uint32_t at = order->steps[i].node;
        if (at == DPOR_NONE || !search->nodes[at].sleepers) continue;
        if (tutti_order_before(order, i, j)) continue;
        const struct tutti_dpor_node *node = &search->nodes[at];
        for (uint32_t c = 0; c < node->count; c++) {
            const struct tutti_dpor_candidate *sleeper = &search->candidates[node->first + c];
            if (sleeper->key == step->key) continue;
            if (dpor_sleeps_before(search, sleeper, &order->steps[i].touched, &step->touched)) {
                dpor_race(dpor, i, j);
                break;
            }
        }
    }
}

bool dpor_raise_value(struct tutti_dpor_search *search, struct tutti_dpor_node *node)
{
    for (uint32_t count = node->values_count; count > 0; count--) {
        struct tutti_dpor_value *value = &search->values[node->values + count - 1];
        uint32_t next = dpor_awake_value(search, node, count - 1, value->number + 1);
        if (next >= value->of) {
            dpor_merge_touched(search, node, count - 1);
            continue;
        }
        value->number = next;
        node->values_count = count;
        search->values_count = node->values + count;
        return true;
    }
    return false;
}

bool dpor_advance(struct tutti_dpor_search *search, bool *torn)
{
    while (search->nodes_count) {
        struct tutti_dpor_node *node = &search->nodes[search->nodes_count - 1];
        *torn = !dpor_keep_touched(search, node);
        if (*torn) return false;
        if (dpor_raise_value(search, node)) return true;
        if (search->nodes_count == search->floor) return false;
        search->values_count = node->values;
        node->values_count = 0;
        if (node->count) {
            struct tutti_dpor_candidate *taken = &search->candidates[node->first + node->taken];
            node->sleepers += !taken->partly;
            taken->asleep = true;
            taken->partly = false;
            taken->touched = node->touched;
            taken->count = node->touched_count;
            node->touched_count = 0;
            dpor_note_runs(search, node);
            uint32_t next = dpor_prefer(search, node, true);
            if (next != DPOR_NONE) {
                node->taken = next;
                return true;
            }
        }
        search->candidates_count = node->first;
        search->accesses_count = node->accesses;
        search->nodes_count--;
    }
    return false;
}

void dpor_clear(struct tutti_dpor_search *search)
{
    search->runs = search->traces = search->blocked = 0;
    search->complete = search->rebuilds = false;
    search->floor = 0;
    search->branch_began = 0;
    memset(search->kth, 0, sizeof search->kth);
    memset(search->next, 0, sizeof search->next);
    search->nodes_count = search->candidates_count = 0;
    search->values_count = search->accesses_count = 0;
    tutti_order_cut(&search->order, 0);
}
