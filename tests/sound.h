/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* sound.h - is what strategy dpor finds all there is? All runs of small programs are made, depth
 * first; each run's order is its trace. What is one trace must come to one outcome, or the explorer
 * was not told of something that steps share; and dpor must find the same traces, all of them.   */
#ifndef TUTTI_TESTS_SOUND_H
#define TUTTI_TESTS_SOUND_H

#include "small_programs.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_random.h"

enum { SOUND_TABLE = 1 << 16, SOUND_RUNS_MAX = 2000, SOUND_WALKS = 10, SOUND_ACCESSES = 1 << 12 };

/* Listens to a picker, and keeps the order of the run's steps. */
struct recorder {
    uint32_t (*inner)(struct tutti_pick *pick, const struct tutti_choice *choice);
    struct tutti_footprint own, *footprint;
    struct tutti_access items[SOUND_ACCESSES];
    struct tutti_order order;
    struct tutti_step step; /* at hand */
    bool begun;
};

static struct recorder recorder;

static inline void recorder_finish(void)
{
    struct tutti_footprint *footprint = recorder.footprint;
    assert_false(footprint->full);
    if (recorder.begun) {
        assert_true(tutti_order_add(&recorder.order, &recorder.step, footprint->items,
                                    footprint->count, NULL, NULL));
    }
    if (footprint == &recorder.own) footprint->count = 0;
}

static inline uint32_t recorder_pick(struct tutti_pick *pick, const struct tutti_choice *choice)
{
    bool asks = recorder.footprint != &recorder.own || choice->of > 1;
    if (!choice->candidates) {
        uint32_t value = recorder.inner(pick, choice);
        recorder.step.values = tutti_access_mix(recorder.step.values, value + 1);
        return value;
    }
    recorder_finish();
    uint32_t number = asks ? recorder.inner(pick, choice) : 0;
    if (number == TUTTI_PICK_STOP) return number;
    const struct tutti_candidate *taken = &choice->candidates[number];
    recorder.step =
        (struct tutti_step){.key = tutti_candidate_key(taken),
                            .what = (uint8_t)taken->what,
                            .early = taken->what == TUTTI_CANDIDATE_TIMER &&
                                     choice->candidates[0].what == TUTTI_CANDIDATE_TASK};
    recorder.begun = true;
    return number;
}

static inline void recorder_listen(struct tutti_picker *picker)
{
    recorder.inner = picker->pick.pick;
    picker->pick.pick = recorder_pick;
    if (!picker->pick.footprint) {
        recorder.own = (struct tutti_footprint){.items = recorder.items, .room = SOUND_ACCESSES};
        picker->pick.footprint = &recorder.own;
    }
    recorder.footprint = picker->pick.footprint;
}

/* Traces, by hash. */
struct sound_table {
    struct {
        uint64_t trace, outcome;
        bool used, found;
    } entries[SOUND_TABLE];
    uint64_t count;
};

static struct sound_table sound_brute, sound_dpor;

/* Adds a trace. False: it was there, with another outcome. */
static inline bool sound_add(struct sound_table *table, uint64_t trace, uint64_t outcome)
{
    uint32_t at = (uint32_t)(trace % SOUND_TABLE);
    while (table->entries[at].used && table->entries[at].trace != trace)
        at = (at + 1) % SOUND_TABLE;
    if (table->entries[at].used) return table->entries[at].outcome == outcome;
    assert_true(table->count < SOUND_TABLE / 2);
    table->entries[at].used = true;
    table->entries[at].trace = trace;
    table->entries[at].outcome = outcome;
    table->count++;
    return true;
}

static inline bool sound_has(const struct sound_table *table, uint64_t trace)
{
    uint32_t at = (uint32_t)(trace % SOUND_TABLE);
    while (table->entries[at].used && table->entries[at].trace != trace)
        at = (at + 1) % SOUND_TABLE;
    return table->entries[at].used;
}

struct sound {
    struct tutti_rehearsal rehearsal;
    struct sound_table *table;
    bool ambiguous, deadlocks;
};

static inline void sound_run(void *context, struct tutti_picker *picker,
                             struct tutti_verdict *verdict)
{
    struct sound *sound = context;
    tutti_order_cut(&recorder.order, 0);
    recorder.begun = false;
    recorder.step.values = 0;
    recorder.own.count = 0;
    tutti_rehearse(&sound->rehearsal, picker, verdict);
    if (picker->mismatch || picker->full) return;
    if (!picker->dropped) {
        recorder_finish();
        if (!sound_add(sound->table, tutti_order_hash(&recorder.order), small_outcome(verdict))) {
            sound->ambiguous = true;
        }
    }
    sound->deadlocks = sound->deadlocks || verdict->kind == TUTTI_VERDICT_DEADLOCK;
    verdict->kind = TUTTI_VERDICT_OK;
}

