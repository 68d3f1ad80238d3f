/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_urw.h"

/* NULL: there are too many to know all. */
static struct tutti_urw_task *find(struct tutti_pick_urw *urw, uint64_t key)
{
    uint32_t slot = (uint32_t)(key >> 32) % TUTTI_URW_SLOTS;
    for (; urw->slots[slot]; slot = (slot + 1) % TUTTI_URW_SLOTS) {
        struct tutti_urw_task *task = &urw->tasks[urw->slots[slot] - 1];
        if (task->key == key) return task;
    }
    if (urw->known == TUTTI_URW_TASKS_MAX) return NULL;
    struct tutti_urw_task *task = &urw->tasks[urw->known++];
    *task = (struct tutti_urw_task){.key = key};
    urw->slots[slot] = (uint16_t)urw->known;
    return task;
}

/* Steps that are left, as far as is known; at least this one. */
static uint32_t weight_of(const struct tutti_urw_task *task)
{
    return task && task->most > task->now ? task->most - task->now : 1;
}

static uint32_t walk(struct tutti_pick_urw *urw, const struct tutti_choice *choice)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < choice->of; i++) {
        sum += weight_of(find(urw, tutti_candidate_key(&choice->candidates[i])));
    }
    uint64_t at = tutti_chance_next(&urw->chance) % sum; /* the bias is sum in 2^64 */
    for (uint32_t i = 0;; i++) {
        struct tutti_urw_task *task = find(urw, tutti_candidate_key(&choice->candidates[i]));
        uint32_t weight = weight_of(task);
        if (at < weight) {
            if (task) task->now++;
            return i;
        }
        at -= weight;
    }
}

static uint32_t pick_urw(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_pick_urw *urw = TUTTI_CONTAINER(picker, struct tutti_pick_urw, picker);
    struct tutti_takes *takes = &picker->takes;
    if (TUTTI_UNLIKELY(takes->count == takes->room)) return tutti_picker_full(picker);
    uint32_t number =
        choice->candidates ? walk(urw, choice) : tutti_chance_below(&urw->chance, choice->of);
    return tutti_takes_add(takes, choice, number);
}

static bool next_urw(struct tutti_picker *picker)
{
    struct tutti_pick_urw *urw = TUTTI_CONTAINER(picker, struct tutti_pick_urw, picker);
    tutti_picker_reset(picker);
    for (uint32_t i = 0; i < urw->known; i++) {
        struct tutti_urw_task *task = &urw->tasks[i];
        if (task->now > task->most) task->most = task->now;
        task->now = 0;
    }
    urw->run++;
    urw->chance.state = tutti_chance_split(urw->seed, urw->run);
    return true;
}

void tutti_pick_urw_init(struct tutti_pick_urw *urw, const struct tutti_bounds *bounds,
                         struct tutti_take *items, uint32_t room, uint64_t seed)
{
    *urw = (struct tutti_pick_urw){.seed = seed};
    tutti_picker_init(&urw->picker, bounds, items, room);
    urw->picker.pick.pick = pick_urw;
    urw->picker.next = next_urw;
    urw->chance.state = tutti_chance_split(seed, 0);
}
