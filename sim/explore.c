/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/task.h"
#include "tutti/sim/os_sim_priv.h"
#include "tutti/sim/pick_dfs.h"
#include "tutti/sim/pick_plain.h"
#include "tutti/sim/pick_random.h"
#include "tutti/sim/pick_replay.h"
#include "tutti/sim/shrink.h"

#define HANG_DEFAULT_NS (10 * TUTTI_S)
#define SHRINK_DEFAULT_NS (30 * TUTTI_S)
/* A run that hangs is tried many times by the shrinker; other runs take microseconds. */
#define SHRINK_HANG_NS TUTTI_S
enum { SHRINK_TRIES_DEFAULT = 10000 };

/* What the processes share. Only touched pages of the records are memory. */
struct stage {
    struct tutti_search search;
    union {
        struct tutti_picker picker;
        struct tutti_pick_plain plain;
        struct tutti_pick_random chancy;
        struct tutti_pick_dfs dfs;
    } by;
    struct tutti_pick_replay replay; /* of single runs */
    struct tutti_verdict verdict;
    struct tutti_take searched[TUTTI_LIST_MAX];
    struct tutti_take replayed[TUTTI_LIST_MAX];
};

struct tutti_explorer {
    struct tutti_explore_options options;
    tutti_run_once *run;
    void *context;
    struct stage *stage;
    int64_t begun_ns, ended_ns;   /* of the search */
    struct tutti_verdict verdict; /* the finding */
    struct tutti_takes takes;     /* its choices */
    struct tutti_list list;       /* and their numbers */
    int64_t hang_ns;              /* of the run at hand */
    int64_t deadline_ns;          /* of the present search or shrinking */
    bool silent;
};

int tutti_explorer_open(struct tutti_explorer **explorer,
                        const struct tutti_explore_options *options, tutti_run_once *run,
                        void *context)
{
    struct tutti_explorer *made = calloc(1, sizeof *made);
    *explorer = NULL;
    if (!made) return TUTTI_ENOMEMORY;
    made->options = *options;
    made->run = run;
    made->context = context;
    made->hang_ns = options->hang_ns ? options->hang_ns : HANG_DEFAULT_NS;
    made->deadline_ns = TUTTI_NEVER;
    made->silent = true;
    made->stage = os_map_shared(sizeof *made->stage);
    if (!made->stage) {
        free(made);
        return TUTTI_ENOMEMORY;
    }
    *explorer = made;
    return 0;
}

void tutti_explorer_close(struct tutti_explorer *explorer)
{
    if (!explorer) return;
    os_unmap(explorer->stage, sizeof *explorer->stage);
    free(explorer->takes.items);
    free(explorer->list.numbers);
    free(explorer);
}

const struct tutti_verdict *tutti_explorer_verdict(const struct tutti_explorer *explorer)
{
    return &explorer->verdict;
}

const struct tutti_takes *tutti_explorer_takes(const struct tutti_explorer *explorer)
{
    return &explorer->takes;
}

const struct tutti_list *tutti_explorer_list(struct tutti_explorer *explorer)
{
    if (!explorer->list.numbers) return NULL; /* nothing was found, or there is no memory */
    tutti_takes_list(&explorer->takes, &explorer->options.bounds, explorer->list.numbers,
                     &explorer->list);
    return &explorer->list;
}

struct tutti_progress tutti_explorer_progress(const struct tutti_explorer *explorer)
{
    const struct tutti_search *search = &explorer->stage->search;
    int64_t until_ns = explorer->ended_ns ? explorer->ended_ns : os_real_ns();
    struct tutti_progress progress = {.runs = search->runs, .longest = search->longest};
    progress.elapsed_ns = until_ns - explorer->begun_ns;
    if (progress.elapsed_ns > 0) {
        progress.per_second =
            (uint64_t)((double)progress.runs * (double)TUTTI_S / (double)progress.elapsed_ns);
    }
    return progress;
}

static void tick(void *context)
{
    const struct tutti_explorer *explorer = context;
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    explorer->options.progress(explorer->options.progress_context, &progress);
}

static void last_words(void *context)
{
    const struct tutti_explorer *explorer = context;
    if (explorer->options.last_words) explorer->options.last_words(explorer->context);
}

