/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/dpor_trunk.h"

#include <stdatomic.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/sim/dpor_priv.h"
#include "tutti/sim/os_sim_priv.h"

enum { NONE = TUTTI_TRUNK_NONE };

void trunk_lock(struct tutti_dpor_trunk *trunk, uint32_t self)
{
    enum { LOOKS = 200 }; /* it is held for microseconds */
    uint32_t holder = 0;
    for (uint32_t looks = 0; !atomic_compare_exchange_weak(&trunk->lock, &holder, self); looks++) {
        if (looks >= LOOKS && holder) {
            (void)atomic_fetch_add(&trunk->waiting, 1);
            os_wait_word((const uint32_t *)&trunk->lock, holder);
            (void)atomic_fetch_sub(&trunk->waiting, 1);
        }
        holder = 0;
    }
}

void trunk_unlock(struct tutti_dpor_trunk *trunk)
{
    atomic_store(&trunk->lock, 0);
    if (atomic_load(&trunk->waiting)) os_wake_word((const uint32_t *)&trunk->lock);
}

/* Items, buds and forks. */

uint32_t trunk_items_left(const struct tutti_dpor_trunk *trunk)
{
    return TUTTI_TRUNK_ITEMS - 1 - trunk->items_used;
}

uint32_t trunk_add_item(struct tutti_dpor_trunk *trunk, uint64_t object, uint32_t mode,
                        uint32_t next)
{
    uint32_t item = trunk->items_free;
    if (item) {
        trunk->items_free = trunk->items[item].next;
    } else {
        TUTTI_ASSERT(trunk_items_left(trunk) > 0);
        item = ++trunk->items_end;
    }
    trunk->items_used++;
    trunk->items[item] = (struct tutti_trunk_item){.object = object, .mode = mode, .next = next};
    return item;
}

void trunk_free_items(struct tutti_dpor_trunk *trunk, uint32_t *list)
{
    uint32_t next;
    for (uint32_t item = *list; item; item = next) {
        next = trunk->items[item].next;
        trunk->items[item].next = trunk->items_free;
        trunk->items_free = item;
        trunk->items_used--;
    }
    *list = NONE;
}

uint32_t trunk_count_items(const struct tutti_dpor_trunk *trunk, uint32_t list)
{
    uint32_t count = 0;
    for (; list; list = trunk->items[list].next)
        count++;
    return count;
}

uint32_t trunk_add_bud(struct tutti_dpor_trunk *trunk, const struct tutti_trunk_bud *made)
{
    uint32_t bud = trunk->buds_free;
    if (bud) {
        trunk->buds_free = trunk->buds[bud].next;
    } else {
        if (trunk->buds_end == TUTTI_TRUNK_BUDS - 1) return NONE;
        bud = ++trunk->buds_end;
    }
    trunk->buds_used++;
    trunk->buds[bud] = *made;
    return bud;
}

uint32_t trunk_add_fork(struct tutti_dpor_trunk *trunk, const struct tutti_trunk_fork *made)
{
    uint32_t fork = trunk->forks_free;
    if (fork) {
        trunk->forks_free = trunk->forks[fork].parent;
    } else {
        if (trunk->forks_end == TUTTI_TRUNK_FORKS - 1) return NONE;
        fork = ++trunk->forks_end;
    }
    trunk->forks[fork] = *made;
    trunk->forks[fork].used = true;
    return fork;
}

/* But for its values and what is with them. */
static void free_fork(struct tutti_dpor_trunk *trunk, uint32_t fork)
{
    uint32_t next;
    for (uint32_t bud = trunk->forks[fork].first; bud; bud = next) {
        next = trunk->buds[bud].next;
        trunk_free_items(trunk, &trunk->buds[bud].sleeps);
        trunk_free_items(trunk, &trunk->buds[bud].ways);
        trunk_free_items(trunk, &trunk->buds[bud].values);
        trunk_free_items(trunk, &trunk->buds[bud].last);
        trunk->buds[bud].next = trunk->buds_free;
        trunk->buds_free = bud;
        trunk->buds_used--;
    }
    trunk->forks[fork].used = false;
    trunk->forks[fork].parent = trunk->forks_free;
    trunk->forks_free = fork;
}

