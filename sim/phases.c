/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The explorer's search: phase after phase of the plan, each in one child process, or several. */
#include <stdlib.h>
#include <string.h>

#include "tutti/core/task.h"
#include "tutti/sim/explore_priv.h"

/* Now, or when the search ended. */
static int64_t until_ns(const struct tutti_explorer *explorer)
{
    return explorer->ended_ns ? explorer->ended_ns : os_real_ns();
}

/* About how many runs the phase has; 0: unknown. */
static double estimate(const struct tutti_explorer *explorer, uint64_t runs)
{
    const struct stage *stage = explorer->stage;
    if (explorer->phase.strategy == TUTTI_STRATEGY_RANDOM) {
        uint64_t seen = stage->by.chancy.seen;
        return seen ? stage->by.chancy.sum / (double)seen : 0;
    }
    if (explorer->phase.strategy != TUTTI_STRATEGY_DFS) return 0;
    double done = tutti_pick_dfs_done(&stage->by.dfs);
    return done > 0 ? (double)runs / done : 0;
}

struct tutti_progress tutti_explorer_progress(const struct tutti_explorer *explorer)
{
    const struct tutti_search *search = &explorer->stage->search;
    struct tutti_progress progress = {.runs = explorer->runs_before + search->runs,
                                      .phase = explorer->phase,
                                      .phase_runs = search->runs,
                                      .coverage = explorer->stage->cover.counts,
                                      .longest = search->longest};
    if (explorer->resumed) progress.phase_runs += explorer->resumed->runs;
    if (explorer->longest_before > progress.longest) progress.longest = explorer->longest_before;
    progress.estimate = estimate(explorer, progress.phase_runs);
    progress.elapsed_ns = until_ns(explorer) - explorer->begun_ns;
    if (progress.elapsed_ns > 0) {
        progress.per_second =
            (uint64_t)((double)progress.runs * (double)TUTTI_S / (double)progress.elapsed_ns);
    }
    progress.memory = os_memory_max();
    return progress;
}

static void tick(void *context)
{
    const struct tutti_explorer *explorer = context;
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    explorer->options.progress(explorer->options.progress_context, &progress);
}

static void init_dfs(struct tutti_explorer *explorer, enum tutti_dfs_rule rule)
{
    struct stage *stage = explorer->stage;
    const struct tutti_phase *phase = &explorer->phase;
    tutti_pick_dfs_init(&stage->by.dfs, &explorer->options.bounds, stage->searched, TUTTI_LIST_MAX);
    if (phase->strategy != TUTTI_STRATEGY_DFS) {
        tutti_pick_dfs_bound(&stage->by.dfs, rule, phase->bound);
    }
    if (!explorer->resumed) return;
    const struct tutti_takes *takes = &explorer->resumed->takes;
    if (takes->count) memcpy(stage->searched, takes->items, takes->count * sizeof *takes->items);
    stage->by.dfs.prefix = takes->count;
}

static void init_picker(struct tutti_explorer *explorer)
{
    struct stage *stage = explorer->stage;
    const struct tutti_phase *phase = &explorer->phase;
    const struct tutti_bounds *bounds = &explorer->options.bounds;
    switch (phase->strategy) {
    case TUTTI_STRATEGY_RANDOM:
        tutti_pick_random_init(&stage->by.chancy, bounds, stage->searched, TUTTI_LIST_MAX,
                               phase->seed);
        stage->by.chancy.estimates = phase->estimates;
        break;
    case TUTTI_STRATEGY_PLAIN:
        tutti_pick_plain_init(&stage->by.plain, bounds, stage->searched, TUTTI_LIST_MAX);
        break;
    case TUTTI_STRATEGY_PCT:
        tutti_pick_pct_init(&stage->by.pct, bounds, stage->searched, TUTTI_LIST_MAX, phase->seed,
                            phase->bound);
        break;
    case TUTTI_STRATEGY_URW:
        tutti_pick_urw_init(&stage->by.urw, bounds, stage->searched, TUTTI_LIST_MAX, phase->seed);
        break;
    case TUTTI_STRATEGY_DELAYS:
        init_dfs(explorer, TUTTI_DFS_DELAYS);
        break;
    case TUTTI_STRATEGY_PREEMPTIONS:
        init_dfs(explorer, TUTTI_DFS_PREEMPTIONS);
        break;
    case TUTTI_STRATEGY_CANCELS:
        init_dfs(explorer, TUTTI_DFS_CANCELS);
        break;
    default:
        init_dfs(explorer, TUTTI_DFS_DEVIATIONS);
    }
    if (bounds->cancels_max) tutti_cover_watch(&stage->cover, &stage->by.picker);
}

