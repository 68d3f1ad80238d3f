/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The text of a trunk: what of strategy dpor's trees is left. Forks are numbered from 1 on in the
 * order of the text, each after the one it grows on.                                             */
#include <stdatomic.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/sim/dpor_priv.h"
#include "tutti/sim/frontier_priv.h"

enum {
    MODES =
        TUTTI_ACCESS_READ | TUTTI_ACCESS_ADD | TUTTI_ACCESS_GUARD | TUTTI_ACCESS_WRITE | DPOR_WAY
};

static void put_values(struct writer *writer, const struct tutti_dpor_trunk *trunk, uint32_t list)
{
    for (; list; list = trunk->items[list].next) {
        const struct tutti_trunk_item *item = &trunk->items[list];
        put(writer, "value %u %u %u\n", (uint32_t)item->object, (uint32_t)(item->object >> 32),
            item->mode);
    }
}

static void put_touched(struct writer *writer, const struct tutti_dpor_trunk *trunk, uint32_t list)
{
    for (; list; list = trunk->items[list].next) {
        put(writer, "touched %llu %u\n", (unsigned long long)trunk->items[list].object,
            trunk->items[list].mode);
    }
}

static void put_bud(struct writer *writer, const struct tutti_dpor_trunk *trunk,
                    const struct tutti_trunk_bud *bud)
{
    put(writer, "bud %llu %u %u %u %u %u %u %u %u %u %u %u %u\n", (unsigned long long)bud->path,
        bud->what, bud->state, bud->early, bud->tried, bud->partly, bud->known, bud->over,
        bud->rank, trunk_count_items(trunk, bud->sleeps), trunk_count_items(trunk, bud->ways),
        trunk_count_items(trunk, bud->values), trunk_count_items(trunk, bud->last));
    put_touched(writer, trunk, bud->sleeps);
    put_touched(writer, trunk, bud->ways);
    put_values(writer, trunk, bud->values);
    put_touched(writer, trunk, bud->last);
}

static void put_fork(struct writer *writer, const struct tutti_dpor_trunk *trunk,
                     const struct tutti_trunk_fork *fork)
{
    const struct tutti_trunk_fork *parent = &trunk->forks[fork->parent];
    uint32_t place = 0;
    for (uint32_t at = parent->first; fork->parent && at != fork->bud; at = trunk->buds[at].next)
        place++;
    put(writer, "fork %u %u %llu %llu %u %u %u %u\n", fork->parent ? parent->stamp : 0, place,
        (unsigned long long)fork->print, (unsigned long long)fork->stepped, fork->ranks,
        trunk_count_items(trunk, fork->values), trunk_count_items(trunk, fork->last), fork->count);
    put_values(writer, trunk, fork->values);
    put_touched(writer, trunk, fork->last);
    for (uint32_t at = fork->first; at; at = trunk->buds[at].next)
        put_bud(writer, trunk, &trunk->buds[at]);
}

static void put_tree(struct writer *writer, struct tutti_dpor_trunk *trunk, uint32_t t)
{
    const struct tutti_dpor_tree *tree = &trunk->trees[t];
    uint32_t forks = 0, highest = 0, number = 0;
    for (uint32_t i = 1; i <= trunk->forks_end; i++) {
        const struct tutti_trunk_fork *fork = &trunk->forks[i];
        if (!fork->used || fork->tree != t) continue;
        forks++;
        if (fork->depth > highest) highest = fork->depth;
    }
    put(writer, "tree %llu %llu %llu %llu %u\n", (unsigned long long)tree->runs,
        (unsigned long long)tree->traces, (unsigned long long)tree->blocked,
        (unsigned long long)atomic_load(&tree->counted), forks);
    put_bud(writer, trunk, &trunk->buds[tree->root]);
    for (uint32_t depth = 1; depth <= highest; depth++) {
        for (uint32_t i = 1; i <= trunk->forks_end; i++) {
            struct tutti_trunk_fork *fork = &trunk->forks[i];
            if (!fork->used || fork->tree != t || fork->depth != depth) continue;
            fork->stamp = ++number;
            put_fork(writer, trunk, fork);
        }
    }
}

void put_trunk(struct writer *writer, struct tutti_dpor_trunk *trunk)
{
    uint32_t shared = 0;
    for (uint32_t i = 0; i < TUTTI_DPOR_SHARED; i++)
        shared += trunk->shared[i] != 0;
    put(writer, "turn %u %llu %u %u\n", atomic_load(&trunk->turn),
        (unsigned long long)atomic_load(&trunk->turn_ends), trunk->ids_read, shared);
    for (uint32_t i = 0; i < TUTTI_DPOR_SHARED; i++) {
        if (trunk->shared[i]) {
            put(writer, "shared %u %llu\n", i, (unsigned long long)trunk->shared[i]);
        }
    }
    for (uint32_t t = 0; t < 2; t++)
        put_tree(writer, trunk, t);
    for (uint32_t i = 1; i <= trunk->forks_end; i++)
        trunk->forks[i].stamp = 0;
    trunk->stamp = 0;
}

