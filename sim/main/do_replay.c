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

/* The trace to compare with must be there, be a trace, and be of this program; its seed is ours if
 * none was given.                                                                                */
static int look_at_against(struct settings *settings)
{
    struct tutti_reader *reader;
    int rc = tutti_reader_open(&reader, settings->against);
    if (rc == 0) rc = tutti_reader_belongs(reader, settings->program);
    if (rc < 0) {
        rc = bad(settings, "%s", tutti_reader_error(reader));
    } else if (!settings->seed_given) {
        settings->options.seed = strtoull(tutti_reader_start(reader)->seed, NULL, 0);
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
    struct named_trace old = {settings->against, settings->against}, new = {path, "this run"};
    bool cut = false;
    int rc = settings->against ? traces_compare(old, new, &cut) : 0;
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
        rc = bad(settings, "test %s: %s (is it of this program, this test and this version?)",
                 settings->test->name, verdict.message);
    } else if (ran) {
        printf("%s: ", settings->test->name);
        tell_verdict(&verdict);
        if (rc == 0) rc = compare(&performance, explorer, list, path);
        ran = rc == 0 || performance.incomplete;
        if (ran && verdict.kind != TUTTI_VERDICT_OK) rc = EXIT_FOUND;
    }
    performance_close(&performance, explorer);
    return rc;
}

int do_replay(struct settings *settings)
{
    char message[240], temporary[512];
    struct tutti_list list = {.room = (uint32_t)(strlen(settings->list) / 2 + 1)};
    int error;
    list.numbers = calloc(list.room, sizeof *list.numbers);
    if (!list.numbers) return bad(settings, "out of memory (free some)");
    int rc = tutti_list_parse(&list, settings->list, message, sizeof message);
    if (rc < 0) rc = bad(settings, "%s", message);
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
