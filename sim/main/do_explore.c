/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The search, and the story of what it found. */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/core/error.h"
#include "tutti/instruments/read.h"
#include "tutti/sim/shrink.h"

/* An argument may have 128 KiB on Linux. */
enum { ARGUMENT_MAX = 100000 };
/* A terminal's line is rewritten so often; elsewhere a line is added so often. */
#define TERMINAL_NS (200 * TUTTI_MS)
#define PLAIN_NS    (5 * TUTTI_S)

static void show_progress(void *context, const struct tutti_progress *progress)
{
    const bool *terminal = context;
    struct grouped runs, speed, longest, all;
    fprintf(stderr, "%s%s runs", *terminal ? "\r" : "", grouped(&runs, progress->runs));
    bool counts = tutti_strategy_resumes(progress->phase.strategy) ||
                  progress->phase.strategy == TUTTI_STRATEGY_DPOR;
    if (counts && progress->estimate > 0) {
        fprintf(stderr, " of about %s",
                about(&all, progress->estimate + (double)(progress->runs - progress->phase_runs)));
    }
    fprintf(stderr, ", %s runs/s, longest list %s, %.0f s, nothing found%s",
            grouped(&speed, progress->per_second), grouped(&longest, progress->longest),
            (double)progress->elapsed_ns / 1e9, *terminal ? "\x1b[K" : "\n");
    (void)fflush(stderr);
}

static void say(void *context, const char *line)
{
    (void)context;
    if (os_terminal()) fputs("\r\x1b[K", stderr);
    printf("%s\n", line);
    (void)fflush(stdout);
}

static void announce(const struct settings *settings, const struct kept *kept)
{
    struct grouped runs;
    const struct tutti_explore_options *options = &settings->options;
    printf("test %s%s\n", settings->test->name,
           settings->test_named || !tutti_tests[1].name ? ""
                                                        : ", the first (--test names another)");
    tell_strategy(settings);
    tell_bounds(stdout, &options->bounds);
    printf("\n");
    tell_seed(settings);
    if (kept->there) {
        printf("going on with %s, after %s runs\n", settings->resume,
               grouped(&runs, kept->frontier.runs));
    } else if (settings->resume) {
        printf("%s is not there: the search begins\n", settings->resume);
    }
    (void)fflush(stdout);
}

/* A name that is safe in any shell and on any disk. */
static char *default_trace(const struct settings *settings)
{
    const char *base = tutti_base_name(settings->program);
    size_t size = strlen(base) + strlen(settings->test->name) + sizeof "..trace.jsonl";
    char *path = malloc(size);
    if (!path) return NULL;
    snprintf(path, size, "%s.%s.trace.jsonl", base, settings->test->name);
    for (char *at = path; *at; at++) {
        if (*at == '/' || *at == ' ' || (unsigned char)*at < ' ') *at = '_';
    }
    return path;
}

enum same { SAME_UNKNOWN, SAME_NOT, SAME };

/* Are two runs by the finding's list the same, each in a process that made none before? */
static enum same same_apart(struct performance *performance, struct tutti_explorer *explorer)
{
    const struct tutti_list *list = tutti_explorer_list(explorer);
    struct tutti_verdict verdict;
    struct named_trace traces[] = {{.name = "the first"}, {.name = "the second"}};
    char paths[2][512];
    int rc = 0, error, count = 0;
    for (; rc == 0 && count < 2; count++) {
        traces[count].path = paths[count];
        if (!os_temporary(paths[count], sizeof paths[count], &error)) break;
        rc = performance_replay(performance, explorer, list, paths[count], true, &verdict);
    }
    if (count < 2 && rc == 0) rc = EXIT_BAD;
    if (rc == 0) rc = traces_compare(traces[0], traces[1], NULL);
    while (count-- > 0)
        os_remove(paths[count]);
    if (rc == EXIT_FOUND) return SAME_NOT;
    return rc == 0 ? SAME : SAME_UNKNOWN;
}

