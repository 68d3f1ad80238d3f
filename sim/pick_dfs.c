/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_dfs.h"

#include <stdio.h>

/* More than any bound. */
#define NEVER_FITS ((uint64_t)UINT32_MAX + 1)

static bool bounded(const struct tutti_pick_dfs *dfs)
{
    return dfs->deviations_max != UINT32_MAX;
}

/* Options are tried in order of rank: that of the number, but who may stay is first. */
static uint32_t number_at(const struct tutti_take *take, uint32_t rank)
{
    if (!take->stays || rank > take->edge) return rank;
    return rank == 0 ? take->edge : rank - 1;
}

static uint32_t rank_of(const struct tutti_take *take, uint32_t number)
{
    if (!take->stays || number > take->edge) return number;
    return number == take->edge ? 0 : number + 1;
}

static uint64_t cost_of(const struct tutti_pick_dfs *dfs, const struct tutti_take *take,
                        uint32_t number)
{
    bool schedules = take->kind == TUTTI_CHOICE_RUN;
    switch (dfs->rule) {
    case TUTTI_DFS_DELAYS:
        return schedules && number < take->edge ? number : 0;
    case TUTTI_DFS_PREEMPTIONS:
        return take->stays && number < take->edge;
    case TUTTI_DFS_CANCELS:
        if (number == 0) return 0;
        return schedules && number >= take->edge ? 1 : NEVER_FITS;
    default:
        return number != 0;
    }
}

/* The first option that cancels. */
static uint32_t first_canceller(const struct tutti_choice *choice)
{
    uint32_t at = choice->of;
    while (at > 0 && choice->candidates[at - 1].what == TUTTI_CANDIDATE_CANCEL)
        at--;
    return at;
}

/* Who took the last step stands last in the queue if it can go on, and who stood behind it then is
 * still there; so much the candidates say.                                                       */
static bool may_stay(const struct tutti_pick_dfs *dfs, const struct tutti_choice *choice,
                     uint32_t *edge)
{
    const struct tutti_candidate *candidates = choice->candidates;
    uint32_t tasks = 0;
    while (tasks < choice->of && candidates[tasks].what == TUTTI_CANDIDATE_TASK)
        tasks++;
    if (tasks < 2 || !dfs->last || candidates[tasks - 1].path != dfs->last) return false;
    if (dfs->after && candidates[0].path != dfs->after) return false;
    *edge = tasks - 1;
    return true;
}

/* What the rule must know about a choice. */
static void mark(struct tutti_pick_dfs *dfs, struct tutti_take *take,
                 const struct tutti_choice *choice)
{
    take->edge = 0;
    take->stays = false;
    if (!choice->candidates) return;
    if (dfs->rule == TUTTI_DFS_PREEMPTIONS) {
        take->stays = may_stay(dfs, choice, &take->edge);
    } else if (dfs->rule != TUTTI_DFS_DEVIATIONS) {
        take->edge = first_canceller(choice);
    }
}

static void note_step(struct tutti_pick_dfs *dfs, const struct tutti_choice *choice,
                      uint32_t number)
{
    if (!choice->candidates) return;
    dfs->last = dfs->after = 0;
    if (choice->candidates[number].what != TUTTI_CANDIDATE_TASK) return;
    dfs->last = choice->candidates[number].path;
    uint32_t other = number == 0 ? 1 : 0;
    if (choice->candidates[other].what == TUTTI_CANDIDATE_TASK) {
        dfs->after = choice->candidates[other].path;
    }
}

/* A choice that the run before made, too. */
static inline uint32_t pick_again(struct tutti_picker *picker, uint32_t prefix,
                                  const struct tutti_choice *choice)
{
    struct tutti_takes *takes = &picker->takes;
    uint32_t at = takes->count;
    struct tutti_take *take = &takes->items[at];
    if (TUTTI_UNLIKELY(take->print != tutti_choice_print(choice) || take->of != choice->of ||
                       take->kind != choice->kind)) {
        return tutti_picker_differs(picker, at, take, choice);
    }
    takes->count = at + 1;
    if (at + 1 == prefix) tutti_take_set(take, choice, take->number);
    return take->number;
}

static uint32_t pick_dfs(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    const struct tutti_pick_dfs *dfs = TUTTI_CONTAINER(picker, struct tutti_pick_dfs, picker);
    struct tutti_takes *takes = &picker->takes;
    if (takes->count < dfs->prefix) return pick_again(picker, dfs->prefix, choice);
    if (TUTTI_UNLIKELY(takes->count == takes->room)) return tutti_picker_full(picker);
    return tutti_takes_add(takes, choice, 0);
}

