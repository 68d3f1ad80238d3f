/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The explorer's search: phase after phase of the plan, each in a child process a job (jobs.c). */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/task.h"
#include "tutti/sim/explore_priv.h"

/* Does dpor leave nothing out? */
static bool finds_traces(const struct tutti_bounds *bounds)
{
    bool can = bounds->step && (bounds->kinds & 1u << TUTTI_CHOICE_RUN);
    return can && tutti_access_is_all_told();
}

/* Now, or when the search ended. */
static int64_t until_ns(const struct tutti_explorer *explorer)
{
    return explorer->ended_ns ? explorer->ended_ns : os_real_ns();
}

/* The part of the tree that was done before a search that goes on. */
static double done_before(const struct tutti_frontier *resumed)
{
    struct tutti_pick_dfs dfs;
    double done = 1;
    if (resumed->parts_count == 1 && resumed->parts[0].floor == 0) return 0; /* it counts itself */
    for (uint32_t i = 0; i < resumed->parts_count; i++) {
        const struct tutti_frontier_part *part = &resumed->parts[i];
        tutti_pick_dfs_init(&dfs, &resumed->bounds, resumed->takes.items + part->first,
                            part->count);
        tutti_pick_dfs_take(&dfs, part->count, part->floor);
        done -= tutti_pick_dfs_size(&dfs);
    }
    return done > 0 ? done : 0;
}

/* The runs of both of dpor's trees until the one at hand, which has so many, is searched. */
static double with_turns(double runs, uint32_t tree)
{
    double turn = TUTTI_DPOR_TURN;
    while (turn < runs)
        turn *= 2;
    if (tree == 1) return runs + turn;
    return turn > TUTTI_DPOR_TURN ? runs + turn / 2 : runs;
}

/* Before dpor has made so many runs its estimate is a guess and no more. */
enum { DPOR_RUNS_LEAST = 20 };

/* About how many runs the phase has; 0: unknown. */
static double estimate(struct tutti_explorer *explorer, uint64_t runs)
{
    const struct stage *stage = explorer->stage;
    enum tutti_strategy strategy = explorer->phase.strategy;
    double done = 0, sum = 0;
    uint64_t seen = 0;
    if (strategy == TUTTI_STRATEGY_DPOR) {
        struct jobs_dpor all = jobs_dpor(explorer);
        if (all.done <= 0 || (all.done < 1 && all.runs < DPOR_RUNS_LEAST)) return 0;
        return all.done < 1 ? with_turns((double)all.runs / all.done, all.tree) : (double)all.runs;
    }
    if (strategy != TUTTI_STRATEGY_RANDOM && strategy != TUTTI_STRATEGY_DFS) return 0;
    for (uint32_t i = 0; i < stage->pool.jobs; i++) {
        const struct job *job = &stage->jobs[i];
        if (strategy == TUTTI_STRATEGY_DFS) {
            done += tutti_pick_dfs_done(&job->by.dfs);
        } else {
            sum += job->by.chancy.sum;
            seen += job->by.chancy.seen;
        }
    }
    if (strategy == TUTTI_STRATEGY_RANDOM) return seen ? sum / (double)seen : 0;
    if (explorer->resumed) done += done_before(explorer->resumed);
    return done > 0 ? (double)runs / done : 0;
}

struct tutti_progress tutti_explorer_progress(struct tutti_explorer *explorer)
{
    uint64_t runs = jobs_runs(explorer);
    struct tutti_progress progress = {.runs = explorer->runs_before + runs,
                                      .found_run = explorer->found_run,
                                      .phase = explorer->phase,
                                      .phase_runs = runs,
                                      .coverage = tutti_cover_counts(&explorer->stage->cover),
                                      .longest = jobs_longest(explorer)};
    if (explorer->resumed) progress.phase_runs += explorer->resumed->runs;
    if (explorer->longest_before > progress.longest) progress.longest = explorer->longest_before;
    if (explorer->phase.strategy == TUTTI_STRATEGY_DPOR) {
        struct jobs_dpor all = jobs_dpor(explorer);
        progress.traces = all.traces;
        progress.blocked = all.blocked;
        progress.ids_read = all.ids_read;
    }
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
    struct tutti_explorer *explorer = context;
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    explorer->options.progress(explorer->options.progress_context, &progress);
}