/* The same choices did not give the same run: was it what the runs before left behind? */
static void tell_likely_cause(struct performance *performance, struct tutti_explorer *explorer)
{
    enum tutti_isolate isolate = performance->settings->options.isolate;
    enum same same = SAME_UNKNOWN;
    if (isolate == TUTTI_ISOLATE_SEARCH) same = same_apart(performance, explorer);
    if (isolate == TUTTI_ISOLATE_FORK || same == SAME_NOT) {
        tell_unstable();
    } else {
        printf("likely cause: state left in globals from one run to the next (%s);\n"
               "--isolate=fork gives each run a process of its own\n",
               same == SAME ? "two runs in processes of their own are the same"
                            : "else: time, random numbers or addresses read around tutti");
    }
}

/* Shrinks, and says what came of it. */
static void shrink(const struct settings *settings, struct tutti_explorer *explorer)
{
    const struct tutti_takes *takes = tutti_explorer_takes(explorer);
    struct tutti_goodness before = tutti_goodness_of(takes);
    bool minimal;
    char *text = list_text(tutti_explorer_list(explorer));
    bool small = text && strlen(text) <= ARGUMENT_MAX;
    if (small && !settings->quiet) printf("list as found: %s\n", text);
    free(text);
    (void)fflush(stdout);
    if (before.length == 0) {
        printf("this is the plain run: there is nothing to shrink\n");
        return;
    }
    uint32_t tries = tutti_explorer_shrink(explorer, &minimal);
    struct tutti_goodness after = tutti_goodness_of(takes);
    printf("shrunk: %u choice%s -> %u: %u cancellation%s, ", before.length,
           before.length == 1 ? "" : "s", after.length, after.cancels,
           after.cancels == 1 ? "" : "s");
    if (after.faults) printf("%u failure%s, ", after.faults, after.faults == 1 ? "" : "s");
    if (after.lags) printf("%u early timer%s, ", after.lags, after.lags == 1 ? "" : "s");
    printf("%u other (%u runs%s)\n", after.turns + after.values, tries,
           minimal ? "" : "; stopped by its bounds, it may get smaller");
}

/* Replays the list, twice if that makes sense, and compares: same verdict, same bytes. Returns 0,
 * EXIT_FOUND: not deterministic; or why that is not known.                                       */
static int verify(struct performance *performance, struct tutti_explorer *explorer,
                  const struct tutti_list *list, const char *trace)
{
    const struct settings *settings = performance->settings;
    const struct tutti_verdict *found = tutti_explorer_verdict(explorer);
    struct tutti_verdict verdict;
    char again[512];
    int error;
    int rc = performance_replay(performance, explorer, list, trace, settings->quiet, &verdict);
    if (rc != 0) return rc;
    if (!tutti_verdict_alike(found, &verdict)) {
        printf("not deterministic: replayed, the list gives: ");
        tell_verdict(&verdict);
        tell_likely_cause(performance, explorer);
        return EXIT_FOUND;
    }
    if (!settings->quiet) {
        printf("replayed: ");
        tell_verdict(&verdict);
    }
    if (found->kind == TUTTI_VERDICT_HANG) return 0; /* where it was interrupted is chance */
    if (!os_temporary(again, sizeof again, &error)) {
        return bad(settings, "no temporary file: %s", tutti_error_text(error));
    }
    rc = performance_replay(performance, explorer, list, again, true, &verdict);
    struct named_trace first = {trace, "the first"}, second = {again, "the second"};
    if (rc == 0) rc = traces_compare(first, second, NULL);
    if (rc == EXIT_FOUND) {
        printf("not deterministic: two replays of the list are not the same run\n");
        tell_unstable();
    } else if (rc == 0 && !settings->quiet) {
        printf("verified: two replays give the same verdict and the same trace\n");
    }
    os_remove(again);
    return rc;
}

/* Says the list. If it is too long for a command line it goes into a file beside the trace; then
 * returns what names it there, to be freed.                                                      */
static char *tell_list(const struct settings *settings, const char *text, const char *trace)
{
    size_t length = strlen(text), size = strlen(trace) + sizeof "@.list";
    char *argument = length > ARGUMENT_MAX ? malloc(size) : NULL;
    if (!argument) {
        printf("choice list: %s\n", text);
        return NULL;
    }
    snprintf(argument, size, "@%s.list", trace);
    int error = write_all(argument + 1, text, length);
    if (error == 0) {
        printf("choice list: %zu bytes, in %s\n", length, argument + 1);
        return argument;
    }
    (void)bad(settings, "the choice list cannot be written to %s: %s", argument + 1,
              tutti_error_text(error));
    free(argument);
    return NULL;
}

