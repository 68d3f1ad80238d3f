/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/order.h"

enum { UPDATES = TUTTI_ACCESS_WRITE | TUTTI_ACCESS_ADD };
enum { READS = TUTTI_ACCESS_READ | TUTTI_ACCESS_GUARD };

/* How two steps are related, the earlier one first. */
enum relation {
    RELATION_NONE,
    RELATION_RACE, /* they depend on each other */
    RELATION_ORDER /* the later one was not possible before the earlier one */
};

static uint64_t bit_of(uint64_t object)
{
    return UINT64_C(1) << (object >> 58);
}

/* D. L. Shell, "A high-speed sorting procedure", 1959, with the gaps of M. Ciura, 2001; few items
 * by insertion. It needs no memory. */
static void sort(struct tutti_access *items, uint32_t count)
{
    static const uint32_t gaps[] = {1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = count < 10 ? sizeof gaps / sizeof *gaps - 1 : 0; g < sizeof gaps / sizeof *gaps;
         g++) {
        uint32_t gap = gaps[g];
        for (uint32_t i = gap; i < count; i++) {
            struct tutti_access item = items[i];
            uint32_t at = i;
            for (; at >= gap && items[at - gap].object > item.object; at -= gap) {
                items[at] = items[at - gap];
            }
            items[at] = item;
        }
    }
}

void tutti_touched_set(struct tutti_touched *touched, struct tutti_access *items, uint32_t count)
{
    uint32_t kept = 0;
    sort(items, count);
    touched->any = touched->strong = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bit = bit_of(items[i].object);
        touched->any |= bit;
        if (items[i].mode & UPDATES) touched->strong |= bit;
        if (kept && items[kept - 1].object == items[i].object) {
            items[kept - 1].mode |= items[i].mode;
        } else {
            items[kept++] = items[i];
        }
    }
    touched->items = items;
    touched->count = kept;
}

/* One object, touched in these two ways. */
static enum relation modes_relation(uint32_t earlier, uint32_t later)
{
    if ((later & TUTTI_ACCESS_GUARD) && (earlier & UPDATES)) return RELATION_ORDER;
    if ((earlier | later) & TUTTI_ACCESS_WRITE) return RELATION_RACE;
    bool added = (earlier & TUTTI_ACCESS_ADD) && (later & READS);
    bool read = (earlier & READS) && (later & TUTTI_ACCESS_ADD);
    return added || read ? RELATION_RACE : RELATION_NONE;
}

static enum relation touched_relation(const struct tutti_touched *earlier,
                                      const struct tutti_touched *later)
{
    enum relation relation = RELATION_NONE;
    if (!((earlier->strong & later->any) | (earlier->any & later->strong))) return relation;
    const struct tutti_access *a = earlier->items, *a_end = a + earlier->count;
    const struct tutti_access *b = later->items, *b_end = b + later->count;
    while (a < a_end && b < b_end) {
        if (a->object != b->object) {
            if (a->object < b->object) {
                a++;
            } else {
                b++;
            }
            continue;
        }
        enum relation here = modes_relation(a->mode, b->mode);
        if (here == RELATION_ORDER) return here;
        if (here == RELATION_RACE) relation = here;
        a++;
        b++;
    }
    return relation;
}

bool tutti_touched_depend(const struct tutti_touched *a, const struct tutti_touched *b)
{
    return touched_relation(a, b) != RELATION_NONE;
}

/* The clock moves when no task is ready, or a timer is early; then all timers fire that are due;
 * then tasks go on. */
static bool by_the_clock(const struct tutti_step *earlier, const struct tutti_step *later)
{
    bool moved = earlier->what == TUTTI_CANDIDATE_ADVANCE;
    bool fired = earlier->what == TUTTI_CANDIDATE_TIMER && !earlier->early;
    switch (later->what) {
    case TUTTI_CANDIDATE_TASK:
        return moved || (fired && !earlier->sooner);
    case TUTTI_CANDIDATE_TIMER:
        return (moved || earlier->early) && !later->early;
    case TUTTI_CANDIDATE_ADVANCE:
        return earlier->what != TUTTI_CANDIDATE_CANCEL && !later->sooner;
    default:
        return false;
    }
}

