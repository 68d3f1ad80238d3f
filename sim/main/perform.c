/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One run of a test with its trace. */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/core/error.h"
#include "tutti/instruments/dump.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/trace.h"
#include "tutti/instruments/trace_check.h"

enum { TRACE_LEVEL = 3 };
/* A longer dump is cut. */
enum { STACKS_SIZE = 32 * 1024 };

static char *deadlocked; /* where a deadlock's stacks go; the hook has no argument */

static int open_trace(struct performance *performance)
{
    const struct settings *settings = performance->settings;
    struct tutti_trace_header header = {.prog = tutti_base_name(settings->program),
                                        .test = performance->rehearsal.arg,
                                        .args = settings->arguments,
                                        .world = "sim",
                                        .policy = "replay",
                                        .list = performance->list,
                                        .seed = performance->rehearsal.sim.seed,
                                        .steps_max = settings->steps_max,
                                        .stack_size = settings->stack_size};
    if (header.steps_max == 0) header.steps_max = INT64_MAX; /* no bound: no run has so many */
    int rc = tutti_trace_open(&performance->trace, performance->path, &header, TRACE_LEVEL);
    if (rc == 0) return 0;
    performance->trace = NULL;
    *performance->trace_error = rc;
    return rc;
}

/* Who listens to the run: nobody, the trace, the audit, or both. */
static struct tutti_sink *listeners(struct performance *performance)
{
    struct tutti_trace *trace = performance->trace;
    struct tutti_sink *audit = performance->audit ? audit_begin(performance->audit) : NULL;
    if (!trace) return audit;
    if (!audit) return tutti_trace_sink(trace);
    tutti_tee_init(&performance->tee);
    int rc = tutti_tee_add(&performance->tee, tutti_trace_sink(trace));
    if (rc == 0) rc = tutti_tee_add(&performance->tee, audit);
    return rc == 0 ? &performance->tee.sink : audit;
}

/* At a deadlock, in the child: what its tasks do, with their stacks, but for the first line, which
 * counts them. */
static void keep_stacks(void)
{
    struct tutti_text dump = {0};
    const char *tasks = tutti_dump(&dump) == 0 ? strchr(dump.bytes, '\n') : NULL;
    if (tasks) snprintf(deadlocked, STACKS_SIZE, "%s", tasks + 1);
    tutti_text_free(&dump);
}

/* A tutti_run_once: in the child. */
static void perform(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    struct performance *performance = context;
    if (performance->path) (void)open_trace(performance); /* a failure is told by trace_error */
    performance->rehearsal.sim.world.sink = listeners(performance);
    performance->rehearsal.sim.options.deadlock = performance->stacked ? keep_stacks : NULL;
    deadlocked = performance->stacks;
    tutti_rehearse(&performance->rehearsal, picker, verdict);
    performance->rehearsal.sim.world.sink = NULL;
    if (performance->audit) audit_end(performance->audit, picker);
    struct tutti_trace *trace = performance->trace;
    if (!trace) return;
    performance->trace = NULL;
    *performance->trace_error = tutti_trace_close(trace, NULL);
}

/* In a child that crashes: what happened so far is worth having. */
static void save_trace(void *context)
{
    const struct performance *performance = context;
    if (performance->trace) *performance->trace_error = tutti_trace_flush(performance->trace);
}

static int call_test(void *arg)
{
    for (const struct tutti_test *test = tutti_tests; test->name; test++) {
        if (test->name == arg) return test->main(NULL);
    }
    return TUTTI_EINVALID;
}

