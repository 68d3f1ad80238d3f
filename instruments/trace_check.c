/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tutti/instruments/trace_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tutti/core/error.h"
#include "tutti/instruments/check_priv.h"
#include "tutti/instruments/encode_priv.h"

#define WHAT_TO_DO "(the file was changed, or tutti has a bug: write the trace again and check it)"

int check_fail(struct checker *checker, const char *format, ...)
{
    va_list list;
    struct tutti_text reason = {0};
    va_start(list, format);
    tutti_text_print_list(&reason, format, list);
    va_end(list);
    (void)read_fail(checker->reader, TUTTI_EINVALID, "%s " WHAT_TO_DO,
                    reason.bytes ? reason.bytes : "a rule is broken");
    tutti_text_free(&reason);
    return TUTTI_EINVALID;
}

/* Rules of every line. */
static int check_line(struct checker *checker, const struct tutti_trace_record *record)
{
    if (record->n != checker->n + 1) {
        return check_fail(checker, "n is %" PRIu64 " after %" PRIu64 ", it counts up by one",
                          record->n, checker->n);
    }
    if (record->event.t_ns < checker->t_ns) {
        return check_fail(checker, "t is %" PRId64 " after %" PRId64 ", time never falls",
                          record->event.t_ns, checker->t_ns);
    }
    checker->n = record->n;
    checker->t_ns = record->event.t_ns;
    return 0;
}

static int check_choice(struct checker *checker, const struct tutti_trace_event *event)
{
    checker->choices++;
    if (event->count < 2) {
        return check_fail(checker, "of is %" PRIu32 ", and a choice has two options or more",
                          event->count);
    }
    if (event->arg < 0 || event->arg >= event->count) {
        return check_fail(checker, "pick is %" PRId64 " of %" PRIu32 " options, it is below of",
                          event->arg, event->count);
    }
    if (event->code != TUTTI_CHOICE_RUN) return 0;
    bool is_task = event->code2 == TUTTI_CANDIDATE_TASK;
    if (checker->level >= 2 && event->code2 != TUTTI_CANDIDATE_ADVANCE) {
        int rc = check_made(checker, "key", event->obj);
        if (rc < 0) return rc;
    }
    checker->chosen = is_task ? event->obj : 0;
    checker->chosen_line = checker->record->line;
    return 0;
}

static int check_end(struct checker *checker, const struct tutti_trace_record *record)
{
    const struct tutti_trace_event *event = &record->event;
    if (record->hash != checker->hash) {
        return check_fail(checker,
                          "the hash is %016" PRIx64 ", and the lines from 2 to the one before this "
                          "have %016" PRIx64,
                          record->hash, checker->hash);
    }
    if (event->kind == TUTTI_EVENT_RUN_SOFAR) return 0;
    /* A picker that stops the run was asked once more than it answered. */
    uint64_t asked = checker->choices + (event->code == TUTTI_OUTCOME_ABANDONED);
    if (!checker->dropped && event->obj != checker->choices && event->obj != asked) {
        return check_fail(checker, "run.end tells of %" PRIu64 " choices, there are %" PRIu64,
                          event->obj, checker->choices);
    }
    if (checker->level >= 2 && !checker->dropped && event->task != checker->tasks) {
        return check_fail(checker, "run.end tells of %" PRIu64 " tasks, there are %" PRIu64,
                          event->task, checker->tasks);
    }
    if (checker->level >= 3 && !checker->dropped && event->arg != (int64_t)checker->steps) {
        return check_fail(checker, "run.end tells of %" PRId64 " steps, there are %" PRIu64,
                          event->arg, checker->steps);
    }
    checker->outcome = event->code;
    return 0;
}

/* From here on all that is alive is told of again, and the rules hold again. */
static int check_snap(struct checker *checker, const struct tutti_trace_event *event)
{
    if (checker->things) {
        return check_fail(checker, "run.snap stands at the beginning, before anything is made");
    }
    if (event->arg < 0) {
        return check_fail(checker, "run.snap tells of %" PRId64 " lines", event->arg);
    }
    checker->level = tutti_reader_start(checker->reader)->level;
    checker->snap = *event;
    checker->snap_line = checker->record->line;
    checker->snap_left = (uint64_t)event->arg + 1; /* with its own */
    return 0;
}

