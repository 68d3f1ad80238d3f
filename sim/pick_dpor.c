/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/pick_dpor.h"

#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/sim/dpor_priv.h"

static void race(void *context, uint32_t i, uint32_t j)
{
    dpor_race(context, i, j);
}

/* The memory is full: the run is larger than what this strategy can keep. */
static uint32_t tear(struct tutti_pick_dpor *dpor)
{
    dpor->torn = true;
    snprintf(dpor->picker.why, sizeof dpor->picker.why,
             "a run of more than %d steps, or one that touches more than strategy dpor can keep: "
             "take another one (--strategy=dfs)",
             TUTTI_ORDER_STEPS - 1);
    return tutti_picker_full(&dpor->picker);
}

static uint32_t differs(struct tutti_pick_dpor *dpor, uint32_t step, const char *how,
                        enum tutti_differs differs)
{
    struct tutti_picker *picker = &dpor->picker;
    picker->mismatch = true;
    snprintf(picker->why, sizeof picker->why, "step %u %s, after the same choices before it %s",
             step, how, tutti_differs_text(differs));
    return TUTTI_PICK_STOP;
}

/* The step's candidates are others: the first that is. */
static uint32_t candidates_differ(struct tutti_pick_dpor *dpor, const struct tutti_choice *choice)
{
    const struct tutti_dpor_search *search = dpor->search;
    const struct tutti_dpor_node *node = &search->nodes[dpor->depth];
    const struct tutti_dpor_candidate *before = search->candidates + node->first;
    char who[56] = "missing", how[144];
    uint32_t i = 0;
    while (i < choice->of && i < node->count &&
           before[i].key == tutti_candidate_key(&choice->candidates[i]))
        i++;
    if (i < choice->of) (void)tutti_picker_tell(&choice->candidates[i], who, sizeof who);
    snprintf(how, sizeof how,
             "has other candidates (%u, and %u before; the first that differs is "
             "number %u, now %s)",
             choice->of, node->count, i + 1, who);
    return differs(dpor, dpor->depth, how,
                   choice->of == node->count ? TUTTI_DIFFERS_ORDER : TUTTI_DIFFERS_READY);
}

/* Accesses of a step that are compared each with each. */
enum { COMPARED_MAX = 4096 };

static bool has_object(const struct tutti_access *items, uint32_t count, uint64_t object)
{
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].object == object) return true;
    }
    return false;
}

/* A word for what was done to an object. */
static const char *mode_text(uint32_t mode)
{
    if (mode & TUTTI_ACCESS_WRITE) return "writes";
    return mode & TUTTI_ACCESS_ADD ? "adds to" : "reads";
}

/* A sum of how objects were touched, each once, whichever they are. */
static uint64_t sum_of_modes(const struct tutti_access *items, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t modes = 0;
        if (has_object(items, i, items[i].object)) continue;
        for (uint32_t k = i; k < count; k++)
            modes |= items[k].object == items[i].object ? items[k].mode : 0;
        sum += tutti_access_mix(modes, 1);
    }
    return sum;
}

/* The step touched something else than it did: the first object that only one of both touched. */
static uint32_t touched_differ(struct tutti_pick_dpor *dpor, uint32_t at,
                               const struct tutti_access *now, uint32_t count)
{
    const struct tutti_dpor_search *search = dpor->search;
    const struct tutti_touched *then = &search->order.steps[search->nodes[at].step].touched;
    char how[120] = "touches the same objects in another way";
    for (uint32_t i = then->count; i-- > 0;) {
        if (has_object(now, count, then->items[i].object)) continue;
        snprintf(how, sizeof how, "touches something else: no more does it touch object %llx",
                 (unsigned long long)then->items[i].object);
    }
    for (uint32_t i = count; i-- > 0;) {
        if (has_object(then->items, then->count, now[i].object)) continue;
        snprintf(how, sizeof how, "touches something else: now it %s object %llx",
                 mode_text(now[i].mode), (unsigned long long)now[i].object);
    }
    bool alike =
        count < COMPARED_MAX && sum_of_modes(now, count) == sum_of_modes(then->items, then->count);
    return differs(dpor, at, how, alike ? TUTTI_DIFFERS_PLACE : TUTTI_DIFFERS_WAY);
}

