/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Several processes that search side by side.
 *
 * Strategies by chance share out the numbers of runs: job j of n makes j, j + n, j + 2n and so on.
 * When one has found something the others go on up to the number of that run, and the first finding
 * by number is the one that counts: who was faster does not matter.
 *
 * Depth-first searches share out the tree. A job that has none of it left is given a part by the
 * next busy one, between two of its runs: all options of the first choice of which it has any left.
 * So each run is made once, by whomever. Who finds something first ends the search.
 *
 * Invariant: a busy job is not hungry, so while somebody gives not all are; when all are there is
 * nothing left.                                                                                  */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/sim/explore_priv.h"

static bool has_traces(const struct tutti_explorer *explorer)
{
    return explorer->phase.strategy == TUTTI_STRATEGY_DPOR;
}

/* So many runs are taken from the pool at a time. */
enum { TICKETS = 64 };

static bool by_chance(const struct tutti_explorer *explorer)
{
    return tutti_strategy_by_chance(explorer->phase.strategy);
}

/* Depth first: some more runs, if there are any. */
static bool take_tickets(struct job *job)
{
    struct pool *pool = &job->explorer->stage->pool;
    uint64_t left = atomic_load(&pool->tickets), count;
    if (left == UINT64_MAX) return true;
    do {
        count = pool->jobs == 1 || left < TICKETS ? left : TICKETS;
        if (count == 0) return false;
    } while (!atomic_compare_exchange_weak(&pool->tickets, &left, left - count));
    job->search.runs_max += count;
    job->search.end = TUTTI_SEARCH_GOES_ON;
    return true;
}

static void give_tickets_back(struct job *job)
{
    struct pool *pool = &job->explorer->stage->pool;
    if (atomic_load(&pool->tickets) == UINT64_MAX) return;
    (void)atomic_fetch_add(&pool->tickets, job->search.runs_max - job->search.runs);
    job->search.runs_max = job->search.runs;
}

/* Nobody makes runs, so nobody will have anything to give. */
static bool all_wait(const struct pool *pool)
{
    return atomic_load(&pool->hungry) + atomic_load(&pool->broke) >= atomic_load(&pool->active);
}

static void tell_change(struct pool *pool)
{
    (void)atomic_fetch_add(&pool->changes, 1);
    os_wake_word((const uint32_t *)&pool->changes);
}

/* It takes part no more: whoever waits for it waits in vain. */
static void leave(struct job *job)
{
    struct pool *pool = &job->explorer->stage->pool;
    if (atomic_exchange(&job->state, JOB_GONE) == JOB_GONE) return;
    (void)atomic_fetch_sub(&pool->active, 1);
    tell_change(pool);
}

/* Between two runs, while others are hungry. */
static bool feed(void *context)
{
    struct job *job = context;
    struct pool *pool = &job->explorer->stage->pool;
    if (has_traces(job->explorer)) {
        if (tutti_pick_dpor_give(&job->by.dpor)) tell_change(pool);
        return true;
    }
    for (uint32_t i = 0; i < pool->jobs; i++) {
        struct job *other = &job->explorer->stage->jobs[i];
        uint32_t hungry = JOB_HUNGRY;
        if (!atomic_compare_exchange_strong(&other->state, &hungry, JOB_FEEDING)) continue;
        if (!tutti_pick_dfs_give(&job->by.dfs, &other->by.dfs)) {
            atomic_store(&other->state, JOB_HUNGRY);
            break;
        }
        other->search.end = TUTTI_SEARCH_GOES_ON;
        (void)atomic_fetch_sub(&pool->hungry, 1);
        atomic_store(&other->state, JOB_BUSY);
        tell_change(pool);
    }
    return true;
}

/* Strategy dpor: a branch that is to be searched. False: there is none, or none yet. */
static bool take_branch(struct job *job)
{
    struct tutti_search *search = &job->search;
    const struct tutti_picker *picker = search->picker;
    if (!tutti_pick_dpor_take(&job->by.dpor)) {
        if (!picker->full) return false;
        tutti_verdict_set(&search->verdict, TUTTI_VERDICT_LIMIT, "%s", picker->why);
        search->end = TUTTI_SEARCH_FOUND;
        return false;
    }
    search->end = TUTTI_SEARCH_GOES_ON;
    return true;
}

