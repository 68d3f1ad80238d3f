/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* --audit: which functions with TUTTI_ASYNC are no checkpoints, over all runs, and in which run.
 *
 * Several processes may make runs at the same time (--jobs), and each may be made anew after a
 * crash. So there are as many sheets as there are processes at a time: one takes a sheet that is
 * nobody's any more, and goes on with what is written there. In the end they are added up.       */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "tutti/instruments/audit.h"

/* Choices of a run that is kept as the one that shows a finding; of longer ones it is only said
 * that there are some.                                                                           */
enum { SHOWN_MAX = 4096 };
/* Besides the jobs: the process that began, and one that takes the place of a job that just died.
 */
enum { SHEETS_MORE = 2 };

struct shown {
    bool there;
    struct tutti_bounds bounds;
    uint32_t count, numbers[SHOWN_MAX];
};

/* What one process saw, and those that had its sheet before it. */
struct sheet {
    _Atomic uint32_t owner; /* the process; 0: nobody had it yet */
    struct tutti_audit seen;
    struct shown shown[TUTTI_AUDIT_FUNCTIONS]; /* the shortest list that shows it, by function */
};

/* In memory that the processes share: only touched pages are memory. */
struct audit {
    _Atomic uint64_t unseen; /* runs for which there was no sheet */
    uint32_t count;
    struct sheet sheets[];
};

static size_t size_of(uint32_t sheets)
{
    return sizeof(struct audit) + sheets * sizeof(struct sheet);
}

struct audit *audit_open(uint32_t jobs)
{
    uint32_t count = (jobs > 1 ? jobs : 1) + SHEETS_MORE;
    struct audit *audit = os_shared(size_of(count));
    if (!audit) return NULL;
    audit->count = count;
    for (uint32_t i = 0; i < count; i++)
        tutti_audit_init(&audit->sheets[i].seen);
    return audit;
}

void audit_close(struct audit *audit)
{
    if (audit) os_unshare(audit, size_of(audit->count));
}

/* The sheet of this process, if it has one. */
static struct sheet *own_sheet(struct audit *audit, uint32_t process)
{
    for (uint32_t i = 0; i < audit->count; i++) {
        if (atomic_load(&audit->sheets[i].owner) == process) return &audit->sheets[i];
    }
    return NULL;
}

static struct sheet *take_sheet(struct audit *audit, uint32_t process)
{
    for (uint32_t i = 0; i < audit->count; i++) {
        struct sheet *sheet = &audit->sheets[i];
        uint32_t owner = atomic_load(&sheet->owner);
        if (owner && os_process_lives(owner)) continue;
        if (atomic_compare_exchange_strong(&sheet->owner, &owner, process)) return sheet;
    }
    return NULL;
}

struct tutti_sink *audit_begin(struct audit *audit)
{
    uint32_t process = os_process();
    struct sheet *sheet = own_sheet(audit, process);
    if (!sheet) sheet = take_sheet(audit, process);
    if (!sheet) {
        (void)atomic_fetch_add(&audit->unseen, 1);
        return NULL;
    }
    tutti_audit_run(&sheet->seen);
    return &sheet->seen.sink;
}

/* Is a list with these numbers rather to be shown than that one? The shorter, or the first in the
 * order of the alphabet: it does not matter who came first. */
static bool is_better(uint32_t count, const uint32_t *numbers, const struct shown *than)
{
    if (!than->there || count != than->count) return !than->there || count < than->count;
    for (uint32_t i = 0; i < count; i++) {
        if (numbers[i] != than->numbers[i]) return numbers[i] < than->numbers[i];
    }
    return false;
}

static void keep(struct shown *shown, const struct tutti_picker *picker)
{
    const struct tutti_takes *takes = &picker->takes;
    uint32_t count = takes->count, numbers[SHOWN_MAX];
    while (count > 0 && takes->items[count - 1].number == 0)
        count--;
    if (count > SHOWN_MAX || (shown->there && shown->count < count)) return;
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = takes->items[i].number;
    if (!is_better(count, numbers, shown)) return;
    shown->there = true;
    shown->bounds = tutti_picker_bounds(picker);
    shown->count = count;
    memcpy(shown->numbers, numbers, count * sizeof *numbers);
}

void audit_end(struct audit *audit, const struct tutti_picker *picker)
{
    struct sheet *sheet = own_sheet(audit, os_process());
    for (uint32_t i = 0; sheet && i < sheet->seen.count; i++) {
        if (sheet->seen.functions[i].fresh) keep(&sheet->shown[i], picker);
    }
}

/* Adds one function's numbers to those of a sheet. */
static void add_function(struct sheet *to, const struct tutti_audited *function,
                         const struct shown *shown)
{
    uint32_t at = 0;
    while (at < to->seen.count && to->seen.functions[at].site != function->site)
        at++;
    if (at == TUTTI_AUDIT_FUNCTIONS) {
        to->seen.lost += function->calls;
        return;
    }
    struct tutti_audited *sum = &to->seen.functions[at];
    if (at == to->seen.count) {
        *sum = (struct tutti_audited){.site = function->site};
        to->seen.count++;
    }
    sum->calls += function->calls;
    sum->successes += function->successes;
    sum->uncancelled += function->uncancelled;
    sum->unscheduled += function->unscheduled;
    sum->failed += function->failed;
    if (shown->there && is_better(shown->count, shown->numbers, &to->shown[at])) {
        to->shown[at] = *shown;
    }
}

/* Adds all sheets up on the first. */
static struct sheet *add_up(struct audit *audit)
{
    struct sheet *sum = &audit->sheets[0];
    for (uint32_t i = 1; i < audit->count; i++) {
        struct sheet *sheet = &audit->sheets[i];
        for (uint32_t k = 0; k < sheet->seen.count; k++)
            add_function(sum, &sheet->seen.functions[k], &sheet->shown[k]);
        sum->seen.lost += sheet->seen.lost;
        sheet->seen.count = 0;
        sheet->seen.lost = 0;
    }
    return sum;
}

static int compare_places(const struct tutti_site *a, const struct tutti_site *b)
{
    int files = strcmp(a->file, b->file);
    if (files || a->line != b->line) return files ? files : a->line < b->line ? -1 : 1;
    return a < b ? -1 : a > b; /* two functions of one line */
}

/* The next function to be told of, by file and line: behind `before`, or the first. */
static uint32_t next_function(const struct tutti_audit *seen, const struct tutti_site *before)
{
    uint32_t next = seen->count;
    for (uint32_t i = 0; i < seen->count; i++) {
        const struct tutti_site *site = seen->functions[i].site;
        if (before && compare_places(site, before) <= 0) continue;
        if (next == seen->count || compare_places(site, seen->functions[next].site) < 0) next = i;
    }
    return next;
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
    struct sheet *sum = add_up(audit);
    const struct tutti_audit *seen = &sum->seen;
    struct grouped text;
    uint64_t calls = 0, unseen = atomic_load(&audit->unseen);
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
    if (unseen) {
        printf("audit: %s runs were not looked at: too many processes made them\n",
               grouped(&text, unseen));
    }
    uint32_t at = next_function(seen, NULL);
    for (; at < seen->count; at = next_function(seen, seen->functions[at].site)) {
        const struct tutti_audited *function = &seen->functions[at];
        if (function->failed) {
            tell_function(settings, function, &sum->shown[at]);
        } else if (function->successes == 0) {
            printf("%s:%u: %s never succeeded: nothing is known of it\n", function->site->file,
                   function->site->line, function->site->function);
        }
    }
    return findings;
}