/* Before the first choice of a run. What it may choose before its first step has a node, too. Of a
 * branch that comes from elsewhere the steps before it are yet to be seen.                       */
static void begin(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_search *search = dpor->search;
    dpor->begun = true;
    dpor->depth = 1;
    dpor->values_at = dpor->scopes_count = dpor->fired = 0;
    dpor->footprint.count = 0;
    if (search->nodes_count) {
        dpor->fresh = search->nodes_count - 1;
        if (dpor->fresh == 0) search->rebuilds = false;
        tutti_order_cut(&search->order, search->rebuilds ? 0 : search->nodes[dpor->fresh].step);
    } else {
        dpor->fresh = 0;
        tutti_order_cut(&search->order, 0);
        search->nodes[0] =
            (struct tutti_dpor_node){.began = search->runs, .taken_began = search->runs};
        search->nodes_count = 1;
    }
}

/* The run could only repeat another one. */
static uint32_t block(struct tutti_pick_dpor *dpor)
{
    dpor->blocked = dpor->picker.dropped = true;
    return TUTTI_PICK_STOP;
}

/* A value inside the step at hand. */
static uint32_t pick_value(struct tutti_pick_dpor *dpor, const struct tutti_choice *choice)
{
    struct tutti_dpor_search *search = dpor->search;
    struct tutti_dpor_node *node = &search->nodes[dpor->depth - 1];
    uint32_t at = dpor->values_at++;
    struct tutti_dpor_value *value = &search->values[node->values + at];
    if (dpor->picker.takes.count == dpor->picker.takes.room) return tear(dpor);
    if (at == node->values_count) {
        if (dpor->depth < search->nodes_count)
            return differs(dpor, dpor->depth - 1, "chooses a value more", TUTTI_DIFFERS_ASKED);
        if (node->values + at == TUTTI_DPOR_VALUES) return tear(dpor);
        *value = (struct tutti_dpor_value){.of = choice->of, .kind = (uint8_t)choice->kind};
        value->number = dpor_awake_value(search, node, at, 0);
        if (value->number == value->of) return block(dpor);
        search->values_count = node->values + ++node->values_count;
    } else if (value->of != choice->of || value->kind != choice->kind) {
        return differs(dpor, dpor->depth - 1, "chooses another value", TUTTI_DIFFERS_ASKED);
    }
    return tutti_takes_add(&dpor->picker.takes, choice, value->number);
}

static uint64_t values_hash(const struct tutti_dpor_search *search,
                            const struct tutti_dpor_node *node)
{
    uint64_t hash = node->values_count;
    for (uint32_t i = 0; i < node->values_count; i++) {
        hash = tutti_access_mix(hash, search->values[node->values + i].number);
    }
    return hash;
}

/* Could the clock have moved sooner than for the step that comes next? */
static bool is_sooner(const struct tutti_pick_dpor *dpor, const struct tutti_step *step)
{
    const struct tutti_order *order = &dpor->search->order;
    uint32_t lags = 0, max = dpor->picker.pick.lags_max;
    bool waits = step->what == TUTTI_CANDIDATE_ADVANCE, was_early = false;
    if (max == 0 || step->early || (!waits && step->what != TUTTI_CANDIDATE_TIMER)) return false;
    for (uint32_t i = 0; i < order->count; i++) {
        lags += order->steps[i].early;
        if (order->steps[i].early) was_early = true;
        if (order->steps[i].what == TUTTI_CANDIDATE_ADVANCE) was_early = false;
    }
    return waits ? lags < max : was_early;
}