void tutti_dpor_trunk_clear(struct tutti_dpor_trunk *trunk)
{
    trunk->forks_end = trunk->buds_end = trunk->items_end = 0;
    trunk->forks_free = trunk->buds_free = trunk->items_free = NONE;
    trunk->items_used = trunk->buds_used = 0;
    trunk->ids_read = false;
    trunk->offers = 0;
    atomic_store(&trunk->complete, 0);
    atomic_store(&trunk->turn, 0);
    atomic_store(&trunk->turn_ends, TUTTI_DPOR_TURN);
    for (uint32_t t = 0; t < 2; t++) {
        struct tutti_dpor_tree *tree = &trunk->trees[t];
        const struct tutti_trunk_bud root = {.state = TUTTI_BUD_WAITS, .rank = 1};
        tree->root = trunk_add_bud(trunk, &root);
        tree->runs = tree->traces = tree->blocked = 0;
        atomic_store(&tree->counted, 0);
    }
}

void tutti_dpor_trunk_copy(struct tutti_dpor_trunk *trunk, const struct tutti_dpor_trunk *from)
{
    size_t head = offsetof(struct tutti_dpor_trunk, path);
    memcpy((void *)trunk, (const void *)from, head); /* nobody looks at its atomics meanwhile */
    memcpy(trunk->forks, from->forks, (from->forks_end + 1) * sizeof *from->forks);
    memcpy(trunk->buds, from->buds, (from->buds_end + 1) * sizeof *from->buds);
    memcpy(trunk->items, from->items, (from->items_end + 1) * sizeof *from->items);
}

/* Instead of a list: these accesses. */
static void set_items(struct tutti_dpor_trunk *trunk, uint32_t *list,
                      const struct tutti_access *accesses, uint32_t count)
{
    trunk_free_items(trunk, list);
    for (uint32_t i = count; i-- > 0;)
        *list = trunk_add_item(trunk, accesses[i].object, accesses[i].mode, *list);
}

static void set_step(struct tutti_dpor_trunk *trunk, uint32_t *list,
                     const struct tutti_dpor_search *search, const struct tutti_dpor_node *node)
{
    const struct tutti_touched *touched = &search->order.steps[node->step].touched;
    set_items(trunk, list, touched->items, touched->count);
}

static void set_ways(struct tutti_dpor_trunk *trunk, uint32_t *list,
                     const struct tutti_dpor_search *search, const struct tutti_dpor_node *node)
{
    set_items(trunk, list, search->accesses + node->touched, node->touched_count);
}

static void set_values(struct tutti_dpor_trunk *trunk, uint32_t *list,
                       const struct tutti_dpor_search *search, const struct tutti_dpor_node *node)
{
    trunk_free_items(trunk, list);
    for (uint32_t i = node->values_count; i-- > 0;) {
        const struct tutti_dpor_value *value = &search->values[node->values + i];
        *list =
            trunk_add_item(trunk, (uint64_t)value->of << 32 | value->number, value->kind, *list);
    }
}

/* Has the step taken at a node, which was made, no other values than those it was made with? Then
 * what it touched is known for good.                                                             */
static bool is_plain(const struct tutti_dpor_search *search, const struct tutti_dpor_node *node)
{
    const struct tutti_dpor_candidate *taken = &search->candidates[node->first + node->taken];
    return node->values_count == 0 && node->touched_count == 0 && !(node->count && taken->partly);
}

static uint32_t step_room(const struct tutti_dpor_search *search,
                          const struct tutti_dpor_node *node)
{
    return search->order.steps[node->step].touched.count;
}

/* Tells what the first step of a branch touched, if that is known for good. */
static void tell(struct tutti_dpor_trunk *trunk, const struct tutti_dpor_search *search)
{
    const struct tutti_dpor_node *node = &search->nodes[search->floor - 1];
    struct tutti_trunk_bud *bud = &trunk->buds[search->bud];
    if (bud->known || search->nodes_count == search->floor || !is_plain(search, node)) return;
    if (step_room(search, node) > trunk_items_left(trunk)) return;
    set_step(trunk, &bud->ways, search, node);
    bud->known = true;
}