/* The runs that are left of those asked for; 0: no bound. */
static uint64_t runs_left(const struct tutti_explorer *explorer)
{
    uint64_t whole = explorer->options.runs_max, own = explorer->phase.runs_max;
    uint64_t left = whole > explorer->runs_before ? whole - explorer->runs_before : 0;
    return whole && (!own || left < own) ? left : own;
}

static void search_work(void *context)
{
    const struct tutti_explorer *explorer = context;
    bool one = explorer->options.isolate == TUTTI_ISOLATE_FORK;
    tutti_search_go(&explorer->stage->search, one ? 1 : UINT64_MAX);
}

/* Keeps the finding: the stage's memory is used again. */
static enum tutti_explore_end keep_finding(struct tutti_explorer *explorer)
{
    const struct tutti_takes *taken = &explorer->stage->search.picker->takes;
    size_t count = taken->count;
    explorer->verdict = explorer->stage->search.verdict;
    size_t room = count * 2 + 64; /* the shrinker may make it longer on its way */
    explorer->takes.items = malloc(room * sizeof *taken->items);
    explorer->list.numbers = malloc(room * sizeof *explorer->list.numbers);
    if (!explorer->takes.items || !explorer->list.numbers) return TUTTI_EXPLORE_FAILED;
    memcpy(explorer->takes.items, taken->items, count * sizeof *taken->items);
    explorer->takes.count = taken->count;
    explorer->takes.room = (uint32_t)room;
    return TUTTI_EXPLORE_FOUND;
}

/* After a child, or a slice of runs in this process. True: the phase is over. */
static bool judge_search(struct tutti_explorer *explorer, const struct child *child,
                         enum tutti_explore_end *end)
{
    struct tutti_search *search = &explorer->stage->search;
    bool asked = child->end == CHILD_INTERRUPTED || child->end == CHILD_LATE;
    if (child->end == CHILD_NONE) {
        *end = TUTTI_EXPLORE_FAILED;
        return true;
    }
    if (search->end == TUTTI_SEARCH_GOES_ON && child->end != CHILD_DONE && !asked) {
        explore_judge_child(explorer, child, &search->verdict);
        search->running = false;
        search->runs++;
        if (search->picker->takes.count > search->longest) {
            search->longest = search->picker->takes.count;
        }
        search->end = TUTTI_SEARCH_FOUND;
    }
    switch (search->end) {
    case TUTTI_SEARCH_FOUND:
        *end = keep_finding(explorer);
        return true;
    case TUTTI_SEARCH_COMPLETE:
        *end = TUTTI_EXPLORE_COMPLETE;
        return true;
    case TUTTI_SEARCH_RUNS:
        *end = TUTTI_EXPLORE_RUNS;
        return true;
    default:
        *end = child->end == CHILD_INTERRUPTED ? TUTTI_EXPLORE_INTERRUPTED : TUTTI_EXPLORE_TIME;
        return asked;
    }
}

/* In this process: slices, between which the time is looked at. */
static void search_slice(struct tutti_explorer *explorer, struct child *child)
{
    enum { SLICE = 256 };
    tutti_search_go(&explorer->stage->search, SLICE);
    child->end = os_real_ns() >= explorer->deadline_ns ? CHILD_LATE : CHILD_DONE;
}

/* Until when the whole search may last. */
static int64_t search_deadline(const struct tutti_explorer *explorer)
{
    int64_t most_ns = explorer->options.time_max_ns;
    return most_ns ? tutti_time_add(explorer->begun_ns, most_ns) : TUTTI_NEVER;
}

static enum tutti_explore_end run_phase(struct tutti_explorer *explorer)
{
    const struct tutti_explore_options *options = &explorer->options;
    struct tutti_search *search = &explorer->stage->search;
    enum tutti_explore_end end = TUTTI_EXPLORE_FAILED;
    init_picker(explorer);
    *search = (struct tutti_search){.picker = &explorer->stage->by.picker,
                                    .run = explorer->run,
                                    .context = explorer->context,
                                    .runs_max = runs_left(explorer)};
    explorer->phase_begun_ns = os_real_ns();
    explorer->deadline_ns = search_deadline(explorer);
    if (explorer->phase.time_ns) {
        int64_t own_ns = tutti_time_add(explorer->phase_begun_ns, explorer->phase.time_ns);
        if (own_ns < explorer->deadline_ns) explorer->deadline_ns = own_ns;
    }
    struct child child = {.work = search_work,
                          .context = explorer,
                          .silent = true,
                          .beat = &search->runs,
                          .hang_ns = explorer->hang_ns,
                          .deadline_ns = explorer->deadline_ns,
                          .stop = &search->stop,
                          .tick_ns = options->progress_ns,
                          .tick = options->progress && options->progress_ns ? tick : NULL,
                          .tick_context = explorer,
                          .last_words = explore_last_words};
    do {
        if (options->isolate == TUTTI_ISOLATE_NONE) {
            search_slice(explorer, &child);
        } else {
            os_child_run(&child);
        }
    } while (!judge_search(explorer, &child, &end));
    return end;
}