/* The step of the last node that was passed is over. 0, or what pick() is to return. */
static uint32_t finish_step(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_search *search = dpor->search;
    uint32_t at = dpor->depth - 1, count = dpor->footprint.count;
    struct tutti_dpor_node *node = &search->nodes[at];
    const struct tutti_access *noted = dpor->footprint.items;
    uint64_t print = tutti_access_print(noted, count);
    if (dpor->footprint.full) return tear(dpor);
    if (dpor->values_at != node->values_count)
        return differs(dpor, at, "chooses a value less", TUTTI_DIFFERS_ASKED);
    dpor->values_at = 0;
    dpor->footprint.count = 0;
    bool again = at < dpor->fresh;
    if (again && !search->rebuilds) {
        if (search->order.steps[node->step].print == print) return 0;
        return touched_differ(dpor, at, noted, count);
    }
    if (again && node->stepped != print)
        return differs(dpor, at, "touches something else", TUTTI_DIFFERS_WAY);
    node->stepped = print;
    if (at == dpor->fresh) search->rebuilds = false;
    struct tutti_step step = {
        .key = 1, .print = print, .values = values_hash(search, node), .node = at};
    if (node->count) {
        const struct tutti_dpor_candidate *taken = &search->candidates[node->first + node->taken];
        step.key = taken->key;
        step.what = taken->what;
        step.early = taken->early;
        step.sooner = is_sooner(dpor, &step);
    }
    node->step = search->order.count;
    if (!tutti_order_add(&search->order, &step, noted, count, again ? NULL : race, dpor)) {
        return tear(dpor);
    }
    if (!again) dpor_look_at_sleepers(dpor, node->step);
    return 0;
}

/* A step that does nothing, and has no choice. */
static bool add_idle(struct tutti_pick_dpor *dpor, uint64_t key, uint8_t what,
                     const struct tutti_access *items, uint32_t count)
{
    struct tutti_step step = {.key = key, .what = what, .node = DPOR_NONE};
    struct tutti_dpor_search *search = dpor->search;
    bool again = search->rebuilds;
    if (!tutti_order_add(&search->order, &step, items, count, again ? NULL : race, dpor)) {
        return false;
    }
    if (!again) dpor_look_at_sleepers(dpor, search->order.count - 1);
    return true;
}

static bool is_candidate(const struct tutti_choice *choice, uint64_t key)
{
    for (uint32_t i = 0; i < choice->of; i++) {
        if (tutti_candidate_key(&choice->candidates[i]) == key) return true;
    }
    return false;
}

/* A canceller that does nothing: none is left, or its scope is closed or cancelled. */
static bool add_idle_canceller(struct tutti_pick_dpor *dpor, uint64_t key, uint64_t path)
{
    bool none_left = dpor->fired == dpor->picker.pick.cancels_max;
    struct tutti_access items[] = {
        {.object = tutti_access_key(path, TUTTI_PART_OPENED), .mode = TUTTI_ACCESS_GUARD},
        {.object = tutti_access_key(path, TUTTI_PART_STATE), .mode = TUTTI_ACCESS_READ}};
    if (none_left) items[1].object = tutti_access_key(0, TUTTI_PART_BUDGET);
    return add_idle(dpor, key, TUTTI_CANDIDATE_CANCEL, items, 2);
}

/* Looks for candidates that have gone although they were not taken. Timers that were due were
 * disarmed; cancellers lost their scope, or were too many. Tasks do not go: waits are persistent
 * guards. False: no room.                    */
static bool look_for_gone(struct tutti_pick_dpor *dpor, const struct tutti_choice *choice)
{
    struct tutti_dpor_search *search = dpor->search;
    const struct tutti_dpor_node *last = &search->nodes[dpor->depth - 1];
    bool due = choice->candidates[0].what == TUTTI_CANDIDATE_TIMER;
    for (uint32_t i = 0; i < last->count; i++) {
        const struct tutti_dpor_candidate *old = &search->candidates[last->first + i];
        if (i == last->taken || old->early || is_candidate(choice, old->key)) continue;
        if (old->what == TUTTI_CANDIDATE_TIMER) {
            const struct tutti_access timer = {
                .object = tutti_access_key(old->path, TUTTI_PART_TIMER), .mode = TUTTI_ACCESS_READ};
            if (!add_idle(dpor, old->key, old->what, &timer, 1)) return false;
        } else if (old->what == TUTTI_CANDIDATE_CANCEL) {
            if (!add_idle_canceller(dpor, old->key, old->path)) return false;
        } else {
            TUTTI_ASSERT(due || old->what == TUTTI_CANDIDATE_ADVANCE);
        }
    }
    return true;
}

/* False: no room. */
static bool inherit_sleep(struct tutti_dpor_search *search, const struct tutti_dpor_node *last,
                          struct tutti_dpor_node *node, struct tutti_dpor_candidate *made)
{
    for (uint32_t i = 0; i < last->count; i++) {
        const struct tutti_dpor_candidate *old = &search->candidates[last->first + i];
        if (old->key != made->key || i == last->taken) continue;
        if (!dpor_inherit_sleep(search, old, made, last->step)) return false;
        node->sleepers += made->asleep || made->partly;
    }
    return true;
}