/* How many items a fork of the node would want, and the node itself as the last one. */
static uint32_t items_wanted(const struct tutti_dpor_search *search,
                             const struct tutti_dpor_node *node)
{
    const struct tutti_dpor_candidate *all = search->candidates + node->first;
    const struct tutti_dpor_node *before = node - 1;
    uint32_t wanted = node->values_count + node->touched_count + before->values_count;
    for (uint32_t i = 0; i < node->count; i++)
        wanted += all[i].asleep || all[i].partly ? all[i].count : 0;
    return wanted + before->touched_count + step_room(search, before);
}

/* The buds of a new fork are the candidates of the node; the one that is taken is busy. */
static uint32_t add_buds(struct tutti_dpor_trunk *trunk, const struct tutti_dpor_search *search,
                         const struct tutti_dpor_node *node, uint32_t *taken)
{
    uint32_t first = NONE;
    for (uint32_t i = node->count; i-- > 0;) {
        const struct tutti_dpor_candidate *candidate = &search->candidates[node->first + i];
        const struct tutti_access *touched = search->accesses + candidate->touched;
        struct tutti_trunk_bud bud = {.path = candidate->path,
                                      .what = candidate->what,
                                      .early = candidate->early,
                                      .tried = candidate->tried,
                                      .partly = candidate->partly,
                                      .next = first};
        if (candidate->partly) set_items(trunk, &bud.sleeps, touched, candidate->count);
        if (candidate->asleep) {
            bud.state = TUTTI_BUD_ASLEEP;
            bud.known = true;
            set_items(trunk, &bud.ways, touched, candidate->count);
        } else if (i == node->taken) {
            bud.state = TUTTI_BUD_BUSY;
            bud.rank = 1;
        }
        first = trunk_add_bud(trunk, &bud);
        if (i == node->taken) *taken = first;
    }
    return first;
}

/* Makes the first node of the branch a fork; the branch is now what begins with the step taken
 * there. False: no room.                                                                         */
static bool grow(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search)
{
    const struct tutti_dpor_node *node = &search->nodes[search->floor], *before = node - 1;
    struct tutti_trunk_bud *bud = &trunk->buds[search->bud];
    struct tutti_trunk_fork made = {.print = node->print,
                                    .stepped = before->stepped,
                                    .parent = search->fork,
                                    .bud = search->bud,
                                    .count = node->count,
                                    .ranks = 1,
                                    .depth = search->floor,
                                    .tree = (uint8_t)search->tree};
    if (items_wanted(search, node) > trunk_items_left(trunk)) return false;
    if (node->count > TUTTI_TRUNK_BUDS - 1 - trunk->buds_used) return false;
    uint32_t fork = trunk_add_fork(trunk, &made);
    if (fork == NONE) return false;
    tell(trunk, search);
    if (!bud->known) {
        set_ways(trunk, &bud->ways, search, before);
        set_values(trunk, &trunk->forks[fork].values, search, before);
        set_step(trunk, &trunk->forks[fork].last, search, before);
    }
    trunk->forks[fork].first = add_buds(trunk, search, node, &search->bud);
    search->fork = fork;
    search->floor++;
    return true;
}

/* Which bud of the fork can be taken now; NONE: none. */
uint32_t trunk_takable(const struct tutti_dpor_trunk *trunk, const struct tutti_trunk_fork *fork,
                       enum tutti_dpor_order preference)
{
    uint32_t best = NONE;
    bool unknown = false;
    for (uint32_t at = fork->first; at; at = trunk->buds[at].next) {
        const struct tutti_trunk_bud *bud = &trunk->buds[at];
        if (bud->state == TUTTI_BUD_WAITS) return at;
        unknown = unknown || (bud->state == TUTTI_BUD_BUSY && !bud->known);
        if (bud->state != TUTTI_BUD_FREE || !bud->tried) continue;
        const struct tutti_trunk_bud *other = &trunk->buds[best];
        struct tutti_dpor_candidate a = {.what = bud->what,
                                         .early = bud->early,
                                         .partly = bud->partly,
                                         .key = dpor_key(bud->path, bud->what)};
        struct tutti_dpor_candidate b = {.what = other->what,
                                         .early = other->early,
                                         .partly = other->partly,
                                         .key = dpor_key(other->path, other->what)};
        if (best == NONE || dpor_is_better(preference, &a, &b)) best = at;
    }
    return unknown ? NONE : best;
}

