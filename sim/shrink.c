/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"

/* Numbers up to here are all tried when a number is lowered; larger ones by halves. */
enum { LOWER_EACH = 8 };

struct shrinker {
    struct tutti_shrink *shrink;
    struct tutti_takes *best;
    struct tutti_goodness goodness; /* of best */
    struct tutti_takes draft;       /* what is tried */
    bool over;                      /* enough was tried */
};

static bool fails_something(const struct tutti_take *take)
{
    return take->kind == TUTTI_CHOICE_FAULT || take->kind == TUTTI_CHOICE_ALLOC;
}

static bool is_turn(const struct tutti_take *take)
{
    return take->kind == TUTTI_CHOICE_RUN && take->what == TUTTI_CANDIDATE_TASK;
}

/* How often another task goes on than the one before. */
static uint32_t switches_of(const struct tutti_takes *takes, uint32_t count)
{
    const struct tutti_take *before = NULL;
    uint32_t switches = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_turn(&takes->items[i])) continue;
        switches += before && before->path != takes->items[i].path;
        before = &takes->items[i];
    }
    return switches;
}

struct tutti_goodness tutti_goodness_of(const struct tutti_takes *takes)
{
    struct tutti_goodness goodness = {.cancels = 0};
    for (uint32_t i = 0; i < takes->count; i++) {
        const struct tutti_take *take = &takes->items[i];
        if (!take->number) continue;
        bool cancels = take->what == TUTTI_CANDIDATE_CANCEL;
        bool fails = fails_something(take);
        bool turns = take->kind == TUTTI_CHOICE_RUN && !cancels && !take->early;
        goodness.cancels += cancels;
        goodness.faults += fails;
        goodness.lags += take->early;
        goodness.turns += turns;
        goodness.values += !cancels && !fails && !take->early && !turns;
        goodness.length = i + 1;
        goodness.sum += take->number;
    }
    goodness.switches = switches_of(takes, goodness.length);
    return goodness;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int tutti_goodness_compare(const struct tutti_goodness *a, const struct tutti_goodness *b)
{
    int by = compare(a->cancels, b->cancels);
    if (by == 0) by = compare(a->faults, b->faults);
    if (by == 0) by = compare(a->lags, b->lags);
    if (by == 0) by = compare(a->length, b->length);
    if (by == 0) by = compare(a->turns, b->turns);
    if (by == 0) by = compare(a->switches, b->switches);
    if (by == 0) by = compare(a->values, b->values);
    if (by == 0) by = compare(a->sum, b->sum);
    return by;
}

/* Tries the draft. True if what was run is better and fails alike: then it is the best now. */
static bool draft_works(struct shrinker *shrinker)
{
    struct tutti_shrink *shrink = shrinker->shrink;
    const struct tutti_takes *taken;
    if (shrinker->over || (shrink->tries_max && shrink->tries >= shrink->tries_max) ||
        (shrink->enough && shrink->enough(shrink->context))) {
        shrinker->over = true;
        return false;
    }
    shrink->tries++;
    if (!shrink->fails(shrink->context, &shrinker->draft, &taken)) return false;
    struct tutti_goodness goodness = tutti_goodness_of(taken);
    if (tutti_goodness_compare(&goodness, &shrinker->goodness) >= 0) return false;
    if (goodness.length > shrinker->best->room) return false;
    shrinker->goodness = goodness;
    shrinker->best->count = goodness.length; /* the zeros behind say nothing */
    if (goodness.length) {
        memcpy(shrinker->best->items, taken->items, goodness.length * sizeof *taken->items);
    }
    return true;
}

/* A draft like the best, up to `count`. */
static void draft_begin(struct shrinker *shrinker, uint32_t count)
{
    TUTTI_ASSERT(count <= shrinker->best->count && count <= shrinker->draft.room);
    shrinker->draft.count = count;
    if (count) {
        memcpy(shrinker->draft.items, shrinker->best->items, count * sizeof *shrinker->draft.items);
    }
}

/* Means an option by its number, whoever that is. */
static void set_number(struct tutti_take *take, uint32_t number)
{
    take->number = number;
    take->path = 0;
    take->what = TUTTI_CANDIDATE_NONE;
}

static bool cut(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    if (at + size != shrinker->best->count) return false;
    draft_begin(shrinker, at);
    return draft_works(shrinker);
}

static bool zero(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    bool any = false;
    draft_begin(shrinker, shrinker->best->count);
    for (uint32_t i = at; i < at + size; i++) {
        any = any || shrinker->draft.items[i].number;
        set_number(&shrinker->draft.items[i], 0);
    }
    return any && draft_works(shrinker);
}

/* The worst first, each by itself: what is shortened before them may come to need them. */

static bool spare_cancel(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    return shrinker->best->items[at].what == TUTTI_CANDIDATE_CANCEL && zero(shrinker, at, size);
}

static bool spare_fault(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    return fails_something(&shrinker->best->items[at]) && zero(shrinker, at, size);
}

static bool spare_lag(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    return shrinker->best->items[at].early && zero(shrinker, at, size);
}

static bool leave_out(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    draft_begin(shrinker, shrinker->best->count);
    struct tutti_take *items = shrinker->draft.items;
    memmove(items + at, items + at + size, (shrinker->draft.count - at - size) * sizeof *items);
    shrinker->draft.count -= size;
    return draft_works(shrinker);
}

/* Lets the task go on that was chosen before, now or one turn earlier than it does, where the plain
 * run's turn is not taken anyway.                                                                */
static bool stay(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    const struct tutti_take *items = shrinker->best->items;
    (void)size; /* 1 */
    if (at == 0 || !is_turn(&items[at]) || !items[at].number) return false;
    if (!is_turn(&items[at - 1]) || items[at - 1].path == items[at].path) return false;
    draft_begin(shrinker, shrinker->best->count);
    shrinker->draft.items[at].path = items[at - 1].path;
    if (draft_works(shrinker)) return true;
    if (at + 1 >= shrinker->best->count) return false;
    draft_begin(shrinker, shrinker->best->count);
    struct tutti_take *draft = shrinker->draft.items, later = draft[at + 1];
    draft[at + 1] = draft[at];
    draft[at] = later;
    return draft_works(shrinker);
}

static bool lower(struct shrinker *shrinker, uint32_t at, uint32_t size)
{
    uint32_t number = shrinker->best->items[at].number;
    (void)size; /* 1 */
    for (uint32_t less = 1; less < number; less = less < LOWER_EACH ? less + 1 : less * 2) {
        draft_begin(shrinker, shrinker->best->count);
        set_number(&shrinker->draft.items[at], less);
        if (draft_works(shrinker)) return true;
    }
    return false;
}

/* Changes blocks of `size` entries, from the end to the front. True if one worked. */
static bool pass(struct shrinker *shrinker, uint32_t size,
                 bool (*change)(struct shrinker *shrinker, uint32_t at, uint32_t size))
{
    bool worked = false;
    uint32_t end = shrinker->best->count;
    while (end >= size && !shrinker->over) {
        if (change(shrinker, end - size, size)) {
            worked = true;
            if (end > shrinker->best->count) end = shrinker->best->count;
        } else {
            end -= size;
        }
    }
    return worked;
}

/* One round, from large changes to small. True if anything worked. */
static bool go_round(struct shrinker *shrinker)
{
    bool worked = false;
    worked |= pass(shrinker, 1, spare_cancel);
    worked |= pass(shrinker, 1, spare_fault);
    worked |= pass(shrinker, 1, spare_lag);
    uint32_t size = shrinker->best->count;
    for (; size > 0 && !shrinker->over; size = size > 1 ? (size + 1) / 2 : 0) {
        worked |= pass(shrinker, size, cut);
        worked |= pass(shrinker, size, zero);
        worked |= pass(shrinker, size, leave_out);
        if (size > shrinker->best->count) size = shrinker->best->count + 1;
    }
    if (!shrinker->over) worked |= pass(shrinker, 1, stay);
    if (!shrinker->over) worked |= pass(shrinker, 1, lower);
    return worked;
}

void tutti_shrink(struct tutti_shrink *shrink, struct tutti_takes *takes)
{
    struct shrinker shrinker = {
        .shrink = shrink, .best = takes, .goodness = tutti_goodness_of(takes)};
    shrink->tries = 0;
    shrink->minimal = false;
    takes->count = shrinker.goodness.length;
    shrinker.draft.room = takes->room;
    shrinker.draft.items = malloc(((size_t)takes->room + 1) * sizeof *takes->items);
    if (!shrinker.draft.items) return;
    /* Each success makes the goodness smaller, so this ends. */
    while (takes->count > 0 && go_round(&shrinker) && !shrinker.over) {
    }
    shrink->minimal = !shrinker.over;
    free(shrinker.draft.items);
}