/* A node for a choice that is new. False: no room. */
static bool add_node(struct tutti_pick_dpor *dpor, const struct tutti_choice *choice)
{
    struct tutti_dpor_search *search = dpor->search;
    const struct tutti_dpor_node *last = &search->nodes[search->nodes_count - 1];
    if (search->nodes_count == TUTTI_ORDER_STEPS ||
        choice->of > TUTTI_DPOR_CANDIDATES - search->candidates_count) {
        return false;
    }
    if (!look_for_gone(dpor, choice)) return false;
    struct tutti_dpor_node *node = &search->nodes[search->nodes_count++];
    *node = (struct tutti_dpor_node){.print = tutti_choice_print(choice),
                                     .first = search->candidates_count,
                                     .count = choice->of,
                                     .values = search->values_count,
                                     .step = search->order.count,
                                     .accesses = search->accesses_count,
                                     .began = search->runs,
                                     .taken_began = search->runs};
    for (uint32_t i = 0; i < choice->of; i++) {
        const struct tutti_candidate *candidate = &choice->candidates[i];
        struct tutti_dpor_candidate *made = &search->candidates[search->candidates_count++];
        bool is_timer = candidate->what == TUTTI_CANDIDATE_TIMER;
        *made = (struct tutti_dpor_candidate){.key = tutti_candidate_key(candidate),
                                              .path = candidate->path,
                                              .what = (uint8_t)candidate->what,
                                              .early = is_timer && choice->candidates[0].what ==
                                                                       TUTTI_CANDIDATE_TASK};
        if (!inherit_sleep(search, last, node, made)) return false;
    }
    return true;
}

/* Cancellers are remembered: those that are never taken do nothing at the end. False: no room. */
static bool note_scopes(struct tutti_pick_dpor *dpor, const struct tutti_choice *choice)
{
    for (uint32_t i = choice->of; i-- > 0;) {
        const struct tutti_candidate *candidate = &choice->candidates[i];
        if (candidate->what != TUTTI_CANDIDATE_CANCEL) break;
        uint32_t at = dpor->scopes_count;
        while (at > 0 && dpor->memory->scopes[at - 1].path != candidate->path)
            at--;
        if (at > 0) continue;
        if (dpor->scopes_count == TUTTI_DPOR_SCOPES) return false;
        dpor->memory->scopes[dpor->scopes_count].path = candidate->path;
        dpor->memory->scopes[dpor->scopes_count++].key = tutti_candidate_key(candidate);
    }
    return true;
}

static uint32_t pick_step(struct tutti_pick_dpor *dpor, const struct tutti_choice *choice)
{
    struct tutti_dpor_search *search = dpor->search;
    struct tutti_picker *picker = &dpor->picker;
    uint32_t stop = finish_step(dpor);
    if (stop) return stop;
    if (picker->takes.count == picker->takes.room) return tear(dpor);
    bool is_new = dpor->depth == search->nodes_count;
    if (is_new && !add_node(dpor, choice)) return tear(dpor);
    struct tutti_dpor_node *node = &search->nodes[dpor->depth];
    if (!is_new && (node->count != choice->of || node->print != tutti_choice_print(choice))) {
        return candidates_differ(dpor, choice);
    }
    if (!is_new && search->rebuilds) {
        if (!look_for_gone(dpor, choice)) return tear(dpor);
        node->step = search->order.count;
    }
    if (picker->pick.cancels_max && !note_scopes(dpor, choice)) return tear(dpor);
    if (is_new) {
        node->taken = dpor_prefer(search, node, false);
        if (node->taken == DPOR_NONE) {
            search->nodes_count--;
            search->candidates_count = node->first;
            search->accesses_count = node->accesses;
            return block(dpor);
        }
        dpor_try(search, node);
    }
    dpor->fired += choice->candidates[node->taken].what == TUTTI_CANDIDATE_CANCEL;
    dpor->depth++;
    if (choice->of < 2) return 0;
    return tutti_takes_add(&picker->takes, choice, node->taken);
}