bool trunk_give(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search)
{
    uint32_t last = search->nodes_count;
    if (!search->floor) return false;
    bool was_known = trunk->buds[search->bud].known;
    tell(trunk, search);
    if (!was_known && search->fork && trunk->buds[search->bud].known &&
        trunk_takable(trunk, &trunk->forks[search->fork], search->preference)) {
        return true;
    }
    /* up to the first node where there is something to try; not the last: what it does is new */
    for (uint32_t i = search->floor; i + 1 < last; i++) {
        const struct tutti_dpor_node *node = &search->nodes[i];
        uint32_t more = 0;
        for (uint32_t c = 0; c < node->count; c++) {
            const struct tutti_dpor_candidate *one = &search->candidates[node->first + c];
            more += one->tried && !one->asleep && c != node->taken;
        }
        if (!more) continue;
        while (search->floor <= i) {
            if (!grow(trunk, search)) return false;
        }
        tell(trunk, search);
        if (trunk_takable(trunk, &trunk->forks[search->fork], search->preference)) return true;
    }
    return false;
}

bool trunk_leave(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search)
{
    struct tutti_dpor_tree *tree = &trunk->trees[search->tree];
    tree->runs += search->runs;
    tree->traces += search->traces;
    tree->blocked += search->blocked;
    search->runs = search->traces = search->blocked = 0;
    if (!search->floor) return true;
    while (search->floor < search->nodes_count) {
        if (!grow(trunk, search)) return false;
    }
    const struct tutti_dpor_node *node = &search->nodes[search->floor - 1];
    struct tutti_trunk_bud *bud = &trunk->buds[search->bud];
    if (node->values_count + node->touched_count > trunk_items_left(trunk)) return false;
    set_values(trunk, &bud->values, search, node);
    if (!bud->known) set_ways(trunk, &bud->ways, search, node);
    bud->over = false;
    bud->state = TUTTI_BUD_WAITS;
    search->floor = search->nodes_count = 0;
    return true;
}

static bool is_over(const struct tutti_dpor_trunk *trunk, const struct tutti_trunk_fork *fork)
{
    for (uint32_t at = fork->first; at; at = trunk->buds[at].next) {
        const struct tutti_trunk_bud *bud = &trunk->buds[at];
        if (bud->state == TUTTI_BUD_BUSY || bud->state == TUTTI_BUD_WAITS) return false;
        if (bud->state == TUTTI_BUD_FREE && bud->tried) return false;
    }
    return true;
}

bool trunk_end(struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search)
{
    const struct tutti_dpor_node *node = &search->nodes[search->floor - 1];
    uint32_t fork = search->fork, bud = search->bud;
    if (!trunk->buds[bud].known) {
        if (node->touched_count > trunk_items_left(trunk)) return false;
        set_ways(trunk, &trunk->buds[bud].ways, search, node);
        trunk->buds[bud].known = true;
    }
    search->floor = search->nodes_count = 0;
    while (trunk->buds[bud].known) {
        trunk->buds[bud].state = TUTTI_BUD_ASLEEP;
        if (fork == NONE) {
            atomic_store(&trunk->complete, search->tree + 1);
            return true;
        }
        struct tutti_trunk_fork *done = &trunk->forks[fork];
        if (!is_over(trunk, done)) return true;
        bud = done->bud;
        trunk->buds[bud].values = done->values;
        trunk->buds[bud].last = done->last;
        uint32_t parent = done->parent;
        free_fork(trunk, fork);
        fork = parent;
    }
    trunk->buds[bud].over = true; /* somebody is to look whether there are other values */
    trunk->buds[bud].state = TUTTI_BUD_WAITS;
    return true;
}