static void init_dfs(const struct tutti_explorer *explorer, struct job *job)
{
    static const enum tutti_dfs_rule rules[TUTTI_STRATEGIES] = {
        [TUTTI_STRATEGY_DELAYS] = TUTTI_DFS_DELAYS,
        [TUTTI_STRATEGY_PREEMPTIONS] = TUTTI_DFS_PREEMPTIONS,
        [TUTTI_STRATEGY_CANCELS] = TUTTI_DFS_CANCELS,
        [TUTTI_STRATEGY_CLEANUP] = TUTTI_DFS_CLEANUP,
        [TUTTI_STRATEGY_DEADLINES] = TUTTI_DFS_DEADLINES};
    const struct tutti_phase *phase = &explorer->phase;
    tutti_pick_dfs_init(&job->by.dfs, &explorer->options.bounds, job->searched, TUTTI_LIST_MAX);
    if (phase->strategy != TUTTI_STRATEGY_DFS) {
        tutti_pick_dfs_bound(&job->by.dfs, rules[phase->strategy], phase->bound);
    }
}

static void init_picker(const struct tutti_explorer *explorer, struct job *job, uint32_t jobs)
{
    const struct tutti_phase *phase = &explorer->phase;
    const struct tutti_bounds *bounds = &explorer->options.bounds;
    struct tutti_take *items = job->searched;
    switch (phase->strategy) {
    case TUTTI_STRATEGY_RANDOM:
        tutti_pick_random_init(&job->by.chancy, bounds, items, TUTTI_LIST_MAX, phase->seed);
        job->by.chancy.estimates = phase->estimates;
        break;
    case TUTTI_STRATEGY_PLAIN:
        tutti_pick_plain_init(&job->by.plain, bounds, items, TUTTI_LIST_MAX);
        break;
    case TUTTI_STRATEGY_DPOR:
        tutti_pick_dpor_init(&job->by.dpor, bounds, items, TUTTI_LIST_MAX, &job->dpor);
        tutti_pick_dpor_share(&job->by.dpor, &explorer->stage->trunk, job->index + 1, jobs);
        break;
    case TUTTI_STRATEGY_PCT:
        tutti_pick_pct_init(&job->by.pct, bounds, items, TUTTI_LIST_MAX, phase->seed, phase->bound);
        break;
    case TUTTI_STRATEGY_POS:
        tutti_pick_pos_init(&job->by.pos, bounds, items, TUTTI_LIST_MAX, phase->seed);
        break;
    case TUTTI_STRATEGY_SURW:
        tutti_pick_surw_init(&job->by.surw, bounds, items, TUTTI_LIST_MAX, phase->seed);
        break;
    case TUTTI_STRATEGY_URW:
        tutti_pick_urw_init(&job->by.urw, bounds, items, TUTTI_LIST_MAX, phase->seed);
        break;
    default:
        init_dfs(explorer, job);
    }
    if (bounds->cancels_max) {
        tutti_cover_watch(&job->cover, &explorer->stage->cover, &job->by.picker);
    }
}

/* The runs that are left of those asked for; 0: no bound. */
static uint64_t runs_left(const struct tutti_explorer *explorer)
{
    uint64_t whole = explorer->options.runs_max, own = explorer->phase.runs_max;
    uint64_t left = whole > explorer->runs_before ? whole - explorer->runs_before : 0;
    return whole && (!own || left < own) ? left : own;
}

/* How many search side by side. */
static uint32_t jobs_wanted(const struct tutti_explorer *explorer, uint64_t runs_max)
{
    enum tutti_strategy strategy = explorer->phase.strategy;
    uint32_t jobs = explorer->options.jobs;
    bool can = tutti_strategy_resumes(strategy) || tutti_strategy_by_chance(strategy);
    if (!can || explorer->options.isolate == TUTTI_ISOLATE_NONE || jobs < 1) return 1;
    return runs_max && runs_max < jobs ? (uint32_t)runs_max : jobs;
}

/* Keeps the finding: the stage's memory is used again. */
static enum tutti_explore_end keep_finding(struct tutti_explorer *explorer, const struct job *job)
{
    const struct tutti_takes *taken = &job->search.picker->takes;
    size_t count = taken->count;
    explorer->found_run = explorer->runs_before + jobs_runs(explorer);
    if (tutti_strategy_by_chance(explorer->phase.strategy)) {
        explorer->found_run = explorer->runs_before + job->by.by_chance.run + 1;
    }
    explorer->verdict = job->search.verdict;
    size_t room = count * 2 + 64; /* the shrinker may make it longer on its way */
    explorer->takes.items = malloc(room * sizeof *taken->items);
    explorer->list.numbers = malloc(room * sizeof *explorer->list.numbers);
    if (!explorer->takes.items || !explorer->list.numbers) return TUTTI_EXPLORE_FAILED;
    memcpy(explorer->takes.items, taken->items, count * sizeof *taken->items);
    explorer->takes.count = taken->count;
    explorer->takes.room = (uint32_t)room;
    return TUTTI_EXPLORE_FOUND;
}