static uint32_t pick_dpor(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    struct tutti_picker *picker = TUTTI_CONTAINER(pick, struct tutti_picker, pick);
    struct tutti_pick_dpor *dpor = TUTTI_CONTAINER(picker, struct tutti_pick_dpor, picker);
    if (!dpor->begun) begin(dpor);
    return choice->candidates ? pick_step(dpor, choice) : pick_value(dpor, choice);
}

static bool has_step_of(const struct tutti_order *order, uint64_t key)
{
    for (uint32_t i = 0; i < order->count; i++) {
        if (order->steps[i].key == key) return true;
    }
    return false;
}

/* The run came to its end: cancellers that were never taken do nothing now. (A scope that is open
 * still is in a deadlock, which is the end of the search, too.)                                  */
static bool end_cancellers(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_search *search = dpor->search;
    for (uint32_t i = 0; i < dpor->scopes_count; i++) {
        uint64_t key = dpor->memory->scopes[i].key, path = dpor->memory->scopes[i].path;
        if (has_step_of(&search->order, key)) continue;
        if (!add_idle_canceller(dpor, key, path)) return false;
    }
    return true;
}

/* Notes what a run came to. False: there is no other after it. */
static bool note_run(struct tutti_pick_dpor *dpor)
{
    struct tutti_dpor_search *search = dpor->search;
    if (!dpor->begun) begin(dpor); /* a run that nobody asked about */
    search->runs++;
    dpor->ids_read |= dpor->footprint.ids_read;
    dpor->elsewhere |= dpor->footprint.elsewhere;
    if (dpor->blocked) {
        search->blocked++;
        return !dpor->torn;
    }
    search->traces++;
    if (finish_step(dpor)) return false;
    if (dpor->depth < search->nodes_count) {
        (void)differs(dpor, dpor->depth, "is not made any more", TUTTI_DIFFERS_END);
        return false;
    }
    if (!end_cancellers(dpor)) (void)tear(dpor);
    return !dpor->torn;
}

static bool go_on(struct tutti_pick_dpor *dpor)
{
    if (dpor_is_stale(dpor)) return dpor_begin_again(dpor);
    if (!note_run(dpor)) return false;
    bool more = dpor_advance(dpor->search, &dpor->torn) || (!dpor->torn && dpor_end_branch(dpor));
    if (dpor->torn) (void)tear(dpor);
    return !dpor->torn && more && dpor_next_branch(dpor);
}

static bool next_dpor(struct tutti_picker *picker)
{
    struct tutti_pick_dpor *dpor = TUTTI_CONTAINER(picker, struct tutti_pick_dpor, picker);
    if (picker->mismatch) return false;
    dpor->moves = true;
    bool more = go_on(dpor);
    dpor->moves = false;
    return more;
}

void tutti_pick_dpor_init(struct tutti_pick_dpor *dpor, const struct tutti_bounds *bounds,
                          struct tutti_take *items, uint32_t room, struct tutti_dpor_memory *memory)
{
    *dpor = (struct tutti_pick_dpor){.memory = memory,
                                     .search = &memory->searches[0],
                                     .turn_ends = TUTTI_DPOR_TURN,
                                     .footprint = {.items = memory->noted,
                                                   .room = TUTTI_DPOR_STEP_ACCESSES,
                                                   .shared = memory->shared,
                                                   .shared_size = TUTTI_DPOR_SHARED}};
    tutti_picker_init(&dpor->picker, bounds, items, room);
    dpor->picker.pick.pick = pick_dpor;
    dpor->picker.pick.footprint = &dpor->footprint;
    dpor->picker.next = next_dpor;
    memset(memory->shared, 0, sizeof memory->shared);
    for (int i = 0; i < 2; i++) {
        memory->searches[i].preference = i == 0 ? TUTTI_DPOR_FIRST : TUTTI_DPOR_LAST;
        dpor_clear(&memory->searches[i]);
        memory->searches[i].tree = (uint32_t)i;
    }
}

void tutti_pick_dpor_prefer(struct tutti_pick_dpor *dpor, enum tutti_dpor_order preference)
{
    dpor->single = true;
    dpor->search->preference = preference;
}

const struct tutti_dpor_search *tutti_pick_dpor_search(const struct tutti_pick_dpor *dpor)
{
    return dpor->search;
}
