/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One run of a test with its trace. */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/core/error.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/trace.h"
#include "tutti/instruments/trace_check.h"

enum { TRACE_LEVEL = 3 };

static int open_trace(struct performance *performance)
{
    const struct settings *settings = performance->settings;
    struct tutti_trace_header header = {.prog = tutti_base_name(settings->program),
                                        .test = performance->rehearsal.arg,
                                        .args = settings->arguments,
                                        .world = "sim",
                                        .policy = "replay",
                                        .list = performance->list,
                                        .seed = performance->rehearsal.sim.seed};
    int rc = tutti_trace_open(&performance->trace, performance->path, &header, TRACE_LEVEL);
    if (rc == 0) return 0;
    performance->trace = NULL; /* the parent will miss it */
    return rc;
}

/* A tutti_run_once: in the child. */
static void perform(void *context, struct tutti_picker *picker, struct tutti_verdict *verdict)
{
    struct performance *performance = context;
    struct tutti_trace_result result;
    if (!performance->path || open_trace(performance) < 0) {
        tutti_rehearse(&performance->rehearsal, picker, verdict);
        return;
    }
    performance->rehearsal.sim.world.sink = tutti_trace_sink(performance->trace);
    tutti_rehearse(&performance->rehearsal, picker, verdict);
    struct tutti_trace *trace = performance->trace;
    performance->trace = NULL;
    performance->rehearsal.sim.world.sink = NULL;
    if (tutti_trace_close(trace, &result) < 0) fprintf(stderr, "%s\n", result.message);
}

/* In a child that crashes: what happened so far is worth having. */
static void save_trace(void *context)
{
    const struct performance *performance = context;
    if (performance->trace) (void)tutti_trace_flush(performance->trace);
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
    options.last_words = save_trace;
    if (tutti_explorer_open(explorer, &options, perform, performance) == 0) return 0;
    tutti_sim_world_close(&performance->rehearsal.sim);
    return bad(settings, "out of memory (free some)");
}

void performance_close(struct performance *performance, struct tutti_explorer *explorer)
{
    tutti_explorer_close(explorer);
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
    performance->list = text;
    int rc = tutti_explorer_replay(explorer, list, silent, verdict);
    performance->path = performance->list = NULL;
    free(text);
    if (rc == TUTTI_EABANDONED) {
        fprintf(stderr, "interrupted\n");
        return EXIT_INTERRUPTED;
    }
    if (rc < 0) return bad(settings, "no process could be started: %s", tutti_error_text(rc));
    if (path && !os_exists(path)) {
        return bad(settings, "the trace %s cannot be written (name another with --trace=FILE)",
                   path);
    }
    return 0;
}

int traces_compare(const char *a, const char *b)
{
    struct tutti_trace_difference difference;
    int rc = tutti_trace_compare(a, b, &difference);
    if (rc == 0) return 0;
    if (rc < 0) {
        fprintf(stderr, "the traces cannot be compared: %s\n", difference.message);
        return EXIT_BAD;
    }
    printf("the traces differ in line %llu:\n  %s: %s\n  %s: %s\n",
           (unsigned long long)difference.line, a,
           difference.a[0] ? difference.a : "(no such line)", b,
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
