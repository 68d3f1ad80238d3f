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

static uint32_t walk(struct tutti_by_chance *by, const struct tutti_choice *choice)
{
    struct tutti_pick_urw *urw = TUTTI_CONTAINER(by, struct tutti_pick_urw, by);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < choice->of; i++) {
        sum += weight_of(find(urw, tutti_candidate_key(&choice->candidates[i])));
    }
    uint64_t at = tutti_chance_next(&by->chance) % sum; /* the bias is sum in 2^64 */
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

static void learn(struct tutti_by_chance *by)
{
    struct tutti_pick_urw *urw = TUTTI_CONTAINER(by, struct tutti_pick_urw, by);
    for (uint32_t i = 0; i < urw->known; i++) {
        struct tutti_urw_task *task = &urw->tasks[i];
        if (task->now > task->most) task->most = task->now;
        task->now = 0;
    }
}

void tutti_pick_urw_init(struct tutti_pick_urw *urw, const struct tutti_bounds *bounds,
                         struct tutti_take *items, uint32_t room, uint64_t seed)
{
    static const struct tutti_by_chance_kind kind = {walk, learn, NULL};
    *urw = (struct tutti_pick_urw){.known = 0};
    tutti_by_chance_init(&urw->by, &kind, bounds, items, room, seed);
}