/* The verdict on a run that did not come to its end. */
static void judge_child(const struct tutti_explorer *explorer, const struct child *child,
                        struct tutti_verdict *verdict)
{
    const struct child_words *words = child->words;
    char task[80] = "";
    if (words->task[0]) {
        snprintf(task, sizeof task, " in task \"%.47s\" #%llu", words->task,
                 (unsigned long long)words->task_id);
    }
    if (child->end == CHILD_HUNG) {
        tutti_verdict_set(verdict, TUTTI_VERDICT_HANG,
                          "the run took more than %.3g s%s: it never yields, or never ends",
                          (double)explorer->hang_ns / (double)TUTTI_S, task);
        snprintf(verdict->task, sizeof verdict->task, "%.47s", words->task);
    } else if (child->end == CHILD_EXIT) {
        tutti_verdict_set(verdict, TUTTI_VERDICT_CRASH,
                          "the process ended with exit code %d in the middle of a run%s",
                          child->number, task);
    } else if (words->panicked) {
        bool told = strstr(words->message, " in task "); /* a stack overflow names it itself */
        tutti_verdict_set(verdict, TUTTI_VERDICT_CRASH, "panic%s: %.255s", told ? "" : task,
                          words->message);
    } else {
        tutti_verdict_set(verdict, TUTTI_VERDICT_CRASH, "%s%s", os_signal_text(child->number),
                          task);
    }
    verdict->signal = child->end == CHILD_SIGNAL ? child->number : 0;
    verdict->line = words->line;
    snprintf(verdict->file, sizeof verdict->file, "%.159s", words->file);
}

/* The search. */

static void init_picker(struct tutti_explorer *explorer)
{
    struct stage *stage = explorer->stage;
    const struct tutti_explore_options *options = &explorer->options;
    const struct tutti_bounds *bounds = &options->bounds;
    switch (options->strategy) {
    case TUTTI_STRATEGY_RANDOM:
        tutti_pick_random_init(&stage->by.chancy, bounds, stage->searched, TUTTI_LIST_MAX,
                               options->seed);
        break;
    case TUTTI_STRATEGY_PLAIN:
        tutti_pick_plain_init(&stage->by.plain, bounds, stage->searched, TUTTI_LIST_MAX);
        break;
    default:
        tutti_pick_dfs_init(&stage->by.dfs, bounds, stage->searched, TUTTI_LIST_MAX);
    }
    stage->search = (struct tutti_search){.picker = &stage->by.picker,
                                          .run = explorer->run,
                                          .context = explorer->context,
                                          .runs_max = options->runs_max};
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

/* After a child, or a slice of runs in this process. True: the search is over. */
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
        judge_child(explorer, child, &search->verdict);
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

enum tutti_explore_end tutti_explorer_search(struct tutti_explorer *explorer)
{
    const struct tutti_explore_options *options = &explorer->options;
    struct tutti_search *search = &explorer->stage->search;
    enum tutti_explore_end end = TUTTI_EXPLORE_FAILED;
    init_picker(explorer);
    explorer->begun_ns = os_real_ns();
    explorer->deadline_ns = options->time_max_ns
                                ? tutti_time_add(explorer->begun_ns, options->time_max_ns)
                                : TUTTI_NEVER;
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
                          .last_words = last_words};
    do {
        if (options->isolate == TUTTI_ISOLATE_NONE) {
            search_slice(explorer, &child);
        } else {
            os_child_run(&child);
        }
    } while (!judge_search(explorer, &child, &end));
    explorer->ended_ns = os_real_ns();
    return end;
}

/* Single runs. */

static void replay_work(void *context)
{
    const struct tutti_explorer *explorer = context;
    struct stage *stage = explorer->stage;
    struct tutti_verdict *verdict = &stage->verdict;
    struct tutti_picker *picker = &stage->replay.picker;
    explorer->run(explorer->context, picker, verdict);
    if (stage->replay.loose) return;
    if (picker->mismatch || (!picker->full && !tutti_pick_replay_whole(&stage->replay))) {
        tutti_verdict_set(verdict, TUTTI_VERDICT_MISMATCH, "%s", picker->why);
    }
}