/* Everything about the finding. */
static int tell_finding(struct performance *performance, struct tutti_explorer *explorer,
                        const char *trace)
{
    const struct settings *settings = performance->settings;
    const struct tutti_verdict *found = tutti_explorer_verdict(explorer);
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    struct grouped runs;
    printf("%sfound in run %s: ", settings->quiet ? "" : "\n", grouped(&runs, progress.found_run));
    tell_verdict(found);
    if (settings->options.jobs > 1 && tutti_strategy_resumes(progress.phase.strategy) &&
        !settings->quiet) {
        printf("(the first that one of %u jobs found: another time it may be another)\n",
               settings->options.jobs);
    }
    bool unstable = found->kind == TUTTI_VERDICT_NONDETERMINISM;
    if (unstable && settings->resume && progress.runs == 1) {
        printf("likely cause: %s was kept by another version of the program or the test\n",
               settings->resume);
    } else if (unstable) {
        tell_likely_cause(performance, explorer);
    } else {
        shrink(settings, explorer);
    }
    const struct tutti_list *list = tutti_explorer_list(explorer);
    char *text = list_text(list);
    if (!text) return bad(settings, "out of memory (free some)");
    int rc = unstable ? EXIT_FOUND : verify(performance, explorer, list, trace);
    if (rc == 0 && !settings->quiet) tell_views(trace);
    if (rc == 0 && !settings->quiet) tell_stacks(performance);
    if (!settings->quiet) printf("\n");
    char *argument = tell_list(settings, text, trace);
    if (rc == 0) printf("trace: %s\n", trace);
    /* A list that does not make the run again is not offered. */
    if (rc != EXIT_FOUND)
        tell_commands(settings, argument ? argument : text, rc == 0 ? trace : NULL);
    free(argument);
    free(text);
    return EXIT_FOUND;
}

/* Searches, and tells what came of it. */
static int search(struct performance *performance, struct tutti_explorer *explorer,
                  const char *trace)
{
    const struct settings *settings = performance->settings;
    enum tutti_explore_end end = tutti_explorer_search(explorer);
    struct tutti_progress progress = tutti_explorer_progress(explorer);
    if (os_terminal() && !settings->quiet) fputs("\r\x1b[K", stderr);
    if (end == TUTTI_EXPLORE_FAILED) {
        return bad(settings, "no process or no memory for the search (free some)");
    }
    if (end == TUTTI_EXPLORE_FOUND) return tell_finding(performance, explorer, trace);
    int rc = tell_nothing(settings, end, &progress);
    if (!settings->resume) return rc;
    if (end != TUTTI_EXPLORE_COMPLETE && end != TUTTI_EXPLORE_BOUNDED) {
        int kept = kept_save(explorer, settings);
        return kept ? kept : rc;
    }
    os_remove(settings->resume); /* it is done: nothing is left to go on with */
    return rc;
}

int do_explore(const struct settings *given)
{
    struct settings settings = *given;
    struct performance performance;
    struct tutti_explorer *explorer;
    struct kept kept;
    bool terminal = os_terminal();
    char *named = settings.trace ? NULL : default_trace(&settings);
    if (!settings.trace && !named) return bad(&settings, "out of memory (free some)");
    int rc = kept_open(&kept, &settings);
    settings.resumed = kept.there;
    if (rc == 0 && !settings.quiet) {
        announce(&settings, &kept);
        settings.options.progress = show_progress;
        settings.options.progress_context = &terminal;
        settings.options.progress_ns = terminal ? TERMINAL_NS : PLAIN_NS;
        settings.options.say = say;
    }
    if (rc == 0) rc = performance_open(&performance, &explorer, &settings, settings.test);
    if (rc == 0) {
        if (kept.there) tutti_explorer_resume(explorer, &kept.frontier);
        rc = search(&performance, explorer, named ? named : settings.trace);
        if (settings.audit && rc != EXIT_BAD && audit_tell(performance.audit, &settings) > 0) {
            rc = EXIT_FOUND;
        }
        performance_close(&performance, explorer);
    }
    kept_close(&kept);
    free(named);
    return rc;
}