/* What the ends of its jobs make of a phase. */
static enum tutti_explore_end judge_phase(struct tutti_explorer *explorer,
                                          const struct child *children)
{
    const struct stage *stage = explorer->stage;
    const struct job *found = jobs_finding(explorer);
    bool complete = true, late = false, interrupted = false, failed = false;
    if (found) return keep_finding(explorer, found);
    for (uint32_t i = 0; i < stage->pool.jobs; i++) {
        failed = failed || stage->jobs[i].failed;
        interrupted = interrupted || children[i].end == CHILD_INTERRUPTED;
        late = late || children[i].end == CHILD_LATE;
        complete = complete && stage->jobs[i].search.end == TUTTI_SEARCH_COMPLETE;
    }
    if (explorer->phase.strategy == TUTTI_STRATEGY_DPOR) {
        complete = atomic_load(&stage->trunk.complete) != 0;
    }
    if (failed) return TUTTI_EXPLORE_FAILED;
    if (complete) return TUTTI_EXPLORE_COMPLETE;
    if (interrupted) return TUTTI_EXPLORE_INTERRUPTED;
    return late ? TUTTI_EXPLORE_TIME : TUTTI_EXPLORE_RUNS;
}

/* In this process: slices, between which the time is looked at. */
static void search_here(struct tutti_explorer *explorer, struct child *child)
{
    enum { SLICE = 256 };
    struct job *job = child->context;
    bool more;
    do {
        job_search(job, SLICE);
        child->end = os_real_ns() >= explorer->deadline_ns ? CHILD_LATE : CHILD_DONE;
        if (job->search.end == TUTTI_SEARCH_FOUND) (void)job_again(child);
        more = tutti_strategy_resumes(explorer->phase.strategy)
                   ? job->state != JOB_GONE && !job->found
                   : job->search.end == TUTTI_SEARCH_GOES_ON;
    } while (more && child->end == CHILD_DONE);
}

/* Until when the whole search may last. */
static int64_t search_deadline(const struct tutti_explorer *explorer)
{
    int64_t most_ns = explorer->options.time_max_ns;
    return most_ns ? tutti_time_add(explorer->begun_ns, most_ns) : TUTTI_NEVER;
}

/* Strategy dpor: nothing was done, or what was kept. */
static void begin_trunk(struct tutti_explorer *explorer)
{
    struct tutti_dpor_trunk *trunk = &explorer->stage->trunk;
    if (explorer->phase.strategy != TUTTI_STRATEGY_DPOR) return;
    if (explorer->resumed && explorer->resumed->trunk) {
        tutti_dpor_trunk_copy(trunk, explorer->resumed->trunk);
        return;
    }
    memset(trunk->shared, 0, sizeof trunk->shared);
    tutti_dpor_trunk_clear(trunk);
}

static enum tutti_explore_end run_phase(struct tutti_explorer *explorer)
{
    const struct tutti_explore_options *options = &explorer->options;
    struct stage *stage = explorer->stage;
    struct child children[TUTTI_JOBS_MAX];
    uint64_t runs_max = runs_left(explorer);
    uint32_t jobs = jobs_wanted(explorer, runs_max);
    explorer->phase_begun_ns = os_real_ns();
    explorer->deadline_ns = search_deadline(explorer);
    if (explorer->phase.time_ns) {
        int64_t own_ns = tutti_time_add(explorer->phase_begun_ns, explorer->phase.time_ns);
        if (own_ns < explorer->deadline_ns) explorer->deadline_ns = own_ns;
    }
    begin_trunk(explorer);
    for (uint32_t i = 0; i < jobs; i++) {
        struct job *job = &stage->jobs[i];
        job->explorer = explorer;
        job->index = i;
        init_picker(explorer, job, jobs);
        children[i] = (struct child){.work = job_work,
                                     .context = job,
                                     .silent = true,
                                     .beat = &job->search.runs,
                                     .rests = &job->rests,
                                     .hang_ns = explorer->hang_ns,
                                     .stop = &job->search.stop,
                                     .again = job_again,
                                     .last_words = job_last_words,
                                     .place = options->place};
    }
    explorer->findings = 0;
    jobs_begin(explorer, jobs, runs_max);
    const struct child_watch watch = {.deadline_ns = explorer->deadline_ns,
                                      .tick_ns = options->progress_ns,
                                      .tick =
                                          options->progress && options->progress_ns ? tick : NULL,
                                      .tick_context = explorer};
    if (options->isolate == TUTTI_ISOLATE_NONE) {
        search_here(explorer, &children[0]);
    } else {
        os_children_run(children, jobs, &watch);
    }
    return judge_phase(explorer, children);
}