/* The next part of a search that goes on. */
static bool take_part(struct job *job)
{
    struct pool *pool = &job->explorer->stage->pool;
    const struct tutti_frontier *resumed = job->explorer->resumed;
    struct tutti_pick_dfs *dfs = &job->by.dfs;
    if (has_traces(job->explorer)) return take_branch(job);
    if (!resumed) return false;
    uint32_t next = atomic_load(&pool->parts);
    do {
        if (next >= resumed->parts_count) return false;
    } while (!atomic_compare_exchange_weak(&pool->parts, &next, next + 1));
    const struct tutti_frontier_part *part = &resumed->parts[next];
    for (uint32_t i = 0; i < part->count; i++) {
        job->searched[i] = resumed->takes.items[part->first + i];
    }
    tutti_pick_dfs_take(dfs, part->count, part->floor);
    if (resumed->parts_count == 1 && part->floor == 0) dfs->since_number = 0; /* all is its own */
    job->search.end = TUTTI_SEARCH_GOES_ON;
    return true;
}

/* Strategy dpor: there will be no branch to take. That all wait does not say so: when the turn goes
 * to the other tree those who have a branch of that may not have seen it yet. Only of somebody who
 * does not come back nothing can be hoped for. */
static bool no_branch_comes(const struct pool *pool, const struct tutti_dpor_trunk *trunk)
{
    bool lacks = atomic_load(&pool->active) < pool->jobs || atomic_load(&pool->broke) > 0;
    return atomic_load(&trunk->complete) || (lacks && all_wait(pool));
}

/* Strategy dpor: waits until there is a branch. False: there is none, or it is to stop. */
static bool wait_for_branch(struct job *job)
{
    struct pool *pool = &job->explorer->stage->pool;
    const struct tutti_search *search = &job->search;
    bool got = false, over = false;
    give_tickets_back(job);
    atomic_store(&job->state, JOB_HUNGRY);
    (void)atomic_fetch_add(&pool->hungry, 1);
    tell_change(pool);
    job->rests = true;
    while (!got && !over && !search->stop) {
        uint32_t seen = atomic_load(&pool->changes);
        over = no_branch_comes(pool, &job->explorer->stage->trunk);
        (void)atomic_fetch_sub(&pool->hungry, 1); /* perhaps it is not, by now */
        got = take_branch(job);
        over = over || search->end == TUTTI_SEARCH_FOUND;
        if (got) break;
        (void)atomic_fetch_add(&pool->hungry, 1);
        if (!over) os_wait_word((const uint32_t *)&pool->changes, seen);
    }
    job->rests = false;
    atomic_store(&job->state, JOB_BUSY);
    if (got) return !search->stop;
    (void)atomic_fetch_sub(&pool->hungry, 1);
    leave(job);
    return false;
}

/* Waits until it is given a part of the tree. False: there is none, or it is to stop. */
static bool wait_for_part(struct job *job)
{
    struct pool *pool = &job->explorer->stage->pool;
    uint32_t hungry = JOB_HUNGRY;
    if (has_traces(job->explorer)) return wait_for_branch(job);
    give_tickets_back(job);
    atomic_store(&job->state, JOB_HUNGRY);
    (void)atomic_fetch_add(&pool->hungry, 1);
    tell_change(pool);
    job->rests = true;
    for (;;) {
        uint32_t seen = atomic_load(&pool->changes);
        if (atomic_load(&job->state) == JOB_BUSY) break;
        if (job->search.stop || all_wait(pool)) {
            if (atomic_compare_exchange_strong(&job->state, &hungry, JOB_GONE)) break;
            hungry = JOB_HUNGRY; /* somebody is giving just now */
            continue;
        }
        os_wait_word((const uint32_t *)&pool->changes, seen);
    }
    job->rests = false;
    return atomic_load(&job->state) == JOB_BUSY && !job->search.stop;
}

/* Counts itself among those who wait for tickets, for a while. True: then everybody waited. */
static bool wait_broke(struct job *job, bool sleeps)
{
    struct pool *pool = &job->explorer->stage->pool;
    uint32_t seen = atomic_load(&pool->changes);
    (void)atomic_fetch_add(&pool->broke, 1);
    bool over = all_wait(pool);
    if (!over && sleeps) os_wait_word((const uint32_t *)&pool->changes, seen);
    (void)atomic_fetch_sub(&pool->broke, 1);
    return over;
}

/* Takes tickets that others give back. False: there will be none, or it is to stop. Who takes some
 * is not counted as waiting then, so if all wait before and after there were none, there are none.
 */
static bool wait_for_tickets(struct job *job)
{
    bool more = false;
    job->rests = true;
    while (!more && !job->search.stop) {
        bool over = wait_broke(job, true);
        more = take_tickets(job);
        if (!more && over && wait_broke(job, false)) break;
    }
    job->rests = false;
    return more;
}