/* What the plan wants to know; of the phase before, if there was one. */
static struct tutti_plan_facts facts_of(const struct tutti_explorer *explorer)
{
    const struct tutti_explore_options *options = &explorer->options;
    int64_t now_ns = os_real_ns();
    struct tutti_plan_facts facts = {.strategy = options->strategy,
                                     .bound = options->bound,
                                     .cancels_max = options->bounds.cancels_max,
                                     .seed = options->seed,
                                     .cancel_points = explorer->stage->cover.counts.reached};
    if (options->time_max_ns) facts.left_ns = search_deadline(explorer) - now_ns;
    if (explorer->plan.phases == 0) return facts;
    facts.runs = explorer->stage->search.runs;
    facts.took_ns = now_ns - explorer->phase_begun_ns;
    facts.estimate = estimate(explorer, facts.runs);
    return facts;
}

/* Begins the next phase. False: there is none. */
static bool next_phase(struct tutti_explorer *explorer)
{
    const struct tutti_explore_options *options = &explorer->options;
    const struct tutti_search *search = &explorer->stage->search;
    struct tutti_plan_facts facts = facts_of(explorer);
    struct tutti_phase phase;
    if (!tutti_plan_next(&explorer->plan, &facts, &phase)) return false;
    explorer->phase = phase;
    explorer->runs_before += search->runs;
    if (search->longest > explorer->longest_before) explorer->longest_before = search->longest;
    const char *line = explorer->plan.say;
    if (line[0] && options->say) options->say(options->say_context, line);
    return true;
}

/* Is the search over with the phase that ended so? If it is, *end says how. */
static bool over(const struct tutti_explorer *explorer, enum tutti_explore_end *end)
{
    uint64_t runs = explorer->runs_before + explorer->stage->search.runs;
    bool late = os_real_ns() >= search_deadline(explorer);
    bool enough = explorer->options.runs_max && runs >= explorer->options.runs_max;
    switch (*end) {
    case TUTTI_EXPLORE_COMPLETE:
        if (explorer->phase.exhausts) return true;
        *end = TUTTI_EXPLORE_BOUNDED;
        if (late) *end = TUTTI_EXPLORE_TIME;
        if (enough) *end = TUTTI_EXPLORE_RUNS;
        return late || enough;
    case TUTTI_EXPLORE_RUNS:
        return enough;
    case TUTTI_EXPLORE_TIME:
        return late;
    default:
        return true;
    }
}

enum tutti_explore_end tutti_explorer_search(struct tutti_explorer *explorer)
{
    enum tutti_explore_end end = TUTTI_EXPLORE_FAILED;
    bool children = explorer->options.isolate != TUTTI_ISOLATE_NONE;
    explorer->begun_ns = os_real_ns();
    if (children) os_interrupts_begin();
    do {
        if (!next_phase(explorer)) break;
        end = run_phase(explorer);
    } while (!over(explorer, &end));
    if (children) os_interrupts_end();
    explorer->ended_ns = os_real_ns();
    return end;
}

void tutti_explorer_resume(struct tutti_explorer *explorer, struct tutti_frontier *frontier)
{
    explorer->resumed = frontier;
}

bool tutti_explorer_frontier(const struct tutti_explorer *explorer, struct tutti_frontier *frontier)
{
    const struct stage *stage = explorer->stage;
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    if (!tutti_strategy_resumes(explorer->phase.strategy)) return false;
    frontier->strategy = explorer->phase.strategy;
    frontier->bound = explorer->phase.bound;
    frontier->bounds = explorer->options.bounds;
    frontier->seed = explorer->options.seed;
    frontier->runs = progress.phase_runs;
    frontier->longest = progress.longest;
    frontier->takes = stage->by.dfs.picker.takes;
    frontier->takes.count = stage->by.dfs.prefix;
    for (uint32_t i = 0; i < frontier->takes.count; i++) {
        if (explorer->phase.strategy != TUTTI_STRATEGY_DFS) break;
        frontier->takes.items[i].stays = false; /* of an older phase: this one has no use for it */
        frontier->takes.items[i].edge = 0;
    }
    return true;
}
