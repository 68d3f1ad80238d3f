/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Strategy dpor: a search takes a branch from the trunk. It gets the nodes from the first to the
 * fork; their steps are made again in its first run.                                             */
#include <stdatomic.h>

#include "tutti/sim/dpor_priv.h"

enum { NONE = TUTTI_TRUNK_NONE };

static void put_values(const struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search,
                       struct tutti_dpor_node *node, uint32_t list)
{
    node->values = search->values_count;
    for (; list; list = trunk->items[list].next) {
        const struct tutti_trunk_item *item = &trunk->items[list];
        search->values[search->values_count++] =
            (struct tutti_dpor_value){.number = (uint32_t)item->object,
                                      .of = (uint32_t)(item->object >> 32),
                                      .kind = (uint8_t)item->mode};
    }
    node->values_count = search->values_count - node->values;
}

/* Copies a list of accesses. False: no room. */
static bool put_items(const struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search,
                      uint32_t list, uint32_t *first, uint32_t *count)
{
    *first = search->accesses_count;
    for (; list; list = trunk->items[list].next) {
        if (search->accesses_count == TUTTI_ORDER_ACCESSES) return false;
        search->accesses[search->accesses_count++] = (struct tutti_access){
            .object = trunk->items[list].object, .mode = trunk->items[list].mode};
    }
    *count = search->accesses_count - *first;
    return true;
}

/* The node of a fork, as the branch of its bud sees it. False: no room. */
static bool put_node(const struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search,
                     uint32_t depth, const struct tutti_trunk_fork *fork, uint32_t taken)
{
    struct tutti_dpor_node *node = &search->nodes[depth];
    uint32_t rank = trunk->buds[taken].rank;
    *node = (struct tutti_dpor_node){.print = fork->print,
                                     .first = search->candidates_count,
                                     .count = fork->count,
                                     .accesses = search->accesses_count};
    if (fork->count > TUTTI_DPOR_CANDIDATES - search->candidates_count) return false;
    for (uint32_t at = fork->first; at; at = trunk->buds[at].next) {
        const struct tutti_trunk_bud *bud = &trunk->buds[at];
        struct tutti_dpor_candidate *made = &search->candidates[search->candidates_count++];
        *made = (struct tutti_dpor_candidate){.key = dpor_key(bud->path, bud->what),
                                              .path = bud->path,
                                              .what = bud->what,
                                              .early = bud->early,
                                              .tried = bud->tried};
        if (at == taken) node->taken = search->candidates_count - 1 - node->first;
        made->asleep = bud->state != TUTTI_BUD_FREE && bud->rank < rank;
        made->partly = bud->partly && !made->asleep;
        node->sleepers += made->asleep || made->partly;
        if (!put_items(trunk, search, made->asleep ? bud->ways : bud->sleeps, &made->touched,
                       &made->count)) {
            return false;
        }
    }
    return true;
}

/* Makes the search's nodes those from the first to the fork. False: no room. */
static bool put_path(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search,
                     uint32_t fork, uint32_t bud)
{
    uint32_t depth = fork ? trunk->forks[fork].depth : 0, at = fork;
    for (uint32_t i = depth; i > 0; i--) {
        trunk->path[i] = at;
        at = trunk->forks[at].parent;
    }
    search->candidates_count = search->values_count = search->accesses_count = 0;
    for (uint32_t i = 0; i <= depth; i++) {
        const struct tutti_trunk_fork *next = i < depth ? &trunk->forks[trunk->path[i + 1]] : NULL;
        struct tutti_dpor_node *node = &search->nodes[i];
        uint32_t values = next ? next->values : trunk->buds[bud].values;
        if (i == 0) *node = (struct tutti_dpor_node){.print = 0};
        if (i > 0 &&
            !put_node(trunk, search, i, &trunk->forks[trunk->path[i]], next ? next->bud : bud)) {
            return false;
        }
        if (trunk_count_items(trunk, values) > TUTTI_DPOR_VALUES - search->values_count)
            return false;
        put_values(trunk, search, node, values);
        if (next) node->stepped = next->stepped;
    }
    struct tutti_dpor_node *last = &search->nodes[depth];
    if (!trunk->buds[bud].known &&
        !put_items(trunk, search, trunk->buds[bud].ways, &last->touched, &last->touched_count)) {
        return false;
    }
    search->nodes_count = depth + 1;
    return true;
}

/* All that begins with the last node's values was seen, by others: goes on to the next ones. False:
 * there are none; *torn: no room.                                                                */
static bool put_next_values(const struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search,
                            uint32_t bud, bool *torn)
{
    struct tutti_dpor_node *last = &search->nodes[search->nodes_count - 1];
    struct tutti_order *order = &search->order;
    struct tutti_touched *touched = &order->steps[0].touched;
    uint32_t at = 0;
    for (uint32_t list = trunk->buds[bud].last; list; list = trunk->items[list].next) {
        order->accesses[at++] = (struct tutti_access){.object = trunk->items[list].object,
                                                      .mode = trunk->items[list].mode};
    }
    touched->items = order->accesses;
    touched->count = at;
    order->count = 1; /* as if the step had been made just now */
    last->step = 0;
    *torn = !dpor_keep_touched(search, last);
    return !*torn && dpor_raise_value(search, last);
}

/* A fork with a bud that can be taken, and which: the one furthest up, or down. */
static uint32_t find(const struct tutti_dpor_trunk *trunk, const struct tutti_dpor_search *search,
                     bool deepest, uint32_t *bud)
{
    uint32_t best = NONE;
    for (uint32_t i = 1; i <= trunk->forks_end; i++) {
        const struct tutti_trunk_fork *fork = &trunk->forks[i];
        if (!fork->used || fork->tree != search->tree) continue;
        if (best && (fork->depth > trunk->forks[best].depth) != deepest) continue;
        uint32_t taken = trunk_takable(trunk, fork, search->preference);
        if (taken == NONE) continue;
        best = i;
        *bud = taken;
    }
    return best;
}

/* Takes the bud, which is of the fork. False: all of its branch was seen already, or *torn. */
static bool take(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search, uint32_t fork,
                 uint32_t at, bool *torn)
{
    struct tutti_trunk_bud *bud = &trunk->buds[at];
    if (bud->state == TUTTI_BUD_FREE) bud->rank = ++trunk->forks[fork].ranks;
    *torn = !put_path(trunk, search, fork, at);
    if (*torn) return false;
    bool more = !bud->over || put_next_values(trunk, search, at, torn);
    if (*torn) return false;
    bud->state = TUTTI_BUD_BUSY;
    bud->over = false;
    trunk_free_items(trunk, &bud->values);
    trunk_free_items(trunk, &bud->last);
    search->fork = fork;
    search->bud = at;
    search->floor = search->nodes_count;
    search->rebuilds = true;
    search->branch_began = search->runs;
    tutti_order_cut(&search->order, 0);
    return more;
}

bool trunk_take(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search, bool deepest,
                bool *torn)
{
    uint32_t root = trunk->trees[search->tree].root;
    while (!atomic_load(&trunk->complete)) {
        uint32_t bud = root, fork = NONE;
        if (trunk->buds[root].state != TUTTI_BUD_WAITS) {
            fork = find(trunk, search, deepest, &bud);
            if (fork == NONE) return false;
        }
        if (take(trunk, search, fork, bud, torn)) return true;
        *torn = *torn || !trunk_end(trunk, search);
        if (*torn) return false;
    }
    return false;
}