/* Reading. */

/* Lists of items; in order. */
static int take_list(struct lines *lines, struct tutti_dpor_trunk *trunk, bool values,
                     uint32_t count, uint32_t *list)
{
    static const uint64_t touched_max[] = {UINT64_MAX, MODES},
                          value_max[] = {UINT32_MAX, UINT32_MAX, TUTTI_WORDS_END_choice_kind - 1};
    uint32_t *end = list;
    uint64_t numbers[3];
    *list = TUTTI_TRUNK_NONE;
    if (count > trunk_items_left(trunk)) return wrong(lines, "of a search that fits in memory");
    for (; count > 0; count--) {
        if (values) {
            TUTTI_TRY(take_numbers(lines, "value", 3, value_max, numbers));
            if (numbers[0] >= numbers[1]) return wrong(lines, "value");
            *end = trunk_add_item(trunk, numbers[1] << 32 | numbers[0], (uint32_t)numbers[2], 0);
        } else {
            TUTTI_TRY(take_numbers(lines, "touched", 2, touched_max, numbers));
            *end = trunk_add_item(trunk, numbers[0], (uint32_t)numbers[1], 0);
        }
        end = &trunk->items[*end].next;
    }
    return 0;
}

/* `ranks`: the highest there is in its fork. */
static int take_bud(struct lines *lines, struct tutti_dpor_trunk *trunk, uint32_t ranks,
                    struct tutti_trunk_bud *bud)
{
    static const uint64_t max[] = {UINT64_MAX,
                                   TUTTI_WORDS_END_candidate_what - 1,
                                   TUTTI_BUD_STATES - 1,
                                   1,
                                   1,
                                   1,
                                   1,
                                   1,
                                   UINT32_MAX,
                                   UINT32_MAX,
                                   UINT32_MAX,
                                   UINT32_MAX,
                                   UINT32_MAX};
    uint64_t numbers[13];
    TUTTI_TRY(take_numbers(lines, "bud", 13, max, numbers));
    *bud = (struct tutti_trunk_bud){.path = numbers[0],
                                    .what = (uint8_t)numbers[1],
                                    .state = (uint8_t)numbers[2],
                                    .early = numbers[3],
                                    .tried = numbers[4],
                                    .partly = numbers[5],
                                    .known = numbers[6],
                                    .over = numbers[7],
                                    .rank = (uint32_t)numbers[8]};
    bool taken = bud->state == TUTTI_BUD_WAITS || bud->state == TUTTI_BUD_BUSY;
    bool right = bud->state == TUTTI_BUD_FREE ? bud->rank == 0 : !taken || bud->rank > 0;
    if (!right || bud->rank > ranks || (bud->state == TUTTI_BUD_ASLEEP && !bud->known) ||
        (bud->over && (bud->known || bud->state != TUTTI_BUD_WAITS))) {
        return wrong(lines, "bud");
    }
    TUTTI_TRY(take_list(lines, trunk, false, (uint32_t)numbers[9], &bud->sleeps));
    TUTTI_TRY(take_list(lines, trunk, false, (uint32_t)numbers[10], &bud->ways));
    TUTTI_TRY(take_list(lines, trunk, true, (uint32_t)numbers[11], &bud->values));
    return take_list(lines, trunk, false, (uint32_t)numbers[12], &bud->last);
}

/* The bud that a fork grows on: a job had its branch, and no other fork is on it. */
static int find_bud(struct lines *lines, struct tutti_dpor_trunk *trunk,
                    struct tutti_trunk_fork *fork, uint64_t place)
{
    uint32_t at = trunk->forks[fork->parent].first;
    if (!fork->parent) at = trunk->trees[fork->tree].root;
    for (; fork->parent && at && place > 0; place--)
        at = trunk->buds[at].next;
    if (!at || (!fork->parent && place) || trunk->buds[at].state != TUTTI_BUD_BUSY ||
        trunk->buds[at].values || trunk->buds[at].last) {
        return wrong(lines, "fork");
    }
    trunk->buds[at].state = TUTTI_BUD_STATES; /* for the time being: it has its fork */
    fork->bud = at;
    return 0;
}

