/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Words for people, of searches. A search that did not exhaust its bounds is never called complete.
 */
#include <string.h>

#include "program.h"
#include "tutti/sim/track.h"

/* What it does, with its bound. */
static void meaning_of(enum tutti_strategy strategy, uint32_t bound, char *text, size_t size)
{
    static const char *const meanings[TUTTI_STRATEGIES] = {
        [TUTTI_STRATEGY_DFS] = "all choices in order, depth first",
        [TUTTI_STRATEGY_RANDOM] = "choices by chance, from the seed on",
        [TUTTI_STRATEGY_PLAIN] = "one run, nothing out of the ordinary",
        [TUTTI_STRATEGY_DPOR] = "one run of each trace",
        [TUTTI_STRATEGY_URW] = "by chance, interleavings as likely as one another",
        [TUTTI_STRATEGY_POS] = "by chance, conflicts in any order",
        [TUTTI_STRATEGY_SURW] = "by chance, the steps of one object as likely in any order",
        [TUTTI_STRATEGY_PORTFOLIO] = "turns of several",
        [TUTTI_STRATEGY_AUTO] = "the plain run, its cancellations, then what fits the time"};
    const char *s = bound == 1 ? "" : "s";
    switch (strategy) {
    case TUTTI_STRATEGY_DELAYS:
        snprintf(text, size, "depth first, at most %u delay%s", bound, s);
        break;
    case TUTTI_STRATEGY_PREEMPTIONS:
        snprintf(text, size, "depth first, at most %u preemption%s", bound, s);
        break;
    case TUTTI_STRATEGY_CANCELS:
        snprintf(text, size, "the plain run with %u cancellation%s at every place", bound, s);
        break;
    case TUTTI_STRATEGY_CLEANUP:
        snprintf(text, size, "the plain run cancelled at every place, then a scope around that");
        break;
    case TUTTI_STRATEGY_DEADLINES:
        snprintf(text, size, "the plain run with %u timer%s early or in another order", bound, s);
        break;
    case TUTTI_STRATEGY_PCT:
        snprintf(text, size, "by chance, priorities that change %u time%s", bound - 1,
                 bound == 2 ? "" : "s");
        break;
    default:
        snprintf(text, size, "%s", meanings[strategy]);
    }
}

/* The bound that holds if none was said. */
static uint32_t bound_of(const struct tutti_explore_options *options)
{
    struct tutti_plan plan = {.phases = 0};
    struct tutti_plan_facts facts = {.strategy = options->strategy, .bound = options->bound};
    struct tutti_phase phase;
    (void)tutti_plan_next(&plan, &facts, &phase);
    return phase.bound;
}

void tell_strategy(const struct settings *settings)
{
    char text[96];
    enum tutti_strategy strategy = settings->options.strategy;
    meaning_of(strategy, bound_of(&settings->options), text, sizeof text);
    printf("strategy %s (%s), ", tutti_strategy_text(strategy), text);
    if (settings->options.jobs > 1) printf("%u jobs, ", settings->options.jobs);
}

void tell_coverage(const struct settings *settings, const struct tutti_coverage *coverage)
{
    struct grouped reached, cancelled;
    if (settings->options.bounds.cancels_max == 0) return;
    printf("cancel points reached %s, cancelled at %s", grouped(&reached, coverage->reached),
           grouped(&cancelled, coverage->cancelled));
    if (settings->options.bounds.cancels_max > 1) {
        printf(", pairs %s of %s", grouped(&cancelled, coverage->pairs_cancelled),
               grouped(&reached, coverage->pairs_reached));
    }
    if (settings->resumed) printf(" (since it was resumed)");
    printf("%s\n", coverage->more ? " (and more that were not counted)" : "");
}

/* Why runs are missing; NULL: all that the strategy has were made. */
static const char *why_not(enum tutti_explore_end end, enum tutti_strategy strategy)
{
    switch (end) {
    case TUTTI_EXPLORE_COMPLETE:
        return NULL;
    case TUTTI_EXPLORE_BOUNDED:
        return strategy == TUTTI_STRATEGY_PLAIN ? "the plain run only" : NULL;
    case TUTTI_EXPLORE_RUNS:
        return "--runs reached";
    case TUTTI_EXPLORE_TIME:
        return "--max-time reached";
    default:
        return "interrupted";
    }
}

static void tell_speed(const struct tutti_progress *progress)
{
    struct grouped speed;
    printf("%.1f s, %s runs/s", (double)progress->elapsed_ns / 1e9,
           grouped(&speed, progress->per_second));
    if (progress->memory) printf(", at most %.1f MB", (double)progress->memory / 1e6);
    printf("\n");
}

/* What was made, as a noun: of dpor, traces if it came to its end. */
static void tell_count(const struct tutti_progress *progress, bool all, uint64_t count)
{
    struct grouped runs, blocked;
    if (all && progress->phase.strategy == TUTTI_STRATEGY_DPOR) {
        printf("%s trace%s, %s blocked", grouped(&runs, progress->traces),
               progress->traces == 1 ? "" : "s", grouped(&blocked, progress->blocked));
    } else {
        printf("%s run%s", grouped(&runs, count), count == 1 ? "" : "s");
    }
}

/* Functions that a tracked program calls and that nobody looks into. */
static void tell_unseen(void)
{
    const char *const *unseen = tutti_track_unseen;
    if (!unseen && tutti_access_is_all_told()) {
        printf("not seen: what functions of other libraries touch\n");
    }
    if (!unseen || !*unseen) return;
    printf("not seen: what is touched by");
    for (; *unseen; unseen++) {
        printf(" %s", *unseen);
    }
    printf("\n");
}

int tell_nothing(const struct settings *settings, enum tutti_explore_end end,
                 const struct tutti_progress *progress)
{
    struct grouped all;
    enum tutti_strategy strategy = settings->options.strategy;
    const char *why = why_not(end, strategy), *word = why ? "partial" : "bounded";
    uint64_t count = why ? progress->runs : progress->phase_runs;
    char text[96];
    if (end == TUTTI_EXPLORE_COMPLETE) word = "complete";
    printf("%s: ", word);
    tell_count(progress, end == TUTTI_EXPLORE_COMPLETE, count);
    printf(" (");
    tell_bounds(stdout, &settings->options.bounds);
    printf(")");
    meaning_of(strategy, bound_of(&settings->options), text, sizeof text);
    if (end != TUTTI_EXPLORE_COMPLETE) printf(", nothing found; %s", why ? why : text);
    printf("\n");
    int code = end == TUTTI_EXPLORE_INTERRUPTED ? EXIT_INTERRUPTED : EXIT_NOTHING;
    if (settings->quiet) return code;
    tell_coverage(settings, &progress->coverage);
    if (progress->phase.strategy == TUTTI_STRATEGY_DPOR && !tutti_access_is_all_told()) {
        printf("memory that tasks share was seen where tutti_access() told of it only\n");
    }
    if (progress->phase.strategy == TUTTI_STRATEGY_DPOR) tell_unseen();
    if (progress->ids_read) {
        printf("the program asked for ids, or looked at the run as a whole: orders that only this "
               "tells apart were not tried\n");
    }
    bool counts = tutti_strategy_resumes(progress->phase.strategy) ||
                  progress->phase.strategy == TUTTI_STRATEGY_DPOR;
    if (why && counts && progress->estimate > 0) {
        printf("about %s runs are all of strategy %s\n", about(&all, progress->estimate),
               tutti_strategy_text(progress->phase.strategy));
    }
    tell_speed(progress);
    return code;
}