/* Runs what is wanted. Returns 0, TUTTI_EABANDONED or -errno. */
static int run_once(struct tutti_explorer *explorer, const struct tutti_bounds *bounds,
                    const struct tutti_takes *wanted, bool loose)
{
    struct stage *stage = explorer->stage;
    struct child child = {.work = replay_work,
                          .context = explorer,
                          .silent = explorer->silent,
                          .hang_ns = explorer->hang_ns,
                          .deadline_ns = explorer->deadline_ns,
                          .last_words = last_words};
    tutti_pick_replay_init(&stage->replay, bounds, stage->replayed, TUTTI_LIST_MAX, wanted, loose);
    if (explorer->options.isolate == TUTTI_ISOLATE_NONE) {
        replay_work(explorer);
        return 0;
    }
    os_child_run(&child);
    if (child.end == CHILD_NONE) return child.number;
    if (child.end == CHILD_INTERRUPTED || child.end == CHILD_LATE) return TUTTI_EABANDONED;
    if (child.end != CHILD_DONE) judge_child(explorer, &child, &stage->verdict);
    return 0;
}

static int replay_list(struct tutti_explorer *explorer, const struct tutti_list *list)
{
    struct tutti_takes wanted = {.count = list->count, .room = list->count};
    wanted.items = calloc((size_t)list->count + 1, sizeof *wanted.items);
    if (!wanted.items) return TUTTI_ENOMEMORY;
    for (uint32_t i = 0; i < list->count; i++) {
        wanted.items[i].number = list->numbers[i];
    }
    int rc = run_once(explorer, &list->bounds, &wanted, false);
    free(wanted.items);
    return rc;
}

int tutti_explorer_replay(struct tutti_explorer *explorer, const struct tutti_list *list,
                          bool silent, struct tutti_verdict *verdict)
{
    explorer->silent = silent;
    explorer->deadline_ns = TUTTI_NEVER;
    int rc = replay_list(explorer, list);
    *verdict = explorer->stage->verdict;
    explorer->silent = true;
    return rc;
}

/* Shrinking. */

struct shrinking {
    struct tutti_explorer *explorer;
    bool interrupted;
};

static bool fails_alike(void *context, const struct tutti_takes *wanted,
                        const struct tutti_takes **taken)
{
    struct shrinking *shrinking = context;
    struct tutti_explorer *explorer = shrinking->explorer;
    int rc = run_once(explorer, &explorer->options.bounds, wanted, true);
    if (rc < 0) shrinking->interrupted = true;
    *taken = &explorer->stage->replay.picker.takes;
    return rc == 0 && tutti_verdict_alike(&explorer->stage->verdict, &explorer->verdict);
}

static bool enough(void *context)
{
    const struct shrinking *shrinking = context;
    return shrinking->interrupted || os_real_ns() >= shrinking->explorer->deadline_ns;
}

uint32_t tutti_explorer_shrink(struct tutti_explorer *explorer, bool *minimal)
{
    const struct tutti_explore_options *options = &explorer->options;
    struct shrinking shrinking = {.explorer = explorer};
    struct tutti_shrink shrink = {.fails = fails_alike, .context = &shrinking, .enough = enough};
    int64_t hang_ns = explorer->hang_ns;
    shrink.tries_max = options->shrink_tries_max ? options->shrink_tries_max : SHRINK_TRIES_DEFAULT;
    explorer->deadline_ns = tutti_time_add(
        os_real_ns(), options->shrink_max_ns ? options->shrink_max_ns : SHRINK_DEFAULT_NS);
    if (explorer->verdict.kind == TUTTI_VERDICT_HANG && hang_ns > SHRINK_HANG_NS) {
        explorer->hang_ns = SHRINK_HANG_NS;
    }
    if (explorer->verdict.kind != TUTTI_VERDICT_NONDETERMINISM) {
        tutti_shrink(&shrink, &explorer->takes);
    }
    explorer->hang_ns = hang_ns;
    explorer->deadline_ns = TUTTI_NEVER;
    if (minimal) *minimal = shrink.minimal;
    return shrink.tries;
}
