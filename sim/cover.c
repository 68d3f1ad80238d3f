/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/cover.h"

#include <stdatomic.h>

/* A table with its two sums. */
struct counter {
    TUTTI_ATOMIC(uint64_t) * slots;
    uint32_t size;
    TUTTI_ATOMIC(uint32_t) * reached;
    TUTTI_ATOMIC(uint32_t) * cancelled;
    TUTTI_ATOMIC(bool) * more;
};

/* Where the hash is, or is put; NULL: there is no room. Others may put theirs at the same time. */
static TUTTI_ATOMIC(uint64_t) * find(const struct counter *counter, uint64_t hash)
{
    uint32_t slot = (uint32_t)(hash >> 32) & (counter->size - 1);
    for (;; slot = (slot + 1) & (counter->size - 1)) {
        TUTTI_ATOMIC(uint64_t) *at = &counter->slots[slot];
        uint64_t there = atomic_load_explicit(at, memory_order_relaxed);
        if ((there & ~UINT64_C(1)) == hash) return at;
        if (there) continue;
        if (atomic_load(counter->reached) >= counter->size / 4 * 3) {
            atomic_store(counter->more, true);
            return NULL;
        }
        if (atomic_compare_exchange_strong(at, &there, hash)) {
            (void)atomic_fetch_add(counter->reached, 1);
            return at;
        }
        if ((there & ~UINT64_C(1)) == hash) return at;
    }
}

/* Counts, once, what was reached, and perhaps cancelled at. */
static void count(const struct counter *counter, uint64_t hash, bool cancelled)
{
    hash &= ~UINT64_C(1);
    TUTTI_ATOMIC(uint64_t) *at = find(counter, hash ? hash : 2);
    if (!at || !cancelled || (atomic_load_explicit(at, memory_order_relaxed) & 1)) return;
    if (!(atomic_fetch_or(at, 1) & 1)) (void)atomic_fetch_add(counter->cancelled, 1);
}

static void count_point(struct tutti_cover_table *table, uint64_t hash, bool cancelled)
{
    const struct counter points = {table->points, TUTTI_COVER_POINTS, &table->reached,
                                   &table->cancelled, &table->more};
    count(&points, hash, cancelled);
}

static void count_pair(struct tutti_cover_table *table, uint64_t hash, bool cancelled)
{
    const struct counter pairs = {table->pairs, TUTTI_COVER_PAIRS, &table->pairs_reached,
                                  &table->pairs_cancelled, &table->more};
    count(&pairs, hash, cancelled);
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t hash = (a ^ b >> 29) * UINT64_C(0xbf58476d1ce4e5b9) + b;
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return hash ^ hash >> 31;
}

/* How often the scope was offered in this run, this time included; 0: too many scopes. */
static uint32_t offered(struct tutti_cover *cover, uint64_t path)
{
    uint32_t i = 0;
    while (i < cover->scopes_count && cover->scopes[i].path != path)
        i++;
    if (i == TUTTI_COVER_SCOPES) {
        atomic_store(&cover->table->more, true);
        return 0;
    }
    if (i == cover->scopes_count) {
        cover->scopes[i].path = path;
        cover->scopes[i].offered = 0;
        cover->scopes_count++;
    }
    return ++cover->scopes[i].offered;
}

static void note(struct tutti_cover *cover, const struct tutti_choice *choice, uint32_t number)
{
    uint64_t taken = 0;
    for (uint32_t i = choice->of; i-- > 0;) {
        if (choice->candidates[i].what != TUTTI_CANDIDATE_CANCEL) break;
        uint32_t k = offered(cover, choice->candidates[i].path);
        if (k == 0) continue;
        uint64_t point = mix(choice->candidates[i].path, k);
        if (i == number) taken = point;
        if (cover->cancels == 0) {
            count_point(cover->table, point, i == number);
        } else if (cover->cancels == 1) {
            count_pair(cover->table, mix(cover->first, point), i == number);
        }
    }
    if (choice->candidates[number].what != TUTTI_CANDIDATE_CANCEL) return;
    if (cover->cancels == 0) cover->first = taken;
    cover->cancels++;
}

static uint32_t pick_watched(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_cover *cover = picker->cover;
    if (picker->takes.count == 0) cover->scopes_count = cover->cancels = 0; /* a new run */
    uint32_t number = cover->inner(pick, choice);
    bool any =
        choice->candidates && choice->candidates[choice->of - 1].what == TUTTI_CANDIDATE_CANCEL;
    if (any && number != TUTTI_PICK_STOP) note(cover, choice, number);
    return number;
}

void tutti_cover_watch(struct tutti_cover *cover, struct tutti_cover_table *table,
                       struct tutti_picker *picker)
{
    *cover = (struct tutti_cover){.inner = picker->pick.pick, .table = table};
    picker->pick.pick = pick_watched;
    picker->cover = cover;
}

struct tutti_coverage tutti_cover_counts(const struct tutti_cover_table *table)
{
    return (struct tutti_coverage){.reached = atomic_load(&table->reached),
                                   .cancelled = atomic_load(&table->cancelled),
                                   .pairs_reached = atomic_load(&table->pairs_reached),
                                   .pairs_cancelled = atomic_load(&table->pairs_cancelled),
                                   .more = atomic_load(&table->more)};
}