int performance_open(struct performance *performance, struct tutti_explorer **explorer,
                     const struct settings *settings, const struct tutti_test *test)
{
    struct tutti_explore_options options = settings->options;
    *performance = (struct performance){.settings = settings};
    *explorer = NULL;
    performance->rehearsal.main = call_test;
    performance->rehearsal.arg = (void *)(uintptr_t)test->name;
    if (tutti_sim_world_open(&performance->rehearsal.sim, options.seed) < 0) {
        return bad(settings, "out of memory (free some)");
    }
    performance->rehearsal.sim.options.steps_max = settings->steps_max;
    performance->rehearsal.sim.options.stack_size = settings->stack_size;
    options.last_words = save_trace;
    options.place = tutti_stack_print;
    performance->trace_error = os_shared(sizeof *performance->trace_error);
    performance->stacks = os_shared(STACKS_SIZE);
    if (settings->audit) performance->audit = audit_open(options.jobs);
    if (performance->trace_error && performance->stacks &&
        !performance->audit == !settings->audit &&
        tutti_explorer_open(explorer, &options, perform, performance) == 0) {
        return 0;
    }
    performance_close(performance, NULL);
    return bad(settings, "out of memory (free some)");
}

void performance_close(struct performance *performance, struct tutti_explorer *explorer)
{
    tutti_explorer_close(explorer);
    audit_close(performance->audit);
    os_unshare((void *)performance->trace_error, sizeof *performance->trace_error);
    os_unshare(performance->stacks, STACKS_SIZE);
    tutti_sim_world_close(&performance->rehearsal.sim);
}

int performance_replay(struct performance *performance, struct tutti_explorer *explorer,
                       const struct tutti_list *list, const char *path, bool silent,
                       struct tutti_verdict *verdict)
{
    const struct settings *settings = performance->settings;
    char *text = list_text(list);
    if (path) os_remove(path); /* what is there afterwards is of this run */
    performance->path = path;
    performance->stacked = !silent;
    *performance->trace_error = 0;
    performance->list = text;
    int rc = tutti_explorer_replay(explorer, list, silent, verdict);
    performance->path = performance->list = NULL;
    performance->stacked = false;
    free(text);
    if (rc == TUTTI_EABANDONED) {
        fprintf(stderr, "interrupted\n");
        return EXIT_INTERRUPTED;
    }
    if (rc < 0) return bad(settings, "no process could be started: %s", tutti_error_text(rc));
    if (*performance->trace_error < 0) {
        performance->incomplete = true;
        return bad(settings,
                   "the trace %s could not be written: %s; it is incomplete and was not compared "
                   "(make room, or write it elsewhere with --trace=FILE)",
                   path, tutti_error_text(*performance->trace_error));
    }
    if (path && !os_exists(path)) {
        return bad(settings, "the trace %s cannot be written (name another with --trace=FILE)",
                   path);
    }
    return 0;
}

/* Is there no run.end in it? */
static bool is_cut(const char *path)
{
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    int rc = tutti_reader_open(&reader, path);
    while (rc >= 0 && (rc = tutti_reader_next(reader, &record)) == 1) {
    }
    bool cut = rc == 0 && tutti_reader_unended(reader);
    tutti_reader_close(reader);
    return cut;
}

int traces_compare(struct named_trace a, struct named_trace b, bool *cut)
{
    struct tutti_trace_difference difference;
    int rc = tutti_trace_compare(a.path, b.path, &difference);
    if (rc == 0) return 0;
    if (rc < 0) {
        fprintf(stderr, "the traces cannot be compared: %s\n", difference.message);
        return EXIT_BAD;
    }
    if (cut && !difference.a[0] && is_cut(a.path)) {
        *cut = true;
        return 0;
    }
    printf("the traces differ in line %llu:\n  %s: %s\n  %s: %s\n",
           (unsigned long long)difference.line, a.name,
           difference.a[0] ? difference.a : "(no such line)", b.name,
           difference.b[0] ? difference.b : "(no such line)");
    return EXIT_FOUND;
}

char *list_text(const struct tutti_list *list)
{
    size_t size = tutti_list_print(list, NULL, 0) + 1;
    char *text = malloc(size);
    if (text) tutti_list_print(list, text, size);
    return text;
}
