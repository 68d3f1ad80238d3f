/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_dfs.h"

#include <stdio.h>

#include "tutti/core/error.h"

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

/* Rule cleanup: `tasks` is a set of cancellers, counted from the first on. */
static bool may_cancel(const struct tutti_take *take, uint32_t number)
{
    if (number < take->edge || number - take->edge >= TUTTI_DFS_AROUND) return false;
    return take->tasks >> (number - take->edge) & 1;
}

static uint64_t cost_of(const struct tutti_pick_dfs *dfs, const struct tutti_take *take,
                        uint32_t number)
{
    bool schedules = take->kind == TUTTI_CHOICE_RUN;
    switch (dfs->rule) {
    case TUTTI_DFS_DELAYS:
        return schedules && number < take->edge ? number : 0;
    case TUTTI_DFS_PREEMPTIONS:
        return take->stays && number < take->tasks && number != take->edge;
    case TUTTI_DFS_CANCELS:
        if (number == 0) return 0;
        return schedules && number >= take->edge ? 1 : NEVER_FITS;
    case TUTTI_DFS_CLEANUP:
        if (number == 0) return 0;
        return schedules && may_cancel(take, number) ? 1 : NEVER_FITS;
    case TUTTI_DFS_DEADLINES:
        if (number == 0) return 0;
        return schedules && number >= take->tasks && number < take->edge ? 1 : NEVER_FITS;
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

static uint32_t count_tasks(const struct tutti_choice *choice)
{
    uint32_t tasks = 0;
    while (tasks < choice->of && choice->candidates[tasks].what == TUTTI_CANDIDATE_TASK)
        tasks++;
    return tasks;
}

/* Can the task that took the last step go on? Which option that is. */
static bool may_stay(const struct tutti_choice *choice, uint32_t tasks, uint32_t *edge)
{
    for (uint32_t i = tasks; i-- > 0;) { /* it is ready since its step: one of the last */
        if (choice->candidates[i].path != choice->last) continue;
        *edge = i;
        return true;
    }
    return false;
}

/* Rule cleanup: the cancellers that may be taken, the first of them being option `edge`. */
static uint32_t cancellers(const struct tutti_pick_dfs *dfs, const struct tutti_choice *choice,
                           uint32_t edge)
{
    uint32_t set = 0;
    for (uint32_t i = edge; i < choice->of && i - edge < TUTTI_DFS_AROUND; i++) {
        bool may = !dfs->cancelled;
        for (uint32_t k = 0; k < dfs->around_count; k++) {
            if (dfs->around[k] == choice->candidates[i].path) may = true;
        }
        if (may) set |= UINT32_C(1) << (i - edge);
    }
    return set;
}

/* What the rule must know about a choice. */
static void mark(struct tutti_pick_dfs *dfs, struct tutti_take *take,
                 const struct tutti_choice *choice)
{
    take->edge = take->tasks = 0;
    take->stays = false;
    if (!choice->candidates) return;
    switch (dfs->rule) {
    case TUTTI_DFS_DEVIATIONS:
        break;
    case TUTTI_DFS_PREEMPTIONS:
        take->tasks = count_tasks(choice);
        take->stays = may_stay(choice, take->tasks, &take->edge);
        break;
    case TUTTI_DFS_CLEANUP:
        take->edge = first_canceller(choice);
        take->tasks = cancellers(dfs, choice, take->edge);
        break;
    default:
        take->edge = first_canceller(choice);
        take->tasks = count_tasks(choice);
    }
}

/* Rule cleanup: remembers what is around the scope that is cancelled first. */
static void note_cancel(struct tutti_pick_dfs *dfs, const struct tutti_choice *choice,
                        uint32_t number)
{
    const struct tutti_candidate *candidates = choice->candidates;
    if (!candidates || dfs->cancelled || candidates[number].what != TUTTI_CANDIDATE_CANCEL) return;
    dfs->cancelled = true;
    for (uint32_t at = candidates[number].outer; at; at = candidates[at - 1].outer) {
        if (dfs->around_count == TUTTI_DFS_AROUND) return;
        dfs->around[dfs->around_count++] = candidates[at - 1].path;
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
    if (takes->count == 0) {
        dfs->cancelled = false;
        dfs->around_count = 0;
    }
    if (takes->count < dfs->prefix) {
        number = pick_again(picker, dfs->prefix, choice);
    } else if (takes->count == takes->room) {
        number = tutti_picker_full(picker);
    } else {
        struct tutti_take *take = &takes->items[takes->count];
        mark(dfs, take, choice);
        number = tutti_takes_add(takes, choice, number_at(take, 0));
    }
    if (dfs->rule == TUTTI_DFS_CLEANUP && number != TUTTI_PICK_STOP) {
        note_cancel(dfs, choice, number);
    }
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

/* What of its part is behind it; `whole`: all of it, now, but for what it gave away. */
static double done_of_part(const struct tutti_pick_dfs *dfs, bool whole)
{
    double done = whole && dfs->floor == 0, share = 1;
    for (uint32_t i = 0; i < dfs->prefix; i++) {
        struct tutti_take take = dfs->picker.takes.items[i];
        if (take.of == 0) break; /* it is just being written */
        share /= take.of;
        if (i >= dfs->since_choice && !(whole && i >= dfs->floor)) done += share * take.number;
        if (i == dfs->since_choice) done -= share * dfs->since_number;
        if (whole && i + 1 == dfs->floor) done += share;
    }
    return done;
}

static bool next_dfs(struct tutti_picker *picker)
{
    struct tutti_pick_dfs *dfs = TUTTI_CONTAINER(picker, struct tutti_pick_dfs, picker);
    struct tutti_takes *takes = &picker->takes;
    if (takes->count < dfs->prefix) {
        picker->mismatch = true;
        snprintf(picker->why, sizeof picker->why,
                 "the run ended after %u choices, and made %u or more with the same ones before %s",
                 takes->count, dfs->prefix, tutti_differs_text(TUTTI_DIFFERS_END));
        return false;
    }
    bool simple = !bounded(dfs) && dfs->rule == TUTTI_DFS_DEVIATIONS;
    uint64_t before = bounded(dfs) ? spent(dfs, takes->count) : 0;
    for (uint32_t count = takes->count; count > dfs->floor; count--) {
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
    dfs->before += done_of_part(dfs, true);
    dfs->complete = true;
    return false;
}

double tutti_pick_dfs_done(const struct tutti_pick_dfs *dfs)
{
    if (bounded(dfs) || dfs->rule != TUTTI_DFS_DEVIATIONS) return 0;
    return dfs->complete ? dfs->before : dfs->before + done_of_part(dfs, false);
}

void tutti_pick_dfs_take(struct tutti_pick_dfs *dfs, uint32_t count, uint32_t floor)
{
    dfs->picker.takes.count = 0;
    dfs->prefix = count;
    dfs->floor = floor;
    dfs->complete = false;
    dfs->since_choice = floor;
    dfs->since_number = floor < count ? dfs->picker.takes.items[floor].number : 0;
}

double tutti_pick_dfs_size(const struct tutti_pick_dfs *dfs)
{
    return done_of_part(dfs, true);
}

bool tutti_pick_dfs_give(struct tutti_pick_dfs *dfs, struct tutti_pick_dfs *other)
{
    struct tutti_takes *takes = &dfs->picker.takes;
    TUTTI_ASSERT(takes->count == 0 && other->picker.takes.room >= dfs->prefix);
    for (uint32_t i = dfs->floor; i < dfs->prefix; i++) {
        struct tutti_take raised = takes->items[i];
        if (!raise(dfs, &raised, bounded(dfs) ? spent(dfs, i) : 0)) continue;
        for (uint32_t k = 0; k < i; k++)
            other->picker.takes.items[k] = takes->items[k];
        other->picker.takes.items[i] = raised;
        tutti_pick_dfs_take(other, i + 1, i);
        dfs->floor = i + 1;
        return true;
    }
    return false;
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
    dfs->floor = dfs->since_choice = dfs->since_number = 0;
    dfs->before = 0;
    dfs->around_count = 0;
    dfs->cancelled = false;
}

void tutti_pick_dfs_bound(struct tutti_pick_dfs *dfs, enum tutti_dfs_rule rule, uint32_t max)
{
    dfs->rule = rule;
    dfs->deviations_max = max;
    dfs->picker.pick.pick = rule == TUTTI_DFS_DEVIATIONS ? pick_dfs : pick_by_rule;
}