/* Searches to the end or for so many runs; returns how many they were. */
static inline uint64_t sound_search(struct sound *sound, struct tutti_picker *picker, uint64_t max)
{
    struct tutti_search search = {
        .picker = picker, .run = sound_run, .context = sound, .runs_max = max};
    recorder_listen(picker);
    memset(sound->table, 0, sizeof *sound->table);
    tutti_search_go(&search, UINT64_MAX);
    if (search.end == TUTTI_SEARCH_FOUND) fail_msg("%s", search.verdict.message);
    return search.runs;
}

static inline void small_print(void)
{
    for (int i = 0; i < small.tasks; i++) {
        for (int j = 0; j < small.ops[i]; j++) {
            const struct small_op *op = &small.op[i][j];
            print_message("task %d: op %d, a %d, b %d\n", i, (int)op->kind, op->a, op->b);
        }
    }
    print_message("capacity %d\n", small.capacity);
}

struct sound_sums {
    uint64_t programs, runs, traces, blocked, redundant, skipped;
};

/* All that was found is there. */
static inline void sound_is_subset(void)
{
    for (uint32_t i = 0; i < SOUND_TABLE; i++) {
        if (!sound_dpor.entries[i].used) continue;
        assert_true(sound_has(&sound_brute, sound_dpor.entries[i].trace));
    }
}

/* Runs by chance are runs: their traces are some of all. */
static inline void sound_walk(struct sound *sound, const struct tutti_bounds *bounds, uint64_t seed)
{
    struct tutti_pick_random chancy;
    tutti_pick_random_init(&chancy, bounds, traces_takes, TRACES_ROOM, seed);
    (void)sound_search(sound, &chancy.by.picker, SOUND_WALKS);
    sound_is_subset();
}

/* Started in any order, the tasks have as many traces. */
static inline void sound_turn(struct sound *sound, const struct tutti_bounds *bounds, uint64_t seed)
{
    struct tutti_pick_dpor dpor;
    uint64_t count = sound_dpor.count;
    small.starts = 1 + (int)(seed % (uint64_t)(small.tasks - 1));
    tutti_pick_dpor_init(&dpor, bounds, traces_takes, TRACES_ROOM, &traces_memory);
    tutti_pick_dpor_prefer(&dpor, TUTTI_DPOR_FIRST);
    (void)sound_search(sound, &dpor.picker, 0);
    assert_true(tutti_pick_dpor_search(&dpor)->complete);
    if (sound_dpor.count == count) return;
    small_print();
    fail_msg("seed %llu: %llu traces, and %llu if task %d is started first",
             (unsigned long long)seed, (unsigned long long)count,
             (unsigned long long)sound_dpor.count, small.starts);
}

/* Looks at one program. */
static inline void sound_look(const struct tutti_bounds *bounds, enum tutti_dpor_order preference,
                              struct sound_sums *sums, uint64_t seed)
{
    struct sound sound = {.rehearsal = {.main = small_main}, .table = &sound_brute};
    struct tutti_pick_dfs dfs;
    struct tutti_pick_dpor dpor;
    assert_int_equal(tutti_sim_world_open(&sound.rehearsal.sim, 1), 0);
    tutti_pick_dfs_init(&dfs, bounds, traces_takes, TRACES_ROOM);
    uint64_t runs = sound_search(&sound, &dfs.picker, SOUND_RUNS_MAX);
    if (sound.ambiguous) {
        small_print();
        fail_msg("seed %llu: one trace came to two outcomes", (unsigned long long)seed);
    }
    /* where nobody can go on nobody is cancelled, either: that is a finding, and the end */
    if (!dfs.complete || (bounds->cancels_max && sound.deadlocks)) {
        sums->skipped++;
        tutti_sim_world_close(&sound.rehearsal.sim);
        return;
    }
    sound.table = &sound_dpor;
    tutti_pick_dpor_init(&dpor, bounds, traces_takes, TRACES_ROOM, &traces_memory);
    tutti_pick_dpor_prefer(&dpor, preference);
    (void)sound_search(&sound, &dpor.picker, 0);
    const struct tutti_dpor_search *search = tutti_pick_dpor_search(&dpor);
    assert_true(search->complete);
    sound_is_subset();
    if (sound_dpor.count != sound_brute.count) {
        small_print();
        fail_msg("seed %llu: %llu traces of %llu were found", (unsigned long long)seed,
                 (unsigned long long)sound_dpor.count, (unsigned long long)sound_brute.count);
    }
    sums->programs++;
    sums->runs += runs;
    sums->traces += sound_dpor.count;
    sums->blocked += search->blocked;
    sums->redundant += search->traces - sound_dpor.count;
    sound_turn(&sound, bounds, seed);
    small.starts = 0;
    sound_walk(&sound, bounds, seed);
    tutti_sim_world_close(&sound.rehearsal.sim);
}

#endif