/* By the other rules. */
static uint32_t pick_by_rule(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_pick_dfs *dfs = TUTTI_CONTAINER(picker, struct tutti_pick_dfs, picker);
    struct tutti_takes *takes = &picker->takes;
    uint32_t number;
    if (takes->count == 0) dfs->last = dfs->after = 0;
    if (takes->count < dfs->prefix) {
        number = pick_again(picker, dfs->prefix, choice);
    } else if (takes->count == takes->room) {
        number = tutti_picker_full(picker);
    } else {
        struct tutti_take *take = &takes->items[takes->count];
        mark(dfs, take, choice);
        number = tutti_takes_add(takes, choice, number_at(take, 0));
    }
    if (number != TUTTI_PICK_STOP) note_step(dfs, choice, number);
    return number;
}

static uint64_t spent(const struct tutti_pick_dfs *dfs, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += cost_of(dfs, &dfs->picker.takes.items[i], dfs->picker.takes.items[i].number);
    }
    return sum;
}

/* Raises the number to the next that fits. */
static bool raise(const struct tutti_pick_dfs *dfs, struct tutti_take *take, uint64_t before)
{
    if (dfs->rule == TUTTI_DFS_DEVIATIONS) take->stays = false; /* nobody has said */
    for (uint32_t rank = rank_of(take, take->number) + 1; rank < take->of; rank++) {
        uint32_t number = number_at(take, rank);
        if (bounded(dfs) && before + cost_of(dfs, take, number) > dfs->deviations_max) continue;
        take->number = number;
        return true;
    }
    return false;
}

static bool next_dfs(struct tutti_picker *picker)
{
    struct tutti_pick_dfs *dfs = TUTTI_CONTAINER(picker, struct tutti_pick_dfs, picker);
    struct tutti_takes *takes = &picker->takes;
    if (takes->count < dfs->prefix) {
        picker->mismatch = true;
        snprintf(picker->why, sizeof picker->why,
                 "the run ended after %u choices, and made %u or more with the same ones before",
                 takes->count, dfs->prefix);
        return false;
    }
    bool simple = !bounded(dfs) && dfs->rule == TUTTI_DFS_DEVIATIONS;
    uint64_t before = bounded(dfs) ? spent(dfs, takes->count) : 0;
    for (uint32_t count = takes->count; count > 0; count--) {
        struct tutti_take *take = &takes->items[count - 1];
        if (TUTTI_LIKELY(simple)) {
            if (take->number + 1 >= take->of) continue;
            take->number++;
        } else {
            if (bounded(dfs)) before -= cost_of(dfs, take, take->number);
            if (!raise(dfs, take, before)) continue;
        }
        dfs->prefix = count;
        takes->count = 0;
        return true;
    }
    dfs->complete = true;
    return false;
}

double tutti_pick_dfs_done(const struct tutti_pick_dfs *dfs)
{
    double done = 0, share = 1;
    if (dfs->complete) return 1;
    if (bounded(dfs) || dfs->rule != TUTTI_DFS_DEVIATIONS) return 0;
    for (uint32_t i = 0; i < dfs->prefix; i++) {
        struct tutti_take take = dfs->picker.takes.items[i];
        if (take.of == 0) return done; /* it is just being written */
        share /= take.of;
        done += share * take.number;
    }
    return done;
}

void tutti_pick_dfs_init(struct tutti_pick_dfs *dfs, const struct tutti_bounds *bounds,
                         struct tutti_take *items, uint32_t room)
{
    tutti_picker_init(&dfs->picker, bounds, items, room);
    dfs->picker.pick.pick = pick_dfs;
    dfs->picker.next = next_dfs;
    dfs->prefix = 0;
    dfs->complete = false;
    dfs->deviations_max = UINT32_MAX;
    dfs->rule = TUTTI_DFS_DEVIATIONS;
    dfs->last = dfs->after = 0;
}

void tutti_pick_dfs_bound(struct tutti_pick_dfs *dfs, enum tutti_dfs_rule rule, uint32_t max)
{
    dfs->rule = rule;
    dfs->deviations_max = max;
    dfs->picker.pick.pick = rule == TUTTI_DFS_DEVIATIONS ? pick_dfs : pick_by_rule;
}