/* Some runs of its part of the tree. False: it is done, in one way or another. */
static bool search_part(struct job *job, uint64_t slice)
{
    struct tutti_search *search = &job->search;
    bool has = search->end == TUTTI_SEARCH_GOES_ON || search->end == TUTTI_SEARCH_RUNS;
    if (!has && !take_part(job) && !wait_for_part(job)) return false;
    if (search->runs >= search->runs_max && !take_tickets(job) && !wait_for_tickets(job)) {
        search->end = TUTTI_SEARCH_RUNS;
        leave(job);
        return false;
    }
    tutti_search_go(search, slice);
    return search->end != TUTTI_SEARCH_FOUND && !search->stop;
}

/* Up to the number of the first finding, and no further. */
static bool before_finding(void *context)
{
    const struct job *job = context;
    return job->by.by_chance.run < atomic_load(&job->explorer->stage->pool.first_found);
}

static void note_first(struct job *job)
{
    struct pool *pool = &job->explorer->stage->pool;
    uint64_t run = job->by.by_chance.run, first = atomic_load(&pool->first_found);
    while (run < first && !atomic_compare_exchange_weak(&pool->first_found, &first, run)) {
    }
    (void)atomic_fetch_add(&pool->findings, 1);
}

void job_search(struct job *job, uint64_t slice)
{
    if (tutti_strategy_resumes(job->explorer->phase.strategy)) {
        while (search_part(job, slice) && slice == UINT64_MAX) {
        }
        return;
    }
    tutti_search_go(&job->search, slice);
    if (job->search.end == TUTTI_SEARCH_FOUND && by_chance(job->explorer)) note_first(job);
}

void job_work(void *context)
{
    struct job *job = context;
    job_search(job, job->explorer->options.isolate == TUTTI_ISOLATE_FORK ? 1 : UINT64_MAX);
}

void job_last_words(void *context)
{
    const struct job *job = context;
    explore_last_words(job->explorer);
}

/* The job's process ended in the middle of a run, not because it was asked to. */
static void note_crash(struct job *job, const struct child *child)
{
    struct tutti_search *search = &job->search;
    explore_judge_child(job->explorer, child, &search->verdict);
    search->running = false;
    search->runs++;
    if (search->picker->takes.count > search->longest) {
        search->longest = search->picker->takes.count;
    }
    search->end = TUTTI_SEARCH_FOUND;
    if (by_chance(job->explorer)) note_first(job);
}

/* Others need not go on, but for those who go by chance and know themselves how far. */
static void note_finding(struct job *job)
{
    struct stage *stage = job->explorer->stage;
    job->found = true;
    job->found_as = job->explorer->findings++;
    if (by_chance(job->explorer)) return;
    for (uint32_t i = 0; i < stage->pool.jobs; i++)
        stage->jobs[i].search.stop = true;
    if (has_traces(job->explorer)) tutti_pick_dpor_bury(&job->by.dpor);
}

/* Strategy dpor: somebody killed its process; not the run that it was making, for it was not killed
 * in that before. Then it can make that run again and go on.                                     */
static bool goes_on(struct job *job, const struct child *child)
{
    struct tutti_search *search = &job->search;
    struct tutti_explore_options *options = &job->explorer->options;
    char line[160];
    if (!has_traces(job->explorer) || !os_child_was_killed(child)) return false;
    if (job->killed && job->killed_at == search->runs) return false;
    if (!tutti_pick_dpor_mend(&job->by.dpor)) return false;
    job->killed = true;
    job->killed_at = search->runs;
    search->running = false;
    if (job->state == JOB_HUNGRY) (void)atomic_fetch_sub(&job->explorer->stage->pool.hungry, 1);
    atomic_store(&job->state, JOB_BUSY);
    job->rests = false;
    snprintf(line, sizeof line,
             "somebody killed process %u of the search, or memory ran out: a new one goes on with "
             "what it was doing",
             job->index + 1);
    if (options->say) options->say(options->say_context, line);
    return true;
}

bool job_again(struct child *child)
{
    struct job *job = child->context;
    struct tutti_search *search = &job->search;
    bool asked = child->end == CHILD_INTERRUPTED || child->end == CHILD_LATE;
    if (!search->stop && goes_on(job, child)) return true;
    if (child->end == CHILD_NONE) {
        job->failed = true;
        leave(job);
        return false;
    }
    if (child->end != CHILD_DONE && !asked && search->end != TUTTI_SEARCH_FOUND) {
        note_crash(job, child);
    }
    if (search->end == TUTTI_SEARCH_FOUND && !job->found) note_finding(job);
    if (asked || job->found || search->stop) return false;
    if (job->explorer->options.isolate != TUTTI_ISOLATE_FORK) return false;
    if (tutti_strategy_resumes(job->explorer->phase.strategy)) return job->state != JOB_GONE;
    if (by_chance(job->explorer) && !before_finding(job)) return false;
    return search->end == TUTTI_SEARCH_GOES_ON;
}

