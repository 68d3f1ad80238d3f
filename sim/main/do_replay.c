/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The run of a list, compared with another trace or with itself. */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/core/error.h"
#include "tutti/instruments/read.h"
#include "tutti/instruments/trace_check.h"

/* How many events the trace has; 0 when it cannot be read. */
static uint64_t count_events(const char *path)
{
    struct tutti_reader *reader;
    const struct tutti_trace_record *record;
    uint64_t count = 0;
    int rc = tutti_reader_open(&reader, path);
    while (rc >= 0 && (rc = tutti_reader_next(reader, &record)) == 1) {
        count++;
    }
    tutti_reader_close(reader);
    return count;
}

/* The trace to compare with must be there, be a trace, and be of this program; its seed and limits
 * are ours if none were given.                                                                   */
static int look_at_against(struct settings *settings)
{
    struct tutti_reader *reader;
    int rc = tutti_reader_open(&reader, settings->against);
    if (rc == 0) rc = tutti_reader_belongs(reader, settings->program);
    if (rc < 0) {
        rc = bad(settings, "%s", tutti_reader_error(reader));
    } else {
        const struct tutti_trace_start *start = tutti_reader_start(reader);
        if (!settings->seed_given) settings->options.seed = strtoull(start->seed, NULL, 0);
        if (!settings->steps_given && start->steps_max > 0) {
            settings->steps_max = (uint64_t)start->steps_max;
        }
        if (!settings->stack_size && start->stack_size >= TUTTI_STACK_SIZE_MIN &&
            start->stack_size <= TUTTI_STACK_SIZE_MAX) {
            settings->stack_size = (uint64_t)start->stack_size;
        }
    }
    tutti_reader_close(reader);
    return rc;
}

/* The further runs: each must be the first again. */
static int repeat(struct performance *performance, struct tutti_explorer *explorer,
                  const struct tutti_list *list, const char *first)
{
    const struct settings *settings = performance->settings;
    struct tutti_verdict verdict;
    char path[512], name[32];
    int error, rc = 0;
    if (settings->times == 1) return 0;
    if (!os_temporary(path, sizeof path, &error)) {
        return bad(settings, "no temporary file: %s", tutti_error_text(error));
    }
    for (uint64_t i = 1; i < settings->times && rc == 0; i++) {
        rc = performance_replay(performance, explorer, list, path, true, &verdict);
        snprintf(name, sizeof name, "run %llu", (unsigned long long)i + 1);
        struct named_trace one = {first, "run 1"}, other = {path, name};
        if (rc == 0) rc = traces_compare(one, other, NULL);
        if (rc == EXIT_FOUND) tell_unstable();
    }
    os_remove(path);
    return rc;
}

/* Says how the comparisons came out. */
static int compare(struct performance *performance, struct tutti_explorer *explorer,
                   const struct tutti_list *list, const char *path)
{
    const struct settings *settings = performance->settings;
    struct grouped text;
    const char *called = settings->called ? settings->called : settings->against;
    struct named_trace old = {settings->against, called}, new = {path, "this run"};
    bool cut = false;
    int rc = settings->against ? traces_compare(old, new, &cut) : 0;
    if (rc == EXIT_FOUND) tell_choice(settings->against, path);
    if (rc == 0) rc = repeat(performance, explorer, list, path);
    if (rc == 0 && (settings->against || settings->times > 1)) {
        printf("identical%s, %s events", cut ? " as far as it goes" : "",
               grouped(&text, count_events(cut ? settings->against : path)));
        if (cut) printf(" (the trace has no run.end)");
        if (settings->times > 1) printf(", %llu times", (unsigned long long)settings->times);
        printf("\n");
    }
    return rc;
}

static int replay(const struct settings *settings, const struct tutti_list *list, const char *path)
{
    struct performance performance;
    struct tutti_explorer *explorer;
    struct tutti_verdict verdict;
    int rc = performance_open(&performance, &explorer, settings, settings->test);
    if (rc != 0) return rc;
    if (!settings->quiet) tell_seed(settings);
    rc = performance_replay(&performance, explorer, list, path, false, &verdict);
    bool ran = rc == 0 || performance.incomplete;
    if (ran && verdict.kind == TUTTI_VERDICT_MISMATCH) {
        if (settings->against) tell_choice(settings->against, path);
        rc =
            bad(settings,
                "test %s: %s: it is of another test (name it with --test=), of another program, or "
                "of another version of it (then explore again)",
                settings->test->name, verdict.message);
    } else if (ran) {
        printf("%s: ", settings->test->name);
        tell_verdict(&verdict);
        if (!settings->quiet) tell_stacks(&performance);
        if (rc == 0) rc = compare(&performance, explorer, list, path);
        ran = rc == 0 || performance.incomplete;
        if (ran && verdict.kind != TUTTI_VERDICT_OK) rc = EXIT_FOUND;
        if (settings->audit && audit_tell(performance.audit, settings) > 0 && rc == 0) {
            rc = EXIT_FOUND;
        }
    }
    performance_close(&performance, explorer);
    return rc;
}

/* The list, of the command line or of the file that it names: one too long for a command line. Its
 * numbers are to be freed. Returns 0, or EXIT_BAD after a line on standard error.               */
static int read_list(const struct settings *settings, struct tutti_list *list)
{
    const char *name = settings->list + 1, *text = settings->list;
    char message[240], *all = NULL;
    size_t length;
    int error, rc = 0;
    if (settings->list[0] == '@') {
        text = all = read_all(strcmp(name, "-") == 0 ? "/dev/stdin" : name, &length, &error);
        if (!all) return bad(settings, "%s cannot be read: %s", name, tutti_error_text(error));
        while (length > 0 && strchr(" \t\r\n", all[length - 1]))
            all[--length] = '\0';
    }
    list->room = (uint32_t)(strlen(text) / 2 + 1);
    list->numbers = calloc(list->room, sizeof *list->numbers);
    if (!list->numbers) {
        rc = bad(settings, "out of memory (free some)");
    } else if (tutti_list_parse(list, text, message, sizeof message) < 0) {
        rc = bad(settings, "%s%s%s", all ? name : "", all ? ": " : "", message);
    }
    free(all);
    return rc;
}

int do_replay(struct settings *settings)
{
    char temporary[512];
    struct tutti_list list = {.numbers = NULL};
    int error, rc = read_list(settings, &list);
    if (rc == 0 && settings->against) rc = look_at_against(settings);
    if (rc == 0 && !settings->test_named && !settings->quiet && tutti_tests[1].name) {
        printf("test %s, the first (--test names another)\n", settings->test->name);
    }
    if (rc == 0 && settings->trace) {
        rc = replay(settings, &list, settings->trace);
    } else if (rc == 0 && !os_temporary(temporary, sizeof temporary, &error)) {
        rc = bad(settings, "no temporary file: %s", tutti_error_text(error));
    } else if (rc == 0) {
        rc = replay(settings, &list, temporary);
        os_remove(temporary);
    }
    free(list.numbers);
    return rc;
}
