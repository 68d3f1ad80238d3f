/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where a replay first took, or was asked for, another choice than the trace it is a replay of. */
#include <inttypes.h>
#include <stdio.h>

#include "program.h"
#include "tutti/instruments/model.h"
#include "tutti/instruments/text.h"

/* A trace that is gone through choice by choice. */
struct choices {
    struct tutti_reader *reader;
    struct tutti_model *model;
    uint64_t event; /* the number of the present choice's */
    struct tutti_trace_event choice;
};

static bool choices_open(struct choices *choices, const char *path)
{
    *choices = (struct choices){.model = NULL};
    return tutti_reader_open(&choices->reader, path) == 0 && tutti_model_open(&choices->model) == 0;
}

static void choices_close(struct choices *choices)
{
    tutti_model_close(choices->model);
    tutti_reader_close(choices->reader);
}

/* The next one; false: there is none, or the trace is damaged from here on. */
static bool choices_next(struct choices *choices)
{
    const struct tutti_trace_record *record;
    while (tutti_reader_next(choices->reader, &record) == 1) {
        if (tutti_model_apply(choices->model, record) < 0) return false;
        if (!record->known || record->event.kind != TUTTI_EVENT_CHOICE) continue;
        choices->event = record->n;
        choices->choice = record->event;
        return true;
    }
    return false;
}

/* Which option was taken, of how many, and what it does: `[1/3] first #4`. */
static void add(struct tutti_text *out, const struct choices *choices)
{
    static const char *const whats[] = {
        [TUTTI_CANDIDATE_TIMER] = "the timer of ", [TUTTI_CANDIDATE_CANCEL] = "a cancellation of "};
    const struct tutti_trace_event *choice = &choices->choice;
    const struct tutti_thing *thing = tutti_model_named(choices->model, choice->obj);
    bool has_what = choice->code2 < sizeof whats / sizeof *whats && whats[choice->code2];
    tutti_text_print(out, "[%" PRId64 "/%" PRIu32 "]", choice->arg, choice->count);
    if (choice->code2 == TUTTI_CANDIDATE_ADVANCE) {
        tutti_text_print(out, " waiting");
    } else if (choice->obj != 0) {
        const char *name = thing ? thing->name : "";
        tutti_text_print(out, " %s%s%s#%" PRIu64, has_what ? whats[choice->code2] : "", name,
                         *name ? " " : "", choice->obj);
    }
}

static bool is_same(const struct tutti_trace_event *a, const struct tutti_trace_event *b)
{
    return a->code == b->code && a->count == b->count && a->arg == b->arg && a->obj == b->obj &&
           a->code2 == b->code2;
}

static void tell(const struct choices *then, const struct choices *now, uint64_t number)
{
    struct tutti_text text = {0};
    tutti_text_print(&text, "choice %" PRIu64 " (event %" PRIu64 "): recorded ", number,
                     then->event);
    add(&text, then);
    tutti_text_print(&text, ", now ");
    if (now) {
        add(&text, now);
    } else {
        tutti_text_print(&text, "there is none");
    }
    if (!text.failed) {
        for (char *at = text.bytes; *at; at++) { /* names go to a terminal */
            if ((unsigned char)*at < 0x20 || *at == 0x7f) *at = '?';
        }
        printf("%s\n", text.bytes);
    }
    tutti_text_free(&text);
}

void tell_choice(const char *old, const char *new)
{
    struct choices then, now;
    bool good = choices_open(&then, old);
    good = choices_open(&now, new) && good;
    for (uint64_t number = 1; good && choices_next(&then); number++) {
        bool more = choices_next(&now);
        if (more && is_same(&then.choice, &now.choice)) continue;
        tell(&then, more ? &now : NULL, number);
        break;
    }
    choices_close(&then);
    choices_close(&now);
}