/* Its last line was read: was it what it says? */
static int check_snap_end(struct checker *checker)
{
    uint64_t found[3] = {0}, others = 0; /* tasks, nurseries, scopes */
    const struct tutti_trace_event *snap = &checker->snap;
    for (const struct check_thing *thing = checker->things; thing; thing = thing->next) {
        if (thing->state == CHECK_GONE) continue;
        ++*(thing->kind <= CHECK_SCOPE ? &found[thing->kind] : &others);
    }
    if (checker->level < 2 ||
        (found[CHECK_TASK] == snap->task && found[CHECK_NURSERY] == snap->by &&
         found[CHECK_SCOPE] == snap->obj && others == snap->count)) {
        return 0;
    }
    return check_fail(checker,
                      "run.snap of line %" PRIu64 " tells of %" PRIu64 " tasks, %" PRIu64
                      " nurseries, %" PRIu64 " scopes, %" PRIu32 " objects; its lines make %" PRIu64
                      ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
                      checker->snap_line, snap->task, snap->by, snap->obj, snap->count,
                      found[CHECK_TASK], found[CHECK_NURSERY], found[CHECK_SCOPE], others);
}

static int check_known(struct checker *checker, const struct tutti_trace_event *event)
{
    if (event->kind == TUTTI_EVENT_RUN_DROP) checker->ids = event->obj;
    if (event->kind == TUTTI_EVENT_RUN_DROP && event->arg > 0) {
        checker->dropped = true;
        checker->level = 1;
    }
    if (event->kind == TUTTI_EVENT_RUN_SNAP) return check_snap(checker, event);
    if (event->kind == TUTTI_EVENT_CHOICE) return check_choice(checker, event);
    if (event->kind == TUTTI_EVENT_CLOCK_READ && event->arg != event->t_ns) {
        return check_fail(checker,
                          "clock.read has ns %" PRId64 " and t %" PRId64 ", which are one time",
                          event->arg, event->t_ns);
    }
    return checker->level >= 2 ? check_event(checker, event) : 0;
}

static int check_record(struct checker *checker, const struct tutti_trace_record *record)
{
    const struct tutti_trace_event *event = &record->event;
    checker->record = record;
    int rc = check_line(checker, record);
    if (rc < 0) return rc;
    bool end = record->known &&
               (event->kind == TUTTI_EVENT_RUN_END || event->kind == TUTTI_EVENT_RUN_SOFAR);
    if (end) return check_end(checker, record);
    if (record->line > 1) {
        /* Whole lines only come here: the newline is there. */
        checker->hash = hash_bytes(checker->hash, record->text, record->size + 1);
    }
    rc = record->known ? check_known(checker, event) : 0;
    if (rc == 0 && checker->snap_left > 0 && --checker->snap_left == 0) {
        rc = check_snap_end(checker);
    }
    return rc;
}

/* All lines are good: is the end? */
static int check_ended(struct checker *checker)
{
    const char *unended = tutti_reader_unended(checker->reader);
    return unended ? read_fail(checker->reader, TUTTI_EINVALID,
                               "the trace ends here without run.end: the run crashed or the file "
                               "was cut (write the trace again)")
                   : 0;
}

int tutti_trace_check(struct tutti_reader *reader, struct tutti_check_result *result)
{
    const struct tutti_trace_record *record;
    struct checker checker = {.reader = reader, .hash = HASH_START};
    int rc;
    *result = (struct tutti_check_result){0};
    checker.level = tutti_reader_start(reader)->level;
    while ((rc = tutti_reader_next(reader, &record)) > 0) {
        result->lines++;
        rc = check_record(&checker, record);
        if (rc < 0) break;
    }
    if (rc == 0) rc = check_ended(&checker);
    result->tasks = checker.tasks;
    result->steps = checker.steps;
    result->choices = checker.choices;
    result->skipped_events = tutti_reader_skipped_events(reader);
    result->skipped_keys = tutti_reader_skipped_keys(reader);
    result->hash = checker.hash;
    result->outcome = checker.outcome;
    if (rc < 0) {
        const char *error = tutti_reader_error(reader);
        snprintf(result->message, sizeof result->message, "%s",
                 *error ? error : "out of memory (free some)");
    }
    check_free(&checker);
    return rc;
}
