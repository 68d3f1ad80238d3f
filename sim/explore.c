/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/sim/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/core/task.h"
#include "tutti/sim/explore_priv.h"
#include "tutti/sim/shrink.h"

#define HANG_DEFAULT_NS   (10 * TUTTI_S)
#define SHRINK_DEFAULT_NS (30 * TUTTI_S)
/* A run that hangs is tried many times by the shrinker; other runs take microseconds. */
#define SHRINK_HANG_NS TUTTI_S
enum { SHRINK_TRIES_DEFAULT = 10000 };

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
    if (made->options.jobs < 1) made->options.jobs = 1;
    if (made->options.jobs > TUTTI_JOBS_MAX) made->options.jobs = TUTTI_JOBS_MAX;
    made->stage_size = sizeof *made->stage + made->options.jobs * sizeof *made->stage->jobs;
    made->stage = os_map_shared(made->stage_size);
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
    os_unmap(explorer->stage, explorer->stage_size);
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

void explore_last_words(void *context)
{
    const struct tutti_explorer *explorer = context;
    if (explorer->options.last_words) explorer->options.last_words(explorer->context);
}

/* The verdict on a run that did not come to its end. */
void explore_judge_child(const struct tutti_explorer *explorer, const struct child *child,
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
    if (!words->panicked) snprintf(verdict->place, sizeof verdict->place, "%.399s", words->place);
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
                          .last_words = explore_last_words,
                          .place = explorer->options.place};
    const struct child_watch watch = {.deadline_ns = explorer->deadline_ns};
    tutti_pick_replay_init(&stage->replay, bounds, stage->replayed, TUTTI_LIST_MAX, wanted, loose);
    if (explorer->options.isolate == TUTTI_ISOLATE_NONE) {
        replay_work(explorer);
        return 0;
    }
    os_children_run(&child, 1, &watch);
    if (child.end == CHILD_NONE) return child.number;
    if (child.end == CHILD_INTERRUPTED || child.end == CHILD_LATE) return TUTTI_EABANDONED;
    if (child.end != CHILD_DONE) explore_judge_child(explorer, &child, &stage->verdict);
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
