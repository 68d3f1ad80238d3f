/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* --audit: which functions with TUTTI_ASYNC are no checkpoints, over all runs, and in which run. */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/instruments/audit.h"

/* Choices of a run that is kept as the one that shows a finding; of longer ones it is only said
 * that there are some.                                                                           */
enum { SHOWN_MAX = 4096 };

struct shown {
    bool there;
    struct tutti_bounds bounds;
    uint32_t count, numbers[SHOWN_MAX];
};

/* In memory that the processes share: only touched pages are memory. */
struct audit {
    struct tutti_audit seen;
    struct shown shown[TUTTI_AUDIT_FUNCTIONS]; /* the shortest list that shows it, by function */
};

struct audit *audit_open(void)
{
    struct audit *audit = os_shared(sizeof *audit);
    if (audit) tutti_audit_init(&audit->seen);
    return audit;
}

void audit_close(struct audit *audit)
{
    if (audit) os_unshare(audit, sizeof *audit);
}

struct tutti_sink *audit_begin(struct audit *audit)
{
    tutti_audit_run(&audit->seen);
    return &audit->seen.sink;
}

static void keep(struct shown *shown, const struct tutti_picker *picker)
{
    const struct tutti_takes *takes = &picker->takes;
    uint32_t count = takes->count;
    while (count > 0 && takes->items[count - 1].number == 0)
        count--;
    if (count > SHOWN_MAX || (shown->there && shown->count <= count)) return;
    shown->there = true;
    shown->bounds = tutti_picker_bounds(picker);
    shown->count = count;
    for (uint32_t i = 0; i < count; i++) {
        shown->numbers[i] = takes->items[i].number;
    }
}

void audit_end(struct audit *audit, const struct tutti_picker *picker)
{
    for (uint32_t i = 0; i < audit->seen.count; i++) {
        if (audit->seen.functions[i].fresh) keep(&audit->shown[i], picker);
    }
}

static const char *what_is_missing(const struct tutti_audited *function)
{
    if (function->uncancelled == 0) return "no schedule point";
    if (function->unscheduled == 0) return "no cancel point";
    return function->failed == function->uncancelled && function->failed == function->unscheduled
               ? "neither a cancel point nor a schedule point"
               : "a cancel point or a schedule point missing";
}

static void tell_function(const struct settings *settings, const struct tutti_audited *function,
                          struct shown *shown)
{
    struct grouped failed, successes;
    printf("%s:%u: %s returned success without being a checkpoint (%s), in %s of %s successful "
           "calls\n",
           function->site->file, function->site->line, function->site->function,
           what_is_missing(function), grouped(&failed, function->failed),
           grouped(&successes, function->successes));
    if (!shown->there) {
        printf("  only in runs of more than %d choices\n", SHOWN_MAX);
        return;
    }
    struct tutti_list list = {.bounds = shown->bounds,
                              .numbers = shown->numbers,
                              .count = shown->count,
                              .room = shown->count};
    char *text = list_text(&list);
    if (text && settings->command == COMMAND_EXPLORE) {
        printf("  in the run ");
        tell_replay(settings, text, " --audit");
    }
    free(text);
}

uint32_t audit_tell(struct audit *audit, const struct settings *settings)
{
    const struct tutti_audit *seen = &audit->seen;
    struct grouped text;
    uint64_t calls = 0;
    uint32_t findings = 0;
    for (uint32_t i = 0; i < seen->count; i++) {
        calls += seen->functions[i].calls;
        findings += seen->functions[i].failed > 0;
    }
    printf("audit: %s calls of %u function%s with TUTTI_ASYNC%s\n", grouped(&text, calls),
           seen->count, seen->count == 1 ? "" : "s",
           seen->count && !findings ? ": each that succeeded was a checkpoint" : "");
    if (seen->lost) {
        printf("audit: %s calls of further functions were not looked at: there is room for %d\n",
               grouped(&text, seen->lost), TUTTI_AUDIT_FUNCTIONS);
    }
    for (uint32_t i = 0; i < seen->count; i++) {
        const struct tutti_audited *function = &seen->functions[i];
        if (function->failed) {
            tell_function(settings, function, &audit->shown[i]);
        } else if (function->successes == 0) {
            printf("%s:%u: %s never succeeded: nothing is known of it\n", function->site->file,
                   function->site->line, function->site->function);
        }
    }
    return findings;
}