/* With early timers the clock may move at any time: that is another trace then. */
static bool by_the_clock_or_not(const struct tutti_step *earlier, const struct tutti_step *later)
{
    if (earlier->early || later->early) return true;
    if (later->what == TUTTI_CANDIDATE_ADVANCE) return earlier->what != TUTTI_CANDIDATE_CANCEL;
    return earlier->sooner && later->what == TUTTI_CANDIDATE_TASK;
}

static enum relation steps_relation(const struct tutti_step *earlier,
                                    const struct tutti_step *later)
{
    if (earlier->key == later->key || by_the_clock(earlier, later)) return RELATION_ORDER;
    enum relation relation = touched_relation(&earlier->touched, &later->touched);
    if (relation == RELATION_NONE && by_the_clock_or_not(earlier, later)) return RELATION_RACE;
    return relation;
}

bool tutti_steps_race(const struct tutti_step *earlier, const struct tutti_step *later, bool *fixed)
{
    enum relation relation = steps_relation(earlier, later);
    *fixed = relation == RELATION_ORDER;
    return relation == RELATION_RACE;
}

uint64_t tutti_access_print(const struct tutti_access *items, uint32_t count)
{
    uint64_t print = count;
    for (uint32_t i = 0; i < count; i++) {
        print = (print ^ items[i].object) * UINT64_C(0x9e3779b97f4a7c15);
        print ^= (print >> 32) + items[i].mode;
    }
    return print;
}

/* Where the accesses of the next step go. */
static struct tutti_access *room_of(struct tutti_order *order)
{
    if (!order->count) return order->accesses;
    const struct tutti_touched *last = &order->steps[order->count - 1].touched;
    return order->accesses + (last->items - order->accesses) + last->count;
}

bool tutti_order_add(struct tutti_order *order, const struct tutti_step *step,
                     const struct tutti_access *items, uint32_t count,
                     void (*race)(void *context, uint32_t i, uint32_t j), void *context)
{
    uint32_t j = order->count;
    struct tutti_access *kept = room_of(order);
    if (j == TUTTI_ORDER_STEPS || count > TUTTI_ORDER_ACCESSES - (kept - order->accesses)) {
        return false;
    }
    struct tutti_step *made = &order->steps[j];
    *made = *step;
    for (uint32_t i = 0; i < count; i++)
        kept[i] = items[i];
    tutti_touched_set(&made->touched, kept, count);
    uint64_t *before = order->before[j];
    for (uint32_t word = 0; word <= j / 64; word++)
        before[word] = 0;
    order->count++;
    for (uint32_t i = j; i-- > 0;) {
        if (before[i / 64] >> i % 64 & 1) continue;
        enum relation relation = steps_relation(&order->steps[i], made);
        if (relation == RELATION_NONE) continue;
        if (relation == RELATION_RACE && race) race(context, i, j);
        for (uint32_t word = 0; word <= i / 64; word++)
            before[word] |= order->before[i][word];
        before[i / 64] |= UINT64_C(1) << i % 64;
    }
    return true;
}

/* What a step is called in all runs: who made it, and how many it had made before. */
static uint64_t name_of(const struct tutti_order *order, uint32_t j)
{
    uint64_t number = 0, key = order->steps[j].key;
    for (uint32_t i = 0; i < j; i++)
        number += order->steps[i].key == key;
    return tutti_access_mix(key, number);
}

uint64_t tutti_order_hash(const struct tutti_order *order)
{
    uint64_t hash = order->count;
    for (uint32_t j = 0; j < order->count; j++) {
        uint64_t past = 0;
        for (uint32_t i = 0; i < j; i++) {
            if (tutti_order_before(order, i, j)) past += tutti_access_mix(name_of(order, i), 1);
        }
        hash += tutti_access_mix(tutti_access_mix(name_of(order, j), past), order->steps[j].values);
    }
    return hash;
}