/* What is tried at a fork below the branch may have become more. */
void trunk_look(const struct tutti_dpor_trunk *trunk, struct tutti_dpor_search *search,
                uint32_t depth)
{
    const struct tutti_dpor_node *node = &search->nodes[depth];
    uint32_t fork = search->fork, i = node->first;
    while (trunk->forks[fork].depth > depth)
        fork = trunk->forks[fork].parent;
    for (uint32_t at = trunk->forks[fork].first; at; at = trunk->buds[at].next)
        search->candidates[i++].tried = trunk->buds[at].tried;
}

/* And what the search wants to be tried there. */
void trunk_try(struct tutti_dpor_trunk *trunk, const struct tutti_dpor_search *search,
               uint32_t depth)
{
    const struct tutti_dpor_node *node = &search->nodes[depth];
    uint32_t fork = search->fork, i = node->first;
    while (trunk->forks[fork].depth > depth)
        fork = trunk->forks[fork].parent;
    for (uint32_t at = trunk->forks[fork].first; at; at = trunk->buds[at].next)
        trunk->buds[at].tried = search->candidates[i++].tried;
}

/* The estimate. */

static double values_done(const struct tutti_dpor_trunk *trunk, uint32_t list, double *share)
{
    double done = 0;
    for (; list; list = trunk->items[list].next) {
        uint64_t value = trunk->items[list].object;
        *share /= (double)(value >> 32);
        done += *share * (double)(uint32_t)value;
    }
    return done;
}

/* What is behind everybody at a fork, whose share of the tree is known. */
static double fork_done(const struct tutti_dpor_trunk *trunk, const struct tutti_trunk_fork *fork)
{
    double tried = 0, over = 0;
    for (uint32_t at = fork->first; at; at = trunk->buds[at].next) {
        const struct tutti_trunk_bud *bud = &trunk->buds[at];
        tried += bud->tried;
        over += bud->tried && bud->state == TUTTI_BUD_ASLEEP;
    }
    return tried > 0 ? fork->share * over / tried : 0;
}

static double tried_at(const struct tutti_dpor_trunk *trunk, const struct tutti_trunk_fork *fork)
{
    double tried = 0;
    for (uint32_t at = fork->first; at; at = trunk->buds[at].next)
        tried += trunk->buds[at].tried;
    return tried > 0 ? tried : 1;
}

static double trunk_done(struct tutti_dpor_trunk *trunk, uint32_t tree)
{
    double done = 0;
    trunk->stamp++;
    for (uint32_t i = 1; i <= trunk->forks_end; i++) {
        uint32_t count = 0;
        if (!trunk->forks[i].used || trunk->forks[i].tree != tree) continue;
        for (uint32_t at = i; at && trunk->forks[at].stamp != trunk->stamp;
             at = trunk->forks[at].parent) {
            trunk->path[count++] = at;
        }
        while (count > 0) {
            struct tutti_trunk_fork *fork = &trunk->forks[trunk->path[--count]];
            const struct tutti_trunk_fork *parent = &trunk->forks[fork->parent];
            fork->stamp = trunk->stamp;
            fork->share = fork->parent ? parent->share / tried_at(trunk, parent) : 1;
            done += values_done(trunk, fork->values, &fork->share);
            done += fork_done(trunk, fork);
        }
    }
    return done;
}

double tutti_dpor_trunk_look(struct tutti_dpor_trunk *trunk, uint32_t tree)
{
    enum { LOOKS = 1000 }; /* who holds it may have died */
    double done = 0;
    if (atomic_load(&trunk->complete) == tree + 1) return 1;
    for (int i = 0; i < LOOKS; i++) {
        uint32_t nobody = 0;
        if (!atomic_compare_exchange_weak(&trunk->lock, &nobody, UINT32_MAX)) continue;
        done = trunk_done(trunk, tree);
        trunk_unlock(trunk);
        break;
    }
    return done;
}