/* A job by chance makes its runs of the first `runs_max`. */
static uint64_t share(uint64_t runs_max, uint32_t job, uint32_t jobs)
{
    return runs_max / jobs + (job < runs_max % jobs);
}

void jobs_begin(struct tutti_explorer *explorer, uint32_t jobs, uint64_t runs_max)
{
    struct stage *stage = explorer->stage;
    struct pool *pool = &stage->pool;
    bool depth_first = tutti_strategy_resumes(explorer->phase.strategy);
    *pool = (struct pool){.jobs = jobs};
    atomic_store(&pool->active, jobs);
    atomic_store(&pool->tickets, runs_max ? runs_max : UINT64_MAX);
    atomic_store(&pool->first_found, UINT64_MAX);
    for (uint32_t i = 0; i < jobs; i++) {
        struct job *job = &stage->jobs[i];
        job->search = (struct tutti_search){.picker = &job->by.picker,
                                            .run = explorer->run,
                                            .context = explorer->context,
                                            .called_context = job};
        job->rests = job->found = job->failed = job->killed = false;
        atomic_store(&job->state, JOB_BUSY);
        if (depth_first) {
            job->search.call = &pool->hungry;
            job->search.called = feed;
            /* the whole tree is the first one's, or there are parts for all */
            if (i > 0 || explorer->resumed || has_traces(explorer))
                job->search.end = TUTTI_SEARCH_COMPLETE;
            if (!has_traces(explorer)) {
                job->by.dfs.complete = job->search.end == TUTTI_SEARCH_COMPLETE;
            }
        } else {
            job->search.runs_max = share(runs_max, i, jobs);
            job->search.call = &pool->findings;
            job->search.called = before_finding;
            if (by_chance(explorer)) tutti_by_chance_share(&job->by.by_chance, i, jobs);
        }
    }
}

struct job *jobs_finding(struct tutti_explorer *explorer)
{
    struct stage *stage = explorer->stage;
    struct job *first = NULL;
    for (uint32_t i = 0; i < stage->pool.jobs; i++) {
        struct job *job = &stage->jobs[i];
        if (!job->found) continue;
        bool before =
            first && (by_chance(explorer) ? job->by.by_chance.run < first->by.by_chance.run
                                          : job->found_as < first->found_as);
        if (!first || before) first = job;
    }
    return first;
}

uint64_t jobs_runs(const struct tutti_explorer *explorer)
{
    const struct stage *stage = explorer->stage;
    uint64_t runs = 0;
    for (uint32_t i = 0; i < stage->pool.jobs; i++)
        runs += stage->jobs[i].search.runs;
    return runs;
}

uint32_t jobs_longest(const struct tutti_explorer *explorer)
{
    const struct stage *stage = explorer->stage;
    uint32_t longest = 0;
    for (uint32_t i = 0; i < stage->pool.jobs; i++) {
        if (stage->jobs[i].search.longest > longest) longest = stage->jobs[i].search.longest;
    }
    return longest;
}

struct jobs_dpor jobs_dpor(struct tutti_explorer *explorer)
{
    struct stage *stage = explorer->stage;
    struct tutti_dpor_trunk *trunk = &stage->trunk;
    uint32_t complete = atomic_load(&trunk->complete);
    uint32_t t = complete ? complete - 1 : atomic_load(&trunk->turn);
    const struct tutti_dpor_tree *tree = &trunk->trees[t];
    struct jobs_dpor sum = {
        .tree = t, .runs = tree->runs, .traces = tree->traces, .blocked = tree->blocked};
    sum.done = tutti_dpor_trunk_look(trunk, t);
    sum.ids_read = trunk->ids_read;
    for (uint32_t i = 0; i < stage->pool.jobs; i++) {
        const struct job *job = &stage->jobs[i];
        const struct tutti_dpor_search *search = &job->dpor.searches[t];
        sum.ids_read = sum.ids_read || job->by.dpor.ids_read;
        if (job->by.dpor.generation != atomic_load(&trunk->generation)) continue; /* all void */
        sum.runs += search->runs;
        sum.traces += search->traces;
        sum.blocked += search->blocked;
        if (!complete) sum.done += tutti_dpor_search_done(search);
    }
    return sum;
}