/* What the plan wants to know; of the phase before, if there was one. */
static struct tutti_plan_facts facts_of(struct tutti_explorer *explorer)
{
    const struct tutti_explore_options *options = &explorer->options;
    int64_t now_ns = os_real_ns();
    struct tutti_plan_facts facts = {.strategy = options->strategy,
                                     .bound = options->bound,
                                     .cancels_max = options->bounds.cancels_max,
                                     .lags_max = options->bounds.lags_max,
                                     .traces = finds_traces(&options->bounds),
                                     .seed = options->seed,
                                     .cancel_points = atomic_load(&explorer->stage->cover.reached)};
    if (options->time_max_ns) facts.left_ns = search_deadline(explorer) - now_ns;
    if (explorer->plan.phases == 0) return facts;
    facts.runs = jobs_runs(explorer);
    facts.took_ns = now_ns - explorer->phase_begun_ns;
    facts.estimate = estimate(explorer, facts.runs);
    return facts;
}

/* Begins the next phase. False: there is none. */
static bool next_phase(struct tutti_explorer *explorer)
{
    const struct tutti_explore_options *options = &explorer->options;
    struct tutti_plan_facts facts = facts_of(explorer);
    struct tutti_phase phase;
    if (!tutti_plan_next(&explorer->plan, &facts, &phase)) return false;
    uint32_t longest = jobs_longest(explorer);
    explorer->runs_before += jobs_runs(explorer);
    if (longest > explorer->longest_before) explorer->longest_before = longest;
    explorer->phase = phase;
    const char *line = explorer->plan.say;
    if (line[0] && options->say) options->say(options->say_context, line);
    return true;
}

/* Is the search over with the phase that ended so? If it is, *end says how. */
static bool over(const struct tutti_explorer *explorer, enum tutti_explore_end *end)
{
    uint64_t runs = explorer->runs_before + jobs_runs(explorer);
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

/* Adds a part of what is left; there is room for all. */
static bool add_part(struct tutti_frontier *frontier, const struct tutti_take *items,
                     uint32_t count, uint32_t floor)
{
    struct tutti_takes *takes = &frontier->takes;
    if (frontier->parts_count == TUTTI_FRONTIER_PARTS || count > takes->room - takes->count) {
        return false;
    }
    frontier->parts[frontier->parts_count++] =
        (struct tutti_frontier_part){.first = takes->count, .count = count, .floor = floor};
    if (count) memcpy(takes->items + takes->count, items, count * sizeof *items);
    takes->count += count;
    return true;
}

/* Strategy dpor: what all jobs have not done is the trunk's. */
static bool leave_trunk(struct tutti_explorer *explorer, struct tutti_frontier *frontier)
{
    struct stage *stage = explorer->stage;
    for (uint32_t i = 0; i < stage->pool.jobs; i++) {
        if (!tutti_pick_dpor_leave(&stage->jobs[i].by.dpor, &frontier->why)) return false;
    }
    frontier->trunk = &stage->trunk;
    return true;
}

bool tutti_explorer_frontier(struct tutti_explorer *explorer, struct tutti_frontier *frontier)
{
    struct stage *stage = explorer->stage;
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    const struct tutti_frontier *resumed = explorer->resumed;
    frontier->why = "its strategy cannot go on later";
    if (!tutti_strategy_resumes(explorer->phase.strategy)) return false;
    frontier->why = "there is too much of it";
    frontier->strategy = explorer->phase.strategy;
    frontier->bound = explorer->phase.bound;
    frontier->bounds = explorer->options.bounds;
    frontier->seed = explorer->options.seed;
    frontier->runs = progress.phase_runs;
    frontier->longest = progress.longest;
    frontier->parts_count = 0;
    frontier->takes = (struct tutti_takes){.items = stage->replayed, .room = TUTTI_LIST_MAX};
    frontier->trunk = NULL;
    if (explorer->phase.strategy == TUTTI_STRATEGY_DPOR) return leave_trunk(explorer, frontier);
    for (uint32_t i = 0; i < stage->pool.jobs; i++) {
        const struct tutti_pick_dfs *dfs = &stage->jobs[i].by.dfs;
        if (dfs->complete) continue;
        if (!add_part(frontier, dfs->picker.takes.items, dfs->prefix, dfs->floor)) return false;
    }
    for (uint32_t i = stage->pool.parts; resumed && i < resumed->parts_count; i++) {
        const struct tutti_frontier_part *part = &resumed->parts[i];
        if (!add_part(frontier, resumed->takes.items + part->first, part->count, part->floor)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < frontier->takes.count; i++) {
        if (explorer->phase.strategy != TUTTI_STRATEGY_DFS) break;
        frontier->takes.items[i].stays = false; /* of an older phase: this one has no use for it */
        frontier->takes.items[i].edge = frontier->takes.items[i].tasks = 0;
    }
    return true;
}
