/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/cover.h"

/* Adds to a table, or finds again, what was reached, and perhaps cancelled at. */
static void count(struct tutti_cover *cover, uint64_t *table, uint32_t size, uint64_t hash,
                  bool cancelled, uint32_t *reached_sum, uint32_t *cancelled_sum)
{
    hash &= ~UINT64_C(1);
    if (!hash) hash = 2;
    uint32_t slot = (uint32_t)(hash >> 32) & (size - 1);
    while (table[slot] && (table[slot] & ~UINT64_C(1)) != hash) {
        slot = (slot + 1) & (size - 1);
    }
    if (!table[slot]) {
        if (*reached_sum >= size / 4 * 3) {
            cover->counts.more = true;
            return;
        }
        table[slot] = hash;
        ++*reached_sum;
    }
    if (cancelled && !(table[slot] & 1)) {
        table[slot] |= 1;
        ++*cancelled_sum;
    }
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
        cover->counts.more = true;
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
    struct tutti_coverage *counts = &cover->counts;
    uint64_t taken = 0;
    for (uint32_t i = choice->of; i-- > 0;) {
        if (choice->candidates[i].what != TUTTI_CANDIDATE_CANCEL) break;
        uint32_t k = offered(cover, choice->candidates[i].path);
        if (k == 0) continue;
        uint64_t point = mix(choice->candidates[i].path, k);
        if (i == number) taken = point;
        if (cover->cancels == 0) {
            count(cover, cover->points, TUTTI_COVER_POINTS, point, i == number, &counts->reached,
                  &counts->cancelled);
        } else if (cover->cancels == 1) {
            count(cover, cover->pairs, TUTTI_COVER_PAIRS, mix(cover->first, point), i == number,
                  &counts->pairs_reached, &counts->pairs_cancelled);
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

void tutti_cover_watch(struct tutti_cover *cover, struct tutti_picker *picker)
{
    cover->inner = picker->pick.pick;
    picker->pick.pick = pick_watched;
    picker->cover = cover;
}
