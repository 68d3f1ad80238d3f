/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What sleeps at a node of strategy dpor, and with which values.
 *
 * A candidate sleeps because all that begins with its step was seen. Where its step chooses values
 * that is so for some of them only, after a step that depends on it with the others: then it sleeps
 * partly, and is taken with what is awake. So each step that was seen is kept for itself.
 *
 * What a candidate touched is a list of ways, in the search's accesses: for each first what values
 * it is about (an item of mode DPOR_WAY, with their hash), then the accesses, sorted. The values
 * are the first few that are chosen; whatever comes after them is meant, too: ways that touch the
 * same are one. So a step without values, or whose values do not matter for what it touches, has
 * one way, of no values at all; that is the accesses alone. */
#include <string.h>

#include "tutti/sim/dpor_priv.h"

struct way {
    uint64_t values;
    uint32_t at, end; /* its items, without the one about values */
    bool chosen;      /* there is that */
};

/* The way that begins at `at`, of a list that ends at `end`. */
static struct way way_at(const struct tutti_dpor_search *search, uint32_t at, uint32_t end)
{
    const struct tutti_access *items = search->accesses;
    struct way way = {.at = at};
    if (at < end && items[at].mode & DPOR_WAY) {
        way.chosen = true;
        way.values = items[at].object;
        way.at++;
    }
    way.end = way.at;
    while (way.end < end && !(items[way.end].mode & DPOR_WAY))
        way.end++;
    return way;
}

static struct tutti_touched way_touched(const struct tutti_dpor_search *search,
                                        const struct way *way)
{
    return (struct tutti_touched){.items = search->accesses + way->at,
                                  .count = way->end - way->at,
                                  .any = UINT64_MAX,
                                  .strong = UINT64_MAX};
}

static uint64_t add_value(uint64_t hash, uint32_t number)
{
    return tutti_access_mix(hash, (uint64_t)number + 1);
}

/* A hash of the first values of the step taken at the node. */
static uint64_t first_values(const struct tutti_dpor_search *search,
                             const struct tutti_dpor_node *node, uint32_t count)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < count; i++)
        hash = add_value(hash, search->values[node->values + i].number);
    return hash;
}

static bool sleeps_on(const struct tutti_dpor_search *search, const struct way *way,
                      uint32_t first_step)
{
    struct tutti_touched touched = way_touched(search, way);
    for (uint32_t i = first_step; i < search->order.count; i++) {
        const struct tutti_step *step = &search->order.steps[i];
        if (step->early || tutti_touched_depend(&step->touched, &touched)) return false;
    }
    return true;
}

/* Adds items at the end of all. False: no room. */
static bool append(struct tutti_dpor_search *search, const struct tutti_access *items,
                   uint32_t count)
{
    if (count > TUTTI_ORDER_ACCESSES - search->accesses_count) return false;
    for (uint32_t i = 0; i < count; i++)
        search->accesses[search->accesses_count + i] = items[i];
    search->accesses_count += count;
    return true;
}

bool dpor_inherit_sleep(struct tutti_dpor_search *search, const struct tutti_dpor_candidate *old,
                        struct tutti_dpor_candidate *made, uint32_t first_step)
{
    uint32_t end = old->touched + old->count, first = search->accesses_count;
    bool all = true, some = false;
    if ((!old->asleep && !old->partly) || old->early) return true;
    for (uint32_t at = old->touched, more = 1; more; more = at < end) {
        struct way way = way_at(search, at, end);
        bool keeps = sleeps_on(search, &way, first_step);
        if (keeps && !append(search, search->accesses + at, way.end - at)) return false;
        all = all && keeps;
        some = some || keeps;
        at = way.end;
    }
    made->asleep = all && old->asleep;
    made->partly = some && !made->asleep;
    made->touched = all ? old->touched : first;
    made->count = all ? old->count : search->accesses_count - first;
    if (all || !some) search->accesses_count = first;
    return true;
}

bool dpor_sleeps_before(const struct tutti_dpor_search *search,
                        const struct tutti_dpor_candidate *sleeper, const struct tutti_touched *a,
                        const struct tutti_touched *b)
{
    uint32_t end = sleeper->touched + sleeper->count;
    if (!sleeper->asleep && !sleeper->partly) return false;
    for (uint32_t at = sleeper->touched, more = 1; more; more = at < end) {
        struct way way = way_at(search, at, end);
        struct tutti_touched touched = way_touched(search, &way);
        if (tutti_touched_depend(&touched, a) && tutti_touched_depend(&touched, b)) return true;
        at = way.end;
    }
    return false;
}

static bool sleeps_with(const struct tutti_dpor_search *search,
                        const struct tutti_dpor_candidate *candidate, uint64_t values)
{
    for (uint32_t i = 0; i < candidate->count; i++) {
        const struct tutti_access *item = &search->accesses[candidate->touched + i];
        if (item->mode & DPOR_WAY && item->object == values) return true;
    }
    return false;
}

uint32_t dpor_awake_value(const struct tutti_dpor_search *search,
                          const struct tutti_dpor_node *node, uint32_t at, uint32_t number)
{
    const struct tutti_dpor_candidate *taken = &search->candidates[node->first + node->taken];
    uint32_t of = search->values[node->values + at].of;
    if (node->count == 0 || !taken->partly) return number;
    uint64_t before = first_values(search, node, at);
    while (number < of && sleeps_with(search, taken, add_value(before, number)))
        number++;
    return number;
}

bool dpor_keep_touched(struct tutti_dpor_search *search, struct tutti_dpor_node *node)
{
    const struct tutti_dpor_candidate *taken = &search->candidates[node->first + node->taken];
    const struct tutti_access about = {.object = first_values(search, node, node->values_count),
                                       .mode = DPOR_WAY};
    if (node->step >= search->order.count) return true; /* all its values sleep: it was not made */
    const struct tutti_touched *touched = &search->order.steps[node->step].touched;
    if (node->touched_count == 0) {
        node->touched = search->accesses_count;
        if (node->count && taken->partly &&
            !append(search, search->accesses + taken->touched, taken->count)) {
            return false;
        }
    }
    if (node->values_count && !append(search, &about, 1)) return false;
    if (!append(search, touched->items, touched->count)) return false;
    node->touched_count = search->accesses_count - node->touched;
    return true;
}

static bool are_same(const struct tutti_access *a, const struct tutti_access *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (a[i].object != b[i].object || a[i].mode != b[i].mode) return false;
    }
    return true;
}

/* Are the last ways those with each number of value `at`, and do all touch the same? They are one
 * way then, of the values before.                                                                */
void dpor_merge_touched(struct tutti_dpor_search *search, struct tutti_dpor_node *node, uint32_t at)
{
    struct tutti_access *items = search->accesses;
    uint32_t last = node->touched + node->touched_count, end = last, count = 0;
    uint64_t before = first_values(search, node, at);
    for (uint32_t number = search->values[node->values + at].of; number-- > 0;) {
        uint32_t head = end;
        do {
            if (head == node->touched) return;
            head--;
        } while (!(items[head].mode & DPOR_WAY));
        if (items[head].object != add_value(before, number)) return;
        if (end == last) count = end - head - 1;
        if (end - head - 1 != count || !are_same(items + head + 1, items + last - count, count))
            return;
        end = head;
    }
    if (at) {
        items[end].object = before;
        end++;
    } else if (end != node->touched) {
        return;
    } else {
        memmove(items + end, items + end + 1, count * sizeof *items);
    }
    search->accesses_count = end + count;
    node->touched_count = search->accesses_count - node->touched;
}