static int take_fork(struct lines *lines, struct tutti_dpor_trunk *trunk, uint32_t t,
                     uint32_t before, uint32_t known)
{
    const uint64_t max[] = {known,      UINT32_MAX, UINT64_MAX, UINT64_MAX,
                            UINT32_MAX, UINT32_MAX, UINT32_MAX, TUTTI_TRUNK_BUDS};
    uint64_t numbers[8];
    bool over = true;
    TUTTI_TRY(take_numbers(lines, "fork", 8, max, numbers));
    struct tutti_trunk_fork made = {.parent = numbers[0] ? before + (uint32_t)numbers[0] : 0,
                                    .print = numbers[2],
                                    .stepped = numbers[3],
                                    .ranks = (uint32_t)numbers[4],
                                    .count = (uint32_t)numbers[7],
                                    .tree = (uint8_t)t};
    TUTTI_TRY(find_bud(lines, trunk, &made, numbers[1]));
    made.depth = made.parent ? trunk->forks[made.parent].depth + 1 : 1;
    if (made.depth >= TUTTI_ORDER_STEPS) return wrong(lines, "fork");
    TUTTI_TRY(take_list(lines, trunk, true, (uint32_t)numbers[5], &made.values));
    TUTTI_TRY(take_list(lines, trunk, false, (uint32_t)numbers[6], &made.last));
    uint32_t fork = trunk_add_fork(trunk, &made);
    uint32_t *end = &trunk->forks[fork].first;
    for (uint32_t i = 0; fork && i < made.count; i++) {
        struct tutti_trunk_bud bud;
        TUTTI_TRY(take_bud(lines, trunk, made.ranks, &bud));
        over =
            over && (bud.state == TUTTI_BUD_ASLEEP || (bud.state == TUTTI_BUD_FREE && !bud.tried));
        *end = trunk_add_bud(trunk, &bud);
        if (!*end) return wrong(lines, "of a search that fits in memory");
        end = &trunk->buds[*end].next;
    }
    return fork && !over ? 0 : wrong(lines, "fork");
}

/* Each bud whose branch somebody has must have its fork. */
static int check_buds(struct lines *lines, struct tutti_dpor_trunk *trunk)
{
    for (uint32_t i = 1; i <= trunk->buds_end; i++) {
        struct tutti_trunk_bud *bud = &trunk->buds[i];
        if (bud->state == TUTTI_BUD_BUSY) return wrong(lines, "fork");
        if (bud->state == TUTTI_BUD_STATES) bud->state = TUTTI_BUD_BUSY;
    }
    return 0;
}

static int take_tree(struct lines *lines, struct tutti_dpor_trunk *trunk, uint32_t t)
{
    static const uint64_t max[] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                   TUTTI_TRUNK_FORKS};
    struct tutti_dpor_tree *tree = &trunk->trees[t];
    uint64_t numbers[5];
    TUTTI_TRY(take_numbers(lines, "tree", 5, max, numbers));
    tree->runs = numbers[0];
    tree->traces = numbers[1];
    tree->blocked = numbers[2];
    atomic_store(&tree->counted, numbers[3]);
    struct tutti_trunk_bud *root = &trunk->buds[tree->root];
    TUTTI_TRY(take_bud(lines, trunk, 1, root));
    if (root->state != TUTTI_BUD_WAITS && root->state != TUTTI_BUD_BUSY) return wrong(lines, "bud");
    uint32_t before = trunk->forks_end;
    for (uint32_t i = 0; i < numbers[4]; i++)
        TUTTI_TRY(take_fork(lines, trunk, t, before, i));
    return 0;
}

int take_trunk(struct lines *lines, struct tutti_dpor_trunk *trunk)
{
    static const uint64_t turn_max[] = {1, UINT64_MAX, 1, TUTTI_DPOR_SHARED},
                          shared_max[] = {TUTTI_DPOR_SHARED - 1, UINT64_MAX};
    uint64_t numbers[4], shared[2];
    tutti_dpor_trunk_clear(trunk);
    memset(trunk->shared, 0, sizeof trunk->shared);
    TUTTI_TRY(take_numbers(lines, "turn", 4, turn_max, numbers));
    atomic_store(&trunk->turn, (uint32_t)numbers[0]);
    atomic_store(&trunk->turn_ends, numbers[1]);
    trunk->ids_read = numbers[2];
    for (uint64_t i = 0; i < numbers[3]; i++) {
        TUTTI_TRY(take_numbers(lines, "shared", 2, shared_max, shared));
        trunk->shared[shared[0]] = shared[1];
    }
    for (uint32_t t = 0; t < 2; t++)
        TUTTI_TRY(take_tree(lines, trunk, t));
    return check_buds(lines, trunk);
}
